//! The hospital's identity provider, by OpenID Connect: authorization code, PKCE, pushed requests where offered.
//!
//! Always: what comes back through a browser is believed only as far as it can be tied to this browser and to what this side
//! asked (`state`, `iss`, `nonce`, PKCE); what the token says is what counts, never what was asked for.

mod begin;
mod client;
mod error;
mod finish;
mod logout;
mod metadata;

use std::sync::Arc;

use http::StatusCode;
use http::header::ACCEPT;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use url::Url;

pub use begin::{Begun, Purpose, Wanted};
pub use error::SignInError;
pub use finish::{Back, Recognised};
pub use logout::{Ended, SignOutThere};

use crate::config::{ConfigError, People};
use crate::jwt::{JwtError, Keys, Verified};
use crate::outward::Outward;
use client::Credentials;
use metadata::Metadata;

/// How long the provider's description and keys are believed without asking again.
const KEPT: SignedDuration = SignedDuration::from_mins(60);
/// How soon keys are asked for again because a token names one that is not known.
const KEYS_AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// How far clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

#[derive(Default)]
struct Known {
    metadata: Option<(Metadata, Timestamp)>,
    keys: Option<(Keys, Timestamp)>,
}

/// The provider, with what is known of it at the moment.
pub struct Provider {
    people: Arc<People>,
    credentials: Credentials,
    callback: String,
    out: Arc<dyn Outward>,
    known: Mutex<Known>,
    heard: std::sync::Mutex<std::collections::HashMap<String, Timestamp>>,
}

impl Provider {
    /// Reads this side's secret or key; asks the provider nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`] where the secret or the key cannot be used.
    pub fn new(people: Arc<People>, out: Arc<dyn Outward>) -> Result<Self, ConfigError> {
        let credentials = Credentials::load(&people.provider)?;
        let callback = people.callback();
        Ok(Self {
            people,
            credentials,
            callback,
            out,
            known: Mutex::default(),
            heard: std::sync::Mutex::default(),
        })
    }

    async fn get(&self, url: &Url) -> Result<Vec<u8>, SignInError> {
        let request = http::Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new());
        let answer = self.out.send(request.map_err(|_| SignInError::Answer)?).await?;
        if answer.status() == StatusCode::OK { Ok(answer.into_body()) } else { Err(SignInError::Answer) }
    }

    async fn metadata(&self, now: Timestamp) -> Result<Metadata, SignInError> {
        let mut known = self.known.lock().await;
        if let Some((metadata, at)) = &known.metadata
            && now.duration_since(*at) < KEPT
        {
            return Ok(metadata.clone());
        }
        let issuer = &self.people.provider.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| SignInError::Metadata("the issuer is no address"))?;
        let metadata = Metadata::parse(&self.get(&url).await?, issuer)?;
        known.metadata = Some((metadata.clone(), now));
        Ok(metadata)
    }

    /// Verifies a token by the provider's keys; asks for them again where it names one that is not known.
    async fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, SignInError> {
        let metadata = self.metadata(now).await?;
        let mut known = self.known.lock().await;
        if let Some((keys, at)) = &known.keys {
            let age = now.duration_since(*at);
            match keys.verify(token) {
                Ok(verified) if age < KEPT => return Ok(verified),
                Err(JwtError::UnknownKey) if age < KEYS_AGAIN => return Err(JwtError::UnknownKey.into()),
                Err(error) if error != JwtError::UnknownKey && age < KEPT => return Err(error.into()),
                Ok(_) | Err(_) => {}
            }
        }
        let keys = Keys::parse(&self.get(&metadata.jwks_uri).await?).map_err(|_| SignInError::Answer)?;
        let verified = keys.verify(token);
        known.keys = Some((keys, now));
        Ok(verified?)
    }
}
