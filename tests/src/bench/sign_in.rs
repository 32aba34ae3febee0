//! People who sign in at the pages with a passkey: from the first click to the page behind it, eight people at once. The provider's own
//! time is taken off; its lines in the access log and the factor's new state are on the disk.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{Request, Response};
use gauze_people::Roles;
use gauze_people::log::AccessLog;
use gauze_records::web::{Listed, Parts, Web, router};
use gauze_records::{Clock as _, SystemClock};
use gauze_signin::config::People;
use gauze_signin::factors::{FactorKey, Factors};
use gauze_signin::outward::{Outward, OutwardError, Soon};
use gauze_signin::provider::Provider;
use gauze_tests::identity::authenticator::{Attests, Authenticator};
use gauze_tests::identity::issuer::{Account, Asked, Issuer};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::Arguments;
use crate::access::keys;
use crate::row::{Goal, clock, clock_async, print};

const ROW: &str = "sign_in";
const HOME: &str = "pages.test";
const AT: &str = "https://provider.test";
const AT_ONCE: usize = 8;

/// A provider in the same process, and how long it worked, in milliseconds.
pub struct Inside {
    issuer: Arc<Issuer>,
    spent: Arc<Mutex<f64>>,
}

impl Inside {
    pub fn of(issuer: &Arc<Issuer>) -> Self {
        Self { issuer: Arc::clone(issuer), spent: Arc::default() }
    }
}

impl Outward for Inside {
    fn send(&self, request: Request<Vec<u8>>) -> Soon<'_, Result<Response<Vec<u8>>, OutwardError>> {
        let fields = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let asked = Asked { path: request.uri().path(), fields, now: SystemClock.now().as_second() };
        let ((status, body), took) = clock(|| self.issuer.answer(&asked));
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += took;
        let answer = Response::builder().status(status).body(body);
        Box::pin(std::future::ready(answer.map_err(|error| OutwardError::Unreachable(error.to_string()))))
    }
}

/// The pages, and the passkeys of the people who sign in.
struct Door {
    pages: Router,
    web: Web,
    issuer: Arc<Issuer>,
    spent: Arc<Mutex<f64>>,
    passkeys: Vec<Authenticator>,
}

async fn door(home: &Path) -> anyhow::Result<Door> {
    let people = json!({
        "origin": format!("https://{HOME}"),
        "provider": {
            "issuer": AT, "profile": "keycloak", "client_id": "gauze", "client": { "secret_file": "secret" },
        },
        "roles": { "viewer": "viewer" },
    });
    gauze_tests::hospital::write(&home.join("secret"), "a secret of more than 16")?;
    let people = Arc::new(People::parse(people.to_string().as_bytes(), home)?);
    let issuer = Arc::new(Issuer::new(AT, "gauze"));
    let inside = Inside::of(&issuer);
    let spent = Arc::clone(&inside.spent);
    let (root, keys) = (home.join("access"), keys()?);
    let log = tokio::task::spawn_blocking(move || AccessLog::open(&root, keys, SystemClock.now())).await??;
    let web = Web::new(Parts {
        provider: Provider::new(people.clone(), Arc::new(inside))?,
        factors: Factors::open(&home.join("factors.sqlite"), FactorKey::derive(&[7; 32]), &people).await?,
        people,
        roster: Arc::new(Listed::new(home)),
        roles: Arc::new(Roles::shipped()?),
        log: Arc::new(log),
        clock: Arc::new(SystemClock),
        fences: tokio::sync::watch::Sender::new(Vec::new()).subscribe(),
    });
    let pages = router(web.clone(), Router::new());
    let passkeys = (0..AT_ONCE).map(|_| Authenticator::of(HOME)).collect();
    Ok(Door { pages, web, issuer, spent, passkeys })
}

/// A browser.
struct Caller<'a> {
    door: &'a Door,
    login: String,
    cookies: BTreeMap<String, String>,
}

/// What a page says, and where it sends the browser.
struct Page {
    text: String,
    to: String,
}

fn between<'a>(text: &'a str, from: &str, to: char) -> anyhow::Result<&'a str> {
    let rest = text.split_once(from).with_context(|| format!("no {from} in {text}"))?.1;
    Ok(rest.split(to).next().unwrap_or_default())
}

impl Caller<'_> {
    async fn ask(&mut self, address: &str, form: Option<&[(&str, &str)]>) -> anyhow::Result<Page> {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().uri(address).header(HOST, HOME).header(COOKIE, jar.join("; "));
        let request = match form {
            None => request.body(Body::empty())?,
            Some(fields) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let request = request.method("POST").header(ORIGIN, format!("https://{HOME}"));
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body))?
            }
        };
        let answer = self.door.pages.clone().oneshot(request).await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = line.to_str()?.split_once('=').context("a cookie")?;
            self.cookies.insert(name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned());
        }
        let to = answer.headers().get(LOCATION).map(|to| to.to_str().map(str::to_owned)).transpose()?;
        let (status, body) = (answer.status(), to_bytes(answer.into_body(), 1 << 20).await?);
        let text = String::from_utf8(body.to_vec())?;
        ensure!(status.is_success() || status.is_redirection(), "{address}: {status}: {text}");
        Ok(Page { text, to: to.unwrap_or_default() })
    }

    /// To the page of the second factor.
    async fn first_factor(&mut self) -> anyhow::Result<String> {
        let page = self.ask("/sign-in", Some(&[("next", "/sessions")])).await?.text;
        let provider = between(&page, "content=\"0;url=", '"')?.replace("&amp;", "&");
        let query: HashMap<String, String> = url::Url::parse(&provider)?.query_pairs().into_owned().collect();
        let claims = json!({ "name": self.login, "realm_access": { "roles": ["viewer"] } });
        let claims = claims.as_object().cloned().unwrap_or_default();
        let account = Account { login: self.login.clone(), claims };
        let (back, took) = clock(|| self.door.issuer.let_in(&query, &account, SystemClock.now().as_second()));
        *self.door.spent.lock().unwrap_or_else(PoisonError::into_inner) += took;
        self.ask(&format!("/sign-in/back?{}", back.query()), None).await?;
        let page = self.ask("/second-factor", None).await?.text;
        Ok(between(&page, "name=\"proof\" value=\"", '"')?.to_owned())
    }

    async fn by_passkey(
        &mut self,
        path: &str,
        proof: &str,
        answer: impl Fn(&Value) -> Value,
    ) -> anyhow::Result<()> {
        let asked = self.ask(&format!("{path}/ask"), Some(&[("proof", proof)])).await?.text;
        let answer = answer(&serde_json::from_str(&asked)?).to_string();
        let fields = [("proof", proof), ("answer", &answer), ("next", "/sessions")];
        let to = self.ask(path, Some(&fields)).await?.to;
        ensure!(to == "/sessions", "it leads to {to}");
        self.ask(&to, None).await.map(drop)
    }
}

impl Door {
    fn caller(&self, number: usize) -> Caller<'_> {
        Caller { door: self, login: format!("nurse-{number}"), cookies: BTreeMap::new() }
    }

    async fn enrol(&self) -> anyhow::Result<()> {
        for (number, passkey) in self.passkeys.iter().enumerate() {
            let mut nurse = self.caller(number);
            let proof = nurse.first_factor().await?;
            let all = self.web.sessions().all(SystemClock.now());
            let session = all.into_iter().find(|session| session.person.name == nurse.login);
            let person = session.context("a session")?.person.id;
            let code = self.web.factors().make_code(&person, SystemClock.now()).await?;
            nurse.ask("/second-factor/code", Some(&[("proof", &proof), ("code", &code)])).await?;
            let made = |asked: &Value| passkey.made(asked, &Attests::Nothing);
            nurse.by_passkey("/second-factor/new/passkey", &proof, made).await?;
        }
        Ok(())
    }

    async fn sign_in(&self, number: usize, times: usize) -> anyhow::Result<()> {
        let passkey = self.passkeys.get(number).context("a passkey")?;
        for _ in 0..times {
            let mut nurse = self.caller(number);
            let proof = nurse.first_factor().await?;
            nurse.by_passkey("/second-factor/passkey", &proof, |asked| passkey.proven(asked)).await?;
        }
        Ok(())
    }
}

pub async fn measure(arguments: &Arguments, home: &Path) -> anyhow::Result<()> {
    if !arguments.wants(ROW) {
        return Ok(());
    }
    let home = home.join("sign-in");
    std::fs::create_dir(&home)?;
    let door = Arc::new(door(&home).await?);
    door.enrol().await?;
    *door.spent.lock().unwrap_or_else(PoisonError::into_inner) = 0.0;
    let each = arguments.times(400).div_ceil(AT_ONCE);
    let (done, took) = clock_async(async {
        let people: Vec<_> = (0..AT_ONCE)
            .map(|number| {
                let door = Arc::clone(&door);
                tokio::spawn(async move { door.sign_in(number, each).await })
            })
            .collect();
        for one in people {
            one.await??;
        }
        anyhow::Ok(())
    })
    .await;
    done?;
    let spent = *door.spent.lock().unwrap_or_else(PoisonError::into_inner);
    // Never more than the cores worked off at once.
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(AT_ONCE);
    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    let (times, cores) = ((each * AT_ONCE) as f64, cores as f64);
    print(ROW, (times * 1000.0 / (took - spent / cores), "1/s"), None, Some(Goal::AtLeast(50.0)));
    Ok(())
}
