//! What happens at the same time: runs of the queue, a discard while a photo is sent, an end told while a plan is made, and
//! two enrolments.

use std::sync::Arc;
use std::time::Duration;

use gauze_core::ports::TransportError;
use gauze_core::queue::TransferEnd;
use tokio::sync::Notify;

use crate::fixture::{Fate, Phone, Ward};

/// Holds the first message of one kind until it is released, and says when that has come.
fn held(phone: &Phone, what: &'static str) -> (Arc<Notify>, Arc<Notify>) {
    let (come, released) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (first, until) = (come.clone(), released.clone());
    let mut waits = true;
    phone.link.obeys(move |seen| {
        if !seen.path.contains(what) || !std::mem::take(&mut waits) {
            return Fate::Deliver;
        }
        first.notify_one();
        Fate::Held(until.clone())
    });
    (come, released)
}

#[tokio::test]
async fn runs_at_once_sign_and_send_each_photo_once() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let (come, released) = held(&phone, "/uploads");
    // The second run finds the photo signed, and its ticket asked for.
    let second = async {
        come.notified().await;
        let report = phone.run().await;
        released.notify_one();
        report
    };
    let (first, second) = tokio::join!(phone.run(), second);
    assert_eq!((first.stored, second.stored), (1, 0));
    assert_eq!(phone.link.seen().iter().filter(|seen| seen.path.contains("/uploads")).count(), 1);
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
}

#[tokio::test]
async fn a_photo_discarded_on_its_way_goes_no_further_and_the_hospital_hears_of_it() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    // Nobody releases it: the transfer itself would never end.
    let (come, _released) = held(&phone, "/transfers");
    let discarded = async {
        come.notified().await;
        phone.client().discard(id).unwrap();
    };
    let both = async { tokio::join!(phone.run(), discarded) };
    tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert_eq!(phone.run().await.stored, 1);
    ward.pull().await;
    let listed = ward.listed().await;
    assert_eq!((listed.len(), listed[0].kind), (1, gauze_records::Kind::Void));
    assert_eq!(phone.run().await.filed, [id]);
}

#[tokio::test]
async fn a_carried_transfer_that_fails_while_a_plan_is_made_is_in_the_next_plan() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let plan = async || phone.client().next_transfers(true).await.unwrap().transfers;
    assert_eq!(plan().await.len(), 1);
    // The next plan has the photo in hand, and asks whether it has come.
    let (come, released) = held(&phone, "/status");
    let ended = async {
        come.notified().await;
        let end = TransferEnd::Failed { error: TransportError::Unreachable };
        phone.client().transfer_ended(id, end).await.unwrap();
        released.notify_one();
    };
    let (planned, ()) = tokio::join!(plan(), ended);
    assert!(planned.is_empty());
    assert_eq!(plan().await.len(), 1, "nobody carries it any more");
}

#[tokio::test]
async fn of_two_enrolments_at_once_one_enrols_and_its_key_stays() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let (one, other) = (ward.managed(), ward.managed());
    let (one, other) = tokio::join!(phone.client().enrol(&one), phone.client().enrol(&other));
    assert_eq!(other.unwrap_err().code(), "already_enrolled");
    assert_eq!(one.unwrap(), phone.id());
    let id = phone.capture(0);
    phone.run().await;
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
}
