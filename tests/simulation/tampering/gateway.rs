//! A gateway that changes what it holds, goes back in time, or shows two faces.

use gauze_core::Stage;
use gauze_records::Coded as _;
use gauze_records::pull::PullError;
use jiff::SignedDuration;

use super::{CHANGES, copy_dir, files, places, put, take};
use crate::dice::Dice;
use crate::fixture::{Phone, Ward};

async fn pull_fails(ward: &Ward) -> PullError {
    let puller = ward.puller(ward.port()).await;
    let error = puller.pass().await.unwrap_err();
    puller.close().await;
    error
}

#[tokio::test]
async fn a_changed_photo_at_the_gateway_is_not_filed_and_comes_again_from_the_phone() {
    let mut dice = Dice::new(1);
    for change in CHANGES {
        for _ in 0..places() {
            let ward = Ward::new().await;
            let phone = Phone::enrolled(&ward).await;
            let taken = take(&phone, 1);
            phone.run().await;
            let [blob] = &files(&ward.path("gateway/blobs"))[..] else { panic!("one photo") };
            put(blob, &change.of(&std::fs::read(blob).unwrap(), &mut dice).unwrap());
            let report = ward.pull().await;
            assert_eq!((report.missing, report.refused.len(), report.filed), (1, 0, 0), "{change:?}");
            phone.run().await;
            assert_eq!(phone.stage(taken.id), Some(Stage::Signed), "{change:?}");
            assert!(taken.is_kept(&phone, None));
            phone.run().await;
            ward.clock.pass(SignedDuration::from_hours(7));
            assert_eq!(ward.pull().await.filed, 1, "{change:?}");
            assert!(ward.verified().await.ok);
        }
    }
}

#[tokio::test]
async fn a_changed_photo_at_the_hospital_is_found_wherever_it_is_changed() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    take(&phone, 1);
    phone.run().await;
    ward.pull().await;
    let [sealed] = &files(&ward.path("records/sealed"))[..] else { panic!("one photo") };
    let (good, mut dice) = (std::fs::read(sealed).unwrap(), Dice::new(1));
    for change in CHANGES {
        for _ in 0..places() {
            put(sealed, &change.of(&good, &mut dice).unwrap());
            let found: Vec<_> = ward.verified().await.findings.iter().map(|finding| finding.code).collect();
            assert_eq!(found, ["file_differs"], "{change:?}");
        }
    }
    put(sealed, &good);
    assert!(ward.verified().await.ok);
}

/// Keeps the gateway's data, as it is now, under another name. Nobody writes now, so the copy is whole.
fn keep(ward: &Ward, name: &str) {
    copy_dir(&ward.gateway(), &ward.path(name));
}

#[tokio::test]
async fn a_gateway_that_shows_phone_and_hospital_different_logs_gets_nothing_erased() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    keep(&ward, "before");
    // The phone's face: its photo is stored, with a receipt that holds.
    let taken = take(&phone, 1);
    assert_eq!(phone.run().await.stored, 1);
    // The hospital's face: another phone's photo stands in its place.
    ward.gateway_turns_to("before").await;
    let other = Phone::new(&ward, "other");
    other.client().enrol(&ward.managed()).await.unwrap();
    let others = take(&other, 2);
    other.run().await;
    assert_eq!(ward.pull().await.filed, 1);
    assert!(others.is_filed(&ward).await && !taken.is_filed(&ward).await);
    // Each side goes on with the face that it knows: no receipt of the hospital ever reaches the phone's log.
    ward.gateway_turns_to("gateway").await;
    phone.link.leads_to(ward.router.clone());
    phone.run().await;
    assert_eq!(phone.stage(taken.id), Some(Stage::Stored));
    // And the hospital, shown the phone's face, stops and keeps the proof.
    let error = pull_fails(&ward).await;
    assert!(["log_inconsistent", "log_rolled_back"].contains(&error.code()), "{}", error.code());
    assert_eq!(ward.verified().await.evidence, 1);
    phone.run().await;
    assert!(taken.is_kept(&phone, None) && !taken.is_filed(&ward).await);
}

#[tokio::test]
async fn a_gateway_put_back_to_yesterday_is_found_out_and_the_phone_keeps_what_it_lost() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    keep(&ward, "yesterday");
    let first = take(&phone, 1);
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    let second = take(&phone, 2);
    phone.run().await;
    ward.gateway_turns_to("yesterday").await;
    phone.link.leads_to(ward.router.clone());
    assert_eq!(pull_fails(&ward).await.code(), "log_rolled_back");
    phone.run().await;
    assert!(first.is_filed(&ward).await && second.is_kept(&phone, None));
    assert_eq!(ward.verified().await.evidence, 1);
}

#[tokio::test]
async fn what_a_gateway_lost_that_was_put_back_to_yesterday_is_sent_again() {
    let mut ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    keep(&ward, "yesterday");
    let (id, void) = (take(&phone, 1).id, take(&phone, 2).id);
    phone.client().discard(void).unwrap();
    assert_eq!(phone.run().await.stored, 2);
    ward.gateway_turns_to("yesterday").await;
    phone.link.leads_to(ward.router.clone());
    phone.restart();
    let report = phone.run().await;
    assert_eq!((report.stored, phone.stage(id)), (0, Some(Stage::Signed)), "it is told that nothing is held");
    assert_eq!(phone.run().await.stored, 2);
    ward.pull().await;
    phone.run().await;
    assert!(phone.outbox().is_empty());
    assert_eq!(ward.listed().await.len(), 2);
}
