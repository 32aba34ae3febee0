use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{DeviceId, Record, Signer as _, SoftwareKey};
use serde_json::json;

use super::judge as judge_said;
use super::*;

const ISSUER: &str = "https://login.example/realms/ward";
const SALT: [u8; 32] = [9; 32];

fn key(n: u8) -> SoftwareKey {
    SoftwareKey::from_bytes(&[n; 32]).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn device(letter: &str) -> DeviceId {
    letter.repeat(43).parse().unwrap()
}

fn seen(n: u8, first: &str, last: &str) -> Seen {
    let point = key(n).public_key().to_sec1();
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": format!("k{n}"), "x": part(&point[1..33]), "y": part(&point[33..]) });
    let keys = Keys::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();
    Seen { keys, first: at(first), last: at(last) }
}

fn rules() -> SignInRules {
    serde_json::from_value(json!({
        "mode": "required", "issuer": ISSUER, "client_id": "gauze-phone",
        "redirect_uri": "org.gauze.app:/signed-in", "shift_hours": 12,
    }))
    .unwrap()
}

fn claims() -> Value {
    let iat = at("2026-11-24T07:00:00Z").as_second();
    json!({
        "iss": ISSUER, "sub": "nurse-7", "aud": "gauze-phone", "name": "Alex Morgan", "iat": iat, "exp": iat + 300, "acr": "gold",
        "nonce": session_nonce(&device("A"), &SALT),
    })
}

fn token(n: u8, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = key(n).sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn record(token: Option<String>) -> Record {
    let session = token.map(|token| SessionEvidence {
        token: gauze_wire::Text::new(token).unwrap(),
        salt: gauze_wire::Bytes::new(SALT).unwrap(),
    });
    let mut value = json!({
        "v": 2, "tenant": "ward-9", "device_id": device("A"), "capture_id": "0199f6a0-0000-7000-8000-000000000000", "seq": 1,
        "captured_at": "2026-11-24T10:00:00Z", "monotonic_ms": 1, "boot_id": "b", "clinician": "Alex Morgan",
        "orientation": 1, "photo_sha256": "0".repeat(64), "photo_size": 1,
    });
    if let Some(session) = session {
        value["session"] = serde_json::to_value(session).unwrap();
    }
    serde_json::from_value(value).unwrap()
}

fn judge(record: &Record, rules: Option<&SignInRules>, seen: &[Seen], second: &[Proof]) -> Taker {
    let name = record.clinician.as_ref().map(|name| name.as_str());
    let said =
        Said { device: &record.device_id, at: record.captured_at, name, session: record.session.as_ref() };
    judge_said(&said, rules, seen, second)
}

fn judged(claims: &Value, keys: &[Seen]) -> Taker {
    let record = record(Some(token(1, &json!({ "alg": "ES256", "kid": "k1" }), claims)));
    judge(&record, Some(&rules()), keys, &[Proof::Acr(vec!["gold".into()])])
}

fn kept() -> Vec<Seen> {
    vec![
        seen(2, "2026-01-01T00:00:00Z", "2026-10-01T00:00:00Z"),
        seen(1, "2026-10-01T00:00:00Z", "2026-11-24T06:00:00Z"),
    ]
}

fn doubt(taker: &Taker) -> Option<Doubt> {
    match taker {
        Taker::Claimed { doubt, .. } => Some(*doubt),
        Taker::Proven(_) | Taker::Nobody => None,
    }
}

#[test]
fn a_sign_in_for_this_phone_proves_who_took_the_photo() {
    let Taker::Proven(proven) = judged(&claims(), &kept()) else { panic!("not proven") };
    let gold = vec![Proving::Level("gold".into())];
    assert_eq!((proven.name.as_str(), proven.second_factor), ("Alex Morgan", gold));
    assert_eq!(proven.at, at("2026-11-24T07:00:00Z"));
    let mut without = claims();
    without["acr"] = "silver".into();
    assert!(matches!(judged(&without, &kept()), Taker::Proven(proven) if proven.second_factor.is_empty()));
}

/// A phone writes into its record what it likes.
#[test]
fn what_is_proven_has_the_providers_name_and_never_the_phones() {
    let token = |claims: &Value| token(1, &json!({ "alg": "ES256", "kid": "k1" }), claims);
    let shown = |claims: &Value| {
        let mut record = record(Some(token(claims)));
        record.clinician = Some(gauze_wire::Text::new("Dr Somebody Else").unwrap());
        match judge(&record, Some(&rules()), &kept(), &[]) {
            Taker::Proven(proven) => proven.name,
            other => panic!("{other:?}"),
        }
    };
    let mut claims = claims();
    assert_eq!(shown(&claims), "Alex Morgan");
    claims.as_object_mut().unwrap().remove("name");
    assert_eq!(shown(&claims), "nurse-7");
    claims["preferred_username"] = "amorgan".into();
    assert_eq!(shown(&claims), "amorgan");
}

#[test]
fn what_does_not_hold_is_a_claim_and_says_why() {
    let iat = at("2026-11-24T07:00:00Z").as_second();
    for (field, value, expected) in [
        ("iss", json!("https://other.example"), Doubt::OtherParty),
        ("aud", json!("viewer"), Doubt::OtherParty),
        ("aud", json!(["gauze-phone", "viewer"]), Doubt::OtherParty),
        ("azp", json!("viewer"), Doubt::OtherParty),
        ("azp", json!(7), Doubt::OtherParty),
        ("nonce", json!(session_nonce(&device("B"), &SALT)), Doubt::OtherPhone),
        ("nonce", json!(null), Doubt::OtherPhone),
        ("iat", json!(iat - 12 * 3600), Doubt::Time),
        ("iat", json!(iat + 4 * 3600), Doubt::Time),
        ("iat", json!("soon"), Doubt::Malformed),
        ("sub", json!(""), Doubt::Malformed),
    ] {
        let mut changed = claims();
        changed[field] = value.clone();
        assert_eq!(doubt(&judged(&changed, &kept())), Some(expected), "{field} {value}");
    }
}

#[test]
fn only_a_key_that_the_provider_had_at_the_time_counts() {
    assert_eq!(doubt(&judged(&claims(), &[])), Some(Doubt::UnknownKey));
    assert_eq!(doubt(&judged(&claims(), &kept()[..1])), Some(Doubt::UnknownKey));
    // Withdrawn a month before it is said to have signed: whoever holds it now is not the provider.
    let withdrawn = [seen(1, "2026-01-01T00:00:00Z", "2026-10-24T00:00:00Z")];
    assert_eq!(doubt(&judged(&claims(), &withdrawn)), Some(Doubt::UnknownKey));
    // Seen for the first time after the photo came in: nobody had looked since it changed.
    let later = [seen(1, "2026-11-25T00:00:00Z", "2026-12-25T00:00:00Z")];
    assert!(matches!(judged(&claims(), &later), Taker::Proven(_)));
}

#[test]
fn a_signature_of_another_key_or_of_none_proves_nothing() {
    let judge_with = |n: u8, header: Value| {
        let record = record(Some(token(n, &header, &claims())));
        doubt(&judge(&record, Some(&rules()), &kept(), &[])).unwrap()
    };
    assert_eq!(judge_with(3, json!({ "alg": "ES256", "kid": "k1" })), Doubt::Signature);
    assert_eq!(judge_with(1, json!({ "alg": "none" })), Doubt::Algorithm);
    assert_eq!(judge_with(1, json!({ "alg": "HS256", "kid": "k1" })), Doubt::Algorithm);
    assert_eq!(judge_with(1, json!({ "alg": "ES256", "kid": "k9" })), Doubt::UnknownKey);
    let torn = record(Some("torn".into()));
    assert_eq!(doubt(&judge(&torn, Some(&rules()), &kept(), &[])), Some(Doubt::Malformed));
}

#[test]
fn a_name_alone_is_a_claim_and_no_name_is_nobody() {
    assert_eq!(doubt(&judge(&record(None), Some(&rules()), &kept(), &[])), Some(Doubt::NoToken));
    let mut nameless = record(None);
    nameless.clinician = None;
    assert_eq!(judge(&nameless, Some(&rules()), &kept(), &[]), Taker::Nobody);
    let signed = record(Some(token(1, &json!({ "alg": "ES256", "kid": "k1" }), &claims())));
    assert_eq!(doubt(&judge(&signed, None, &kept(), &[])), Some(Doubt::NoRules));
}
