//! Who took a photo: proven by what the provider signed for this phone, claimed, or nobody.

use std::collections::HashMap;
use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::person::Role;
use gauze_records::web::KeysKept;
use gauze_signin::keys_seen::KeyMemory as _;
use gauze_wire::{DeviceId, Digest, Record, SessionEvidence, session_nonce};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::ward::{ISSUER, TEAM, Ward, person};
use crate::fixture::{Edit, Hospital, Phone};
use crate::folk::{text, told};
use crate::issuer::{Account, Asked, Issuer};

pub const SALT: [u8; 32] = [9; 32];
const BACK: &str = "org.gauze.app:/signed-in";

/// What the provider signs for a phone on which Alex signs in.
pub fn token(issuer: &Issuer, device: &DeviceId, hospital: &Hospital) -> String {
    token_with(issuer, device, hospital, &json!({ "name": "Alex Morgan", "acr": "gold" }))
}

fn token_with(issuer: &Issuer, device: &DeviceId, hospital: &Hospital, claims: &Value) -> String {
    let (now, verifier) = (hospital.now().as_second(), "v".repeat(43));
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).0);
    let query = [
        ("nonce", session_nonce(device, &SALT)),
        ("code_challenge", challenge),
        ("redirect_uri", BACK.into()),
    ];
    let query = query.map(|(name, value)| (name.to_owned(), value)).into();
    let claims = claims.as_object().unwrap().clone();
    let back = issuer.let_in(&query, &Account { login: "alex".into(), claims }, now).query();
    let given: HashMap<String, String> = url::form_urlencoded::parse(back.as_bytes()).into_owned().collect();
    let fields = [("code", given["code"].as_str()), ("code_verifier", &verifier), ("redirect_uri", BACK)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let (status, body) = issuer.answer(&Asked { path: "/token", fields, now });
    assert_eq!(status, 200);
    serde_json::from_slice::<Value>(&body).unwrap()["id_token"].as_str().unwrap().to_owned()
}

fn take(phone: &mut Phone, hospital: &Hospital, name: Option<&str>, token: Option<String>) {
    let record = |record: &mut Record| {
        told(record, None);
        record.clinician = name.map(text);
        record.session = token.clone().map(|token| SessionEvidence {
            token: text(&token),
            salt: gauze_wire::Bytes::new(SALT).unwrap(),
        });
    };
    let photo = phone.photo_with(hospital, &Edit { record: &record, ..Edit::default() });
    hospital.gateway.take(&photo);
}

pub fn hospital() -> Hospital {
    hospital_with(|_| {})
}

/// One whose policy says more.
pub fn hospital_with(more: impl FnOnce(&mut Value)) -> Hospital {
    let hospital = Hospital::new();
    signs(&hospital, more);
    hospital
}

/// Signs a policy by which clinicians sign in on phones, and that says more.
pub fn signs(hospital: &Hospital, more: impl FnOnce(&mut Value)) {
    hospital.sign_policy(|policy| {
        policy["version"] = json!(7);
        policy["lists"] = json!({ "teams": [{ "code": TEAM, "words": "Tissue viability" }] });
        policy["sign_in"] = json!({
            "mode": "asked", "issuer": ISSUER, "client_id": "gauze", "redirect_uri": BACK, "shift_hours": 12,
        });
        more(policy);
    });
}

/// What the photo's own page and the page of its origin say of who took it, oldest photo first.
async fn takers(ward: &Ward) -> Vec<String> {
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    let mut photos = ward.photos().await;
    // Newest first, and of one moment the one that came last.
    photos.reverse();
    let mut told = Vec::new();
    for found in photos {
        let cut = |page: String, from: &str, to: &str| {
            let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("{page}"));
            rest.split_once(to).unwrap().0.to_owned()
        };
        let own = nurse.get(&format!("/photos/{}", found.handle)).await.text();
        let own = cut(own, "<dt>Taken by</dt><dd>", "</dd>");
        let origin = nurse.get(&format!("/photos/{}/proof", found.handle)).await.text();
        assert_eq!(cut(origin, "</h2>", "</section>"), own);
        told.push(own);
    }
    told
}

#[tokio::test]
async fn a_clinician_is_proven_where_the_provider_signed_for_this_phone_and_else_claimed_or_nobody() {
    let hospital = hospital();
    let (mut phone, other) = (Phone::enrolled(1, &hospital), Phone::new(2));
    let issuer = Issuer::new(ISSUER, "gauze");
    let own = token(&issuer, &phone.id(), &hospital);
    let foreign = token(&issuer, &other.id(), &hospital);
    take(&mut phone, &hospital, Some("Alex Morgan"), Some(own.clone()));
    take(&mut phone, &hospital, Some("Alex Morgan"), Some(foreign));
    take(&mut phone, &hospital, Some("Alex Morgan"), Some(own.replacen('.', ".e", 1)));
    take(&mut phone, &hospital, Some("Alex Morgan"), None);
    take(&mut phone, &hospital, None, None);
    for methods in [json!(["pwd", "otp"]), json!(["pwd"])] {
        let claims = json!({ "name": "Alex Morgan", "amr": methods });
        let token = token_with(&issuer, &phone.id(), &hospital, &claims);
        take(&mut phone, &hospital, Some("Alex Morgan"), Some(token));
    }
    let puller = hospital.puller().await.unwrap();
    assert_eq!(puller.pass().await.unwrap().filed, 7);
    let ward = Ward::of("viewer.test", hospital, puller).await;
    let before = takers(&ward).await;
    assert!(
        before[0].contains("Claimed") && before[0].contains("none that was seen at that time"),
        "{before:?}"
    );

    // Keys that are first seen behind the token prove it all the same: nobody had looked since they were made.
    ward.web.look_at_provider().await.unwrap();
    let after = takers(&ward).await;
    for (told, state, why) in [
        (&after[0], "Proven", "with a second factor, which the hospital's sign-in service calls “gold”."),
        (&after[1], "Claimed", "made for another phone"),
        (&after[2], "Claimed", "cannot be read"),
        (&after[3], "Claimed", "nobody was signed in"),
        (&after[4], "Nobody named", "not told who took"),
        (&after[5], "Proven", "with a second factor: a one-time code."),
        (&after[6], "Proven", "without a second factor."),
    ] {
        assert!(told.contains(state) && told.contains(why), "{state}: {told}");
        assert_eq!(told.contains("Proven"), state == "Proven", "{told}");
        assert_eq!(told.contains("Alex Morgan"), state != "Nobody named", "{told}");
    }
    assert!(after[0].contains("<time datetime=\"2026-11-24T10:00:00Z\">"), "{}", after[0]);
    let list =
        ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM)).get("/lists/tissue?which=all").await.text();
    assert_eq!((list.matches("Proven").count(), list.matches("Claimed").count()), (3, 3));
    ward.end().await;
}

#[tokio::test]
async fn a_key_that_the_provider_withdrew_proves_what_it_signed_before_and_nothing_after() {
    let hospital = hospital();
    let mut phone = Phone::enrolled(1, &hospital);
    let (stolen, device) = (Issuer::new(ISSUER, "gauze"), phone.id());
    take(&mut phone, &hospital, Some("Alex Morgan"), Some(token(&stolen, &device, &hospital)));
    let puller = hospital.puller().await.unwrap();
    puller.pass().await.unwrap();
    let ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    ward.issuer.rotate("second");
    ward.hospital.clock.advance(SignedDuration::from_hours(72));
    ward.web.look_at_provider().await.unwrap();
    take(&mut phone, &ward.hospital, Some("Alex Morgan"), Some(token(&stolen, &device, &ward.hospital)));
    take(&mut phone, &ward.hospital, Some("Alex Morgan"), Some(token(&ward.issuer, &device, &ward.hospital)));
    ward.puller.pass().await.unwrap();
    let told = takers(&ward).await;
    let proven: Vec<bool> = told.iter().map(|told| told.contains("Proven")).collect();
    assert_eq!(proven, [true, false, true], "{told:?}");
    let kept = Arc::new(KeysKept::open(ward.office.dir.path()).unwrap());
    assert_eq!(kept.of(ISSUER).len(), 2, "both keys are on disk");
    assert!(kept.of("https://other.test").is_empty());
    ward.end().await;
}
