//! One tenant as this gateway serves it: bundle, policy, keys. Given by the operator, never older than before.
//!
//! Policy and inventory may be replaced while the gateway runs, by a newer one that the hospital signed; nothing else may. Copies
//! of what is served lie in the data directory, so that an operator's commands need no other path.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gauze_wire::log::NoteKey;
use gauze_wire::{Bundle, Gateway, InventoryGiven, Jws, Policy, Tenant, WireError};

use crate::inventory::Stock;
use crate::keys::{GatewayKeys, KeysError};

/// Where a tenant's signed files are.
#[derive(Clone, Debug)]
pub struct TenantFiles {
    /// The trust bundle.
    pub bundle: PathBuf,
    /// The policy; without it the strictest holds.
    pub policy: Option<PathBuf>,
}

/// Why a tenant cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A file could not be read.
    #[error("{0} cannot be read ({1}): check the path")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The bundle does not hold.
    #[error("the trust bundle is refused ({0}): sign it again on the records side")]
    Bundle(#[source] WireError),
    /// The policy does not hold.
    #[error("the policy is refused ({0}): sign it again on the records side")]
    Policy(#[source] WireError),
    /// The bundle does not name this gateway's keys.
    #[error(
        "the trust bundle does not name this gateway: put {0} into its `gateways` (url and tenant as yours) and sign it again"
    )]
    NotNamed(String),
    /// The file that remembers what was served before does not say it.
    #[error(
        "{0} no longer says which versions were served last: put it back from a copy, or write the last bundle's and policy's versions into it, as `3 7`"
    )]
    Versions(PathBuf),
    /// Older than what this gateway served before.
    #[error("this bundle or policy is older than the one served before: use the newest")]
    Rollback,
    /// The keys are not usable.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl TenantError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(..) => "unreadable",
            Self::Bundle(WireError::MixedRecipients) => "mixed_recipients",
            Self::Bundle(WireError::Signature | WireError::UnknownKey) => "bundle_untrusted",
            Self::Bundle(_) => "bundle_invalid",
            Self::Policy(_) => "policy_invalid",
            Self::NotNamed(_) => "gateway_not_in_bundle",
            Self::Versions(_) => "versions_damaged",
            Self::Rollback => "rollback",
            Self::Keys(error) => error.code(),
        }
    }
}

/// A tenant in service.
pub(crate) struct Served {
    pub bundle: Bundle,
    pub bundle_jws: Jws,
    pub gateway: Gateway,
    pub note_key: NoteKey,
    in_force: RwLock<Arc<InForce>>,
    stock: RwLock<Option<Arc<Stock>>>,
}

/// Why an inventory is not put in force.
pub(crate) enum StockError {
    /// It does not hold, or is older.
    Refused(WireError),
    /// It could not be kept.
    Disk(std::io::Error),
}

/// The policy in force.
pub(crate) struct InForce {
    pub policy: Policy,
    /// As signed; absent where none was signed yet and the strictest holds.
    pub jws: Option<Jws>,
}

impl Served {
    pub fn load(files: &TenantFiles, keys: &GatewayKeys) -> Result<Self, TenantError> {
        let bundle_jws = read(&files.bundle, TenantError::Bundle)?;
        let claimed: Bundle = bundle_jws.peek().map_err(TenantError::Bundle)?;
        // The operator hands over the file: it must hold together, and phones check it against their own pin.
        let bundle: Bundle =
            bundle_jws.verify(&claimed.root, &claimed.tenant).map_err(TenantError::Bundle)?;
        let named = bundle.gateways.iter().find(|named| {
            keys.public(&named.url, &bundle.tenant)
                .is_ok_and(|ours| ours.key == named.key && ours.log == named.log)
        });
        let Some(gateway) = named.cloned() else {
            let ours = keys.public("https://host:port", &bundle.tenant)?;
            return Err(TenantError::NotNamed(serde_json::to_string(&ours).unwrap_or_default()));
        };
        let beside = files.bundle.with_file_name("policy.jws");
        let path = files.policy.clone().or_else(|| beside.is_file().then_some(beside));
        let policy_jws = path.map(|path| read(&path, TenantError::Policy)).transpose()?;
        let policy = match &policy_jws {
            Some(jws) => jws.verify_by(&bundle.policy_keys, &bundle.tenant).map_err(TenantError::Policy)?,
            None => Policy::strictest(&bundle.tenant),
        };
        let note_key = keys.note_key(&gateway.url, &bundle.tenant)?;
        let in_force = RwLock::new(Arc::new(InForce { policy, jws: policy_jws }));
        Ok(Self { bundle, bundle_jws, gateway, note_key, in_force, stock: RwLock::default() })
    }

    /// The policy in force at this moment.
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a policy in force that is newer and that the hospital signed. Any other changes nothing: `false`.
    pub fn take_up(&self, jws: &Jws) -> bool {
        let Ok(policy) = jws.verify_by::<Policy>(&self.bundle.policy_keys, &self.bundle.tenant) else {
            return false;
        };
        let mut in_force = self.in_force.write().unwrap_or_else(PoisonError::into_inner);
        if policy.version <= in_force.policy.version {
            return false;
        }
        *in_force = Arc::new(InForce { policy, jws: Some(jws.clone()) });
        true
    }

    /// The inventory in force at this moment.
    pub fn stock(&self) -> Option<Arc<Stock>> {
        self.stock.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts an inventory in force and keeps it under `data`: one that holds, and is none older than before.
    pub fn take_stock(&self, given: &InventoryGiven, data: &Path) -> Result<(), StockError> {
        let stock = Stock::accept(given, &self.bundle).map_err(StockError::Refused)?;
        let mut before = self.stock.write().unwrap_or_else(PoisonError::into_inner);
        if before.as_ref().is_some_and(|before| !stock.follows(before)) {
            return Err(StockError::Refused(WireError::Rollback));
        }
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

    /// The copies that a gateway on `data` left of what it serves.
    pub fn kept(data: &Path, tenant: &Tenant) -> Option<TenantFiles> {
        let bundle = copy(data, tenant, "bundle");
        let policy = Some(copy(data, tenant, "policy")).filter(|path| path.is_file());
        bundle.is_file().then_some(TenantFiles { bundle, policy })
    }

    /// Takes up what a running gateway on `data` has put in force since.
    pub fn follow(&self, data: &Path) {
        if let Ok(jws) = read(&copy(data, &self.bundle.tenant, "policy"), TenantError::Policy) {
            self.take_up(&jws);
        }
    }

    /// Leaves copies of what is served.
    fn keep(&self, data: &Path) -> Result<(), TenantError> {
        let in_force = self.in_force();
        for (name, jws) in [("bundle", Some(&self.bundle_jws)), ("policy", in_force.jws.as_ref())] {
            let Some(jws) = jws else { continue };
            let path = copy(data, &self.bundle.tenant, name);
            let text = format!("{}\n", jws.as_str());
            if std::fs::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
                continue;
            }
            let failed = |error| TenantError::Unreadable(path.clone(), error);
            crate::blobs::write_durably(&path, text.as_bytes()).map_err(failed)?;
        }
        Ok(())
    }

    /// Which tenant a policy file is for, unverified: to pair files given on the command line.
    pub fn policy_tenant(path: &Path) -> Result<Tenant, TenantError> {
        let policy: Policy = read(path, TenantError::Policy)?.peek().map_err(TenantError::Policy)?;
        Ok(policy.tenant)
    }

    /// Which tenant a bundle file is for, unverified.
    pub fn bundle_tenant(path: &Path) -> Result<Tenant, TenantError> {
        let bundle: Bundle = read(path, TenantError::Bundle)?.peek().map_err(TenantError::Bundle)?;
        Ok(bundle.tenant)
    }

    /// Refuses what is older than `data` remembers of this tenant, remembers what is newer, and leaves copies.
    pub fn never_older(&self, data: &Path) -> Result<(), TenantError> {
        let path = data.join("tenants").join(format!("{}.versions", self.bundle.tenant));
        let failed = |error| TenantError::Unreadable(path.clone(), error);
        let (bundle, policy) = match std::fs::read(&path) {
            Ok(bytes) => versions(&bytes).ok_or_else(|| TenantError::Versions(path.clone()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => (0, 0),
            Err(error) => return Err(failed(error)),
        };
        let in_force = self.in_force().policy.version;
        if self.bundle.version < bundle || in_force < policy {
            return Err(TenantError::Rollback);
        }
        let text = format!("{} {in_force}\n", self.bundle.version);
        crate::blobs::write_durably(&path, text.as_bytes()).map_err(failed)?;
        self.keep(data)
    }
}

/// Of the bundle and of the policy.
fn versions(bytes: &[u8]) -> Option<(u64, u64)> {
    let (bundle, policy) = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.split_once(' ')?;
    Some((bundle.parse().ok()?, policy.parse().ok()?))
}

fn copy(data: &Path, tenant: &Tenant, name: &str) -> PathBuf {
    data.join("tenants").join(format!("{tenant}.{name}.jws"))
}

fn read(path: &Path, wrong: fn(WireError) -> TenantError) -> Result<Jws, TenantError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| TenantError::Unreadable(path.to_owned(), error))?;
    Jws::parse(text.trim()).map_err(wrong)
}
