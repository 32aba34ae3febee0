//! The hospital's phones, for who looks after them and sees no photo.

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::context::Purpose;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use gauze_wire::{Deed, Record};
use jiff::SignedDuration;

use super::ward::{TEAM, Ward, person};
use crate::fixture::{Edit, Hospital, Phone};
use crate::folk::{FAMILY, NHS, patient, told};

#[tokio::test]
async fn it_sees_each_phone_where_it_is_when_it_was_heard_of_and_how_it_is_proven_and_nobody_else_does() {
    let hospital = Hospital::new();
    let [mut busy, silent, lost] = [1, 2, 3].map(|n| Phone::enrolled(n, &hospital));
    let [busy_id, silent_id, lost_id] = [&busy, &silent, &lost].map(|phone| phone.id().to_string());
    hospital.acts(("helpdesk-7", "lost on a bus"), Deed::Revoke { device_id: lost.id() });
    hospital.clock.advance(SignedDuration::from_hours(2));
    let record = |record: &mut Record| told(record, Some(patient(FAMILY, Some(NHS), None)));
    hospital.gateway.take(&busy.photo_with(&hospital, &Edit { record: &record, ..Edit::default() }));
    let taken = hospital.now();
    let puller = hospital.puller().await.unwrap();
    assert_eq!(puller.pass().await.unwrap().filed, 1);
    let ward = Ward::of("viewer.test", hospital, puller).await;

    let it = ward.sign_in(person("Iris Technician", Role::It, TEAM));
    assert_eq!(it.get("/").await.headers["location"], "/phones");
    let page = it.get("/phones").await;
    assert_eq!(page.status, StatusCode::OK);
    let line = ward.office.last();
    assert_eq!((line.what, line.outcome), (What::Action(Action::Phones), Outcome::Done));
    assert_eq!((line.purpose, line.policies), (Some(Purpose::Administration), vec!["it-phones".to_owned()]));
    let page = page.text();
    let places = [&silent_id, &busy_id, &lost_id].map(|id| page.find(id.as_str()).unwrap());
    assert!(places.is_sorted(), "the most silent first and the revoked last: {page}");
    let cards: Vec<&str> = page.split("<li>").filter(|card| card.contains("Serial number")).collect();
    assert_eq!(cards.len(), 3, "{page}");
    assert!(
        cards[1].contains(&format!("Last heard of, by its own clock</dt><dd><time datetime=\"{taken}\""))
    );
    assert!(!cards[0].contains(&taken.to_string()), "{}", cards[0]);
    assert!(cards[2].contains("Shut out") && page.matches("Shut out").count() == 1, "{page}");
    assert_eq!(page.matches("its key is kept by software alone").count(), 3, "{page}");
    for needle in [FAMILY, "FEATHERSTONEHAUGH", NHS, "lost on a bus"] {
        assert!(!page.contains(needle), "{needle}: {page}");
    }
    for role in Role::ALL.into_iter().filter(|role| *role != Role::It) {
        let refused = ward.sign_in(person("Somebody Else", role, TEAM)).get("/phones").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}");
        let line = ward.office.last();
        assert_eq!((line.what, line.outcome), (What::Action(Action::Phones), Outcome::Refused), "{role}");
    }
    ward.end().await;
}
