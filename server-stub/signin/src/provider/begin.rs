//! The way to the provider.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::person::PersonId;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::Provider;
use super::error::SignInError;
use super::metadata::Metadata;
use crate::config::Ask;
use crate::random;

/// What a sign-in is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody signs in.
    SignIn,
    /// Somebody who is signed in proves anew that it is them: who, and the cookie of the session, which browsers do not send when
    /// another site brings them back.
    ProveAgain(PersonId, String),
}

/// What the browser is to do after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What for.
    pub purpose: Purpose,
    /// The address of ours that comes next.
    pub next: String,
}

/// A sign-in that has begun: kept on this side until the browser comes back, once.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What for, and where to afterwards.
    pub wanted: Wanted,
    /// When.
    pub at: Timestamp,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

impl Provider {
    /// Begins a sign-in; where the browser goes.
    ///
    /// # Errors
    /// [`SignInError`] where the provider does not answer or describes itself wrongly.
    pub async fn begin(&self, wanted: Wanted, now: Timestamp) -> Result<(Url, Begun), SignInError> {
        let metadata = self.metadata(now).await?;
        let begun = Begun {
            wanted,
            at: now,
            state: random::token::<32>()?,
            nonce: random::token::<32>()?,
            verifier: random::token::<32>()?,
        };
        let fields = self.fields(&begun);
        let mut url = metadata.authorization_endpoint.clone();
        if metadata.pushed_authorization_request_endpoint.is_some() {
            let request_uri = self.push(&metadata, &fields, now).await?;
            url.query_pairs_mut()
                .append_pair("client_id", &self.people.provider.client_id)
                .append_pair("request_uri", &request_uri);
        } else {
            url.query_pairs_mut().extend_pairs(&fields);
        }
        Ok((url, begun))
    }

    fn fields(&self, begun: &Begun) -> Vec<(&'static str, String)> {
        let provider = &self.people.provider;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&begun.verifier));
        let mut fields = vec![
            ("response_type", "code".to_owned()),
            ("client_id", provider.client_id.clone()),
            ("redirect_uri", self.callback.clone()),
            ("scope", provider.scopes.join(" ")),
            ("state", begun.state.clone()),
            ("nonce", begun.nonce.clone()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
        ];
        match &begun.wanted.purpose {
            Purpose::SignIn => {
                fields.push(("max_age", self.people.limits.longest.as_secs().to_string()));
            }
            Purpose::ProveAgain(..) => {
                fields.push(("max_age", "0".to_owned()));
                fields.push(("prompt", "login".to_owned()));
            }
        }
        match &provider.ask {
            Ask::AcrValues(values) => fields.push(("acr_values", values.clone())),
            Ask::Acrs(context) => {
                let claims = json!({ "id_token": { "acrs": { "essential": true, "value": context } } });
                fields.push(("claims", claims.to_string()));
            }
            Ask::Nothing => {}
        }
        fields
    }

    /// RFC 9126: the request goes to the provider itself, and the browser carries its name alone.
    async fn push(
        &self,
        metadata: &Metadata,
        fields: &[(&'static str, String)],
        now: Timestamp,
    ) -> Result<String, SignInError> {
        let Some(to) = &metadata.pushed_authorization_request_endpoint else {
            return Err(SignInError::Answer);
        };
        // Whoever sends it stands in the proof of who sends it, once.
        let kept = |name: &str| name != "client_id" || self.credentials.in_header(metadata);
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .filter(|(name, _)| kept(name))
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let request = self.credentials.post(to, &fields, (metadata, now))?;
        let answer = self.out.send(request).await?;
        if !matches!(answer.status(), StatusCode::CREATED | StatusCode::OK) {
            return Err(SignInError::Refused(super::error::error_code(answer.body())));
        }
        let pushed: Pushed = serde_json::from_slice(answer.body()).map_err(|_| SignInError::Answer)?;
        Ok(pushed.request_uri)
    }
}
