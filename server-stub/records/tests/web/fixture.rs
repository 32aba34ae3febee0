//! A hospital with a provider, and a browser of a few lines that keeps its cookies.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use gauze_people::action::act;
use gauze_people::log::{AccessLog, Entry, LogKeys, read_entries};
use gauze_people::person::PersonId;
use gauze_people::roles::{Grants, PolicySet, SHIPPED};
use gauze_people::{Logged, Roles};
use gauze_records::Clock;
use gauze_records::access::AccessError;
use gauze_records::web::{Change, Parts, RolesUnknown, Roster, Soon, Web, router};
use gauze_signin::config::People;
use gauze_signin::factors::{FactorKey, Factors};
use gauze_signin::outward::{Outward, OutwardError};
use gauze_signin::provider::Provider;
use gauze_wire::log::NoteKey;
use gauze_wire::{PublicKey, Signer, SoftwareKey, Tenant, WireError};
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::issuer::{Account, Answering, Asked, Claims, Issuer};

pub const HOST: &str = "gauze.hospital.example";
pub const ISSUER: &str = "https://id.hospital.example";

pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub fn new() -> Self {
        Self(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap()))
    }

    pub fn pass(&self, time: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += time;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A key that can fail, and with it every line.
struct Pen {
    key: SoftwareKey,
    broken: AtomicBool,
}

impl Signer for Pen {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        if self.broken.load(Ordering::Relaxed) {
            Err(WireError::Field("pen"))
        } else {
            self.key.sign(message)
        }
    }
}

/// An access log, and what stands in it.
pub struct TestLog {
    pub log: Arc<AccessLog>,
    pen: Arc<Pen>,
    root: PathBuf,
}

impl TestLog {
    pub fn new(dir: &Path) -> Self {
        let tenant: Tenant = "ward-9".parse().unwrap();
        let key = SoftwareKey::from_bytes(&[7; 32]).unwrap();
        let pen = Arc::new(Pen { key, broken: AtomicBool::new(false) });
        let note = Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[8; 32]).unwrap());
        let keys = LogKeys { audit: Arc::clone(&pen) as Arc<dyn Signer + Send + Sync>, note, tenant };
        let (root, at) = (dir.join("access"), Timestamp::UNIX_EPOCH);
        Self { log: Arc::new(AccessLog::open(&root, keys, at).unwrap()), pen, root }
    }

    /// From now on no line can be written, or can again.
    pub fn breaks(&self, broken: bool) {
        self.pen.broken.store(broken, Ordering::Relaxed);
    }

    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        read_entries(&self.root, |kept| entries.extend(kept.entry)).unwrap();
        entries
    }

    pub fn last(&self) -> Entry {
        self.entries().pop().unwrap()
    }

    /// The last line: what, how it ended, the program's word and the factor.
    pub fn said(&self) -> String {
        said(&self.last())
    }
}

pub fn said(entry: &Entry) -> String {
    let word = |value: Value| match value {
        Value::String(word) => word,
        other => other.to_string(),
    };
    let mut words = vec![word(json!(entry.what)), word(json!(entry.outcome))];
    words.extend(entry.note.as_ref().map(ToString::to_string));
    words.extend(entry.factor.map(|factor| word(json!(factor))));
    words.join(" ")
}

/// Roles by the list of a test, over what the claims gave.
#[derive(Default)]
pub struct TestRoster(pub Mutex<Option<Vec<gauze_people::person::Role>>>);

impl Roster for TestRoster {
    fn listed(&self, _: Timestamp) -> Result<Arc<Grants>, AccessError> {
        Ok(Arc::default())
    }

    fn change(&self, _: &Logged<act::ChangeRole>, _: Change) -> Result<(), AccessError> {
        unreachable!("the viewer's tests change roles")
    }

    fn now(
        &self,
        claimed: gauze_people::person::Person,
        _: Timestamp,
    ) -> Soon<'_, Result<gauze_people::person::Person, RolesUnknown>> {
        match &*self.0.lock().unwrap() {
            None => Box::pin(std::future::ready(Ok(claimed))),
            Some(roles) => {
                let roles = roles.iter().copied().collect();
                Box::pin(std::future::ready(Ok(gauze_people::person::Person { roles, ..claimed })))
            }
        }
    }
}

/// The way out to a provider in the same process.
struct Wire {
    issuer: Arc<Issuer>,
    clock: Arc<TestClock>,
}

impl Outward for Wire {
    fn send(&self, request: Request<Vec<u8>>) -> Soon<'_, Result<Response<Vec<u8>>, OutwardError>> {
        let path = request.uri().path().to_owned();
        let fields = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let (status, body) =
            self.issuer.answer(&Asked { path: &path, fields, now: self.clock.now().as_second() });
        let answer = match self.issuer.answering() {
            Answering::Long => Err(OutwardError::TooLong),
            Answering::Slow => Err(OutwardError::TooSlow),
            Answering::Right | Answering::OtherIssuer | Answering::Plain => {
                Ok(Response::builder().status(status).body(body).unwrap())
            }
        };
        Box::pin(std::future::ready(answer))
    }
}

pub struct Hospital {
    pub issuer: Arc<Issuer>,
    pub clock: Arc<TestClock>,
    pub log: Arc<TestLog>,
    pub roster: Arc<TestRoster>,
    pub web: Web,
    pub pages: Router,
    dir: tempfile::TempDir,
}

pub fn people_json(origin: &str, issuer: &str) -> Value {
    json!({
        "origin": origin,
        "provider": {
            "issuer": issuer, "profile": "keycloak", "client_id": "gauze",
            "client": { "secret_file": "client.secret" }
        },
        "roles": { "viewer": "viewer", "administrator": "administrator", "lead": "lead" },
        "teams": { "/ward-4": { "team": "ward-4" }, "/ward-4/lead": { "team": "ward-4", "leads": true } },
        "factors": { "totp": true },
        "networks": ["127.0.0.0/8"]
    })
}

impl Hospital {
    pub async fn new() -> Self {
        Self::ruled("").await
    }

    /// One with policies of its own beside the shipped ones.
    pub async fn ruled(more: &str) -> Self {
        Self::made(more, &[]).await
    }

    /// One that lists these makers of hardware keys.
    pub async fn listing(makers: &[String]) -> Self {
        Self::made("", makers).await
    }

    async fn made(more: &str, makers: &[String]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        tokio::fs::write(dir.path().join("client.secret"), "a secret of more than 16").await.unwrap();
        let mut json = people_json(&format!("https://{HOST}"), ISSUER);
        json["factors"]["authorities"] = listed(dir.path(), makers).await;
        let people = Arc::new(People::parse(json.to_string().as_bytes(), dir.path()).unwrap());
        let (issuer, clock) = (Arc::new(Issuer::new(ISSUER, "gauze")), Arc::new(TestClock::new()));
        let wire = Arc::new(Wire { issuer: Arc::clone(&issuer), clock: Arc::clone(&clock) });
        let store = dir.path().join("factors.sqlite");
        let factors = Factors::open(&store, FactorKey::derive(&[7; 32]), &people).await.unwrap();
        let (log, roster) = (Arc::new(TestLog::new(dir.path())), Arc::new(TestRoster::default()));
        let policies = PolicySet::parse(&format!("{SHIPPED}\n{more}")).unwrap();
        let parts = Parts {
            provider: Provider::new(Arc::clone(&people), wire).unwrap(),
            factors,
            people,
            roster: Arc::clone(&roster) as Arc<dyn Roster>,
            roles: Arc::new(Roles::of(policies)),
            log: Arc::clone(&log.log),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            fences: watch::Sender::new(Vec::new()).subscribe(),
        };
        let web = Web::new(parts);
        Self { issuer, clock, log, roster, pages: router(web.clone(), Router::new()), web, dir }
    }

    /// From now on nothing of the kept factors changes, or again: as on a disk that is full.
    pub async fn store_is_full(&self, full: bool) {
        let options = SqliteConnectOptions::new().filename(self.dir.path().join("factors.sqlite"));
        let mut store = options.connect().await.unwrap();
        for (table, change) in [("factor", "UPDATE"), ("code", "UPDATE"), ("code", "DELETE")] {
            let name = format!("full_{table}_{change}");
            let command = if full {
                format!(
                    "CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
                )
            } else {
                format!("DROP TRIGGER {name}")
            };
            sqlx::query(sqlx::AssertSqlSafe(command)).execute(&mut store).await.unwrap();
        }
        store.close().await.unwrap();
    }

    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { hospital: self, cookies: BTreeMap::new(), from: Ipv4Addr::LOCALHOST.into() }
    }

    /// Whoever is called so and is signed in or waits.
    pub fn person(&self, login: &str) -> PersonId {
        let all = self.web.sessions().all(self.clock.now());
        let name = format!("Person {login}");
        all.into_iter().find(|session| session.person.name == name).unwrap().person.id
    }

    /// The code that an administrator would give this person.
    pub async fn code_for(&self, person: &PersonId) -> String {
        self.web.factors().make_code(person, self.clock.now()).await.unwrap()
    }
}

/// Writes the makers' certificates; their names for `people.json`.
pub async fn listed(dir: &Path, makers: &[String]) -> Value {
    let mut names = Vec::new();
    for (count, pem) in makers.iter().enumerate() {
        let name = format!("maker-{count}.pem");
        tokio::fs::write(dir.join(&name), pem).await.unwrap();
        names.push(name);
    }
    json!(names)
}

pub fn account(login: &str, roles: &[&str], acr: Option<&str>) -> Account {
    let mut claims = Claims::new();
    claims.insert("name".into(), json!(format!("Person {login}")));
    claims.insert("realm_access".into(), json!({ "roles": roles }));
    claims.insert("groups".into(), json!(["/ward-4"]));
    if let Some(acr) = acr {
        claims.insert("acr".into(), json!(acr));
    }
    Account { login: login.into(), claims }
}

pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    /// Where the page goes on by itself.
    pub fn onward(&self) -> String {
        let (_, rest) = self.text.split_once("content=\"0;url=").unwrap_or_else(|| panic!("{}", self.text));
        rest.split_once('"').unwrap().0.replace("&amp;", "&")
    }

    pub fn location(&self) -> &str {
        self.headers
            .get("location")
            .unwrap_or_else(|| panic!("{} {}", self.status, self.text))
            .to_str()
            .unwrap()
    }

    /// The proof in the page's last form: that of the page's own, behind the one to sign out.
    pub fn proof(&self) -> String {
        let (_, rest) =
            self.text.rsplit_once("name=\"proof\" value=\"").unwrap_or_else(|| panic!("{}", self.text));
        rest.split_once('"').unwrap().0.to_owned()
    }

    pub fn code(&self) -> &str {
        let (_, rest) = self.text.rsplit_once("<code>").unwrap_or_else(|| panic!("{}", self.text));
        rest.split_once('<').unwrap().0
    }
}

pub struct Visitor<'a> {
    pub hospital: &'a Hospital,
    pub cookies: BTreeMap<String, String>,
    pub from: IpAddr,
}

impl Visitor<'_> {
    /// The same browser outside the hospital's networks.
    pub fn outside(self) -> Self {
        Self { from: Ipv4Addr::new(203, 0, 113, 7).into(), ..self }
    }

    pub async fn send(&mut self, mut request: Request<Body>) -> Page {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.from, 4711)));
        let headers = request.headers_mut();
        if !headers.contains_key("host") {
            headers.insert("host", HOST.parse().unwrap());
        }
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            headers.insert("cookie", jar.join("; ").parse().unwrap());
        }
        let answer: Response<Body> = self.hospital.pages.clone().oneshot(request).await.unwrap();
        for line in answer.headers().get_all("set-cookie") {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split_once(';').unwrap().0;
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (parts, body) = answer.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Goes to the provider, signs in there, and gives the address of the way back.
    pub async fn at_provider(&mut self, account: &Account) -> String {
        let page = self.post("/sign-in", &[("next", "/sessions")]).await;
        self.signed_in_there(&page, account)
    }

    pub fn signed_in_there(&self, page: &Page, account: &Account) -> String {
        let address = url::Url::parse(&page.onward()).unwrap();
        let query: HashMap<String, String> = address.query_pairs().into_owned().collect();
        let back = self.hospital.issuer.let_in(&query, account, self.hospital.clock.now().as_second());
        format!("/sign-in/back?{}", back.query())
    }

    pub async fn come_back(&mut self, account: &Account) -> Page {
        let back = self.at_provider(account).await;
        self.get(&back).await
    }
}
