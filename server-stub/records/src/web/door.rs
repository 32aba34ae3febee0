//! Signing in at the hospital's provider, coming back from it, and signing out.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use gauze_people::acting::{Factor, Network};
use gauze_signin::networks::network;
use gauze_signin::provider::{Back, Begun, Purpose, Recognised, SignInError, Wanted};
use gauze_signin::sessions::{Ending, Level, Opening};
use maud::html;
use serde::Deserialize;

use super::form::OwnForm;
use super::guard::FormTo;
use super::layout::{self, Frame};
use super::refusal::Refusal;
use super::signed::{Present, local};
use super::told::{EndedBy, Event, Happened};
use super::words::{self, door as told};
use super::{Web, cookie};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Where to afterwards.
#[derive(Default, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: Option<String>,
}

impl Next {
    pub(super) fn local(&self) -> &str {
        local(self.next.as_deref())
    }
}

/// What the provider posts.
#[derive(Deserialize)]
pub(super) struct LogoutToken {
    logout_token: String,
}

pub(super) async fn ask(Query(next): Query<Next>) -> Response {
    let body = html! {
        p { (told::LEAD) }
        form method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next.local());
            div.actions { button.main type="submit" { (told::BUTTON) } }
        }
        p.hint { (told::SHARED) }
    };
    layout::page(&Frame::plain(told::TITLE), &body).into_response()
}

/// Goes to the provider; straight on where somebody is signed in, which a link from another site cannot know.
pub(super) async fn begin(
    State(web): State<Web>,
    peer: Peer,
    present: Result<Present, super::signed::Unsigned>,
    Form(next): Form<Next>,
) -> Result<Response, Refusal> {
    let next = next.local().to_owned();
    if let Ok(present) = present
        && matches!(present.session.level, Level::Signed { .. })
    {
        return Ok(Redirect::to(&next).into_response());
    }
    to_provider(&web, Wanted { purpose: Purpose::SignIn, next }, network_of(&web, &peer)).await
}

pub(super) async fn to_provider(web: &Web, wanted: Wanted, from: Network) -> Result<Response, Refusal> {
    let (address, begun) = match web.provider().begin(wanted, web.now()).await {
        Ok(begun) => begun,
        Err(error) => {
            web.tell_of_stranger(from, Happened::SignInFailed(error.code())).await?;
            return Err(refusal(&error));
        }
    };
    let kept = web.beginnings().keep(begun).map_err(|_| Refusal::Broken("entropy"))?;
    let mut answer = onward(address.as_str());
    answer.headers_mut().append(SET_COOKIE, cookie::set(cookie::BEGUN, &kept));
    Ok(answer)
}

/// A page that goes on by itself. A redirection would not do: it would be part of the request before, to which browsers add no
/// `Strict` cookie when another site began it, and which `form-action` forbids to leave this site.
pub(super) fn onward(address: &str) -> Response {
    let body = html! { div.actions { a.button.main href=(address) { (words::GO_ON) } } };
    let frame = Frame { onward: Some(address), ..Frame::plain(told::ONWARD) };
    layout::page(&frame, &body).into_response()
}

fn refusal(error: &SignInError) -> Refusal {
    tracing::warn!(code = error.code(), %error, "a sign-in does not count");
    Refusal::Told {
        status: match error {
            SignInError::Outward(_) | SignInError::Metadata(_) | SignInError::Answer => {
                StatusCode::BAD_GATEWAY
            }
            _ => StatusCode::FORBIDDEN,
        },
        code: error.code(),
        message: words::errors::sign_in(error).to_owned(),
        next: ("/sign-in", words::refusal::TO_SIGN_IN),
    }
}

/// From where a request comes, where that is known.
type Peer = Option<axum::Extension<ConnectInfo<SocketAddr>>>;

fn network_of(web: &Web, peer: &Peer) -> Network {
    peer.as_ref().map_or(Network::Outside, |peer| network(&web.people().networks, peer.0.0.ip()))
}

/// Who comes back, from where, by which browser.
struct Coming<'a> {
    network: Network,
    browser: &'a str,
}

pub(super) async fn back(
    State(web): State<Web>,
    peer: Peer,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Refusal> {
    let network = network_of(&web, &peer);
    let browser = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or(words::NOT_KNOWN);
    let begun = cookie::find(&headers, cookie::BEGUN).and_then(|kept| web.beginnings().take(kept, web.now()));
    let judged = match &begun {
        Some(begun) => {
            web.provider().finish(begun, &back, web.now()).await.map(|recognised| (begun, recognised))
        }
        None => Err(SignInError::NotBegun),
    };
    let mut answer = match judged {
        Ok((begun, recognised)) => come_in(&web, begun, recognised, Coming { network, browser }).await?,
        Err(error) => {
            web.tell_of_stranger(network, Happened::SignInFailed(error.code())).await?;
            refusal(&error).into_response()
        }
    };
    answer.headers_mut().append(SET_COOKIE, cookie::clear(cookie::BEGUN));
    Ok(answer)
}

async fn come_in(
    web: &Web,
    begun: &Begun,
    recognised: Recognised,
    coming: Coming<'_>,
) -> Result<Response, Refusal> {
    let level = recognised
        .proven_at
        .map_or(Level::OneFactor, |at| Level::Signed { factor: Factor::Provider, at: at.min(web.now()) });
    let what = match level {
        Level::OneFactor => Happened::Recognised,
        Level::Signed { factor, .. } => Happened::SignedIn(factor),
    };
    let event =
        Event { by: Some(recognised.person.id.clone()), session: None, network: Some(coming.network), what };
    let kept = match &begun.wanted.purpose {
        Purpose::SignIn => {
            let opening = Opening {
                person: recognised.person,
                level,
                provider: recognised.provider,
                browser: coming.browser.to_owned(),
            };
            let (kept, session) =
                web.sessions().begin(opening, web.now()).map_err(|_| Refusal::Broken("entropy"))?;
            // The cookie is not out yet: without its line the session ends here.
            if let Err(refusal) = web.write(Event { session: Some(session.reference), ..event }).await {
                web.sessions().end(&kept);
                return Err(refusal);
            }
            kept
        }
        Purpose::ProveAgain(_, session) => {
            if level == Level::OneFactor {
                web.write(Event { what: Happened::FactorFailed("provider_proves_none"), ..event }).await?;
                return Err(refusal(&SignInError::TooLittle));
            }
            web.write(event).await?;
            web.sessions().raise(session, level, web.now()).map_err(|_| Refusal::NotSignedIn)?.0
        }
    };
    let next = match level {
        Level::OneFactor => super::signed::with_next("/second-factor", &begun.wanted.next),
        Level::Signed { .. } => begun.wanted.next.clone(),
    };
    let mut answer = onward(&next);
    answer.headers_mut().append(SET_COOKIE, cookie::set(cookie::SESSION, &kept));
    Ok(answer)
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn sign_out(
    State(web): State<Web>,
    form: OwnForm<Nothing, Present>,
) -> Result<Response, Refusal> {
    let Present { session, cookie: kept, network } = form.who;
    // A sign-out is never refused: the line is tried, and the session ends whatever came of it.
    let written = web.tell_of(&session, network, Happened::Ended(EndedBy::Person)).await;
    web.sessions().end(&kept);
    let there = web.provider().sign_out_there(&session.provider.id_token);
    let body = html! {
        p.done { (told::SIGNED_OUT) }
        @if written.is_err() { p.trouble { (words::refusal::LOG_FAILED) } }
        @if let Some(there) = &there {
            p { (told::STILL_THERE) }
            form method="post" action=(there.address) {
                @for (name, value) in &there.fields { input type="hidden" name=(name) value=(value); }
                div.actions { button.main type="submit" { (told::SIGN_OUT_THERE) } }
            }
        }
        p { a href="/sign-in" { (told::AGAIN) } }
    };
    let mut answer = layout::page(&Frame::plain(told::SIGNED_OUT_TITLE), &body).into_response();
    answer.headers_mut().append(SET_COOKIE, cookie::clear(cookie::SESSION));
    answer.headers_mut().insert(CLEAR_SITE_DATA, http::HeaderValue::from_static("\"cache\", \"storage\""));
    if let Some(there) = there {
        answer.extensions_mut().insert(FormTo(there.origin));
    }
    Ok(answer)
}

/// The provider says that a session ended. It posts from its own machine, with no cookie and a signed token.
pub(super) async fn ended(State(web): State<Web>, peer: Peer, Form(form): Form<LogoutToken>) -> Response {
    let network = network_of(&web, &peer);
    let refused = |error: &str| (StatusCode::BAD_REQUEST, axum::Json(serde_json::json!({ "error": error })));
    let ended = match web.provider().ended(&form.logout_token, web.now()).await {
        Ok(ended) => ended,
        Err(error) => {
            tracing::warn!(code = error.code(), %error, "a logout token does not count");
            return match web.tell_of_stranger(network, Happened::SignInFailed(error.code())).await {
                Ok(()) => refused("invalid_request").into_response(),
                Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            };
        }
    };
    let ending = Ending::Provider { subject: ended.subject.as_deref(), sid: ended.sid.as_deref() };
    web.end(ending, EndedBy::Provider, network).await;
    StatusCode::OK.into_response()
}
