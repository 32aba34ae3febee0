//! The gateway as the phone calls it.
//!
//! A signed request whose clock was refused is sent once more with the gateway's time, as its answer tells it in
//! `Gauze-Time`; nothing else is repeated here. An answer that is not the gateway's own is nobody's word.

use std::sync::Arc;

use gauze_wire::signature::{Request, Tag, sign};
use gauze_wire::{Digest, Problem, ProblemCode, Tenant};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::VaultSigner;
use super::clocks::{Clocks, retry_after};
use crate::ports::{Answer, Call, Clock, Entropy, KeyVault, Transport, TransportError, VaultError};

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum CallError {
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The gateway refused.
    #[error("the gateway refused: {}", .0.code)]
    Refused(Box<Problem>),
    /// Something in the gateway's place answered, with this HTTP status: a proxy, a filter, a sign-in page.
    #[error("something between this phone and the hospital answered: HTTP {0}")]
    Between(u16),
    /// The answer is not as documented.
    #[error("the gateway's answer is not as documented")]
    Answer,
    /// The device key did not sign.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No random bytes.
    #[error("no random bytes")]
    Entropy,
}

/// Why a call brought nothing, and how long whoever answered it asked to be left alone.
#[derive(Debug)]
pub(crate) struct Unanswered {
    pub error: CallError,
    pub wait_ms: i64,
}

impl Unanswered {
    fn is(&self, code: ProblemCode) -> bool {
        matches!(&self.error, CallError::Refused(problem) if problem.code == code)
    }
}

impl From<Unanswered> for CallError {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.error
    }
}

impl From<CallError> for Unanswered {
    fn from(error: CallError) -> Self {
        Self { error, wait_ms: 0 }
    }
}

impl From<TransportError> for Unanswered {
    fn from(error: TransportError) -> Self {
        CallError::from(error).into()
    }
}

/// Calls one gateway for one tenant.
pub struct GatewayClient {
    pub transport: Arc<dyn Transport>,
    pub vault: Arc<dyn KeyVault>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub base: String,
    pub tenant: Tenant,
    pub clocks: Clocks,
}

impl GatewayClient {
    fn url(&self, path: &str) -> String {
        format!("{}/v1/{}/{path}", self.base, self.tenant)
    }

    /// An unsigned `GET` of what the gateway serves as `media_type`; `None` where there is nothing.
    pub async fn fetch(&self, path: &str, media_type: &str) -> Result<Option<String>, CallError> {
        let call = Call { method: "GET", url: self.url(path), headers: Vec::new(), body: None };
        let answer = self.transport.call(call).await?;
        let (status, is_served) = (answer.status, comes_as(&answer, media_type));
        match accept(answer, path) {
            Ok(body) if is_served => {
                String::from_utf8(body).map(Some).map_err(|_| CallError::Between(status))
            }
            Ok(_) => Err(CallError::Between(status)),
            Err(CallError::Refused(problem)) if problem.code == ProblemCode::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An unsigned `POST`. Its answer also tells the time.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<T, CallError> {
        let headers = vec![("content-type", content_type.to_owned())];
        let call = Call { method: "POST", url: self.url(path), headers, body: Some(body) };
        let answer = self.transport.call(call).await?;
        self.clocks.learn(answer.time.as_deref(), self.clock.now());
        parse(answer, path)
    }

    /// An unsigned `POST` whose answer says nothing but the gateway's time: by that it is known.
    pub(crate) async fn tell(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<(), Unanswered> {
        let headers = vec![("content-type", content_type.to_owned())];
        let call = Call { method: "POST", url: self.url(path), headers, body: Some(body) };
        let answer = self.transport.call(call).await?;
        let (status, tells_time) = (answer.status, answer.time.is_some());
        accept(answer, path)?;
        if tells_time { Ok(()) } else { Err(CallError::Between(status).into()) }
    }

    /// A signed `POST` of JSON.
    pub(crate) async fn post_signed<T: DeserializeOwned>(
        &self,
        path: &str,
        message: &impl Serialize,
    ) -> Result<T, Unanswered> {
        let body = serde_json::to_vec(message).map_err(|_| CallError::Answer)?;
        let first = self.transport.call(self.signed(path, &body, self.time()).await?).await?;
        tracing::debug!(status = first.status, "answered");
        let told = first.time.clone();
        let refused = match self.heard(first, path) {
            Err(refused) if refused.is(ProblemCode::SignatureExpired) => refused,
            other => return other,
        };
        if !self.clocks.learn(told.as_deref(), self.clock.now()) {
            return Err(refused);
        }
        let again = self.transport.call(self.signed(path, &body, self.time_told()).await?).await?;
        self.heard(again, path)
    }

    fn heard<T: DeserializeOwned>(&self, answer: Answer, path: &str) -> Result<T, Unanswered> {
        let wait_ms = self.wait_ms(&answer);
        parse(answer, path).map_err(|error| Unanswered { error, wait_ms })
    }

    async fn signed(&self, path: &str, body: &[u8], now: Timestamp) -> Result<Call, CallError> {
        let mut nonce = [0; 16];
        self.entropy.fill(&mut nonce).map_err(|_| CallError::Entropy)?;
        let (vault, url, digest) = (self.vault.clone(), self.url(path), Digest::of(body));
        let target = url.clone();
        // StrongBox can take seconds: never on the runtime's own threads.
        let signing = tokio::task::spawn_blocking(move || {
            let signer = VaultSigner::new(&*vault)?;
            let request = Request { method: "POST", target_uri: &target, body: Some(&digest) };
            sign(&request, &signer, Tag::Device, now, &nonce).map_err(|_| signer.why())
        });
        let fields = signing.await.map_err(|_| VaultError::Unavailable)??;
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("signature-input", fields.signature_input),
            ("signature", fields.signature),
        ];
        headers.extend(fields.content_digest.map(|value| ("content-digest", value)));
        Ok(Call { method: "POST", url, headers, body: Some(body.to_vec()) })
    }

    /// The time by the gateway's clock, as far as it is known and believed.
    pub fn time(&self) -> Timestamp {
        self.clocks.believed(self.clock.now())
    }

    /// The time by the answer that came last: what is sent on it has to fit it, however far it is from this phone's clock.
    pub fn time_told(&self) -> Timestamp {
        self.clocks.told(self.clock.now())
    }

    /// How long whoever refused asks to be left alone, in milliseconds.
    pub fn wait_ms(&self, answer: &Answer) -> i64 {
        let asked = answer.retry_after.as_deref().filter(|_| answer.status >= 400);
        let wait = asked.and_then(|text| retry_after(text, self.clock.now()));
        wait.map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The statuses under which the gateway answers at `path` (its `/openapi.json` has them): under any other an answer is nobody's word.
fn announced(path: &str) -> &'static [u16] {
    match path {
        "challenges" | "enrolments" => &[201],
        "uploads" | TRANSFERS => &[200, 201],
        "wiped" => &[204],
        _ => &[200],
    }
}

/// What stands for the addresses that a ticket gives out.
pub const TRANSFERS: &str = "transfers";

/// The body of an answer that is no refusal.
fn accept(answer: Answer, path: &str) -> Result<Vec<u8>, CallError> {
    if announced(path).contains(&answer.status) {
        return Ok(answer.body);
    }
    if answer.status < 400 || !comes_as(&answer, PROBLEM) {
        return Err(CallError::Between(answer.status));
    }
    match serde_json::from_slice::<Problem>(&answer.body) {
        Ok(problem) => Err(CallError::Refused(Box::new(problem))),
        Err(_) => Err(not_ours(&answer)),
    }
}

/// Media type of the gateway's own refusals (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";

/// Whether it comes as the type that the gateway gives it, and no page does. What a proxy adds to the type changes nothing.
fn comes_as(answer: &Answer, media_type: &str) -> bool {
    let named = answer.content_type.as_deref().and_then(|text| text.split(';').next());
    named.is_some_and(|named| named.trim().eq_ignore_ascii_case(media_type))
}

/// A refusal that this phone cannot read: of a gateway newer than it, whose own words say what to do, or of something in the
/// gateway's place.
fn not_ours(answer: &Answer) -> CallError {
    #[derive(Deserialize)]
    struct Newer {
        #[serde(rename = "type")]
        kind: String,
        title: String,
        detail: String,
    }
    match serde_json::from_slice::<Newer>(&answer.body) {
        Ok(newer) if newer.kind.starts_with("urn:gauze:problem:") => CallError::Refused(Box::new(Problem {
            kind: newer.kind,
            title: newer.title,
            status: answer.status,
            detail: newer.detail,
            code: if answer.status >= 500 { ProblemCode::Unavailable } else { ProblemCode::AppTooOld },
            reason: None,
            help: None,
        })),
        _ => CallError::Between(answer.status),
    }
}

/// What an answer that should be JSON of ours says. A page in its place is not the gateway's word.
pub fn parse<T: DeserializeOwned>(answer: Answer, path: &str) -> Result<T, CallError> {
    let status = answer.status;
    serde_json::from_slice(&accept(answer, path)?).map_err(|_| CallError::Between(status))
}

#[cfg(test)]
mod tests;
