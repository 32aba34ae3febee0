//! The client: builds everything from the ports, and decides nothing itself.

mod configure;
mod error;
mod notices;
mod opening;
mod place;
mod renew;
mod reporting;
mod review;
mod sign_in;
mod standing;
mod views;
mod vouching;
mod wipe;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_wire::{CaptureId, DeviceId, Digest, Fitness, Name, PickLists, Platform, ShownNotice, VoidReason};

use crate::auth::{Begun, Contact, EnrolError, Enroller, GatewayClient, Identity, PhoneModel, Signed};
use crate::capture::{self, CaptureContext, CaptureError, Captured, Capturing};
use crate::policy::{Managed, Trust, Whereabouts};
use crate::ports::{
    Attestor, Clock, Disk, Entropy, KeyVault, Reachability, SecretStore, TlsError, Transport,
};
use crate::queue::driver::{AT_ONCE, Driver};
use crate::queue::machine::Item;
use crate::queue::reach::Reach;
use crate::queue::{
    Claims, Observer, Observers, QueueReport, Stopped, Subscription, TransferEnd, TransferPlan,
};
use crate::review::{ReviewKeys, ReviewSession, leaving_nothing};
use crate::store::{Durable, Entry, Store, StoreError, Trouble};

pub use configure::Configured;
pub use error::{DiscardError, OpenError, RunError};
pub use reporting::{ReportError, WentWrong};
pub use views::{Advice, OldestPhoto, PhotoView, StatusView};
pub use vouching::Vouching;
use wipe::WipeFile;
pub use wipe::WipeReport;

/// Makes the transport for a gateway whose certificate comes from these authorities (PEM); `None` is the public ones.
pub type Connect = dyn Fn(Option<&str>) -> Result<Arc<dyn Transport>, TlsError> + Send + Sync;

/// What the outside world does for the client.
#[derive(Clone)]
pub struct Ports {
    /// Files.
    pub disk: Arc<dyn Disk>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// Hardware keys.
    pub vault: Arc<dyn KeyVault>,
    /// Evidence for the device key.
    pub attestor: Arc<dyn Attestor>,
    /// The store key.
    pub secrets: Arc<dyn SecretStore>,
    /// Whether there is a network.
    pub reachability: Arc<dyn Reachability>,
    /// The network.
    pub connect: Arc<Connect>,
}

/// What the shell says of itself.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The client's directory.
    pub dir: PathBuf,
    /// Version of the program.
    pub app_version: Name,
    /// Platform.
    pub platform: Platform,
    /// Model name.
    pub model: Name,
}

/// Everything the phone decides. Methods may be called from any thread.
pub struct Client {
    config: ClientConfig,
    ports: Ports,
    store: Arc<Store>,
    observers: Observers,
    claims: Claims,
    /// Held while the phone becomes another one, so that two at once do not take each other's keys.
    enrolling: tokio::sync::Mutex<()>,
    /// Held while keys for looking are made, so that two runs at once do not take each other's.
    reviewing: Arc<tokio::sync::Mutex<()>>,
    /// Held while it is kept what was heard: what was heard later is not overwritten.
    keeping: Mutex<()>,
    state: Mutex<Session>,
}

struct Session {
    enrolled: Option<Enrolled>,
    review_keys: Option<ReviewKeys>,
    unlocked: Option<ReviewSession>,
    /// A sign-in that waits for the browser.
    signing_in: Option<Box<Begun>>,
    /// The clinician who signed in last.
    signed: Option<Signed>,
    /// Photos of this process, so that a preview can be made without unlocking.
    recent: HashMap<CaptureId, Digest>,
    /// When bundle and policy were last asked for, on the clock that never goes back.
    renewed_ms: Option<u64>,
    /// Why a bundle or policy was refused when it was last served.
    trust_refused: Option<Advice>,
    /// Why this phone cannot tell, of its own files, all that it knew.
    trouble: Option<Advice>,
    /// Why nothing is shown in this process: what tells whether it may be shown cannot be read now.
    withheld: Option<StoreError>,
    /// When the hospital was last heard, and what it said of this phone.
    contact: Option<Contact>,
    /// Whether what was kept of that cannot be read now: nothing is written over it.
    contact_unread: bool,
    /// A wipe that has begun.
    wipe: Option<WipeFile>,
    /// The last positions.
    whereabouts: Whereabouts,
    /// When it was last asked where this phone stands, on the same clock.
    asked_ms: Option<u64>,
    /// When evidence was last shown again, on the same clock.
    shown_ms: Option<u64>,
    /// When reports are tried again by themselves, on the same clock.
    reports_ms: Option<u64>,
    /// The notices that whoever has the phone in hand read in this process.
    notices_read: Vec<ShownNotice>,
    /// What is known over restarts of who read which, and was told of it.
    read_here: notices::ReadHere,
}

#[derive(Clone)]
struct Enrolled {
    identity: Identity,
    trust: Trust,
    gateway: Arc<GatewayClient>,
}

impl Client {
    /// Opens the store and finishes what a dead process left. Needs no network and no user.
    pub fn open(config: ClientConfig, ports: Ports) -> Result<Self, OpenError> {
        let Ports { disk, secrets, entropy, .. } = &ports;
        let store = Arc::new(Store::open(&config.dir, disk.clone(), &**secrets, entropy.clone())?);
        let (enrolled, trouble) = opening::who(&config, &ports);
        let trouble = trouble.or_else(|| store.trouble().map(Advice::from));
        let signed = sign_in::kept(&store, enrolled.as_ref());
        // One that cannot be read now may be read by the next run.
        let review_keys = ReviewKeys::load(&*ports.disk, &config.dir).ok().flatten();
        let session = Session {
            enrolled,
            review_keys,
            unlocked: None,
            signing_in: None,
            signed,
            withheld: None,
            recent: HashMap::new(),
            renewed_ms: None,
            trust_refused: None,
            trouble,
            contact: None,
            contact_unread: false,
            wipe: None,
            whereabouts: Whereabouts::default(),
            asked_ms: None,
            shown_ms: None,
            reports_ms: None,
            notices_read: Vec::new(),
            read_here: notices::ReadHere::load(&store),
        };
        let state = Mutex::new(session);
        let client = Self {
            config,
            ports,
            store,
            observers: Observers::default(),
            claims: Claims::default(),
            enrolling: tokio::sync::Mutex::default(),
            reviewing: Arc::default(),
            keeping: Mutex::default(),
            state,
        };
        client.go_on();
        Ok(client)
    }

    /// Lets `observer` hear of every photo that moves or stops in the queue, first of where each stands now.
    pub fn observe(&self, observer: Arc<Observer>) -> Subscription {
        let subscription = self.observers.subscribe(observer.clone());
        for entry in self.store.entries() {
            observer(entry.capture_id, Item::resume(entry.stage, entry.progress).state);
        }
        subscription
    }

    fn state(&self) -> MutexGuard<'_, Session> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enrolled(&self) -> Option<Enrolled> {
        self.state().enrolled.clone()
    }

    /// Enrols the phone, or enrols it again where its device key is gone.
    pub async fn enrol(&self, managed: &Managed) -> Result<DeviceId, EnrolError> {
        let _alone = self.enrolling.lock().await;
        let old = self.former()?;
        if let Some((device_id, tenant)) = &old {
            let present = self.ports.vault.device_key().is_ok_and(|key| key.key_id() == *device_id);
            let working = present && self.enrolled().is_some() && !self.is_shut_out();
            if working || *tenant != managed.tenant {
                return Err(EnrolError::AlreadyEnrolled);
            }
        }
        let gateway =
            opening::connect(&self.ports, &managed.gateway, &managed.tenant, managed.ca.as_deref())?;
        let phone = PhoneModel {
            platform: self.config.platform,
            model: self.config.model.clone(),
            app_version: self.config.app_version.clone(),
        };
        let enroller = Enroller {
            dir: &self.config.dir,
            disk: &*self.ports.disk,
            store: &self.store,
            attestor: self.ports.attestor.clone(),
            gateway: &gateway,
            phone: &phone,
        };
        let (identity, trust) = enroller.enrol(managed, old.as_ref().map(|(device_id, _)| device_id)).await?;
        let device_id = identity.device_id.clone();
        self.begin_life(Enrolled { identity, trust, gateway })?;
        self.begin_review().await;
        Ok(device_id)
    }

    /// From now on this phone is another one: what was said of the one before is over.
    fn begin_life(&self, enrolled: Enrolled) -> Result<(), StoreError> {
        let contact = Contact::begin(&*self.ports.clock);
        self.store.begin_chain()?;
        {
            let mut state = self.state();
            state.enrolled = Some(enrolled);
            (state.trust_refused, state.trouble) = (None, None);
            state.contact = Some(contact.clone());
            (state.withheld, state.contact_unread) = (None, false);
            state.wipe = None;
            state.signing_in = None;
            (state.asked_ms, state.shown_ms, state.reports_ms) = (None, None, None);
        }
        // What a provider signed was for the key before.
        self.hand_over(None);
        self.forget_reads();
        WipeFile::forget(&*self.ports.disk, &self.config.dir)?;
        contact.save(&*self.ports.disk, &self.config.dir)
    }

    /// A phone without review is a phone that captures and sends: never a reason not to enrol.
    async fn begin_review(&self) {
        let alone = self.reviewing.clone().lock_owned().await;
        let Some(enrolled) = self.enrolled() else { return };
        let off = {
            let state = self.state();
            state.review_keys.is_some() || state.wipe.is_some()
        };
        if enrolled.trust.policy.review_hours == 0 || off {
            return;
        }
        let Ports { disk, entropy, vault, .. } = self.ports.clone();
        let dir = self.config.dir.clone();
        // The guard comes back with them: it is also held where this run ends before they are made.
        let making = move || (leaving_nothing(|| ReviewKeys::make(&*disk, &dir, &*entropy, &*vault)), alone);
        let (made, _alone) = match tokio::task::spawn_blocking(making).await {
            Ok((made, alone)) => (made, Some(alone)),
            Err(_) => {
                tracing::warn!("no local review on this phone: its keys were not made");
                (Ok(None), None)
            }
        };
        if let Err(error) = &made {
            tracing::warn!(code = error.code(), "no local review on this phone");
        }
        self.begin_looking(&enrolled.identity.device_id, made.ok().flatten());
    }

    /// What a wipe destroyed meanwhile stays destroyed.
    fn begin_looking(&self, device_id: &DeviceId, keys: Option<ReviewKeys>) {
        let mut state = self.state();
        let same = state.enrolled.as_ref().is_some_and(|now| now.identity.device_id == *device_id);
        if same && state.wipe.is_none() {
            state.review_keys = keys;
            return;
        }
        drop(state);
        if let Err(error) = self.destroy_review() {
            tracing::warn!(code = error.code(), "what was made during a wipe goes with the next start");
        }
    }

    /// Judges how fit a photo is for measuring, of its own bytes and before they are taken in. `None` where nothing can be drawn of them.
    pub fn judge(&self, jpeg: &[u8]) -> Option<Fitness> {
        leaving_nothing(|| capture::judge(jpeg))
    }

    /// Takes one photo from borrowed memory. Blocks until it is durable; only then may the shutter tick.
    pub fn capture(&self, jpeg: &[u8], context: CaptureContext) -> Result<Captured, CaptureError> {
        let wiped = self.state().wipe.as_ref().is_some_and(WipeFile::ends_capture);
        let enrolled = self.enrolled().filter(|_| !wiped).ok_or(CaptureError::NotEnrolled)?;
        let review = self.state().review_keys.clone().filter(|_| enrolled.trust.policy.review_hours > 0);
        let signed = self.taken_by()?;
        let fence = self.may_take_here(&enrolled.trust.policy, context.team.as_ref())?;
        let with = Capturing {
            session: signed.as_ref(),
            store: &self.store,
            clock: &*self.ports.clock,
            entropy: &*self.ports.entropy,
            trust: &enrolled.trust,
            device_id: &enrolled.identity.device_id,
            follows: enrolled.identity.follows.clone(),
            app_version: &self.config.app_version,
            review: review.as_ref(),
            fence: fence.as_ref(),
        };
        let captured = leaving_nothing(|| capture::take(&with, jpeg, context))?;
        if review.is_some() {
            self.state().recent.insert(captured.capture_id, captured.camera_sha256);
        }
        Ok(captured)
    }

    /// Discards a photo that is unsent, or that the hospital refused: a signed statement goes in its place.
    pub fn discard(&self, id: CaptureId) -> Result<(), DiscardError> {
        Ok(self.void(id, VoidReason::Discarded)?)
    }

    /// Every photo on the phone, oldest first. Labels are there while the phone is unlocked.
    pub fn list(&self) -> Result<Vec<PhotoView>, StoreError> {
        self.expire_reviews()?;
        let state = self.state();
        let shown = |entry: &Entry| self.shows(&state, entry).unwrap_or_default();
        let photos = self.store.entries().into_iter();
        Ok(photos.map(|entry| views::photo(shown(&entry), entry)).collect())
    }

    /// The newest photos, newest first: a screenful, without reading the rest.
    pub fn list_recent(&self, most: usize) -> Result<Vec<PhotoView>, StoreError> {
        self.expire_reviews()?;
        let state = self.state();
        let shown = |entry: &Entry| self.shows(&state, entry).unwrap_or_default();
        let entries = self.store.recent(most).into_iter();
        Ok(entries.map(|entry| views::photo(shown(&entry), entry)).collect())
    }

    /// What people choose from, as the policy in force has it: empty lists ask for nothing.
    pub fn choices(&self) -> PickLists {
        self.enrolled().map_or_else(PickLists::default, |enrolled| *enrolled.trust.policy.lists)
    }

    /// Counts, versions, and what IT needs to see.
    pub fn status(&self) -> StatusView {
        let enrolled = self.enrolled();
        let now = self.ports.clock.now();
        let denied = self.review_denied();
        let state = self.state();
        let withheld = || state.withheld.as_ref().map(Advice::from);
        let said = views::Said {
            trust_refused: state.trust_refused.clone(),
            storage_trouble: state.trouble.clone().or_else(withheld),
            denied,
        };
        drop(state);
        views::status(&self.store, enrolled.as_ref().map(|e| (&e.identity, &e.trust)), said, now)
    }

    /// Renews bundle and policy, then takes every photo as far as it goes. `asked` also tries what waits for a person.
    pub async fn run_queue(&self, asked: bool) -> Result<QueueReport, RunError> {
        let enrolled = self.enrolled().ok_or(RunError::NotEnrolled)?;
        if !asked && !self.ports.reachability.reachable() {
            return Ok(self.unreachable());
        }
        let reach = Arc::new(Reach::new(AT_ONCE));
        let enrolled = Box::pin(self.renew(enrolled, &reach)).await;
        let driver = self.driver(enrolled.clone(), reach.clone());
        let mut report = driver.run(self.store.durable(), asked).await;
        Box::pin(self.end_run(&enrolled, &reach, asked, &mut report)).await;
        Ok(report)
    }

    /// As [`Client::run_queue`], but the operating system carries the files: it goes on where this process is asleep or
    /// dead. Each transfer ends in one [`Client::transfer_ended`]; until then it is left alone, and planned again after an
    /// hour in which nothing was heard of it.
    pub async fn next_transfers(&self, asked: bool) -> Result<TransferPlan, RunError> {
        let enrolled = self.enrolled().ok_or(RunError::NotEnrolled)?;
        if !asked && !self.ports.reachability.reachable() {
            return Ok(TransferPlan { transfers: Vec::new(), report: self.unreachable() });
        }
        let reach = Arc::new(Reach::new(AT_ONCE));
        let enrolled = Box::pin(self.renew(enrolled, &reach)).await;
        let driver = self.driver(enrolled.clone(), reach.clone());
        let mut plan = driver.plan(self.store.durable(), asked).await;
        Box::pin(self.end_run(&enrolled, &reach, asked, &mut plan.report)).await;
        Ok(plan)
    }

    /// What follows the photos of a run: reports, and a word with the hospital.
    async fn end_run(&self, enrolled: &Enrolled, reach: &Reach, asked: bool, report: &mut QueueReport) {
        self.send_reports(enrolled, reach, asked).await;
        self.counts_reports(report);
        self.forget_filed(report);
        self.touch(enrolled, reach).await;
        report.gateway_silent = reach.is_silent();
    }

    /// Takes in how a transfer of [`Client::next_transfers`] ended, in this process or an earlier one. Plans the next try
    /// where one is due at once.
    pub async fn transfer_ended(&self, id: CaptureId, end: TransferEnd) -> Result<TransferPlan, RunError> {
        let enrolled = self.enrolled().ok_or(RunError::NotEnrolled)?;
        let plan = self.driver(enrolled, Arc::new(Reach::new(AT_ONCE))).transfer_ended(id, end).await;
        self.forget_filed(&plan.report);
        Ok(plan)
    }

    fn forget_filed(&self, report: &QueueReport) {
        self.state().recent.retain(|id, _| !report.filed.contains(id));
    }

    /// Nothing was tried, and no attempt is counted. A phone that is kept from the network hears nothing either.
    fn unreachable(&self) -> QueueReport {
        if let Err(error) = self.mind_silence() {
            tracing::warn!(code = error.code(), "the silence could not be kept");
        }
        let stopped = |entry: Entry| Stopped { capture_id: entry.capture_id, trouble: Trouble::Offline };
        let entries = self.store.entries().into_iter();
        let mut report = QueueReport {
            stopped: entries.filter(|entry| entry.stage.is_unsent()).map(stopped).collect(),
            ..QueueReport::default()
        };
        self.counts_reports(&mut report);
        report
    }

    /// Takes one photo that has just been captured as far as it goes.
    pub async fn send(&self, durable: Durable) -> Result<QueueReport, RunError> {
        let enrolled = self.enrolled().ok_or(RunError::NotEnrolled)?;
        Ok(self.driver(enrolled, Arc::new(Reach::new(AT_ONCE))).run(vec![durable], true).await)
    }

    fn driver(&self, enrolled: Enrolled, reach: Arc<Reach>) -> Driver {
        if let Err(error) = self.store.sweep() {
            tracing::warn!(code = error.code(), "what an earlier failure left stays until the storage works");
        }
        let Enrolled { identity, trust, gateway } = enrolled;
        Driver {
            claims: self.claims.clone(),
            observers: self.observers.clone(),
            store: self.store.clone(),
            gateway,
            identity,
            trust,
            reach,
        }
    }
}

impl Captured {
    /// Proof for [`Client::send`].
    pub fn into_durable(self) -> Durable {
        self.durable
    }
}
