//! [`GatewayPort`] by reqwest over rustls. The only constructor of a client of reqwest; `web/outward.rs` sends by
//! it too.
//!
//! Always: every request is signed at the gateway's time, as far as its `Gauze-Time` has told it, and never by `Date`, which any
//! proxy writes; a request that was refused for its time alone is signed and sent once more. Only exactly the documented status,
//! type and length count as the gateway's answer: a filter's page, an empty 200 or a redirection means that nothing came. What the
//! hospital signs for keeps has this machine's own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use gauze_wire::log::{AddCheckpoint, Witnessed};
use gauze_wire::signature::{Request, SKEW_S, Tag, sign};
use gauze_wire::{
    Acknowledgement, CaptureId, Decisions, DeviceId, Digest, LogPage, Problem, ProblemCode, SoftwareKey,
    Tenant,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, Response, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::certificate::CertificateFault;
use crate::clock::Clock;
use crate::coded::Coded;
use crate::entropy::random;
use crate::gateway::{GatewayError, GatewayPort, Incoming};

/// Largest answer that is read, other than a blob: a page of long signed objects.
const ANSWER_LIMIT: usize = 96 << 20;
/// A clock that is further from ours, in seconds, is believed for what was refused by it, and for nothing after: whoever breaks
/// TLS must not collect requests that are signed for next year.
const FAR_S: i64 = 24 * 3_600;

/// The media type of refusals.
const PROBLEM: &str = "application/problem+json";
/// The media type of a page of the log.
const JSON: &str = "application/json";
/// The media type of a sealed photo.
const SEALED: &str = "application/octet-stream";

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificates are not PEM, or there are none.
    #[error("the certificate authority is not readable PEM")]
    Authority,
    /// The TLS library refused the configuration.
    #[error("TLS could not be set up: {0}")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Coded for TlsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Authority => "ca_unusable",
            Self::Setup(_) => "tls_setup",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Authority => "Give --ca the PEM certificate that signed the gateway's.",
            Self::Setup(_) => "Report this.",
        }
    }
}

/// A gateway over HTTPS; every request is signed by the records key.
pub struct HttpsGateway {
    client: Client,
    base: String,
    key: SoftwareKey,
    clock: Arc<dyn Clock>,
    /// The gateway's clock minus ours, in seconds, as far as it is believed.
    believed_s: AtomicI64,
    /// The same as a refusal told it last.
    told_s: AtomicI64,
}

/// A client over TLS that believes `roots` alone and follows no redirection.
pub(crate) fn client(roots: RootCertStore) -> Result<Client, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Setup(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    #[expect(clippy::disallowed_methods, reason = "the one constructor, with our own rustls configuration")]
    let client = reqwest::ClientBuilder::new()
        .tls_backend_preconfigured(config)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(60))
        .build()
        .map_err(|error| TlsError::Setup(error.into()))?;
    Ok(client)
}

/// The authorities in a PEM.
pub(crate) fn authorities(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| TlsError::Authority)?;
        roots.add(certificate).map_err(|_| TlsError::Authority)?;
    }
    if roots.is_empty() { Err(TlsError::Authority) } else { Ok(roots) }
}

/// What is sent beside the address.
type Content = (&'static str, Vec<u8>);

impl HttpsGateway {
    /// Talks to `url` for `tenant`, believing the certificate authorities in `ca_pem` and no others.
    pub fn new(
        url: &str,
        tenant: &Tenant,
        ca_pem: &[u8],
        key: SoftwareKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TlsError> {
        let roots = authorities(ca_pem)?;
        let client = client(roots)?;
        let base = format!("{}/v1/{tenant}", url.trim_end_matches('/'));
        Ok(Self { client, base, key, clock, believed_s: AtomicI64::new(0), told_s: AtomicI64::new(0) })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Content>,
    ) -> Result<Response, GatewayError> {
        let expected = if body.is_some() { StatusCode::NO_CONTENT } else { StatusCode::OK };
        self.send_for(method, path, body, expected).await
    }

    async fn send_for(
        &self,
        method: Method,
        path: &str,
        body: Option<Content>,
        expected: StatusCode,
    ) -> Result<Response, GatewayError> {
        let believed_s = self.believed_s.load(Ordering::Relaxed);
        let first = self.attempt(&method, path, body.as_ref(), believed_s).await?;
        if first.status() == expected {
            return Ok(first);
        }
        let told_s = time_told(&first).map(|time| time.as_second() - self.clock.now().as_second());
        let refused = refusal(first).await?;
        let expired = matches!(&refused, GatewayError::Refused(problem) if problem.code == ProblemCode::SignatureExpired);
        let Some(told_s) = told_s.filter(|_| expired) else { return Err(refused) };
        self.learn(told_s);
        let again = self.attempt(&method, path, body.as_ref(), told_s).await?;
        if again.status() == expected { Ok(again) } else { Err(refusal(again).await?) }
    }

    /// Signs the request anew, for a clock that is so far from ours, and sends it.
    async fn attempt(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Content>,
        offset_s: i64,
    ) -> Result<Response, GatewayError> {
        let url = format!("{}/{path}", self.base);
        let digest = body.map(|(_, bytes)| Digest::of(bytes));
        let nonce = random::<16>().map_err(|_| GatewayError::Signing)?;
        let what = Request { method: method.as_str(), target_uri: &url, body: digest.as_ref() };
        let offset = SignedDuration::from_secs(offset_s);
        let now = self.clock.now().saturating_add(offset).map_err(|_| GatewayError::Signing)?;
        let fields = sign(&what, &self.key, Tag::Records, now, &nonce).map_err(|_| GatewayError::Signing)?;
        let mut request = self
            .client
            .request(method.clone(), &url)
            .header("signature-input", fields.signature_input)
            .header("signature", fields.signature);
        if let Some(content_digest) = fields.content_digest {
            request = request.header("content-digest", content_digest);
        }
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", *kind).body(bytes.clone());
        }
        request.send().await.map_err(|error| unreachable(&error))
    }

    /// The gateway's clock minus this machine's, in seconds, by the gateway's own word, once it has refused something for its
    /// time; 0 before.
    pub(crate) fn offset_s(&self) -> i64 {
        self.told_s.load(Ordering::Relaxed)
    }

    fn learn(&self, told_s: i64) {
        let before_s = self.told_s.swap(told_s, Ordering::Relaxed);
        // A far clock is told anew with each request; the log has it once.
        if (told_s - before_s).abs() > SKEW_S {
            tracing::warn!(
                offset_s = told_s,
                "the gateway's clock differs: requests are signed at its time; set both by NTP"
            );
        }
        if told_s.abs() <= FAR_S {
            self.believed_s.store(told_s, Ordering::Relaxed);
        }
    }
}

/// The gateway's own clock, where the answer tells it.
fn time_told(response: &Response) -> Option<Timestamp> {
    response.headers().get("gauze-time")?.to_str().ok()?.parse().ok()
}

/// What an answer without the documented status says. Only a problem document (RFC 9457) that names its own status is the
/// gateway's word.
async fn refusal(response: Response) -> Result<GatewayError, GatewayError> {
    let status = response.status().as_u16();
    if !is_of(&response, PROBLEM) {
        return Ok(GatewayError::Between(status));
    }
    Ok(match serde_json::from_slice::<Problem>(&read(response).await?) {
        Ok(problem) if problem.status == status => GatewayError::Refused(Box::new(problem)),
        Ok(_) | Err(_) => GatewayError::Between(status),
    })
}

/// Whether the answer says that it is of this media type, whatever its parameters.
fn is_of(response: &Response, media: &str) -> bool {
    let named = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    named
        .and_then(|named| named.split(';').next())
        .is_some_and(|named| named.trim().eq_ignore_ascii_case(media))
}

/// What is wrong with the certificate, or else the innermost cause: what an operator can act on.
fn unreachable(error: &reqwest::Error) -> GatewayError {
    if let Some(fault) = CertificateFault::of(error) {
        return GatewayError::Certificate(fault);
    }
    let mut inner: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    GatewayError::Unreachable(inner.to_string())
}

async fn read(mut response: Response) -> Result<Vec<u8>, GatewayError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| GatewayError::Cut)? {
        if bytes.len() + chunk.len() > ANSWER_LIMIT {
            return Err(GatewayError::Malformed("answer too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

impl GatewayPort for HttpsGateway {
    async fn page(&self, from: u64, limit: u32) -> Result<LogPage, GatewayError> {
        let response = self.send(Method::GET, &format!("log?from={from}&limit={limit}"), None).await?;
        if !is_of(&response, JSON) {
            return Err(GatewayError::Between(response.status().as_u16()));
        }
        serde_json::from_slice(&read(response).await?).map_err(|_| GatewayError::Malformed("log page"))
    }

    async fn blob(
        &self,
        device: &DeviceId,
        capture: &CaptureId,
        into: &mut Incoming,
    ) -> Result<(), GatewayError> {
        let mut response = match self.send(Method::GET, &format!("blobs/{device}/{capture}"), None).await {
            Err(GatewayError::Refused(problem)) if problem.status == 404 => {
                return Err(GatewayError::Missing);
            }
            other => other?,
        };
        let announced = response.content_length().is_none_or(|length| length == into.expected());
        if !announced || !is_of(&response, SEALED) {
            return Err(GatewayError::Between(response.status().as_u16()));
        }
        while let Some(chunk) = response.chunk().await.map_err(|_| GatewayError::Cut)? {
            if !into.push(&chunk).map_err(GatewayError::Disk)? {
                break;
            }
        }
        if into.is_of_expected_size() { Ok(()) } else { Err(GatewayError::Cut) }
    }

    async fn outcomes(&self, receipts: &Acknowledgement) -> Result<(), GatewayError> {
        let body = serde_json::to_vec(receipts).map_err(|_| GatewayError::Malformed("receipts"))?;
        self.send(Method::POST, "outcomes", Some(("application/json", body))).await.map(drop)
    }

    async fn cosignature(&self, note: &str) -> Result<(), GatewayError> {
        let body = note.as_bytes().to_vec();
        self.send(Method::POST, "cosignatures", Some(("text/plain; charset=utf-8", body))).await.map(drop)
    }

    async fn witness(&self, checkpoint: &AddCheckpoint) -> Result<Witnessed, GatewayError> {
        let body = serde_json::to_vec(checkpoint).map_err(|_| GatewayError::Malformed("checkpoint"))?;
        let body = Some((JSON, body));
        let response = self.send_for(Method::POST, "access-checkpoints", body, StatusCode::OK).await?;
        if !is_of(&response, JSON) {
            return Err(GatewayError::Between(response.status().as_u16()));
        }
        serde_json::from_slice(&read(response).await?).map_err(|_| GatewayError::Malformed("cosignature"))
    }

    async fn decisions(&self, decisions: &Decisions) -> Result<(), GatewayError> {
        let body = serde_json::to_vec(decisions).map_err(|_| GatewayError::Malformed("decisions"))?;
        self.send(Method::POST, "decisions", Some(("application/json", body))).await.map(drop)
    }
}
