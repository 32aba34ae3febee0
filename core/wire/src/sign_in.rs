//! How clinicians sign in on phones: part of the signed policy; and what ties a provider's word to one phone.
//!
//! The ID token's `nonce` (OpenID Connect Core 1.0, section 2) is a commitment to the device key, so that the provider signs
//! for this phone alone and needs no support for it.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::{Deserialize, Serialize};

use crate::{DeviceId, Digest, Text, WireError};

/// Domain of the commitment in `nonce`.
const SESSION: &[u8] = b"gauze-session/v1\0";
/// Longest shift.
const SHIFT_HOURS: std::ops::RangeInclusive<u32> = 1..=24;

/// Whether a photo needs a clinician who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInMode {
    /// No photo without.
    Required,
    /// Phones ask for it; a photo is taken without as well.
    Asked,
}

/// How clinicians sign in on phones.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInRules {
    /// Whether it is needed.
    pub mode: SignInMode,
    /// The provider: an `https` URL, exactly as its tokens spell it in `iss`.
    pub issuer: Text<512>,
    /// The client that phones are there: a public one with PKCE (RFC 7636).
    pub client_id: Text<256>,
    /// Where the browser returns to: a claimed `https` link, or the app's own scheme (RFC 8252, section 7).
    pub redirect_uri: Text<512>,
    /// What to ask for; `openid profile` where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Text<512>>,
    /// `acr_values` to ask for. What was proven is judged inside, by the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr_values: Option<Text<512>>,
    /// Authorities of the provider's certificate (PEM); the public ones where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<Text<16384>>,
    /// Hours that a sign-in lasts on the phone, also without a network: 1 to 24.
    pub shift_hours: u32,
}

impl std::fmt::Debug for SignInRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInRules")
            .field("mode", &self.mode)
            .field("issuer", &self.issuer.as_str())
            .finish_non_exhaustive()
    }
}

impl SignInRules {
    /// Checks what the types cannot.
    pub(crate) fn check(&self) -> Result<(), WireError> {
        let issuer = self.issuer.as_str();
        let plain = !issuer.contains(['?', '#', ' ']) && issuer.len() > "https://".len();
        if !issuer.starts_with("https://") || !plain {
            return Err(WireError::Field("sign_in.issuer"));
        }
        let redirect = self.redirect_uri.as_str();
        let (scheme, rest) = redirect.split_once(':').ok_or(WireError::Field("sign_in.redirect_uri"))?;
        let own =
            scheme.contains('.') && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-".contains(&b));
        if !(scheme == "https" || own) || !rest.starts_with('/') || redirect.contains(['#', ' ']) {
            return Err(WireError::Field("sign_in.redirect_uri"));
        }
        let scope = self.scope.as_ref().map_or("openid", Text::as_str);
        if !scope.split(' ').any(|word| word == "openid") {
            return Err(WireError::Field("sign_in.scope"));
        }
        if SHIFT_HOURS.contains(&self.shift_hours) {
            Ok(())
        } else {
            Err(WireError::Field("sign_in.shift_hours"))
        }
    }
}

/// The `nonce` of a sign-in on this phone: base64url of the SHA-256 of `gauze-session/v1`, a zero byte, the device id as it is
/// written, and `salt`.
pub fn session_nonce(device: &DeviceId, salt: &[u8]) -> String {
    let device = device.to_string();
    let committed = [SESSION, device.as_bytes(), salt].concat();
    BASE64_URL_SAFE_NO_PAD.encode(Digest::of(&committed).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> serde_json::Value {
        serde_json::json!({
            "mode": "asked", "issuer": "https://login.example/realms/ward", "client_id": "gauze-phone",
            "redirect_uri": "org.gauze.app:/signed-in", "shift_hours": 12,
        })
    }

    fn judged(change: impl FnOnce(&mut serde_json::Value)) -> Result<(), WireError> {
        let mut value = rules();
        change(&mut value);
        serde_json::from_value::<SignInRules>(value).map_err(|_| WireError::Malformed("sign_in"))?.check()
    }

    #[test]
    fn rules_that_no_phone_could_follow_are_refused_by_their_field() {
        assert!(judged(|_| ()).is_ok());
        assert!(judged(|rules| rules["redirect_uri"] = "https://ward.example/signed-in".into()).is_ok());
        for (field, wrong) in [
            ("issuer", "http://login.example"),
            ("issuer", "https://"),
            ("issuer", "https://login.example/?realm=1"),
            ("redirect_uri", "gauze:/signed-in"),
            ("redirect_uri", "http://127.0.0.1/"),
            ("redirect_uri", "org.gauze.app"),
            ("redirect_uri", "javascript:alert"),
            ("scope", "profile"),
        ] {
            let refused = judged(|rules| rules[field] = wrong.into()).unwrap_err();
            assert!(refused.to_string().contains(field), "{field} {wrong}: {refused}");
        }
        assert!(judged(|rules| rules["shift_hours"] = 0.into()).is_err());
        assert!(judged(|rules| rules["shift_hours"] = 25.into()).is_err());
        assert!(judged(|rules| rules["secret"] = "x".into()).is_err());
    }

    #[test]
    fn a_nonce_commits_to_one_phone_and_one_salt() {
        let (one, other): (DeviceId, DeviceId) =
            ("A".repeat(43).parse().unwrap(), "B".repeat(43).parse().unwrap());
        // Computed with Python's hashlib.
        assert_eq!(session_nonce(&one, &[7; 32]), "0yCftuDTVRnPIdTY-jMepMVHsk5ZFMrmsYIVHUAUUq4");
        assert_ne!(session_nonce(&one, &[7; 32]), session_nonce(&other, &[7; 32]));
        assert_ne!(session_nonce(&one, &[7; 32]), session_nonce(&one, &[8; 32]));
    }
}
