//! Pulling: what the gateway holds is checked, opened once, filed, and answered with a receipt.
//!
//! A pass in order: fetch the log up to one signed checkpoint and compare its root with every leaf; cosign it; judge
//! each entry (enrolments first verified here, then manifests against phone and chain); fetch, open and file each
//! photo; sign receipts; tell the gateway. Until nothing is left.
//!
//! Always: nothing is judged before its leaf is under a cosigned checkpoint; a receipt is stored before it is sent;
//! each step's result is durable before the next step, so that a crash repeats at most one step.

mod decisions;
mod erased;
mod error;
mod fetch;
mod judge;
mod life;
mod log;
mod patience;
mod rejudge;
mod serve;
mod settle;
mod witness;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gauze_attest::Roots;
use gauze_people::Alone;
use gauze_people::log::AccessLog;
use gauze_wire::{
    Bundle, CaptureId, DeviceId, FenceRule, FilingRefusal, InventoryGiven, Jws, PickLists, WireError,
    accept_bundle,
};
use serde::Serialize;
use tokio::sync::{Semaphore, watch};

use crate::amend::AmendmentFiles;
use crate::clock::Clock;
use crate::disk::{self, PUBLIC};
use crate::folk::Folk;
use crate::gateway::GatewayPort;
use crate::https::HttpsGateway;
use crate::in_force::{History, InForce};
use crate::index::Index;
use crate::keys::{KeyDir, KeysError};
use crate::layout::Layout;
use crate::trust::{StatusFile, Trust, TrustError};

use erased::Earlier;
use patience::Patience;

pub use decisions::Approve;
pub use error::PullError;
pub use serve::serve;
pub use witness::WitnessError;

/// Where to pull from and to.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// The keys directory.
    pub keys: PathBuf,
    /// A bundle to use in place of the newest signed one.
    pub bundle: Option<PathBuf>,
    /// Google's status list of attestation certificates, read anew at each pass; one that does not read leaves the one
    /// before in force.
    pub status_list: Option<PathBuf>,
    /// The gateway's base URL, as the bundle names it.
    pub gateway: String,
}

impl Config {
    fn trust(&self, keys: &KeyDir, status: Option<&StatusFile>) -> Result<Trust, TrustError> {
        Trust::load(keys, self.bundle.as_deref(), &self.gateway, status.map(StatusFile::newest))
    }
}

/// A photo that was refused in this pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedPhoto {
    /// The sending phone.
    pub device_id: DeviceId,
    /// The photo.
    pub capture_id: CaptureId,
    /// Why.
    pub cause: FilingRefusal,
}

/// What one pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PassReport {
    /// Leaves under the newest cosigned checkpoint.
    pub log_size: u64,
    /// Entries judged.
    pub entries: u64,
    /// Phones believed from now on.
    pub enrolled: u64,
    /// Entries that led to nothing, such as enrolments that did not hold.
    pub rejected: u64,
    /// Refused photos that were judged again because a person asked.
    pub rejudged: u64,
    /// Photos filed, adopted ones among them.
    pub filed: u64,
    /// Voids filed.
    pub voids: u64,
    /// Photos refused.
    pub refused: Vec<RefusedPhoto>,
    /// Photos whose bytes did not come; asked for again at the next pass.
    pub missing: u64,
    /// Receipts that the gateway took.
    pub acknowledged: u64,
    /// Receipts that the gateway would not take; sent again at the next pass.
    pub unacknowledged: u64,
    /// Decisions on proposals that the gateway took.
    pub decisions: u64,
}

impl PassReport {
    /// Whether anything happened that is worth a line.
    pub fn is_quiet(&self) -> bool {
        let quiet = Self { log_size: self.log_size, ..Self::default() };
        *self == quiet
    }
}

/// Pulls one gateway's log into one data directory.
pub struct Puller<G> {
    config: Config,
    keys: KeyDir,
    status: Option<StatusFile>,
    layout: Layout,
    index: Index,
    /// What entries are judged by, and from where on.
    history: Arc<Mutex<History>>,
    /// The first leaf that what is news judges too.
    news_since: AtomicU64,
    gateway: G,
    clock: Arc<dyn Clock>,
    approve: Approve,
    /// What the gateway was last given of the inventory, and when.
    given: Mutex<Option<(InventoryGiven, jiff::Timestamp)>>,
    /// The access log that the gateway witnesses, where this process writes one.
    access: OnceLock<Arc<AccessLog>>,
    /// The fences of the policy in force.
    fences: watch::Sender<Vec<FenceRule>>,
    roots: Roots,
    /// Photos fetched at once.
    at_once: usize,
    /// What came wrong, and when it is asked for again.
    patience: Mutex<Patience>,
    /// A permit for each photo that is being judged, also after its pass was cut off; and for each that is being opened.
    working: Arc<Semaphore>,
    opening: Arc<Semaphore>,
    /// Erasures from before this start.
    earlier: Earlier,
    /// Held as long as this puller lives.
    _lock: Alone,
}

impl Puller<HttpsGateway> {
    /// A puller over HTTPS, believing the certificate authorities in the PEM file `ca`.
    pub async fn new(config: Config, ca: &std::path::Path, clock: Arc<dyn Clock>) -> Result<Self, PullError> {
        let keys = KeyDir::new(&config.keys);
        let (tenant, records) =
            (keys.tenant().map_err(TrustError::from)?, keys.records().map_err(TrustError::from)?);
        let ca = disk::read(ca)?;
        let gateway = HttpsGateway::new(&config.gateway, &tenant, &ca, records, clock.clone())?;
        Self::with_gateway(config, gateway, clock).await
    }
}

impl<G: GatewayPort> Puller<G> {
    /// A puller over any gateway. Checks keys and bundle, takes the lock, opens the index; asks the gateway nothing.
    pub async fn with_gateway(config: Config, gateway: G, clock: Arc<dyn Clock>) -> Result<Self, PullError> {
        let keys = KeyDir::new(&config.keys);
        let status = config.status_list.as_deref().map(StatusFile::open).transpose()?;
        let trust = config.trust(&keys, status.as_ref())?;
        let layout = Layout::new(&config.data);
        let lock = layout.prepare()?.ok_or(PullError::Busy)?;
        let index = Index::open(&layout.index(), true).await?;
        let history = Arc::new(Mutex::new(History::open(&layout, &trust.tenant)?));
        let (working, opening) =
            (Arc::new(Semaphore::new(fetch::AT_ONCE)), Arc::new(Semaphore::new(fetch::OPENED)));
        let approve = Approve::Nothing;
        let puller = Self {
            config,
            keys,
            status,
            layout,
            index,
            history,
            news_since: AtomicU64::new(0),
            gateway,
            clock,
            approve,
            given: Mutex::default(),
            access: OnceLock::new(),
            fences: watch::Sender::new(trust.now.fences().to_vec()),
            roots: Roots::pinned().clone(),
            at_once: fetch::AT_ONCE,
            patience: Mutex::default(),
            working,
            opening,
            earlier: Earlier::default(),
            _lock: lock,
        };
        // Before anybody goes over what was noted in its order.
        puller.notes_again(&trust.tenant).await?;
        Ok(puller)
    }

    /// Signs some of what is proposed without asking anybody.
    #[must_use]
    pub fn approving(mut self, approve: Approve) -> Self {
        self.approve = approve;
        self
    }

    /// Judges phones under other roots than their makers': for tests, whose phones no maker made.
    #[must_use]
    pub fn under(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// Fetches one photo after the other: slower, and always in the same order.
    #[must_use]
    pub fn one_at_a_time(mut self) -> Self {
        self.at_once = 1;
        self
    }

    /// Pulls until nothing is left. Keys, bundle and policy are read anew, so that a newer one counts at once.
    pub async fn pass(&self) -> Result<PassReport, PullError> {
        let trust = self.config.trust(&self.keys, self.status.as_ref())?;
        self.fences.send_if_modified(|fences| {
            let news = fences[..] != *trust.now.fences();
            *fences = trust.now.fences().to_vec();
            news
        });
        self.idle().await;
        // A pass that was cut off while it judged may have left it otherwise.
        self.index.wait_for_disk(true).await?;
        self.accept(&trust).await?;
        self.repeat_erasures(&trust).await;
        let mut report = PassReport::default();
        loop {
            let mut advanced = self.advance(&trust, &mut report).await?;
            self.judge_new(&trust, &mut report).await?;
            self.approve_waiting(&trust).await?;
            let given = self.give_inventory(&trust).await?;
            if self.hand_in(&mut report).await? || given {
                // What the gateway took in before it heard of these was taken in by what was in force before.
                advanced |= self.advance(&trust, &mut report).await?;
                self.judge_new(&trust, &mut report).await?;
            }
            self.put_in_force(&trust).await?;
            self.rejudge(&trust, &mut report).await?;
            self.settle_waiting(&trust, &mut report).await?;
            if !advanced {
                break;
            }
            // What did not come in this pass is counted once.
            report.missing = 0;
        }
        self.acknowledge(&mut report).await?;
        self.show_access(&trust).await;
        if !report.is_quiet() {
            tracing::info!(
                log_size = report.log_size,
                filed = report.filed,
                refused = report.refused.len(),
                voids = report.voids,
                missing = report.missing,
                "pulled"
            );
        }
        Ok(report)
    }

    /// The index for people, which this puller fills; keys and bundle as they are now.
    pub async fn folk(&self) -> Result<Folk, PullError> {
        let trust = self.config.trust(&self.keys, self.status.as_ref())?;
        let files = AmendmentFiles {
            layout: self.layout.clone(),
            tenant: trust.tenant.clone(),
            identities: trust.identities.clone(),
            believed: trust.now.bundle.records.clone().into(),
        };
        Ok(Folk::open(&self.index, files, trust.folk.clone(), self.history.clone()).await?)
    }

    /// What people choose from on phones, by the policy in force.
    pub fn lists(&self) -> Result<PickLists, PullError> {
        Ok(self.config.trust(&self.keys, self.status.as_ref())?.now.lists().clone())
    }

    /// The fences of the policy in force, anew with each policy.
    pub fn fences(&self) -> watch::Receiver<Vec<FenceRule>> {
        self.fences.subscribe()
    }

    /// Closes the index and lets go of the lock.
    pub async fn close(self) {
        self.idle().await;
        self.index.close().await;
    }

    fn history(&self) -> std::sync::MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the entry at `place` is judged by: the first was in force for certain, any suffices. What is news is in none of
    /// the entries before the pass that saw it first.
    fn in_force(&self, trust: &Trust, place: u64) -> Result<Vec<Arc<InForce>>, TrustError> {
        let mut history = self.history();
        let mut rules = history.at(place)?;
        if place >= self.news_since.load(Ordering::Relaxed) && history.is_news(&trust.now)? {
            rules.push(trust.now.clone());
        }
        Ok(rules)
    }

    /// Writes down from where on news counts, before anything is judged by it: what a pass judges that fails later counts
    /// by the same when it is judged again.
    async fn note_news(&self, trust: &Trust) -> Result<(), PullError> {
        let judged = self.index.judged().await?;
        let since = if self.history().is_news(&trust.now)? {
            self.index.note_news(judged).await?
        } else {
            self.index.forget_news().await?;
            judged
        };
        self.news_since.store(since, Ordering::Relaxed);
        Ok(())
    }

    /// What is new alone counts for whatever the gateway logs from now on.
    async fn put_in_force(&self, trust: &Trust) -> Result<(), PullError> {
        if !self.history().is_news(&trust.now)? {
            return Ok(());
        }
        let (since, place) = (self.news_since.load(Ordering::Relaxed), self.index.judged().await?);
        tracing::info!(from = place, "another bundle, policy or status list is in force");
        self.history().add((since, place), &trust.now, self.clock.now())?;
        Ok(self.index.forget_news().await?)
    }

    /// Keeps every bundle that was ever in force: old receipts are checked against it.
    async fn accept(&self, trust: &Trust) -> Result<(), PullError> {
        let version = trust.now.bundle.version;
        let path = self.layout.bundles().join(format!("{version}.jws"));
        if let Some(kept) = disk::read_if_any(&path)? {
            agrees(trust, &kept)?;
        }
        let risen = self.index.bind_to(&trust.tenant, &trust.now.gateway.log, version).await?;
        if self.index.folk_under(&trust.folk.fingerprint()).await? {
            tracing::warn!("the tenant identity is another one: the index for people is made again");
        }
        if risen || !path.exists() {
            disk::replace(&path, trust.now.bundle_jws.as_str().as_bytes(), PUBLIC)?;
        }
        self.note_news(trust).await?;
        if self.history().is_empty() {
            self.put_in_force(trust).await?;
        }
        if self.clock.now() >= trust.now.bundle.fresh_until {
            tracing::warn!(fresh_until = %trust.now.bundle.fresh_until, "the bundle is no longer fresh: sign a new one");
        }
        Ok(())
    }
}

/// A version names one content: what was kept under it is what it says now, whatever its signature.
fn agrees(trust: &Trust, kept: &[u8]) -> Result<(), TrustError> {
    let believed = || -> Result<(), WireError> {
        let text = std::str::from_utf8(kept).map_err(|_| WireError::Malformed("bundle"))?;
        let kept: Bundle = Jws::parse(text.trim())?.verify(&trust.now.bundle.root, &trust.tenant)?;
        let root = kept.root.fingerprint();
        accept_bundle(&trust.now.bundle_jws, &trust.tenant, &root, Some(&kept), 0).map(drop)
    };
    believed().map_err(TrustError::Bundle)
}

impl From<KeysError> for PullError {
    fn from(error: KeysError) -> Self {
        Self::Trust(error.into())
    }
}
