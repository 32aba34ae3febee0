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

use std::sync::{Arc, MutexGuard, PoisonError};

use gauze_wire::SignInRules;
use http::StatusCode;
use http::header::ACCEPT;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use url::Url;

pub use begin::{Begun, Purpose, Wanted};
pub use error::SignInError;
pub use finish::{Back, Recognised};
pub use logout::{Ended, SignOutThere};

use crate::age::is_within;
use crate::config::{ConfigError, People};
use crate::jwt::{JwtError, Keys, Verified};
use crate::keys_seen::KeyMemory;
use crate::outward::Outward;
use crate::phones::{Said, Taker, judge};
use client::Credentials;
use metadata::Metadata;

/// How long the provider's description and keys are believed without asking again.
const KEPT: SignedDuration = SignedDuration::from_mins(60);
/// How soon keys are asked for again because a token names one that is not known.
const KEYS_AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// How long a failure is given to others who ask, without asking again.
const FAILED: SignedDuration = SignedDuration::from_secs(5);
/// How far clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What was asked for last, and when.
struct Asked<T> {
    known: Option<(T, Timestamp)>,
    failed: Option<(SignInError, Timestamp)>,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self { known: None, failed: None }
    }
}

impl<T: Clone> Asked<T> {
    fn fresh(&self, now: Timestamp) -> Option<T> {
        self.known.as_ref().filter(|(_, at)| is_within(*at, now, KEPT)).map(|(known, _)| known.clone())
    }

    /// The failure of a moment ago: nobody waits for it a second time.
    fn failed(&self, now: Timestamp) -> Option<SignInError> {
        self.failed.as_ref().filter(|(_, at)| is_within(*at, now, FAILED)).map(|(error, _)| error.clone())
    }

    fn keep(&mut self, answer: Result<T, SignInError>, now: Timestamp) -> Result<T, SignInError> {
        match answer {
            Ok(known) => {
                *self = Self { known: Some((known.clone(), now)), failed: None };
                Ok(known)
            }
            Err(error) => {
                self.failed = Some((error.clone(), now));
                Err(error)
            }
        }
    }
}

#[derive(Default)]
struct Known {
    metadata: Asked<Metadata>,
    keys: Asked<Arc<Keys>>,
}

/// The provider, with what is known of it at the moment.
pub struct Provider {
    people: Arc<People>,
    credentials: Credentials,
    callback: String,
    out: Arc<dyn Outward>,
    known: std::sync::Mutex<Known>,
    /// Held by the one request that asks the provider; what is known is read beside it.
    asking: Mutex<()>,
    heard: std::sync::Mutex<std::collections::HashMap<String, Timestamp>>,
    /// Where its keys are kept with their dates.
    memory: Option<Arc<dyn KeyMemory>>,
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
            known: std::sync::Mutex::default(),
            asking: Mutex::default(),
            heard: std::sync::Mutex::default(),
            memory: None,
        })
    }

    /// Keeps the provider's keys with their dates, each time they are fetched: without, no photo's clinician is proven.
    #[must_use]
    pub fn remembering(self, memory: Arc<dyn KeyMemory>) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// Who took a photo, by the rules that were in force and the keys that were kept. Asks the provider nothing.
    pub fn taker(&self, said: &Said<'_>, rules: Option<&SignInRules>) -> Taker {
        let seen = match (rules, &self.memory) {
            (Some(rules), Some(memory)) => memory.of(rules.issuer.as_str()),
            _ => Vec::new(),
        };
        judge(said, rules, &seen, &self.people.provider.proves)
    }

    /// Fetches the provider's keys, so that they are kept with their dates also while nobody signs in.
    ///
    /// # Errors
    /// [`SignInError`] where the provider gives none.
    pub async fn look(&self, now: Timestamp) -> Result<(), SignInError> {
        let metadata = self.metadata(now).await?;
        let _asking = self.asking.lock().await;
        self.fetch_keys(&metadata, now).await.map(drop)
    }

    async fn get(&self, url: &Url) -> Result<Vec<u8>, SignInError> {
        let request = http::Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new());
        let answer = self.out.send(request.map_err(|_| SignInError::Answer)?).await?;
        if answer.status() == StatusCode::OK { Ok(answer.into_body()) } else { Err(SignInError::Answer) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the provider last said of itself, however long ago.
    fn known_metadata(&self) -> Option<Metadata> {
        self.known().metadata.known.as_ref().map(|(metadata, _)| metadata.clone())
    }

    async fn metadata(&self, now: Timestamp) -> Result<Metadata, SignInError> {
        if let Some(metadata) = self.known().metadata.fresh(now) {
            return Ok(metadata);
        }
        let _asking = self.asking.lock().await;
        {
            // Somebody may have asked meanwhile.
            let known = self.known();
            if let Some(metadata) = known.metadata.fresh(now) {
                return Ok(metadata);
            }
            if let Some(error) = known.metadata.failed(now) {
                return Err(error);
            }
        }
        let answer = self.ask_metadata().await;
        self.known().metadata.keep(answer, now)
    }

    async fn ask_metadata(&self) -> Result<Metadata, SignInError> {
        let issuer = &self.people.provider.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| SignInError::Metadata("the issuer is no address"))?;
        Metadata::parse(&self.get(&url).await?, issuer)
    }

    /// Verifies a token by the provider's keys; asks for them again where it names one that is not known.
    async fn verify(&self, token: &str, now: Timestamp) -> Result<Verified, SignInError> {
        let metadata = self.metadata(now).await?;
        if let Some(judged) = self.verify_by_known(token, now) {
            return judged;
        }
        let _asking = self.asking.lock().await;
        if let Some(judged) = self.verify_by_known(token, now) {
            return judged;
        }
        if let Some(error) = self.known().keys.failed(now) {
            return Err(error);
        }
        Ok(self.fetch_keys(&metadata, now).await?.verify(token)?)
    }

    async fn fetch_keys(&self, metadata: &Metadata, now: Timestamp) -> Result<Arc<Keys>, SignInError> {
        let answer = self.ask_keys(metadata, now).await;
        self.known().keys.keep(answer, now)
    }

    async fn ask_keys(&self, metadata: &Metadata, now: Timestamp) -> Result<Arc<Keys>, SignInError> {
        let bytes = self.get(&metadata.jwks_uri).await?;
        let keys = Keys::parse(&bytes).map_err(|_| SignInError::Answer)?;
        if let Some(memory) = &self.memory {
            memory.saw(&self.people.provider.issuer, &bytes, now).await;
        }
        Ok(Arc::new(keys))
    }

    /// What the known keys say; nothing where others are to be asked for.
    fn verify_by_known(&self, token: &str, now: Timestamp) -> Option<Result<Verified, SignInError>> {
        let (keys, at) = self.known().keys.known.clone().filter(|(_, at)| is_within(*at, now, KEPT))?;
        match keys.verify(token) {
            Err(JwtError::UnknownKey) if !is_within(at, now, KEYS_AGAIN) => None,
            judged => Some(judged.map_err(SignInError::from)),
        }
    }
}
