//! A phone's life, whole: suspended, lost, wiped by order or by silence, attested again.

use std::sync::atomic::Ordering;

use gauze_core::ports::{Answer, KeyVault as _};
use gauze_core::{ReviewError, Stage};
use gauze_gateway::admin::Admin;
use gauze_gateway::{By, GatewayKeys};
use gauze_records::proposals::{Decider, approve};
use gauze_wire::{
    DeviceId, DeviceStatus, Jws, Photos, ProposalId, ReviewDenied, Signed as _, Standing, StatusAnswer,
    WipeOrder,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Fate, Phone, Ward, jpeg, shown};

fn by() -> By {
    By::new("helpdesk-7", "lost on a bus").unwrap()
}

async fn admin(ward: &Ward) -> Admin {
    Admin::open(&ward.path("gateway"), &ward.tenant(), ward.clock.clone()).await.unwrap()
}

/// The hospital pulls the proposal, agrees, and hands its signature in.
async fn approved(ward: &Ward, id: &ProposalId) {
    ward.pull().await;
    let decider = Decider::new("governance-2", "as asked").unwrap();
    approve(&ward.path("records"), &ward.keys(), id, &decider, ward.clock.time()).await.unwrap();
    ward.pull().await;
}

pub async fn lose(ward: &Ward, id: &DeviceId, photos: Photos) {
    let report = admin(ward).await.lost(id, photos, &by()).await.unwrap();
    approved(ward, &report.wipe.proposal_id).await;
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
async fn a_lost_phone_is_wiped_by_the_hospitals_order_and_says_so() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let (sent, kept) = (phone.capture(0), phone.capture(1));
    phone.client().unlock().unwrap();
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    assert_eq!((phone.stage(sent), phone.stage(kept)), (None, None));
    let kept = phone.capture(2);
    lose(&ward, &phone.id(), Photos::Keep).await;
    let device = phone.id();
    later(&ward, &phone).await;

    assert!(!phone.dir.join("store.key").exists());
    assert!(phone.vault.review_key().unwrap().is_none() && phone.vault.device_key().is_ok());
    assert!(!phone.file(kept, "review.age").exists() && phone.file(kept, "photo.age").exists());
    assert!(matches!(phone.client().unlock(), Err(ReviewError::Denied(ReviewDenied::Wiped))));
    assert!(phone.try_capture(3).is_err(), "a wiped phone takes no photo");
    let story = admin(&ward).await.device(&device).await.unwrap();
    assert!(story.device.wiped_at.is_some());
    assert_eq!((story.device.unsent, story.missing), (1, 1));

    // Found again: with a new token it is another phone, and what it kept goes out under its new key.
    phone.restart();
    phone.client().enrol(&ward.managed()).await.unwrap();
    assert_ne!(phone.id(), device);
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    assert_eq!(phone.stage(kept), None);
    let report = ward.verified().await;
    assert!(report.ok, "{:?}", report.findings);
}

#[tokio::test]
async fn photos_are_destroyed_only_where_the_signed_order_says_so_and_leave_signed_voids() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let ids = [phone.capture(0), phone.capture(1)];
    let device = phone.id();
    lose(&ward, &device, Photos::Destroy).await;
    later(&ward, &phone).await;
    for id in ids {
        assert!(!phone.file(id, "photo.age").exists());
    }
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    let listed = ward.listed().await;
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|photo| photo.kind == gauze_records::Kind::Void));
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
    // Nothing is left to send: the device key went last.
    assert!(phone.vault.device_key().is_err());
    phone.restart();
    assert_eq!(phone.client().status().device_id, None);
}

/// From now on the gateway itself tells the phone that this is its order.
fn orders(ward: &Ward, phone: &Phone, order: Jws) {
    let standing = Standing {
        v: 1,
        typ: Standing::TYP.into(),
        tenant: ward.tenant(),
        device_id: phone.id(),
        at: ward.clock.time() + SignedDuration::from_mins(2),
        status: DeviceStatus::Active,
        review_denied: None,
        attest_by: None,
        wipe: Some(order),
    };
    let keys = GatewayKeys::load(&ward.path("gateway")).unwrap();
    let standing = Jws::sign(&standing, keys.receipts()).unwrap();
    let body = serde_json::to_vec(&StatusAnswer { captures: Vec::new(), standing: Some(standing) }).unwrap();
    phone.link.obeys(move |seen| {
        let body = body.clone();
        match seen.path.ends_with("/status") {
            true => Fate::Answered(Box::new(move |answer| Answer { body, ..answer })),
            false => Fate::Deliver,
        }
    });
}

#[tokio::test]
async fn an_order_that_the_hospital_did_not_sign_for_this_phone_wipes_nothing() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let order = |device_id: DeviceId| WipeOrder {
        v: 1,
        typ: "gauze-wipe".into(),
        tenant: ward.tenant(),
        order_id: "BBBBBBBBBBBBBBBBBBBBBB".parse().unwrap(),
        device_id,
        photos: Photos::Destroy,
        issued_at: ward.clock.time(),
    };
    let policy_key = ward.keys().policy().unwrap();
    let records_key = ward.keys().records().unwrap();
    let stranger = ward.other_keys().policy().unwrap();
    let mine = order(phone.id());
    let wrong = [
        Jws::sign(&mine, &records_key).unwrap(),
        Jws::sign(&mine, &stranger).unwrap(),
        Jws::sign(&order("A".repeat(43).parse().unwrap()), &policy_key).unwrap(),
        Jws::sign(&WipeOrder { tenant: "ward-8".parse().unwrap(), ..mine.clone() }, &policy_key).unwrap(),
    ];
    for jws in wrong {
        orders(&ward, &phone, jws);
        later(&ward, &phone).await;
        assert!(phone.file(id, "photo.age").exists() && phone.file(id, "review.age").exists());
    }
    orders(&ward, &phone, Jws::sign(&mine, &policy_key).unwrap());
    later(&ward, &phone).await;
    assert!(!phone.file(id, "review.age").exists());
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

fn denied(phone: &Phone) -> Option<String> {
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
async fn a_wipe_that_is_cut_off_anywhere_is_finished_at_the_next_opening() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    // How many steps a wipe of two photos takes.
    let prepared = |phone: &Phone| {
        let ids = [phone.capture(0), phone.capture(1)];
        phone.client().preview_from(ids[0], jpeg(0)).unwrap();
        ids
    };
    let mut all = prepared(&phone).to_vec();
    phone.disk.works();
    phone.client().wipe().unwrap();
    let steps = phone.disk.ops().len();
    assert!(steps > 6, "{steps}");
    for at in 0..steps {
        // Each time a new key: the phone was wiped and enrols anew.
        phone.restart();
        phone.client().enrol(&ward.managed()).await.unwrap();
        let ids = prepared(&phone);
        all.extend(ids);
        phone.disk.dies(at);
        assert!(phone.client().wipe().is_err(), "at {at} of {steps}");
        phone.restart();
        let what = format!("at {at} of {steps}");
        if phone.client().status().review_denied.is_none() {
            // It had not begun durably; begun again it is done.
            phone.client().wipe().unwrap();
        }
        assert_eq!(phone.client().status().review_denied.as_deref(), Some("wiped"), "{what}");
        assert!(phone.vault.review_key().unwrap().is_none(), "{what}");
        for id in ids {
            assert!(
                !phone.file(id, "review.age").exists() && !phone.file(id, "preview.age").exists(),
                "{what}"
            );
            assert!(phone.file(id, "photo.age").exists(), "{what}");
        }
    }
    phone.restart();
    phone.client().enrol(&ward.managed()).await.unwrap();
    for _ in 0..3 {
        later(&ward, &phone).await;
        ward.pull().await;
    }
    later(&ward, &phone).await;
    assert_eq!(phone.outbox(), [""; 0]);
    assert_eq!(ward.listed().await.len(), all.len());
}

#[tokio::test]
async fn a_page_in_the_gateways_place_does_not_take_the_word_that_an_order_was_carried_out() {
    let ward = Ward::new().await;
    for status in [200, 202, 204] {
        let phone = Phone::new(&ward, &format!("phone-{status}"));
        let device = phone.client().enrol(&ward.managed()).await.unwrap();
        lose(&ward, &device, Photos::Keep).await;
        phone.link.obeys(move |seen| {
            let body = b"<html>502 Bad Gateway</html>".to_vec();
            match seen.path.ends_with("/wiped") {
                true => Fate::Replaced(Answer { status, body, ..Answer::default() }),
                false => Fate::Deliver,
            }
        });
        for _ in 0..3 {
            later(&ward, &phone).await;
        }
        let wiped_at = async || admin(&ward).await.device(&device).await.unwrap().device.wiped_at;
        assert_eq!((phone.id(), wiped_at().await), (device.clone(), None), "{status}: it is still owed");
        phone.link.works();
        later(&ward, &phone).await;
        assert!(wiped_at().await.is_some(), "{status}");
        assert_eq!(phone.client().status().device_id, None, "{status}: nothing is left to send");
    }
}

/// From the moment on in which the phone hears where it stands, its disk takes so many steps and no more.
fn dies_once_it_hears(phone: &Phone, at: usize) {
    let disk = phone.disk.clone();
    phone.link.obeys(move |seen| {
        let disk = disk.clone();
        match seen.path.ends_with("/status") {
            true => Fate::Answered(Box::new(move |answer| {
                disk.dies(at);
                answer
            })),
            false => Fate::Deliver,
        }
    });
}

#[tokio::test]
async fn an_order_that_destroys_and_is_cut_off_anywhere_is_carried_out_to_its_end() {
    let ward = Ward::new().await;
    let (mut lost, mut cut_amid) = (Vec::new(), 0);
    // How many steps there are from the order to its end is not known: a phone dies at each.
    loop {
        let at = lost.len();
        let mut phone = Phone::new(&ward, &format!("phone-{at}"));
        let device = phone.client().enrol(&ward.managed()).await.unwrap();
        let ids = [phone.capture(0), phone.capture(1)];
        phone.client().preview_from(ids[0], jpeg(0)).unwrap();
        lose(&ward, &device, Photos::Destroy).await;
        dies_once_it_hears(&phone, at);
        later(&ward, &phone).await;
        let (died, begun) = (phone.disk.died(), phone.dir.join("gauze/wipe.json").exists());
        let left = ids.iter().filter(|id| phone.file(**id, "photo.age").exists()).count();
        cut_amid += usize::from(begun && left > 0);
        phone.restart();
        phone.link.works();
        if !begun {
            // The order is handed out again.
            later(&ward, &phone).await;
        }
        assert_eq!(denied(&phone).as_deref(), Some("wiped"), "at {at}");
        assert!(phone.vault.review_key().unwrap().is_none(), "at {at}");
        for id in ids {
            for name in ["photo.age", "review.age", "preview.age"] {
                assert!(!phone.file(id, name).exists(), "at {at}: {name}");
            }
        }
        later(&ward, &phone).await;
        phone.close();
        lost.push((phone, device));
        if !died {
            break;
        }
        assert!(at < 500, "it never gets to the end");
    }
    assert!(cut_amid > 5, "{cut_amid} of {}", lost.len());
    ward.pull().await;
    let listed = ward.listed().await;
    assert_eq!(listed.len(), 2 * lost.len(), "each photo left its void");
    assert!(listed.iter().all(|photo| photo.kind == gauze_records::Kind::Void));
    for (at, (phone, device)) in lost.iter_mut().enumerate() {
        phone.restart();
        later(&ward, phone).await;
        assert_eq!((phone.client().status().device_id, phone.outbox()), (None, Vec::new()), "at {at}");
        assert!(phone.vault.device_key().is_err(), "at {at}");
        phone.close();
        assert!(admin(&ward).await.device(device).await.unwrap().device.wiped_at.is_some(), "at {at}");
    }
    assert!(ward.verified().await.ok);
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
