//! What stands before every page: who may ask, and what browsers are told of each answer.
//!
//! Always: a request under a name that is not ours is refused, so that a foreign site whose name was pointed at this machine
//! reads nothing; a form counts only from a page of our own; what another site embeds or fetches is refused before a handler
//! sees it; nothing is kept by a browser.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use gauze_people::acting::Network;
use gauze_signin::networks::network;

use super::Web;
use super::refusal::Refusal;
use super::told::Happened;

/// On an answer whose form may go to one other origin: the provider's sign-out.
#[derive(Clone, Debug)]
pub(super) struct FormTo(pub(super) String);

/// The address to which the provider itself posts. It brings no cookie, and what it says is signed.
pub(super) const BACK_CHANNEL: &str = "/sign-in/ended";

const ALWAYS: [(HeaderName, &str); 11] = [
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (CACHE_CONTROL, "no-store"),
    (STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), hid=(), midi=(), \
         clipboard-read=(), publickey-credentials-get=(self), publickey-credentials-create=(self)",
    ),
];

fn csp(form_to: Option<&FormTo>) -> String {
    let also = form_to.map(|to| format!(" {}", to.0)).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         form-action 'self'{also}; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'"
    )
}

pub(super) async fn guard(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut answer = match judge(&web, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            // It is refused in any case, and shows nothing; a log that is full is told of by what is allowed.
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
            let from =
                peer.map_or(Network::Outside, |ConnectInfo(peer)| network(&web.people().networks, peer.ip()));
            drop(web.tell_of_stranger(from, Happened::Refused(refusal.code())).await);
            refusal.into_response()
        }
    };
    let csp = csp(answer.extensions().get::<FormTo>());
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    match HeaderValue::from_str(&csp) {
        Ok(csp) => drop(headers.insert(CONTENT_SECURITY_POLICY, csp)),
        Err(_) => return Refusal::Broken("csp").into_response(),
    }
    answer
}

fn judge(web: &Web, request: &Request) -> Result<(), Refusal> {
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let named: Vec<&str> = authority.into_iter().chain(text(HOST)).collect();
    if named.is_empty() || named.iter().any(|name| !web.is_host(name)) {
        return Err(Refusal::ForeignHost);
    }
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        let navigates = text(HeaderName::from_static("sec-fetch-mode")) == Some("navigate")
            && text(HeaderName::from_static("sec-fetch-dest")) == Some("document");
        return match site {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) if navigates => Ok(()),
            Some(_) => Err(Refusal::ForeignPage),
        };
    }
    if request.uri().path() == BACK_CHANNEL {
        return Ok(());
    }
    // A page that sends no referrer sends the origin `null` too; then the browser's own word decides.
    let own = match site {
        Some(site) => site == "same-origin",
        None => text(ORIGIN).is_some_and(|origin| web.is_origin(origin)),
    };
    if own { Ok(()) } else { Err(Refusal::Forged) }
}
