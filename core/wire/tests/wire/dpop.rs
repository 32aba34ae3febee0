//! RFC 9449 proofs: the RFC's own, ours, and everything that is wrong with one.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::dpop::{DpopError, Expected, Proven, verify};
use gauze_wire::{Digest, KeyId, Signer as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::http::shared;
use crate::samples::{self, key, now, public};

const URI: &str = "https://records.test/view?photo=1";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

fn expected() -> Expected<'static> {
    Expected {
        method: "POST",
        uri: URI,
        now: now(),
        nonce: Some("n-1"),
        access_token: Some(TOKEN),
        key: None,
    }
}

fn parts() -> (Value, Value) {
    let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public(samples::DEVICE) });
    let ath = BASE64_URL_SAFE_NO_PAD.encode(Digest::of(TOKEN.as_bytes()).0);
    let claims = json!({
        "jti": "j-1", "htm": "POST", "htu": "https://records.test/view", "iat": now().as_second(),
        "ath": ath, "nonce": "n-1",
    });
    (header, claims)
}

fn signed(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(header), encode(claims));
    let signature = key(samples::DEVICE).sign(text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

fn judged(edit: impl FnOnce(&mut Value, &mut Value)) -> Result<Proven, DpopError> {
    let (mut header, mut claims) = parts();
    edit(&mut header, &mut claims);
    verify(&signed(&header, &claims), &expected())
}

#[test]
fn a_proof_names_its_key_and_what_to_keep() {
    let proven = judged(|_, _| ()).unwrap();
    let bound = public(samples::DEVICE).key_id();
    assert_eq!((&proven.key, proven.jti.as_str()), (&bound, "j-1"));
    assert_eq!(proven.until_s, now().as_second() + 360);
    let (header, claims) = parts();
    let by = |key: &KeyId| verify(&signed(&header, &claims), &Expected { key: Some(key), ..expected() });
    assert!(by(&bound).is_ok());
    assert_eq!(by(&public(samples::NEXT_DEVICE).key_id()), Err(DpopError::WrongKey));
}

#[test]
fn whatever_is_wrong_with_a_proof_is_named() {
    type Edit = fn(&mut Value, &mut Value);
    let cases: [(&str, DpopError, Edit); 24] = [
        ("typ", DpopError::WrongType, |h, _| h["typ"] = json!("JWT")),
        ("no typ", DpopError::Malformed, |h, _| h["typ"] = Value::Null),
        ("alg", DpopError::Algorithm, |h, _| h["alg"] = json!("none")),
        ("symmetric alg", DpopError::Algorithm, |h, _| h["alg"] = json!("HS256")),
        ("curve", DpopError::Algorithm, |h, _| h["jwk"]["crv"] = json!("P-384")),
        ("kind of key", DpopError::Algorithm, |h, _| {
            h["jwk"] = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})
        }),
        ("private key", DpopError::PrivateKey, |h, _| h["jwk"]["d"] = json!("AA")),
        ("symmetric key", DpopError::PrivateKey, |h, _| h["jwk"] = json!({"kty": "oct", "k": "AA"})),
        ("no key", DpopError::Malformed, |h, _| h["jwk"] = Value::Null),
        ("short coordinate", DpopError::Malformed, |h, _| h["jwk"]["x"] = json!("AAAA")),
        ("off the curve", DpopError::Malformed, |h, _| h["jwk"]["x"] = h["jwk"]["y"].clone()),
        ("another key", DpopError::Signature, |h, _| h["jwk"] = json!(public(samples::NEXT_DEVICE))),
        ("crit", DpopError::Malformed, |h, _| h["crit"] = json!(["b64"])),
        ("method", DpopError::WrongRequest, |_, c| c["htm"] = json!("post")),
        ("address", DpopError::WrongRequest, |_, c| c["htu"] = json!("https://records.test/edit")),
        ("host", DpopError::WrongRequest, |_, c| c["htu"] = json!("https://elsewhere.test/view")),
        ("late", DpopError::Expired, |_, c| c["iat"] = json!(now().as_second() - 361)),
        ("early", DpopError::Expired, |_, c| c["iat"] = json!(now().as_second() + 61)),
        ("text for a time", DpopError::Malformed, |_, c| c["iat"] = json!("now")),
        ("no jti", DpopError::Malformed, |_, c| c["jti"] = json!("")),
        ("long jti", DpopError::Malformed, |_, c| c["jti"] = json!("j".repeat(129))),
        ("nonce", DpopError::Nonce, |_, c| c["nonce"] = json!("n-0")),
        ("no nonce", DpopError::Nonce, |_, c| c["nonce"] = Value::Null),
        ("token", DpopError::Token, |_, c| c["ath"] = Value::Null),
    ];
    for (what, error, edit) in cases {
        assert_eq!(judged(edit), Err(error), "{what}");
    }
}

#[test]
fn what_the_rfc_leaves_open_is_accepted() {
    judged(|h, c| {
        h["jwk"]["kid"] = json!("mine");
        h["kid"] = json!("mine");
        c["exp"] = json!(1);
        c["htu"] = json!("HTTPS://RECORDS.test:443/view#here");
        c["iat"] = json!(now().as_second() as f64 + 0.5);
    })
    .unwrap();
    for old in [-360, 60] {
        judged(|_, c| c["iat"] = json!(now().as_second() + old)).unwrap();
    }
}

#[test]
fn arbitrary_text_is_no_proof() {
    let (header, claims) = parts();
    let good = signed(&header, &claims);
    for bad in
        ["", ".", "..", "a.b.c", &good[1..], &good[..good.len() - 2], &format!("{good}.x"), &"A".repeat(9000)]
    {
        assert!(verify(bad, &expected()).is_err(), "{bad}");
    }
}

#[test]
fn every_proof_of_the_rfc_verifies_at_its_time_and_for_its_request_alone() {
    let Some(file) = shared("04-http/rfc9449/dpop_examples.json") else { return };
    let data: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let tokens: Vec<&str> =
        data["access_tokens"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let groups = data.as_object().unwrap().values().filter_map(Value::as_array).flatten();
    let mut seen = 0;
    for example in groups.filter(|example| example["jws"].is_string()) {
        let (jws, claims) = (example["jws"].as_str().unwrap(), &example["payload"]);
        let text = |name: &str| claims[name].as_str().unwrap();
        let ath = claims["ath"].as_str();
        let names = |token: &&&str| {
            Some(BASE64_URL_SAFE_NO_PAD.encode(Digest::of(token.as_bytes()).0)).as_deref() == ath
        };
        let at = Timestamp::from_second(claims["iat"].as_i64().unwrap()).unwrap();
        let expected = Expected {
            method: text("htm"),
            uri: text("htu"),
            now: at,
            nonce: claims["nonce"].as_str(),
            access_token: tokens.iter().find(names).copied(),
            key: None,
        };
        let proven = verify(jws, &expected).unwrap();
        assert_eq!(proven.key.as_str(), example["jkt_sha256_thumbprint"].as_str().unwrap());
        assert_eq!(proven.jti, text("jti"));
        let hour = jiff::SignedDuration::from_hours(1);
        for (error, other) in [
            (DpopError::WrongRequest, Expected { method: "DELETE", ..expected }),
            (DpopError::WrongRequest, Expected { uri: "https://elsewhere.test/token", ..expected }),
            (DpopError::Expired, Expected { now: at + hour, ..expected }),
            (DpopError::Expired, Expected { now: at - hour, ..expected }),
            (DpopError::Nonce, Expected { nonce: Some("another"), ..expected }),
            (DpopError::Token, Expected { access_token: Some("another"), ..expected }),
        ] {
            assert_eq!(verify(jws, &other), Err(error));
        }
        seen += 1;
    }
    assert!(seen > 0);
}
