//! The pages about photos: work lists, search, a patient's time line, a photo, two photos, record, origin, who has looked,
//! putting a record right, breaking the glass, and what leaves: exports, and links for people outside; and what stands on the same
//! names and sealed words: governance, and pictures that got out; roles; the hospital's phones.
//!
//! Always: each handler takes `Signed` and does what one logged action allows; no patient is named in an address, a title,
//! a header or a log line; pixels leave by `pixels` alone, marked, or by the line of a view without a mark; text comes from `words`.

mod amend;
mod amend_form;
mod cases;
mod compare;
mod documents;
mod export;
mod filled;
mod gate;
mod governance;
mod haste;
mod hastes;
mod in_force;
mod keeping;
mod kept;
mod leaks;
mod line;
mod links;
mod lists;
mod looks;
mod parts;
mod patient;
mod phones;
mod photo;
mod pixels;
mod policies;
mod proof;
mod reason;
mod record;
mod role_forms;
mod roles;
mod search;
mod showing;
mod taker;
mod turns;
mod unmarked;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use gauze_people::Roles;
use gauze_people::acknowledged::Acknowledged;
use gauze_people::cases::Cases;
use gauze_people::haste::Hastes;
use gauze_people::keeping::Keepings;
use gauze_people::links::Links;
use gauze_people::log::{AccessLog, LogFailure, Places};
use gauze_wire::{PickLists, SoftwareKey};

use super::Web;
use crate::coded::Coded as _;
use crate::documents::{Shelf, Standing};
use crate::folk::{Folk, Refilled};
use crate::mail::Mailer;
use crate::outside::OutsideWitness;
pub use links::OUTSIDE;
use links::Readings;
use showing::Showings;
use turns::Turns;

/// What stands in an address for photos of no team.
const NO_TEAM: &str = "-";
/// How often renderings that nobody asks for are let go of.
const SWEEP: Duration = Duration::from_secs(15);
/// And how soon again where more reports of the gateway's operators wait.
const SOON: Duration = Duration::from_secs(1);
pub use crate::render::MARK_EPOCH;

/// What the pages about photos rest on.
pub struct DeskParts {
    /// Frame, sessions, time.
    pub web: Web,
    /// The index for people.
    pub folk: Folk,
    /// What roles allow.
    pub roles: Arc<Roles>,
    /// Where lines go.
    pub log: Arc<AccessLog>,
    /// Where its files are, to read who has looked.
    pub log_root: PathBuf,
    /// What was opened in haste.
    pub hastes: Arc<RwLock<Hastes>>,
    /// Links for people outside.
    pub links: Arc<Mutex<Links>>,
    /// What is held, asked for and erased.
    pub keepings: Arc<RwLock<Keepings>>,
    /// Who has read which notice.
    pub acknowledged: Arc<RwLock<Acknowledged>>,
    /// What went wrong, and how long ago.
    pub cases: Arc<RwLock<Cases>>,
    /// Teams' words, by the policy in force.
    pub lists: PickLists,
    /// Mails addresses of links, where mail is set up.
    pub mail: Option<Arc<Mailer>>,
    /// Signs amendments.
    pub records: Arc<SoftwareKey>,
    /// The data directory, under which policies are.
    pub data: PathBuf,
    /// The witness at another department, where there is one.
    pub outside: Option<Arc<OutsideWitness>>,
}

struct Inner {
    showings: Showings,
    /// The log is read for one page at a time: it is long.
    reading: Turns,
    /// One picture is searched for its mark at a time: it takes a core for seconds.
    searching: Turns,
    /// Where the log's lines about each photo and patient are.
    places: Arc<Mutex<Places>>,
    /// What is decided is judged, written and put in force one after the other.
    deciding: Arc<tokio::sync::Mutex<()>>,
    teams: BTreeMap<String, String>,
    readings: Readings,
    shelf: Shelf,
    /// What was said last of documents to be reviewed.
    reviewed: Mutex<Standing>,
    /// Whether an erasure may have been cut off behind its line: nobody knows at the start.
    cut_off: AtomicBool,
    /// Up to where in the gateway's log reports were made cases.
    carried: AtomicU64,
    /// Up to where it was noted who read a notice on a phone.
    readings_noted: AtomicU64,
    parts: DeskParts,
}

/// What every page about photos works with. Clones share everything.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

impl std::ops::Deref for Desk {
    type Target = DeskParts;
    fn deref(&self) -> &DeskParts {
        &self.0.parts
    }
}

impl FromRef<Desk> for Web {
    fn from_ref(desk: &Desk) -> Self {
        desk.web.clone()
    }
}

impl Desk {
    /// Makes the keys of the mark: some thousand hashes.
    pub fn new(parts: DeskParts) -> Self {
        let key = Arc::new(parts.folk.mark_key(MARK_EPOCH));
        let word = |team: &gauze_wire::Choice| (team.code.to_string(), team.words.as_str().to_owned());
        let teams = parts.lists.teams.iter().map(word).collect();
        let showings = Showings::new(parts.folk.clone(), key, parts.web.people().mark);
        let reading = Turns::new(1);
        let places = Arc::new(Mutex::new(Places::new(&parts.log_root)));
        let (readings, deciding) = (Readings::default(), Arc::default());
        let (shelf, reviewed, searching) = (Shelf::default(), Mutex::default(), Turns::new(1));
        Self(Arc::new(Inner {
            showings,
            reading,
            searching,
            places,
            deciding,
            teams,
            readings,
            shelf,
            reviewed,
            cut_off: AtomicBool::new(true),
            carried: AtomicU64::new(0),
            readings_noted: AtomicU64::new(0),
            parts,
        }))
    }

    /// What a team is called.
    fn team_word(&self, code: Option<&str>) -> String {
        let known = code.and_then(|code| self.0.teams.get(code)).map(String::as_str);
        known.or(code).unwrap_or(words::NO_TEAM).to_owned()
    }

    fn reading(&self) -> &Turns {
        &self.0.reading
    }

    fn searching(&self) -> &Turns {
        &self.0.searching
    }

    fn places(&self) -> Arc<Mutex<Places>> {
        self.0.places.clone()
    }

    fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    fn readings(&self) -> &Readings {
        &self.0.readings
    }

    async fn deciding(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.deciding.lock().await
    }

    fn showings(&self) -> &Showings {
        &self.0.showings
    }
}

/// Every address about photos. A test asks each for another team's photo.
pub const ADDRESSES: [&str; 41] = [
    "/photos",
    "/lists/{team}",
    "/search",
    "/patients/{patient}",
    "/patients/{patient}/looks",
    "/patients/{patient}/looks/report",
    "/patients/{patient}/haste",
    "/hastes",
    "/governance",
    "/phones",
    "/people/roles",
    "/people/roles/give",
    "/people/roles/take",
    "/people/policies",
    "/photos/{photo}",
    "/photos/{photo}/record",
    "/photos/{photo}/proof",
    "/photos/{photo}/looks",
    "/photos/{photo}/unmarked",
    "/photos/{photo}/amend",
    "/photos/{photo}/export",
    "/photos/{photo}/link",
    "/photos/{photo}/keeping",
    "/photos/{photo}/hold",
    "/photos/{photo}/erase",
    "/keeping",
    "/keeping/rules",
    "/documents",
    "/documents/register",
    "/notices",
    "/report",
    "/cases",
    "/cases/{case}",
    "/cases/{case}/form",
    "/cases/{case}/evidence",
    "/leaks",
    "/links",
    "/compare",
    "/shown/{showing}",
    "/shown/{showing}/{exponent}/{column}/{row}",
    "/unmarked/{showing}",
];

fn page(address: &str) -> MethodRouter<Desk> {
    match address {
        "/photos" => get(lists::start),
        "/lists/{team}" => get(lists::list),
        "/search" => get(search::form).post(search::find),
        "/patients/{patient}" => get(patient::timeline),
        "/patients/{patient}/looks" => get(looks::of_patient),
        "/patients/{patient}/looks/report" => get(looks::report),
        "/patients/{patient}/haste" => get(haste::form).post(haste::open),
        "/hastes" => get(hastes::list).post(hastes::judge),
        "/governance" => get(governance::page),
        "/phones" => get(phones::page),
        "/people/roles" => get(roles::page),
        "/people/roles/give" => get(role_forms::give).post(role_forms::given),
        "/people/roles/take" => get(role_forms::take).post(role_forms::taken),
        "/photos/{photo}" => get(photo::page),
        "/photos/{photo}/record" => get(record::page),
        "/photos/{photo}/proof" => get(proof::page),
        "/photos/{photo}/looks" => get(looks::of_photo),
        "/photos/{photo}/unmarked" => get(unmarked::form).post(unmarked::show),
        "/photos/{photo}/amend" => get(amend::form).post(amend::save),
        "/people/policies" => get(policies::page).post(policies::save),
        "/photos/{photo}/export" => get(export::form).post(export::take),
        "/photos/{photo}/link" => get(links::make::form).post(links::make::make),
        "/photos/{photo}/keeping" => get(keeping::of_photo).post(keeping::ask),
        "/photos/{photo}/hold" => get(keeping::of_photo).post(keeping::hold),
        "/photos/{photo}/erase" => get(keeping::of_photo).post(keeping::decide),
        "/keeping" => get(keeping::page).post(keeping::erase_due),
        "/keeping/rules" => get(keeping::rules_page).post(keeping::save_rules),
        "/documents" => get(documents::page),
        "/documents/register" => get(documents::form).post(documents::save),
        "/notices" => get(documents::unread).post(documents::read),
        "/report" => get(cases::report_form).post(cases::report),
        "/cases" => get(cases::list),
        "/cases/{case}" => get(cases::page).post(cases::act),
        "/cases/{case}/form" => get(cases::regulator),
        "/cases/{case}/evidence" => get(cases::evidence_form).post(cases::evidence),
        "/leaks" => get(leaks::form).post(leaks::find),
        "/links" => get(links::list::list).post(links::list::revoke),
        "/compare" => get(compare::page),
        "/shown/{showing}" => get(pixels::view),
        "/shown/{showing}/{exponent}/{column}/{row}" => get(pixels::tile),
        "/unmarked/{showing}" => get(unmarked::picture),
        _ => MethodRouter::new(),
    }
}

/// All of them, to be merged into [`super::router`].
pub fn router(desk: Desk) -> Router {
    tokio::spawn(sweep(Arc::downgrade(&desk.0)));
    let pages = ADDRESSES.iter().fold(Router::new(), |pages, address| pages.route(address, page(address)));
    let pages = pages.route_layer(from_fn_with_state(desk.clone(), documents::gate));
    assets(links::outside(pages)).with_state(desk)
}

/// The pages of readers outside alone, to be merged into [`super::readers`].
pub fn readers(desk: Desk) -> Router {
    assets(links::outside(Router::new())).with_state(desk)
}

fn assets(pages: Router<Desk>) -> Router<Desk> {
    pages.route("/viewer.js", get(script)).route("/photos.css", get(style))
}

/// Lets go of renderings also while nobody asks for anything, and makes rows of the index that are missing; ends with the desk.
async fn sweep(desk: Weak<Inner>) {
    loop {
        let Some(inner) = desk.upgrade() else { return };
        let now = inner.parts.web.now();
        inner.showings.sweep(now);
        inner.readings.sweep(now);
        inner.parts.links_now().tick(now);
        let more = cases::take_carried(&inner, now).await;
        cases::remind(&inner, now).await;
        hastes::watch(&inner, now);
        documents::watch(&inner, now).await;
        let folk = inner.parts.folk.clone();
        let (places, size, reading) = (inner.places.clone(), inner.parts.log.size(), inner.reading.clone());
        let erasures = || inner.parts.keepings().erasures().cloned().collect();
        if inner.cut_off.swap(false, Ordering::Relaxed) || folk.is_unfinished() {
            let resumed = folk.resume(erasures(), inner.parts.records.clone()).await;
            if let Err(error) = resumed {
                inner.cut_off.store(true, Ordering::Relaxed);
                tracing::error!(code = error.code(), %error, "an erasure is not finished, and is tried again");
            }
        }
        if let Err(error) = keeping::end_links(&inner, now).await {
            tracing::error!(code = error.code(), %error, "the links of an erased photo have no line of their end yet");
        }
        let (deciding, data) = (inner.deciding.clone(), inner.parts.data.clone());
        drop(inner);
        in_force::watch(&deciding, data, now).await;
        // So that nobody who asks who has looked waits for the whole log to be read.
        let caught_up = reading.work(move || catch_up(&places, size)).await;
        if let Ok(Err(error)) = caught_up {
            tracing::error!(code = error.code(), %error, "the access log cannot be read");
        }
        match folk.refill().await {
            Ok(refilled) if refilled == Refilled::default() => {}
            Ok(Refilled { made, missing, damaged }) => {
                tracing::info!(made, missing, damaged, "the index for people was filled");
            }
            Err(error) => {
                tracing::error!(code = error.code(), %error, "the index for people cannot be filled")
            }
        }
        drop(folk);
        tokio::time::sleep(if more { SOON } else { SWEEP }).await;
    }
}

fn catch_up(places: &Mutex<Places>, size: u64) -> Result<(), LogFailure> {
    places.lock().unwrap_or_else(PoisonError::into_inner).catch_up(size)
}

async fn script() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("viewer.js"))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("photos.css"))
}

impl DeskParts {
    fn hastes_now(&self) -> std::sync::RwLockWriteGuard<'_, Hastes> {
        self.hastes.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn hastes(&self) -> std::sync::RwLockReadGuard<'_, Hastes> {
        self.hastes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn acknowledged(&self) -> std::sync::RwLockReadGuard<'_, Acknowledged> {
        self.acknowledged.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn acknowledged_now(&self) -> std::sync::RwLockWriteGuard<'_, Acknowledged> {
        self.acknowledged.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn links_now(&self) -> std::sync::MutexGuard<'_, Links> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
