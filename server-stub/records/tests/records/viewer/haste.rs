//! Breaking the glass, and judging it.

use std::time::Duration;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use jiff::SignedDuration;

use super::day::Told;
use super::ward::{TEAM, Ward, person};
use crate::folk::{FAMILY, NHS, patient};

const WORDS: &str = "Bleeding again, the ward is closed";

async fn ward() -> (Ward, String) {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None)), None]).await;
    let photo = ward.photos().await.remove(1);
    let line = format!("/patients/{}", photo.patient.unwrap());
    (ward, line)
}

#[tokio::test]
async fn a_stranger_breaks_the_glass_sees_one_patient_in_red_and_is_judged_by_a_lead() {
    let (ward, line) = ward().await;
    let nurse = ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other"));
    let found = nurse.post("/search", &[("number", NHS)]).await.text();
    assert!(found.contains(&format!("{line}/haste")) && !found.contains("FEATHERSTONEHAUGH"), "{found}");
    assert_eq!(nurse.get(&line).await.status, StatusCode::FORBIDDEN);
    let form = nurse.get(&format!("{line}/haste")).await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(!form.text().contains("FEATHERSTONEHAUGH"));
    let unsaid = nurse.post(&format!("{line}/haste"), &[("words", WORDS)]).await;
    assert_eq!(unsaid.status, StatusCode::BAD_REQUEST);
    assert!(unsaid.text().contains(WORDS));
    assert_eq!(nurse.get(&line).await.status, StatusCode::FORBIDDEN);

    let opened = nurse.post(&format!("{line}/haste"), &[("code", "emergency"), ("words", WORDS)]).await;
    assert_eq!(
        (opened.status, opened.headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, &*line)
    );
    let entry = ward.office.entries().pop().unwrap();
    assert_eq!((entry.what, entry.outcome), (What::Action(Action::BreakGlass), Outcome::Done));
    assert!(!format!("{entry:?}").contains("Bleeding"));
    let page = nurse.get(&line).await.text();
    assert!(
        page.contains("You are looking at this under break-glass until")
            && page.contains("FEATHERSTONEHAUGH")
    );
    let photos = ward.photos().await;
    let photo = nurse.get(&format!("/photos/{}", photos[1].handle)).await.text();
    assert!(
        photo.contains("under break-glass until") && photo.contains("Seen by Nurse Elsewhere"),
        "{photo}"
    );
    assert!(photo.contains("· under break-glass ·") && !photo.contains("for care"), "{photo}");
    assert_eq!(nurse.get(&format!("/photos/{}", photos[0].handle)).await.status, StatusCode::FORBIDDEN);
    assert!(!ward.photos().await[1].seen);

    let sister = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let waiting = sister.get("/hastes").await.text();
    for told in ["Nurse Elsewhere", WORDS, "Life or limb is at risk", "<dd>2</dd>"] {
        assert!(waiting.contains(told), "{told}: {waiting}");
    }
    let other = ward.sign_in(person("Lead Elsewhere", Role::Lead, "other"));
    assert!(!other.get("/hastes").await.text().contains("Nurse Elsewhere"));
    let verdict = [("entry", entry.id.as_str()), ("verdict", "justified")];
    assert_eq!(other.post("/hastes", &verdict).await.status, StatusCode::FORBIDDEN);
    assert_eq!(sister.post("/hastes", &verdict).await.status, StatusCode::SEE_OTHER);
    assert!(!sister.get("/hastes").await.text().contains("Nurse Elsewhere"));
    assert!(ward.office.remembered().hastes.unreviewed().is_empty());

    ward.hospital.clock.advance(SignedDuration::from_mins(240));
    let again = ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other"));
    assert_eq!(again.get(&line).await.status, StatusCode::FORBIDDEN);
    ward.end().await;
}

#[tokio::test]
async fn an_old_proof_is_renewed_first_and_other_roles_open_and_judge_nothing() {
    let (ward, line) = ward().await;
    let nurse = ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other"));
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    for answer in [
        nurse.get(&format!("{line}/haste")).await,
        nurse.post(&format!("{line}/haste"), &[("code", "emergency"), ("words", WORDS)]).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("/prove-again?next="));
    }
    for role in [Role::It, Role::Administrator, Role::Auditor, Role::Capturer] {
        let somebody = ward.sign_in(person("Somebody Else", role, TEAM));
        for address in [format!("{line}/haste"), "/hastes".to_owned()] {
            let refused = somebody.get(&address).await.status;
            assert!(matches!(refused, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{role} {address}");
            assert_eq!(ward.office.entries().pop().unwrap().outcome, Outcome::Refused);
        }
    }
    assert!(
        !ward.office.entries().iter().any(|entry| {
            entry.what == What::Action(Action::BreakGlass) && entry.outcome == Outcome::Done
        })
    );
    ward.end().await;
}

#[tokio::test]
async fn what_nobody_judged_in_time_is_a_warning_in_the_programs_log_that_names_nobody() {
    let told = Told::default();
    let _guard = told.hear();
    let (mut ward, line) = ward().await;
    let mut references = Vec::new();
    for (name, hours) in [("Nurse Early", 48), ("Nurse Later", 25)] {
        let nurse = ward.sign_in(person(name, Role::Viewer, "other"));
        let opened = nurse.post(&format!("{line}/haste"), &[("code", "emergency"), ("words", WORDS)]).await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER);
        references.push(ward.office.entries().pop().unwrap().id.as_str()[..8].to_owned());
        ward.hospital.clock.advance(SignedDuration::from_hours(hours));
    }
    ward.restart();
    let late = || told.text().lines().filter(|line| line.contains("haste_late")).collect::<Vec<_>>().concat();
    let waiting = async {
        while late().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it is said");
    let late = late();
    assert_eq!(late.matches("haste_late").count(), 1, "{late}");
    assert!(late.contains("WARN") && late.contains(&references[0]), "{late}");
    for needle in [&*references[1], "FEATHERSTONEHAUGH", FAMILY, NHS, "Bleeding", "Nurse", &line[10..]] {
        assert!(!late.contains(needle), "{needle}: {late}");
    }
    ward.end().await;
}
