//! The way out, against servers that answer too much, too slowly, or by sending it elsewhere.

use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use axum_server::tls_rustls::RustlsConfig;
use gauze_records::web::HttpsOutward;
use gauze_signin::outward::{Outward as _, OutwardError};
use http::StatusCode;

/// A server on this machine with a certificate of its own; its address and that certificate.
pub async fn listening(pages: Router) -> (String, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let config =
        RustlsConfig::from_pem(made.cert.pem().into_bytes(), made.signing_key.serialize_pem().into_bytes());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = axum_server::from_tcp_rustls(listener, config.await.unwrap()).unwrap();
    tokio::spawn(server.serve(pages.into_make_service()));
    (base, made.cert.pem())
}

async fn ask(base: &str, ca: &str, path: &str) -> Result<http::Response<Vec<u8>>, OutwardError> {
    let out = HttpsOutward::new(Some(ca.as_bytes())).unwrap().within(Duration::from_millis(1500));
    out.send(http::Request::get(format!("{base}{path}")).body(Vec::new()).unwrap()).await
}

#[tokio::test]
async fn ten_megabytes_a_slow_answer_and_a_redirection_are_not_an_answer() {
    let pages = Router::new()
        .route("/right", get(async || "right"))
        .route("/long", get(async || vec![b'x'; 10 << 20]))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(60)).await))
        .route("/elsewhere", get(async || Redirect::to("/right")));
    let (base, ca) = listening(pages).await;
    assert_eq!(ask(&base, &ca, "/right").await.unwrap().into_body(), b"right");
    assert_eq!(ask(&base, &ca, "/long").await.unwrap_err(), OutwardError::TooLong);
    assert_eq!(ask(&base, &ca, "/slow").await.unwrap_err(), OutwardError::TooSlow);
    assert_eq!(ask(&base, &ca, "/elsewhere").await.unwrap().status(), StatusCode::SEE_OTHER);
    let plain = base.replace("https:", "http:");
    assert!(matches!(ask(&plain, &ca, "/right").await, Err(OutwardError::Unreachable(_))));
    let (_, other) = listening(Router::new()).await;
    assert!(matches!(ask(&base, &other, "/right").await, Err(OutwardError::Unreachable(_))));
}
