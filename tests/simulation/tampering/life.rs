//! What is said of a phone's life, changed on its way: evidence shown again, its word that it was wiped, the hospital's
//! order to wipe it. What the phone says is heard once the way is honest.

use std::sync::{Arc, Mutex};

use gauze_gateway::By;
use gauze_gateway::admin::{Admin, DeviceStory};
use gauze_records::proposals::{Decider, approve};
use gauze_wire::Photos;
use jiff::SignedDuration;
use serde_json::json;

use super::messages::{Part, changes, every_change};
use super::records::{Changer, Side, Times};
use super::{CHANGES, Change, Taken, places, take};
use crate::dice::Dice;
use crate::fixture::{Phone, Ward};

const EVIDENCE: &str = "/attestations";
const WIPED: &str = "/wiped";
const DECISIONS: &str = "/decisions";

fn by() -> By {
    By::new("helpdesk-7", "lost on a bus").unwrap()
}

async fn admin(ward: &Ward) -> Admin {
    Admin::open(&ward.gateway(), &ward.tenant(), ward.clock.clone()).await.unwrap()
}

/// A phone that owes such a message, and a photo with it.
async fn owing(kind: &str) -> (Ward, Phone, Taken) {
    let life = json!({
        "offline_wipe_hours": 0, "attest_every_hours": 168, "attest_grace_hours": 24,
        "on_revoked_certificate": "suspend"
    });
    let ward = Ward::with(|_| {}, |policy| policy["life"] = life).await;
    let phone = Phone::enrolled(&ward).await;
    let taken = take(&phone, 1);
    match kind {
        EVIDENCE => ward.clock.pass(SignedDuration::from_hours(170)),
        _ => drop(phone.client().wipe().unwrap()),
    }
    (ward, phone, taken)
}

fn is_heard(kind: &str, story: &DeviceStory) -> bool {
    match kind {
        EVIDENCE => story.device.attested_at > story.device.enrolled_at,
        _ => story.device.wiped_at.is_some(),
    }
}

/// An hour later, when evidence may be shown again, the phone does what it can and the hospital pulls.
async fn turn(ward: &Ward, phone: &Phone) {
    ward.clock.pass(SignedDuration::from_mins(61));
    let _says_why = phone.client().run_queue(true).await;
    ward.pull().await;
}

/// Whether there was something to change.
async fn is_heard_in_the_end(
    kind: &'static str,
    (part, change): (Part, Change),
    dice: &Arc<Mutex<Dice>>,
) -> bool {
    let (ward, phone, taken) = owing(kind).await;
    let (device, what) = (phone.id(), format!("{kind}, {part:?}, {change:?}"));
    let done = changes(&phone, kind, (part, change), dice);
    turn(&ward, &phone).await;
    let filed = taken.is_filed(&ward).await;
    assert!(filed || taken.is_kept(&phone, None), "{what}: gone, and not filed");
    phone.link.works();
    for _ in 0..2 {
        turn(&ward, &phone).await;
    }
    assert!(taken.is_filed(&ward).await, "{what}: it never arrives: {:?}", taken.cause(&phone));
    let story = admin(&ward).await.device(&device).await.unwrap();
    assert!(is_heard(kind, &story), "{what}: it is never heard");
    assert!(ward.verified().await.ok, "{what}");
    *done.lock().unwrap()
}

async fn every_part_of(kind: &'static str, seed: u64) {
    let changed = every_change(seed, async |how, dice| is_heard_in_the_end(kind, how, dice).await).await;
    assert!(changed >= 8 * places(), "{kind}: only {changed} changes");
}

#[tokio::test]
async fn changed_evidence_is_refused_and_shown_again() {
    every_part_of(EVIDENCE, 1).await;
}

#[tokio::test]
async fn a_changed_word_of_a_wipe_is_refused_and_said_again_and_the_photo_arrives() {
    every_part_of(WIPED, 2).await;
}

/// A lost phone with a photo, and the order to wipe it, handed in once over a way that changes it.
async fn ordered(photos: Photos, changer: &Changer) -> (Ward, Phone, Taken) {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let taken = take(&phone, 1);
    let lost = admin(&ward).await.lost(&phone.id(), photos, &by()).await.unwrap();
    ward.pull().await;
    let (decider, now) = (Decider::new("governance-2", "as asked").unwrap(), ward.clock.time());
    approve(&ward.path("records"), &ward.keys(), &lost.wipe.proposal_id, &decider, now).await.unwrap();
    changer.passes(&ward).await;
    (ward, phone, taken)
}

/// An order to wipe that is changed each time between records side and gateway. Whether there was something to change.
async fn wipes_nothing(changer: &Changer) -> bool {
    let (ward, phone, taken) = ordered(Photos::Destroy, changer).await;
    ward.clock.pass(SignedDuration::from_mins(61));
    let _says_why = phone.client().run_queue(true).await;
    assert!(phone.dir.join("store.key").exists(), "{:?}: nobody signed that", changer.change);
    assert!(taken.is_kept(&phone, None), "{:?}: gone, and not filed", changer.change);
    assert!(ward.verified().await.ok, "{:?}", changer.change);
    *changer.done.lock().unwrap() > 0
}

/// Tries every change of an order. How often there was something to change.
async fn every_order(times: &[Times], mut tries: impl AsyncFnMut(&Changer) -> bool) -> u64 {
    let dice = Arc::new(Mutex::new(Dice::new(3)));
    let mut changed = 0;
    for &times in times {
        for change in CHANGES {
            for _ in 0..places() {
                let (dice, done) = (dice.clone(), Arc::default());
                let changer = Changer { kind: DECISIONS, side: Side::Request, change, times, dice, done };
                changed += u64::from(tries(&changer).await);
            }
        }
    }
    changed
}

#[tokio::test]
async fn a_changed_order_to_wipe_wipes_nothing() {
    let changed = every_order(&[Times::Always], wipes_nothing).await;
    assert!(changed >= 3 * places(), "only {changed} changes");
}

/// An order to wipe that is changed between records side and gateway. Whether there was something to change.
async fn wipes_in_the_end(changer: &Changer) -> bool {
    let (ward, phone, taken) = ordered(Photos::Keep, changer).await;
    let what = format!("{:?}, {:?}", changer.change, changer.times);
    let is_wiped = || !phone.dir.join("store.key").exists();
    ward.clock.pass(SignedDuration::from_mins(30));
    let _says_why = phone.client().run_queue(true).await;
    assert!(changer.times == Times::Once || !is_wiped(), "{what}: nobody signed that");
    for _ in 0..3 {
        turn(&ward, &phone).await;
    }
    assert!(is_wiped(), "{what}: the order never arrives");
    // A lost phone is shut out: what it holds goes out under its next key.
    assert!(taken.is_kept(&phone, None), "{what}: gone, and not filed");
    assert!(ward.verified().await.ok, "{what}");
    *changer.done.lock().unwrap() > 0
}

#[tokio::test]
async fn a_changed_order_to_wipe_wipes_nothing_and_is_sent_again() {
    let changed = every_order(&[Times::Once, Times::Always], wipes_in_the_end).await;
    assert!(changed >= 7 * places(), "only {changed} changes");
}
