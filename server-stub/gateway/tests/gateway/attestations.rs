//! Evidence shown again, and certificates that are revoked after a phone enrolled.

use gauze_gateway::admin::AdminError;
use gauze_wire::{
    Attestation, DeviceStatus, Digest, EntryKind, Jws, Life, OnRevokedCertificate, Policy, ProblemCode,
    Reattestation, ReviewDenied, Signed as _, Standing, StatusAnswer,
};
use jiff::SignedDuration;

use crate::fixture::{Gateway, Hospital, Phone, Reply, by, dropped_and_kept, logged, polled, put_file};

const WEEK: i64 = 168;

fn policy(hospital: &Hospital, on_revoked_certificate: OnRevokedCertificate) -> Policy {
    let life = Life {
        offline_wipe_hours: 0,
        attest_every_hours: 168,
        attest_grace_hours: 72,
        on_revoked_certificate,
    };
    Policy { life: Some(life), ..hospital.policy(1) }
}

async fn begin() -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let gateway = Gateway::under(&hospital, &policy(&hospital, OnRevokedCertificate::Suspend)).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

pub fn shows(phone: &Phone, gateway: &Gateway, challenge: Digest, attestation: Attestation) -> Jws {
    let evidence = Reattestation {
        v: 1,
        typ: Reattestation::TYP.into(),
        tenant: phone.tenant.clone(),
        device_id: phone.id(),
        challenge,
        attestation,
        app_version: "0.1.0".parse().unwrap(),
        at: gateway.now(),
    };
    Jws::sign(&evidence, &phone.key).unwrap()
}

async fn post(gateway: &Gateway, jws: &Jws) -> Reply {
    gateway.post("/v1/ward-9/attestations", jws.as_str().to_owned()).await
}

#[tokio::test]
async fn a_phone_that_is_late_with_its_evidence_uploads_and_shows_no_photo_until_it_brings_it() {
    let (hospital, gateway, mut phone) = begin().await;
    let due = gateway.now() + SignedDuration::from_hours(WEEK);
    assert_eq!(phone.hears(&gateway, 0, 0).await.attest_by, Some(due));
    gateway.pass(SignedDuration::from_hours(WEEK + 72));
    assert_eq!(phone.hears(&gateway, 0, 0).await.review_denied, None, "in its days of grace");
    gateway.pass(SignedDuration::from_hours(1));
    assert_eq!(phone.hears(&gateway, 0, 0).await.review_denied, Some(ReviewDenied::AttestationOverdue));
    let shot = phone.shoot(1000);
    phone.send(&gateway, &shot).await;

    let challenge = gateway.challenge(&phone.tenant).await;
    let attestation = Attestation::software(&challenge, &gauze_wire::Signer::public_key(&phone.key));
    let evidence = shows(&phone, &gateway, challenge, attestation);
    let answer: StatusAnswer = post(&gateway, &evidence).await.json(200);
    let named = gateway.named(&hospital.tenant);
    let standing: Standing = answer.standing.unwrap().verify(&named.key, &hospital.tenant).unwrap();
    assert_eq!(standing.review_denied, None);
    assert_eq!(standing.attest_by, Some(gateway.now() + SignedDuration::from_hours(WEEK)));
    let leaf = hospital.log(&gateway).await.entries.pop().unwrap();
    assert_eq!((leaf.kind, leaf.jws), (EntryKind::Reattestation, evidence.clone()));
    // Once: what was captured on the way is of no use.
    assert_eq!(post(&gateway, &evidence).await.refusal(), ProblemCode::ChallengeInvalid);
}

#[tokio::test]
async fn evidence_that_no_longer_holds_ends_review_when_it_is_due_and_no_upload() {
    let (hospital, gateway, mut phone) = begin().await;
    gateway.pass(SignedDuration::from_hours(WEEK));
    let challenge = gateway.challenge(&phone.tenant).await;
    let wrong = Attestation::Software { statement: Digest::of(b"another") };
    let reply = post(&gateway, &shows(&phone, &gateway, challenge, wrong)).await;
    assert_eq!(reply.refusal(), ProblemCode::AttestationRefused);
    let standing = phone.hears(&gateway, 0, 0).await;
    assert_eq!(
        (standing.status, standing.review_denied),
        (DeviceStatus::Active, Some(ReviewDenied::AttestationRefused))
    );
    let shot = phone.shoot(1000);
    phone.send(&gateway, &shot).await;
    let story = gateway.admin(&hospital).await.device(&phone.id()).await.unwrap();
    assert!(story.device.attest_refused.is_some());
    assert_eq!(story.review_denied, Some(ReviewDenied::AttestationRefused));
}

/// Wherever the request that brings it is dropped, while it commits too: evidence that is kept as refused is told in the program's log.
#[tokio::test]
async fn evidence_whose_request_is_dropped_is_told_once_it_is_kept() {
    dropped_and_kept(async |polls| {
        let log = logged();
        let (hospital, gateway, phone) = begin().await;
        let challenge = gateway.challenge(&phone.tenant).await;
        let wrong = Attestation::Software { statement: Digest::of(b"another") };
        let evidence = shows(&phone, &gateway, challenge, wrong);
        let heard = polled(polls, post(&gateway, &evidence)).await.is_some();
        // A phone enrols behind it: by then what is left of it has ended.
        tokio::task::yield_now().await;
        Phone::enrolled(&gateway, &hospital).await;

        let entries = hospital.log(&gateway).await.entries;
        let kept = entries.iter().filter(|entry| entry.kind == EntryKind::Reattestation).count();
        let refused = |line: &&serde_json::Value| line["message"] == "evidence shown again was refused";
        assert_eq!(log.lines().iter().filter(refused).count(), kept, "after {polls} polls");
        (heard, kept == 1)
    })
    .await;
}

#[tokio::test]
async fn a_phone_speaks_for_itself_alone_and_a_revoked_one_not_at_all() {
    let (hospital, gateway, phone) = begin().await;
    let other = Phone::enrolled(&gateway, &hospital).await;
    let challenge = gateway.challenge(&phone.tenant).await;
    let attestation = Attestation::software(&challenge, &gauze_wire::Signer::public_key(&other.key));
    let mine = shows(&phone, &gateway, challenge, attestation);
    let relabelled = Jws::sign(&mine.peek::<Reattestation>().unwrap(), &other.key).unwrap();
    assert_eq!(post(&gateway, &relabelled).await.refusal(), ProblemCode::WrongDevice);
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
    assert_eq!(post(&gateway, &mine).await.refusal(), ProblemCode::DeviceRefused);
    // Neither has spent the challenge.
    let attestation = Attestation::software(&challenge, &gauze_wire::Signer::public_key(&other.key));
    post(&gateway, &shows(&other, &gateway, challenge, attestation)).await.expect(200);
}

#[tokio::test]
async fn a_certificate_that_is_revoked_later_flags_its_phones_and_suspends_them_where_policy_says_so() {
    for (on_revoked, status) in [
        (OnRevokedCertificate::Flag, DeviceStatus::Active),
        (OnRevokedCertificate::Suspend, DeviceStatus::Suspended),
    ] {
        let hospital = Hospital::ward();
        let gateway = Gateway::under(&hospital, &policy(&hospital, on_revoked)).await;
        let mut phone = Phone::enrolled(&gateway, &hospital).await;
        let other = Phone::enrolled(&gateway, &hospital).await;
        let certificate =
            "INSERT INTO device_certificate SELECT tenant, 'ab12', device_id FROM device LIMIT 1";
        gateway.tamper("DELETE FROM device_certificate").await;
        gateway.tamper(certificate).await;
        let pool = gateway.sqlite().await;
        let held: String =
            sqlx::query_scalar("SELECT device_id FROM device_certificate").fetch_one(&pool).await.unwrap();
        let (found, spared) = if held == phone.id().as_str() { (&phone, &other) } else { (&other, &phone) };
        let (found, spared) = (found.id(), spared.id());

        let list = gateway.at("status.json");
        put_file(&list, br#"{"entries":{"00AB12":{"status":"SUSPENDED"}}}"#);
        assert!(gateway.app().read_status_list(&list).unwrap());
        assert!(!gateway.app().read_status_list(&list).unwrap());
        assert_eq!(gateway.app().recheck().await.unwrap(), 1);
        assert_eq!(gateway.app().recheck().await.unwrap(), 0, "what was found is not found again");

        let admin = gateway.admin(&hospital).await;
        let story = admin.device(&found).await.unwrap();
        assert_eq!(
            (story.device.status, story.device.flags.as_slice()),
            (status, &["certificate_revoked".to_owned()][..])
        );
        assert!(story.review_denied.is_some());
        assert!(story.acts.iter().all(|act| act.operator == "gauze-gateway"));
        assert!(admin.device(&spared).await.unwrap().device.flags.is_empty());
        let shot = phone.shoot(1000);
        phone.send(&gateway, &shot).await;

        let code = "certificate_revoked".parse().unwrap();
        assert!(admin.unflag(&found, &code, &by("the list was wrong")).await.unwrap());
        admin.resume(&found, &by("the list was wrong")).await.unwrap();
        assert_eq!(admin.device(&found).await.unwrap().review_denied, None);
        let unknown = admin.unflag(&"A".repeat(43).parse().unwrap(), &code, &by("x")).await;
        assert!(matches!(unknown, Err(AdminError::UnknownDevice)));
    }
}
