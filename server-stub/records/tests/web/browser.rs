//! Sign-in in a real Chromium with a virtual authenticator: a provider and the pages over TLS, at two origins.
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, Query, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_server::tls_rustls::RustlsConfig;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_people::acting::Factor;
use gauze_people::person::Role;
use gauze_records::web::{HttpsOutward, Parts, Roster, Web, router};
use gauze_records::{Clock, SystemClock};
use gauze_signin::config::People;
use gauze_signin::factors::{FactorKey, Factors};
use gauze_signin::provider::Provider;
use serde_json::{Value, json};

use crate::authenticator::Maker;
use crate::driver::Browser;
use crate::fixture::{TestLog, TestRoster, account, listed, people_json};
use crate::issuer::{Asked, Issuer};

/// Everything in a page that is too wide, too faint, or has no name.
const FAULTS: &str = include_str!("../browser/faults.js");

struct Desk {
    browser: Browser,
    web: Web,
    log: Arc<TestLog>,
    base: String,
    _dir: tempfile::TempDir,
}

/// The provider's pages: who asks is let in as Ann.
fn provider_pages(issuer: Arc<Issuer>) -> Router {
    async fn ask(Query(query): Query<HashMap<String, String>>) -> Html<String> {
        let name = &query["request_uri"];
        Html(format!(
            "<form method=post><input type=hidden name=request_uri value='{name}'><button>Ann</button></form>"
        ))
    }
    async fn let_in(
        State(issuer): State<Arc<Issuer>>,
        Form(form): Form<HashMap<String, String>>,
    ) -> Response {
        let ann = account("ann", &["viewer"], None);
        let back = issuer.let_in(&form, &ann, SystemClock.now().as_second());
        Redirect::to(&format!("{}?{}", back.address, back.query())).into_response()
    }
    async fn machine(State(issuer): State<Arc<Issuer>>, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
        let fields = url::form_urlencoded::parse(&body).into_owned().collect();
        let (status, body) =
            issuer.answer(&Asked { path: &path, fields, now: SystemClock.now().as_second() });
        (http::StatusCode::from_u16(status).unwrap(), body).into_response()
    }
    Router::new().route("/authorise", get(ask).post(let_in)).fallback(machine).with_state(issuer)
}

/// Listens on this machine by `certificate`, and serves what `pages` makes of the port.
fn listen(tls: RustlsConfig, pages: impl FnOnce(u16) -> Router) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let pages = pages(port);
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(server.serve(pages.into_make_service_with_connect_info::<SocketAddr>()));
    port
}

impl Desk {
    async fn start() -> Option<Self> {
        Self::of(None, &[]).await
    }

    /// One at which Ann has these roles, in a hospital that lists these makers of hardware keys.
    async fn of(roles: Option<Vec<Role>>, makers: &[String]) -> Option<Self> {
        let Some(browser) = Browser::start_with(&["--ignore-certificate-errors"]).await else {
            println!("skipped: chromedriver not found");
            return None;
        };
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let tls = RustlsConfig::from_pem(pem.clone().into_bytes(), key.into_bytes()).await.unwrap();
        let mut issuer = None;
        let port = listen(tls.clone(), |port| {
            let made = Arc::new(Issuer::new(&format!("https://127.0.0.1:{port}"), "gauze"));
            issuer = Some(Arc::clone(&made));
            provider_pages(made)
        });
        let own = crate::port::free_port().unwrap();
        let base = format!("https://localhost:{own}");
        let dir = tempfile::tempdir().unwrap();
        tokio::fs::write(dir.path().join("client.secret"), "a secret of more than 16").await.unwrap();
        let mut json = people_json(&base, &format!("https://127.0.0.1:{port}"));
        json["factors"]["authorities"] = listed(dir.path(), makers).await;
        let people = Arc::new(People::parse(json.to_string().as_bytes(), dir.path()).unwrap());
        let outward = Arc::new(HttpsOutward::new(Some(pem.as_bytes())).unwrap());
        let store = dir.path().join("factors.sqlite");
        let log = Arc::new(TestLog::new(dir.path()));
        let web = Web::new(Parts {
            provider: Provider::new(Arc::clone(&people), outward).unwrap(),
            factors: Factors::open(&store, FactorKey::derive(&[7; 32]), &people).await.unwrap(),
            people,
            roster: Arc::new(TestRoster(roles.into())) as Arc<dyn Roster>,
            roles: Arc::new(gauze_people::Roles::shipped().unwrap()),
            log: Arc::clone(&log.log),
            clock: Arc::new(SystemClock) as Arc<dyn Clock>,
            fences: tokio::sync::watch::Sender::new(Vec::new()).subscribe(),
        });
        let pages =
            router(web.clone(), Router::new().route("/photos", get(async || Html("<h1>Photos</h1>"))));
        let address = SocketAddr::from(([127, 0, 0, 1], own));
        let server = axum_server::bind_rustls(address, tls);
        tokio::spawn(server.serve(pages.into_make_service_with_connect_info::<SocketAddr>()));
        Some(Self { browser, web, log, base, _dir: dir })
    }

    async fn text(&self) -> String {
        self.browser.run("return document.body.innerText", json!([])).await.as_str().unwrap().to_owned()
    }

    /// Waits until the window shows this path of ours.
    async fn at(&self, path: &str) {
        for _ in 0..300 {
            let there = "return location.origin === arguments[0] && location.pathname === arguments[1] && document.readyState === 'complete'";
            if self.browser.run(there, json!([self.base, path])).await == json!(true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let place = self.browser.run("return location.href", json!([])).await;
        panic!("not at {path} but at {place}: {}", self.text().await);
    }

    async fn click(&self, selector: &str) {
        self.browser.run("document.querySelector(arguments[0]).click()", json!([selector])).await;
    }

    async fn fill(&self, selector: &str, value: &str) {
        self.browser
            .run("document.querySelector(arguments[0]).value = arguments[1]", json!([selector, value]))
            .await;
    }

    /// Adds something that holds passkeys and whose user is verified: a program, as a browser or a phone has one.
    async fn authenticator(&self) -> String {
        let kind = json!({
            "protocol": "ctap2", "transport": "internal",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true
        });
        let made = self.browser.post("/webauthn/authenticator", kind).await;
        made.as_str().unwrap().to_owned()
    }

    async fn is_told_that_no_passkey_was_used(&self) {
        for _ in 0..400 {
            let told = "return !document.querySelector('.script-only')?.hidden";
            if self.browser.run(told, json!([])).await == json!(true) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(self.text().await.contains("was not used"), "{}", self.text().await);
    }

    /// From the sign-in page through the provider to the second factor.
    async fn sign_in(&self) {
        self.browser.open(&format!("{}/", self.base)).await;
        self.at("/sign-in").await;
        self.click("main button").await;
        for _ in 0..300 {
            let there = "return location.pathname === '/authorise' && document.readyState === 'complete'";
            if self.browser.run(there, json!([])).await == json!(true) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.click("button").await;
        self.at("/second-factor").await;
    }

    /// Light and dark, narrow and wide: nothing too wide, faint or nameless, and a picture for whoever wants to look.
    async fn looks_right(&self, name: &str) {
        for (width, scheme) in
            [(1280, "light"), (1280, "dark"), (640, "light"), (320, "light"), (320, "dark")]
        {
            self.browser.look(width, scheme).await;
            let faults = self.browser.run(FAULTS, json!([])).await;
            assert_eq!(faults, json!([]), "{name}, {width} wide, {scheme}");
            let Some(dir) = std::env::var_os("GAUZE_SCREENSHOTS").map(PathBuf::from) else { continue };
            let picture: Value = self
                .browser
                .devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true }))
                .await;
            let bytes = BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
            tokio::fs::write(dir.join(format!("{name}-{width}-{scheme}.png")), bytes).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_made_and_proven_and_never_without_its_user() {
    let Some(desk) = Desk::start().await else { return };
    let authenticator = desk.authenticator().await;

    desk.browser.open(&format!("{}/sign-in", desk.base)).await;
    desk.looks_right("sign-in").await;
    desk.sign_in().await;
    desk.looks_right("first").await;
    let person = desk.web.sessions().all(SystemClock.now())[0].person.id.clone();
    let code = desk.web.factors().make_code(&person, SystemClock.now()).await.unwrap();
    desk.fill("#code", "wrong").await;
    desk.click("#code ~ * button, form:has(#code) button").await;
    desk.at("/second-factor/code").await;
    desk.looks_right("refused").await;
    desk.browser.open(&format!("{}/second-factor", desk.base)).await;
    desk.fill("#code", &code).await;
    desk.click("form:has(#code) button").await;
    desk.at("/second-factor").await;
    desk.looks_right("enrol").await;
    desk.click("form.passkey button").await;
    desk.at("/photos").await;
    assert_eq!(desk.log.last().factor, Some(Factor::Passkey { hardware: false }));
    assert!(desk.log.said().starts_with("factor_change done enrolled"));

    desk.browser.open(&format!("{}/sessions", desk.base)).await;
    desk.looks_right("sessions").await;
    desk.click("header button").await;
    desk.at("/sign-out").await;
    desk.looks_right("signed-out").await;
    desk.sign_in().await;
    desk.looks_right("prove").await;
    desk.click("form.passkey button").await;
    desk.at("/photos").await;
    assert_eq!(desk.log.last().factor, Some(Factor::Passkey { hardware: false }));
    assert!(desk.log.said().starts_with("sign_in done"));

    // Pages of before are not shown again after the end, by the browser's own way back either.
    desk.browser.open(&format!("{}/sessions", desk.base)).await;
    desk.click("header button").await;
    desk.at("/sign-out").await;
    desk.browser.run("history.back()", json!([])).await;
    desk.at("/sign-in").await;

    desk.browser
        .post(&format!("/webauthn/authenticator/{authenticator}/uv"), json!({ "isUserVerified": false }))
        .await;
    desk.sign_in().await;
    desk.click("form.passkey button").await;
    desk.is_told_that_no_passkey_was_used().await;
    desk.browser.open(&format!("{}/sessions", desk.base)).await;
    desk.at("/second-factor").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browsers_own_passkey_is_no_key_for_an_administrator() {
    let maker = Maker::new("Keys for hospitals");
    let Some(desk) = Desk::of(Some(vec![Role::Administrator]), &[maker.pem]).await else { return };
    desk.authenticator().await;
    desk.sign_in().await;
    let person = desk.web.sessions().all(SystemClock.now())[0].person.id.clone();
    let code = desk.web.factors().make_code(&person, SystemClock.now()).await.unwrap();
    desk.fill("#code", &code).await;
    desk.click("form:has(#code) button").await;
    desk.at("/second-factor").await;
    desk.click("form.passkey button").await;
    // It guards no key in the way that is demanded of one for administrators, and so makes none.
    desk.is_told_that_no_passkey_was_used().await;
    assert_eq!(desk.log.said(), "factor_change done code_taken");
    desk.browser.open(&format!("{}/people/waiting", desk.base)).await;
    desk.at("/second-factor").await;
}
