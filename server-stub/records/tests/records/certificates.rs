//! Certificates that do not hold, shown by real TLS servers: each is called by what is wrong with it.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use gauze_records::gateway::GatewayError;
use gauze_records::gateway::GatewayPort as _;
use gauze_records::{CertificateFault, Coded as _, HttpsGateway};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;

use crate::fixture::Hospital;

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
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config))).unwrap();
    tokio::spawn(server.serve(Router::new().fallback(|| async { "here" }).into_make_service()));
    port
}

async fn ask(hospital: &Hospital, ca: &Authority, port: u16) -> GatewayError {
    let (url, key) = (format!("https://localhost:{port}"), hospital.keys().records().unwrap());
    let clock = hospital.clock.clone();
    let gateway = HttpsGateway::new(&url, &hospital.tenant(), ca.pem.as_bytes(), key, clock).unwrap();
    gateway.page(0, 1).await.unwrap_err()
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_called_by_what_is_wrong_with_it() {
    let (hospital, ours) = (Hospital::new(), authority("ours"));
    let told = async |fault: CertificateFault, port| {
        let error = ask(&hospital, &ours, port).await;
        assert!(matches!(&error, GatewayError::Certificate(found) if *found == fault), "{error}");
        assert_eq!((error.code(), error.next_step()), (fault.code(), fault.next_step()));
    };
    let holds = ask(&hospital, &ours, serve(&ours, "localhost", |_| {})).await;
    assert!(matches!(holds, GatewayError::Between(200)), "{holds}");
    for name in ["another", "ours"] {
        told(CertificateFault::UnknownAuthority, serve(&authority(name), "localhost", |_| {})).await;
    }
    told(CertificateFault::WrongName, serve(&ours, "portal.example.org", |_| {})).await;
    let over = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    told(CertificateFault::Expired, serve(&ours, "localhost", over)).await;
    let to_come = |params: &mut CertificateParams| params.not_before = date_time_ymd(2090, 1, 1);
    told(CertificateFault::NotYetValid, serve(&ours, "localhost", to_come)).await;
}
