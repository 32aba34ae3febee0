//! The pages for the hospital's people. A page that shows anything takes `signed::Signed`; a form is taken by
//! `form::OwnForm` alone; every word is in `words`; every page stands in `layout::page`.
//!
//! Always: it listens over TLS and under its own name; nothing is shown to whom has not proven two factors; every page works
//! without scripts but for a passkey, which browsers give to scripts alone.

mod cookie;
mod door;
mod fences;
pub(crate) mod field;
pub(crate) mod form;
mod guard;
mod keys_kept;
pub(crate) mod layout;
pub(crate) mod leave;
mod outward;
pub mod photos;
pub(crate) mod refusal;
mod roster;
mod second;
mod serve;
mod sessions;
pub(crate) mod signed;
mod store;
mod table;
mod told;
pub(crate) mod upload;
mod waiting;
pub(crate) mod words;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use axum::{Router, middleware};
use gauze_people::Roles;
use gauze_people::acting::{Barred, Network};
use gauze_people::log::AccessLog;
use gauze_people::person::Role;
use gauze_signin::begun::Beginnings;
use gauze_signin::config::People;
use gauze_signin::factors::{FactorError, Factors};
use gauze_signin::provider::{Provider, SignInError};
use gauze_signin::sessions::{Ending, Session, Sessions};
use gauze_wire::FenceRule;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::clock::Clock;
use refusal::Refusal;
use signed::Signed;
use told::{EndedBy, Event, Happened};

pub use keys_kept::KeysKept;
pub use outward::HttpsOutward;
pub use roster::{Change, Listed, RolesUnknown, Roster, Soon};
pub use serve::{WebError, WebOptions, serve};
pub use store::{StoreError, factor_key, factor_store};
pub use table::{ROUTES, Reach, Route};

/// What the pages rest on.
pub struct Parts {
    /// `people.json`.
    pub people: Arc<People>,
    /// Whose word counts.
    pub provider: Provider,
    /// The second factors of our own.
    pub factors: Factors,
    /// Which roles hold.
    pub roster: Arc<dyn Roster>,
    /// What roles allow.
    pub roles: Arc<Roles>,
    /// Where lines go.
    pub log: Arc<AccessLog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The policy's fences, as they are now.
    pub fences: watch::Receiver<Vec<FenceRule>>,
}

struct Inner {
    parts: Parts,
    origin: String,
    /// Where readers open links: often the same.
    links_origin: String,
    sessions: Sessions,
    beginnings: Beginnings,
    /// Lines about requests of nobody, in the minute that began then.
    strangers: Mutex<(Timestamp, u32)>,
}

/// Lines that are written about requests of nobody in a minute: a flood of them must not fill the log, nor the disk.
const STRANGERS: u32 = 120;

/// What every page works with. Clones share everything.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

impl Web {
    /// For one hospital; nobody is signed in yet.
    pub fn new(parts: Parts) -> Self {
        let origin = parts.people.origin_text();
        let links_origin = parts.people.links_origin_text();
        let sessions = Sessions::new(parts.people.limits);
        let beginnings = Beginnings::default();
        let strangers = Mutex::new((Timestamp::UNIX_EPOCH, 0));
        Self(Arc::new(Inner { parts, origin, links_origin, sessions, beginnings, strangers }))
    }

    fn people(&self) -> &People {
        &self.0.parts.people
    }

    fn links_origin(&self) -> &str {
        &self.0.links_origin
    }

    fn origins(&self) -> [&str; 2] {
        [&self.0.origin, &self.0.links_origin]
    }

    fn is_origin(&self, named: &str) -> bool {
        self.origins().contains(&named)
    }

    fn is_host(&self, named: &str) -> bool {
        self.origins().iter().any(|origin| named.eq_ignore_ascii_case(origin.trim_start_matches("https://")))
    }

    fn provider(&self) -> &Provider {
        &self.0.parts.provider
    }

    /// The second factors of our own.
    pub fn factors(&self) -> &Factors {
        &self.0.parts.factors
    }

    fn beginnings(&self) -> &Beginnings {
        &self.0.beginnings
    }

    fn roster(&self) -> &Arc<dyn Roster> {
        &self.0.parts.roster
    }

    fn roles(&self) -> &Roles {
        &self.0.parts.roles
    }

    fn log(&self) -> &AccessLog {
        &self.0.parts.log
    }

    /// All sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    /// What the policy's fences keep from whoever asks from there now, by this machine's time zone.
    fn barred_at(&self, address: Option<IpAddr>) -> Barred {
        let local = TimeZone::system().to_datetime(self.now());
        fences::barred(&self.0.parts.fences.borrow(), address, local)
    }

    /// Writes a line about somebody who is signed in.
    async fn tell(&self, signed: &Signed, what: Happened) -> Result<(), Refusal> {
        let acting = &signed.acting;
        self.write(Event {
            by: Some(acting.person.id.clone()),
            session: Some(acting.session.clone()),
            network: Some(acting.network),
            what,
        })
        .await
    }

    /// Writes a line about a session, from where its browser asks.
    async fn tell_of(&self, session: &Session, network: Network, what: Happened) -> Result<(), Refusal> {
        self.write(Event {
            by: Some(session.person.id.clone()),
            session: Some(session.reference.clone()),
            network: Some(network),
            what,
        })
        .await
    }

    /// Writes a line about a request of nobody that was refused, up to so many a minute; the program's own log counts the rest.
    async fn tell_of_stranger(&self, network: Network, what: Happened) -> Result<(), Refusal> {
        {
            let mut strangers = self.0.strangers.lock().unwrap_or_else(PoisonError::into_inner);
            let now = self.now();
            // A minute that begins in the future is one from before the clock was set back.
            if now < strangers.0 || now.duration_since(strangers.0) >= SignedDuration::from_mins(1) {
                *strangers = (now, 0);
            }
            strangers.1 = strangers.1.saturating_add(1);
            if strangers.1 > STRANGERS {
                tracing::warn!(?what, count = strangers.1, "more refusals than are written in a minute");
                return Ok(());
            }
        }
        self.write(Event { by: None, session: None, network: Some(network), what }).await
    }

    async fn write(&self, event: Event) -> Result<(), Refusal> {
        let written = self.log().note(&event.line(self.now())).await;
        written.map(drop).map_err(|error| leave::unwritten(&error))
    }

    /// Ends sessions that must end whatever comes of their lines.
    async fn end(&self, ending: Ending<'_>, by: EndedBy, network: Network) {
        for session in self.sessions().end_all(ending) {
            if self.tell_of(&session, network, Happened::Ended(by)).await.is_err() {
                tracing::error!("the end of a session could not be written into the access log");
            }
        }
    }

    /// Fetches the provider's keys, so that they are kept with their dates also while nobody signs in.
    ///
    /// # Errors
    /// [`SignInError`]; the next call tries again.
    pub async fn look_at_provider(&self) -> Result<(), SignInError> {
        self.provider().look(self.now()).await
    }

    /// Writes the lines of codes that were made beside the pages: only then they count.
    ///
    /// # Errors
    /// Where the store or the log fails; it is in the program's own log, and the next call tries again.
    pub async fn tell_of_codes(&self) -> Result<(), CodesUntold> {
        for queued in self.factors().queued().await.map_err(|error| untold(&error))? {
            let what = Happened::CodeQueued { person: queued.person.clone(), replaces: queued.replaces };
            let event = Event { by: None, session: None, network: None, what };
            self.write(event).await.map_err(|_| CodesUntold)?;
            self.factors().told(&queued).await.map_err(|error| untold(&error))?;
        }
        Ok(())
    }
}

/// A code that was made beside the pages has no line in the access log yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code that was made beside the pages has no line in the access log yet")]
pub struct CodesUntold;

fn untold(error: &FactorError) -> CodesUntold {
    tracing::error!(code = error.code(), %error, "codes that were made beside the pages cannot be read");
    CodesUntold
}

/// All pages. What shows photos is merged in before the guard is laid round it.
pub fn router(web: Web, more: Router) -> Router {
    Router::new()
        .route("/", get(start))
        .route("/look.css", get(layout::style))
        .route("/icon.svg", get(layout::icon))
        .route("/passkey.js", get(layout::passkey))
        .route("/sign-in", get(door::ask).post(door::begin))
        .route("/sign-in/back", get(door::back))
        .route(guard::BACK_CHANNEL, post(door::ended))
        .route("/sign-out", post(door::sign_out))
        .route("/prove-again", get(second::again).post(second::again_at_provider))
        .route("/sessions", get(sessions::own).post(sessions::end_own))
        .route("/people/sessions", get(sessions::people).post(sessions::end_one))
        .route("/people/waiting", get(waiting::page))
        .route("/people/waiting/code", post(waiting::give_code))
        .route("/people/waiting/lost", post(waiting::speak))
        .merge(second_factor())
        .with_state(web.clone())
        .merge(more)
        .fallback(async || Refusal::NoPage.into_response())
        .layer(DefaultBodyLimit::max(form::LARGEST))
        .layer(middleware::from_fn_with_state(web, guard::guard))
}

/// The pages of readers outside and nothing else, to be served where readers reach them.
pub fn readers(web: Web, links: Router) -> Router {
    Router::new()
        .route("/look.css", get(layout::style))
        .route("/icon.svg", get(layout::icon))
        .merge(links)
        .fallback(async || Refusal::NoPage.into_response())
        .layer(DefaultBodyLimit::max(form::LARGEST))
        .layer(middleware::from_fn_with_state(web, guard::guard))
}

/// What opens to whom the provider knows and who has not proven a second factor.
fn second_factor() -> Router<Web> {
    Router::new()
        .route(second::PAGE, get(second::page))
        .route("/second-factor/code", post(second::code))
        .route("/second-factor/another", post(second::another))
        .route("/second-factor/totp", post(second::totp))
        .route("/second-factor/passkey", post(second::passkey))
        .route("/second-factor/passkey/ask", post(second::passkey_ask))
        .route("/second-factor/new/passkey", post(second::new_passkey))
        .route("/second-factor/new/passkey/ask", post(second::new_passkey_ask))
        .route("/second-factor/new/totp", post(second::new_totp))
        .route("/second-factor/new/totp/ask", post(second::new_totp_ask))
}

/// Where somebody's day begins.
async fn start(signed: Signed) -> Redirect {
    let person = &signed.acting.person;
    let sees_photos = person.roles.iter().any(|role| matches!(role, Role::Viewer | Role::Lead));
    let has = |role| person.roles.contains(&role);
    let begins = match () {
        () if sees_photos => "/photos",
        () if has(Role::Administrator) => "/people/waiting",
        () if has(Role::Auditor) || has(Role::Governance) => "/governance",
        () if has(Role::It) => "/phones",
        () => sessions::OWN,
    };
    Redirect::to(begins)
}
