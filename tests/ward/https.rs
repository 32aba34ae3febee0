//! The phone's real transport against real TLS servers: what a bad certificate is called.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use gauze_core::adapters::HttpTransport;
use gauze_core::ports::{Call, CertificateFault, Transport as _, TransportError};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { issuer: Issuer::new(params, key), pem }
}

/// Serves with a certificate for `name`, and answers where.
fn serve(authority: &Authority, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> u16 {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    edit(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config))).unwrap();
    let answers = Router::new().fallback(|| async { "here" });
    tokio::spawn(server.serve(answers.into_make_service()));
    port
}

async fn ask(ca_pem: &str, port: u16) -> Result<u16, TransportError> {
    let transport = HttpTransport::new(Some(ca_pem)).unwrap();
    let url = format!("https://localhost:{port}/");
    let call = Call { method: "GET", url, headers: Vec::new(), body: None };
    transport.call(call).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_called_by_what_is_wrong_with_it() {
    let ours = authority("ours");
    let told = async |fault, port| {
        assert_eq!(ask(&ours.pem, port).await, Err(TransportError::Certificate(fault)));
    };
    assert_eq!(ask(&ours.pem, serve(&ours, "localhost", |_| {})).await, Ok(200));
    for name in ["another", "ours"] {
        told(CertificateFault::UnknownAuthority, serve(&authority(name), "localhost", |_| {})).await;
    }
    told(CertificateFault::WrongName, serve(&ours, "portal.example.org", |_| {})).await;
    let over = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    told(CertificateFault::Expired, serve(&ours, "localhost", over)).await;
    let to_come = |params: &mut CertificateParams| params.not_before = date_time_ymd(2090, 1, 1);
    told(CertificateFault::NotYetValid, serve(&ours, "localhost", to_come)).await;
}
