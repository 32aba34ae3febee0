//! The pages in this process, with somebody signed in, and made-up records.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, Request};
use gauze_people::acting::Factor;
use gauze_people::log::{AccessLog, LogKeys};
use gauze_people::person::{self, PersonId, Role, Team};
use gauze_people::{Remembered, Roles};
use gauze_records::keys::KeyDir;
use gauze_records::pull::{Config, Puller};
use gauze_records::web::photos::{Desk, DeskParts, router as photos};
use gauze_records::web::{KeysKept, Listed, Parts, Web, router};
use gauze_records::{Clock as _, Folk, HttpsGateway, SystemClock, Which};
use gauze_signin::config::People;
use gauze_signin::factors::{FactorKey, Factors};
use gauze_signin::provider::Provider;
use gauze_signin::sessions::{AtProvider, Level, Opening};
use gauze_tests::hospital::Hospital;
use gauze_wire::log::NoteKey;
use gauze_wire::{
    CaptureId, Choice, Digest, Established, Identifier, Patient, PickLists, Record, Site, SoftwareKey, Text,
};
use serde_json::json;
use tower::ServiceExt as _;

use super::provider;
use crate::sign_in::Inside;

const HOME: &str = "viewer.test";

/// The pages over one hospital's filed photos.
pub struct Desks {
    pub folk: Folk,
    puller: Puller<HttpsGateway>,
    pages: Router,
    web: Web,
    photo: String,
}

/// Somebody at a browser of their own.
pub struct Person {
    cookie: String,
    /// What stands in each of their forms.
    proof: String,
}

/// A link to the photo, and the code that opens it.
pub struct Link {
    door: String,
    code: String,
}

impl Desks {
    pub async fn open(hospital: &Hospital) -> anyhow::Result<Self> {
        let home = hospital.home();
        let config = Config {
            data: home.join("records"),
            keys: home.join("keys"),
            bundle: None,
            status_list: None,
            gateway: hospital.url(),
        };
        let puller = Puller::new(config, &hospital.ca(), Arc::new(SystemClock)).await?;
        let folk = puller.folk().await?;
        let log_root = home.join("access");
        let roles = Arc::new(Roles::shipped()?);
        let log = Arc::new(access_log(hospital, &log_root).await?);
        let web = web(home, roles.clone(), log.clone()).await?;
        web.look_at_provider().await?;
        let records = KeyDir::new(&home.join("keys")).records()?;
        let told = Remembered::of(&log)?;
        let desk = Desk::new(DeskParts {
            web: web.clone(),
            folk: folk.clone(),
            roles,
            log,
            hastes: Arc::new(told.hastes.into()),
            links: Arc::new(told.links.into()),
            keepings: Arc::new(told.keepings.into()),
            acknowledged: Arc::new(told.acknowledged.into()),
            cases: Arc::new(told.cases.into()),
            log_root,
            mail: None,
            lists: PickLists { teams: vec![team()?], ..PickLists::default() },
            records: Arc::new(records),
            data: home.join("records"),
            outside: None,
        });
        let photo = folk.team(Some(super::TEAM), Which::All, None, 1).await?.pop();
        let photo = photo.context("no photo")?.handle.to_string();
        Ok(Self { folk, puller, pages: router(web.clone(), photos(desk)), web, photo })
    }

    /// Signs somebody in.
    pub fn person(&self, number: usize) -> anyhow::Result<Person> {
        let (cookie, session) = self.web.sessions().begin(lead(number), SystemClock.now())?;
        Ok(Person { cookie: format!("__Host-gauze={cookie}"), proof: session.proof.clone() })
    }

    pub async fn close(self) {
        drop((self.pages, self.web));
        self.folk.close().await;
        self.puller.close().await;
    }

    /// The first page of the team's list.
    pub async fn list(&self, person: &Person) -> anyhow::Result<String> {
        let address = format!("/lists/{}?which=all", super::TEAM);
        Ok(String::from_utf8(self.ask("GET", &address, &person.cookie, "").await?.1)?)
    }

    /// What is found by a patient's number.
    pub async fn search(&self, person: &Person, number: &str) -> anyhow::Result<String> {
        let form = format!("proof={}&number={number}", person.proof);
        Ok(String::from_utf8(self.ask("POST", "/search", &person.cookie, &form).await?.1)?)
    }

    /// A photo's page, and its picture to the last byte.
    pub async fn view(&self, person: &Person, screen: u16) -> anyhow::Result<()> {
        let page = self.ask("GET", &format!("/photos/{}", self.photo), &person.cookie, "").await?;
        let page = String::from_utf8(page.1)?;
        let shown = page.split("data-shown=\"").nth(1).and_then(|rest| rest.split('"').next());
        let shown = shown.context("the page shows no photo")?;
        self.picture(&format!("/shown/{shown}?screen={screen}"), &person.cookie).await
    }

    /// Makes a link to the photo that opens `views` times.
    pub async fn link(&self, person: &Person, views: usize) -> anyhow::Result<Link> {
        let address = format!("/photos/{}/link", self.photo);
        let proof = &person.proof;
        let form = format!("proof={proof}&reader=Dr+Bench&code=consultation&words=why&days=1&views={views}");
        let page = String::from_utf8(self.ask("POST", &address, &person.cookie, &form).await?.1)?;
        let part = |before: &str, behind: char| {
            let rest = page.split(before).nth(1)?;
            Some(rest.split(behind).next()?.to_owned())
        };
        let secret = part("/link/", '\n').context("no address")?;
        let code = part("<p class=\"code\">", '<').context("no code")?.replace(' ', "");
        Ok(Link { door: format!("/link/{secret}"), code })
    }

    /// Gives a link's code, and opens the page behind it and its picture to the last byte.
    pub async fn read(&self, link: &Link, screen: u16) -> anyhow::Result<()> {
        let form = format!("code={}", link.code);
        let (headers, _) = self.ask("POST", &link.door, "", &form).await?;
        let cookie = headers.get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookie = cookie.context("the link did not open")?;
        self.ask("GET", &format!("{}/photo", link.door), cookie, "").await?;
        self.picture(&format!("{}/pictures?screen={screen}", link.door), cookie).await
    }

    async fn picture(&self, address: &str, cookie: &str) -> anyhow::Result<()> {
        let (_, jpeg) = self.ask("GET", address, cookie, "").await?;
        ensure!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]), "no JPEG came");
        Ok(())
    }

    async fn ask(
        &self,
        method: &str,
        address: &str,
        cookie: &str,
        form: &str,
    ) -> anyhow::Result<(HeaderMap, Vec<u8>)> {
        let request = Request::builder()
            .method(method)
            .uri(address)
            .header(HOST, HOME)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookie)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))))
            .body(Body::from(form.to_owned()))?;
        let answer = self.pages.clone().oneshot(request).await?;
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 64 << 20).await?.to_vec();
        let answered = parts.status.is_success() || parts.status.is_redirection();
        ensure!(answered, "{address}: {}: {}", parts.status, String::from_utf8_lossy(&body));
        Ok((parts.headers, body))
    }
}

async fn web(home: &std::path::Path, roles: Arc<Roles>, log: Arc<AccessLog>) -> anyhow::Result<Web> {
    let people = json!({
        "origin": format!("https://{HOME}"),
        "networks": ["127.0.0.0/8"],
        "links": { "days": 1, "views": super::VIEWS },
        "provider": {
            "issuer": provider::AT, "profile": "keycloak", "client_id": provider::CLIENT,
            "client": { "secret_file": "secret" },
        },
    });
    gauze_tests::hospital::write(&home.join("secret"), "a secret of more than 16")?;
    let people = Arc::new(People::parse(people.to_string().as_bytes(), home)?);
    let inside = Inside::of(&provider::issuer());
    let provider = Provider::new(people.clone(), Arc::new(inside))?;
    Ok(Web::new(Parts {
        provider: provider.remembering(Arc::new(KeysKept::open(home)?)),
        factors: Factors::open(&home.join("factors.sqlite"), FactorKey::derive(&[7; 32]), &people).await?,
        people,
        roster: Arc::new(Listed::new(home)),
        roles,
        log,
        clock: Arc::new(SystemClock),
        fences: tokio::sync::watch::Sender::new(Vec::new()).subscribe(),
    }))
}

async fn access_log(hospital: &Hospital, root: &std::path::Path) -> anyhow::Result<AccessLog> {
    let tenant = hospital.tenant()?;
    let keys = LogKeys {
        audit: Arc::new(SoftwareKey::from_bytes(&[41; 32])?),
        note: Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[42; 32])?),
        tenant,
    };
    let root = root.to_owned();
    Ok(tokio::task::spawn_blocking(move || AccessLog::open(&root, keys, SystemClock.now())).await??)
}

/// The team whose photo it is.
pub fn team() -> anyhow::Result<Choice> {
    Ok(Choice { code: super::TEAM.parse()?, words: Text::new("Tissue viability")? })
}

/// A number below 64 in six letters.
fn letters(number: usize) -> String {
    (0..6).map(|place| if number >> place & 1 == 0 { 'b' } else { 'c' }).collect()
}

/// One of those who lead it.
fn lead(number: usize) -> Opening {
    let team = BTreeSet::from([Team(super::TEAM.to_owned())]);
    Opening {
        person: person::Person {
            id: PersonId(format!("{:a>26}", letters(number))),
            name: "Sister Bench".to_owned(),
            professional: None,
            roles: BTreeSet::from([Role::Lead]),
            teams: team.clone(),
            leads: team,
        },
        level: Level::Signed { factor: Factor::Passkey { hardware: false }, at: SystemClock.now() },
        provider: AtProvider { subject: letters(number), sid: None, id_token: String::new() },
        browser: "bench".to_owned(),
    }
}

/// The `n`th NHS number from 4,000,000,000 on, where its check digit is one.
pub fn nhs_number(n: u64) -> Option<String> {
    let digits = (400_000_000 + n).to_string();
    let sum: u32 =
        digits.bytes().zip((2..=10).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    match 11 - sum % 11 {
        11 => Some(format!("{digits}0")),
        10 => None,
        check => Some(format!("{digits}{check}")),
    }
}

/// A record of one of a million patients: one in eleven has a hospital number alone.
pub fn record(n: u64) -> anyhow::Result<Record> {
    let taken = jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(n)?)?;
    let patient = Patient {
        nhs_number: nhs_number(n).map(|number| number.parse()).transpose()?,
        chi_number: None,
        hc_number: None,
        local_number: Some(Text::new(format!("RX{n}"))?),
        family: Text::new(format!("Family{n}"))?,
        given: Text::new("Given")?,
        dob: "1950-01-31".parse()?,
        established: Established::Wristband,
        confirmed_by: vec![Identifier::Name, Identifier::Dob],
    };
    let mut random = [0; 10];
    random[..8].copy_from_slice(&n.to_be_bytes());
    Ok(Record {
        v: Record::VERSION,
        tenant: "bench".parse()?,
        device_id: "A".repeat(43).parse()?,
        capture_id: CaptureId::make(1_764_000_000_000, &random),
        seq: n + 1,
        captured_at: taken,
        monotonic_ms: 1,
        boot_id: "boot".parse()?,
        team: Some(team()?),
        clinician: None,
        session: None,
        patient: Some(patient),
        site: Some(Site { system: None, code: None, words: Text::new("heel")?, side: None }),
        wound: None,
        series: None,
        view: None,
        consent: None,
        fence: None,
        fitness: None,
        notes: None,
        original: None,
        reduced: None,
        orientation: 1,
        photo_sha256: Digest::of(b""),
        photo_size: 0,
    })
}
