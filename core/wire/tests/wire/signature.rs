//! RFC 9421 request signatures: what is covered cannot be changed.

use gauze_wire::signature::{Request, RequestSignature, Tag, sign};
use gauze_wire::{Digest, WireError};
use jiff::SignedDuration;

use crate::samples::{self, key, now, public};

const URL: &str = "https://gateway.test/v1/ward-9/log?from=0&limit=5";

fn parse(fields: &gauze_wire::signature::SignatureFields) -> RequestSignature {
    RequestSignature::parse(&fields.signature_input, &fields.signature).unwrap()
}

#[test]
fn a_request_verifies_with_and_without_a_body() {
    let digest = Digest::of(b"body");
    for body in [None, Some(&digest)] {
        let request = Request { method: "POST", target_uri: URL, body };
        let fields = sign(&request, &key(samples::DEVICE), Tag::Device, now(), &[1; 16]).unwrap();
        assert_eq!(fields.content_digest.is_some(), body.is_some());
        let read = parse(&fields);
        assert_eq!(read.key_id, public(samples::DEVICE).key_id());
        read.verify(&request, &public(samples::DEVICE), Tag::Device, now()).unwrap();
    }
}

#[test]
fn whatever_is_covered_cannot_be_changed() {
    let (digest, other) = (Digest::of(b"body"), Digest::of(b"other"));
    let request = Request { method: "POST", target_uri: URL, body: Some(&digest) };
    let fields = sign(&request, &key(samples::DEVICE), Tag::Device, now(), &[1; 16]).unwrap();
    let read = parse(&fields);
    let device = public(samples::DEVICE);
    let wrong = Err(WireError::Signature);
    assert_eq!(read.verify(&Request { method: "PUT", ..request }, &device, Tag::Device, now()), wrong);
    let elsewhere = Request { target_uri: "https://gateway.test/v1/ward-8/log?from=0&limit=5", ..request };
    assert_eq!(read.verify(&elsewhere, &device, Tag::Device, now()), wrong);
    assert_eq!(read.verify(&Request { body: Some(&other), ..request }, &device, Tag::Device, now()), wrong);
    assert_eq!(read.verify(&Request { body: None, ..request }, &device, Tag::Device, now()), wrong);
    assert_eq!(read.verify(&request, &device, Tag::Records, now()), wrong);
    assert_eq!(read.verify(&request, &public(samples::NEXT_DEVICE), Tag::Device, now()), wrong);
    let edited = fields.signature_input.replace("expires=", "expires=9");
    let edited = RequestSignature::parse(&edited, &fields.signature).unwrap();
    assert_eq!(edited.verify(&request, &device, Tag::Device, now()), wrong);
}

#[test]
fn a_signature_lives_five_minutes_and_a_minute_of_skew() {
    let request = Request { method: "GET", target_uri: URL, body: None };
    let fields = sign(&request, &key(samples::DEVICE), Tag::Device, now(), &[1; 16]).unwrap();
    let read = parse(&fields);
    let at = |seconds| {
        read.verify(
            &request,
            &public(samples::DEVICE),
            Tag::Device,
            now() + SignedDuration::from_secs(seconds),
        )
    };
    for fine in [-60, 0, 300, 360] {
        assert_eq!(at(fine), Ok(()), "{fine}");
    }
    for late in [-61, 361, 3600] {
        assert_eq!(at(late), Err(WireError::Expired), "{late}");
    }
}

#[test]
fn other_components_labels_and_algorithms_are_refused() {
    let request = Request { method: "GET", target_uri: URL, body: None };
    let fields = sign(&request, &key(samples::DEVICE), Tag::Device, now(), &[1; 16]).unwrap();
    let input = &fields.signature_input;
    for (what, changed) in [
        ("order", input.replace(r#""@method" "@target-uri""#, r#""@target-uri" "@method""#)),
        ("fewer", input.replace(r#""@method" "#, "")),
        ("label", input.replace("gauze=", "sig1=")),
        ("parameter on a component", input.replace(r#""@method" "#, r#""@method";req "#)),
        ("no nonce", input.replace("nonce=", "nance=")),
        ("another algorithm", format!(r#"{input};alg="hmac-sha256""#)),
        ("not a dictionary", "\u{1}".to_owned()),
    ] {
        assert!(RequestSignature::parse(&changed, &fields.signature).is_err(), "{what}");
    }
    // A second signature beside ours is somebody else's business.
    let both = format!(r#"proxy=("@method");keyid="p", {input}"#);
    let read = RequestSignature::parse(&both, &fields.signature).unwrap();
    read.verify(&request, &public(samples::DEVICE), Tag::Device, now()).unwrap();
}
