//! The console: the operators' commands as pages in a browser, for the help desk that enrols phones and loses them.
//!
//! Always: it listens on this machine alone, because nobody signs in; it answers only under a loopback name, so that a
//! page elsewhere cannot reach it by a name of its own; nothing changes but by a form that this process wrote; every page
//! works without scripts, and everything it shows is escaped. It decides nothing: each page is one call of [`Admin`].

mod again;
mod change;
mod dates;
mod devices;
mod guard;
mod lost;
mod page;
mod policy;
mod refusal;
mod report;
mod sentences;
mod story;
mod tokens;
mod words;

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Router, middleware};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_listen::ListenError;
use gauze_wire::{Operator, Tenant};
use tokio::net::TcpListener;

use crate::admin::{Admin, AdminError, POLICY_TEXT};
use crate::clock::SystemClock;

/// Largest form: a policy of any size, each of its bytes as three, and who asks for it and why.
const FORM: usize = 3 * POLICY_TEXT + (16 << 10);

/// What the console is given.
#[derive(Clone, Debug)]
pub struct ConsoleOptions {
    /// The gateway's data directory; the gateway may be running.
    pub data: PathBuf,
    /// Whose register.
    pub tenant: Tenant,
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The name that forms are filled in with.
    pub operator: Option<String>,
    /// PEM file of the authority that issued the gateway's certificate, where it is not a public one.
    pub ca: Option<PathBuf>,
}

/// Why the console does not run.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Others could reach it.
    #[error("the console has no sign-in and listens on this machine alone: use --listen 127.0.0.1:8480")]
    NotLoopback,
    /// The register cannot be opened, or the operator's name is not one.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// No randomness.
    #[error("the system gives no randomness ({0}): restart the machine")]
    Entropy(String),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Listening broke off.
    #[error("listening broke off ({0}): start it again")]
    Broken(#[source] std::io::Error),
}

impl ConsoleError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotLoopback => "console_not_loopback",
            Self::Admin(error) => error.code(),
            Self::Entropy(_) => "no_entropy",
            Self::Listen(_) | Self::Broken(_) => "listen_failed",
        }
    }
}

/// What every page works with. Clones share everything.
#[derive(Clone)]
struct Console {
    admin: Admin,
    operator: Arc<str>,
    /// Stands in every form: a page that this process did not write does not know it.
    proof: Arc<str>,
}

impl Console {
    fn new(admin: Admin, operator: Option<&str>) -> Result<Self, ConsoleError> {
        let operator = match operator {
            Some(name) => Operator::new(name.trim()).map_err(AdminError::from)?.as_str().into(),
            None => "".into(),
        };
        let mut proof = [0; 32];
        getrandom::fill(&mut proof).map_err(|error| ConsoleError::Entropy(error.to_string()))?;
        Ok(Self { admin, operator, proof: BASE64_URL_SAFE_NO_PAD.encode(proof).into() })
    }
}

/// The pages, for one register.
pub fn console_router(admin: Admin, operator: Option<&str>) -> Result<Router, ConsoleError> {
    let console = Console::new(admin, operator)?;
    Ok(Router::new()
        .route("/", get(async || Redirect::to("/devices")))
        .route("/console.css", get(page::style))
        .route("/devices", get(devices::list))
        .route("/devices/{id}", get(story::show))
        .route("/devices/{id}/{change}", get(change::ask).post(change::make))
        .route("/devices/{id}/lost", get(lost::ask).post(lost::make))
        .route("/tokens", get(tokens::list).post(tokens::request))
        .route("/tokens/{id}", get(tokens::show))
        .route("/inventory", get(tokens::inventory))
        .route("/policy", get(policy::show).post(policy::propose))
        .route(report::PAGE, get(report::ask).post(report::make))
        .fallback(async || refusal::PageRefusal::NoPage.into_response())
        .layer(DefaultBodyLimit::max(FORM))
        .layer(middleware::from_fn_with_state(console.clone(), again::again))
        .layer(middleware::from_fn(guard::guard))
        .with_state(console))
}

/// Listens until `stop`; tells `ready` where.
pub async fn serve_console(
    options: ConsoleOptions,
    ready: impl FnOnce(SocketAddr) + Send,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ConsoleError> {
    if !options.listen.ip().is_loopback() {
        return Err(ConsoleError::NotLoopback);
    }
    let admin = Admin::open(&options.data, &options.tenant, Arc::new(SystemClock)).await?;
    let admin = match &options.ca {
        Some(path) => admin.with_authority(path)?,
        None => admin,
    };
    let router = console_router(admin, options.operator.as_deref())?;
    let failed = |source| ListenError { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
    ready(listener.local_addr().map_err(ConsoleError::Broken)?);
    axum::serve(listener, router).with_graceful_shutdown(stop).await.map_err(ConsoleError::Broken)
}
