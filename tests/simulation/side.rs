//! The records side with its pages, in this process: started, asked, killed and started again.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST};
use axum::http::{Request, StatusCode};
use gauze_people::Remembered;
use gauze_people::acting::Factor;
use gauze_people::log::AccessLog;
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_records::pull::Puller;
use gauze_records::web::photos::{Desk, DeskParts, router as photos};
use gauze_records::web::{KeysKept, Listed, Parts, Web, router};
use gauze_records::{Coded as _, Folk, access};
use gauze_signin::config::People;
use gauze_signin::factors::{FactorKey, Factors};
use gauze_signin::outward::{Outward, OutwardError, Soon};
use gauze_signin::provider::Provider;
use gauze_signin::sessions::{AtProvider, Level, Opening};
use http_body_util::BodyExt as _;
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::crossing::Crossing;
use super::dice::Dice;
use super::sky::Trace;
use super::world::Broken;
use crate::fixture::Ward;

pub const TEAM: &str = "tissue";
const NAME: &str = "viewer.test";

/// No provider is ever asked: people are signed in by hand.
struct Nowhere;

impl Outward for Nowhere {
    fn send(&self, _: Request<Vec<u8>>) -> Soon<'_, Result<axum::http::Response<Vec<u8>>, OutwardError>> {
        Box::pin(std::future::ready(Err(OutwardError::TooSlow)))
    }
}

/// Somebody with one role in one team.
pub fn person(name: &str, role: Option<Role>, team: &str) -> Person {
    let mut id: String = name.to_lowercase().chars().filter(char::is_ascii_lowercase).collect();
    id.truncate(26);
    let teams = |wanted: Role| {
        let own = role == Some(wanted);
        if own { BTreeSet::from([Team(team.to_owned())]) } else { BTreeSet::new() }
    };
    Person {
        id: PersonId(format!("{id:a<26}")),
        name: name.to_owned(),
        professional: None,
        roles: role.into_iter().collect(),
        teams: teams(Role::Viewer),
        leads: teams(Role::Lead),
    }
}

/// Somebody's session.
pub struct Session {
    pub person: Person,
    pub reference: String,
    cookie: String,
    proof: String,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub kind: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What runs between two kills.
pub struct Side {
    web: Web,
    pages: Router,
    pub folk: Folk,
    pub log: Arc<AccessLog>,
    pub puller: Puller<Crossing>,
    /// Told when a request to the gateway is its last.
    pub death: Arc<Notify>,
}

/// Where the log is.
pub fn log_root(ward: &Ward) -> PathBuf {
    access::log_dir(&ward.path("records"))
}

fn people(dir: &Path) -> Arc<People> {
    std::io::Write::write_all(&mut std::fs::File::create(dir.join("secret")).unwrap(), &[b's'; 20]).unwrap();
    let people = serde_json::json!({
        "origin": format!("https://{NAME}"),
        "provider": {
            "issuer": "https://provider.test", "profile": "keycloak", "client_id": "gauze",
            "client": { "secret_file": "secret" },
        },
        "networks": ["127.0.0.0/8"],
    });
    Arc::new(People::parse(people.to_string().as_bytes(), dir).unwrap())
}

impl Side {
    /// Starts it on what is on the disk.
    pub async fn start(ward: &Ward, dice: Dice, trouble: usize, trace: Trace) -> Result<Self, Broken> {
        let death = Arc::new(Notify::new());
        let crossing =
            Crossing { port: ward.port(), dice: Mutex::new(dice), trouble, trace, death: death.clone() };
        let puller = ward.puller(crossing).await;
        let folk = puller.folk().await.map_err(|error| error.code())?;
        let (keys, data, now) = (ward.keys(), ward.path("records"), ward.clock.time());
        let (key_dir, root) = (keys.clone(), data.clone());
        let opened =
            tokio::task::spawn_blocking(move || access::open_log(&key_dir, &root, now)).await.unwrap();
        let log = Arc::new(opened.map_err(|error| format!("the log did not open: {error}"))?);
        puller.witness_access(log.clone());
        let roles = Arc::new(access::roles(&data).map_err(|error| error.code())?);
        let people = people(&ward.path("keys"));
        let provider = Provider::new(people.clone(), Arc::new(Nowhere)).unwrap();
        let web = Web::new(Parts {
            provider: provider.remembering(Arc::new(KeysKept::open(&data).unwrap())),
            factors: Factors::open(&data.join("factors.sqlite"), FactorKey::derive(&[7; 32]), &people)
                .await
                .unwrap(),
            people,
            roster: Arc::new(Listed::new(&data)),
            roles: roles.clone(),
            log: log.clone(),
            clock: ward.clock.clone(),
            fences: tokio::sync::watch::Sender::new(Vec::new()).subscribe(),
        });
        let log_root = log_root(ward);
        let told = Remembered::of(&log).map_err(|error| error.code())?;
        let desk = Desk::new(DeskParts {
            web: web.clone(),
            folk: folk.clone(),
            roles,
            log: log.clone(),
            hastes: Arc::new(told.hastes.into()),
            links: Arc::new(told.links.into()),
            keepings: Arc::new(told.keepings.into()),
            acknowledged: Arc::new(told.acknowledged.into()),
            cases: Arc::new(told.cases.into()),
            log_root,
            mail: None,
            lists: puller.lists().unwrap(),
            records: Arc::new(keys.records().unwrap()),
            data,
            outside: None,
        });
        let pages = router(web.clone(), photos(desk));
        Ok(Self { web, pages, folk, log, puller, death })
    }

    /// Signs somebody in, with a factor that was just proven.
    pub fn enter(&self, ward: &Ward, person: Person) -> Session {
        let now = ward.clock.time();
        let opening = Opening {
            person: person.clone(),
            level: Level::Signed { factor: Factor::Passkey { hardware: true }, at: now },
            provider: AtProvider { subject: "subject".into(), sid: None, id_token: String::new() },
            browser: "test".into(),
        };
        let (cookie, session) = self.web.sessions().begin(opening, now).unwrap();
        Session { person, cookie, proof: session.proof, reference: session.reference }
    }

    /// Asks for a page or, with fields, sends a form.
    pub fn ask(
        &self,
        session: &Session,
        address: &str,
        form: Option<&[(&str, &str)]>,
    ) -> impl Future<Output = Answer> + use<> {
        let request = Request::builder()
            .method(if form.is_some() { "POST" } else { "GET" })
            .uri(address)
            .header(HOST, NAME)
            .header("sec-fetch-site", "same-origin")
            .header(COOKIE, format!("__Host-gauze={}", session.cookie))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = form.map_or_else(Body::empty, |fields| {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("proof", &session.proof).extend_pairs(fields);
            Body::from(form.finish())
        });
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))));
        let pages = self.pages.clone();
        async move {
            let (head, body) = pages.oneshot(request).await.unwrap().into_parts();
            let kind = head
                .headers
                .get(CONTENT_TYPE)
                .and_then(|kind| kind.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            Answer { status: head.status, kind, body: body.collect().await.unwrap().to_bytes().to_vec() }
        }
    }
}
