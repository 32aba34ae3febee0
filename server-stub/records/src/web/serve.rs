//! Listening over TLS, and an end that lets running requests finish.

use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use gauze_logging::Pace;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

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
}

/// Why no pages are served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Certificate or key cannot be used.
    #[error("the TLS certificate or key cannot be used: {0}")]
    Tls(String),
    /// The address cannot be listened on.
    #[error("cannot listen there: {0}")]
    Listen(#[source] std::io::Error),
}

impl Coded for WebError {
    fn code(&self) -> &'static str {
        match self {
            Self::Tls(_) => "tls_invalid",
            Self::Listen(_) => "listen_failed",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Tls(_) => "Check --tls-cert and --tls-key.",
            Self::Listen(_) => "Check --web.",
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
    let tls = tls(options)?;
    let listener = std::net::TcpListener::bind(options.listen).map_err(WebError::Listen)?;
    listener.set_nonblocking(true).map_err(WebError::Listen)?;
    let address = listener.local_addr().map_err(WebError::Listen)?;
    let handle = Handle::new();
    let stopper = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopper.graceful_shutdown(Some(GRACE));
    });
    let server = axum_server::from_tcp(listener).map_err(WebError::Listen)?;
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
    server.serve(pages.into_make_service_with_connect_info::<SocketAddr>()).await.map_err(WebError::Listen)
}

/// TLS 1.2 and 1.3 by ring.
fn tls(options: &WebOptions) -> Result<RustlsConfig, WebError> {
    let told = |error: &dyn std::fmt::Display| WebError::Tls(error.to_string());
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(&options.tls_cert).map_err(|e| told(&e))?.collect();
    let key = PrivateKeyDer::from_pem_file(&options.tls_key).map_err(|e| told(&e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| told(&e))?
        .with_no_client_auth()
        .with_single_cert(chain.map_err(|e| told(&e))?, key)
        .map_err(|e| told(&e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}
