//! The demo's own identity provider, over TLS on this machine. Whoever types a password that is printed on the screen comes in,
//! and a tick stands for a second factor.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Form, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

use super::issuer::{Account, Asked, Issuer};
use super::{PAGES, PEOPLE, Somebody, now};

fn account(somebody: &Somebody, proven: bool) -> Account {
    let claims = json!({
        "name": somebody.name, "realm_access": { "roles": [somebody.role] }, "groups": [somebody.group],
        "acr": if proven { "gold" } else { "silver" },
    });
    Account { login: somebody.login.to_owned(), claims: claims.as_object().cloned().unwrap_or_default() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
}

async fn ask(Query(query): Query<HashMap<String, String>>) -> Html<String> {
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Demo sign-in</title><style>body{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:24rem;padding:0 1rem}\
         input:not([type=checkbox]){display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem}\
         button{font:inherit;padding:.6rem 1.2rem;width:100%}</style>\
         <h1>Demo identity provider</h1><p>For the demo alone: its names and passwords stand on your screen.</p>\
         <form method=\"post\">",
    );
    // A request that was pushed is named; a public client's stands in the query.
    for (name, value) in &query {
        page.push_str(&format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            escaped(name),
            escaped(value)
        ));
    }
    page.push_str(
        "<p><label>Name <input name=\"login\" autocomplete=\"off\"></label>\
         <p><label>Password <input name=\"password\" type=\"password\"></label>\
         <p><label><input type=\"checkbox\" name=\"proven\" value=\"yes\"> This tick stands for a second factor</label>\
         <p><button>Sign in</button></form>",
    );
    Html(page)
}

async fn let_in(State(issuer): State<Arc<Issuer>>, Form(form): Form<HashMap<String, String>>) -> Response {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let found = PEOPLE.iter().find(|one| one.login == field("login") && one.password == field("password"));
    let Some(somebody) = found else {
        let told = "<p>No such name and password. They are printed by the demo. Go back and type them again.";
        return (StatusCode::FORBIDDEN, Html(told)).into_response();
    };
    let back = issuer.let_in(&form, &account(somebody, field("proven") == "yes"), now());
    Redirect::to(&format!("{}?{}", back.address, back.query())).into_response()
}

async fn machine(State(issuer): State<Arc<Issuer>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let Ok(body) = to_bytes(request.into_body(), 64 << 10).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let fields = fields(&body);
    let (status, body) = issuer.answer(&Asked { path: &path, fields, now: now() });
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body).into_response()
}

/// The fields of a form.
fn fields(body: &[u8]) -> HashMap<String, String> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

/// Listens on `port` of this machine with the demo hospital's certificate, for as long as the process lives.
pub(super) fn serve(port: u16, tls: &Path) -> anyhow::Result<String> {
    let url = format!("https://127.0.0.1:{port}");
    let issuer = Arc::new(Issuer::new(&url, PAGES));
    let pages = Router::new().route("/authorise", get(ask).post(let_in)).fallback(machine).with_state(issuer);
    let chain: Vec<_> = CertificateDer::pem_file_iter(tls.join("server.pem"))?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(tls.join("server.key"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    let listener =
        std::net::TcpListener::bind(("127.0.0.1", port)).context("the identity provider's port")?;
    listener.set_nonblocking(true)?;
    let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config)))?;
    tokio::spawn(server.serve(pages.into_make_service()));
    Ok(url)
}
