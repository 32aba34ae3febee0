//! What information governance is shown: what waits for its judgement, and what is out of the ordinary.

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use gauze_records::Coded as _;
use jiff::SignedDuration;

use super::ward::{TEAM, Ward, person};
use crate::folk::{FAMILY, NHS, patient};

async fn ward() -> Ward {
    Ward::with(&[Some(patient(FAMILY, Some(NHS), None)), Some(patient("Ng", None, Some("17")))]).await
}

#[tokio::test]
async fn a_relative_a_namesake_and_a_colleague_are_found_with_their_lines_and_no_patient_is_named() {
    let ward = ward().await;
    let photos = ward.photos().await;
    let of = |family: &str| {
        let is =
            |found: &&gauze_records::Found| found.label.patient.as_ref().unwrap().family.as_str() == family;
        photos.iter().find(is).unwrap().handle
    };
    let (theirs, ng) = (format!("/photos/{}", of(FAMILY)), format!("/photos/{}", of("Ng")));
    let cousin = ward.sign_in(person("Cuthbert FEATHERSTONEHAUGH", Role::Viewer, TEAM));
    cousin.get(&theirs).await;
    cousin.get(&ng).await;
    let herself = ward.sign_in(person("Wilhelmina Feather-stonehaugh", Role::Viewer, TEAM));
    herself.get(&theirs).await;
    let nurse = ward.sign_in(person("Nurse Plain", Role::Viewer, TEAM));
    nurse.get(&theirs).await;
    let line = ward.office.entries().len() - 1;

    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let page = officer.get("/governance").await;
    assert_eq!(page.status, StatusCode::OK);
    let page = page.text();
    let cards: Vec<&str> = page.split("<li>").skip(1).collect();
    let card = |told: &str, who: &str| {
        cards
            .iter()
            .find(|card| card.contains(told) && card.contains(who))
            .unwrap_or_else(|| panic!("{told} {who}: {page}"))
    };
    card("A patient with the same family name", "Cuthbert FEATHERSTONEHAUGH");
    card("A patient with the same name as who looked", "Wilhelmina Feather-stonehaugh");
    let colleague = card("A patient with the name of somebody who works here", "Nurse Plain");
    assert!(
        colleague.contains(&format!("<td>{line}</td>")) && colleague.contains("Looked at the photo"),
        "{colleague}"
    );
    assert_eq!(page.matches("same family name<").count(), 1, "Ng is no cousin: {page}");
    for needle in ["Featherstonehaugh", NHS, "999 000 0042", "1938", "NG,", "FEATHERSTONEHAUGH, "] {
        assert!(!page.contains(needle), "{needle}");
    }
    let last = ward.office.entries().pop().unwrap();
    assert_eq!((last.what, last.outcome), (What::Action(Action::ReadLog), Outcome::Done));
    assert_eq!(last.purpose, Some(gauze_people::context::Purpose::Audit));
    ward.end().await;
}

#[tokio::test]
async fn lead_and_governance_are_told_of_a_break_glass_by_a_reference_and_of_late_ones_first() {
    let ward = ward().await;
    let photos = ward.photos().await;
    let why = [("code", "emergency"), ("words", "Bleeding again")];
    let mut references = Vec::new();
    for (name, photo) in [("Nurse Early", &photos[0]), ("Nurse Later", &photos[1])] {
        let nurse = ward.sign_in(person(name, Role::Viewer, "other"));
        let opened = nurse.post(&format!("/patients/{}/haste", photo.patient.unwrap()), &why).await;
        assert!(opened.status.is_redirection());
        references.push(ward.office.entries().pop().unwrap().id.as_str()[..8].to_owned());
        ward.hospital.clock.advance(SignedDuration::from_hours(48));
    }
    let sister = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let list = sister.get("/lists/tissue?which=all").await.text();
    let notice = list.split("waits for your judgement:").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(references.iter().all(|reference| notice.contains(reference)), "{notice}");
    assert!(list.contains("Late"), "{list}");
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    assert!(!nurse.get("/lists/tissue?which=all").await.text().contains("waits for your judgement"));

    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    assert_eq!(officer.get("/").await.headers["location"], "/governance");
    let page = officer.get("/governance").await.text();
    let (first, second) = (page.find(&references[0]).unwrap(), page.find(&references[1]).unwrap());
    let late = page.find("Late").unwrap();
    assert!(late < second && first < second, "{page}");
    assert_eq!(page.matches("Late").count() - page.matches("Nurse Later").count(), 1, "{page}");
    assert!(!page.contains("Bleeding again") && page.contains("href=\"/hastes\""), "{page}");

    let hastes = officer.get("/hastes").await.text();
    assert!(hastes.contains(&references[0]));
    let entries = ward.office.entries();
    let opened = entries.iter().find(|entry| entry.id.as_str().starts_with(&references[0])).unwrap();
    officer.post("/hastes", &[("entry", opened.id.as_str()), ("verdict", "investigate")]).await;
    let page = officer.get("/governance").await.text();
    assert!(
        page.contains("Break-glass that is looked into") && page.contains("Look into it further"),
        "{page}"
    );
    ward.end().await;
}

#[tokio::test]
async fn the_page_opens_to_who_may_read_the_log_and_to_nobody_else() {
    let ward = ward().await;
    for role in Role::ALL {
        let answer = ward.sign_in(person("Somebody Else", role, TEAM)).get("/governance").await;
        let reads = matches!(role, Role::Auditor | Role::Governance);
        assert_eq!(answer.status == StatusCode::OK, reads, "{role}");
        let last = ward.office.entries().pop().unwrap();
        assert_eq!(last.outcome == Outcome::Done, reads, "{role}");
        assert_eq!(last.what, What::Action(Action::ReadLog));
    }
    ward.end().await;
}

#[tokio::test]
async fn governance_is_told_who_has_signed_for_the_log_and_of_a_witness_that_signed_for_another() {
    let mut ward = ward().await;
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let page = officer.get("/governance").await.text();
    assert!(page.contains("witness.example/audit") && page.contains("Signed for 0 of"), "{page}");
    assert!(!page.contains("another history"), "{page}");
    let witness = ward.office.outside.clone().unwrap();
    let error = witness.show(&ward.office.log, ward.office.dir.path()).await.unwrap_err();
    assert_eq!(error.code(), "access_log_rolled_back");
    let page = officer.get("/governance").await.text();
    assert!(
        page.contains("It has signed for another history of this log.")
            && page.contains("Have the directory kept as it is"),
        "{page}"
    );
    ward.office.outside = None;
    ward.restart();
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let page = officer.get("/governance").await.text();
    assert!(page.contains("Who has signed for this log") && page.contains("None. IT can name one"), "{page}");
    ward.end().await;
}
