//! Each message between phone and gateway, changed on its way. Afterwards the way is honest, and everything arrives.

use std::sync::{Arc, Mutex};

use gauze_core::{CallError, EnrolError, TrustError};
use jiff::{SignedDuration, Timestamp};

use super::scene::{Scene, Stage};
use super::{CHANGES, Change, places, take};
use crate::dice::Dice;
use crate::fixture::{Fate, Packet, Phone, Ward};

/// What is changed of a message.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    AnswerBody,
    AnswerStatus,
    /// The gateway's clock, in a header field.
    AnswerDate,
    RequestBody,
    RequestPath,
    /// The header field with this number.
    RequestHeader(usize),
}

const PARTS: [Part; 9] = [
    Part::AnswerBody,
    Part::AnswerStatus,
    Part::AnswerDate,
    Part::RequestBody,
    Part::RequestPath,
    Part::RequestHeader(0),
    Part::RequestHeader(1),
    Part::RequestHeader(2),
    Part::RequestHeader(3),
];
const STATUSES: [u16; 7] = [200, 201, 204, 301, 404, 500, 507];

fn changed_text(change: Change, text: &str, dice: &mut Dice) -> Option<String> {
    let changed = change.of(text.as_bytes(), dice)?;
    // What is no header or path any more does not even leave a phone.
    String::from_utf8(changed)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '))
}

fn change_packet(packet: &mut Packet, part: Part, change: Change, dice: &mut Dice) -> bool {
    match part {
        Part::RequestBody => change.of(&packet.body, dice).map(|body| packet.body = body).is_some(),
        Part::RequestPath => {
            let path = changed_text(change, &packet.path[1..], dice).map(|path| format!("/{path}"));
            let path = path.filter(|path| path.parse::<axum::http::Uri>().is_ok());
            path.map(|path| packet.path = path).is_some()
        }
        Part::RequestHeader(n) => {
            let field = packet.headers.get_mut(n);
            field.and_then(|(_, value)| changed_text(change, value, dice).map(|new| *value = new)).is_some()
        }
        Part::AnswerBody | Part::AnswerStatus | Part::AnswerDate => false,
    }
}

/// Another time, or what is none.
fn changed_time(change: Change, told: &str, dice: &mut Dice) -> Option<String> {
    let seconds = told.parse::<Timestamp>().unwrap().as_second().to_string();
    let changed = changed_text(change, &seconds, dice)?;
    let time = changed.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    Some(time.map_or(changed, |time| time.to_string()))
}

fn fate(part: Part, change: Change, dice: &Arc<Mutex<Dice>>, done: &Arc<Mutex<bool>>) -> Fate {
    let (dice, done) = (dice.clone(), done.clone());
    match part {
        Part::AnswerBody => Fate::Answered(Box::new(move |mut answer| {
            if let Some(body) = change.of(&answer.body, &mut dice.lock().unwrap()) {
                (answer.body, *done.lock().unwrap()) = (body, true);
            }
            answer
        })),
        Part::AnswerDate => Fate::Answered(Box::new(move |mut answer| {
            let date = changed_time(change, answer.time.as_ref().unwrap(), &mut dice.lock().unwrap());
            *done.lock().unwrap() = date.is_some();
            answer.time = date.or(answer.time);
            answer
        })),
        Part::AnswerStatus => Fate::Answered(Box::new(move |mut answer| {
            let status = STATUSES[dice.lock().unwrap().below(STATUSES.len())];
            *done.lock().unwrap() = status != answer.status;
            answer.status = status;
            answer
        })),
        Part::RequestBody | Part::RequestPath | Part::RequestHeader(_) => {
            Fate::Changed(Box::new(move |packet| {
                *done.lock().unwrap() = change_packet(packet, part, change, &mut dice.lock().unwrap());
            }))
        }
    }
}

/// From now on the first message of this kind is changed; afterwards it says whether one was.
pub fn changes(
    phone: &Phone,
    kind: &'static str,
    (part, change): (Part, Change),
    dice: &Arc<Mutex<Dice>>,
) -> Arc<Mutex<bool>> {
    let done = Arc::new(Mutex::new(false));
    let (rolling, changed) = (dice.clone(), done.clone());
    phone.link.obeys(move |seen| {
        if seen.path.contains(kind) && !*changed.lock().unwrap() {
            return fate(part, change, &rolling, &changed);
        }
        Fate::Deliver
    });
    done
}

/// Whether there was something to change.
async fn survives(scene: Scene, kind: &'static str, how: (Part, Change), dice: &Arc<Mutex<Dice>>) -> bool {
    let (ward, phone, taken) = (&scene.ward, &scene.phone, &scene.taken);
    let what = format!("{kind}, {how:?}");
    let in_force = trusted(&scene);
    let done = changes(phone, kind, how, dice);
    phone.run().await;
    assert_eq!(trusted(&scene), in_force, "{what}");
    let (stage, trouble) = phone.shown(taken.id).unwrap();
    assert!(!stage.is_unsent() || trouble.is_some(), "{what}: it stays {stage:?}, and nothing says why");
    ward.pull().await;
    phone.run().await;
    let filed = taken.is_filed(ward).await;
    assert!(filed || taken.is_kept(phone, None), "{what}: gone, and not filed");
    scene.accounts_for_the_void(&what).await;
    phone.link.works();
    ward.clock.pass(SignedDuration::from_mins(30));
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    assert!(taken.is_filed(ward).await, "{what}: it never arrives: {:?}", taken.cause(phone));
    assert_eq!(phone.outbox(), [""; 0], "{what}");
    scene.accounts_for_the_void(&what).await;
    assert!(ward.verified().await.ok, "{what}");
    *done.lock().unwrap()
}

/// The bundle and the policy in force, and the file that they are kept in.
fn trusted(scene: &Scene) -> (u64, u64, Vec<u8>) {
    let status = scene.phone.client().status();
    (status.bundle_version, status.policy_version, std::fs::read(scene.path("trust.json")).unwrap())
}

/// Tries every change at every part of a message. How often there was something to change.
pub async fn every_change(
    seed: u64,
    mut tries: impl AsyncFnMut((Part, Change), &Arc<Mutex<Dice>>) -> bool,
) -> u64 {
    let dice = Arc::new(Mutex::new(Dice::new(seed)));
    let mut changed = 0;
    for part in PARTS {
        for change in CHANGES {
            for _ in 0..places() {
                changed += u64::from(tries((part, change), &dice).await);
            }
        }
    }
    changed
}

/// A phone that went through these stages.
async fn after(stages: &[Stage]) -> Scene {
    let mut scene = Scene::at(Stage::Captured).await;
    for stage in stages {
        scene.reaches(*stage).await;
    }
    scene
}

/// Changes every part of the first such message behind these stages, at least so often in each place.
async fn every_part_of(kind: &'static str, stages: &[Stage], seed: u64, least: u64) {
    let tries = async |how, dice: &_| survives(after(stages).await, kind, how, dice).await;
    let changed = every_change(seed, tries).await;
    assert!(changed >= least * places(), "{kind}, {stages:?}: only {changed} changes");
}

#[tokio::test]
async fn changed_bundles_and_policies_are_refused_and_photos_go_on() {
    every_part_of("/bundle", &[], 1, 9).await;
    every_part_of("/policy", &[], 2, 9).await;
}

#[tokio::test]
async fn changed_ticket_requests_and_tickets_are_refused_and_the_photo_arrives_once() {
    every_part_of("/uploads", &[], 3, 24).await;
}

#[tokio::test]
async fn a_changed_request_to_void_a_photo_is_refused_and_the_void_arrives_once() {
    every_part_of("/uploads", &[Stage::Stored, Stage::Discarded], 7, 28).await;
}

#[tokio::test]
async fn a_changed_request_to_adopt_a_photo_is_refused_and_the_photo_arrives_once() {
    every_part_of("/uploads", &[Stage::Adopted], 8, 28).await;
}

#[tokio::test]
async fn changed_transfers_and_stored_receipts_are_refused_and_the_photo_arrives_once() {
    every_part_of("/transfers/", &[], 4, 16).await;
}

#[tokio::test]
async fn a_changed_rest_of_a_transfer_is_refused_and_the_photo_arrives_once() {
    every_part_of("/transfers/", &[Stage::Cut], 9, 26).await;
}

#[tokio::test]
async fn a_phone_whose_clock_is_wrong_and_that_is_told_another_wrong_time_sends_its_photo_once() {
    let dice = Arc::new(Mutex::new(Dice::new(10)));
    let mut changed = 0;
    for kind in ["/uploads", "/status"] {
        for change in CHANGES {
            for _ in 0..places() {
                let scene = after(&[]).await;
                scene.phone.is_wrong_by(SignedDuration::from_hours(2));
                changed += u64::from(survives(scene, kind, (Part::AnswerDate, change), &dice).await);
            }
        }
    }
    assert!(changed >= 6 * places(), "only {changed} changes");
}

#[tokio::test]
async fn changed_questions_and_filed_receipts_erase_nothing() {
    every_part_of("/status", &[], 5, 30).await;
}

/// Whether what stopped an enrolment came over the network: nothing of the phone's own is to blame.
fn is_the_gateways(error: &EnrolError) -> bool {
    let ours = matches!(error, EnrolError::Trust(TrustError::Store(_)));
    let refused =
        matches!(error, EnrolError::Call(CallError::Refused(_) | CallError::Answer | CallError::Between(_)));
    refused || (matches!(error, EnrolError::Trust(_) | EnrolError::NoBundle) && !ours)
}

/// An enrolment of which one message is changed. Whether there was something to change.
async fn enrols_anyway(kind: &'static str, part: Part, change: Change, dice: &Arc<Mutex<Dice>>) -> bool {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let what = format!("{kind}, {part:?}, {change:?}");
    let done = changes(&phone, kind, (part, change), dice);
    let managed = ward.managed();
    if let Err(error) = phone.client().enrol(&managed).await {
        assert!(is_the_gateways(&error), "{what}: {}", error.code());
        assert_eq!(phone.client().status().device_id, None, "{what}: it did not enrol, and says that it did");
        phone.link.works();
        phone.client().enrol(&managed).await.unwrap_or_else(|error| panic!("{what}: {}", error.code()));
    }
    phone.link.works();
    let taken = take(&phone, 1);
    for _ in 0..2 {
        phone.run().await;
        ward.pull().await;
    }
    phone.run().await;
    assert!(taken.is_filed(&ward).await, "{what}: {:?}", taken.cause(&phone));
    assert!(ward.verified().await.ok, "{what}");
    *done.lock().unwrap()
}

#[tokio::test]
async fn a_changed_enrolment_is_refused_and_the_same_token_enrols_the_phone() {
    let dice = Arc::new(Mutex::new(Dice::new(6)));
    let mut changed = 0;
    for kind in ["/challenges", "/enrolments", "/bundle", "/policy"] {
        for part in PARTS {
            for change in CHANGES {
                for _ in 0..places() {
                    changed += u64::from(enrols_anyway(kind, part, change, &dice).await);
                }
            }
        }
    }
    assert!(changed >= 55 * places(), "only {changed} changes");
}
