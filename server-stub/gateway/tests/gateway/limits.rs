//! What one phone may cost: requests, leaves and bytes; least of all one that was revoked.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use gauze_wire::{Attestation, Digest, Jws, ProblemCode, Signer as _};

use crate::attestations::shows;
use crate::fixture::{Gateway, Hospital, Phone, Reply, by};
use crate::proposals::word;

async fn begin() -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

/// Refused for now, with the seconds after which it is worth asking again.
fn wait(reply: &Reply) -> u32 {
    assert_eq!(reply.refusal(), ProblemCode::TooManyRequests);
    reply.field("retry-after").parse().unwrap()
}

async fn revoke(gateway: &Gateway, hospital: &Hospital, phone: &Phone) {
    gateway.admin(hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
}

#[tokio::test]
async fn a_revoked_phones_requests_are_few_and_nobody_elses_are_fewer_by_it() {
    let (hospital, gateway, phone) = begin().await;
    revoke(&gateway, &hospital, &phone).await;
    let mut answered = 0;
    let refused = loop {
        let reply = gateway.ask(phone.request(&gateway, "status", &Phone::holding(0, 0))).await;
        if reply.status != 200 {
            break reply;
        }
        answered += 1;
        assert!(answered < 1000);
    };
    assert!((300..320).contains(&answered), "{answered}");
    assert!((1..=13).contains(&wait(&refused)), "one comes back each twelve seconds");
    let other = Phone::enrolled(&gateway, &hospital).await;
    other.hears(&gateway, 0, 0).await;
}

#[tokio::test]
async fn a_revoked_phone_says_what_it_discarded_once_a_place_and_so_often_in_all() {
    let (hospital, gateway, mut phone) = begin().await;
    let mut victim = Phone::enrolled(&gateway, &hospital).await;
    revoke(&gateway, &hospital, &phone).await;
    let shot = phone.shoot(100);
    let state = phone.offer(&gateway, &shot.void(&phone)).await.held();
    assert_eq!(phone.offer(&gateway, &shot.void(&phone)).await.held(), state);
    // Not for another's chain, nor a second time for one place.
    let theirs = victim.shoot(100);
    assert_eq!(phone.offer(&gateway, &theirs.void(&phone)).await.refusal(), ProblemCode::DeviceRefused);
    let twice = phone.shoot_with(100, |body| {
        (body.seq, body.prev) = (shot.body.seq, shot.body.prev);
    });
    assert_eq!(phone.offer(&gateway, &twice.void(&phone)).await.refusal(), ProblemCode::ChainConflict);
    let leaves = hospital.log(&gateway).await.entries.len();
    // As if it had said so of two thousand.
    gateway
        .tamper(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) \
             INSERT INTO capture (tenant, device_id, capture_id, body_device, seq, body_sha256, sha256, size, kind, manifest) \
             SELECT tenant, device_id, 'old ' || i, body_device, 100 + i, '', '', 1, 'void', '' FROM n, \
             (SELECT tenant, device_id, body_device FROM capture WHERE kind = 'void' LIMIT 1)",
        )
        .await;
    let more = phone.shoot(100);
    assert_eq!(phone.offer(&gateway, &more.void(&phone)).await.refusal(), ProblemCode::DeviceRefused);
    assert_eq!(hospital.log(&gateway).await.entries.len(), leaves);
}

#[tokio::test]
async fn a_manifest_is_short() {
    let (_, gateway, mut phone) = begin().await;
    let shot = phone.shoot_with(100, |body| {
        body.recipients = (0..1000).map(|n| format!("{n:016x}").parse().unwrap()).collect();
    });
    assert_eq!(phone.offer(&gateway, &shot.manifest).await.refusal(), ProblemCode::TooLarge);
}

#[tokio::test]
async fn a_phone_says_that_it_was_wiped_and_shows_evidence_so_often_a_day() {
    let (hospital, gateway, phone) = begin().await;
    let said = async |n: i64| {
        let mut word = word(&gateway, &phone, None);
        word.at += jiff::SignedDuration::from_secs(n);
        let word = Jws::sign(&word, &phone.key).unwrap();
        gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await
    };
    for n in 0..8 {
        said(n).await.expect(204);
    }
    let leaves = hospital.log(&gateway).await.entries.len();
    assert!(wait(&said(8).await) > 3600);
    said(7).await.expect(204);

    let shown = async || {
        let challenge = gateway.challenge(&phone.tenant).await;
        let wrong = Attestation::software(&Digest::of(b"another"), &phone.key.public_key());
        let evidence = shows(&phone, &gateway, challenge, wrong);
        gateway.post("/v1/ward-9/attestations", evidence.as_str().to_owned()).await
    };
    for _ in 0..12 {
        assert_eq!(shown().await.refusal(), ProblemCode::AttestationRefused);
    }
    assert!((1..=301).contains(&wait(&shown().await)));
    assert_eq!(
        hospital.log(&gateway).await.entries.len(),
        leaves + 12,
        "what is refused for its number is no leaf"
    );
}

#[tokio::test]
async fn what_is_sent_a_second_time_takes_nothing_from_the_phone_that_said_it() {
    let (hospital, gateway, phone) = begin().await;
    let shows = async |gateway: &Gateway| {
        let challenge = gateway.challenge(&phone.tenant).await;
        shows(&phone, gateway, challenge, Attestation::software(&challenge, &phone.key.public_key()))
    };
    let post = async |jws: &Jws| gateway.post("/v1/ward-9/attestations", jws.as_str().to_owned()).await;
    let said = shows(&gateway).await;
    post(&said).await.expect(200);
    for _ in 0..30 {
        assert_eq!(post(&said).await.refusal(), ProblemCode::ChallengeInvalid);
    }
    post(&shows(&gateway).await).await.expect(200);

    revoke(&gateway, &hospital, &phone).await;
    let (head, body) = phone.request(&gateway, "status", &Phone::holding(0, 0)).into_parts();
    let body = to_bytes(body, 10_000).await.unwrap();
    let captured = || Request::from_parts(head.clone(), Body::from(body.clone()));
    gateway.ask(captured()).await.expect(200);
    for _ in 0..400 {
        assert_eq!(gateway.ask(captured()).await.refusal(), ProblemCode::Replayed);
    }
    gateway.ask(phone.request(&gateway, "status", &Phone::holding(0, 0))).await.expect(200);
}
