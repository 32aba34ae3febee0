//! Signed requests: who asks, for exactly this, just now, once.

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_wire::signature::{Request as Covered, Tag};
use gauze_wire::{Digest, ProblemCode, StatusAnswer, StatusQuery, UploadRequest};
use jiff::SignedDuration;

use crate::fixture::{BASE, Endless, Gateway, Hospital, Phone, key, signature, with_signature};

const PATH: &str = "/v1/ward-9/status";
const BODY: &[u8] = br#"{"captures":[]}"#;

async fn begin() -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

#[tokio::test]
async fn a_signature_counts_for_nothing_but_what_it_covers() {
    let (_, gateway, phone) = begin().await;
    let digest = Digest::of(BODY);
    let other = Digest::of(b"other");
    let now = gateway.now();
    let hour = SignedDuration::from_hours(1);
    let case = |method: &str, target: &str, body: Option<&Digest>, tag, at| {
        let covered = Covered { method, target_uri: target, body };
        let fields = signature(&covered, &phone.key, tag, at);
        with_signature(("POST", PATH), Some(BODY.to_vec()), &fields)
    };
    let here = format!("{BASE}{PATH}");
    let cases = [
        ("method", ProblemCode::SignatureInvalid, case("PUT", &here, Some(&digest), Tag::Device, now)),
        (
            "path",
            ProblemCode::SignatureInvalid,
            case("POST", &format!("{BASE}/v1/ward-9/uploads"), Some(&digest), Tag::Device, now),
        ),
        (
            "host",
            ProblemCode::SignatureInvalid,
            case("POST", &format!("https://elsewhere.test{PATH}"), Some(&digest), Tag::Device, now),
        ),
        (
            "query",
            ProblemCode::SignatureInvalid,
            case("POST", &format!("{here}?x=1"), Some(&digest), Tag::Device, now),
        ),
        ("body", ProblemCode::SignatureInvalid, case("POST", &here, Some(&other), Tag::Device, now)),
        ("no body", ProblemCode::SignatureInvalid, case("POST", &here, None, Tag::Device, now)),
        ("tag", ProblemCode::SignatureInvalid, case("POST", &here, Some(&digest), Tag::Records, now)),
        ("late", ProblemCode::SignatureExpired, case("POST", &here, Some(&digest), Tag::Device, now - hour)),
        ("early", ProblemCode::SignatureExpired, case("POST", &here, Some(&digest), Tag::Device, now + hour)),
    ];
    for (what, expected, request) in cases {
        assert_eq!(gateway.ask(request).await.refusal(), expected, "{what}");
    }
    gateway.ask(case("POST", &here, Some(&digest), Tag::Device, now)).await.expect(200);
}

#[tokio::test]
async fn a_request_signed_by_another_key_than_it_names_is_refused() {
    let (hospital, gateway, phone) = begin().await;
    let other = Phone::enrolled(&gateway, &hospital).await;
    let mine = gateway.signed(("POST", PATH), Some(BODY.to_vec()), &phone.key, Tag::Device);
    let theirs = gateway.signed(("POST", PATH), Some(BODY.to_vec()), &other.key, Tag::Device);
    let name = |request: &Request<Body>| request.headers()["signature-input"].clone();
    let (mut swapped, signed_by_other) = (mine, theirs);
    swapped.headers_mut().insert("signature-input", name(&signed_by_other));
    assert_eq!(gateway.ask(swapped).await.refusal(), ProblemCode::SignatureInvalid);
}

#[tokio::test]
async fn a_request_without_or_with_a_garbled_signature_is_refused() {
    let (_, gateway, phone) = begin().await;
    assert_eq!(gateway.post(PATH, BODY).await.refusal(), ProblemCode::SignatureMissing);
    assert_eq!(gateway.get("/v1/ward-9/log?from=0").await.refusal(), ProblemCode::SignatureMissing);
    let spoil = |name: &'static str, value: &'static str| {
        let mut request = gateway.signed(("POST", PATH), Some(BODY.to_vec()), &phone.key, Tag::Device);
        request.headers_mut().insert(name, HeaderValue::from_static(value));
        request
    };
    for (name, value, expected) in [
        ("signature-input", "gauze=nonsense", ProblemCode::SignatureInvalid),
        ("signature-input", "", ProblemCode::SignatureInvalid),
        ("signature", "gauze=:AAAA:", ProblemCode::SignatureInvalid),
        ("signature", "other=:AAAA:", ProblemCode::SignatureInvalid),
        ("content-digest", "sha-256=:AAAA:", ProblemCode::MalformedRequest),
        ("content-digest", "md5=:AAAA:", ProblemCode::MalformedRequest),
    ] {
        assert_eq!(gateway.ask(spoil(name, value)).await.refusal(), expected, "{name}: {value}");
    }
    let mut bare = gateway.signed(("POST", PATH), Some(BODY.to_vec()), &phone.key, Tag::Device);
    bare.headers_mut().remove("content-digest");
    assert_eq!(gateway.ask(bare).await.refusal(), ProblemCode::SignatureInvalid);
}

#[tokio::test]
async fn a_request_counts_once_and_is_refused_by_time_when_its_nonce_is_forgotten() {
    let (_, gateway, phone) = begin().await;
    let covered = Digest::of(BODY);
    let target = format!("{BASE}{PATH}");
    let covered = Covered { method: "POST", target_uri: &target, body: Some(&covered) };
    let fields = signature(&covered, &phone.key, Tag::Device, gateway.now());
    let again = || with_signature(("POST", PATH), Some(BODY.to_vec()), &fields);
    gateway.ask(again()).await.expect(200);
    assert_eq!(gateway.ask(again()).await.refusal(), ProblemCode::Replayed);
    gateway.pass(SignedDuration::from_secs(360));
    assert_eq!(gateway.ask(again()).await.refusal(), ProblemCode::Replayed);
    gateway.pass(SignedDuration::from_secs(1));
    assert_eq!(gateway.ask(again()).await.refusal(), ProblemCode::SignatureExpired);
}

/// The order of P-256, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// `(r, n - s)` for `(r, s)`: anybody can make it, and it verifies.
pub fn twin(signature: &[u8; 64]) -> [u8; 64] {
    let (mut twin, mut borrow) = (*signature, 0);
    for (at, order) in ORDER.iter().enumerate().rev() {
        let left = i16::from(*order) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(left < 0);
        twin[32 + at] = u8::try_from(left.rem_euclid(256)).unwrap();
    }
    twin
}

#[tokio::test]
async fn the_other_form_of_a_captured_signature_is_a_replay() {
    let (_, gateway, phone) = begin().await;
    let (digest, target) = (Digest::of(BODY), format!("{BASE}{PATH}"));
    let covered = Covered { method: "POST", target_uri: &target, body: Some(&digest) };
    let turned = || {
        let mut fields = signature(&covered, &phone.key, Tag::Device, gateway.now());
        let captured = with_signature(("POST", PATH), Some(BODY.to_vec()), &fields);
        let text = fields.signature.strip_prefix("gauze=:").unwrap().strip_suffix(':').unwrap();
        let bytes = BASE64_STANDARD.decode(text).unwrap();
        fields.signature = format!("gauze=:{}:", BASE64_STANDARD.encode(twin(&bytes.try_into().unwrap())));
        (captured, with_signature(("POST", PATH), Some(BODY.to_vec()), &fields))
    };
    let (_, other) = turned();
    gateway.ask(other).await.expect(200);
    let (captured, other) = turned();
    gateway.ask(captured).await.expect(200);
    assert_eq!(gateway.ask(other).await.refusal(), ProblemCode::Replayed);
}

#[tokio::test]
async fn a_clock_that_differs_by_a_minute_is_no_hindrance() {
    let (_, gateway, phone) = begin().await;
    let (digest, target) = (Digest::of(BODY), format!("{BASE}{PATH}"));
    let covered = Covered { method: "POST", target_uri: &target, body: Some(&digest) };
    for (drift, good) in [(60, true), (61, false), (-360, true), (-361, false)] {
        let fields =
            signature(&covered, &phone.key, Tag::Device, gateway.now() + SignedDuration::from_secs(drift));
        let reply = gateway.ask(with_signature(("POST", PATH), Some(BODY.to_vec()), &fields)).await;
        if good {
            reply.expect(200);
        } else {
            assert_eq!(reply.refusal(), ProblemCode::SignatureExpired, "{drift}");
        }
    }
}

#[tokio::test]
async fn no_body_is_read_of_somebody_whose_signature_does_not_hold() {
    let (hospital, gateway, phone) = begin().await;
    let stranger = Phone::new(&hospital);
    let at = |what: &str| format!("/v1/ward-9/{what}");
    let cases = [
        (ProblemCode::UnknownDevice, at("status"), &stranger.key, Tag::Device),
        (ProblemCode::SignatureInvalid, at("status"), &phone.key, Tag::Records),
        (ProblemCode::SignatureInvalid, at("outcomes"), &phone.key, Tag::Records),
    ];
    for (expected, path, key, tag) in cases {
        let endless = Endless::default();
        let mut request = gateway.signed(("POST", &path), Some(BODY.to_vec()), key, tag);
        *request.body_mut() = endless.body();
        assert_eq!(gateway.ask(request).await.refusal(), expected);
        assert_eq!(endless.taken(), 0, "{path}");
    }
    // Nor is another body taken for the one that was signed for.
    let mut request = gateway.signed(("POST", PATH), Some(BODY.to_vec()), &phone.key, Tag::Device);
    *request.body_mut() = Body::from(&b"other"[..]);
    assert_eq!(gateway.ask(request).await.refusal(), ProblemCode::SignatureInvalid);
}

#[tokio::test]
async fn a_stranger_is_unknown_and_a_revoked_phone_is_refused() {
    let (hospital, gateway, mut phone) = begin().await;
    let stranger = Phone::new(&hospital);
    let query = StatusQuery { captures: Vec::new(), holding: None };
    let ask = |phone: &Phone| phone.request(&gateway, "status", &query);
    assert_eq!(gateway.ask(ask(&stranger)).await.refusal(), ProblemCode::UnknownDevice);
    gateway.tamper("UPDATE device SET status = 'suspended'").await;
    let shot = phone.shoot(10);
    phone.send(&gateway, &shot).await;
    gateway.tamper("UPDATE device SET status = 'revoked'").await;
    assert_eq!(phone.offer(&gateway, &shot.manifest).await.refusal(), ProblemCode::DeviceRefused);
    gateway.ask(ask(&phone)).await.expect(200);
    gateway.tamper("UPDATE device SET status = 'active'").await;
    phone.offer(&gateway, &shot.manifest).await.held();
}

#[tokio::test]
async fn phone_and_records_side_cannot_speak_for_each_other() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(10);
    let asked = UploadRequest { manifest: shot.manifest, highest_seq: 1, unsent: 1 };
    let asked = serde_json::to_vec(&asked).unwrap();
    let log = ("GET", "/v1/ward-9/log?from=0");
    let uploads = ("POST", "/v1/ward-9/uploads");
    for (expected, request) in [
        (ProblemCode::SignatureInvalid, gateway.signed(log, None, &phone.key, Tag::Records)),
        (ProblemCode::SignatureInvalid, gateway.signed(log, None, &phone.key, Tag::Device)),
        (ProblemCode::SignatureInvalid, gateway.signed(log, None, &hospital.records, Tag::Device)),
        (ProblemCode::SignatureInvalid, gateway.signed(log, None, &key(66), Tag::Records)),
        (
            ProblemCode::UnknownDevice,
            gateway.signed(uploads, Some(asked.clone()), &hospital.records, Tag::Records),
        ),
        (
            ProblemCode::UnknownDevice,
            gateway.signed(uploads, Some(asked.clone()), &hospital.records, Tag::Device),
        ),
        (ProblemCode::SignatureInvalid, gateway.signed(uploads, Some(asked), &phone.key, Tag::Records)),
    ] {
        assert_eq!(gateway.ask(request).await.refusal(), expected);
    }
    hospital.fetch(&gateway, "log?from=0").await.expect(200);
}

#[tokio::test]
async fn one_hospitals_phone_and_records_key_are_strangers_to_another() {
    let (ward, clinic) = (Hospital::ward(), Hospital::new("clinic", 110));
    let gateway = Gateway::serving(&[&ward, &clinic]).await;
    let phone = Phone::enrolled(&gateway, &ward).await;
    let at_clinic =
        gateway.signed(("POST", "/v1/clinic/status"), Some(BODY.to_vec()), &phone.key, Tag::Device);
    assert_eq!(gateway.ask(at_clinic).await.refusal(), ProblemCode::UnknownDevice);
    let log = gateway.signed(("GET", "/v1/clinic/log?from=0"), None, &ward.records, Tag::Records);
    assert_eq!(gateway.ask(log).await.refusal(), ProblemCode::SignatureInvalid);
    let own: StatusAnswer = gateway
        .ask(phone.request(&gateway, "status", &StatusQuery { captures: Vec::new(), holding: None }))
        .await
        .json(200);
    assert!(own.captures.is_empty());
}

#[tokio::test]
async fn a_captured_request_is_refused_after_a_restart_too() {
    let (_, mut gateway, phone) = begin().await;
    let (digest, target) = (Digest::of(BODY), format!("{BASE}{PATH}"));
    let covered = Covered { method: "POST", target_uri: &target, body: Some(&digest) };
    let fields = signature(&covered, &phone.key, Tag::Device, gateway.now());
    let again = || with_signature(("POST", PATH), Some(BODY.to_vec()), &fields);
    gateway.ask(again()).await.expect(200);
    gateway.open().await.unwrap();
    assert_eq!(gateway.ask(again()).await.refusal(), ProblemCode::Replayed);
    // The machine stopped, and what it had not written is lost.
    std::fs::remove_file(gateway.at("nonces")).unwrap();
    gateway.open().await.unwrap();
    assert_eq!(gateway.ask(again()).await.refusal(), ProblemCode::SignatureExpired);
    gateway.pass(SignedDuration::from_secs(61));
    assert_eq!(gateway.ask(again()).await.refusal(), ProblemCode::SignatureExpired);
    gateway
        .ask(phone.request(&gateway, "status", &StatusQuery { captures: Vec::new(), holding: None }))
        .await
        .expect(200);
}

#[tokio::test]
async fn where_a_request_came_in_says_nothing_of_where_it_was_sent() {
    let (_, gateway, phone) = begin().await;
    let proxied = |key: &dyn gauze_wire::Signer, target: &str, host: &'static str| {
        let digest = Digest::of(BODY);
        let covered = Covered { method: "POST", target_uri: target, body: Some(&digest) };
        let fields = signature(&covered, key, Tag::Device, gateway.now());
        let mut request = with_signature(("POST", PATH), Some(BODY.to_vec()), &fields);
        let headers = request.headers_mut();
        headers.insert("host", HeaderValue::from_static(host));
        headers.insert("x-forwarded-host", HeaderValue::from_static("elsewhere.test"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
        headers.insert("forwarded", HeaderValue::from_static("host=elsewhere.test;proto=http"));
        request
    };
    let meant = format!("{BASE}{PATH}");
    gateway.ask(proxied(&phone.key, &meant, "backend.internal:8080")).await.expect(200);
    let other = format!("https://elsewhere.test{PATH}");
    for host in ["elsewhere.test", "gateway.test:8443"] {
        let refused = gateway.ask(proxied(&phone.key, &other, host)).await.refusal();
        assert_eq!(refused, ProblemCode::SignatureInvalid, "{host}");
    }
}

#[tokio::test]
async fn every_address_but_the_named_ones_wants_a_signature() {
    let (_, gateway, _) = begin().await;
    // Health and description; signed objects; a transfer's address is its own secret.
    let open = [
        "/healthz",
        "/openapi.json",
        "/v1/{tenant}/bundle",
        "/v1/{tenant}/handovers",
        "/v1/{tenant}/policy",
        "/v1/{tenant}/challenges",
        "/v1/{tenant}/enrolments",
        "/v1/{tenant}/attestations",
        "/v1/{tenant}/wiped",
        "/v1/transfers/{ticket}",
    ];
    let (mut asked, mut answered) = (0, 0);
    for path in gauze_gateway::paths() {
        let address = path.replace("{tenant}", "ward-9").replace(['{', '}'], "");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let request = Request::builder().method(method).uri(&address);
            let reply = gateway.ask(request.body(Body::empty()).unwrap()).await;
            if reply.status == 405 {
                continue;
            }
            answered += 1;
            if !open.contains(&path) {
                assert_eq!(reply.status, 401, "{method} {path}");
                assert!(
                    method == "HEAD" || reply.refusal() == ProblemCode::SignatureMissing,
                    "{method} {path}"
                );
                asked += 1;
            }
        }
    }
    assert!(asked >= 7 && answered >= asked + open.len(), "{asked} of {answered}");
    assert!(open.iter().all(|path| gauze_gateway::paths().any(|known| known == *path)));
}

#[tokio::test]
async fn the_gateways_description_has_every_route_with_who_asks_its_body_and_its_problems() {
    let (_, gateway, _) = begin().await;
    let described: serde_json::Value = gateway.get("/openapi.json").await.json(200);
    let paths = described["paths"].as_object().unwrap();
    assert_eq!(paths.len(), gauze_gateway::paths().count());
    for path in gauze_gateway::paths() {
        let address = path.replace("{tenant}", "ward-9").replace(['{', '}'], "");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            let operation = &paths[path][method.to_lowercase()];
            let request = Request::builder().method(method).uri(&address).body(Body::empty()).unwrap();
            let answers = gateway.ask(request).await.status != 405;
            // Whatever answers GET answers HEAD too.
            let implied = method == "HEAD" && paths[path]["get"].is_object();
            assert_eq!(answers, operation.is_object() || implied, "{method} {path}");
            if !operation.is_object() {
                continue;
            }
            let tag = operation["tags"][0].as_str().unwrap();
            assert!(
                ["anybody", "phones", "records side", "upload addresses"].contains(&tag),
                "{path}: {tag}"
            );
            let asks_for_a_challenge = path.ends_with("/challenges");
            let sends = matches!(method, "POST" | "PUT" | "PATCH") && !asks_for_a_challenge;
            assert_eq!(operation["requestBody"]["description"].is_string(), sends, "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].is_string(), "{method} {path} {status}");
                let problem = response["content"]["application/problem+json"]["schema"]["$ref"].is_string();
                assert_eq!(problem, status.as_str() >= "400", "{method} {path} {status}");
            }
        }
    }
    let codes =
        described["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap();
    assert_eq!(codes.len(), ProblemCode::ALL.len());
}

#[tokio::test]
async fn every_answer_says_the_gateways_own_time() {
    let (_, gateway, phone) = begin().await;
    let signed = gateway.signed(("POST", PATH), Some(BODY.to_vec()), &phone.key, Tag::Device);
    let replies = [
        (200, gateway.ask(signed).await),
        (401, gateway.post(PATH, BODY).await),
        (404, gateway.get("/nowhere").await),
        (404, gateway.head("/v1/transfers/unknown").await),
        (405, gateway.get(PATH).await),
        (200, gateway.get("/healthz").await),
    ];
    for (status, reply) in replies {
        assert_eq!(reply.status, status);
        assert_eq!(reply.field("gauze-time"), "2026-11-24T10:00:00.000Z", "{status}");
    }
}
