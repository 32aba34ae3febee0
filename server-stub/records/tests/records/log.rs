//! What a lying gateway can do with its log.

use gauze_records::Coded as _;
use gauze_wire::Jws;

use crate::fixture::{Hospital, Phone};

async fn refused(hospital: &Hospital) -> &'static str {
    hospital.pass().await.unwrap_err().code()
}

fn evidence(hospital: &Hospital) -> usize {
    std::fs::read_dir(hospital.data().join("evidence")).map_or(0, Iterator::count)
}

/// A hospital that has filed one photo.
async fn after_one_photo() -> (Hospital, Phone) {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    hospital.filed(&photo);
    (hospital, phone)
}

#[tokio::test]
async fn a_cosigned_checkpoint_verifies_and_is_handed_to_the_gateway() {
    let (hospital, _) = after_one_photo().await;
    let note = hospital.gateway.with(|shop| shop.cosigned.last().cloned()).unwrap();
    assert_eq!(hospital.gateway.log_key().verify(&note).unwrap().size, 2);
    assert_eq!(hospital.witness_key().verify(&note).unwrap(), 1_795_514_400);
}

#[tokio::test]
async fn a_shorter_log_stops_the_pull_and_is_kept_as_evidence() {
    let (hospital, _) = after_one_photo().await;
    let mut leaves = hospital.gateway.leaves();
    leaves.pop();
    hospital.gateway.set_leaves(leaves);
    assert_eq!(refused(&hospital).await, "log_rolled_back");
    assert_eq!(evidence(&hospital), 1);
}

#[tokio::test]
async fn a_log_that_rewrites_what_was_cosigned_stops_the_pull() {
    let (hospital, mut phone) = after_one_photo().await;
    let other = Phone::new(11).enrolment(&hospital, hospital.token());
    let mut leaves = hospital.gateway.leaves();
    leaves[0] = other;
    hospital.gateway.set_leaves(leaves);
    assert_eq!(refused(&hospital).await, "log_inconsistent", "same size, other root");
    let next = phone.photo(&hospital);
    hospital.gateway.take(&next);
    assert_eq!(refused(&hospital).await, "log_inconsistent", "longer, other beginning");
    assert_eq!(hospital.list().await.len(), 1);
    assert_eq!(evidence(&hospital), 2);
}

#[tokio::test]
async fn entries_that_do_not_lead_to_the_signed_root_are_not_believed() {
    let (hospital, mut phone) = after_one_photo().await;
    let (shown, signed) = (phone.photo(&hospital), Phone::new(12).enrolment(&hospital, hospital.token()));
    let mut leaves = hospital.gateway.leaves();
    leaves.push(signed);
    hospital.gateway.with(|shop| shop.signs = Some(leaves));
    hospital.gateway.take(&shown);
    assert_eq!(refused(&hospital).await, "log_inconsistent");
    assert_eq!(hospital.list().await.len(), 1, "nothing of the page was judged");

    // The gateway mends its ways: the same photo is filed.
    hospital.gateway.with(|shop| shop.signs = None);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
}

#[tokio::test]
async fn entries_that_are_signed_for_but_withheld_stop_the_pull() {
    let (hospital, mut phone) = after_one_photo().await;
    hospital.gateway.take(&phone.photo(&hospital));
    hospital.gateway.with(|shop| shop.withheld = 1);
    assert_eq!(refused(&hospital).await, "log_inconsistent");
}

#[tokio::test]
async fn a_checkpoint_by_another_log_key_is_not_believed() {
    let hospital = Hospital::new();
    Phone::enrolled(10, &hospital);
    hospital.gateway.with(|shop| shop.log_secret = Some(5));
    assert_eq!(refused(&hospital).await, "checkpoint_invalid");
}

#[tokio::test]
async fn an_unknown_signature_on_a_checkpoint_is_ignored() {
    let hospital = Hospital::new();
    hospital.gateway.with(|shop| shop.strangers = 1);
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    hospital.filed(&photo);
}

#[tokio::test]
async fn a_checkpoint_that_is_full_of_signatures_is_not_cosigned_and_is_in_the_way_of_no_later_pull() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    hospital.gateway.with(|shop| shop.strangers = 15);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    assert_eq!(refused(&hospital).await, "checkpoint_invalid");
    hospital.gateway.with(|shop| shop.strangers = 0);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    hospital.filed(&photo);
}

#[tokio::test]
async fn a_log_comes_in_pages_of_any_length() {
    let hospital = Hospital::new();
    hospital.gateway.with(|shop| shop.page = Some(3));
    let mut phone = Phone::enrolled(10, &hospital);
    let photos: Vec<_> = (0..10).map(|_| phone.photo(&hospital)).collect();
    photos.iter().for_each(|photo| hospital.gateway.take(photo));
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.log_size, report.acknowledged), (10, 11, 10));
    photos.iter().for_each(|photo| drop(hospital.filed(photo)));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn an_empty_log_is_nothing_to_do() {
    let hospital = Hospital::new();
    let report = hospital.pass().await.unwrap();
    assert!(report.is_quiet());
    assert!(hospital.gateway.with(|shop| shop.cosigned.is_empty()));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_an_error_and_nothing_is_lost() {
    let (hospital, mut phone) = after_one_photo().await;
    hospital.gateway.take(&phone.photo(&hospital));
    hospital.gateway.with(|shop| shop.offline = true);
    assert_eq!(refused(&hospital).await, "gateway_unreachable");
    hospital.gateway.with(|shop| shop.offline = false);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
}

#[tokio::test]
async fn a_second_puller_on_the_same_data_is_turned_away() {
    let hospital = Hospital::new();
    let first = hospital.puller().await.unwrap();
    assert_eq!(hospital.pass().await.unwrap_err().code(), "busy");
    first.close().await;
    assert!(hospital.pass().await.is_ok());
}

#[tokio::test]
async fn a_receipt_put_into_the_log_counts_as_nothing() {
    let (hospital, _) = after_one_photo().await;
    let receipt: Jws = hospital.gateway.receipts().remove(0);
    hospital.gateway.log(&receipt);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.rejected, report.filed, report.refused.len()), (1, 0, 0));
    assert!(hospital.verify().await.ok);
}
