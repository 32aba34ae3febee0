//! A phone's life: suspended and resumed, silent and heard again, attested again.

use std::sync::atomic::Ordering;

use gauze_core::ports::{Answer, KeyVault as _};
use gauze_core::{ReviewError, Stage};
use gauze_gateway::By;
use gauze_gateway::admin::Admin;
use gauze_wire::ReviewDenied;
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Fate, Phone, Ward, shown};

pub fn by() -> By {
    By::new("helpdesk-7", "lost on a bus").unwrap()
}

pub async fn admin(ward: &Ward) -> Admin {
    Admin::open(&ward.path("gateway"), &ward.tenant(), ward.clock.clone()).await.unwrap()
}

/// A minute later the phone looks at its queue again.
pub async fn later(ward: &Ward, phone: &Phone) {
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.client().run_queue(true).await.unwrap();
}

pub fn with_life(policy: &mut serde_json::Value, offline: u32, every: u32) {
    policy["life"] = json!({
        "offline_wipe_hours": offline, "attest_every_hours": every, "attest_grace_hours": 24,
        "on_revoked_certificate": "suspend"
    });
}

#[tokio::test]
async fn a_phone_that_the_hospital_denies_photos_shows_none_with_a_new_review_key() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    admin(&ward).await.suspend(&phone.id(), &by()).await.unwrap();
    phone.vault.destroy(false).unwrap();
    assert!(matches!(phone.client().unlock(), Err(ReviewError::KeyGone)));
    phone.run().await;
    assert!(matches!(phone.client().unlock(), Err(ReviewError::Denied(_))));
}

#[tokio::test]
async fn a_suspended_phone_ends_its_review_keeps_its_photos_and_sends_them() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().unlock().unwrap();
    phone.client().review(id).unwrap();
    admin(&ward).await.suspend(&phone.id(), &by()).await.unwrap();
    later(&ward, &phone).await;
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("suspended"));
    assert!(matches!(phone.client().review(id), Err(ReviewError::Denied(ReviewDenied::Suspended))));
    assert!(matches!(phone.client().unlock(), Err(ReviewError::Denied(_))));
    let next = phone.capture(1);
    assert_eq!(phone.run().await.stored, 2);
    assert!(phone.file(id, "review.age").exists(), "what is denied may be allowed again");

    admin(&ward).await.resume(&phone.id(), &by()).await.unwrap();
    later(&ward, &phone).await;
    phone.client().unlock().unwrap();
    phone.client().review(id).unwrap();
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id, next]);
}

#[tokio::test]
async fn silence_ends_looking_and_never_taking_or_sending() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 48, 0)).await;
    let mut phone = Phone::enrolled(&ward).await;
    later(&ward, &phone).await;
    let id = phone.capture(0);
    phone.link.obeys(|_| Fate::Lost);
    // A wall clock that jumps is no silence.
    phone.is_wrong_by(SignedDuration::from_hours(24 * 365));
    phone.client().lock();
    assert!(phone.dir.join("store.key").exists());
    phone.is_wrong_by(SignedDuration::ZERO);
    ward.clock.pass(SignedDuration::from_hours(47));
    phone.client().lock();
    assert!(phone.dir.join("store.key").exists());
    ward.clock.pass(SignedDuration::from_hours(2));
    // A phone that is kept from every network is the one that this is for.
    phone.air.0.store(false, Ordering::Relaxed);
    phone.client().run_queue(false).await.unwrap();
    phone.air.0.store(true, Ordering::Relaxed);
    assert!(!phone.dir.join("store.key").exists());
    phone.restart();
    assert!(!phone.file(id, "review.age").exists());
    assert!(phone.vault.review_key().unwrap().is_none() && phone.vault.device_key().is_ok());
    assert!(phone.file(id, "photo.age").exists());
    assert!(matches!(phone.client().unlock(), Err(ReviewError::Silent)));
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("silent"));
    let while_silent = phone.capture(1);
    assert!(
        !phone.file(while_silent, "review.age").exists(),
        "nothing that is taken now can be looked at here"
    );

    phone.link.works();
    later(&ward, &phone).await;
    assert_eq!(denied(&phone), None, "one run ends it");
    for taken in [id, while_silent] {
        later(&ward, &phone).await;
        ward.pull().await;
        later(&ward, &phone).await;
        assert_eq!(phone.stage(taken), None);
    }
    // It goes on with the key and the enrolment that it has, also with an empty outbox and after a restart.
    let device = phone.id();
    phone.restart();
    let after = phone.capture(2);
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    assert_eq!((phone.id(), phone.stage(after)), (device, None));
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
}

/// No network for longer than the policy of `with_life(policy, 48, 0)` allows.
fn falls_silent(ward: &Ward, phone: &Phone) {
    phone.link.obeys(|_| Fate::Lost);
    ward.clock.pass(SignedDuration::from_hours(49));
    phone.client().lock();
    assert_eq!(denied(phone).as_deref(), Some("silent"));
    phone.link.works();
}

pub fn denied(phone: &Phone) -> Option<String> {
    phone.client().status().review_denied
}

#[tokio::test]
async fn a_hospital_that_answers_again_gives_looking_back_without_a_new_token() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 48, 0)).await;
    let mut phone = Phone::enrolled(&ward).await;
    later(&ward, &phone).await;
    let (device, before) = (phone.id(), phone.vault.review_key().unwrap().unwrap());
    let mut taken = vec![phone.capture(0)];
    for again in [1, 2] {
        falls_silent(&ward, &phone);
        if again == 2 {
            phone.restart();
        }
        taken.push(phone.capture(again));
        // The gateway hears of it first, then answers.
        later(&ward, &phone).await;
        assert_eq!(denied(&phone), None);
        phone.client().unlock().unwrap();
        for gone in &taken {
            assert!(
                matches!(phone.client().review(*gone), Err(ReviewError::Off)),
                "what was destroyed is gone"
            );
        }
        let new = phone.capture(again + 2);
        phone.client().review(new).unwrap();
        taken.push(new);
        phone.restart();
        phone.client().unlock().unwrap();
        phone.client().review(new).unwrap();
    }
    assert_ne!(phone.vault.review_key().unwrap().unwrap(), before);
    assert_eq!(phone.id(), device);
    let told = admin(&ward).await.device(&device).await.unwrap().device;
    assert!(told.wiped_at.is_some() && !told.is_wiped(), "operators see the silence, and a phone that works");
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    assert_eq!(phone.outbox(), [""; 0]);
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
}

#[tokio::test]
async fn what_the_hospital_denies_and_what_a_user_wiped_does_not_come_back_by_an_answer() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 48, 0)).await;
    let mut phone = Phone::enrolled(&ward).await;
    later(&ward, &phone).await;
    falls_silent(&ward, &phone);
    admin(&ward).await.suspend(&phone.id(), &by()).await.unwrap();
    for _ in 0..3 {
        later(&ward, &phone).await;
    }
    assert_eq!(denied(&phone).as_deref(), Some("suspended"));
    assert!(phone.vault.review_key().unwrap().is_none());
    admin(&ward).await.resume(&phone.id(), &by()).await.unwrap();
    later(&ward, &phone).await;
    assert_eq!(denied(&phone), None);
    phone.client().unlock().unwrap();

    let kept = phone.capture(0);
    phone.link.obeys(|seen| if seen.path.ends_with("/uploads") { Fate::Lost } else { Fate::Deliver });
    phone.client().wipe().unwrap();
    for _ in 0..3 {
        later(&ward, &phone).await;
    }
    let asked = |what| phone.link.seen().iter().filter(|seen| seen.path.ends_with(what)).count();
    assert_eq!((asked("/uploads"), asked("/status")), (3, 3), "the photo stays, and the hospital answers");
    phone.restart();
    assert_eq!(phone.stage(kept), Some(Stage::Signed));
    assert_eq!(denied(&phone).as_deref(), Some("wiped"));
    assert!(phone.vault.review_key().unwrap().is_none() && phone.file(kept, "photo.age").exists());
}

#[tokio::test]
async fn a_review_key_that_a_kill_kept_from_being_made_is_made_by_the_next_run() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 48, 0)).await;
    let mut phone = Phone::enrolled(&ward).await;
    later(&ward, &phone).await;
    falls_silent(&ward, &phone);
    later(&ward, &phone).await;
    ward.clock.pass(SignedDuration::from_mins(2));
    // How many steps there are from the answer to a phone that shows photos again is not known: it dies at each.
    let mut at = 0;
    loop {
        phone.disk.dies(at);
        let _ = phone.client().run_queue(true).await;
        let whole = denied(&phone).is_none() && phone.client().unlock().is_ok();
        phone.restart();
        if whole {
            break;
        }
        ward.clock.pass(SignedDuration::from_mins(2));
        at += 1;
        assert!(at < 100, "it never gets there");
    }
    assert!(at > 2, "{at}");
    later(&ward, &phone).await;
    assert_eq!(denied(&phone), None);
    phone.client().unlock().unwrap();
    let id = phone.capture(0);
    phone.client().review(id).unwrap();
}

#[tokio::test]
async fn names_leave_the_screen_when_evidence_is_overdue() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 0, 168)).await;
    let phone = Phone::enrolled(&ward).await;
    later(&ward, &phone).await;
    phone.client().unlock().unwrap();
    phone.link.obeys(|_| Fate::Lost);
    let label = || shown(phone.client().list().unwrap().pop().unwrap());
    ward.clock.pass(SignedDuration::from_hours(191));
    let id = phone.capture(0);
    assert!(label().is_some());
    ward.clock.pass(SignedDuration::from_hours(2));
    assert_eq!(label(), None);
    assert!(matches!(phone.client().preview(id), Err(ReviewError::Denied(ReviewDenied::AttestationOverdue))));
}

#[tokio::test]
async fn evidence_is_shown_again_by_itself_when_it_is_due() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 0, 168)).await;
    let phone = Phone::enrolled(&ward).await;
    let shown = |story: gauze_gateway::admin::DeviceStory| story.device.attested_at;
    let first = shown(admin(&ward).await.device(&phone.id()).await.unwrap());
    ward.clock.pass(SignedDuration::from_hours(100));
    later(&ward, &phone).await;
    assert_eq!(shown(admin(&ward).await.device(&phone.id()).await.unwrap()), first);
    ward.clock.pass(SignedDuration::from_hours(70));
    later(&ward, &phone).await;
    assert_eq!(shown(admin(&ward).await.device(&phone.id()).await.unwrap()), Some(ward.clock.time()));
    assert_eq!(phone.client().status().review_denied, None);
    ward.pull().await;
    let report = ward.verified().await;
    assert!(report.ok, "{:?}", report.findings);
}

#[tokio::test]
async fn evidence_that_did_not_arrive_is_shown_again_however_often_the_phone_looks() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 0, 168)).await;
    let phone = Phone::enrolled(&ward).await;
    ward.clock.pass(SignedDuration::from_hours(170));
    phone.link.obeys(|seen| if seen.path.ends_with("/attestations") { Fate::Lost } else { Fate::Deliver });
    later(&ward, &phone).await;
    phone.link.works();
    // Two hours, in which it looks each two minutes.
    for _ in 0..60 {
        later(&ward, &phone).await;
    }
    let story = admin(&ward).await.device(&phone.id()).await.unwrap();
    assert!(story.device.attested_at > story.device.enrolled_at, "it is never shown again");
}

#[tokio::test]
async fn an_old_word_that_all_is_well_does_not_undo_a_suspension() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let recorded = std::sync::Arc::new(std::sync::Mutex::new(None));
    let keep = recorded.clone();
    phone.link.obeys(move |seen| {
        let keep = keep.clone();
        if seen.path.ends_with("/status") {
            return Fate::Answered(Box::new(move |answer| {
                *keep.lock().unwrap() = Some(answer.body.clone());
                answer
            }));
        }
        Fate::Deliver
    });
    later(&ward, &phone).await;
    let old = recorded.lock().unwrap().clone().unwrap();
    phone.link.works();
    admin(&ward).await.suspend(&phone.id(), &by()).await.unwrap();
    later(&ward, &phone).await;
    phone.link.obeys(move |seen| {
        let old = old.clone();
        if seen.path.ends_with("/status") {
            return Fate::Answered(Box::new(move |answer| Answer { body: old, ..answer }));
        }
        Fate::Deliver
    });
    later(&ward, &phone).await;
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("suspended"));
}

#[tokio::test]
async fn a_captured_screen_outlives_the_process_and_is_told_to_the_hospital_in_numbers_alone() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let told = async |phone: &Phone| {
        let device = admin(&ward).await.device(&phone.id()).await.unwrap().device;
        (device.screen_captures, device.screen_captured_at)
    };
    later(&ward, &phone).await;
    assert_eq!(told(&phone).await, (0, None));
    phone.client().screen_captured().unwrap();
    phone.client().screen_captured().unwrap();
    phone.close();
    phone.restart();
    phone.client().run_queue(true).await.unwrap();
    let at = ward.clock.time();
    assert_eq!(told(&phone).await, (2, Some(at)));
    // What was told is not told again, and what comes next is not held back until the next minute.
    later(&ward, &phone).await;
    assert_eq!(told(&phone).await, (2, Some(at)));
    phone.client().screen_captured().unwrap();
    phone.client().run_queue(true).await.unwrap();
    assert_eq!(told(&phone).await.0, 3);
    assert!(phone.client().list().unwrap().is_empty());
    // A phone that belongs to nobody tells nobody.
    let stranger = Phone::new(&ward, "stranger");
    stranger.client().screen_captured().unwrap();
}
