//! A clinician's sign-in on the phone: OpenID Connect's authorization code flow through the system's browser (RFC 8252), with
//! PKCE (RFC 7636), and pushed (RFC 9126) where the provider offers it.
//!
//! Always: what the provider signs commits to this phone (`nonce`) and travels inside the sealed record; the gateway sees a
//! random reference. The phone judges what a token says; who signed it, the records side judges for itself. A session that
//! has ended stops no photo that was taken.

mod error;
mod provider;
mod token;

use std::fmt;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{Bytes, DeviceId, Digest, Name, SessionEvidence, SignInRules, Text, session_nonce};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::ports::{Entropy, Transport};
pub use error::SignInError;
use provider::Provider;

/// Clocks of phone and provider may differ by this much.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// A sign-in that waits for the browser to come back. In memory only: a process that died begins anew.
#[derive(Clone)]
pub(crate) struct Begun {
    provider: Provider,
    state: String,
    verifier: Zeroizing<String>,
    salt: [u8; 32],
    nonce: String,
    device_id: DeviceId,
    rules: SignInRules,
}

/// What the system's browser opens.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInPage {
    /// The provider's page. Hand it to the browser as it is, and log it nowhere.
    pub url: String,
    /// What the browser returns to: the address that it then calls ends the sign-in.
    pub redirect_uri: String,
}

/// A clinician who is signed in, as the phone keeps it: sealed with the store key. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    v: u32,
    /// The phone that it was signed for: another that it becomes has it not.
    pub device_id: DeviceId,
    /// What the manifest says of the session: random.
    pub session_ref: Name,
    /// Who, as the provider calls them.
    pub name: Text<256>,
    /// Whose photos these are on this phone: hex SHA-256 over issuer and subject.
    pub person: Digest,
    /// When.
    pub since: Timestamp,
    /// Until when it counts on the phone.
    pub until: Timestamp,
    pub evidence: SessionEvidence,
}

/// What a caller may see of who is signed in. `Debug` does not name them.
#[derive(Clone, PartialEq, Eq)]
pub struct Clinician {
    /// Who, as the provider calls them.
    pub name: String,
    /// When they signed in.
    pub since: Timestamp,
    /// When the phone asks again.
    pub until: Timestamp,
}

impl fmt::Debug for Clinician {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clinician")
            .field("since", &self.since)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl From<&Signed> for Clinician {
    fn from(signed: &Signed) -> Self {
        Self { name: signed.name.as_str().to_owned(), since: signed.since, until: signed.until }
    }
}

impl Signed {
    /// Whether it counts at `now`. A clock that was set back before it began ends it.
    pub fn counts(&self, now: Timestamp) -> bool {
        let earliest = self.since.saturating_sub(SKEW).unwrap_or(self.since);
        now >= earliest && now < self.until
    }
}

/// Asks the provider where to sign in.
pub(crate) async fn begin(
    transport: &dyn Transport,
    entropy: &dyn Entropy,
    device: &DeviceId,
    rules: &SignInRules,
) -> Result<(Begun, SignInPage), SignInError> {
    let provider = Provider::discover(transport, rules.issuer.as_str()).await?;
    let mut salt = [0; 32];
    entropy.fill(&mut salt).map_err(|_| SignInError::Entropy)?;
    let begun = Begun {
        state: random(entropy)?,
        verifier: Zeroizing::new(random(entropy)?),
        nonce: session_nonce(device, &salt),
        device_id: device.clone(),
        salt,
        rules: rules.clone(),
        provider,
    };
    let url = begun.provider.page(transport, rules, &begun.questions()).await?;
    Ok((begun, SignInPage { url, redirect_uri: rules.redirect_uri.as_str().to_owned() }))
}

fn random(entropy: &dyn Entropy) -> Result<String, SignInError> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes).map_err(|_| SignInError::Entropy)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

impl Begun {
    /// Whether it is this very sign-in.
    pub fn is(&self, other: &Self) -> bool {
        self.state == other.state
    }

    /// What the authorization request says (OpenID Connect Core 1.0, section 3.1.2.1). A phone on a ward is shared: the provider
    /// must ask who it is, whoever signed in before.
    fn questions(&self) -> Vec<(&'static str, String)> {
        let rules = &self.rules;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Digest::of(self.verifier.as_bytes()).0);
        let mut questions = vec![
            ("response_type", "code".to_owned()),
            ("client_id", rules.client_id.as_str().to_owned()),
            ("redirect_uri", rules.redirect_uri.as_str().to_owned()),
            ("scope", rules.scope.as_ref().map_or("openid profile", Text::as_str).to_owned()),
            ("state", self.state.clone()),
            ("nonce", self.nonce.clone()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
            ("prompt", "login".to_owned()),
        ];
        questions.extend(rules.acr_values.as_ref().map(|values| ("acr_values", values.as_str().to_owned())));
        questions
    }

    /// Takes the code out of the address that the browser came back to.
    fn code(&self, callback: &str) -> Result<Zeroizing<String>, SignInError> {
        let redirect = self.rules.redirect_uri.as_str();
        let url = Url::parse(callback).map_err(|_| SignInError::OtherAddress)?;
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        if Url::parse(redirect).map_or(true, |expected| bare != expected) {
            return Err(SignInError::OtherAddress);
        }
        let field = |name: &str| {
            let mut found =
                url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
            // Twice is nobody's word.
            let first = found.next();
            first.filter(|_| found.next().is_none())
        };
        if field("state").as_deref() != Some(&self.state) {
            return Err(SignInError::NotBegun);
        }
        // RFC 9207: another provider's answer must not reach this one's token endpoint.
        let named = field("iss");
        if named.as_deref().map_or(self.provider.names_itself, |iss| iss != self.rules.issuer.as_str()) {
            return Err(SignInError::OtherProvider);
        }
        if let Some(code) = field("error") {
            return Err(SignInError::refused(&code));
        }
        field("code").filter(|code| !code.is_empty()).map(Zeroizing::new).ok_or(SignInError::OtherAddress)
    }

    /// Ends the sign-in with the address that the browser came back to. `now` is the phone's best knowledge of the time.
    pub async fn finish(
        &self,
        transport: &dyn Transport,
        entropy: &dyn Entropy,
        callback: &str,
        now: Timestamp,
    ) -> Result<Signed, SignInError> {
        let code = self.code(callback)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", self.rules.redirect_uri.as_str()),
            ("client_id", self.rules.client_id.as_str()),
            ("code_verifier", self.verifier.as_str()),
        ];
        let token = self.provider.redeem(transport, &form).await?;
        let expected = token::Expected {
            issuer: self.rules.issuer.as_str(),
            client_id: self.rules.client_id.as_str(),
            nonce: &self.nonce,
            now,
            skew: SKEW,
        };
        let said = token::judge(&token, &expected)?;
        let mut reference = [0; 16];
        entropy.fill(&mut reference).map_err(|_| SignInError::Entropy)?;
        let session_ref = BASE64_URL_SAFE_NO_PAD.encode(reference);
        let hours = SignedDuration::from_hours(self.rules.shift_hours.into());
        Ok(Signed {
            v: 1,
            device_id: self.device_id.clone(),
            session_ref: Name::try_from(session_ref).map_err(|_| SignInError::Token("session"))?,
            name: said.name,
            person: said.person,
            since: now,
            until: now.saturating_add(hours).unwrap_or(now),
            evidence: SessionEvidence {
                token: Text::new(token.as_str()).map_err(|_| SignInError::TooLarge)?,
                salt: Bytes::new(self.salt).map_err(|_| SignInError::Entropy)?,
            },
        })
    }
}

#[cfg(test)]
mod tests;
