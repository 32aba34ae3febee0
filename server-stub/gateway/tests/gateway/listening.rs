//! The gateway as it listens: real TLS, peers of every kind, and what the operator alone may read.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gauze_gateway::{FIRST_REQUEST_WITHIN, Listening, ServeOptions, serve};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::fixture::{Gateway, Hospital, put_file};

type Tls = TlsStream<TcpStream>;

/// A gateway that listens, on a directory where another has begun.
struct Listener {
    at: Listening,
    ca: CertificateDer<'static>,
}

/// What `serve` is given, with a fresh certificate for `localhost`.
fn options(gateway: &Gateway) -> ServeOptions {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (tls_cert, tls_key) = (gateway.at("tls.pem"), gateway.at("tls.key"));
    put_file(&tls_cert, made.cert.pem().as_bytes());
    put_file(&tls_key, made.signing_key.serialize_pem().as_bytes());
    ServeOptions {
        data: gateway.data(),
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        metrics: None,
        tls_cert,
        tls_key,
        bundles: gateway.files.iter().map(|files| files.bundle.clone()).collect(),
        policies: Vec::new(),
        status_list: None,
        first_request_within: FIRST_REQUEST_WITHIN,
    }
}

impl Listener {
    async fn start(options: ServeOptions) -> Self {
        let ca = CertificateDer::from_pem_file(&options.tls_cert).unwrap();
        let (tell, told) = tokio::sync::oneshot::channel();
        let ready = move |at| tell.send(at).unwrap();
        tokio::spawn(serve(options, ready, std::future::pending()));
        Self { at: told.await.unwrap(), ca }
    }

    /// A connection from `127.0.0.last` over which TLS stands.
    async fn connect(&self, last: u8, alpn: &[u8]) -> std::io::Result<Tls> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into())?;
        let stream = socket.connect(self.at.address).await?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.ca.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
    }
}

/// Whatever comes until the other end has closed, by whatever means, within ten seconds.
async fn until_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut all));
    // A connection that is cut is as closed as one that ends.
    let _ = read.await.unwrap();
    all
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn counters_are_given_where_the_operator_says_and_not_to_phones() {
    let gateway = Gateway::serving(&[&Hospital::ward()]).await;
    assert!(Listener::start(options(&gateway)).await.at.metrics.is_none(), "off unless given");
    let metrics = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let listener = Listener::start(ServeOptions { metrics, ..options(&gateway) }).await;
    let mut plain = TcpStream::connect(listener.at.metrics.unwrap()).await.unwrap();
    plain.write_all(get("/metrics").as_bytes()).await.unwrap();
    let answer = String::from_utf8(until_closed(&mut plain).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("gauze_log_size"), "{answer}");
    let mut tls = listener.connect(1, b"http/1.1").await.unwrap();
    tls.write_all(get("/metrics").as_bytes()).await.unwrap();
    let answer = String::from_utf8(until_closed(&mut tls).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404") && !answer.contains("gauze_log_size"), "{answer}");
}
