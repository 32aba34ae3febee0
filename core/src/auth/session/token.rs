//! What an ID token says (OpenID Connect Core 1.0, section 3.1.3.7). It came from the token endpoint over TLS, where clients may
//! leave the signature to that (step 6); the records side verifies it by the provider's keys.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{Digest, Text};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::SignInError;

/// What it must say.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: Timestamp,
    pub skew: SignedDuration,
}

/// Whom it names.
pub struct Said {
    pub name: Text<256>,
    pub person: Digest,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    name: Option<String>,
    preferred_username: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// For this client, and for others only where `azp` names it.
    fn is(&self, client: &str, azp: Option<&str>) -> bool {
        let named = match self {
            Self::One(one) => one == client,
            Self::Several(several) => {
                several.iter().any(|one| one == client) && (several.len() == 1 || azp.is_some())
            }
        };
        named && azp.is_none_or(|azp| azp == client)
    }
}

pub fn judge(token: &str, expected: &Expected<'_>) -> Result<Said, SignInError> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return Err(SignInError::Token("form")) };
    let header: Header = part(header)?;
    // RFC 7518, section 3.1: nobody can judge these later.
    if signature.is_empty() || header.alg == "none" || header.alg.starts_with("HS") {
        return Err(SignInError::Token("alg"));
    }
    let claims: Claims = part(claims)?;
    if claims.iss != expected.issuer {
        return Err(SignInError::Token("iss"));
    }
    if !claims.aud.is(expected.client_id, claims.azp.as_deref()) {
        return Err(SignInError::Token("aud"));
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(SignInError::Token("nonce"));
    }
    let (now, skew) = (expected.now.as_second(), expected.skew.as_secs());
    if claims.exp <= now.saturating_sub(skew) || claims.iat > now.saturating_add(skew) {
        return Err(SignInError::Token("time"));
    }
    if claims.sub.is_empty() || claims.sub.len() > 255 {
        return Err(SignInError::Token("sub"));
    }
    let name = [claims.name, claims.preferred_username].into_iter().flatten();
    let name = name.chain([claims.sub.clone()]).find_map(|name| Text::new(name.trim()).ok());
    let person = Digest::of(&[claims.iss.as_bytes(), b"\0", claims.sub.as_bytes()].concat());
    Ok(Said { name: name.ok_or(SignInError::Token("sub"))?, person })
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, SignInError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| SignInError::Token("form"))?;
    serde_json::from_slice(&Zeroizing::new(bytes)).map_err(|_| SignInError::Token("form"))
}
