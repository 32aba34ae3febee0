//! The gateway as it listens: real TLS, peers of every kind, and what the operator alone may read.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use gauze_gateway::{Listening, PeerLimits, ServeOptions, serve};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CipherSuite, CipherSuiteCommon, SupportedCipherSuite, Tls13CipherSuite};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::fixture::{Gateway, Hospital, Phone, Shot, put_file};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);
/// Longer than a machine needs that has much else to do.
const SOON: Duration = Duration::from_secs(2);

pub type Tls = TlsStream<TcpStream>;

/// A gateway that listens, on a directory where another has begun.
pub struct Listener {
    pub at: Listening,
    pub ca: CertificateDer<'static>,
}

/// What `serve` is given, with a fresh certificate for `localhost`.
pub fn options(gateway: &Gateway) -> ServeOptions {
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
        peers: PeerLimits { unproven: LONG, idle: LONG, ..PeerLimits::default() },
        first_request_within: LONG,
    }
}

impl Listener {
    pub async fn start(options: ServeOptions) -> Self {
        let ca = CertificateDer::from_pem_file(&options.tls_cert).unwrap();
        let (tell, told) = tokio::sync::oneshot::channel();
        let ready = move |at| tell.send(at).unwrap();
        tokio::spawn(serve(options, ready, std::future::pending()));
        Self { at: told.await.unwrap(), ca }
    }

    /// A connection from `127.0.0.last` over which TLS stands.
    async fn connect(&self, last: u8, alpn: &[u8]) -> std::io::Result<Tls> {
        self.connect_with(last, &[alpn], false).await
    }

    /// The same, of a client that offers these protocols and perhaps a cipher suite that RFC 8701 reserves.
    pub async fn connect_with(&self, last: u8, alpn: &[&[u8]], greases: bool) -> std::io::Result<Tls> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into())?;
        let stream = socket.connect(self.at.address).await?;
        let config = Arc::new(self.client(alpn, greases));
        TlsConnector::from(config).connect(ServerName::try_from("localhost").unwrap(), stream).await
    }

    /// Who believes this gateway.
    pub fn client(&self, alpn: &[&[u8]], greases: bool) -> rustls::ClientConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.ca.clone()).unwrap();
        let mut provider = ring::default_provider();
        if greases {
            provider.cipher_suites.insert(0, SupportedCipherSuite::Tls13(&GREASE));
        }
        let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config
    }
}

/// No server takes it: it keeps servers from failing at what they do not know.
static GREASE: LazyLock<Tls13CipherSuite> = LazyLock::new(|| {
    let SupportedCipherSuite::Tls13(real) = ring::cipher_suite::TLS13_AES_128_GCM_SHA256 else {
        unreachable!("it is a suite of TLS 1.3")
    };
    let common = CipherSuiteCommon {
        suite: CipherSuite::Unknown(0x2a2a),
        hash_provider: real.common.hash_provider,
        confidentiality_limit: real.common.confidentiality_limit,
    };
    Tls13CipherSuite { common, hkdf_provider: real.hkdf_provider, aead_alg: real.aead_alg, quic: None }
});

/// Whatever comes until the other end has closed, by whatever means, within ten seconds.
pub async fn until_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
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

#[tokio::test]
async fn a_handshake_that_fails_is_a_line_without_an_address() {
    let log = crate::fixture::logged();
    let gateway = Gateway::serving(&[&Hospital::ward()]).await;
    let mut listener = Listener::start(options(&gateway)).await;
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    listener.ca = other.cert.der().clone();
    assert!(listener.connect(3, b"h2").await.is_err());
    while log.lines().iter().all(|line| line["message"] != "a TLS handshake failed") {
        tokio::task::yield_now().await;
    }
    assert!(log.text().contains("alert") && !log.text().contains("127.0.0"), "{}", log.text());
}

/// Whence silent strangers come, and whence a phone does.
const STRANGE: u8 = 1;
const PHONES: u8 = 2;

/// A gateway whose clock is the machine's, with a phone's photo and the address for it.
pub async fn with_a_ticket() -> (Gateway, Shot, String) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    gateway.pass(gauze_gateway::Clock::now(&gauze_gateway::SystemClock).duration_since(gateway.now()));
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(300_000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    (gateway, shot, ticket)
}

fn put_head(ticket: &str, shot: &Shot) -> String {
    let len = shot.sealed.len();
    format!("PUT {ticket} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len}\r\n\r\n")
}

/// The first line of the answer.
async fn status_line(tls: &mut Tls) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(tls.read_u8().await.unwrap());
    }
    String::from_utf8(line).unwrap()
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

/// One stranger that falls silent: after TLS, in the preface of HTTP/2, after its settings, in a head of HTTP/1.1, in the
/// body of an enrolment, and after the answer to a request for which nothing has to be proven.
async fn silent(listener: &Listener, step: usize) -> Tls {
    silent_or_gone(listener, step).await.unwrap()
}

async fn silent_or_gone(listener: &Listener, step: usize) -> std::io::Result<Tls> {
    let enrolment =
        "POST /v1/ward-9/enrolments HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900\r\n\r\nhalf";
    let (alpn, said): (&[u8], Vec<u8>) = match step % 6 {
        0 => (b"h2", Vec::new()),
        1 => (b"h2", PREFACE[..10].to_vec()),
        2 => (b"h2", [PREFACE, SETTINGS].concat()),
        3 => (b"http/1.1", b"GET /healthz HTTP/1.1\r\nhost".to_vec()),
        4 => (b"http/1.1", enrolment.into()),
        _ => (b"http/1.1", b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec()),
    };
    let mut tls = listener.connect(STRANGE, alpn).await?;
    tls.write_all(&said).await?;
    tls.flush().await?;
    if step % 6 == 5 {
        assert!(status_line(&mut tls).await.starts_with("HTTP/1.1 200"));
    }
    Ok(tls)
}

/// Sends the photo over a connection of its own: the first line of the answer.
async fn upload(listener: &Listener, from: u8, ticket: &str, shot: &Shot) -> std::io::Result<String> {
    let mut phone = listener.connect(from, b"http/1.1").await?;
    phone.write_all(put_head(ticket, shot).as_bytes()).await?;
    phone.write_all(&shot.sealed).await?;
    phone.flush().await?;
    Ok(status_line(&mut phone).await)
}

#[tokio::test]
async fn strangers_who_hold_every_place_in_silence_push_out_each_other_and_no_phone() {
    let (gateway, shot, ticket) = with_a_ticket().await;
    let mut options = options(&gateway);
    options.peers.connections = 50;
    options.peers.per_address = 48;
    let listener = Listener::start(options).await;
    let mut phone = listener.connect(PHONES, b"http/1.1").await.unwrap();
    let (begin, rest) = shot.sealed.split_at(1000);
    phone.write_all(put_head(&ticket, &shot).as_bytes()).await.unwrap();
    phone.write_all(begin).await.unwrap();
    phone.flush().await.unwrap();
    let mut held = std::collections::VecDeque::new();
    for step in 0..60 {
        held.push_back(silent(&listener, step).await);
    }
    for _ in 0..12 {
        until_closed(&mut held.pop_front().unwrap()).await;
    }
    // One from the strangers' own address finds a place, and the phone has kept its own all the while.
    let other = listener.connect(STRANGE, b"h2").await.unwrap();
    until_closed(&mut held.pop_front().unwrap()).await;
    phone.write_all(rest).await.unwrap();
    phone.flush().await.unwrap();
    assert!(status_line(&mut phone).await.starts_with("HTTP/1.1 201"));
    drop((held, other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ward_uploads_while_thousands_fall_silent_at_each_step() {
    const PEERS: usize = 5000;
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    gateway.pass(gauze_gateway::Clock::now(&gauze_gateway::SystemClock).duration_since(gateway.now()));
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let mut photos = Vec::new();
    for _ in 0..10 {
        let shot = phone.shoot(100_000);
        let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
        photos.push((ticket, shot));
    }
    let mut options = options(&gateway);
    (options.peers.connections, options.peers.per_address) = (400, 200);
    let listener = Arc::new(Listener::start(options).await);
    let strangers = listener.clone();
    let flood = tokio::spawn(async move {
        let (mut held, mut turned_away) = (Vec::new(), 0);
        for step in 0..PEERS {
            match silent_or_gone(&strangers, step).await {
                Ok(stranger) => held.push(stranger),
                Err(_) => turned_away += 1,
            }
        }
        (held, turned_away)
    });
    let mut stored = 0;
    for (ticket, shot) in &photos {
        // A phone tries again too.
        for _ in 0..3 {
            let sent =
                tokio::time::timeout(Duration::from_secs(20), upload(&listener, PHONES, ticket, shot)).await;
            if sent.is_ok_and(|answer| answer.is_ok_and(|line| line.starts_with("HTTP/1.1 20"))) {
                stored += 1;
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (held, turned_away) = flood.await.unwrap();
    assert_eq!(stored, photos.len());
    assert!(held.len() > PEERS * 9 / 10, "{} fell silent, {turned_away} were turned away", held.len());
}

#[tokio::test]
async fn who_proves_nothing_is_cut_wherever_they_fell_silent_and_an_upload_that_takes_longer_is_not() {
    let (gateway, shot, ticket) = with_a_ticket().await;
    let mut options = options(&gateway);
    options.peers.unproven = SOON;
    let listener = Listener::start(options).await;
    let mut phone = listener.connect(PHONES, b"http/1.1").await.unwrap();
    let (begin, rest) = shot.sealed.split_at(1000);
    phone.write_all(put_head(&ticket, &shot).as_bytes()).await.unwrap();
    phone.write_all(begin).await.unwrap();
    phone.flush().await.unwrap();
    let mut held = Vec::new();
    for step in 0..24 {
        held.push(silent(&listener, step).await);
    }
    for stranger in &mut held {
        until_closed(stranger).await;
    }
    phone.write_all(rest).await.unwrap();
    phone.flush().await.unwrap();
    assert!(status_line(&mut phone).await.starts_with("HTTP/1.1 201"));
}

#[tokio::test]
async fn an_upload_that_falls_silent_is_cut_and_what_came_stays() {
    let (gateway, shot, ticket) = with_a_ticket().await;
    let mut options = options(&gateway);
    options.peers.idle = SOON;
    let listener = Listener::start(options).await;
    let mut phone = listener.connect(PHONES, b"http/1.1").await.unwrap();
    phone.write_all(put_head(&ticket, &shot).as_bytes()).await.unwrap();
    phone.write_all(&shot.sealed[..1000]).await.unwrap();
    phone.flush().await.unwrap();
    until_closed(&mut phone).await;
    let mut again = listener.connect(PHONES, b"http/1.1").await.unwrap();
    let head = format!("HEAD {ticket} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    again.write_all(head.as_bytes()).await.unwrap();
    let answer = String::from_utf8(until_closed(&mut again).await).unwrap();
    assert!(answer.contains("upload-offset: 1000\r\n"), "{answer}");
}
