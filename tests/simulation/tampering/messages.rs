//! Each message between phone and gateway, changed on its way. Afterwards the way is honest, and everything arrives.

use std::sync::{Arc, Mutex};

use super::{CHANGES, Change, places, take};
use crate::dice::Dice;
use crate::fixture::{Fate, Packet, Phone, Ward};

/// What is changed of a message.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    AnswerBody,
    AnswerStatus,
    RequestBody,
    RequestPath,
    /// The header field with this number.
    RequestHeader(usize),
}

const KINDS: [&str; 5] = ["/bundle", "/policy", "/uploads", "/transfers/", "/status"];
const PARTS: [Part; 8] = [
    Part::AnswerBody,
    Part::AnswerStatus,
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
        Part::AnswerBody | Part::AnswerStatus => false,
    }
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
async fn survives(kind: &'static str, (part, change): (Part, Change), dice: &Arc<Mutex<Dice>>) -> bool {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let taken = take(&phone, 1);
    let what = format!("{kind}, {part:?}, {change:?}");
    let done = changes(&phone, kind, (part, change), dice);
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    let filed = taken.is_filed(&ward).await;
    assert!(filed || taken.is_kept(&phone, None), "{what}: gone, and not filed");
    phone.link.works();
    ward.clock.pass(jiff::SignedDuration::from_mins(30));
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    assert!(taken.is_filed(&ward).await, "{what}: it never arrives: {:?}", taken.cause(&phone));
    assert_eq!(phone.outbox(), [""; 0], "{what}");
    assert!(ward.verified().await.ok, "{what}");
    *done.lock().unwrap()
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

async fn every_part_of(kind: &'static str, seed: u64) {
    let changed = every_change(seed, async |how, dice| survives(kind, how, dice).await).await;
    assert!(changed > 8, "{kind}: only {changed} changes");
}

#[tokio::test]
async fn changed_bundles_and_policies_are_refused_and_photos_go_on() {
    every_part_of(KINDS[0], 1).await;
    every_part_of(KINDS[1], 2).await;
}

#[tokio::test]
async fn changed_ticket_requests_and_tickets_are_refused_and_the_photo_arrives_once() {
    every_part_of(KINDS[2], 3).await;
}

#[tokio::test]
async fn changed_transfers_and_stored_receipts_are_refused_and_the_photo_arrives_once() {
    every_part_of(KINDS[3], 4).await;
}

#[tokio::test]
async fn changed_questions_and_filed_receipts_erase_nothing() {
    every_part_of(KINDS[4], 5).await;
}

/// An enrolment of which one message is changed. Whether there was something to change.
async fn enrols_anyway(kind: &'static str, part: Part, change: Change, dice: &Arc<Mutex<Dice>>) -> bool {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let what = format!("{kind}, {part:?}, {change:?}");
    let done = changes(&phone, kind, (part, change), dice);
    let managed = ward.managed();
    if let Err(error) = phone.client().enrol(&managed).await {
        assert!(!error.code().is_empty(), "{what}");
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
                    changed += usize::from(enrols_anyway(kind, part, change, &dice).await);
                }
            }
        }
    }
    assert!(changed > 30, "only {changed} changes");
}
