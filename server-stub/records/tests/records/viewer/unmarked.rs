//! A photo without its mark: by a line of its own, whole, once, and to nobody else; and how strong the mark of all others is.

use axum::http::StatusCode;
use gauze_people::acting::Network;
use gauze_people::action::Action;
use gauze_people::context::ReasonCode;
use gauze_people::log::{Entry, Outcome, What};
use gauze_people::person::{Person, Role};
use jiff::SignedDuration;
use serde_json::json;

use super::browser::driver::Browser;
use super::browser::{WRONG, has, picture, served, wait_for};
use super::leaks::part;
use super::ward::{TEAM, Ward, marked, person};
use crate::folk::{FAMILY, NHS, patient};

pub const WHY: [(&str, &str); 2] = [("code", "diagnosis"), ("words", "Is the edge undermined")];

/// Where the picture of such a page lies.
pub fn picture_of(page: &str) -> String {
    let name = page.split("src=\"/unmarked/").nth(1).unwrap().split('"').next().unwrap();
    format!("/unmarked/{name}")
}

fn nurse() -> Person {
    person("Nurse Viewer", Role::Viewer, TEAM)
}

async fn address(ward: &Ward) -> String {
    format!("/photos/{}/unmarked", ward.photos().await[0].handle)
}

fn lines(ward: &Ward, outcome: Outcome) -> Vec<Entry> {
    let of = |entry: &Entry| entry.what == What::Action(Action::ViewUnmarked) && entry.outcome == outcome;
    ward.office.entries().into_iter().filter(of).collect()
}

#[tokio::test]
async fn a_photo_without_its_mark_has_a_line_of_its_own_and_is_shown_whole_and_once() {
    let ward = Ward::large().await;
    let address = address(&ward).await;
    let nurse = ward.sign_in(nurse());
    let photo = nurse.get(address.trim_end_matches("/unmarked")).await.text();
    assert!(photo.contains(&format!("href=\"{address}\"")), "{photo}");
    assert_eq!(nurse.get(&address).await.status, StatusCode::OK);
    let before = ward.office.entries().len();
    let answer = nurse.post(&address, &WHY).await;
    let text = answer.text();
    assert_eq!((answer.status, ward.office.entries().len()), (StatusCode::OK, before + 1), "{text}");
    let done = lines(&ward, Outcome::Done);
    let [entry] = &*done else { panic!("one view is one line: {done:?}") };
    let reason = entry.reason.as_ref().unwrap();
    assert_eq!(reason.code, ReasonCode::Diagnosis);
    assert_eq!(entry.policies, ["clinician-reads-unmarked"]);
    assert!(reason.sealed_words.is_some() && !serde_json::to_string(entry).unwrap().contains("undermined"));
    let (view, noted) = (format!("View {before}"), "carries no invisible mark");
    for told in ["Seen by Nurse Viewer", &view, noted, "(A diagnosis is read from the picture)"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("data-pictures") && !text.contains("viewer.js"), "nothing zooms it");

    let at = picture_of(&text);
    let name = at.trim_start_matches("/unmarked/");
    for other in [format!("{at}/0/0/0"), format!("/shown/{name}"), format!("/shown/{name}/0/0/0")] {
        assert_eq!(nurse.get(&other).await.status, StatusCode::NOT_FOUND, "{other}");
    }
    let shown = nurse.get(&at).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert_eq!(shown.headers["content-type"], "image/jpeg");
    assert_eq!(shown.headers["cache-control"], "no-store");
    assert_eq!(shown.headers["content-disposition"], "inline");
    assert_eq!(marked(&ward.folk, &shown.body), None);
    assert!(ward.photos().await[0].seen);
    assert_eq!(nurse.get(&at).await.status, StatusCode::NOT_FOUND, "it is shown once");
    assert_eq!(ward.office.last().outcome, Outcome::Refused);
    let looks = nurse.get(&address.replace("/unmarked", "/looks")).await.text();
    assert!(looks.contains("Looked at it without its mark"), "{looks}");
    ward.end().await;
}

#[tokio::test]
async fn nobody_else_takes_it_and_it_waits_for_a_minute() {
    let ward = Ward::large().await;
    let address = address(&ward).await;
    let asked = async |nurse: &super::ward::Browser<'_>| picture_of(&nurse.post(&address, &WHY).await.text());
    let (nurse, again) = (ward.sign_in(nurse()), ward.sign_in(nurse()));
    let at = asked(&nurse).await;
    assert_eq!(again.get(&at).await.status, StatusCode::NOT_FOUND, "another session of the same person");
    assert_eq!(nurse.get(&at).await.status, StatusCode::OK);

    let late = asked(&nurse).await;
    ward.hospital.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(nurse.get(&late).await.status, StatusCode::NOT_FOUND);

    // Who may no longer see it so when the picture is fetched has lost it.
    let moved = asked(&nurse).await;
    let nurse = nurse.from(Network::Outside);
    assert_eq!(nurse.get(&moved).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lines(&ward, Outcome::Refused).len(), 1);
    assert_eq!(nurse.from(Network::Inside).get(&moved).await.status, StatusCode::NOT_FOUND);
    ward.end().await;
}

#[tokio::test]
async fn of_two_tabs_that_take_it_at_once_one_shows_it() {
    let ward = Ward::large().await;
    let address = address(&ward).await;
    let nurse = ward.sign_in(nurse());
    let at = picture_of(&nurse.post(&address, &WHY).await.text());
    let (one, other) = tokio::join!(nurse.get(&at), nurse.get(&at));
    let (shown, refused) = if one.status == StatusCode::OK { (one, other) } else { (other, one) };
    assert_eq!((shown.status, refused.status), (StatusCode::OK, StatusCode::NOT_FOUND));
    assert_eq!(shown.headers["content-type"], "image/jpeg");
    assert_ne!(refused.headers["content-type"], "image/jpeg");
    ward.end().await;
}

#[tokio::test]
async fn without_its_own_line_the_same_view_is_refused() {
    let ward = Ward::large().await;
    let address = address(&ward).await;
    let nurse = ward.sign_in(nurse());
    // A line of a look opens the marked view, and this one not.
    let page = nurse.get(address.trim_end_matches("/unmarked")).await.text();
    let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(nurse.get(&format!("/unmarked/{showing}")).await.status, StatusCode::NOT_FOUND);
    // Where its line cannot be written there is nothing to fetch.
    ward.office.breaks(true);
    let unwritten = nurse.post(&address, &WHY).await;
    assert_eq!(unwritten.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!unwritten.text().contains("src=\"/unmarked/") && unwritten.text().contains(WHY[1].1));
    ward.office.breaks(false);
    for unsaid in [&[WHY[0]][..], &[WHY[1]], &[("code", "legal"), WHY[1]], &[WHY[0], ("words", " ")]] {
        let answer = nurse.post(&address, unsaid).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{unsaid:?}");
        assert!(!answer.text().contains("src=\"/unmarked/"));
    }
    assert!(lines(&ward, Outcome::Done).is_empty() && lines(&ward, Outcome::Refused).is_empty());
    for (who, network) in [
        (self::nurse(), Network::Outside),
        (person("Nurse Elsewhere", Role::Viewer, "other"), Network::Inside),
        (person("Lead Elsewhere", Role::Lead, "other"), Network::Inside),
        (person("Officer Governance", Role::Governance, TEAM), Network::Inside),
        (person("Adam Administrator", Role::Administrator, TEAM), Network::Inside),
    ] {
        let (browser, before) =
            (ward.sign_in(who.clone()).from(network), lines(&ward, Outcome::Refused).len());
        for answer in [browser.get(&address).await, browser.post(&address, &WHY).await] {
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", who.name);
        }
        assert_eq!(lines(&ward, Outcome::Refused).len(), before + 2, "{}", who.name);
        let photo = browser.get(address.trim_end_matches("/unmarked")).await.text();
        assert!(!photo.contains(&address), "it is offered to {}", who.name);
    }
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    let page = nurse.get(address.trim_end_matches("/unmarked")).await.text();
    assert!(page.contains(&address), "it is offered to whoever proves it again");
    for stale in [nurse.get(&address).await, nurse.post(&address, &WHY).await] {
        assert!(stale.status == StatusCode::FORBIDDEN && stale.text().contains("/prove-again"));
    }
    assert!(lines(&ward, Outcome::Done).is_empty());
    ward.end().await;
}

#[tokio::test]
async fn a_break_glass_shows_marked_views_alone() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let (photo, address) = (ward.photos().await.remove(0), address(&ward).await);
    let nurse = ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other"));
    let haste = format!("/patients/{}/haste", photo.patient.unwrap());
    let opened = nurse.post(&haste, &[("code", "emergency"), ("words", "Bleeding")]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let page = nurse.get(&format!("/photos/{}", photo.handle)).await;
    assert!(page.status == StatusCode::OK && !page.text().contains(&address));
    assert_eq!(nurse.post(&address, &WHY).await.status, StatusCode::FORBIDDEN);
    assert!(lines(&ward, Outcome::Done).is_empty());
    ward.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_with_the_original_weighs_no_line_by_which_nothing_was_marked() {
    let ward = Ward::large().await;
    let address = address(&ward).await;
    let nurse = ward.sign_in(nurse());
    nurse.get(address.trim_end_matches("/unmarked")).await;
    let at = picture_of(&nurse.post(&address, &WHY).await.text());
    let bare = part(&nurse.get(&at).await.body, (300, 200, 900, 700));
    let reference = ward.photos().await[0].capture_id.to_string();
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let told = officer.upload("/leaks", &[("photo", &reference)], &[("leak.jpg", &bare)]).await.text();
    assert!(told.contains("Nobody is named") && told.contains("lines tried: 1."), "{told}");
    ward.end().await;
}

/// How far the pictures themselves are apart, by mean squares.
fn apart(one: &[u8], other: &[u8]) -> f64 {
    let [one, other] = [one, other].map(|jpeg| jpeg_decoder::Decoder::new(jpeg).decode().unwrap());
    // Chroma of the last rows of the picture is shared with the band.
    let same = 3 * 1600 * (1200 - 16);
    let squares = one[..same].iter().zip(&other[..same]).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    squares.sum::<f64>() / f64::from(u32::try_from(same).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hospital_that_reads_skin_has_a_weaker_mark_which_is_found() {
    let mut distances = Vec::new();
    for mark in ["usual", "dermatology"] {
        let ward = Ward::large_with(mark).await;
        let address = address(&ward).await;
        let nurse = ward.sign_in(nurse());
        let page = nurse.get(address.trim_end_matches("/unmarked")).await.text();
        let line = ward.office.entries().len() as u64 - 1;
        let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap();
        let view = nurse.get(&format!("/shown/{showing}?screen=1600")).await.body;
        assert_eq!(marked(&ward.folk, &view), Some(line), "{mark}");
        let at = picture_of(&nurse.post(&address, &WHY).await.text());
        distances.push(apart(&view, &nurse.get(&at).await.body));
        ward.end().await;
    }
    assert!(0.0 < distances[1] && distances[1] < 0.95 * distances[0], "{distances:?}");
}

#[tokio::test]
async fn it_is_asked_for_and_shown_in_a_browser() {
    let Some(browser) = Browser::start().await else {
        println!("skipped: no Chromium with chromedriver");
        return;
    };
    let (ward, stop, _dir) = served().await;
    let lead = ward.sign_in(person("Sister Siân Okonkwo-Featherstone", Role::Lead, TEAM));
    has(&browser, &ward, &lead.cookie).await;
    let at = format!("https://{}/photos/{}/unmarked", ward.host, ward.photos().await[1].handle);
    for (width, scheme) in [(320, "light"), (1280, "dark"), (320, "dark"), (1280, "light")] {
        browser.look(width, scheme).await;
        browser.open(&at).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "unmarked-form at {width}, {scheme}");
        picture(&browser, &format!("unmarked-form-{width}-{scheme}")).await;
    }
    let fill = "
        document.querySelector('[name=code]').checked = true;
        document.querySelector('#words').value = 'Is the edge undermined';
        document.querySelector('main button.main').click(); return 0";
    browser.run(fill, json!([])).await;
    let there = "
        const one = document.querySelector('.bare img');
        return !!one && one.complete && one.naturalWidth > 0";
    wait_for(&browser, there).await;
    for (width, scheme) in [(1280, "light"), (320, "dark"), (320, "light"), (1280, "dark")] {
        browser.look(width, scheme).await;
        assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "unmarked at {width}, {scheme}");
        picture(&browser, &format!("unmarked-{width}-{scheme}")).await;
    }
    browser.run("document.documentElement.style.fontSize = '200%'; return 0", json!([])).await;
    assert_eq!(browser.run(WRONG, json!([])).await, json!([]), "unmarked with text of 200 %");
    drop(stop);
    ward.end().await;
}
