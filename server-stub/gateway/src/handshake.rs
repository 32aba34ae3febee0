//! TLS, and which HTTP is spoken over it: HTTP/2 with whoever offers it, but HTTP/1.1 with a client that greases (RFC 8701)
//! and offers both, as Apple's TLS does. Over HTTP/1.1 alone can a transfer be told that it may be resumed
//! ([`crate::interim`]); a wrong guess costs somebody else the sharing of a connection, or a resumed transfer, and nothing more.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::server::{Acceptor, ClientHello};
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tower::Layer as _;

use crate::interim::{Interim, InterimStream};
use crate::peers::{Peer, PeerStream, PeersAcceptor};

/// How long a handshake may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Takes connections within limits and speaks TLS over them.
#[derive(Clone)]
pub struct Handshake {
    config: RustlsConfig,
    peers: PeersAcceptor,
}

impl Handshake {
    pub fn new(config: RustlsConfig, peers: PeersAcceptor) -> Self {
        Self { config, peers }
    }
}

type Stream = InterimStream<TlsStream<PeerStream<TcpStream>>>;
type Service<S> = AddExtension<AddExtension<S, Peer>, Interim>;

impl<S: Send + 'static> Accept<TcpStream, S> for Handshake {
    type Stream = Stream;
    type Service = Service<S>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Stream, Service<S>)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let placed = self.peers.accept(stream, service);
        let config = self.config.get_inner();
        Box::pin(async move {
            let (stream, service) = placed.await?;
            let (stream, interim) =
                InterimStream::new(tokio::time::timeout(WITHIN, shake(stream, config)).await??);
            Ok((stream, Extension(interim).layer(service)))
        })
    }
}

async fn shake(
    stream: PeerStream<TcpStream>,
    config: Arc<ServerConfig>,
) -> io::Result<TlsStream<PeerStream<TcpStream>>> {
    let begun = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let config = if greases(&begun.client_hello()) { prefers_http1(&config) } else { config };
    begun.into_stream(config).await
}

/// Whether a value among the cipher suites is one that RFC 8701 reserves.
fn greases(hello: &ClientHello<'_>) -> bool {
    let mut suites = hello.cipher_suites().iter().map(|suite| u16::from(*suite));
    suites.any(|suite| suite & 0x0f0f == 0x0a0a && suite >> 8 == suite & 0xff)
}

fn prefers_http1(config: &ServerConfig) -> Arc<ServerConfig> {
    let mut config = config.clone();
    config.alpn_protocols.reverse();
    Arc::new(config)
}
