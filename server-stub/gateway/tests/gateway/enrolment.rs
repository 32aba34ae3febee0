//! Enrolment: what lets a phone in, once.

use futures_util::future::join_all;
use gauze_wire::{
    Act, Attestation, Deed, Digest, Enrolled, EntryKind, Jws, LogEntry, Policy, ProblemCode, Signer as _,
    SoftwareKey, Stored,
};
use jiff::SignedDuration;

use crate::fixture::{Gateway, Hospital, Phone, by, dropped_and_kept, key, logged, polled};

#[tokio::test]
async fn a_phone_enrols_and_its_evidence_is_kept_whole_as_a_leaf() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::new(&hospital);
    let evidence = phone.evidence(&gateway, &hospital).await;
    let enrolled: Enrolled = gateway.enrol(&phone.tenant, &evidence).await.json(201);
    assert_eq!((enrolled.device_id, enrolled.log_index), (phone.id(), 0));
    let log = hospital.log(&gateway).await;
    assert_eq!(log.entries.len(), 1);
    assert_eq!(log.entries[0].kind, EntryKind::Enrolment);
    assert_eq!(log.entries[0].jws, evidence);
}

#[tokio::test]
async fn the_same_evidence_again_gives_the_same_answer_and_no_second_leaf() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    Phone::enrolled(&gateway, &hospital).await;
    let phone = Phone::new(&hospital);
    let evidence = phone.evidence(&gateway, &hospital).await;
    let first: Enrolled = gateway.enrol(&phone.tenant, &evidence).await.json(201);
    // Long after token and challenge have ended, and over a restart: the answer was lost, not the enrolment.
    gateway.pass(SignedDuration::from_hours(30));
    gateway.open().await.unwrap();
    assert_eq!(gateway.enrol(&phone.tenant, &evidence).await.json::<Enrolled>(201), first);
    assert_eq!(hospital.log(&gateway).await.entries.len(), 2);
}

#[tokio::test]
async fn a_token_enrols_no_second_phone() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let token = hospital.sign_token(gateway.now());
    let mut answers = Vec::new();
    for device in [key(1), key(2)] {
        let challenge = gateway.challenge(&hospital.tenant).await;
        let enrolment = hospital.enrolment(&device, token.clone(), challenge, gateway.now());
        let evidence = Jws::sign(&enrolment, &device).unwrap();
        answers.push(gateway.enrol(&hospital.tenant, &evidence).await);
    }
    answers[0].expect(201);
    assert_eq!(answers[1].refusal(), ProblemCode::TokenUsed);
    assert_eq!(hospital.log(&gateway).await.entries.len(), 1);
}

#[tokio::test]
async fn a_key_that_has_enrolled_does_not_enrol_again() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let again = phone.evidence(&gateway, &hospital).await;
    assert_eq!(gateway.enrol(&phone.tenant, &again).await.refusal(), ProblemCode::DeviceRefused);
    assert_eq!(hospital.log(&gateway).await.entries.len(), 1);
}

/// Evidence over `challenge` with a token of its own.
fn over(hospital: &Hospital, gateway: &Gateway, device: &SoftwareKey, challenge: Digest) -> Jws {
    let token = hospital.sign_token(gateway.now());
    Jws::sign(&hospital.enrolment(device, token, challenge, gateway.now()), device).unwrap()
}

#[tokio::test]
async fn a_challenge_counts_once_for_one_tenant_within_five_minutes() {
    let (ward, clinic) = (Hospital::ward(), Hospital::new("clinic", 110));
    let gateway = Gateway::serving(&[&ward, &clinic]).await;
    let refused = |evidence: Jws| {
        let gateway = &gateway;
        let tenant = ward.tenant.clone();
        async move { gateway.enrol(&tenant, &evidence).await.refusal() }
    };
    let unknown = over(&ward, &gateway, &key(1), Digest::of(b"made up"));
    assert_eq!(refused(unknown).await, ProblemCode::ChallengeInvalid);

    let foreign = gateway.challenge(&clinic.tenant).await;
    assert_eq!(refused(over(&ward, &gateway, &key(1), foreign)).await, ProblemCode::ChallengeInvalid);

    let used = gateway.challenge(&ward.tenant).await;
    gateway.enrol(&ward.tenant, &over(&ward, &gateway, &key(1), used)).await.expect(201);
    assert_eq!(refused(over(&ward, &gateway, &key(2), used)).await, ProblemCode::ChallengeInvalid);

    let old = gateway.challenge(&ward.tenant).await;
    gateway.pass(SignedDuration::from_secs(300));
    assert_eq!(refused(over(&ward, &gateway, &key(3), old)).await, ProblemCode::ChallengeInvalid);

    let late = gateway.challenge(&ward.tenant).await;
    gateway.pass(SignedDuration::from_secs(299));
    gateway.enrol(&ward.tenant, &over(&ward, &gateway, &key(4), late)).await.expect(201);
}

#[tokio::test]
async fn evidence_that_does_not_hold_is_refused_by_its_fault_and_burns_nothing() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let now = gateway.now();
    let challenge = gateway.challenge(&hospital.tenant).await;
    let token = hospital.sign_token(now);
    let good = hospital.enrolment(&key(1), token.clone(), challenge, now);
    let sign = |enrolment: &_, by: u8| Jws::sign(enrolment, &key(by)).unwrap();

    let mut forged = good.clone();
    forged.token = Jws::sign(&hospital.token(now), &key(66)).unwrap();
    let mut expired = good.clone();
    expired.token = hospital.sign_token(now - SignedDuration::from_hours(1));
    let mut too_early = good.clone();
    too_early.token = hospital.sign_token(now + SignedDuration::from_mins(6));
    let mut serial = good.clone();
    let bound = gauze_wire::Token { serial: Some("A1".parse().unwrap()), ..hospital.token(now) };
    serial.token = Jws::sign(&bound, &hospital.policy_key).unwrap();
    let mut attested = good.clone();
    attested.attestation = Attestation::Software {
        statement: Attestation::software_statement(&challenge, &key(2).public_key()),
    };
    let mut old = good.clone();
    old.app_version = "0.0.9".parse().unwrap();
    let mut elsewhere = good.clone();
    elsewhere.tenant = "clinic".parse().unwrap();

    let cases = [
        (ProblemCode::TokenInvalid, sign(&forged, 1)),
        (ProblemCode::TokenExpired, sign(&expired, 1)),
        (ProblemCode::TokenExpired, sign(&too_early, 1)),
        (ProblemCode::TokenInvalid, sign(&serial, 1)),
        (ProblemCode::AttestationRefused, sign(&attested, 1)),
        (ProblemCode::AppTooOld, sign(&old, 1)),
        (ProblemCode::UnknownTenant, sign(&elsewhere, 1)),
        (ProblemCode::SignatureInvalid, sign(&good, 2)),
        (ProblemCode::WrongType, token),
    ];
    for (expected, evidence) in cases {
        assert_eq!(gateway.enrol(&hospital.tenant, &evidence).await.refusal(), expected);
    }
    let path = format!("/v1/{}/enrolments", hospital.tenant);
    for noise in ["", "not a jws", "a.b.c", "\u{fffd}"] {
        assert_eq!(gateway.post(&path, noise).await.refusal(), ProblemCode::MalformedRequest);
    }
    assert_eq!(gateway.post(&path, vec![0xff; 40]).await.refusal(), ProblemCode::MalformedRequest);
    assert_eq!(gateway.post(&path, vec![b'a'; 300_000]).await.refusal(), ProblemCode::TooLarge);
    assert!(hospital.log(&gateway).await.entries.is_empty());
    // After all this, token and challenge are still good.
    gateway.enrol(&hospital.tenant, &sign(&good, 1)).await.expect(201);
}

#[tokio::test]
async fn a_phone_whose_clock_is_outside_its_tokens_life_is_told_to_set_it_and_enrols_then() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let now = gateway.now();
    let challenge = gateway.challenge(&hospital.tenant).await;
    // The token's hour begins now; whoever signs it may be five minutes ahead.
    let good = hospital.enrolment(&key(1), hospital.sign_token(now), challenge, now);
    let at = |at: jiff::Timestamp| {
        let enrolment = gauze_wire::Enrolment { at, ..good.clone() };
        Jws::sign(&enrolment, &key(1)).unwrap()
    };
    let seconds = |n| now + SignedDuration::from_secs(n);
    for wrong in [seconds(-301), seconds(3600), jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
        let reply = gateway.enrol(&hospital.tenant, &at(wrong)).await;
        assert_eq!(reply.refusal(), ProblemCode::SignatureExpired, "{wrong}");
    }
    assert!(hospital.log(&gateway).await.entries.is_empty());
    gateway.enrol(&hospital.tenant, &at(seconds(-300))).await.expect(201);
}

#[tokio::test]
async fn a_production_policy_takes_no_software_key() {
    let hospital = Hospital::ward();
    let mut policy = hospital.policy(1);
    policy.allow_software_keys = false;
    let gateway = Gateway::under(&hospital, &policy).await;
    let phone = Phone::new(&hospital);
    let evidence = phone.evidence(&gateway, &hospital).await;
    assert_eq!(gateway.enrol(&phone.tenant, &evidence).await.refusal(), ProblemCode::AttestationRefused);
}

#[tokio::test]
async fn a_tenant_that_is_not_served_is_unknown_on_every_path() {
    let (hospital, stranger) = (Hospital::ward(), Hospital::new("stranger", 120));
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::new(&stranger);
    let evidence = over(&stranger, &gateway, &phone.key, Digest::of(b"x"));
    let answers = [
        gateway.get("/v1/stranger/bundle").await,
        gateway.get("/v1/stranger/policy").await,
        gateway.get("/v1/NOT-A-TENANT/bundle").await,
        gateway.post("/v1/stranger/challenges", "").await,
        gateway.enrol(&stranger.tenant, &evidence).await,
        phone.offer(&gateway, &Phone::new(&stranger).shoot(10).manifest).await,
        stranger.fetch(&gateway, "log?from=0").await,
    ];
    for answer in answers {
        assert_eq!(answer.refusal(), ProblemCode::UnknownTenant);
    }
}

#[tokio::test]
async fn a_stored_receipt_is_not_evidence() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(10);
    let stored = phone.send(&gateway, &shot).await.stored;
    assert!(stored.peek::<Stored>().is_ok());
    assert_eq!(gateway.enrol(&phone.tenant, &stored).await.refusal(), ProblemCode::WrongType);
}

/// Enrolments and a stricter policy at the same time: whatever order they come in, the log tells the same story as the answers. Behind
/// the policy's own leaf stands no phone that it lets in no more, for the records side judges each leaf by what was in force at its place.
#[tokio::test]
async fn no_phone_is_kept_behind_a_policy_that_it_was_not_judged_by() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let stricter = Policy { allow_software_keys: false, ..hospital.policy(2) };
    let wanted = serde_json::to_string(&stricter).unwrap();
    let asked = admin.propose_policy(&wanted, &by("no simulated phones")).await.unwrap();
    let signed = Jws::sign(&stricter, &hospital.policy_key).unwrap();
    let mut evidence = Vec::new();
    for _ in 0..60 {
        evidence.push(Phone::new(&hospital).evidence(&gateway, &hospital).await);
    }
    let enrol = |evidence| gateway.enrol(&hospital.tenant, evidence);
    let (some, rest) = evidence.split_at(20);
    let (before, decided, beside) = tokio::join!(
        join_all(some.iter().map(enrol)),
        hospital.decide(&gateway, &asked, Some(signed)),
        join_all(rest.iter().map(enrol)),
    );
    decided.expect(204);
    let kept = before.iter().chain(&beside).filter(|reply| match reply.status.as_u16() {
        201 => true,
        _ => {
            assert_eq!(reply.refusal(), ProblemCode::AttestationRefused);
            false
        }
    });
    let kept = kept.count();
    let entries = hospital.log(&gateway).await.entries;
    let settled = entries.iter().find(is_settled).unwrap().index;
    let enrolled = entries.iter().filter(|entry| entry.kind == EntryKind::Enrolment);
    let (before, after): (Vec<_>, Vec<_>) = enrolled.partition(|entry| entry.index < settled);
    assert_eq!((before.len(), after.len()), (kept, 0));
}

fn is_settled(entry: &&LogEntry) -> bool {
    let deed = entry.jws.peek::<Act>().map(|act| act.deed);
    entry.kind == EntryKind::Act && matches!(deed, Ok(Deed::Settle { .. }))
}

/// Wherever the request that brings a stricter policy is dropped, while it commits too: once the decision is in the log no phone is
/// judged by the policy before.
#[tokio::test]
async fn a_decision_whose_request_is_dropped_is_in_force_once_it_is_kept() {
    let hospital = Hospital::ward();
    dropped_and_kept(async |polls| {
        let gateway = Gateway::serving(&[&hospital]).await;
        let admin = gateway.admin(&hospital).await;
        let stricter = Policy { allow_software_keys: false, ..hospital.policy(2) };
        let wanted = serde_json::to_string(&stricter).unwrap();
        let asked = admin.propose_policy(&wanted, &by("no simulated phones")).await.unwrap();
        let signed = Jws::sign(&stricter, &hospital.policy_key).unwrap();
        let evidence = Phone::new(&hospital).evidence(&gateway, &hospital).await;
        let heard = polled(polls, hospital.decide(&gateway, &asked, Some(signed))).await.is_some();
        // What is left of it begins before the phone.
        tokio::task::yield_now().await;

        let enrolled = gateway.enrol(&hospital.tenant, &evidence).await.status == 201;
        let entries = hospital.log(&gateway).await.entries;
        let settled = entries.iter().find(is_settled).map(|entry| entry.index);
        let phone = entries.iter().find(|entry| entry.kind == EntryKind::Enrolment).map(|entry| entry.index);
        assert_eq!(enrolled, phone.is_some());
        let in_order = settled.is_none() || phone.is_none() || phone < settled;
        assert!(in_order, "after {polls} polls: {phone:?} behind {settled:?}");
        (heard, settled.is_some())
    })
    .await;
}

/// Wherever the request of a phone that enrols is dropped, while it commits too: whoever is in the log is told in the program's, once.
#[tokio::test]
async fn a_phone_whose_request_is_dropped_is_told_once_it_is_kept() {
    let hospital = Hospital::ward();
    dropped_and_kept(async |polls| {
        let log = logged();
        let gateway = Gateway::serving(&[&hospital]).await;
        let evidence = Phone::new(&hospital).evidence(&gateway, &hospital).await;
        let heard = polled(polls, gateway.enrol(&hospital.tenant, &evidence)).await.is_some();
        // Another phone enrols behind it: by then what is left of it has ended.
        tokio::task::yield_now().await;
        Phone::enrolled(&gateway, &hospital).await;

        let kept = hospital.log(&gateway).await.entries.len();
        let told = log.lines().iter().filter(|line| line["message"] == "a phone enrolled").count();
        assert_eq!(told, kept, "after {polls} polls");
        (heard, kept == 2)
    })
    .await;
}
