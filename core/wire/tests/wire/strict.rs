//! What is refused, and as what.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::log::NoteKey;
use gauze_wire::{
    Act, Adoption, Body, Bundle, Bytes, Carried, Digest, Enrolment, Filed, Inventory, Jws, Manifest, Notes,
    Policy, Proof, Reattestation, RecipientEntry, RecipientState, Refused, Report, Reported,
    SEALED_TESTIMONY, Serial, Signed, Standing, Stored, Succession, Text, Token, Void, WipeOrder, Wiped,
    WireError, accept_bundle,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{self, key, log_key, now, public, tenant, witness_key};

/// Whether `jws` reads as kind `T`.
fn reads_as<T: Signed>(jws: &Jws) -> Result<(), WireError> {
    jws.peek::<T>().map(drop)
}

type Reader = (&'static str, fn(&Jws) -> Result<(), WireError>);

/// Every signed kind's reader.
const READERS: [Reader; 19] = [
    (Bundle::TYP, reads_as::<Bundle>),
    (Policy::TYP, reads_as::<Policy>),
    (Token::TYP, reads_as::<Token>),
    (Inventory::TYP, reads_as::<Inventory>),
    (Enrolment::TYP, reads_as::<Enrolment>),
    (Body::TYP, reads_as::<Body>),
    (Void::TYP, reads_as::<Void>),
    (Adoption::TYP, reads_as::<Adoption>),
    (Stored::TYP, reads_as::<Stored>),
    (Filed::TYP, reads_as::<Filed>),
    (Refused::TYP, reads_as::<Refused>),
    (Act::TYP, reads_as::<Act>),
    (WipeOrder::TYP, reads_as::<WipeOrder>),
    (Wiped::TYP, reads_as::<Wiped>),
    (Report::TYP, reads_as::<Report>),
    (Reported::TYP, reads_as::<Reported>),
    (Standing::TYP, reads_as::<Standing>),
    (Reattestation::TYP, reads_as::<Reattestation>),
    (Succession::TYP, reads_as::<Succession>),
];

#[test]
fn no_signed_kind_counts_as_another() {
    for (kind, by, jws) in samples::signed() {
        for (typ, read) in READERS {
            let verdict = read(&jws);
            if typ == kind {
                assert_eq!(verdict, Ok(()));
                continue;
            }
            assert!(matches!(verdict, Err(WireError::WrongType { .. })), "{kind} as {typ}");
            // Nor where the header is made to say so by whoever holds the key.
            let relabelled = Jws::sign_bytes(typ, &jws.payload_bytes().unwrap(), &key(by)).unwrap();
            assert!(read(&relabelled).is_err(), "{kind} relabelled {typ}");
        }
    }
}

#[test]
fn no_signed_kind_is_signed_or_read_with_another_version_or_kind_inside() {
    for (kind, by, jws) in samples::signed() {
        let payload: Value = serde_json::from_slice(&jws.payload_bytes().unwrap()).unwrap();
        let verdict = |name: &str, value: Value| {
            let changed = resigned(&payload, kind, by, |payload| payload[name] = value);
            let (_, read) = READERS.into_iter().find(|(typ, _)| *typ == kind).unwrap();
            read(&changed)
        };
        for v in [0, 3] {
            assert_eq!(verdict("v", json!(v)), Err(WireError::Field("v")), "{kind} {v}");
        }
        let found = "gauze-other".to_owned();
        let expected = kind;
        assert_eq!(verdict("typ", json!(found)), Err(WireError::WrongType { expected, found }), "{kind}");
    }
    let wrong = Token { typ: Policy::TYP.to_owned(), ..samples::token() };
    assert!(matches!(Jws::sign(&wrong, &key(samples::POLICY)), Err(WireError::WrongType { .. })));
}

/// The JWS over a payload that `change` touched, signed with the right key.
fn resigned(payload: &impl serde::Serialize, typ: &str, by: u8, change: impl FnOnce(&mut Value)) -> Jws {
    let mut value = serde_json::to_value(payload).unwrap();
    change(&mut value);
    let order = serde_json::to_string(payload).unwrap();
    Jws::sign_bytes(typ, in_order(&value, &order).as_bytes(), &key(by)).unwrap()
}

/// JSON with its fields where `order` has them first, and new ones last.
fn in_order(value: &Value, order: &str) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| order.find(&format!("\"{name}\":")).unwrap_or(usize::MAX));
            let fields = fields.iter().map(|(name, value)| format!("\"{name}\":{}", in_order(value, order)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| in_order(item, order)).collect();
            format!("[{}]", items.join(","))
        }
        plain => plain.to_string(),
    }
}

#[test]
fn what_is_signed_has_one_spelling() {
    let text = serde_json::to_string(&samples::body()).unwrap();
    let read = |payload: &str| {
        let jws = Jws::sign_bytes(Body::TYP, payload.as_bytes(), &key(samples::DEVICE)).unwrap();
        jws.verify::<Body>(&public(samples::DEVICE), &tenant())
    };
    assert_eq!(read(&text), Ok(samples::body()));
    let fields: std::collections::BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let sorted = serde_json::to_string(&fields).unwrap();
    for spelled in [
        format!(" {text}"),
        format!("{text}\n"),
        text.replacen("\"seq\":2", "\"seq\": 2", 1),
        text.replacen("gauze-photo", "gauze-\\u0070hoto", 1),
        text.replacen("\"session_ref\":null,", "", 1),
        text.replacen("\"sha256\":", "\"follows\":null,\"sha256\":", 1),
        sorted,
    ] {
        assert_ne!(spelled, text);
        assert_eq!(read(&spelled), Err(WireError::Malformed(Body::TYP)), "{spelled}");
    }
    let jws = Jws::sign(&samples::body(), &key(samples::DEVICE)).unwrap();
    let (_, rest) = jws.as_str().split_once('.').unwrap();
    let kid = jws.kid();
    for header in [
        format!(r#"{{ "alg":"ES256","kid":"{kid}","typ":"gauze-photo"}}"#),
        format!(r#"{{"kid":"{kid}","alg":"ES256","typ":"gauze-photo"}}"#),
    ] {
        let text = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header));
        assert_eq!(Jws::parse(&text), Err(WireError::Malformed("jws header")));
    }
}

fn body_with(change: impl FnOnce(&mut Value)) -> Result<Body, WireError> {
    let jws = resigned(&samples::body(), Body::TYP, samples::DEVICE, change);
    jws.verify(&public(samples::DEVICE), &tenant())
}

#[test]
fn unknown_missing_and_repeated_fields_are_refused() {
    assert!(body_with(|_| {}).is_ok());
    assert!(body_with(|body| body["extra"] = json!(1)).is_err());
    assert!(body_with(|body| drop(body.as_object_mut().unwrap().remove("sha256"))).is_err());
    let text = serde_json::to_string(&samples::body()).unwrap();
    let twice = text.replacen("\"seq\":2", "\"seq\":2,\"seq\":2", 1);
    let jws = Jws::sign_bytes(Body::TYP, twice.as_bytes(), &key(samples::DEVICE)).unwrap();
    assert!(reads_as::<Body>(&jws).is_err());
}

#[test]
fn a_body_keeps_its_documented_limits() {
    for (what, change) in [
        ("v", json!({ "v": 2 })),
        ("seq 0", json!({ "seq": 0 })),
        ("seq 2^53", json!({ "seq": 1_u64 << 53 })),
        ("seq 2^64 - 1", json!({ "seq": u64::MAX })),
        ("prev missing", json!({ "prev": null })),
        ("prev at 1", json!({ "seq": 1 })),
        ("size 0", json!({ "size": 0 })),
        ("size", json!({ "size": 1_u64 << 40 })),
        ("recipients", json!({ "recipients": [] })),
        ("capture id", json!({ "capture_id": "../../etc" })),
        ("tenant", json!({ "tenant": "../x" })),
    ] {
        let verdict = body_with(|body| {
            for (name, value) in change.as_object().unwrap() {
                body[name] = value.clone();
            }
        });
        assert!(verdict.is_err(), "{what}");
    }
    let first = samples::first_body_of_a_new_key();
    assert!(Jws::sign(&first, &key(samples::NEXT_DEVICE)).is_ok());
    let late = Body { seq: 2, prev: Some(Digest::of(b"x")), ..first };
    assert_eq!(Jws::sign(&late, &key(samples::NEXT_DEVICE)), Err(WireError::Field("follows")));
}

#[test]
fn evidence_that_is_only_shown_again_enrols_nobody_and_has_a_version_of_its_own() {
    for again in [samples::android_again(), samples::apple_again()] {
        assert!(Jws::sign(&again, &key(samples::DEVICE)).is_ok());
        let older = Reattestation { v: 1, ..again.clone() };
        assert_eq!(Jws::sign(&older, &key(samples::DEVICE)), Err(WireError::Field("v")));
        for v in [1, 2] {
            let enrolment =
                Enrolment { v, attestation: again.attestation.clone(), ..samples::android_enrolment() };
            assert!(Jws::sign(&enrolment, &key(samples::DEVICE)).is_err());
        }
    }
    let newer = Reattestation { v: 2, ..samples::reattestation() };
    assert_eq!(Jws::sign(&newer, &key(samples::DEVICE)), Err(WireError::Field("v")));
}

#[test]
fn another_tenant_key_or_algorithm_is_refused() {
    let jws = samples::manifest_jws();
    let other = "ward-8".parse().unwrap();
    assert_eq!(jws.verify::<Body>(&public(samples::DEVICE), &other), Err(WireError::WrongTenant));
    assert_eq!(jws.verify::<Body>(&public(9), &tenant()), Err(WireError::UnknownKey));
    for alg in ["none", "HS256", "RS256", "EdDSA"] {
        let header = json!({ "alg": alg, "kid": jws.kid(), "typ": Body::TYP }).to_string();
        let rest = jws.as_str().split_once('.').unwrap().1;
        let text = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header));
        assert_eq!(Jws::parse(&text), Err(WireError::Algorithm), "{alg}");
    }
}

#[test]
fn a_header_with_anything_more_is_refused() {
    let jws = samples::manifest_jws();
    let rest = jws.as_str().split_once('.').unwrap().1;
    for extra in ["jwk", "crit", "jku", "x5c"] {
        let mut header = json!({ "alg": "ES256", "kid": jws.kid(), "typ": Body::TYP });
        header[extra] = json!([]);
        let text = format!("{}.{rest}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string()));
        assert!(Jws::parse(&text).is_err(), "{extra}");
    }
    for text in ["", ".", "..", "a.b.c", &format!("{}.x", jws.as_str()), &format!("{}=", jws.as_str())] {
        let read = Jws::parse(text).and_then(|jws| jws.verify::<Body>(&public(samples::DEVICE), &tenant()));
        assert!(read.is_err(), "{text}");
    }
    let long = format!("{}.{}.", "A".repeat(10), "A".repeat(gauze_wire::JWS_LIMIT));
    assert_eq!(Jws::parse(&long), Err(WireError::TooLarge));
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let text = samples::manifest_jws().as_str().to_owned();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let read =
            Jws::parse(&changed).and_then(|jws| jws.verify::<Body>(&public(samples::DEVICE), &tenant()));
        assert!(read.is_err(), "byte {at}");
    }
}

#[test]
fn a_void_and_an_adoption_agree_with_the_body_they_carry() {
    let other = Body { capture_id: gauze_wire::CaptureId::make(1, &[1; 10]), ..samples::body() };
    let carried = Carried::write(&serde_json::to_vec(&other).unwrap());
    let void = Void { body: carried.clone(), ..samples::void() };
    assert!(Jws::sign(&void, &key(samples::DEVICE)).is_err());
    let adoption = Adoption { body: carried, ..samples::adoption() };
    assert!(Jws::sign(&adoption, &key(samples::NEXT_DEVICE)).is_err());
    let own = Adoption { device_id: samples::body().device_id, ..samples::adoption() };
    assert!(Jws::sign(&own, &key(samples::DEVICE)).is_err(), "nobody adopts their own photo");
    // A void may come from the phone's next key, and shows that it does.
    let next = Void { device_id: public(samples::NEXT_DEVICE).key_id(), ..samples::void() };
    let jws = Jws::sign(&next, &key(samples::NEXT_DEVICE)).unwrap();
    assert!(!Manifest::verify(&jws, &public(samples::NEXT_DEVICE), &tenant()).unwrap().is_own());
    let jws = Jws::sign(&samples::void(), &key(samples::DEVICE)).unwrap();
    assert!(Manifest::verify(&jws, &public(samples::DEVICE), &tenant()).unwrap().is_own());
}

#[test]
fn a_photo_under_another_phones_manifest_is_refused() {
    // Signed by a real key, but naming another phone's id.
    let jws = Jws::sign(&samples::body(), &key(samples::NEXT_DEVICE)).unwrap();
    let verdict = Manifest::verify(&jws, &public(samples::NEXT_DEVICE), &tenant());
    assert_eq!(verdict, Err(WireError::Field("device_id")));
}

#[test]
fn a_receipt_counts_for_exactly_its_photo_in_its_log() {
    let (log, witness) = (log_key(), [witness_key()]);
    let filed = Jws::sign(&samples::filed(), &key(samples::RECORDS)).unwrap();
    let verify = |keys: u8, binding: &gauze_wire::Binding, witnesses| {
        Filed::verify(&filed, &[public(keys)], binding, &log, witnesses).map(drop)
    };
    let binding = samples::binding();
    assert_eq!(verify(samples::RECORDS, &binding, Some(&witness)), Ok(()));
    assert_eq!(verify(samples::GATEWAY, &binding, Some(&witness)), Err(WireError::UnknownKey));
    let other = gauze_wire::Binding { size: 1, ..binding.clone() };
    assert_eq!(verify(samples::RECORDS, &other, Some(&witness)), Err(WireError::Field("binding")));
    let stranger = [NoteKey::from_bytes("ward-9/witness", &[9; 32]).unwrap().witness_key()];
    assert_eq!(verify(samples::RECORDS, &binding, Some(&stranger)), Err(WireError::UnknownKey));
    let other_log = NoteKey::from_bytes("gateway.test/ward-9", &[9; 32]).unwrap().log_key();
    assert!(
        Filed::verify(&filed, &[public(samples::RECORDS)], &binding, &other_log, Some(&witness)).is_err()
    );
}

#[test]
fn a_reported_receipt_counts_for_exactly_its_report_in_its_log() {
    let (log, witness) = (log_key(), [witness_key()]);
    let receipt = Jws::sign(&samples::reported(), &key(samples::GATEWAY)).unwrap();
    let verify = |by: u8, report: &Report, witnesses: &[_]| {
        let report = Jws::sign(report, &key(samples::DEVICE)).unwrap();
        Reported::verify(&receipt, &public(by), &report, &log, Some(witnesses)).map(drop)
    };
    assert_eq!(verify(samples::GATEWAY, &samples::report(), &witness), Ok(()));
    assert_eq!(verify(samples::RECORDS, &samples::report(), &witness), Err(WireError::UnknownKey));
    let other = |change: fn(&mut Report)| {
        let mut report = samples::report();
        change(&mut report);
        verify(samples::GATEWAY, &report, &witness)
    };
    let differs = Err(WireError::Field("report_sha256"));
    assert_eq!(other(|report| report.report_id = "D".repeat(22).parse().unwrap()), differs);
    assert_eq!(other(|report| report.sealed = Bytes::new(*b"another age file").unwrap()), differs);
    let stranger = [NoteKey::from_bytes("ward-9/witness", &[9; 32]).unwrap().witness_key()];
    assert_eq!(verify(samples::GATEWAY, &samples::report(), &stranger), Err(WireError::UnknownKey));
    // A proof of another leaf is none of this one.
    let elsewhere = Reported { proof: samples::stored().proof, ..samples::reported() };
    let elsewhere = Jws::sign(&elsewhere, &key(samples::GATEWAY)).unwrap();
    let report = samples::report_jws();
    assert!(Reported::verify(&elsewhere, &public(samples::GATEWAY), &report, &log, None).is_err());
}

#[test]
fn a_report_holds_what_its_words_and_sixteen_recipients_take_and_no_more() {
    let sealed = |length: usize| {
        let sealed = Bytes::<{ SEALED_TESTIMONY }>::new(vec![7; length])?;
        Jws::sign(&Report { sealed, ..samples::report() }, &key(samples::DEVICE)).map(drop)
    };
    assert_eq!(sealed(0), Err(WireError::Field("sealed")));
    assert_eq!(sealed(SEALED_TESTIMONY), Ok(()));
    assert_eq!(sealed(SEALED_TESTIMONY + 1), Err(WireError::TooLarge));
}

/// Whoever checks many in a row checks a note once: only that very note, and only what the proof itself says.
#[test]
fn a_note_that_was_believed_lends_nothing_to_another() {
    let (log, witness) = (log_key(), [witness_key()]);
    let good = samples::filed().proof;
    let manifest = samples::manifest_jws().digest();
    let mut notes = Notes::of(&log, Some(&witness));
    let mut verify =
        |proof: &Proof, manifest: &Digest| proof.verify_by(manifest, &mut notes).map(|seen| seen.size);
    let uncosigned = good.checkpoint.rsplit_once("\n\u{2014} ").unwrap().0.to_owned() + "\n";
    let with = |checkpoint: String| Proof { checkpoint, ..good.clone() };
    let elsewhere = NoteKey::from_bytes("gateway.test/ward-9", &[9; 32]).unwrap();
    let mut tree = gauze_wire::log::Tree::default();
    tree.append(&manifest);
    let (origin, root) = ("gateway.test/ward-9".into(), tree.root());
    let forged = elsewhere.sign(&gauze_wire::log::Checkpoint { origin, size: 1, root });
    for _ in 0..2 {
        assert_eq!(verify(&good, &manifest), Ok(1));
        assert!(verify(&good, &Digest::of(b"another")).is_err(), "the proof is checked each time");
        assert!(verify(&Proof { log_index: 1, ..good.clone() }, &manifest).is_err());
        assert_eq!(verify(&with(uncosigned.clone()), &manifest), Err(WireError::UnknownKey));
        assert!(verify(&with(forged.clone()), &manifest).is_err());
        assert!(verify(&with(good.checkpoint.replacen("\n1\n", "\n2\n", 1)), &manifest).is_err());
    }
    let stranger = [NoteKey::from_bytes("ward-9/witness", &[9; 32]).unwrap().witness_key()];
    let mut strict = Notes::of(&log, Some(&stranger));
    assert_eq!(good.verify_by(&manifest, &mut strict).unwrap_err(), WireError::UnknownKey);
    assert!(
        with(uncosigned).verify_by(&manifest, &mut Notes::of(&log, None)).is_ok(),
        "where no witness is asked for"
    );
}

fn signed_bundle(change: impl FnOnce(&mut Bundle), by: u8) -> Result<Jws, WireError> {
    let mut bundle = samples::bundle();
    change(&mut bundle);
    Jws::sign(&bundle, &key(by))
}

#[test]
fn a_mixed_bundle_is_refused_when_signed_and_when_read() {
    let classical =
        RecipientEntry { recipient: "age1classical".into(), state: RecipientState::Active, since: now() };
    let mut mixed = samples::bundle();
    mixed.recipients.push(classical);
    assert_eq!(Jws::sign(&mixed, &key(samples::ROOT)), Err(WireError::MixedRecipients));
    let forced =
        Jws::sign_bytes(Bundle::TYP, &serde_json::to_vec(&mixed).unwrap(), &key(samples::ROOT)).unwrap();
    let root = public(samples::ROOT).fingerprint();
    assert_eq!(accept_bundle(&forced, &tenant(), &root, None, 0).map(drop), Err(WireError::MixedRecipients));
}

#[test]
fn a_bundle_is_believed_only_from_the_pinned_root_or_its_named_successor() {
    let root = public(samples::ROOT).fingerprint();
    let current = samples::bundle();
    let same = signed_bundle(|_| {}, samples::ROOT).unwrap();
    assert_eq!(accept_bundle(&same, &tenant(), &root, Some(&current), 3).unwrap().1, root);
    assert_eq!(accept_bundle(&same, &tenant(), &root, None, 4).map(drop), Err(WireError::Rollback));
    let twin =
        signed_bundle(|bundle| bundle.fresh_until += SignedDuration::from_hours(1), samples::ROOT).unwrap();
    assert_eq!(
        accept_bundle(&twin, &tenant(), &root, Some(&current), 0).map(drop),
        Err(WireError::Rollback),
        "one version names one content"
    );
    let older = signed_bundle(|bundle| bundle.version = 2, samples::ROOT).unwrap();
    assert_eq!(
        accept_bundle(&older, &tenant(), &root, Some(&current), 0).map(drop),
        Err(WireError::Rollback)
    );

    let take_over = |by: u8| {
        signed_bundle(
            |bundle| {
                bundle.version = 4;
                bundle.root = public(by);
            },
            by,
        )
        .unwrap()
    };
    let next = accept_bundle(&take_over(9), &tenant(), &root, Some(&current), 0).unwrap();
    assert_eq!(next.1, public(9).fingerprint());
    let stranger = accept_bundle(&take_over(11), &tenant(), &root, Some(&current), 0);
    assert_eq!(stranger.map(drop), Err(WireError::UnknownKey));
    let unnamed = accept_bundle(&take_over(9), &tenant(), &root, None, 0);
    assert_eq!(unnamed.map(drop), Err(WireError::UnknownKey));
    // Naming the pinned root without its signature is no help.
    let posing = signed_bundle(|_| {}, 11).unwrap();
    assert!(accept_bundle(&posing, &tenant(), &root, None, 0).is_err());
}

#[test]
fn a_token_lives_a_day_at_most_and_only_in_its_time() {
    let long = Token { expires_at: "2026-11-25T10:00:01Z".parse().unwrap(), ..samples::token() };
    assert_eq!(Jws::sign(&long, &key(samples::POLICY)), Err(WireError::Field("expires_at")));
    let jws = Jws::sign(&samples::token(), &key(samples::POLICY)).unwrap();
    let keys = [public(samples::POLICY)];
    let at = |text: &str| Token::accept(&jws, &keys, &tenant(), text.parse().unwrap()).map(drop);
    assert_eq!(at("2026-11-24T12:00:00Z"), Ok(()));
    assert_eq!(at("2026-11-25T10:00:00Z"), Err(WireError::Expired));
    assert_eq!(at("2026-11-24T09:00:00Z"), Err(WireError::Expired));
}

#[test]
fn an_inventory_token_lives_thirty_days_at_most_and_names_a_list_and_no_phone() {
    let sign = |token: &Token| Jws::sign(token, &key(samples::POLICY)).map(drop);
    let token = samples::inventory_token();
    assert_eq!(sign(&token), Ok(()));
    let long = Token { expires_at: "2026-12-24T10:00:01Z".parse().unwrap(), ..token.clone() };
    assert_eq!(sign(&long), Err(WireError::Field("expires_at")));
    let of_one = Token { v: 1, ..token.clone() };
    let of_none = Token { inventory: None, ..token.clone() };
    let of_version_0 = Token { inventory: Some(0), ..token.clone() };
    let of_a_phone = Token { serial: samples::token().serial, ..token.clone() };
    for wrong in [of_one, of_none, of_version_0, of_a_phone] {
        assert_eq!(sign(&wrong), Err(WireError::Field("inventory")));
    }
    let share = |serial| token.share_of(&Serial::read(serial).unwrap());
    assert_eq!(share("sn-1"), share("SN-1"));
    let other = Token { token_id: share("SN-1"), ..token.clone() };
    let of_other = other.share_of(&Serial::read("SN-1").unwrap());
    assert!(share("SN-2") != share("SN-1") && of_other != share("SN-1") && share("SN-1") != token.token_id);
}

#[test]
fn an_inventory_names_each_serial_number_once_in_order() {
    let list = |serials: &[&str]| {
        let serials = serials.iter().map(|serial| Serial::read(serial).unwrap()).collect();
        let list = Inventory { serials, ..samples::inventory() };
        Jws::sign(&list, &key(samples::POLICY)).map(drop)
    };
    assert_eq!(list(&[]), Ok(()));
    assert_eq!(list(&["A", "B"]), Ok(()));
    for wrong in [&["B", "A"], &["A", "A"]] {
        assert_eq!(list(wrong), Err(WireError::Field("serials")));
    }
    let many: Vec<String> = (0..=gauze_wire::SERIALS).map(|n| format!("{n:05}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(list(&many[1..]), Ok(()), "as many as it may hold fit into one signed object");
    assert_eq!(list(&many), Err(WireError::Field("serials")));
    let unsigned = Inventory { version: 0, ..samples::inventory() };
    assert!(Jws::sign(&unsigned, &key(samples::POLICY)).is_err());
}

#[test]
fn a_token_is_judged_at_any_time_that_can_be_written() {
    let jws = Jws::sign(&samples::token(), &key(samples::POLICY)).unwrap();
    for at in ["9999-12-30T21:59:00Z".parse().unwrap(), Timestamp::MAX, Timestamp::MIN] {
        let judged = Token::accept(&jws, &[public(samples::POLICY)], &tenant(), at);
        assert_eq!(judged.map(drop), Err(WireError::Expired), "{at}");
    }
}

#[test]
fn text_is_bounded_and_clean() {
    assert!(Text::<4>::new("abcd").is_ok());
    for bad in ["", "abcde", "a\0b", "a\u{7f}"] {
        assert!(Text::<4>::new(bad).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn readers_never_panic(text in ".{0,400}", bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Jws::parse(&text).map(|jws| (jws.peek::<Body>(), Manifest::peek(&jws)));
        let _ = text.parse::<gauze_wire::log::LogKey>();
        let _ = log_key().verify(&text);
        let _ = witness_key().verify(&text);
        let _ = Digest::from_content_digest(&text);
        let _ = gauze_wire::signature::RequestSignature::parse(&text, &text);
        let _ = gauze_wire::Record::from_bytes(&bytes);
        let _ = Carried::from_bytes(&bytes);
        let _ = serde_json::from_slice::<Bundle>(&bytes);
    }
}

#[test]
fn an_enrolment_says_its_version_and_fits_its_platform() {
    use gauze_wire::{Attestation, Platform};
    let check = |enrolment: &Enrolment| {
        Jws::sign(enrolment, &key(samples::DEVICE))
            .and_then(|jws| jws.verify::<Enrolment>(&public(samples::DEVICE), &tenant()).map(drop))
    };
    let android = samples::android_enrolment();
    assert_eq!(check(&android), Ok(()));
    let wrong = [
        Enrolment { v: 1, ..android.clone() },
        Enrolment { platform: Platform::Ios, ..android.clone() },
        Enrolment { platform: Platform::Desktop, ..samples::apple_enrolment() },
        Enrolment { v: 2, ..samples::enrolment() },
    ];
    for enrolment in &wrong {
        assert!(check(enrolment).is_err(), "{:?} {}", enrolment.platform, enrolment.v);
    }
    let long = vec![Bytes::new([0x30, 0]).unwrap(); 11];
    assert!(check(&Enrolment { attestation: Attestation::AndroidKey { chain: long }, ..android }).is_err());
}

#[test]
fn a_ward_is_one_line_that_reads_as_it_is_written() {
    let longest = "w".repeat(64);
    for good in ["Ward 9", "Tŷ Gwyn", "三病棟", "عنبر ٩", "~", longest.as_str()] {
        assert_eq!(good.parse::<gauze_wire::Ward>().unwrap().as_str(), good);
    }
    let longer = "w".repeat(65);
    let blank = ["", " ", " Ward", "Ward ", "\u{a0}Ward"];
    let lines = ["Ward\n9", "Ward\t9", "Ward\u{85}9", "Ward\u{2028}9", "Ward\u{2029}9", "Ward\0"];
    let turned = ["\u{61c}", "\u{200e}", "\u{200f}", "\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}"];
    let turned = turned.map(|turn| format!("Ward {turn}9"));
    let bad =
        blank.into_iter().chain(lines).chain(turned.iter().map(String::as_str)).chain([longer.as_str()]);
    for bad in bad {
        assert!(bad.parse::<gauze_wire::Ward>().is_err(), "{bad:?}");
        assert!(serde_json::from_value::<gauze_wire::Ward>(bad.into()).is_err(), "{bad:?}");
    }
}

#[test]
fn an_enrolments_ward_reads_as_it_is_written_or_is_refused() {
    let enrolment = Enrolment { ward: Some("Tŷ Gwyn".parse().unwrap()), ..samples::enrolment() };
    let read = |ward: Value| {
        let jws = resigned(&enrolment, Enrolment::TYP, samples::DEVICE, |payload| payload["ward"] = ward);
        jws.verify::<Enrolment>(&public(samples::DEVICE), &tenant())
    };
    assert_eq!(read(json!("Tŷ Gwyn")), Ok(enrolment.clone()));
    let wrong = [
        json!(null),
        json!(""),
        json!(9),
        json!(["Ward 9"]),
        json!(" Ward 9"),
        json!("Ward\n9"),
        json!("Ward \u{202e}9"),
        json!("w".repeat(65)),
    ];
    for ward in wrong {
        assert!(read(ward.clone()).is_err(), "{ward}");
    }
    let without = Enrolment { ward: None, ..enrolment };
    assert!(!serde_json::to_string(&without).unwrap().contains("\"ward\""));
}

#[test]
fn a_policy_of_version_1_has_no_sections() {
    let policy = Policy { v: 1, ..samples::policy_2() };
    let jws = Jws::sign(&policy, &key(samples::POLICY));
    let read = jws.and_then(|jws| jws.verify::<Policy>(&public(samples::POLICY), &tenant()));
    assert!(read.is_err());
}

/// The gateway may be newer than whoever pulls: its word for an entry keeps no page from being read, and says nothing.
#[test]
fn a_page_of_the_log_reads_whatever_kinds_its_entries_have() {
    let manifest = samples::manifest_jws();
    let entries: Vec<Value> = ["photo", "a_kind_of_next_year"]
        .iter()
        .zip(0..)
        .map(|(kind, index)| json!({ "index": index, "kind": kind, "jws": manifest.as_str() }))
        .collect();
    let page = json!({ "checkpoint": samples::note(), "entries": entries });
    let page: gauze_wire::LogPage = serde_json::from_value(page).unwrap();
    let kinds: Vec<_> = page.entries.iter().map(|entry| entry.kind).collect();
    assert_ne!(kinds[0], kinds[1]);
    assert_eq!(page.entries[1].jws, manifest);
    let extra = json!({ "index": 0, "kind": "photo", "jws": manifest.as_str(), "more": 1 });
    assert!(serde_json::from_value::<gauze_wire::LogEntry>(extra).is_err(), "and no more than that");
}
