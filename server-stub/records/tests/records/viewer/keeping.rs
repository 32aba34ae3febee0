//! Keeping and erasing on the pages: two people, holds, what is due, and what is left for whoever asks afterwards.

use std::fs;
use std::time::Duration;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::context::ReasonCode;
use gauze_people::keeping::noted;
use gauze_people::log::{About, Entry, Event, Happening, Kind, Outcome, What};
use gauze_people::person::Role;
use gauze_records::Found;
use gauze_records::keeping::Tombstone;
use jiff::SignedDuration;

use super::links::{Reader, make, sent};
use super::ward::{Answer, Browser, Office, TEAM, Ward, person};
use crate::fixture::unopened;
use crate::folk::{FAMILY, NHS, patient};
use crate::refused::{WORDS, erase_as_asked};

const WISH: [(&str, &str); 3] =
    [("ground", "patient_request"), ("asker", "Her daughter"), ("words", "She never agreed to it")];
const WHY: [(&str, &str); 1] = [("words", "Case 4711 of the county court")];

async fn ward() -> Ward {
    let one = patient(FAMILY, Some(NHS), None);
    Ward::with(&[Some(one.clone()), Some(one.clone()), Some(one)]).await
}

fn governance<'a>(ward: &'a Ward, name: &str) -> Browser<'a> {
    ward.sign_in(person(name, Role::Governance, TEAM))
}

fn lead(ward: &Ward) -> Browser<'_> {
    ward.sign_in(person("Sister Lead", Role::Lead, TEAM))
}

fn at(found: &Found, page: &str) -> String {
    format!("/photos/{}/{page}", found.handle)
}

fn lines(ward: &Ward, action: Action) -> Vec<Entry> {
    let of = |entry: &Entry| entry.what == What::Action(action);
    ward.office.entries().into_iter().filter(of).collect()
}

fn ok(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

#[tokio::test]
async fn what_somebody_asks_to_erase_is_erased_by_another_and_is_nowhere_afterwards() {
    let ward = ward().await;
    let photos = ward.photos().await;
    let (lead, first, second) =
        (lead(&ward), governance(&ward, "Officer First"), governance(&ward, "Officer Second"));
    // On a screen, and at the end of a link, before.
    let page = lead.get(&at(&photos[0], "")[..at(&photos[0], "").len() - 1]).await.text();
    let shown = page.split("/shown/").nth(1).unwrap().split(['?', '"']).next().unwrap().to_owned();
    assert_eq!(lead.get(&format!("/shown/{shown}?screen=800")).await.status, StatusCode::OK);
    let link =
        sent(&make(&lead, &photos[0].handle.to_string(), &[("days", "1"), ("views", "2")]).await.text());
    let mut reader = Reader::of(&ward);
    assert_eq!(reader.open(&link).await.status, StatusCode::SEE_OTHER);

    // Not without a wish, and not by whoever wishes it.
    assert_eq!(second.post(&at(&photos[0], "erase"), &[]).await.status, StatusCode::FORBIDDEN);
    let missing = first.post(&at(&photos[0], "keeping"), &WISH[..2]).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    ok(&first.post(&at(&photos[0], "keeping"), &WISH).await);
    let own = first.get(&at(&photos[0], "keeping")).await.text();
    assert!(own.contains("You asked for it yourself") && !own.contains("Erase it for good"));
    assert!(own.contains("Her daughter") && !own.contains("FEATHERSTONEHAUGH"), "governance sees no patient");
    assert_eq!(first.post(&at(&photos[0], "erase"), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lines(&ward, Action::Erase).last().unwrap().policies, ["two-people-erase"]);
    // Taken back, there is nothing to decide.
    ok(&first.post(&at(&photos[0], "keeping"), &[("off", "yes")]).await);
    assert_eq!(second.post(&at(&photos[0], "erase"), &[]).await.status, StatusCode::FORBIDDEN);
    ok(&lead.post(&at(&photos[0], "keeping"), &WISH).await);
    assert!(lead.get(&at(&photos[0], "keeping")).await.text().contains("FEATHERSTONEHAUGH"));
    assert_eq!(lead.post(&at(&photos[0], "erase"), &[]).await.status, StatusCode::FORBIDDEN);
    let listed = second.get("/keeping").await.text();
    assert!(listed.contains(&photos[0].capture_id.to_string()) && listed.contains("Sister Lead"));

    ok(&second.post(&at(&photos[0], "erase"), &[]).await);
    let line = lines(&ward, Action::Erase).pop().unwrap();
    assert_eq!((line.outcome, line.reason.unwrap().code), (Outcome::Done, ReasonCode::PatientRequest));
    assert_eq!(line.who, Some(person("Officer Second", Role::Governance, TEAM).id));
    for page in ["", "/record", "/keeping", "/looks"] {
        let answer = lead.get(&format!("/photos/{}{page}", photos[0].handle)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}");
    }
    assert_eq!(lead.get(&format!("/shown/{shown}?screen=800")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(reader.get(&format!("{}/pictures?screen=800", link.door)).await.status, StatusCode::GONE);
    assert_eq!(Reader::of(&ward).open(&link).await.status, StatusCode::GONE);
    assert_eq!(ward.photos().await.len(), 2);
    let told = second.get("/keeping").await.text();
    assert!(told.contains("Officer Second") && told.contains(&photos[0].capture_id.to_string()));
    // Its line is not erased by law: it is what proves the erasure.
    let number = ward.office.entries().iter().rposition(|entry| entry.id == line.id).unwrap() as u64;
    let log = ward.office.log.clone();
    let stays =
        tokio::task::spawn_blocking(move || log.erase_blocking(number, ReasonCode::Legal, line.at)).await;
    assert_eq!(stays.unwrap().unwrap_err().code(), "log_stays");
    let report = ward.hospital.verify().await;
    assert!(report.ok && report.erased == 1, "{:?}", report.findings);
    ward.end().await;
}

#[tokio::test]
async fn what_is_held_is_not_erased_until_the_hold_is_lifted_also_after_a_restart() {
    let mut ward = ward().await;
    let photo = ward.photos().await.remove(0);
    let (hold, keeping, erase) = (at(&photo, "hold"), at(&photo, "keeping"), at(&photo, "erase"));
    ok(&lead(&ward).post(&keeping, &WISH).await);
    assert_eq!(lead(&ward).post(&hold, &WHY).await.status, StatusCode::FORBIDDEN);
    let officer = governance(&ward, "Officer First");
    assert_eq!(officer.post(&hold, &[]).await.status, StatusCode::BAD_REQUEST);
    ok(&officer.post(&hold, &WHY).await);
    let held = lines(&ward, Action::Hold).pop().unwrap();
    assert_eq!((held.note.unwrap().as_str(), held.outcome), ("set", Outcome::Done));
    assert!(held.reason.unwrap().sealed_words.is_some());
    ward.restart();
    let officer = governance(&ward, "Officer First");
    let page = officer.get(&keeping).await.text();
    assert!(page.contains("Case 4711") && !page.contains("Erase it for good"));
    let seen = lead(&ward).get(&format!("/photos/{}", photo.handle)).await.text();
    assert!(seen.contains("For a court or an inquiry"));
    assert_eq!(officer.post(&erase, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lines(&ward, Action::Erase).pop().unwrap().policies, ["held-is-kept"]);
    ok(&officer.post(&hold, &[("off", "yes"), WHY[0]]).await);
    ok(&officer.post(&erase, &[]).await);
    assert_eq!(ward.photos().await.len(), 2);
    ward.end().await;
}

#[tokio::test]
async fn what_is_due_is_erased_by_a_click_and_what_is_held_or_kept_is_not() {
    let mut ward = ward().await;
    let photos = ward.photos().await;
    let officer = governance(&ward, "Officer First");
    assert!(officer.get("/keeping").await.text().contains("There are no rules yet"));
    let all: Vec<(&str, String)> = photos.iter().map(|found| ("photo", found.handle.to_string())).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(name, handle)| (*name, handle.as_str())).collect();
    assert_eq!(officer.post("/keeping", &all).await.status, StatusCode::FORBIDDEN, "nothing is due");

    for (wrong, told) in [("{}", "do not hold"), (r#"{"v":1,"otherwise":{"days":0}}"#, "at least one day")] {
        let answer = officer.post("/keeping/rules", &[("text", wrong)]).await;
        assert!(answer.status == StatusCode::BAD_REQUEST && answer.text().contains(told), "{wrong}");
    }
    let rules = r#"{"v":1,"rules":[{"team":"tissue","keep":{"days":30}}],"otherwise":{"years":8}}"#;
    ok(&officer.post("/keeping/rules", &[("text", rules)]).await);
    let line = lines(&ward, Action::Retention).pop().unwrap();
    let digest = gauze_wire::Digest::of(rules.as_bytes());
    assert_eq!(line.note.unwrap().as_str(), format!("rules:{digest}"));
    assert!(officer.get("/keeping").await.text().contains("No photo is due"));
    // Whose rules they are is forgotten by no law either.
    let (log, now) = (ward.office.log.clone(), ward.hospital.now());
    let stays =
        tokio::task::spawn_blocking(move || log.erase_blocking(log.size() - 1, ReasonCode::Legal, now));
    assert_eq!(stays.await.unwrap().unwrap_err().code(), "log_stays");

    ward.hospital.clock.advance(SignedDuration::from_hours(24 * 400));
    let first = governance(&ward, "Officer First");
    // Whoever put the rules in force erases nothing by them, after a restart neither.
    let page = first.get("/keeping").await.text();
    assert!(page.contains("You put these rules in force yourself") && !page.contains("Erase the ticked"));
    assert_eq!(first.post("/keeping", &all[..1]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(first.post(&at(&photos[0], "erase"), &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lines(&ward, Action::Erase).pop().unwrap().policies, ["two-people-erase"]);
    ward.restart();
    let first = governance(&ward, "Officer First");
    assert_eq!(first.post("/keeping", &all[..1]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ward.photos().await.len(), 3);
    let officer = governance(&ward, "Officer Second");
    ok(&officer.post(&at(&photos[1], "hold"), &WHY).await);
    let page = officer.get("/keeping").await.text();
    assert!(page.contains(&photos[0].handle.to_string()) && !page.contains(&photos[1].handle.to_string()));
    assert!(!page.contains("FEATHERSTONEHAUGH") && !page.contains(FAMILY));
    ok(&officer.post("/keeping", &all[..1]).await);
    assert_eq!(ward.photos().await.len(), 2);
    // The held one stops the rest, and stays.
    assert_eq!(officer.post("/keeping", &all).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ward.photos().await.len(), 2);
    ok(&officer.post("/keeping", &all[2..]).await);
    assert_eq!(ward.photos().await.len(), 1);
    let said: Vec<_> =
        lines(&ward, Action::Erase).into_iter().filter(|line| line.outcome == Outcome::Done).collect();
    assert_eq!(said.len(), 2);
    assert!(said.iter().all(|line| line.reason.as_ref().unwrap().code == ReasonCode::RetentionOver));
    ward.end().await;
}

/// Photos that are due, and somebody who erases them.
async fn all_due(ward: &Ward) {
    let rules = r#"{"v":1,"otherwise":{"days":30}}"#;
    ok(&governance(ward, "Officer Second").post("/keeping/rules", &[("text", rules)]).await);
    ward.hospital.clock.advance(SignedDuration::from_hours(24 * 400));
}

#[tokio::test]
async fn a_photo_that_stops_the_rest_is_told_with_what_is_gone_and_what_is_not() {
    let ward = ward().await;
    let photos = ward.photos().await;
    all_due(&ward).await;
    let officer = governance(&ward, "Officer First");
    ok(&officer.post(&at(&photos[1], "hold"), &WHY).await);
    let handles: Vec<String> = photos.iter().map(|found| found.handle.to_string()).collect();
    let all: Vec<(&str, &str)> = handles.iter().map(|handle| ("photo", handle.as_str())).collect();
    let halfway = officer.post("/keeping", &all).await;
    assert_eq!(halfway.status, StatusCode::FORBIDDEN);
    let [gone, held, left] = [0, 1, 2].map(|at: usize| photos[at].capture_id);
    let text = halfway.text();
    assert!(
        text.contains(&format!("Erased for good: {gone}. Not erased, or not yet: {held}, {left}.")),
        "{text}"
    );
    assert!(!text.contains("Nothing was changed") && !text.contains("Nothing is lost"), "{text}");
    assert_eq!(ward.photos().await.len(), 2);
    // Nothing went before it: nothing is said of what is gone, and what is crooked stops all of it.
    let text = officer.post("/keeping", &all).await.text();
    assert!(text.contains("Nothing was changed") && !text.contains("Erased for good"), "{text}");
    assert_eq!(officer.post("/keeping", &[all[2], ("photo", "x")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ward.photos().await.len(), 2);
    ward.end().await;
}

/// What somebody asks for themselves is no ground on which they erase it; that its time is over is one.
#[tokio::test]
async fn ones_own_wish_is_no_ground_to_erase_what_is_due_all_the_same() {
    let ward = ward().await;
    let photo = ward.photos().await.remove(0);
    ok(&governance(&ward, "Officer First").post(&at(&photo, "keeping"), &WISH).await);
    all_due(&ward).await;
    let officer = governance(&ward, "Officer First");
    let page = officer.get(&at(&photo, "keeping")).await.text();
    assert!(page.contains("Erase it for good") && !page.contains("You asked for it yourself"), "{page}");
    ok(&officer.post(&at(&photo, "erase"), &[]).await);
    let line = lines(&ward, Action::Erase).pop().unwrap();
    assert_eq!((line.outcome, line.reason.unwrap().code), (Outcome::Done, ReasonCode::RetentionOver));
    let stays = tombstone(&ward, &photo);
    assert_eq!((stays.ground, stays.asked_by), (ReasonCode::RetentionOver, None));
    ward.end().await;
}

/// The index fails behind the line and before anything of the photo is touched: the pages finish it while they run.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_erasure_that_fails_at_once_behind_its_line_is_finished_by_the_pages_own_round() {
    let ward = ward().await;
    let photo = ward.photos().await.remove(0);
    ok(&lead(&ward).post(&at(&photo, "keeping"), &WISH).await);
    let officer = governance(&ward, "Officer First");
    let (there, go) = ward.office.stops_the_next_line();
    let (erase, form) = (at(&photo, "erase"), []);
    let meanwhile = async {
        there.await.unwrap();
        ward.hospital.sql("ALTER TABLE photo RENAME TO aside").await;
        go.send(()).unwrap();
    };
    let (failed, ()) = tokio::join!(officer.post(&erase, &form), meanwhile);
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(lines(&ward, Action::Erase).pop().unwrap().outcome, Outcome::Done);
    ward.hospital.sql("ALTER TABLE aside RENAME TO photo").await;
    assert_eq!(ward.photos().await.len(), 3, "nothing of it is done");
    until(async || ward.photos().await.len() == 2).await;
    let report = ward.hospital.verify().await;
    assert!(report.ok && report.erased == 1, "{:?}", report.findings);
    ward.end().await;
}

/// What is in force is what the newest line says: it is written and put in force before anything else is decided.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_saved_waits_for_what_is_being_decided() {
    let ward = ward().await;
    let photo = ward.photos().await.remove(0);
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    let officer = governance(&ward, "Officer First");
    let (nora, text) =
        (person("Nora Newcomer", Role::Viewer, TEAM).id.0, ("text", r#"{"v":1,"otherwise":{"days":9}}"#));
    let give = [("person", &*nora), ("role", "auditor"), ("reason", "She audits")];
    let register = [("text", r#"{"v":1,"data_protection_officer":"Dr Dora Protector"}"#)];
    let shipped = [("text", gauze_people::roles::SHIPPED)];
    for (browser, page, form, action) in [
        (&officer, "/keeping/rules", &[text][..], Action::Retention),
        (&officer, "/documents/register", &register, Action::Documents),
        (&admin, "/people/policies", &shipped, Action::Setting),
        (&admin, "/people/roles/give", &give, Action::ChangeRole),
    ] {
        let (there, go) = ward.office.stops_the_next_line();
        let saved = async {
            there.await.unwrap();
            let mut save = Box::pin(browser.post(page, form));
            let early = tokio::time::timeout(Duration::from_secs(1), &mut save).await.ok();
            go.send(()).unwrap();
            match early {
                Some(answer) => answer,
                None => save.await,
            }
        };
        let hold = at(&photo, "hold");
        let (held, saved) = tokio::join!(officer.post(&hold, &WHY), saved);
        [held, saved].iter().for_each(ok);
        let order: Vec<What> = ward.office.entries().into_iter().map(|entry| entry.what).collect();
        assert!(order.ends_with(&[What::Action(Action::Hold), What::Action(action)]), "{page}: {order:?}");
    }
    ward.end().await;
}

#[tokio::test]
async fn by_rules_of_which_no_line_says_whose_they_are_nobody_erases() {
    let ward = ward().await;
    let handle = ward.photos().await.remove(0).handle.to_string();
    let rules = r#"{"v":1,"otherwise":{"days":30}}"#;
    let people = ward.office.dir.path().join("people");
    fs::create_dir_all(&people).unwrap();
    #[expect(clippy::disallowed_methods, reason = "whoever copies a file there syncs nothing")]
    fs::write(people.join("retention.json"), rules).unwrap();
    ward.hospital.clock.advance(SignedDuration::from_hours(24 * 400));
    let first = governance(&ward, "Officer First");
    let page = first.get("/keeping").await.text();
    assert!(page.contains("does not say who put these rules in force"));
    assert!(page.contains(&handle) && !page.contains("Erase the ticked"));
    assert_eq!(first.post("/keeping", &[("photo", handle.as_str())]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lines(&ward, Action::Erase).pop().unwrap().policies, ["two-people-erase"]);
    ok(&first.post("/keeping/rules", &[("text", rules)]).await);
    ok(&governance(&ward, "Officer Second").post("/keeping", &[("photo", handle.as_str())]).await);
    assert_eq!(ward.photos().await.len(), 2);
    ward.end().await;
}

#[tokio::test]
async fn an_old_proof_of_the_second_factor_erases_and_holds_nothing() {
    let ward = ward().await;
    let photo = ward.photos().await.remove(0);
    ok(&lead(&ward).post(&at(&photo, "keeping"), &WISH).await);
    let officer = governance(&ward, "Officer First");
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    for (page, form) in [("hold", &WHY[..]), ("erase", &[])] {
        let answer = officer.post(&at(&photo, page), form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("/prove-again"), "{page}");
    }
    for page in ["/keeping/rules", "/keeping"] {
        assert!(officer.post(page, &[("text", "{}")]).await.text().contains("/prove-again"), "{page}");
    }
    assert_eq!(ward.photos().await.len(), 3);
    ward.end().await;
}

#[tokio::test]
async fn a_photo_is_found_by_its_reference_and_by_nothing_else() {
    let ward = ward().await;
    let photo = ward.photos().await.remove(0);
    let officer = governance(&ward, "Officer First");
    let found = officer.get(&format!("/keeping?reference={}", photo.capture_id)).await;
    assert_eq!(found.headers["location"], at(&photo, "keeping"));
    for other in ["01930000-0000-7000-8000-000000000001", "FEATHERSTONEHAUGH", NHS] {
        let page = officer.get(&format!("/keeping?reference={other}")).await;
        assert!(page.text().contains("No photo here has this reference"), "{other}");
    }
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    let refused = nurse.get(&format!("/keeping?reference={}", photo.capture_id)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let last = ward.office.last();
    assert_eq!((last.what, last.outcome), (What::Happening(Happening::Request), Outcome::Refused));
    ward.end().await;
}

/// The log says that it is erased, and a disk that failed had not let it go: the pages finish it at their next start.
#[tokio::test]
async fn an_erasure_that_was_cut_off_behind_its_line_is_finished_at_the_next_start() {
    let mut ward = ward().await;
    let photo = ward.photos().await.remove(0);
    ok(&lead(&ward).post(&at(&photo, "keeping"), &WISH).await);
    let officer = governance(&ward, "Officer First");
    let erased = ward.hospital.data().join("erased");
    #[expect(clippy::disallowed_methods, reason = "a file in the way of a directory")]
    fs::write(&erased, "in the way").unwrap();
    let failed = officer.post(&at(&photo, "erase"), &[]).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(lines(&ward, Action::Erase).pop().unwrap().outcome, Outcome::Done);
    fs::remove_file(&erased).unwrap();
    ward.restart();
    until(async || ward.photos().await.iter().all(|found| found.capture_id != photo.capture_id)).await;
    let report = ward.hospital.verify().await;
    assert!(report.ok && report.erased == 1, "{:?}", report.findings);
    ward.end().await;
}

fn said(answer: &Answer, word: &str) {
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    let text = answer.text();
    assert!(text.contains("Its erasure is under way") && text.contains(word), "what was typed stays: {text}");
    assert!(word.is_empty() || !text.contains("Nothing is lost"), "{text}");
}

/// Behind the line of an erasure nobody holds the photo, asks for it or erases it again: the line says that it goes.
#[tokio::test]
async fn behind_the_line_of_its_erasure_nothing_more_is_decided_about_a_photo() {
    let ward = ward().await;
    let photo = ward.photos().await.remove(0);
    ok(&lead(&ward).post(&at(&photo, "keeping"), &WISH).await);
    let officer = governance(&ward, "Officer First");
    let erased = ward.hospital.data().join("erased");
    #[expect(clippy::disallowed_methods, reason = "a file in the way of a directory")]
    fs::write(&erased, "in the way").unwrap();
    let failed = officer.post(&at(&photo, "erase"), &[]).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    said(&officer.post(&at(&photo, "hold"), &WHY).await, "Case 4711");
    said(&lead(&ward).post(&at(&photo, "keeping"), &WISH).await, "She never agreed");
    said(&officer.post(&at(&photo, "erase"), &[]).await, "");
    for (action, count) in [(Action::Hold, 0), (Action::ProposeErasure, 1), (Action::Erase, 1)] {
        let done = lines(&ward, action).into_iter().filter(|line| line.outcome == Outcome::Done).count();
        assert_eq!(done, count, "{action:?}");
    }
    ward.end().await;
}

fn links(ward: &Ward) -> Vec<(String, Option<gauze_people::person::PersonId>)> {
    let of = |entry: &Entry| entry.what == What::Happening(Happening::Link);
    let entries = ward.office.entries().into_iter().filter(of);
    entries.map(|entry| (entry.note.unwrap().as_str().to_owned(), entry.who)).collect()
}

/// Waits until the pages' own round has done it.
async fn until(done: impl AsyncFn() -> bool) {
    let waiting = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("the pages never did it");
}

#[tokio::test]
async fn a_photo_is_erased_though_the_line_of_its_links_end_fails_and_that_line_comes_later() {
    let mut ward = ward().await;
    let photo = ward.photos().await.remove(0);
    {
        let lead = lead(&ward);
        sent(&make(&lead, &photo.handle.to_string(), &[("days", "1"), ("views", "2")]).await.text());
        ok(&lead.post(&at(&photo, "keeping"), &WISH).await);
        let officer = governance(&ward, "Officer First");
        ward.office.breaks_behind(1);
        let answer = officer.post(&at(&photo, "erase"), &[]).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text());
        ward.office.breaks(false);
    }
    assert_eq!(ward.photos().await.len(), 2, "what the line says is done");
    assert!(links(&ward).is_empty());
    ward.restart();
    until(async || !links(&ward).is_empty()).await;
    let [(note, who)] = &*links(&ward) else { panic!("{:?}", links(&ward)) };
    assert!(note.starts_with("revoked/"), "{note}");
    assert_eq!(*who, Some(person("Officer First", Role::Governance, TEAM).id));
    ward.end().await;
}

/// The command that erases writes into the same log; the pages end the links at their next start.
#[tokio::test]
async fn the_links_of_what_a_command_erased_end_at_the_next_start_of_the_pages() {
    let mut ward = ward().await;
    let photo = ward.photos().await.remove(0);
    sent(&make(&lead(&ward), &photo.handle.to_string(), &[("days", "1"), ("views", "2")]).await.text());
    let by = person("Officer First", Role::Governance, TEAM).id;
    let sha256 = ward.folk.sealed_as(&photo).await.unwrap();
    let about = Some(About {
        kind: Kind::Photo,
        id: Some(photo.capture_id.to_string()),
        patient: None,
        teams: Default::default(),
    });
    let event = Event::of(Happening::PhotoErased, Outcome::Done, ward.hospital.now());
    let event = Event { who: Some(by.clone()), about, note: noted(&sha256, None), ..event };
    ward.office.log.note(&event).await.unwrap();
    ward.restart();
    until(async || !links(&ward).is_empty()).await;
    assert!(links(&ward)[0].0.starts_with("revoked/") && links(&ward)[0].1 == Some(by));
    ward.end().await;
}

fn tombstone(ward: &Ward, photo: &Found) -> Tombstone {
    let dir = fs::read_dir(ward.hospital.data().join("erased")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(dir.join(format!("{}.jws", photo.capture_id))).unwrap();
    gauze_wire::Jws::parse(&text).unwrap().peek().unwrap()
}

/// Somebody asks for a photo, and it goes because its time is over: that is the ground, and nobody asked for that. A resumed erasure
/// names the rules of its line.
#[tokio::test]
async fn a_tombstone_names_the_ground_and_the_rules_by_which_it_went() {
    let mut ward = ward().await;
    let photos = ward.photos().await;
    let rules = r#"{"v":1,"otherwise":{"days":30}}"#;
    let digest = Some(gauze_wire::Digest::of(rules.as_bytes()));
    let due = tombstone_of_due(&ward, &photos[0], rules).await;
    assert_eq!((due.ground, due.asked_by, due.retention), (ReasonCode::RetentionOver, None, digest));
    {
        ok(&lead(&ward).post(&at(&photos[1], "keeping"), &WISH).await);
        let officer = governance(&ward, "Officer First");
        ok(&officer.post(&at(&photos[1], "erase"), &[]).await);
    }
    let asked = tombstone(&ward, &photos[1]);
    let by = Some(person("Sister Lead", Role::Lead, TEAM).id);
    assert_eq!((asked.ground, asked.asked_by, asked.retention), (ReasonCode::PatientRequest, by, digest));
    // Cut off behind its line, and other rules are in force when it is finished.
    let (erased, aside) = (ward.hospital.data().join("erased"), ward.hospital.path("aside"));
    fs::rename(&erased, &aside).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a file in the way of a directory")]
    fs::write(&erased, "in the way").unwrap();
    {
        let officer = governance(&ward, "Officer First");
        let form = [("photo", &*photos[2].handle.to_string())];
        assert_eq!(officer.post("/keeping", &form).await.status, StatusCode::INTERNAL_SERVER_ERROR);
        let other = r#"{"v":1,"otherwise":{"years":8}}"#;
        ok(&officer.post("/keeping/rules", &[("text", other)]).await);
    }
    fs::remove_file(&erased).unwrap();
    fs::rename(&aside, &erased).unwrap();
    ward.restart();
    until(async || ward.photos().await.is_empty()).await;
    let resumed = tombstone(&ward, &photos[2]);
    assert_eq!((resumed.ground, resumed.retention), (ReasonCode::RetentionOver, digest));
    ward.end().await;
}

async fn tombstone_of_due(ward: &Ward, photo: &Found, rules: &str) -> Tombstone {
    ok(&lead(ward).post(&at(photo, "keeping"), &WISH).await);
    ok(&governance(ward, "Officer Second").post("/keeping/rules", &[("text", rules)]).await);
    ward.hospital.clock.advance(SignedDuration::from_hours(24 * 400));
    let officer = governance(ward, "Officer First");
    ok(&officer.post("/keeping", &[("photo", &photo.handle.to_string())]).await);
    tombstone(ward, photo)
}

#[tokio::test]
async fn what_was_typed_about_a_photo_is_given_back_where_it_is_wrong_too_old_a_proof_or_leads_nowhere() {
    let ward = ward().await;
    let photo = ward.photos().await.remove(0);
    let officer = governance(&ward, "Officer First");
    let missing = officer.post(&at(&photo, "keeping"), &WISH[..2]).await.text();
    assert!(
        missing.contains("value=\"Her daughter\"")
            && missing.contains("value=\"patient_request\" required checked")
    );
    let long = "y".repeat(600);
    let refused = officer.post(&at(&photo, "hold"), &[("words", &long)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.text().matches(&long).count(), 1, "in its own form, and in no other");
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    let old = officer.post(&at(&photo, "hold"), &WHY).await.text();
    assert!(old.contains("/prove-again") && old.contains("Case 4711"), "{old}");
    let nowhere = officer.post("/photos/x/hold", &WHY).await.text();
    assert!(nowhere.contains("Case 4711") && !nowhere.contains("Nothing is lost"), "{nowhere}");
    ward.end().await;
}

/// It stood on no page, and a command erased it.
#[tokio::test]
async fn what_was_refused_and_erased_says_for_what_it_had_been_refused_who_asked_and_why() {
    let (hospital, _, [refused, _], _) = unopened().await;
    erase_as_asked(&hospital, &refused).await.unwrap();
    let puller = hospital.puller().await.unwrap();
    let mut ward = Ward::of("viewer.test", hospital, puller).await;
    let behind = Office::behind(&ward.hospital).await;
    let before = std::mem::replace(&mut ward.office, behind);
    ward.restart();
    let text = governance(&ward, "Officer First").get("/keeping").await.text();
    let card = text.split(&refused.id().to_string()).nth(1).unwrap().split("</li>").next().unwrap();
    let (by, asked_by) = ("a".repeat(26), "b".repeat(26));
    for told in ["No key of the hospital opened it", "The patient asks for it", WORDS, &by, &asked_by] {
        assert!(card.contains(told), "{told}: {card}");
    }
    ward.end().await;
    drop(before);
}
