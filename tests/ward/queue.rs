//! The queue on a bad network, with a gateway that lies, and against the clock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gauze_core::ports::{Answer, TransportError};
use gauze_core::queue::machine::State;
use gauze_core::{DiscardError, OldestPhoto, Stage, StoreError, Trouble};
use gauze_wire::{
    CaptureState, EntryKind, Filed, FilingRefusal, Jws, Manifest, Refused, Signed as _, StatusAnswer, Stored,
    UploadAnswer,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::fixture::{Fate, Phone, Seen, Ward, stopped};

fn is(seen: &Seen, what: &str) -> bool {
    seen.path.contains(what)
}

/// Does something to the first `times` requests of one kind.
fn first(
    times: usize,
    what: &'static str,
    fate: impl Fn() -> Fate + Send + 'static,
) -> impl FnMut(&Seen) -> Fate {
    let mut left = times;
    move |seen| {
        if is(seen, what) && left > 0 {
            left -= 1;
            return fate();
        }
        Fate::Deliver
    }
}

#[tokio::test]
async fn whatever_is_lost_or_doubled_on_the_way_is_one_photo_in_the_end() {
    for what in ["/uploads", "/transfers", "/status"] {
        for fate in [|| Fate::Lost, || Fate::AnswerLost, || Fate::Twice] {
            let ward = Ward::new().await;
            let phone = Phone::enrolled(&ward).await;
            let id = phone.capture(0);
            phone.link.obeys(first(1, what, fate));
            phone.run().await;
            phone.run().await;
            ward.pull().await;
            phone.run().await;
            assert_eq!(phone.stage(id), None, "{what}");
            let listed = ward.listed().await;
            assert_eq!(listed.len(), 1, "{what}");
            assert!(ward.verified().await.ok);
        }
    }
}

#[tokio::test]
async fn a_photo_that_takes_long_does_not_hold_up_the_others() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let ids: Vec<_> = (0..8).map(|n| phone.capture(n)).collect();
    let (released, begun) = (Arc::new(Notify::new()), AtomicUsize::new(0));
    phone.link.obeys(move |seen| {
        if !is(seen, "/transfers") {
            return Fate::Deliver;
        }
        match begun.fetch_add(1, Ordering::SeqCst) {
            0 => return Fate::Held(released.clone()),
            7 => released.notify_one(),
            _ => {}
        }
        Fate::Deliver
    });
    // The first transfer arrives only once the last has begun.
    tokio::time::timeout(Duration::from_secs(60), phone.run()).await.unwrap();
    assert!(ids.iter().all(|id| phone.stage(*id) == Some(Stage::Stored)));
}

#[tokio::test]
async fn a_cut_transfer_goes_on_from_where_it_stopped_and_gives_up_after_a_few_cuts() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.link.obeys(first(2, "/transfers", || Fate::CutAfter(9_000)));
    assert_eq!(phone.run().await.stored, 1);
    let offsets: Vec<_> =
        phone.link.seen().iter().filter(|seen| is(seen, "/transfers")).map(|seen| seen.offset).collect();
    assert_eq!(offsets, [0, 9_000, 18_000]);
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);

    let id = phone.capture(1);
    phone.link.obeys(first(usize::MAX, "/transfers", || Fate::CutAfter(0)));
    let report = phone.run().await;
    assert_eq!(report.stopped, [stopped(id, Trouble::Offline)]);
    let tries = phone.link.seen().iter().filter(|seen| is(seen, "/transfers")).count();
    assert_eq!(tries, 4, "three at once, then it waits");
    let again = report.next_at_ms.unwrap() - ward.clock.time().as_millisecond();
    assert!(again > 0 && again <= 15 * 60 * 1000 * 2, "{again}");
}

#[tokio::test]
async fn a_waiting_photo_is_left_alone_until_its_time_unless_somebody_asks() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
    let report = phone.run().await;
    assert_eq!(report.stopped, [stopped(id, Trouble::Offline)]);
    phone.restart();
    phone.link.works();
    let report = phone.client().run_queue(false).await.unwrap();
    assert_eq!(report.stopped, [stopped(id, Trouble::Offline)], "remembered over a restart");
    assert!(!phone.link.seen().iter().any(|seen| is(seen, "/uploads")));
    ward.clock.pass(SignedDuration::from_mins(10));
    assert_eq!(phone.client().run_queue(false).await.unwrap().stored, 1);
}

/// Lets the photo be stored, and returns what the phone was told.
async fn stored(phone: &Phone) -> CaptureState {
    let id = phone.capture(0);
    phone.run().await;
    let jws = Jws::parse(&std::fs::read_to_string(phone.file(id, "stored.jws")).unwrap()).unwrap();
    CaptureState { capture_id: id, stored: jws, outcome: None, manifest: None }
}

fn with_outcome(state: &CaptureState, outcome: Jws) -> Fate {
    let state = CaptureState { outcome: Some(outcome), ..state.clone() };
    Fate::Answered(Box::new(move |answer| Answer {
        status: 200,
        body: serde_json::to_vec(&StatusAnswer { captures: vec![state], standing: None }).unwrap(),
        ..answer
    }))
}

#[tokio::test]
async fn nothing_but_a_filed_receipt_that_holds_erases_a_photo() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let state = stored(&phone).await;
    let id = state.capture_id;
    let receipt: Stored = state.stored.peek().unwrap();
    let (records, witness) = (ward.keys().records().unwrap(), ward.keys().witness().unwrap());
    let cosigned = witness.cosign(&receipt.proof.checkpoint, ward.clock.time()).unwrap();
    let proof = gauze_wire::Proof { checkpoint: cosigned, ..receipt.proof.clone() };
    let now = ward.clock.time();
    let good = Filed::new(receipt.binding(), proof.clone(), now);
    let other_key = gauze_wire::SoftwareKey::from_bytes(&[9; 32]).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value = serde_json::to_value(&good).unwrap();
        change(&mut value);
        // In the order that receipts are written in: another one is refused before anything else is looked at.
        let changed: Filed = serde_json::from_value(value).unwrap();
        Jws::sign_bytes(Filed::TYP, &serde_json::to_vec(&changed).unwrap(), &records).unwrap()
    };
    let other_digest = json!("00".repeat(32));
    let forged = [
        ("another key", Jws::sign(&good, &other_key).unwrap()),
        ("the stored receipt itself", state.stored.clone()),
        ("a stored receipt by the records key", Jws::sign(&receipt, &records).unwrap()),
        (
            "not cosigned",
            Jws::sign(&Filed::new(receipt.binding(), receipt.proof.clone(), now), &records).unwrap(),
        ),
        ("another manifest", changed(&|receipt| receipt["manifest_sha256"] = other_digest.clone())),
        ("other bytes", changed(&|receipt| receipt["sha256"] = other_digest.clone())),
        ("another size", changed(&|receipt| receipt["size"] = json!(1))),
        ("another phone", changed(&|receipt| receipt["device_id"] = json!("A".repeat(43)))),
        ("another tenant", changed(&|receipt| receipt["tenant"] = json!("clinic"))),
        ("another place in the log", changed(&|receipt| receipt["proof"]["log_index"] = json!(0))),
        ("refused, called filed", changed(&|receipt| receipt["typ"] = json!("gauze-refused"))),
    ];
    for (what, jws) in forged {
        let state = state.clone();
        let mut fate = Some(with_outcome(&state, jws));
        phone.link.obeys(move |seen| {
            if is(seen, "/status") { fate.take().unwrap_or(Fate::Deliver) } else { Fate::Deliver }
        });
        let report = phone.run().await;
        assert!(phone.link.seen().iter().any(|seen| is(seen, "/status")));
        assert!(report.filed.is_empty(), "{what}");
        assert_eq!(report.stopped, [stopped(id, Trouble::Receipt)], "{what}");
        assert_eq!(phone.shown(id), Some((Stage::Stored, Some(Trouble::Receipt))), "{what}");
        assert!(phone.file(id, "photo.age").is_file() && !phone.file(id, "filed.jws").exists(), "{what}");
    }
    let mut fate = Some(with_outcome(&state, Jws::sign(&good, &records).unwrap()));
    phone.link.obeys(
        move |seen| {
            if is(seen, "/status") { fate.take().unwrap_or(Fate::Deliver) } else { Fate::Deliver }
        },
    );
    assert_eq!(phone.run().await.filed, [id], "the same, honestly signed");
}

#[tokio::test]
async fn a_stored_receipt_that_does_not_hold_is_not_believed_and_the_photo_is_sent_again() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let first_state = stored(&phone).await;
    let id = phone.capture(1);
    // The receipt of another photo, and one that another key signed.
    let receipt: Stored = first_state.stored.peek().unwrap();
    let key = gauze_wire::SoftwareKey::from_bytes(&[9; 32]).unwrap();
    let other = std::fs::read_to_string(phone.file(first_state.capture_id, "manifest.jws")).unwrap();
    let other = Jws::parse(&other).unwrap();
    let forged = Jws::sign(&receipt, &key).unwrap();
    for (jws, manifest) in [
        (first_state.stored.clone(), None),
        (forged, None),
        (first_state.stored.clone(), Some(other.clone())),
    ] {
        let state = CaptureState { capture_id: id, stored: jws, outcome: None, manifest };
        let held = serde_json::to_vec(&UploadAnswer::Held(Box::new(state))).unwrap();
        phone.link.obeys(move |seen| {
            if !is(seen, "/uploads") {
                return Fate::Deliver;
            }
            let body = held.clone();
            Fate::Answered(Box::new(move |answer| Answer { status: 200, body, ..answer }))
        });
        let report = phone.run().await;
        assert!(report.stopped.contains(&stopped(id, Trouble::Receipt)), "{report:?}");
        assert_eq!(phone.stage(id), Some(Stage::Signed));
        let kept = std::fs::read_to_string(phone.file(id, "manifest.jws")).unwrap();
        assert_ne!(Jws::parse(&kept).unwrap(), other, "this phone's word about another photo takes no place");
    }
    phone.link.works();
    phone.run().await;
    ward.pull().await;
    assert_eq!(phone.run().await.filed.len(), 2);
}

#[tokio::test]
async fn a_refused_photo_stays_and_goes_when_it_was_filed_after_all() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let state = stored(&phone).await;
    let id = state.capture_id;
    let receipt: Stored = state.stored.peek().unwrap();
    let (records, witness) = (ward.keys().records().unwrap(), ward.keys().witness().unwrap());
    let cosigned = witness.cosign(&receipt.proof.checkpoint, ward.clock.time()).unwrap();
    let proof = gauze_wire::Proof { checkpoint: cosigned, ..receipt.proof.clone() };
    let refused = Refused::new(receipt.binding(), proof, ward.clock.time(), FilingRefusal::DidNotOpen);
    let mut fate = Some(with_outcome(&state, Jws::sign(&refused, &records).unwrap()));
    phone.link.obeys(
        move |seen| {
            if is(seen, "/status") { fate.take().unwrap_or(Fate::Deliver) } else { Fate::Deliver }
        },
    );
    let report = phone.run().await;
    let shown = Some((Stage::Refused, Some(Trouble::Hospital(FilingRefusal::DidNotOpen))));
    assert_eq!((report.refused, phone.shown(id)), (1, shown));
    assert!(phone.file(id, "photo.age").is_file());
    let status = phone.client().status();
    assert_eq!(status.refused, 1);
    let captured_at = phone.client().list().unwrap()[0].captured_at;
    let trouble = Some(Trouble::Hospital(FilingRefusal::DidNotOpen));
    assert_eq!(status.oldest_refused, Some(OldestPhoto { captured_at, trouble }));
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
}

#[tokio::test]
async fn the_oldest_that_waits_is_told_with_what_stops_it_and_is_none_that_was_discarded() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let told = || phone.client().status().oldest_unsent;
    let discarded = phone.capture(0);
    phone.client().discard(discarded).unwrap();
    assert_eq!((phone.client().status().unsent, told()), (1, None), "the statement alone waits");
    ward.clock.pass(SignedDuration::from_mins(1));
    let id = phone.capture(1);
    let captured_at = phone.client().list().unwrap().last().unwrap().captured_at;
    assert_eq!(told(), Some(OldestPhoto { captured_at, trouble: None }));
    phone.link.obeys(|seen| {
        if is(seen, "/uploads") { Fate::Fails(TransportError::Unreachable) } else { Fate::Deliver }
    });
    assert!(phone.run().await.stopped.contains(&stopped(id, Trouble::Offline)));
    ward.clock.pass(SignedDuration::from_mins(1));
    phone.capture(2);
    assert_eq!(told(), Some(OldestPhoto { captured_at, trouble: Some(Trouble::Offline) }));
    phone.link.works();
    phone.run().await;
    assert_eq!((phone.client().status().unsent, told()), (0, None));
}

#[tokio::test]
async fn a_discarded_photo_leaves_a_void_in_the_chain_and_its_bytes_never_come() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let ids = [phone.capture(0), phone.capture(1), phone.capture(2)];
    phone.client().discard(ids[1]).unwrap();
    assert!(!phone.file(ids[1], "photo.age").exists() && !phone.file(ids[1], "review.age").exists());
    phone.run().await;
    let sent = phone.client().discard(ids[0]).unwrap_err();
    assert!(matches!(sent, DiscardError::Store(StoreError::AlreadySent)));
    let report = ward.pull().await;
    assert_eq!((report.filed, report.voids), (2, 1));
    assert_eq!(phone.run().await.filed.len(), 3);
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_discard_while_the_photo_is_on_its_way_ends_in_one_of_the_two() {
    // Discarded before the ticket, before the bytes, after the bytes with the receipt lost.
    for moment in 0..3 {
        let ward = Ward::new().await;
        let phone = Arc::new(Phone::enrolled(&ward).await);
        let id = phone.capture(0);
        let weak = Arc::downgrade(&phone);
        let mut done = false;
        phone.link.obeys(move |seen| {
            let now = match moment {
                0 => is(seen, "/uploads"),
                _ => is(seen, "/transfers"),
            };
            if !now || std::mem::replace(&mut done, true) {
                return Fate::Deliver;
            }
            if moment < 2 {
                weak.upgrade().unwrap().client().discard(id).unwrap();
                return Fate::Deliver;
            }
            Fate::AnswerLost
        });
        if moment == 2 {
            phone.link.obeys(|seen| if is(seen, "/transfers") { Fate::AnswerLost } else { Fate::Lost });
            phone.run().await;
            phone.client().discard(id).unwrap();
            phone.link.works();
        }
        for _ in 0..3 {
            phone.run().await;
            ward.pull().await;
        }
        phone.run().await;
        assert_eq!(phone.stage(id), None, "moment {moment}");
        let listed = ward.listed().await;
        assert_eq!(listed.len(), 1, "moment {moment}");
        let report = ward.verified().await;
        assert!(report.ok && report.gaps.is_empty(), "{report:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_is_restarted_at_any_request_loses_nothing() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    for at in 0..4 {
        let id = phone.capture(at);
        let count = Arc::new(AtomicUsize::new(0));
        let seen = count.clone();
        phone.link.obeys(
            move |_| {
                if seen.fetch_add(1, Ordering::Relaxed) >= at { Fate::Lost } else { Fate::Deliver }
            },
        );
        phone.run().await;
        ward.restart().await;
        phone.link.leads_to(ward.router.clone());
        phone.link.works();
        phone.run().await;
        ward.pull().await;
        assert_eq!(phone.run().await.filed, [id], "at {at}");
    }
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn an_observer_hears_of_each_step() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = heard.clone();
    let id = phone.capture(0);
    let listening = phone.client().observe(Arc::new(move |id, state| ears.lock().unwrap().push((id, state))));
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    let states: Vec<_> = heard.lock().unwrap().iter().map(|(_, state)| *state).collect();
    let all = [State::Unsigned, State::Signed, State::Sending, State::Stored, State::Filed, State::Gone];
    assert_eq!(states, all, "first where it stood, then each step");
    assert!(heard.lock().unwrap().iter().all(|(heard, _)| *heard == id));
    listening.cancel();
    phone.capture(1);
    phone.run().await;
    assert_eq!(heard.lock().unwrap().len(), all.len(), "cancelled, it hears nothing more");
}

#[tokio::test]
async fn a_request_names_the_photo_and_what_the_phone_still_holds() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let ids: Vec<_> = (0..3).map(|n| phone.capture(n)).collect();
    phone.run().await;
    for id in ids {
        let jws = Jws::parse(&std::fs::read_to_string(phone.file(id, "manifest.jws")).unwrap()).unwrap();
        let manifest = Manifest::peek(&jws).unwrap();
        assert_eq!(manifest.carried().body.capture_id, id);
    }
    ward.pull().await;
    let kinds: Vec<_> = ward.log().await.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Enrolment, EntryKind::Photo, EntryKind::Photo, EntryKind::Photo]);
}
