//! Listening: TLS, HTTP/2 and 1.1, and an end that lets running requests finish.

use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use gauze_listen::{CertificateError, ListenError, Renewal, follow};

use crate::app::{App, AppError};
use crate::clock::SystemClock;
use crate::handshake::Handshake;
use crate::housekeeping::clean;
use crate::keys::{GatewayKeys, KeysError};
use crate::peers::{PeerLimits, PeersAcceptor};
use crate::routes::{metrics_router, router};
use crate::tenant::{SignedFile, TenantError, TenantFiles, installed};
use crate::told::pace;

/// Running requests get this long when the gateway is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// What a connection may bring before it is read: the most memory it takes, and still 20 Mbit/s over 200 ms.
const WINDOW: u32 = 512 << 10;
/// Requests that a connection has open at once. A phone and the records side send four.
const STREAMS: u32 = 32;
/// How long a connection may take to bring the head of a request.
pub const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(30);
const CLEAN_EVERY: Duration = Duration::from_secs(3600);

/// What `serve` is given.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Everything is kept under it.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics` is answered, over plain HTTP and to whoever can reach it; nowhere if `None`.
    pub metrics: Option<SocketAddr>,
    /// PEM certificate chain.
    pub tls_cert: PathBuf,
    /// PEM private key.
    pub tls_key: PathBuf,
    /// Signed trust bundles, one a tenant; without any, the newest of what `init` took up and what was served last.
    pub bundles: Vec<PathBuf>,
    /// Signed policies; without one, `policy.jws` beside the tenant's bundle, the newest that was taken up with it, or the strictest.
    pub policies: Vec<PathBuf>,
    /// Google's status list of attestation certificates, read again whenever it changes.
    pub status_list: Option<PathBuf>,
    /// What peers may hold by being connected.
    pub peers: PeerLimits,
    /// How long a connection may take to bring the head of a request once TLS stands.
    pub first_request_within: Duration,
}

/// Why the gateway does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// It cannot begin.
    #[error(transparent)]
    App(#[from] AppError),
    /// The status list cannot be read.
    #[error(transparent)]
    StatusList(#[from] crate::recheck::StatusFileError),
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] CertificateError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Listening broke off.
    #[error("listening broke off ({0}): start it again")]
    Broken(#[source] std::io::Error),
}

/// Where a gateway listens.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    /// For phones and the records side.
    pub address: SocketAddr,
    /// For `/metrics`, if anywhere.
    pub metrics: Option<SocketAddr>,
}

impl ServeError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::App(error) => error.code(),
            Self::StatusList(error) => error.code(),
            Self::Tls(_) => "tls_invalid",
            Self::Listen(_) | Self::Broken(_) => "listen_failed",
        }
    }
}

/// Serves until `stop` resolves; calls `ready` with where it listens.
pub async fn serve(
    options: ServeOptions,
    ready: impl FnOnce(Listening),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let keys = GatewayKeys::load(&options.data)?;
    let files = pair(&options).map_err(AppError::from)?;
    let app = App::open(&options.data, keys, &files, Arc::new(SystemClock)).await?;
    if let Some(path) = &options.status_list {
        app.read_status_list(path)?;
        tokio::spawn(crate::recheck::follow(app.clone(), path.clone()));
    }
    let renewal = Renewal::open(&options.tls_cert, &options.tls_key, app.hosts())?;
    let tls = RustlsConfig::from_config(renewal.current().config());
    let failed = |address| move |source| ListenError { address, source };
    let listener = std::net::TcpListener::bind(options.listen).map_err(failed(options.listen))?;
    listener.set_nonblocking(true).map_err(ServeError::Broken)?;
    let address = listener.local_addr().map_err(ServeError::Broken)?;
    let metrics = match options.metrics {
        Some(listen) => Some(give_counters(app.clone(), listen).await.map_err(failed(listen))?),
        None => None,
    };
    let handle = Handle::new();
    let stopper = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopper.graceful_shutdown(Some(GRACE));
    });
    tokio::spawn(keep_clean(app.clone()));
    tokio::spawn(crate::watch::watch(app.clone()));
    let (clock, data) = (app.clock.clone(), options.data.clone());
    tokio::spawn(follow(
        renewal,
        tls.clone(),
        move || clock.now(),
        move |used| {
            let end = used.outline().not_after;
            crate::meters::certificate_ends(end);
            crate::until::leave(&data, end);
        },
    ));
    let acceptor = Handshake::new(tls, PeersAcceptor::new(options.peers));
    let strangers = pace();
    let server = axum_server::from_tcp(listener).map_err(ServeError::Broken)?;
    let server = server.acceptor(acceptor).handle(handle).accept_error_handler(move |from, error| {
        if from.is_none() {
            tracing::error!(%error, "no connection can be taken");
        } else if error.kind() == ErrorKind::InvalidData && strangers.permits("handshakes") {
            tracing::info!(%error, "a TLS handshake failed");
        }
    });
    // Who finished TLS and sends no request is let go, also while it is not known which HTTP it will speak; so is who
    // dribbles a later head of HTTP/1.1.
    let mut server = server.first_request_timeout(options.first_request_within);
    server.http_builder().http1().header_read_timeout(Some(options.first_request_within));
    server
        .http_builder()
        .http2()
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .max_concurrent_streams(STREAMS)
        .initial_connection_window_size(WINDOW)
        .initial_stream_window_size(WINDOW);
    ready(Listening { address, metrics });
    server.serve(router(app).into_make_service()).await.map_err(ServeError::Broken)
}

/// Answers `/metrics` there as long as the process lives; where that is.
async fn give_counters(app: App, listen: SocketAddr) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, metrics_router(app)).await {
            tracing::error!(%error, "counters are not given any more");
        }
    });
    Ok(address)
}

async fn keep_clean(app: App) {
    let mut round = tokio::time::interval(CLEAN_EVERY);
    loop {
        round.tick().await;
        match clean(&app).await {
            Ok(deleted) => tracing::info!(deleted, "housekeeping done"),
            Err(error) => tracing::warn!(%error, "housekeeping"),
        }
    }
}

/// Which policy goes with which bundle.
pub(crate) fn pair(options: &ServeOptions) -> Result<Vec<TenantFiles>, TenantError> {
    let mut files = match &options.bundles[..] {
        [] => installed(&options.data)?,
        given => given.iter().map(|bundle| TenantFiles { bundle: bundle.clone(), policy: None }).collect(),
    };
    for files in &mut files {
        let tenant = SignedFile::Bundle.tenant(&files.bundle)?;
        for path in &options.policies {
            if SignedFile::Policy.tenant(path)? == tenant {
                files.policy = Some(path.clone());
            }
        }
    }
    Ok(files)
}
