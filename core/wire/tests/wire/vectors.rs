//! Recorded once, read for ever. `GAUZE_RECORD_VECTORS=1` writes a file that is not there; it never replaces one.

use std::io::Write as _;
use std::path::PathBuf;

use gauze_wire::signature::{Request, RequestSignature, Tag, sign};
use gauze_wire::{
    Acknowledgement, Adoption, Attestation, Body, Bundle, CaptureState, ChallengeAnswer, Decision, Decisions,
    Digest, Enrolled, Enrolment, EntryKind, Filed, Holding, Incident, InventoryGiven, Jws, LogEntry, LogPage,
    Manifest, Notice, NoticeRead, Operator, Policy, Problem, ProblemCode, PublicKey, Reason, Reattestation,
    Record, Refused, Report, ReportAnswer, ReportRequest, Reported, Serial, Signed, StatusAnswer,
    StatusQuery, Stored, Testimony, Token, UploadAnswer, UploadRequest, Void,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::samples::{self, key, log_key, now, public, tenant, witness_key};

/// The recorded value under `name`; recorded now where it is missing and that was asked for.
fn recorded(name: &str, make: impl FnOnce() -> Value) -> Value {
    recorded_in("v1", name, make)
}

fn recorded_in(version: &str, name: &str, make: impl FnOnce() -> Value) -> Value {
    let vectors = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let path = vectors.join(version).join(format!("{name}.json"));
    if !path.exists() && std::env::var_os("GAUZE_RECORD_VECTORS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = std::fs::File::create_new(&path).unwrap();
        writeln!(file, "{}", serde_json::to_string_pretty(&make()).unwrap()).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// A signed kind: the recorded text verifies, its payload is `expected`, and writing that again gives the same bytes.
fn signed<T: Signed + PartialEq>(expected: &T, by: u8) -> Jws {
    signed_as(T::TYP, expected, by)
}

fn signed_as<T: Signed + PartialEq>(name: &str, expected: &T, by: u8) -> Jws {
    signed_in("v1", name, expected, by)
}

fn signed_in<T: Signed + PartialEq>(version: &str, name: &str, expected: &T, by: u8) -> Jws {
    let vector = recorded_in(version, name, || {
        let jws = Jws::sign(expected, &key(by)).unwrap();
        json!({ "jws": jws, "key": public(by), "sha256": jws.digest() })
    });
    let jws: Jws = serde_json::from_value(vector["jws"].clone()).unwrap();
    let by: PublicKey = serde_json::from_value(vector["key"].clone()).unwrap();
    let read: T = jws.verify(&by, &tenant()).unwrap();
    assert!(read == *expected, "{name}");
    assert_eq!(jws.payload_bytes().unwrap(), serde_json::to_vec(&read).unwrap(), "{name}");
    assert_eq!(vector["sha256"], json!(jws.digest()), "{name}");
    jws
}

/// A plain message: the recorded JSON reads as `expected`, and writing that again gives the same text.
fn plain<T: Serialize + DeserializeOwned + PartialEq>(name: &str, expected: &T) {
    let vector = recorded(name, || json!({ "text": serde_json::to_string(expected).unwrap() }));
    let text = vector["text"].as_str().unwrap();
    let read: T = serde_json::from_str(text).unwrap();
    assert!(read == *expected, "{name}");
    assert_eq!(serde_json::to_string(&read).unwrap(), text, "{name}");
}

#[test]
fn every_signed_kind_of_version_1_verifies_and_reads_as_recorded() {
    signed::<Bundle>(&samples::bundle(), samples::ROOT);
    signed::<Policy>(&samples::policy(), samples::POLICY);
    signed::<Token>(&samples::token(), samples::POLICY);
    signed::<Enrolment>(&samples::enrolment(), samples::DEVICE);
    let photo = signed::<Body>(&samples::body(), samples::DEVICE);
    signed::<Void>(&samples::void(), samples::DEVICE);
    signed::<Adoption>(&samples::adoption(), samples::NEXT_DEVICE);
    let stored = signed::<Stored>(&samples::stored(), samples::GATEWAY);
    let filed = signed::<Filed>(&samples::filed(), samples::RECORDS);
    let refused = signed::<Refused>(&samples::refused(), samples::RECORDS);

    let binding = Manifest::verify(&photo, &public(samples::DEVICE), &tenant()).unwrap().binding(&photo);
    let (log, witness) = (log_key(), [witness_key()]);
    Stored::verify(&stored, &[public(samples::GATEWAY)], &binding, &log, None).unwrap();
    Filed::verify(&filed, &[public(samples::RECORDS)], &binding, &log, Some(&witness)).unwrap();
    Refused::verify(&refused, &[public(samples::RECORDS)], &binding, &log, Some(&witness)).unwrap();
}

#[test]
fn every_signed_kind_of_a_devices_life_reads_as_recorded() {
    signed_as("gauze-policy-life", &samples::policy_with_life(), samples::POLICY);
    signed(&samples::act(), samples::GATEWAY);
    for (name, act) in samples::acts() {
        signed_as(name, &act, samples::GATEWAY);
    }
    signed(&samples::wipe_order(), samples::POLICY);
    signed(&samples::wiped(), samples::DEVICE);
    signed(&samples::standing(), samples::GATEWAY);
    signed(&samples::reattestation(), samples::DEVICE);
    signed(&samples::succession(), samples::DEVICE);
    signed_as("gauze-enrolment-former", &samples::enrolment_with_former(), samples::NEXT_DEVICE);
}

#[test]
fn the_messages_of_a_devices_life_read_as_recorded() {
    let app_version = "0.1.0".parse().unwrap();
    let holding = Holding { highest_seq: 2, unsent: 1, app_version, screen_captures: 0 };
    plain("status-query-holding", &StatusQuery { captures: Vec::new(), holding: Some(holding.clone()) });
    let captured = Holding { screen_captures: 3, ..holding };
    plain("status-query-captured", &StatusQuery { captures: Vec::new(), holding: Some(captured) });
    let standing = Some(Jws::sign(&samples::standing(), &key(samples::GATEWAY)).unwrap());
    plain("status-answer-standing", &StatusAnswer { captures: Vec::new(), standing });
    let decision = Decision {
        proposal_id: samples::proposal_id(),
        operator: Operator::new("governance-2").unwrap(),
        reason: Reason::new("as asked").unwrap(),
        signed: Some(Jws::sign(&samples::wipe_order(), &key(samples::POLICY)).unwrap()),
    };
    let refused = Decision { signed: None, ..decision.clone() };
    plain("decisions", &Decisions { decisions: vec![decision, refused], inventory: None });
}

#[test]
fn what_went_wrong_reads_as_recorded_and_needs_its_name() {
    for (name, expected) in [("incident", samples::incident()), ("incident-short", samples::short_incident())]
    {
        plain(name, &expected);
        let text = expected.to_text().unwrap();
        assert!(Incident::read(&text).unwrap() == expected, "{name}");
        let mut fields: serde_json::Map<String, Value> = serde_json::from_slice(&text).unwrap();
        for (field, other) in [("v", json!(2)), ("more", json!(1)), ("report_id", json!("short"))] {
            let mut fields = fields.clone();
            fields.insert(field.to_owned(), other);
            assert!(Incident::read(&serde_json::to_vec(&fields).unwrap()).is_err(), "{name}: {field}");
        }
        fields.remove("report_id");
        assert!(Incident::read(&serde_json::to_vec(&fields).unwrap()).is_err(), "{name}");
    }
}

#[test]
fn a_phones_report_and_its_receipt_read_as_recorded() {
    let report = signed::<Report>(&samples::report(), samples::DEVICE);
    let receipt = signed::<Reported>(&samples::reported(), samples::GATEWAY);
    let (log, witness) = (log_key(), [witness_key()]);
    Reported::verify(&receipt, &public(samples::GATEWAY), &report, &log, Some(&witness)).unwrap();
    plain("testimony", &samples::testimony());
    let text = samples::testimony().to_text().unwrap();
    assert!(Testimony::read(&text).unwrap() == samples::testimony());
    plain("report-request", &ReportRequest { report: report.clone() });
    plain("report-answer", &ReportAnswer { receipt: receipt.clone(), report: None });
    plain("report-answer-first", &ReportAnswer { receipt, report: Some(report) });
}

#[test]
fn that_a_notice_was_read_reads_as_recorded_and_is_no_testimony() {
    let expected = samples::notice_read();
    let text = || String::from_utf8(expected.to_text().unwrap()).unwrap();
    let vector = recorded_in("v2", "notice-read", || json!({ "text": text() }));
    let recorded = vector["text"].as_str().unwrap();
    assert!(NoticeRead::read(recorded.as_bytes()).unwrap() == expected);
    assert_eq!(text(), recorded);
    assert!(Testimony::read(recorded.as_bytes()).is_err());
    assert!(NoticeRead::read(&samples::testimony().to_text().unwrap()).is_err());
    let fields: serde_json::Map<String, Value> = serde_json::from_str(recorded).unwrap();
    for (field, other) in
        [("v", json!(1)), ("more", json!(1)), ("report_id", json!("short")), ("session", json!(null))]
    {
        let mut fields = fields.clone();
        fields.insert(field.to_owned(), other);
        assert!(NoticeRead::read(&serde_json::to_vec(&fields).unwrap()).is_err(), "{field}");
    }
}

#[test]
fn policies_and_enrolments_of_version_2_verify_and_read_as_recorded() {
    signed_in::<Policy>("v2", Policy::TYP, &samples::policy_2(), samples::POLICY);
    signed_in::<Enrolment>("v2", "gauze-enrolment-android", &samples::android_enrolment(), samples::DEVICE);
    signed_in::<Enrolment>("v2", "gauze-enrolment-apple", &samples::apple_enrolment(), samples::DEVICE);
}

#[test]
fn an_inventory_and_its_token_verify_and_read_as_recorded() {
    let list = signed(&samples::inventory(), samples::POLICY);
    let token =
        signed_in::<Token>("v2", "gauze-token-inventory", &samples::inventory_token(), samples::POLICY);
    let share = samples::inventory_token().share_of(&Serial::read("SN-1").unwrap());
    let vector = recorded_in("v2", "inventory-share", || json!({ "serial": "SN-1", "share": share }));
    assert_eq!(vector["share"], json!(share));
    let inventory = Some(InventoryGiven { list, token: Some(token) });
    plain("decisions-inventory", &Decisions { decisions: Vec::new(), inventory });
}

#[test]
fn evidence_shown_again_in_version_2_verifies_and_reads_as_recorded() {
    let read = |name, expected| signed_in::<Reattestation>("v2", name, &expected, samples::DEVICE);
    read("gauze-reattestation-android", samples::android_again());
    read("gauze-reattestation-apple", samples::apple_again());
    let challenge = Digest::of(b"challenge");
    let bound = Attestation::fresh_android_challenge(&challenge, &public(samples::DEVICE));
    let vector = recorded_in("v2", "fresh-android-challenge", || json!({ "bound": bound }));
    assert_eq!(vector["bound"], json!(bound));
}

#[test]
fn the_messages_of_version_1_read_as_recorded() {
    let manifest = samples::manifest_jws();
    let stored = Jws::sign(&samples::stored(), &key(samples::GATEWAY)).unwrap();
    let filed = Jws::sign(&samples::filed(), &key(samples::RECORDS)).unwrap();
    let capture_id = samples::body().capture_id;
    let state = CaptureState { capture_id, stored, outcome: Some(filed.clone()), manifest: None };
    plain("record", &samples::record());
    plain("challenge", &ChallengeAnswer { challenge: Digest::of(b"challenge"), expires_at: now() });
    plain("enrolled", &Enrolled { device_id: samples::body().device_id, log_index: 0, notices: Vec::new() });
    plain("upload-request", &UploadRequest { manifest: manifest.clone(), highest_seq: 2, unsent: 1 });
    let upload_url = "https://gateway.test/v1/transfers/AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    plain("ticket", &UploadAnswer::Ticket { upload_url, expires_at: now(), offset: 0 });
    plain("held", &UploadAnswer::Held(Box::new(state.clone())));
    plain("status-query", &StatusQuery { captures: vec![capture_id], holding: None });
    plain("status-answer", &StatusAnswer { captures: vec![state], standing: None });
    let entries = vec![LogEntry { index: 0, kind: EntryKind::Photo, jws: manifest }];
    plain("log-page", &LogPage { checkpoint: samples::note(), entries });
    plain("acknowledgement", &Acknowledgement { receipts: vec![filed] });
    plain("problem", &Problem::from(ProblemCode::DigestMismatch));
}

#[test]
fn the_answers_that_name_what_did_not_hold_read_as_recorded() {
    let problem = Problem {
        reason: Some("bootloader_unlocked".into()),
        ..Problem::from(ProblemCode::AttestationRefused)
    };
    let vector = recorded_in("v2", "problem", || json!({ "text": serde_json::to_string(&problem).unwrap() }));
    assert_eq!(serde_json::to_string(&problem).unwrap(), vector["text"].as_str().unwrap());
    let helped = Problem {
        reason: Some("serial_other".into()),
        help: Some("G06".into()),
        ..Problem::from(ProblemCode::TokenInvalid)
    };
    let vector =
        recorded_in("v2", "problem-help", || json!({ "text": serde_json::to_string(&helped).unwrap() }));
    assert_eq!(serde_json::from_str::<Problem>(vector["text"].as_str().unwrap()).unwrap(), helped);
    let notice = Notice { code: "category_missing".into(), help: "I08".into(), detail: "Update.".into() };
    let enrolled = Enrolled { device_id: samples::body().device_id, log_index: 0, notices: vec![notice] };
    let vector =
        recorded_in("v2", "enrolled", || json!({ "text": serde_json::to_string(&enrolled).unwrap() }));
    let read: Enrolled = serde_json::from_str(vector["text"].as_str().unwrap()).unwrap();
    assert_eq!(read, enrolled);
}

#[test]
fn the_cosigned_checkpoint_of_version_1_verifies_as_recorded() {
    let vector = recorded(
        "checkpoint",
        || json!({ "note": samples::note(), "log": log_key(), "witness": witness_key() }),
    );
    let note = vector["note"].as_str().unwrap();
    let log: gauze_wire::log::LogKey = serde_json::from_value(vector["log"].clone()).unwrap();
    let witness: gauze_wire::log::WitnessKey = serde_json::from_value(vector["witness"].clone()).unwrap();
    assert_eq!((log.clone(), witness.clone()), (log_key(), witness_key()));
    assert_eq!(log.verify(note).unwrap().size, 1);
    assert_eq!(witness.verify(note).unwrap(), u64::try_from(now().as_second()).unwrap());
    assert_eq!(note, samples::note());
}

#[test]
fn a_signed_request_of_version_1_verifies_as_recorded() {
    let body = Digest::of(b"{}");
    let request =
        Request { method: "POST", target_uri: "https://gateway.test/v1/ward-9/uploads", body: Some(&body) };
    let vector = recorded("signed-request", || {
        let fields = sign(&request, &key(samples::DEVICE), Tag::Device, now(), &[3; 16]).unwrap();
        json!({
            "signature-input": fields.signature_input,
            "signature": fields.signature,
            "content-digest": fields.content_digest,
        })
    });
    let field = |name: &str| vector[name].as_str().unwrap();
    let signature = RequestSignature::parse(field("signature-input"), field("signature")).unwrap();
    signature.verify(&request, &public(samples::DEVICE), Tag::Device, now()).unwrap();
    assert_eq!(Digest::from_content_digest(field("content-digest")).unwrap(), body);
}

#[test]
fn a_record_of_version_2_reads_as_recorded_in_its_one_spelling() {
    for (name, expected) in [("record", samples::record()), ("record-short", samples::short_record())] {
        let vector = recorded_in(
            "v2",
            name,
            || json!({ "text": String::from_utf8(expected.to_bytes().unwrap()).unwrap() }),
        );
        let text = vector["text"].as_str().unwrap();
        let read = Record::from_bytes(text.as_bytes()).unwrap();
        assert!(read == expected, "{name}");
        assert!(read.to_bytes().unwrap() == text.as_bytes(), "{name}");
    }
}

#[test]
fn a_policy_with_pick_lists_reads_as_recorded() {
    signed_in::<Policy>("v2", "gauze-policy-lists", &samples::policy_with_lists(), samples::POLICY);
    let local = samples::policy_with_local_number();
    signed_in::<Policy>("v2", "gauze-policy-local-number", &local, samples::POLICY);
}
