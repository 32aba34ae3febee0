//! What each page shows, to whom it may.
#![expect(clippy::cast_possible_truncation, reason = "luma of bytes is a byte")]

use axum::http::StatusCode;
use gauze_mark::{Luma, Search, find};
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use gauze_records::web::photos::MARK_EPOCH;

use super::ward::{TEAM, Ward, person};
use crate::folk::{DOB, FAMILY, NHS, REASON, WORDS, patient};

fn viewer() -> gauze_people::person::Person {
    person("Nurse Viewer", Role::Viewer, TEAM)
}

async fn ward() -> Ward {
    let featherstonehaugh = patient(FAMILY, Some(NHS), None);
    Ward::with(&[Some(featherstonehaugh.clone()), Some(featherstonehaugh), None]).await
}

/// The showing's name on a page.
fn shown(page: &str) -> Vec<String> {
    page.split("data-shown=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_team_reads_its_list_and_a_photo_is_new_until_somebody_looked() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let start = nurse.get("/photos").await;
    assert_eq!(start.headers["location"], "/lists/tissue?which=all");
    let list = nurse.get("/lists/tissue?which=all").await;
    assert_eq!(list.status, StatusCode::OK);
    let text = list.text();
    assert!(text.contains("FEATHERSTONEHAUGH, Wilhelmina") && text.contains("17-Feb-1938 (88y)"), "{text}");
    assert!(text.contains("NHS No. 999 000 0042") && text.contains("New (3)") && text.contains(WORDS));
    let photo = &ward.photos().await[0];
    let page = nurse.get(&format!("/photos/{}", photo.handle)).await;
    assert_eq!(page.status, StatusCode::OK);
    let view = nurse.get(&format!("/shown/{}", shown(&page.text())[0])).await;
    assert_eq!(view.status, StatusCode::OK);
    assert!(nurse.get("/lists/tissue?which=new").await.text().contains("New (2)"));
    assert!(nurse.get("/lists/tissue?which=tray").await.text().contains("No patient"));
    ward.end().await;
}

#[tokio::test]
async fn a_photo_is_shown_marked_with_the_line_that_was_written_first() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let photo = &ward.photos().await[0];
    let page = nurse.get(&format!("/photos/{}", photo.handle)).await;
    let entries = ward.office.entries();
    let line = entries.len() - 1;
    assert_eq!((entries[line].what, entries[line].outcome), (What::Action(Action::View), Outcome::Done));
    let text = page.text();
    assert!(text.contains("Seen by Nurse Viewer") && text.contains(&format!("View {line}")), "{text}");

    let showing = &shown(&text)[0];
    let view = nurse.get(&format!("/shown/{showing}?screen=1600")).await;
    assert_eq!(view.status, StatusCode::OK);
    assert_eq!(view.headers["content-type"], "image/jpeg");
    assert_eq!(view.headers["cache-control"], "no-store");
    let size = view.headers["gauze-size"].to_str().unwrap();
    assert!(size.starts_with("64x64/0+") || size.contains("/0+"), "{size}");
    let tile = nurse.get(&format!("/shown/{showing}/0/0/0")).await;
    assert_eq!(tile.status, StatusCode::OK);
    assert_eq!(nurse.get(&format!("/shown/{showing}/0/9/9")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(nurse.get(&format!("/shown/{showing}/7/0/0")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        ward.office.entries().len(),
        entries.len(),
        "a view is one line, however many pictures it asks for"
    );
    ward.end().await;
}

#[tokio::test]
async fn two_people_get_two_pictures_and_each_names_its_line() {
    let ward = Ward::large().await;
    let key = ward.folk.mark_key(MARK_EPOCH);
    let photo = &ward.photos().await[0];
    let mut seen = Vec::new();
    for name in ["Nurse One", "Nurse Two"] {
        let nurse = ward.sign_in(person(name, Role::Viewer, TEAM));
        let page = nurse.get(&format!("/photos/{}", photo.handle)).await.text();
        let line = ward.office.entries().len() as u64 - 1;
        let address = format!("/shown/{}?screen=1600", shown(&page)[0]);
        let view = nurse.get(&address).await;
        let mut decoder = jpeg_decoder::Decoder::new(&view.body[..]);
        let rgb = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        let luma: Vec<u8> = rgb
            .chunks_exact(3)
            .map(|rgb| {
                (0.299 * f32::from(rgb[0]) + 0.587 * f32::from(rgb[1]) + 0.114 * f32::from(rgb[2])) as u8
            })
            .collect();
        let plane = Luma::new(info.width.into(), info.height.into(), &luma).unwrap();
        let found = find(plane, &key, Search::default()).unwrap();
        assert_eq!(found.event.number(), line);
        assert_eq!(nurse.get(&address).await.body, view.body, "the same view is the same picture");
        seen.push(view.body);
    }
    assert_ne!(seen[0], seen[1]);
    ward.end().await;
}

#[tokio::test]
async fn a_patient_is_found_and_neither_address_nor_title_names_them() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let found = nurse.post("/search", &[("number", "999 000 0042")]).await;
    let text = found.text();
    assert!(text.contains("FEATHERSTONEHAUGH, Wilhelmina"), "{text}");
    let address = text.split("href=\"").find(|rest| rest.starts_with("/patients/")).unwrap();
    let address = address.split('"').next().unwrap();
    let line = nurse.get(address).await;
    let text = line.text();
    assert!(text.contains("class=\"banner\"") && text.contains(WORDS));
    let title = text.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert_eq!(title, "Photos of this patient – Gauze");
    for page in ["/search", address, "/lists/tissue", "/photos"] {
        let answer = nurse.get(page).await;
        let headers = format!("{:?}", answer.headers);
        for needle in [FAMILY, NHS, DOB, "Wilhelmina"] {
            assert!(!headers.contains(needle) && !page.contains(needle));
        }
        let text = answer.text();
        let title = text.split("<title>").nth(1).unwrap_or_default().split("</title>").next().unwrap();
        assert!(!title.contains(FAMILY) && !title.contains("FEATHER"));
    }
    let wrong = nurse.post("/search", &[("number", "999 000 0048")]).await.text();
    assert!(wrong.contains("one of them is wrong"), "{wrong}");
    let date =
        nurse.post("/search", &[("family", FAMILY), ("day", "31"), ("month", "2"), ("year", "1938")]).await;
    assert!(date.text().contains("This is no date."));
    let by_name = [("family", "featherstonehaugh"), ("day", "17"), ("month", "02"), ("year", "1938")];
    assert!(nurse.post("/search", &by_name).await.text().contains("FEATHERSTONEHAUGH"));
    ward.end().await;
}

#[tokio::test]
async fn two_photos_of_one_patient_are_compared_and_both_have_their_line() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let photos = ward.photos().await;
    let before = ward.office.entries().len();
    let page = nurse.get(&format!("/compare?first={}&second={}", photos[1].handle, photos[2].handle)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let lines = &ward.office.entries()[before..];
    assert!(lines.len() == 2 && lines.iter().all(|entry| entry.what == What::Action(Action::Compare)));
    assert_eq!(shown(&page.text()).len(), 2);
    let other = nurse.get(&format!("/compare?first={}&second={}", photos[0].handle, photos[1].handle)).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    ward.end().await;
}

#[tokio::test]
async fn record_origin_and_looks_are_told_in_words() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let address = format!("/photos/{}", ward.photos().await[1].handle);
    nurse.get(&address).await;
    let record = nurse.get(&format!("{address}/record")).await.text();
    assert!(record.contains("PATIENT-SECRET") && record.contains("The wristband was scanned."), "{record}");
    let proof = nurse.get(&format!("{address}/proof")).await.text();
    assert!(
        proof.contains("The file that is kept here has the fingerprint that the phone signed."),
        "{proof}"
    );
    assert!(proof.contains("simulated") && proof.contains("Nobody named"));
    let looks = nurse.get(&format!("{address}/looks")).await.text();
    assert!(looks.contains("Nurse Viewer") && looks.contains("Looked at the photo or its record"), "{looks}");
    ward.end().await;
}

#[tokio::test]
async fn a_lead_files_a_photo_to_the_right_patient_and_both_states_show() {
    let ward = ward().await;
    let lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let address = format!("/photos/{}", ward.photos().await[1].handle);
    assert_eq!(lead.get(&format!("{address}/amend")).await.status, StatusCode::OK);
    let mut fields = vec![
        ("what", "patient"),
        ("family", "Ng"),
        ("given", "Mei"),
        ("day", "3"),
        ("month", "4"),
        ("year", "1950"),
        ("local", "17"),
        ("reason", REASON),
        ("compared_name", "yes"),
    ];
    let one = lead.post(&format!("{address}/amend"), &fields).await;
    assert_eq!(one.status, StatusCode::BAD_REQUEST);
    assert!(one.text().contains("Tick exactly two"));
    fields.push(("compared_dob", "yes"));
    let done = lead.post(&format!("{address}/amend"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let record = lead.get(&format!("{address}/record")).await.text();
    assert!(record.contains("NG, Mei") && record.contains("FEATHERSTONEHAUGH") && record.contains(REASON));
    assert!(record.contains("Sister Lead"));
    let log = ward.office.entries();
    let amended = log.iter().find(|entry| entry.what == What::Action(Action::Amend)).unwrap();
    assert!(amended.reason.as_ref().unwrap().sealed_words.is_some());
    ward.end().await;
}
