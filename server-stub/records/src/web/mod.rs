//! The pages for the hospital's people. A page that shows anything takes [`signed::Signed`]; a form is taken by
//! [`form::OwnForm`] alone; every word is in [`words`]; every page stands in [`layout::page`].
//!
//! Always: it listens over TLS and under its own name; nothing is shown to whom has not proven two factors; every page works
//! without scripts but for a passkey, which browsers give to scripts alone.

mod cookie;
pub(crate) mod form;
mod guard;
pub(crate) mod layout;
pub mod photos;
pub(crate) mod refusal;
mod roster;
mod serve;
mod sessions;
pub(crate) mod signed;
mod told;
pub(crate) mod words;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::{Html, IntoResponse as _};
use axum::routing::get;
use axum::{Router, middleware};
use gauze_signin::config::People;
use gauze_signin::sessions::Sessions;
use jiff::Timestamp;
use maud::html;

use crate::clock::Clock;
use layout::Frame;
use refusal::Refusal;
use signed::Signed;
use told::{Event, Happened, Log};

pub use roster::{ClaimsAlone, RolesUnknown, Roster, Soon};
pub use serve::{WebError, WebOptions, serve};
pub use told::{EndedBy, Event as WebEvent, Happened as WebHappened, Log as WebLog, LogFailed, Traced};

/// What the pages rest on.
pub struct Parts {
    /// `people.json`.
    pub people: People,
    /// Which roles hold.
    pub roster: Arc<dyn Roster>,
    /// Where lines go.
    pub log: Arc<dyn Log>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

struct Inner {
    parts: Parts,
    origin: String,
    host: String,
    sessions: Sessions,
}

/// What every page works with. Clones share everything.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

impl Web {
    /// For one hospital; nobody is signed in yet.
    pub fn new(parts: Parts) -> Self {
        let origin = parts.people.origin_text();
        let host = origin.trim_start_matches("https://").to_owned();
        let sessions = Sessions::new(parts.people.limits);
        Self(Arc::new(Inner { parts, origin, host, sessions }))
    }

    fn people(&self) -> &People {
        &self.0.parts.people
    }

    fn origin(&self) -> &str {
        &self.0.origin
    }

    fn is_host(&self, named: &str) -> bool {
        named.eq_ignore_ascii_case(&self.0.host)
    }

    fn roster(&self) -> &dyn Roster {
        &*self.0.parts.roster
    }

    /// All sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    /// Writes a line about somebody who is signed in.
    async fn tell(&self, signed: &Signed, what: Happened) -> Result<(), Refusal> {
        let acting = &signed.acting;
        self.write(Event {
            by: Some(acting.person.id.clone()),
            session: Some(acting.session.clone()),
            network: acting.network,
            what,
        })
        .await
    }

    async fn write(&self, event: Event) -> Result<(), Refusal> {
        self.0.parts.log.write(event).await.map_err(|_| Refusal::LogFailed)
    }
}

/// All pages. What shows photos is merged in before the guard is laid round it.
pub fn router(web: Web, more: Router) -> Router {
    Router::new()
        .route("/", get(start))
        .route("/look.css", get(layout::style))
        .route("/icon.svg", get(layout::icon))
        .route("/sessions", get(sessions::own).post(sessions::end_own))
        .route("/people/sessions", get(sessions::people).post(sessions::end_one))
        .with_state(web.clone())
        .merge(more)
        .fallback(async || Refusal::NoPage.into_response())
        .layer(DefaultBodyLimit::max(form::LARGEST))
        .layer(middleware::from_fn_with_state(web, guard::guard))
}

async fn start(signed: Signed) -> Html<String> {
    layout::page(&Frame::signed(words::start::TITLE, &signed, "/"), &html! {})
}
