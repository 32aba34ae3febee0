//! One tenant as this gateway serves it: bundle, policy, keys. Given by the operator, never older than before.
//!
//! Policy and inventory may be replaced while the gateway runs, by a newer one that the hospital signed; nothing else may. Copies
//! of what is served lie in the data directory, so that an operator's commands need no other path.

mod error;
mod handovers;
mod kept;
mod older;
mod signed;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gauze_wire::log::NoteKey;
use gauze_wire::{Bundle, Gateway, InventoryGiven, Jws, Policy, WireError};
use jiff::Timestamp;

use crate::inventory::Stock;
use crate::keys::GatewayKeys;
pub use error::{Flaw, SignedFile, TenantError};
pub(crate) use kept::{installed, newest, taken_up};
use signed::{Bundles, bundles_of, signed_policy, verified, why};

/// Where a tenant's signed files are.
#[derive(Clone, Debug)]
pub struct TenantFiles {
    /// The trust bundle: the one in force on the last line, before it those by which roots handed over, oldest first, as far as this gateway
    /// has not served them itself.
    pub bundle: PathBuf,
    /// The policy; without it the strictest holds.
    pub policy: Option<PathBuf>,
}

/// A tenant in service.
pub(crate) struct Served {
    /// Where it was read, for whoever is told that it is too old.
    files: TenantFiles,
    pub bundle: Bundle,
    pub bundle_jws: Jws,
    /// The bundles by which roots handed over, oldest first: for phones that missed one.
    pub handovers: Vec<Jws>,
    pub gateway: Gateway,
    pub note_key: NoteKey,
    in_force: RwLock<Arc<InForce>>,
    stock: RwLock<Option<Arc<Stock>>>,
    turn: Arc<tokio::sync::RwLock<()>>,
}

/// Why an inventory is not put in force.
pub(crate) enum StockError {
    /// It does not hold, or is older.
    Refused(WireError),
    /// It could not be kept.
    Disk(std::io::Error),
}

/// A policy that the hospital signed, and that does not hold: its key was replaced, or what it says was allowed once.
pub(crate) struct Unheld {
    pub version: u64,
    /// What does not hold of it, as exactly as it can be said.
    pub why: String,
    /// What is to be done about it.
    pub step: &'static str,
}

impl Unheld {
    fn of(version: u64, jws: &Jws, error: &WireError) -> Self {
        let (why, is_newer) = why::<Policy>(jws, error);
        let step = if is_newer {
            "update this gateway, which knows less than the program that signed it"
        } else {
            "sign it again on the records side, with what is told here put right and the next `version`, and start the gateway with it"
        };
        Self { version, why, step }
    }
}

/// The policy in force.
pub(crate) struct InForce {
    pub policy: Policy,
    /// As signed; absent where none was signed yet and the strictest holds.
    pub jws: Option<Jws>,
}

impl Served {
    pub fn load(data: &Path, files: &TenantFiles, keys: &GatewayKeys) -> Result<Self, TenantError> {
        let beside = files.bundle.with_file_name("policy.jws");
        let policy = files.policy.clone().or_else(|| beside.is_file().then_some(beside));
        let files = TenantFiles { bundle: files.bundle.clone(), policy };
        let load = || {
            let bundles = bundles_of(&files.bundle)?;
            let policy = files.policy.as_deref().map(signed_policy).transpose()?;
            Self::serving(files.clone(), bundles, policy, keys)
        };
        load().map_err(|error| error.lying_in(data))
    }

    /// A tenant by what the hospital signed, as it stands in one file.
    pub fn believe(from: &Path, bundle: Jws, policy: Jws, keys: &GatewayKeys) -> Result<Self, TenantError> {
        let believed =
            verified(&bundle).map_err(|error| SignedFile::Bundle.wrong(from, error, Some(&bundle)))?;
        let files = TenantFiles { bundle: from.to_owned(), policy: Some(from.to_owned()) };
        Self::serving(files, (Vec::new(), (believed, bundle)), Some(policy), keys)
    }

    fn serving(
        files: TenantFiles,
        (handovers, (bundle, bundle_jws)): Bundles,
        policy_jws: Option<Jws>,
        keys: &GatewayKeys,
    ) -> Result<Self, TenantError> {
        // The operator hands over the file: it must hold together, and phones check it against their own pin.
        let named = bundle.gateways.iter().find(|named| {
            keys.public(&named.url, &bundle.tenant)
                .is_ok_and(|ours| ours.key == named.key && ours.log == named.log)
        });
        let Some(gateway) = named.cloned() else {
            // The log's key names the address: what is to be put in holds for this one alone.
            let url = bundle.gateways.first().map_or("https://host", |named| named.url.as_str());
            let ours = serde_json::to_string(&keys.public(url, &bundle.tenant)?).unwrap_or_default();
            return Err(TenantError::NotNamed { file: files.bundle, ours });
        };
        let policy = match &policy_jws {
            Some(jws) => jws.verify_by(&bundle.policy_keys, &bundle.tenant).map_err(|error| {
                SignedFile::Policy.wrong(files.policy.as_deref().unwrap_or(&files.bundle), error, Some(jws))
            })?,
            None => Policy::strictest(&bundle.tenant),
        };
        let note_key = keys.note_key(&gateway.url, &bundle.tenant)?;
        let in_force = RwLock::new(Arc::new(InForce { policy, jws: policy_jws }));
        let (stock, turn) = (RwLock::default(), Arc::default());
        Ok(Self { files, bundle, bundle_jws, handovers, gateway, note_key, in_force, stock, turn })
    }

    /// Held from the judgement of a phone's evidence until it is kept: what it is judged by stays in force so long, and the log
    /// has both in the order in which they counted.
    pub async fn judging(&self) -> tokio::sync::OwnedRwLockReadGuard<()> {
        self.turn.clone().read_owned().await
    }

    /// Held while a decision is kept and put in force: whoever was judged before is kept before.
    pub async fn deciding(&self) -> tokio::sync::RwLockWriteGuard<'_, ()> {
        self.turn.write().await
    }

    /// The policy in force at this moment.
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a policy in force that is newer and that the hospital signed. An older one changes nothing (`false`), nor one that does not
    /// hold.
    pub fn take_up(&self, jws: &Jws) -> Result<bool, WireError> {
        let policy: Policy = jws.verify_by(&self.bundle.policy_keys, &self.bundle.tenant)?;
        let mut in_force = self.in_force.write().unwrap_or_else(PoisonError::into_inner);
        if policy.version <= in_force.policy.version {
            return Ok(false);
        }
        *in_force = Arc::new(InForce { policy, jws: Some(jws.clone()) });
        Ok(true)
    }

    /// Of policies that the hospital signed at the gateway, newest first, takes up the first that holds; why one does not that is newer than
    /// what is in force.
    pub fn take_up_signed(&self, signed: &[(u64, Jws)]) -> Option<Unheld> {
        let mut unheld = None;
        for (version, jws) in signed {
            match self.take_up(jws) {
                Ok(_) => break,
                Err(error) => unheld = unheld.or_else(|| Some(Unheld::of(*version, jws, &error))),
            }
        }
        unheld.filter(|unheld| unheld.version > self.in_force().policy.version)
    }

    /// When a witness that the bundle names cosigned last, by the newest checkpoint that was cosigned.
    pub fn cosigned_at(&self, note: Option<&str>) -> Option<Timestamp> {
        let times = self.bundle.witnesses.iter().filter_map(|witness| witness.verify(note?).ok());
        times.max().and_then(|time| Timestamp::from_second(i64::try_from(time).ok()?).ok())
    }

    /// The inventory in force at this moment.
    pub fn stock(&self) -> Option<Arc<Stock>> {
        self.stock.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts an inventory in force and keeps it under `data`: one that holds, and is none older than before.
    pub fn take_stock(&self, given: &InventoryGiven, data: &Path, now: Timestamp) -> Result<(), StockError> {
        let stock = Stock::accept(given, &self.bundle).map_err(StockError::Refused)?;
        let mut before = self.stock.write().unwrap_or_else(PoisonError::into_inner);
        let stock = match before.as_deref() {
            Some(before) if !stock.follows(before) => return Err(StockError::Refused(WireError::Rollback)),
            Some(before) => stock.with_newest_token(before, now),
            None => stock,
        };
        stock.keep(data).map_err(StockError::Disk)?;
        *before = Some(Arc::new(stock));
        Ok(())
    }

    /// Takes up the inventory that was kept under `data`.
    pub fn find_stock(&self, data: &Path) -> std::io::Result<()> {
        let kept = Stock::kept(data, &self.bundle)?.map(Arc::new);
        *self.stock.write().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(())
    }
}
