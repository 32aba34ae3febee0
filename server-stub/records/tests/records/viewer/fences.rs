//! The signed policy's fences, for browsers: judged by network at each request, anew with each policy.

use axum::http::StatusCode;
use gauze_people::acting::Network;
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use serde_json::json;

use super::ward::{TEAM, Ward, person};
use crate::folk::{FAMILY, NHS, patient};

fn fence(mode: &str) -> serde_json::Value {
    json!([{ "id": "site-a", "words": "Site A", "mode": mode, "networks": ["127.0.0.0/8"] }])
}

async fn obeys(ward: &Ward, version: u64, mode: &str) {
    ward.hospital.sign_policy(|policy| {
        policy["version"] = version.into();
        policy["fences"] = fence(mode);
    });
    ward.puller.pass().await.unwrap();
}

#[tokio::test]
async fn from_outside_the_fence_no_photo_is_shown_but_in_an_emergency_and_the_refusal_is_a_line() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let photo = ward.photos().await.remove(0);
    let address = format!("/photos/{}", photo.handle);
    let nurse = ward.sign_in(person("Nurse Inside", Role::Viewer, TEAM));
    let away = ward.sign_in(person("Nurse Inside", Role::Viewer, TEAM)).from(Network::Outside);
    assert_eq!(away.get(&address).await.status, StatusCode::OK, "no fence yet");
    obeys(&ward, 8, "block_export").await;
    assert_eq!(away.get(&address).await.status, StatusCode::OK);
    obeys(&ward, 9, "block_view").await;
    let refused = away.get(&address).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("from inside the hospital"), "{}", refused.text());
    let entry = ward.office.entries().pop().unwrap();
    assert_eq!((entry.what, entry.outcome), (What::Action(Action::View), Outcome::Refused));
    assert_eq!(nurse.get(&address).await.status, StatusCode::OK);

    let line = format!("/patients/{}", photo.patient.unwrap());
    let opened = away.post(&format!("{line}/haste"), &[("code", "emergency"), ("words", "Bleeding")]).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text());
    assert_eq!(away.get(&address).await.status, StatusCode::OK);

    obeys(&ward, 10, "record").await;
    let later = ward.sign_in(person("Nurse Later", Role::Viewer, TEAM)).from(Network::Outside);
    assert_eq!(later.get(&address).await.status, StatusCode::OK, "the policy changed");
    ward.end().await;
}
