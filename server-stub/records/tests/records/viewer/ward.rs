//! A hospital with filed photos, its pages, and people who are signed in.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Request, StatusCode};
use gauze_people::acting::{Acting, Barred, Factor, Network};
use gauze_people::context::{Context, Reason, ReasonCode};
use gauze_people::log::{AccessLog, Entry, LogKeys, read_entries};
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_people::subject::{Photo, Subject};
use gauze_people::{Remembered, Roles};
use gauze_records::mail::Mailer;
use gauze_records::outside::OutsideWitness;
use gauze_records::pull::Puller;
use gauze_records::web::photos::{Desk, DeskParts, MARK_EPOCH, readers as outside, router as photos};
use gauze_records::web::{KeysKept, Listed, Parts, Web, readers, router};
use gauze_records::{Folk, Found, Opening, Opens};
use gauze_signin::config::People;
use gauze_signin::factors::{FactorKey, Factors};
use gauze_signin::outward::{Outward, OutwardError, Soon};
use gauze_signin::provider::Provider;
use gauze_signin::sessions::{AtProvider, Level, Opening as Begin};
use gauze_wire::log::NoteKey;
use gauze_wire::{Choice, Patient, PublicKey, Signer, SoftwareKey, Text, WireError};
use serde_json::json;
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use crate::fixture::{Fake, Hospital, copy};
use crate::folk::{filed, filed_with};
use crate::issuer::{Asked, Issuer};

pub const TEAM: &str = "tissue";
pub const ISSUER: &str = "https://provider.test";

/// The way out to a provider in the same process.
struct Wire(Arc<Issuer>);

impl Outward for Wire {
    fn send(&self, request: Request<Vec<u8>>) -> Soon<'_, Result<http::Response<Vec<u8>>, OutwardError>> {
        let (status, body) =
            self.0.answer(&Asked { path: request.uri().path(), fields: HashMap::new(), now: 0 });
        Box::pin(std::future::ready(Ok(http::Response::builder().status(status).body(body).unwrap())))
    }
}

/// Answers as a witness at another department that has signed for another history.
struct Elsewhere;

impl Outward for Elsewhere {
    fn send(&self, _: Request<Vec<u8>>) -> Soon<'_, Result<http::Response<Vec<u8>>, OutwardError>> {
        let answer = http::Response::builder().status(409).body(b"9000\n".to_vec()).unwrap();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

/// A person of the wound team.
pub fn person(name: &str, role: Role, team: &str) -> Person {
    let teams = |wanted: Role| {
        if role == wanted { BTreeSet::from([Team(team.to_owned())]) } else { BTreeSet::new() }
    };
    let mut id: String = name.to_lowercase().chars().filter(char::is_ascii_lowercase).collect();
    id.truncate(26);
    Person {
        id: PersonId(format!("{id:a<26}")),
        name: name.to_owned(),
        professional: None,
        roles: BTreeSet::from([role]),
        teams: teams(Role::Viewer),
        leads: teams(Role::Lead),
    }
}

pub fn acting(role: Role) -> Acting {
    let at = "2026-11-24T10:00:00Z".parse().unwrap();
    Acting {
        person: person("Sister Test", role, TEAM),
        session: "session".to_owned(),
        signed_in_at: at,
        factor: Factor::Passkey { hardware: false },
        factor_at: at,
        network: Network::Inside,
        barred: Barred::Nothing,
    }
}

/// A key that can fail, and with it every line: as on a disk that is full.
struct Pen {
    key: SoftwareKey,
    /// So many lines can still be written.
    left: AtomicU64,
    /// Where the next line waits.
    gate: Mutex<Option<Gate>>,
}

struct Gate {
    came: oneshot::Sender<()>,
    opens: Receiver<()>,
}

impl Signer for Pen {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        spent.map_err(|_| WireError::Field("pen"))?;
        let gate = self.gate.lock().unwrap().take();
        if let Some(Gate { came, opens }) = gate {
            came.send(()).unwrap();
            opens.recv_timeout(Duration::from_secs(30)).expect("nobody opens the gate");
        }
        self.key.sign(message)
    }
}

/// Roles and an access log.
pub struct Office {
    pen: Arc<Pen>,
    pub roles: Arc<Roles>,
    pub log: Arc<AccessLog>,
    pub dir: tempfile::TempDir,
    /// A witness at another department, which will not agree once it is asked.
    pub outside: Option<Arc<OutsideWitness>>,
    pub mail: Option<Arc<Mailer>>,
}

impl Office {
    pub async fn new(hospital: &Hospital) -> Self {
        let key = SoftwareKey::from_bytes(&[41; 32]).unwrap();
        let note = NoteKey::from_bytes(&LogKeys::origin(&hospital.tenant()), &[42; 32]).unwrap();
        Self::open(hospital, tempfile::tempdir().unwrap(), (key, Arc::new(note))).await
    }

    /// Over the lines that commands have written in the hospital's own directory.
    pub async fn behind(hospital: &Hospital) -> Self {
        let (dir, keys) = (tempfile::tempdir().unwrap(), hospital.keys());
        copy(&hospital.data().join("access"), &dir.path().join("access"));
        let audit = std::fs::read_to_string(keys.path(gauze_records::keys::AUDIT)).unwrap();
        let key = SoftwareKey::from_pem(&audit).unwrap();
        Self::open(hospital, dir, (key, keys.log_keys().unwrap().note)).await
    }

    async fn open(
        hospital: &Hospital,
        dir: tempfile::TempDir,
        (key, note): (SoftwareKey, Arc<NoteKey>),
    ) -> Self {
        let pen = Arc::new(Pen { key, left: AtomicU64::new(u64::MAX), gate: Mutex::default() });
        let audit = Arc::clone(&pen) as Arc<dyn Signer + Send + Sync>;
        let keys = LogKeys { audit, note, tenant: hospital.tenant() };
        let (root, now) = (dir.path().join("access"), hospital.now());
        let open = tokio::task::spawn_blocking(move || AccessLog::open(&root, keys, now));
        let log = Arc::new(open.await.unwrap().unwrap());
        let key = NoteKey::from_bytes("witness.example/audit", &[5; 32]).unwrap().witness_key();
        let outside = OutsideWitness::new(Arc::new(Elsewhere), "https://witness.test", key, dir.path());
        let outside = Some(Arc::new(outside.unwrap()));
        Self { pen, roles: Arc::new(Roles::shipped().unwrap()), log, dir, outside, mail: None }
    }

    /// Leave to open a photo, as a page gets it.
    pub async fn opening<A: Opens>(&self, act: A, found: &Found, acting: &Acting) -> Opening {
        let subject = Subject::Photo(Photo {
            id: found.capture_id,
            team: found.team.clone().map(Team),
            patient: None,
            erased: false,
            due: false,
            proposed_by: None,
            ruled_by: None,
            held: false,
        });
        let reason = Some(Reason { code: ReasonCode::Correction, sealed_words: None });
        let context = Context { reason, ..Context::care(acting.signed_in_at) };
        let authorised = self.roles.authorise(acting, act, &subject, &context).unwrap();
        Opening::of(&self.log.append(authorised).await.unwrap()).unwrap()
    }

    /// From now on no line can be written, or again.
    pub fn breaks(&self, broken: bool) {
        self.breaks_behind(if broken { 0 } else { u64::MAX });
    }

    /// The next line waits until it is let through: says when it is there, and takes that it may go on. It keeps a thread waiting.
    pub fn stops_the_next_line(&self) -> (oneshot::Receiver<()>, Sender<()>) {
        let ((came, there), (go, opens)) = (oneshot::channel(), channel());
        *self.pen.gate.lock().unwrap() = Some(Gate { came, opens });
        (there, go)
    }

    /// So many lines can still be written.
    pub fn breaks_behind(&self, lines: u64) {
        self.pen.left.store(lines, Ordering::Relaxed);
    }

    /// The newest entry: the last line of the log's first file.
    pub fn last(&self) -> Entry {
        let file = self.dir.path().join("access/entries/000000000000.log");
        let text = std::fs::read_to_string(file).unwrap();
        let line = text.trim_end().rsplit('\n').next().unwrap();
        gauze_wire::Jws::parse(line.rsplit(' ').next().unwrap()).unwrap().peek().unwrap()
    }

    /// What a start learns.
    pub fn remembered(&self) -> Remembered {
        Remembered::of(&self.log).unwrap()
    }

    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        read_entries(&self.dir.path().join("access"), |kept| entries.extend(kept.entry)).unwrap();
        entries
    }
}

fn desk(hospital: &Hospital, office: &Office, web: &Web, folk: &Folk) -> (Router, Router) {
    let team = Choice { code: TEAM.parse().unwrap(), words: Text::new("Tissue viability").unwrap() };
    let remembered = office.remembered();
    let desk = Desk::new(DeskParts {
        web: web.clone(),
        folk: folk.clone(),
        roles: office.roles.clone(),
        log: office.log.clone(),
        log_root: office.dir.path().join("access"),
        hastes: Arc::new(remembered.hastes.into()),
        links: Arc::new(remembered.links.into()),
        acknowledged: Arc::new(remembered.acknowledged.into()),
        cases: Arc::new(remembered.cases.into()),
        keepings: Arc::new(remembered.keepings.into()),
        lists: gauze_wire::PickLists { teams: vec![team], ..Default::default() },
        mail: office.mail.clone(),
        records: Arc::new(hospital.keys().records().unwrap()),
        data: office.dir.path().to_owned(),
        outside: office.outside.clone(),
    });
    let apart = readers(web.clone(), outside(desk.clone()));
    (router(web.clone(), photos(desk)), apart)
}

/// The number of the view that a picture is marked with.
pub fn marked(folk: &Folk, jpeg: &[u8]) -> Option<u64> {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    let rgb = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    seen(folk, (info.width.into(), info.height.into()), &rgb)
}

/// The same, of decoded pixels.
pub fn seen(folk: &Folk, (width, height): (usize, usize), rgb: &[u8]) -> Option<u64> {
    let luma =
        |rgb: &[u8]| (u32::from(rgb[0]) * 299 + u32::from(rgb[1]) * 587 + u32::from(rgb[2]) * 114) / 1000;
    let luma: Vec<u8> = rgb.chunks_exact(3).map(|rgb| u8::try_from(luma(rgb)).unwrap()).collect();
    let plane = gauze_mark::Luma::new(width, height, &luma).unwrap();
    let found = gauze_mark::find(plane, &folk.mark_key(MARK_EPOCH), gauze_mark::Search::default());
    found.map(|found| found.event.number())
}

/// Something like skin with something like a wound on it.
pub fn drawn(width: u16, height: u16) -> Vec<u8> {
    let (mut rgb, mut grain) = (Vec::new(), 7_u32);
    for y in 0..height {
        for x in 0..width {
            grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (dx, dy) = (f32::from(x) / f32::from(width) - 0.5, f32::from(y) / f32::from(height) - 0.5);
            let wound = (dx * dx * 9.0 + dy * dy * 16.0 + (dx * 31.0).sin() * 0.05) < 0.4;
            let base: [u8; 3] = if wound { [150, 40, 45] } else { [205, 160, 140] };
            rgb.extend(base.map(|level| level + (grain >> 28) as u8));
        }
    }
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, 90);
    encoder.encode(&rgb, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

/// All of it.
pub struct Ward {
    pub hospital: Hospital,
    pub puller: Puller<Fake>,
    pub folk: Folk,
    pub office: Office,
    pub issuer: Arc<Issuer>,
    pub web: Web,
    pub pages: Router,
    /// What readers outside reach where links are served apart.
    pub apart: Router,
    pub host: String,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// A browser of somebody who is signed in.
pub struct Browser<'a> {
    ward: &'a Ward,
    pub cookie: String,
    pub proof: String,
    /// The session's, as it stands in the log.
    pub reference: String,
    from: [u8; 4],
}

impl Ward {
    pub async fn with(patients: &[Option<Patient>]) -> Self {
        Self::at("viewer.test", patients).await
    }

    pub async fn at(host: &str, patients: &[Option<Patient>]) -> Self {
        let hospital = Hospital::new();
        let puller = filed(&hospital, patients).await;
        Self::of(host, hospital, puller).await
    }

    /// One photo as large as a screen.
    pub async fn large() -> Self {
        Self::large_with("usual").await
    }

    /// The same, with a mark of this strength.
    pub async fn large_with(mark: &str) -> Self {
        let hospital = Hospital::new();
        let puller = filed_with(&hospital, &[None], Some(&drawn(1600, 1200))).await;
        Self::marking(mark, "viewer.test", hospital, puller).await
    }

    pub async fn of(host: &str, hospital: Hospital, puller: Puller<Fake>) -> Self {
        Self::marking("usual", host, hospital, puller).await
    }

    async fn marking(mark: &str, host: &str, hospital: Hospital, puller: Puller<Fake>) -> Self {
        let folk = puller.folk().await.unwrap();
        let office = Office::new(&hospital).await;
        let people = json!({
            "origin": format!("https://{host}"),
            "provider": {
                "issuer": ISSUER, "profile": "keycloak", "client_id": "gauze",
                "client": { "secret_file": "secret" },
            },
            "networks": ["127.0.0.0/8"],
            "mark": mark,
        });
        tokio::fs::write(office.dir.path().join("secret"), "a secret of more than 16").await.unwrap();
        let people = Arc::new(People::parse(people.to_string().as_bytes(), office.dir.path()).unwrap());
        let issuer = Arc::new(Issuer::new(ISSUER, "gauze"));
        let factors = office.dir.path().join("factors.sqlite");
        let web = Web::new(Parts {
            provider: Provider::new(people.clone(), Arc::new(Wire(issuer.clone())))
                .unwrap()
                .remembering(Arc::new(KeysKept::open(office.dir.path()).unwrap())),
            factors: Factors::open(&factors, FactorKey::derive(&[7; 32]), &people).await.unwrap(),
            people,
            roster: Arc::new(Listed::new(office.dir.path())),
            roles: office.roles.clone(),
            log: office.log.clone(),
            clock: hospital.clock.clone(),
            fences: puller.fences(),
        });
        let (pages, apart) = desk(&hospital, &office, &web, &folk);
        Self { hospital, puller, folk, office, issuer, web, pages, apart, host: host.to_owned() }
    }

    /// The pages as they are after a restart: what was in memory alone is gone.
    pub fn restart(&mut self) {
        (self.pages, self.apart) = desk(&self.hospital, &self.office, &self.web, &self.folk);
    }

    /// As a program that was stopped and started: what holds by now is taken in.
    pub async fn starts_anew(self) -> Self {
        let Self { hospital, puller, folk, office, issuer, web, pages, apart, host } = self;
        drop((pages, apart));
        folk.close().await;
        puller.close().await;
        let puller = hospital.puller().await.unwrap();
        let folk = puller.folk().await.unwrap();
        let (pages, apart) = desk(&hospital, &office, &web, &folk);
        Self { hospital, puller, folk, office, issuer, web, pages, apart, host }
    }

    /// Somebody who has proven two factors.
    pub fn sign_in(&self, person: Person) -> Browser<'_> {
        // Enough for administrators too.
        let factor = Factor::Passkey { hardware: true };
        self.begin(person, Level::Signed { factor, at: self.hospital.now() })
    }

    /// Somebody whom the provider knows and who has not proven a second factor.
    pub fn sign_in_by_one_factor(&self, person: Person) -> Browser<'_> {
        self.begin(person, Level::OneFactor)
    }

    fn begin(&self, person: Person, level: Level) -> Browser<'_> {
        let now = self.hospital.now();
        let opening = Begin {
            person,
            level,
            provider: AtProvider { subject: "subject".into(), sid: None, id_token: String::new() },
            browser: "test".into(),
        };
        let (cookie, session) = self.web.sessions().begin(opening, now).unwrap();
        Browser {
            ward: self,
            cookie,
            proof: session.proof,
            reference: session.reference,
            from: [127, 0, 0, 1],
        }
    }

    pub async fn ask(&self, request: Request<Body>, from: [u8; 4]) -> Answer {
        let mut request = request;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 4711))));
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn end(self) {
        drop((self.pages, self.apart));
        self.folk.close().await;
        self.puller.close().await;
    }

    /// All photos of the team, newest first.
    pub async fn photos(&self) -> Vec<Found> {
        self.folk.team(Some(TEAM), gauze_records::Which::All, None, 500).await.unwrap()
    }
}

impl Browser<'_> {
    /// The same browser inside or outside the hospital's networks.
    pub fn from(self, network: Network) -> Self {
        let from = if network == Network::Inside { [127, 0, 0, 1] } else { [203, 0, 113, 7] };
        Self { from, ..self }
    }

    fn request(&self, method: &str, address: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(address)
            .header(HOST, &self.ward.host)
            .header("sec-fetch-site", "same-origin")
            .header(COOKIE, format!("__Host-gauze={}", self.cookie))
    }

    pub async fn get(&self, address: &str) -> Answer {
        self.ward.ask(self.request("GET", address).body(Body::empty()).unwrap(), self.from).await
    }

    /// A form with files of which a part is missing, as where a browser was closed.
    pub async fn upload_cut(&self, address: &str) -> Answer {
        let body = format!(
            "--bound\r\nContent-Disposition: form-data; name=\"proof\"\r\n\r\n{}\r\n--bou",
            self.proof
        );
        let request =
            self.request("POST", address).header(CONTENT_TYPE, "multipart/form-data; boundary=bound");
        self.ward.ask(request.body(Body::from(body)).unwrap(), self.from).await
    }

    /// A form with files, as a browser sends it: fields, then pictures with what they are called.
    pub async fn upload(&self, address: &str, fields: &[(&str, &str)], pictures: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in [("proof", &*self.proof)].iter().chain(fields) {
            let head =
                format!("--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(head.into_bytes());
        }
        for (name, picture) in pictures {
            let head = format!(
                "--bound\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n"
            );
            body.extend(head.bytes().chain(picture.iter().copied()).chain(*b"\r\n"));
        }
        body.extend(b"--bound--\r\n");
        let request =
            self.request("POST", address).header(CONTENT_TYPE, "multipart/form-data; boundary=bound");
        self.ward.ask(request.body(Body::from(body)).unwrap(), self.from).await
    }

    pub async fn post(&self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("proof", &self.proof).extend_pairs(fields);
        let request = self.request("POST", address).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ward.ask(request.body(Body::from(form.finish())).unwrap(), self.from).await
    }
}
