//! The provider at which those signed in who took the newest photos.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_tests::identity::issuer::{Account, Asked, Issuer};
use gauze_wire::{Bytes, Digest, Record, SessionEvidence, Text, session_nonce};
use serde_json::{Value, json};

/// Its name in tokens, what the hospital is called there, and where the phone is sent back to.
pub const AT: &str = "https://provider.test";
pub const CLIENT: &str = "gauze";
const BACK: &str = "org.gauze.app:/signed-in";
const SALT: [u8; 32] = [9; 32];

/// What the signed policy says of it.
pub fn rules() -> Value {
    json!({ "mode": "asked", "issuer": AT, "client_id": CLIENT, "redirect_uri": BACK, "shift_hours": 12 })
}

pub fn issuer() -> Arc<Issuer> {
    Arc::new(Issuer::new(AT, CLIENT))
}

/// Signs Alex in on the photo's phone, in the moment in which it was taken.
pub fn sign_in(issuer: &Issuer, record: &mut Record) -> anyhow::Result<()> {
    let (now, verifier) = (record.captured_at.as_second(), "v".repeat(43));
    let asked = [
        ("nonce", session_nonce(&record.device_id, &SALT)),
        ("code_challenge", BASE64_URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).0)),
        ("redirect_uri", BACK.to_owned()),
    ];
    let asked = asked.map(|(name, value)| (name.to_owned(), value)).into();
    let claims = json!({ "name": "Alex Morgan", "acr": "gold" });
    let claims = claims.as_object().cloned().unwrap_or_default();
    let back = issuer.let_in(&asked, &Account { login: "alex".to_owned(), claims }, now).query();
    let given: HashMap<String, String> = url::form_urlencoded::parse(back.as_bytes()).into_owned().collect();
    let code = given.get("code").context("no code")?;
    let fields = [("code", code.as_str()), ("code_verifier", &verifier), ("redirect_uri", BACK)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let (status, body) = issuer.answer(&Asked { path: "/token", fields, now });
    ensure!(status == 200, "no token: {status}");
    let body: Value = serde_json::from_slice(&body)?;
    let token = Text::new(body["id_token"].as_str().context("no token")?)?;
    record.clinician = Some(Text::new("Alex Morgan")?);
    record.session = Some(SessionEvidence { token, salt: Bytes::new(SALT)? });
    Ok(())
}
