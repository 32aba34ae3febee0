//! Proof of possession for clinicians' tokens: DPoP (RFC 9449), ES256 only.
//!
//! A proof is a JWS whose header carries its own key; it says nothing about who holds the key. Whoever verifies
//! compares [`Proven::key`] with the thumbprint (`jkt`) that the access token names, and keeps [`Proven::jti`] with the
//! key until [`Proven::until_s`]: a proof counts once. Only the headers and claims that the RFC names are judged;
//! others are ignored, except `crit`, which is refused because none is understood.

mod uri;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{Digest, KeyId, PublicKey};

/// Longest proof that is read.
pub const PROOF_LIMIT: usize = 8 * 1024;
/// How old a proof may be, in seconds, beside [`crate::signature::SKEW_S`] of difference between clocks.
pub const LIFE_S: i64 = 300;
/// Longest `jti` that is kept.
const JTI_LIMIT: usize = 128;

/// Why a proof is refused.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum DpopError {
    /// Not a compact JWS with the headers and claims of RFC 9449, or too long.
    #[error("not a DPoP proof")]
    Malformed,
    /// `typ` is not `dpop+jwt`.
    #[error("another kind of token shown as a DPoP proof")]
    WrongType,
    /// Another algorithm than ES256, or a key of another kind.
    #[error("unsupported algorithm")]
    Algorithm,
    /// The header shows a private key.
    #[error("the proof gives away a private key")]
    PrivateKey,
    /// The signature does not verify with the proof's own key.
    #[error("signature does not verify")]
    Signature,
    /// Made for another method or address.
    #[error("made for another request")]
    WrongRequest,
    /// Outside its time.
    #[error("expired or not yet valid")]
    Expired,
    /// Without the nonce that the server gave, or with another.
    #[error("another nonce than the server gave")]
    Nonce,
    /// Bound to another access token, or to none.
    #[error("made for another access token")]
    Token,
    /// Made by another key than the access token names.
    #[error("made by another key")]
    WrongKey,
}

impl DpopError {
    /// The error code of RFC 9449 sections 5, 7.1 and 8.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nonce => "use_dpop_nonce",
            Self::Token | Self::WrongKey => "invalid_token",
            Self::Malformed
            | Self::WrongType
            | Self::Algorithm
            | Self::PrivateKey
            | Self::Signature
            | Self::WrongRequest
            | Self::Expired => "invalid_dpop_proof",
        }
    }
}

/// What a proof must have been made for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's address, from configuration; query and fragment do not count.
    pub uri: &'a str,
    /// Now.
    pub now: Timestamp,
    /// The nonce that the server gave, where it gives one.
    pub nonce: Option<&'a str>,
    /// The access token that comes with it, where one does.
    pub access_token: Option<&'a str>,
    /// The key that the access token is bound to.
    pub key: Option<&'a KeyId>,
}

/// A proof that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Thumbprint (RFC 7638) of the key that made it: what `jkt` names.
    pub key: KeyId,
    /// Its identifier.
    pub jti: String,
    /// Until when the identifier is kept, in seconds since 1970.
    pub until_s: i64,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
    crit: Option<IgnoredAny>,
}

/// Other members of a JWK are ignored, except those of private and symmetric keys.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: serde_json::Number,
    ath: Option<String>,
    nonce: Option<String>,
}

/// Judges a proof. The caller refuses it if its `jti` was seen before.
pub fn verify(proof: &str, expected: &Expected<'_>) -> Result<Proven, DpopError> {
    if proof.len() > PROOF_LIMIT {
        return Err(DpopError::Malformed);
    }
    let (signed, signature) = proof.rsplit_once('.').ok_or(DpopError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(DpopError::Malformed)?;
    let key = key_of(&json(header)?)?;
    let claims: Claims = json(claims)?;
    key.verify(signed.as_bytes(), &decode(signature)?).map_err(|_| DpopError::Signature)?;
    if claims.jti.is_empty() || claims.jti.len() > JTI_LIMIT {
        return Err(DpopError::Malformed);
    }
    if claims.htm != expected.method || !uri::same(&claims.htu, expected.uri) {
        return Err(DpopError::WrongRequest);
    }
    let until_s = in_time(&claims.iat, expected.now)?;
    if expected.nonce.is_some() && claims.nonce.as_deref() != expected.nonce {
        return Err(DpopError::Nonce);
    }
    if let Some(token) = expected.access_token {
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Digest::of(token.as_bytes()).0);
        if claims.ath.as_deref() != Some(digest.as_str()) {
            return Err(DpopError::Token);
        }
    }
    let key = key.key_id();
    if expected.key.is_some_and(|bound| *bound != key) {
        return Err(DpopError::WrongKey);
    }
    Ok(Proven { key, jti: claims.jti, until_s })
}

fn key_of(header: &Header) -> Result<PublicKey, DpopError> {
    if header.typ != "dpop+jwt" {
        return Err(DpopError::WrongType);
    }
    if header.crit.is_some() {
        return Err(DpopError::Malformed);
    }
    let jwk = &header.jwk;
    if jwk.d.is_some() || jwk.k.is_some() || jwk.p.is_some() {
        return Err(DpopError::PrivateKey);
    }
    if header.alg != "ES256" || jwk.kty != "EC" || jwk.crv.as_deref() != Some("P-256") {
        return Err(DpopError::Algorithm);
    }
    let mut point = vec![4];
    for coordinate in [&jwk.x, &jwk.y] {
        let bytes = decode(coordinate.as_deref().unwrap_or_default())?;
        if bytes.len() != 32 {
            return Err(DpopError::Malformed);
        }
        point.extend(bytes);
    }
    PublicKey::from_sec1(&point).map_err(|_| DpopError::Malformed)
}

/// Until when the proof could be shown again.
fn in_time(iat: &serde_json::Number, now: Timestamp) -> Result<i64, DpopError> {
    // A NumericDate may have a fraction (RFC 7519 section 2); whole seconds are judged.
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, and the window refuses it")]
    let whole = iat.as_i64().or_else(|| iat.as_f64().map(|seconds| seconds as i64));
    let made = whole.ok_or(DpopError::Malformed)?;
    let (now, skew) = (now.as_second(), crate::signature::SKEW_S);
    let until = made.saturating_add(LIFE_S + skew);
    if made > now.saturating_add(skew) || now > until {
        return Err(DpopError::Expired);
    }
    Ok(until)
}

fn decode(part: &str) -> Result<Vec<u8>, DpopError> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| DpopError::Malformed)
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, DpopError> {
    serde_json::from_slice(&decode(part)?).map_err(|_| DpopError::Malformed)
}
