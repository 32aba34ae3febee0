//! Serves over TLS until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use gauze_listen::{ListenError, Renewal, follow};
use jiff::Timestamp;

use crate::config::Home;
use crate::error::WitnessError;
use crate::routes::router;
use crate::seen::Witness;

/// Running requests get this long at the end.
const GRACE: Duration = Duration::from_secs(5);
/// How long a connection may take to bring the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Requests that a connection has open at once.
const STREAMS: u32 = 8;

/// Where a witness serves.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Its directory.
    pub home: Home,
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// PEM certificate chain.
    pub tls_cert: PathBuf,
    /// PEM private key.
    pub tls_key: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the one adapter of the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Serves until `stop` resolves; calls `ready` with where it listens.
///
/// # Errors
/// [`WitnessError`], before `ready` was called or when listening broke off.
pub async fn serve(
    options: ServeOptions,
    ready: impl FnOnce(SocketAddr) + Send,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), WitnessError> {
    let witness = Witness::open(&options.home)?;
    let renewal = Renewal::open(&options.tls_cert, &options.tls_key, Vec::new())?;
    let tls = RustlsConfig::from_config(renewal.current().config());
    let failed = |source| ListenError { address: options.listen, source };
    let listener = std::net::TcpListener::bind(options.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(WitnessError::Broken)?;
    let address = listener.local_addr().map_err(WitnessError::Broken)?;
    tokio::spawn(follow(renewal, tls.clone(), now, |_| {}));
    let handle = Handle::new();
    let stopper = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopper.graceful_shutdown(Some(GRACE));
    });
    let server = axum_server::from_tcp(listener).map_err(WitnessError::Broken)?;
    let mut server = server
        .acceptor(RustlsAcceptor::new(tls))
        .handle(handle)
        .accept_error_handler(|_, error| tracing::debug!(%error, "a connection was not made"))
        .first_request_timeout(HEAD_WITHIN);
    server.http_builder().http1().header_read_timeout(Some(HEAD_WITHIN));
    server.http_builder().http2().keep_alive_interval(Some(HEAD_WITHIN)).max_concurrent_streams(STREAMS);
    ready(address);
    server.serve(router(witness, now).into_make_service()).await.map_err(WitnessError::Broken)
}
