//! Listening over TLS, and an end that lets running requests finish.

use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use gauze_listen::{CertificateError, ListenError, Renewal, follow};
use gauze_logging::Pace;

use crate::clock::{Clock as _, SystemClock};
use crate::coded::Coded;

/// Running requests get this long at the end.
const GRACE: Duration = Duration::from_secs(5);
/// How long a connection may take to bring the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Requests that a connection has open at once: a page of tiles is loaded by a few dozen.
const STREAMS: u32 = 64;
/// What a connection may bring before it is read.
const WINDOW: u32 = 128 << 10;

/// Where and as whom the pages are served.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// PEM certificate chain.
    pub tls_cert: PathBuf,
    /// PEM private key.
    pub tls_key: PathBuf,
    /// The name that people know the pages by.
    pub host: String,
}

/// Why no pages are served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] CertificateError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Listening broke off.
    #[error("listening broke off: {0}")]
    Broken(#[source] std::io::Error),
}

impl Coded for WebError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls_invalid",
            Self::Listen(_) | Self::Broken(_) => "listen_failed",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Tls(_) => "Check --tls-cert and --tls-key.",
            Self::Listen(_) => "Check --web.",
            Self::Broken(_) => "Start it again.",
        }
    }
}

/// Serves until `stop` resolves; calls `ready` with where it listens.
///
/// # Errors
/// [`WebError`], before `ready` was called or when listening broke off.
pub async fn serve(
    options: &WebOptions,
    pages: Router,
    ready: impl FnOnce(SocketAddr) + Send,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), WebError> {
    let renewal = Renewal::open(&options.tls_cert, &options.tls_key, vec![options.host.clone()])?;
    let tls = RustlsConfig::from_config(renewal.current().config());
    let failed = |source| ListenError { address: options.listen, source };
    let listener = std::net::TcpListener::bind(options.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(WebError::Broken)?;
    let address = listener.local_addr().map_err(WebError::Broken)?;
    tokio::spawn(follow(renewal, tls.clone(), || SystemClock.now(), |_| {}));
    let handle = Handle::new();
    let stopper = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopper.graceful_shutdown(Some(GRACE));
    });
    let server = axum_server::from_tcp(listener).map_err(WebError::Broken)?;
    let strangers = Pace::new(60);
    let server =
        server.acceptor(RustlsAcceptor::new(tls)).handle(handle).accept_error_handler(move |from, error| {
            if from.is_none() {
                tracing::error!(%error, "no connection can be taken");
            } else if error.kind() == ErrorKind::InvalidData && strangers.permits("handshakes") {
                tracing::info!(%error, "a TLS handshake failed");
            }
        });
    let mut server = server.first_request_timeout(HEAD_WITHIN);
    server.http_builder().http1().header_read_timeout(Some(HEAD_WITHIN));
    server
        .http_builder()
        .http2()
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .max_concurrent_streams(STREAMS)
        .initial_connection_window_size(WINDOW)
        .initial_stream_window_size(WINDOW);
    ready(address);
    server.serve(pages.into_make_service_with_connect_info::<SocketAddr>()).await.map_err(WebError::Broken)
}
