//! A reverse proxy in front of the gateway: it ends TLS, gives the host another name and says of itself what it likes.
//! What was signed is judged by the address in the bundle, and all the rest works as without it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum_server::tls_rustls::RustlsConfig;
use gauze_tests::hospital::{Hospital, write};
use gauze_tests::port::free_port;
use gauze_tests::programs::Server;
use jiff::SignedDuration;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::Value;

use crate::fixture::{closed_ward, listed, open, phone, pictures, pull};
use crate::shared::tool;
use crate::wrong_clock::{Clock, library};

/// What a proxy says of whom it speaks for, all of it wrong.
const SAID: [(&str, &str); 4] = [
    ("x-forwarded-host", "elsewhere.test"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-for", "203.0.113.9"),
    ("forwarded", "host=elsewhere.test;proto=http"),
];

#[derive(Clone)]
struct Hop {
    client: reqwest::Client,
    inner: u16,
    /// By how much it sets `Date` wrong.
    off: SignedDuration,
}

/// Passes a request on under the inner host's name.
async fn pass_on(State(hop): State<Hop>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = parts.headers;
    headers.remove("host");
    for (name, value) in SAID {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let asked = hop
        .client
        .request(parts.method, format!("https://localhost:{}{path}", hop.inner))
        .headers(headers)
        .body(reqwest::Body::wrap_stream(body.into_data_stream()));
    let Ok(answer) = asked.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    if let Some(date) = headers.get_mut("date") {
        *date = moved(date, hop.off);
    }
    (status, headers, Body::from_stream(answer.bytes_stream())).into_response()
}

/// As a proxy writes it whose own clock is wrong.
fn moved(date: &HeaderValue, off: SignedDuration) -> HeaderValue {
    let date = jiff::fmt::rfc2822::parse(date.to_str().unwrap()).unwrap().timestamp() + off;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
    HeaderValue::from_str(&text).unwrap()
}

fn client(tls: &Path) -> reqwest::Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(tls.join("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    #[expect(
        clippy::disallowed_methods,
        reason = "the proxy's own client, with our own rustls configuration"
    )]
    let client = reqwest::ClientBuilder::new().tls_backend_preconfigured(config).no_proxy().build();
    client.unwrap()
}

/// A proxy in this process on the hospital's port.
fn start_hop(hospital: &Hospital, inner: u16) -> axum_server::Handle<std::net::SocketAddr> {
    start_hop_off(hospital, inner, SignedDuration::ZERO)
}

/// The same, whose clock is wrong.
fn start_hop_off(
    hospital: &Hospital,
    inner: u16,
    off: SignedDuration,
) -> axum_server::Handle<std::net::SocketAddr> {
    let tls = hospital.home().join("tls");
    let chain = vec![CertificateDer::from_pem_file(tls.join("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(tls.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, hospital.port())).unwrap();
    listener.set_nonblocking(true).unwrap();
    let handle = axum_server::Handle::new();
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config))).unwrap();
    let hop = Hop { client: client(&tls), inner, off };
    let router = Router::new().fallback(pass_on).with_state(hop);
    tokio::spawn(server.handle(handle.clone()).serve(router.into_make_service()));
    handle
}

/// Enrols, by the hospital's address.
async fn enrol(hospital: &Hospital) {
    let enrolled = phone(hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!(enrolled.code, Some(0), "{}", enrolled.stderr);
}

/// Sends photos and has them filed, all by the hospital's address.
async fn photos_arrive(hospital: &Hospital) {
    let files = pictures(hospital.home(), 3);
    let mut capture = vec!["capture"];
    capture.extend(files.iter().map(|file| file.to_str().unwrap()));
    assert_eq!(phone(hospital, &capture).await.code, Some(0));
    let upload = phone(hospital, &["upload"]).await;
    assert_eq!(upload.code, Some(0), "{}", upload.stderr);
    let pulled = pull(hospital).await;
    assert_eq!(pulled.code, Some(0), "{}", pulled.stderr);
    assert_eq!(phone(hospital, &["upload"]).await.code, Some(0));
    let left: Value = serde_json::from_str(&phone(hospital, &["list", "--json"]).await.stdout).unwrap();
    assert_eq!(left, serde_json::json!([]), "filed, and gone from the phone");
    let filed = listed(hospital).await;
    assert_eq!(filed.len(), 3);
    open(hospital, filed[0]["capture_id"].as_str().unwrap()).await;
}

async fn gateway_on(hospital: &Hospital, inner: u16) -> Server {
    hospital.start_gateway_behind(inner).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_that_renames_the_host_signed_requests_count_as_they_were_signed() {
    let (_home, hospital) = closed_ward("pq").await;
    let inner = free_port().unwrap();
    let gateway = gateway_on(&hospital, inner).await;
    let hop = start_hop(&hospital, inner);
    enrol(&hospital).await;
    photos_arrive(&hospital).await;
    hop.shutdown();
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_signed_for_the_name_a_proxy_gives_is_refused() {
    let (_home, hospital) = closed_ward("pq").await;
    let inner = free_port().unwrap();
    let gateway = gateway_on(&hospital, inner).await;
    let hop = start_hop(&hospital, inner);
    enrol(&hospital).await;
    // The records side signs for whatever address it is told; the bundle knows but one.
    let path = format!("/v1/{}/log?from=0&limit=1", hospital.tenant().unwrap());
    for (meant, status) in [(hospital.url(), 200), ("https://elsewhere.test".to_owned(), 401)] {
        let fields = signed_by_records(&hospital, &format!("{meant}{path}"));
        let asked = client(&hospital.home().join("tls"))
            .get(format!("{}{path}", hospital.url()))
            .header("signature-input", fields.signature_input)
            .header("signature", fields.signature);
        assert_eq!(asked.send().await.unwrap().status().as_u16(), status, "{meant}");
    }
    hop.shutdown();
    gateway.stop().await;
}

fn signed_by_records(hospital: &Hospital, target_uri: &str) -> gauze_wire::signature::SignatureFields {
    use gauze_wire::signature::{Request, Tag, sign};
    let pem = std::fs::read_to_string(hospital.home().join("keys/records.pem")).unwrap();
    let key = gauze_wire::SoftwareKey::from_pem(&pem).unwrap();
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test against a real server, at the real time")]
    let now = jiff::Timestamp::now();
    sign(&Request { method: "GET", target_uri, body: None }, &key, Tag::Records, now, &nonce).unwrap()
}

/// A running nginx; it ends when it is dropped.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// nginx as `docs/operating.md` sets it up, which says wrong things of whom it speaks for besides.
fn start_nginx(program: &Path, hospital: &Hospital, inner: u16) -> Nginx {
    let dir = hospital.home().join("nginx");
    std::fs::create_dir(&dir).unwrap();
    let tls = hospital.home().join("tls");
    let tls = tls.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("  {name}_temp_path {}/{name};\n", dir.display()))
        .concat();
    let config = format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log;\n\
         events {{ }}\n\
         http {{\n  access_log off;\n{temporary}\
         server {{\n\
         listen 127.0.0.1:{port} ssl http2;\n\
         ssl_certificate {tls}/server.pem; ssl_certificate_key {tls}/server.key;\n\
         client_max_body_size 65m;\n\
         location / {{\n\
         proxy_pass https://127.0.0.1:{inner};\n\
         proxy_http_version 1.1; proxy_request_buffering off; proxy_read_timeout 120s;\n\
         proxy_ssl_verify on; proxy_ssl_trusted_certificate {tls}/ca.pem; proxy_ssl_name localhost;\n\
         proxy_set_header Host backend.internal;\n\
         proxy_set_header X-Forwarded-Host elsewhere.test;\n\
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
         }} }} }}\n",
        port = hospital.port(),
    );
    write(&dir.join("nginx.conf"), &config).unwrap();
    let mut nginx = Command::new(program);
    nginx.arg("-p").arg(&dir).arg("-c").arg(dir.join("nginx.conf")).arg("-e").arg(dir.join("error.log"));
    Nginx(nginx.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// It has no way to say that it listens.
async fn listens(hospital: &Hospital) {
    let reached = async {
        while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, hospital.port())).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), reached).await.expect("nginx listens");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_photos_arrive_and_are_filed() {
    let Some(program) = tool("nginx", "") else { return };
    let (_home, hospital) = closed_ward("pq").await;
    let inner = free_port().unwrap();
    let gateway = gateway_on(&hospital, inner).await;
    let _nginx = start_nginx(&program, &hospital, inner);
    listens(&hospital).await;
    enrol(&hospital).await;
    photos_arrive(&hospital).await;
    gateway.stop().await;
}

/// By how much the `Date` that whoever asks is told is ahead of the gateway's own time.
async fn date_ahead(hospital: &Hospital) -> SignedDuration {
    let url = format!("{}/v1/{}/bundle", hospital.url(), hospital.tenant().unwrap());
    let answer = client(&hospital.home().join("tls")).get(url).send().await.unwrap();
    let field = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let date = jiff::fmt::rfc2822::parse(&field("date")).unwrap().timestamp();
    date.duration_since(field("gauze-time").parse().unwrap())
}

fn is_about(found: SignedDuration, minutes: i64) -> bool {
    (found - SignedDuration::from_mins(minutes)).abs() < SignedDuration::from_mins(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_a_gateway_whose_clock_is_ten_minutes_wrong_stops_nothing() {
    let Some(program) = tool("nginx", "") else { return };
    for minutes in [-10, 10] {
        let (_home, hospital) = closed_ward("pq").await;
        let Some(library) = library(hospital.home()) else { return };
        let (clock, inner) = (Clock::new(&library, "gateway"), free_port().unwrap());
        let gateway = hospital.start_gateway_behind_with(inner, clock.variables()).await.unwrap();
        let _nginx = start_nginx(&program, &hospital, inner);
        listens(&hospital).await;
        // A token may be five minutes younger than the gateway's clock, and no more.
        enrol(&hospital).await;
        clock.set(minutes * 60);
        let ahead = date_ahead(&hospital).await;
        assert!(is_about(ahead, -minutes), "nginx writes its own Date: {ahead:?}");
        photos_arrive(&hospital).await;
        gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_a_date_that_is_ten_minutes_wrong_stops_nothing() {
    for minutes in [-10, 10] {
        let (_home, hospital) = closed_ward("pq").await;
        let inner = free_port().unwrap();
        let gateway = gateway_on(&hospital, inner).await;
        let hop = start_hop_off(&hospital, inner, SignedDuration::from_mins(minutes));
        let ahead = date_ahead(&hospital).await;
        assert!(is_about(ahead, minutes), "{ahead:?}");
        enrol(&hospital).await;
        photos_arrive(&hospital).await;
        hop.shutdown();
        gateway.stop().await;
    }
}
