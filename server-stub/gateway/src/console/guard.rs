//! What stands before every page: who may ask, and what browsers are told of each answer.
//!
//! Always: a request under a name that is not this machine's own is refused, so that a foreign site whose name was
//! pointed at this machine reads nothing; a form counts only from a page of the console itself.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::Console;
use super::refusal::PageRefusal;

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                   frame-ancestors 'none'; base-uri 'none'";

pub async fn guard(request: Request, next: Next) -> Response {
    let mut answer = match judge(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let told: [(HeaderName, &'static str); 4] = [
        (CONTENT_SECURITY_POLICY, CSP),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in told {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn judge(method: &Method, headers: &HeaderMap) -> Result<(), PageRefusal> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST).filter(|host| is_loopback(host)).ok_or(PageRefusal::ForeignHost)?;
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    // A page that sends no referrer sends the origin `null` too; then the browser's own word decides.
    let own = match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => text(ORIGIN).is_some_and(|origin| origin == format!("http://{host}")),
    };
    if own { Ok(()) } else { Err(PageRefusal::Forged) }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

impl Console {
    /// Whether a form was written by this process. Digests are compared, so that time tells nothing of the proof.
    pub(super) fn wrote(&self, proof: &str) -> Result<(), PageRefusal> {
        if Sha256::digest(proof) == Sha256::digest(self.proof.as_bytes()) {
            Ok(())
        } else {
            Err(PageRefusal::Forged)
        }
    }
}
