//! Keys that are swapped in the trust bundle.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_core::ports::Answer;
use gauze_wire::{Bundle, Jws};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::take;
use crate::fixture::{Fate, Phone, Ward};

/// The text with another payload under the old signature.
fn with_bytes(jws: &Jws, payload: &[u8]) -> String {
    let mut parts: Vec<_> = jws.as_str().split('.').map(str::to_owned).collect();
    parts[1] = BASE64_URL_SAFE_NO_PAD.encode(payload);
    parts.join(".")
}

/// The payload in its one spelling, so that nothing but the signature can be wrong with it, and the same in the order of its names.
fn with_payload(jws: &Jws, payload: &Value) -> [(String, &'static str); 2] {
    let typed: Bundle = serde_json::from_value(payload.clone()).unwrap();
    let typed = with_bytes(jws, &serde_json::to_vec(&typed).unwrap());
    let sorted: BTreeMap<String, Value> = serde_json::from_value(payload.clone()).unwrap();
    let untyped = with_bytes(jws, &serde_json::to_vec(&sorted).unwrap());
    assert_ne!(typed, untyped);
    [(typed, "bundle_untrusted"), (untyped, "bundle_invalid")]
}

fn payload(jws: &Jws) -> Value {
    serde_json::from_slice(&jws.payload_bytes().unwrap()).unwrap()
}

#[tokio::test]
async fn a_bundle_with_any_key_swapped_is_refused_and_photos_are_sealed_as_before() {
    let mut ward = Ward::new().await;
    let good = ward.signed("bundle.jws");
    ward.usurped();
    ward.sign_bundle(|bundle| bundle["version"] = json!(9));
    let foreign = ward.signed("bundle.jws");
    let (ours, theirs) = (payload(&good), payload(&foreign));
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let recipients = {
        let taken = take(&phone, 1);
        std::fs::read(phone.file(taken.id, "body.json")).unwrap()
    };
    let of = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["recipients"].clone();
    let mut served = vec![(foreign.as_str().to_owned(), "bundle_untrusted")];
    for field in ["root", "recipients", "gateways", "records", "witnesses", "policy_keys", "next_root"] {
        let mut swapped = payload(&ward.signed("bundle.jws"));
        swapped["version"] = json!(9);
        swapped[field] = if field == "next_root" { json!("ab".repeat(32)) } else { theirs[field].clone() };
        served.extend(with_payload(&ward.signed("bundle.jws"), &swapped));
        // The root's own name under a payload that another root signed.
        let mut claimed = theirs.clone();
        claimed["root"] = ours["root"].clone();
        claimed[field] = swapped[field].clone();
        served.extend(with_payload(&foreign, &claimed));
    }
    for (text, code) in served {
        phone.link.obeys(move |seen| {
            if !seen.path.ends_with("/bundle") {
                return Fate::Deliver;
            }
            let body = text.clone().into_bytes();
            Fate::Answered(Box::new(move |answer| Answer { status: 200, body, ..answer }))
        });
        ward.clock.pass(SignedDuration::from_mins(2));
        phone.run().await;
        assert!(phone.link.seen().iter().any(|seen| seen.path.ends_with("/bundle")));
        let status = phone.client().status();
        assert_eq!(status.bundle_version, 1);
        assert_eq!(status.trust_refused.map(|refused| refused.code).as_deref(), Some(code));
        let taken = take(&phone, 1);
        let body = std::fs::read(phone.file(taken.id, "body.json")).unwrap();
        assert_eq!(of(&body), of(&recipients));
        phone.client().discard(taken.id).unwrap();
    }
}
