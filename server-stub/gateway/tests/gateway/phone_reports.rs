//! What phones report as gone wrong: one leaf each, a receipt as often as it is asked for, and no more than a share.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::log::WitnessKey;
use gauze_wire::{
    Bytes, EntryKind, Jws, ProblemCode, Report, ReportAnswer, ReportId, ReportRequest, Reported,
    SEALED_TESTIMONY, Signed as _,
};

use crate::fixture::{Gateway, Hospital, Phone, Reply, by, fresh, noise};

async fn begin() -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

fn report(phone: &Phone, length: usize) -> Report {
    let mut random = [0; 16];
    random[..8].copy_from_slice(&fresh().to_be_bytes());
    Report {
        v: 1,
        typ: Report::TYP.into(),
        tenant: phone.tenant.clone(),
        device_id: phone.id(),
        report_id: ReportId::make(&random),
        sealed: Bytes::new(noise(length, fresh())).unwrap(),
    }
}

fn signed(report: &Report, phone: &Phone) -> Jws {
    Jws::sign(report, &phone.key).unwrap()
}

/// The same words under another signature, as hardware makes one each time.
fn signed_anew(jws: &Jws) -> Jws {
    let (text, signature) = jws.as_str().rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap().try_into().unwrap();
    let anew = BASE64_URL_SAFE_NO_PAD.encode(crate::signatures::twin(&signature));
    Jws::parse(&format!("{text}.{anew}")).unwrap()
}

async fn send(gateway: &Gateway, phone: &Phone, jws: &Jws) -> Reply {
    gateway.ask(phone.request(gateway, "reports", &ReportRequest { report: jws.clone() })).await
}

async fn answer(gateway: &Gateway, phone: &Phone, jws: &Jws) -> ReportAnswer {
    send(gateway, phone, jws).await.json(200)
}

/// Believes a receipt; with a witness, only where the hospital has the report.
fn holds(gateway: &Gateway, phone: &Phone, jws: &Jws, receipt: &Jws, witness: Option<&[WitnessKey]>) -> bool {
    let named = gateway.named(&phone.tenant);
    Reported::verify(receipt, &named.key, jws, &named.log, witness).is_ok()
}

async fn leaves(hospital: &Hospital, gateway: &Gateway) -> Vec<Jws> {
    let entries = hospital.log(gateway).await.entries.into_iter();
    entries.filter(|entry| entry.kind == EntryKind::Report).map(|entry| entry.jws).collect()
}

#[tokio::test]
async fn a_report_is_one_leaf_and_its_receipt_says_when_the_hospital_has_it() {
    let (hospital, gateway, phone) = begin().await;
    let jws = signed(&report(&phone, 3000), &phone);
    let witness = [hospital.witness.witness_key()];
    let first = answer(&gateway, &phone, &jws).await;
    assert!(first.report.is_none() && holds(&gateway, &phone, &jws, &first.receipt, None));
    assert!(!holds(&gateway, &phone, &jws, &first.receipt, Some(&witness)), "nobody there has it yet");
    // More comes, and a tree from before that is cosigned.
    let now = hospital.log(&gateway).await.checkpoint;
    for _ in 0..5 {
        answer(&gateway, &phone, &signed(&report(&phone, 100), &phone)).await;
    }
    let note = hospital.witness.cosign(&now, gateway.now()).unwrap();
    hospital.tell(&gateway, "cosignatures", note.into()).await.expect(204);
    let second = answer(&gateway, &phone, &jws).await;
    assert!(holds(&gateway, &phone, &jws, &second.receipt, Some(&witness)));
    let late = signed(&report(&phone, 100), &phone);
    let receipt = answer(&gateway, &phone, &late).await.receipt;
    assert!(!holds(&gateway, &phone, &late, &receipt, Some(&witness)), "that tree does not have it");
    assert!(holds(&gateway, &phone, &late, &receipt, None));
    let leaves = leaves(&hospital, &gateway).await;
    assert_eq!((leaves.len(), &leaves[0]), (7, &jws));
}

#[tokio::test]
async fn the_same_words_again_are_no_second_leaf_and_other_words_under_one_name_are_refused() {
    let (hospital, mut gateway, phone) = begin().await;
    let words = report(&phone, 500);
    let jws = signed(&words, &phone);
    answer(&gateway, &phone, &jws).await;
    let anew = signed_anew(&jws);
    gateway.open().await.unwrap();
    let again = answer(&gateway, &phone, &anew).await;
    assert_eq!(again.report.as_ref(), Some(&jws), "by which of them the gateway has it");
    assert!(holds(&gateway, &phone, &jws, &again.receipt, None));
    assert!(!holds(&gateway, &phone, &anew, &again.receipt, None));
    let other = Report { sealed: Bytes::new(noise(500, fresh())).unwrap(), ..words.clone() };
    let refused = send(&gateway, &phone, &signed(&other, &phone)).await;
    assert_eq!(refused.refusal(), ProblemCode::Conflict);
    // Another phone's report of that name is another report.
    let stranger = Phone::enrolled(&gateway, &hospital).await;
    let theirs = Report { device_id: stranger.id(), ..words };
    answer(&gateway, &stranger, &signed(&theirs, &stranger)).await;
    assert_eq!(leaves(&hospital, &gateway).await.len(), 2);
}

#[tokio::test]
async fn what_is_not_this_phones_or_no_report_is_refused_and_is_no_leaf() {
    let (hospital, gateway, phone) = begin().await;
    let other = Phone::enrolled(&gateway, &hospital).await;
    let words = report(&phone, 500);
    let claims = |change: &dyn Fn(&mut Report)| {
        let mut words = words.clone();
        change(&mut words);
        Jws::sign_bytes(Report::TYP, &serde_json::to_vec(&words).unwrap(), &phone.key).unwrap()
    };
    let text = signed(&words, &phone).as_str().to_owned();
    let tampered = Jws::parse(&text.replacen('.', ".e", 1)).unwrap();
    let large = "A".repeat((SEALED_TESTIMONY + 3) / 3 * 4);
    let large = serde_json::to_string(&words).unwrap().replacen(
        &serde_json::to_value(&words).unwrap()["sealed"].as_str().unwrap().to_owned(),
        &large,
        1,
    );
    let large = Jws::sign_bytes(Report::TYP, large.as_bytes(), &phone.key).unwrap();
    let huge = Jws::sign_bytes(Report::TYP, &[b'x'; 120 * 1024], &phone.key).unwrap();
    let photo = Jws::sign_bytes("gauze-photo", &serde_json::to_vec(&words).unwrap(), &phone.key).unwrap();
    for (what, jws, code) in [
        ("another's", signed(&report(&other, 10), &other), ProblemCode::WrongDevice),
        ("another's id", claims(&|words| words.device_id = other.id()), ProblemCode::WrongDevice),
        (
            "tenant",
            claims(&|words| words.tenant = "clinic".parse().unwrap()),
            ProblemCode::PhoneReportInvalid,
        ),
        ("version", claims(&|words| words.v = 2), ProblemCode::PhoneReportInvalid),
        ("changed", tampered, ProblemCode::PhoneReportInvalid),
        ("more than fits", large, ProblemCode::PhoneReportInvalid),
        ("larger", huge, ProblemCode::TooLarge),
        ("another kind", photo, ProblemCode::WrongType),
    ] {
        assert_eq!(send(&gateway, &phone, &jws).await.refusal(), code, "{what}");
    }
    let largest = signed(&report(&phone, SEALED_TESTIMONY), &phone);
    answer(&gateway, &phone, &largest).await;
    assert_eq!(leaves(&hospital, &gateway).await, [largest]);
}

#[tokio::test]
async fn a_phone_reports_so_often_a_day_and_asks_as_often_as_it_likes() {
    let (hospital, gateway, phone) = begin().await;
    let jws = signed(&report(&phone, 10), &phone);
    for _ in 0..30 {
        answer(&gateway, &phone, &jws).await;
    }
    for _ in 1..20 {
        answer(&gateway, &phone, &signed(&report(&phone, 10), &phone)).await;
    }
    let refused = send(&gateway, &phone, &signed(&report(&phone, 10), &phone)).await;
    assert_eq!(refused.refusal(), ProblemCode::TooManyRequests);
    answer(&gateway, &phone, &jws).await;
    assert_eq!(leaves(&hospital, &gateway).await.len(), 20);
    let other = Phone::enrolled(&gateway, &hospital).await;
    answer(&gateway, &other, &signed(&report(&other, 10), &other)).await;
}

#[tokio::test]
async fn a_suspended_phone_may_report_as_any_other() {
    let (hospital, gateway, phone) = begin().await;
    let admin = gateway.admin(&hospital).await;
    admin.suspend(&phone.id(), &by("left in a taxi")).await.unwrap();
    for _ in 0..20 {
        answer(&gateway, &phone, &signed(&report(&phone, 10), &phone)).await;
    }
    let refused = send(&gateway, &phone, &signed(&report(&phone, 10), &phone)).await;
    assert_eq!(refused.refusal(), ProblemCode::TooManyRequests);
    assert_eq!(leaves(&hospital, &gateway).await.len(), 20);
}

#[tokio::test]
async fn a_revoked_phone_may_still_report_so_often_in_all() {
    let (hospital, gateway, phone) = begin().await;
    answer(&gateway, &phone, &signed(&report(&phone, 10), &phone)).await;
    let admin = gateway.admin(&hospital).await;
    admin.revoke(&phone.id(), &by("lost on a bus")).await.unwrap();
    let jws = signed(&report(&phone, 10), &phone);
    answer(&gateway, &phone, &jws).await;
    gateway
        .tamper(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 15) \
             INSERT INTO phone_report SELECT tenant, device_id, 'old ' || i, payload_sha256, idx, revoked \
             FROM n, (SELECT * FROM phone_report WHERE revoked = 1 LIMIT 1)",
        )
        .await;
    let refused = send(&gateway, &phone, &signed(&report(&phone, 10), &phone)).await;
    assert_eq!(refused.refusal(), ProblemCode::DeviceRefused);
    answer(&gateway, &phone, &jws).await;
    assert_eq!(leaves(&hospital, &gateway).await.len(), 2);
}

#[tokio::test]
async fn a_full_disk_takes_nothing_of_a_phones_share() {
    let (hospital, gateway, phone) = begin().await;
    let jws = signed(&report(&phone, 3000), &phone);
    for full in [
        "CREATE TRIGGER full BEFORE INSERT ON leaf BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        "CREATE TRIGGER full BEFORE INSERT ON phone_report BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    ] {
        gateway.tamper(full).await;
        for _ in 0..25 {
            send(&gateway, &phone, &jws).await.expect(500);
        }
        gateway.tamper("DROP TRIGGER full").await;
    }
    answer(&gateway, &phone, &jws).await;
    for _ in 1..20 {
        answer(&gateway, &phone, &signed(&report(&phone, 100), &phone)).await;
    }
    let refused = send(&gateway, &phone, &signed(&report(&phone, 100), &phone)).await;
    assert_eq!(refused.refusal(), ProblemCode::TooManyRequests, "and no more than that");
    assert_eq!(leaves(&hospital, &gateway).await.len(), 20);
}
