//! The HTTPS client against a server that checks what it is sent.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use gauze_records::gateway::{GatewayError, GatewayPort};
use gauze_records::keys::RecipientKind;
use gauze_records::pull::{Puller, serve};
use gauze_records::{Clock as _, Coded as _};
use gauze_wire::signature::{self, RequestSignature, Tag};
use gauze_wire::{Acknowledgement, Digest, Problem, ProblemCode, PublicKey, WireError};
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;

use crate::fixture::{Fake, Hospital, Phone};

#[derive(Clone)]
struct Edge {
    fake: Fake,
    url: String,
    records: PublicKey,
    /// Its clock, and how far it is ahead of what it tells.
    now: Timestamp,
    untrue: SignedDuration,
    /// The clock of a proxy before it, which writes `Date`.
    proxy: Timestamp,
    asked: Arc<AtomicU32>,
    /// What answers for photos in its place.
    between: Arc<Mutex<Option<Between>>>,
}

/// What something on the way makes of a photo.
#[derive(Clone, Copy, Debug)]
enum Between {
    /// A page with this status.
    Page(u16),
    /// Nothing but a status.
    Empty(u16),
    /// The bytes, with another status.
    Status(u16),
    /// The bytes, called something else.
    Kind,
    /// Fewer or more bytes than there are, announced so.
    Length(bool),
    /// Fewer bytes, and no length announced.
    Truncated,
    /// As many bytes as were signed for, and other ones.
    Other,
}

impl Between {
    fn answer(self, mut blob: Vec<u8>) -> Response {
        let status = |code| StatusCode::from_u16(code).unwrap();
        let page = [("content-type", "text/html"), ("location", "https://sign-in.example/")];
        match self {
            Self::Page(code) => (status(code), page, "<html>Sign in</html>").into_response(),
            Self::Empty(code) => status(code).into_response(),
            Self::Status(code) => (status(code), blob).into_response(),
            Self::Kind => (page, blob).into_response(),
            Self::Length(more) => {
                blob.resize(if more { blob.len() + 1 } else { blob.len() / 2 }, 0);
                blob.into_response()
            }
            Self::Truncated => {
                blob.truncate(blob.len() / 2);
                let parts = futures_util::stream::iter([Ok::<_, std::io::Error>(blob)]);
                let kind = [("content-type", "application/octet-stream")];
                (kind, Body::from_stream(parts)).into_response()
            }
            Self::Other => {
                blob.fill(0);
                blob.into_response()
            }
        }
    }
}

impl Edge {
    fn proven(&self, request: &Request, body: &[u8]) -> Result<(), ProblemCode> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let field = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
        let signed = RequestSignature::parse(field("signature-input"), field("signature")).unwrap();
        let digest = (request.method() == "POST").then(|| Digest::of(body));
        if let Some(digest) = &digest {
            assert_eq!(Digest::from_content_digest(field("content-digest")).unwrap(), *digest);
        }
        let target = format!("{}{}", self.url, request.uri().path_and_query().unwrap());
        let method = request.method().as_str();
        let what = signature::Request { method, target_uri: &target, body: digest.as_ref() };
        signed.verify(&what, &self.records, Tag::Records, self.now).map_err(|error| match error {
            WireError::Expired => ProblemCode::SignatureExpired,
            _ => ProblemCode::SignatureInvalid,
        })
    }

    /// What an answer says of time: the gateway, and the proxy before it.
    fn times(&self) -> [(&'static str, String); 2] {
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.proxy);
        [("gauze-time", (self.now - self.untrue).to_string()), ("date", date.unwrap())]
    }
}

fn problem(code: ProblemCode) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap();
    let kind = [("content-type", "application/problem+json")];
    (status, kind, serde_json::to_string(&Problem::from(code)).unwrap()).into_response()
}

fn number(query: &str, name: &str) -> u64 {
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap();
    pair.strip_prefix('=').unwrap().parse().unwrap()
}

async fn answer(State(edge): State<Edge>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 24).await.unwrap();
    let request = Request::from_parts(parts, Body::empty());
    if let Err(code) = edge.proven(&request, &body) {
        return (edge.times(), problem(code)).into_response();
    }
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default();
    let path: Vec<&str> = path.strip_prefix("/v1/ward-9/").unwrap().split('/').collect();
    let done = match path.as_slice() {
        ["log"] => {
            let limit = u32::try_from(number(query, "limit")).unwrap();
            let page = edge.fake.page(number(query, "from"), limit).await;
            let json = [("content-type", "application/json; charset=utf-8")];
            let shown = |page| (json, serde_json::to_string(&page).unwrap()).into_response();
            return page.map_or_else(failed, shown);
        }
        ["blobs", device, capture] => {
            let key = (device.parse().unwrap(), capture.parse().unwrap());
            let blob = edge.fake.with(|shop| shop.blobs.get(&key).cloned());
            if let Some(between) = *edge.between.lock().unwrap() {
                return between.answer(blob.unwrap_or_default());
            }
            return blob.map_or_else(|| problem(ProblemCode::NotFound), |blob| blob.into_response());
        }
        ["outcomes"] => {
            let receipts: Acknowledgement = serde_json::from_slice(&body).unwrap();
            edge.fake.outcomes(&receipts).await
        }
        ["cosignatures"] => edge.fake.cosignature(std::str::from_utf8(&body).unwrap()).await,
        _ => return problem(ProblemCode::NotFound),
    };
    done.map_or_else(failed, |()| StatusCode::NO_CONTENT.into_response())
}

fn failed(error: GatewayError) -> Response {
    match error {
        GatewayError::Refused(refused) => problem(refused.code),
        other => panic!("{other}"),
    }
}

struct Running {
    hospital: Hospital,
    between: Arc<Mutex<Option<Between>>>,
    ca: std::path::PathBuf,
    asked: Arc<AtomicU32>,
    handle: axum_server::Handle<std::net::SocketAddr>,
}

/// A hospital whose gateway answers over TLS.
fn start() -> Running {
    start_ahead(SignedDuration::ZERO, SignedDuration::ZERO)
}

/// The gateway's clock is so far `ahead` of the hospital's, and of a proxy's whose clock is right; what it says of it is `untrue`
/// by so much.
fn start_ahead(ahead: SignedDuration, untrue: SignedDuration) -> Running {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let hospital = Hospital::at(&url, RecipientKind::Classical);

    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &Issuer::new(ca, ca_key))
        .unwrap();
    let path = hospital.path("ca.pem");
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), ca_pem.as_bytes()).unwrap();

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let tls = axum_server::tls_rustls::RustlsConfig::from_config(Arc::new(config));
    let edge = Edge {
        fake: hospital.gateway.clone(),
        url,
        records: hospital.records_key(),
        now: hospital.clock.now() + ahead,
        untrue,
        proxy: hospital.clock.now(),
        asked: Arc::default(),
        between: Arc::default(),
    };
    let (asked, between) = (edge.asked.clone(), edge.between.clone());
    let handle = axum_server::Handle::new();
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap().handle(handle.clone());
    tokio::spawn(server.serve(Router::new().fallback(answer).with_state(edge).into_make_service()));
    Running { hospital, between, ca: path, asked, handle }
}

#[tokio::test]
async fn photos_are_pulled_over_tls_with_signed_requests() {
    let Running { hospital, ca, handle, .. } = start();
    let mut phone = Phone::enrolled(10, &hospital);
    let (good, lost) = (phone.photo(&hospital), phone.photo(&hospital));
    hospital.gateway.take(&good);
    hospital.gateway.log(&lost.jws);
    let puller = Puller::new(hospital.config(), &ca, hospital.clock.clone()).await.unwrap();
    let report = puller.pass().await.unwrap();
    assert_eq!((report.filed, report.missing, report.acknowledged), (1, 1, 1));
    hospital.filed(&good);

    handle.shutdown();
    let mut told = String::new();
    let error = loop {
        // Connections that were open may still be answered.
        match puller.pass().await {
            Ok(report) => write!(told, "{}", report.log_size).unwrap(),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), "gateway_unreachable");
    puller.close().await;
}

#[tokio::test]
async fn whatever_answers_in_the_gateways_place_the_photo_did_not_come_and_is_asked_for_again() {
    let Running { hospital, between, ca, handle, .. } = start();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let answers = [200, 204, 206, 302, 401, 403, 404, 407, 413, 429, 451, 502, 503]
        .into_iter()
        .flat_map(|code| [Between::Page(code), Between::Empty(code)])
        .chain([201, 203, 206].map(Between::Status))
        .chain([
            Between::Kind,
            Between::Length(true),
            Between::Length(false),
            Between::Truncated,
            Between::Other,
        ]);
    for answer in answers {
        *between.lock().unwrap() = Some(answer);
        let puller = Puller::new(hospital.config(), &ca, hospital.clock.clone()).await.unwrap();
        let report = puller.pass().await.unwrap();
        assert_eq!((report.missing, report.refused.len(), report.filed), (1, 0, 0), "{answer:?}");
        puller.close().await;
    }
    *between.lock().unwrap() = None;
    let puller = Puller::new(hospital.config(), &ca, hospital.clock.clone()).await.unwrap();
    assert_eq!(puller.pass().await.unwrap().filed, 1);
    hospital.filed(&photo);
    puller.close().await;
    handle.shutdown();
}

#[tokio::test]
async fn a_gateway_whose_clock_differs_is_asked_once_more_at_its_own_time() {
    for ahead in [SignedDuration::from_hours(3), SignedDuration::from_hours(-3)] {
        let Running { hospital, ca, asked, .. } = start_ahead(ahead, SignedDuration::ZERO);
        let mut phone = Phone::enrolled(10, &hospital);
        let photo = phone.photo(&hospital);
        hospital.gateway.take(&photo);
        let puller = Puller::new(hospital.config(), &ca, hospital.clock.clone()).await.unwrap();
        assert_eq!(puller.pass().await.unwrap().acknowledged, 1, "{ahead}");
        assert_eq!(hospital.filed(&photo).at, hospital.clock.now(), "what is kept has our own time");
        let before = asked.load(Ordering::SeqCst);
        puller.pass().await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), before + 1, "the difference is remembered");
        puller.close().await;
    }
}

#[tokio::test]
async fn a_gateway_whose_clock_is_a_year_off_is_believed_for_one_retry_and_for_nothing_after() {
    for ahead in [SignedDuration::from_hours(24 * 365), SignedDuration::from_hours(-24 * 365)] {
        let Running { hospital, ca, asked, .. } = start_ahead(ahead, SignedDuration::ZERO);
        let mut phone = Phone::enrolled(10, &hospital);
        let photo = phone.photo(&hospital);
        hospital.gateway.take(&photo);
        let puller = Puller::new(hospital.config(), &ca, hospital.clock.clone()).await.unwrap();
        assert_eq!(puller.pass().await.unwrap().acknowledged, 1, "{ahead}");
        let before = asked.load(Ordering::SeqCst);
        puller.pass().await.unwrap();
        assert_eq!(
            asked.load(Ordering::SeqCst),
            before + 2,
            "what is asked next is signed at our own time first"
        );
        puller.close().await;
    }
}

#[tokio::test]
async fn a_gateway_that_refuses_its_own_time_is_asked_once_more_and_not_for_ever() {
    let hour = SignedDuration::from_hours(1);
    let Running { hospital, ca, asked, .. } = start_ahead(hour * 3, hour);
    let puller = Puller::new(hospital.config(), &ca, hospital.clock.clone()).await.unwrap();
    assert_eq!(puller.pass().await.unwrap_err().code(), "signature_expired");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    puller.close().await;
}

#[tokio::test]
async fn a_certificate_by_another_authority_is_not_believed() {
    let (running, other) = (start(), start());
    let hospital = &running.hospital;
    let puller = Puller::new(hospital.config(), &other.ca, hospital.clock.clone()).await.unwrap();
    let error = puller.pass().await.unwrap_err();
    assert_eq!(error.code(), "certificate_authority_unknown");
    assert!(error.line().contains("certificate"), "{}", error.line());
    puller.close().await;

    let key = hospital.keys().path("records.pem");
    let refused = Puller::new(hospital.config(), &key, hospital.clock.clone()).await.err().unwrap();
    assert_eq!(refused.code(), "ca_unusable");
}

#[tokio::test]
async fn serving_goes_on_until_it_is_told_to_stop() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let puller = hospital.puller().await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut stop = Some(stop);
    let mut passes = 0;
    let until = async move { drop(stopped.await) };
    serve(&puller, std::time::Duration::from_millis(1), until, |_| {
        passes += 1;
        if passes == 3 {
            stop.take().unwrap().send(()).unwrap();
        }
    })
    .await;
    assert!(passes >= 3);
    hospital.filed(&photo);
    puller.close().await;
}
