//! One tenant as this gateway serves it: bundle, policy, keys. Given by the operator, never older than before.
//!
//! Policy and inventory may be replaced while the gateway runs, by a newer one that the hospital signed; nothing else may. Copies
//! of what is served lie in the data directory, so that an operator's commands need no other path.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gauze_listen::{FileError, read_file};
use gauze_wire::log::NoteKey;
use gauze_wire::{Bundle, Gateway, InventoryGiven, Jws, Policy, PublicKey, Tenant, WireError};
use jiff::Timestamp;

use crate::inventory::Stock;
use crate::keys::{GatewayKeys, KeysError};

/// Largest bundle or policy file that is read.
const SIGNED_LIMIT: u64 = 1 << 20;

/// Where a tenant's signed files are.
#[derive(Clone, Debug)]
pub struct TenantFiles {
    /// The trust bundle: the one in force on the last line, before it those by which roots handed over, oldest first, as far as this gateway
    /// has not served them itself.
    pub bundle: PathBuf,
    /// The policy; without it the strictest holds.
    pub policy: Option<PathBuf>,
}

/// Why a tenant cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file in the data directory could not be written, or read again.
    #[error("{} cannot be kept ({}): {}", .0.display(), .1, gauze_listen::disk_step(.1))]
    Kept(PathBuf, #[source] std::io::Error),
    /// The bundle does not hold.
    #[error("the trust bundle is refused ({0}): sign it again on the records side")]
    Bundle(#[source] WireError),
    /// Two lines of the bundle's file do not follow each other.
    #[error(
        "bundle {0} does not name the root of bundle {1} as its `next_root`: each line but the last hands over to the next"
    )]
    Handover(u64, u64),
    /// The policy does not hold.
    #[error("the policy is refused ({0}): sign it again on the records side")]
    Policy(#[source] WireError),
    /// The bundle does not name this gateway's keys.
    #[error(
        "the trust bundle does not name this gateway: put {0} into its `gateways` in place of the one with that url, raise version and sign it again; \
         for another url, put there what `gauze-gateway keygen --data DIR --url URL --tenant TENANT` prints"
    )]
    NotNamed(String),
    /// The file that remembers what was served before does not say it.
    #[error(
        "{0} no longer says which versions were served last: put it back from a copy, or write the last bundle's and policy's versions into it, as `3 7`"
    )]
    Versions(PathBuf),
    /// Older than what this gateway served before.
    #[error(
        "{given} is older than {what} {last}, which was served last{}: start without --bundle and --policy, which takes the newest that lies here, or give the newest \
         {what} that the hospital signed", lies(newest.as_deref())
    )]
    Rollback {
        /// Bundle or policy.
        what: &'static str,
        /// The version that was given, with its file.
        given: String,
        /// The version that was served last.
        last: u64,
        /// Where in the data directory a newer one lies.
        newest: Option<PathBuf>,
    },
    /// Neither `init` nor a start has left a bundle.
    #[error(
        "{} holds no trust bundle: run `gauze-gateway init --data DIR --from hospital.json`, or give --bundle", .0.display()
    )]
    NoBundle(PathBuf),
    /// The keys are not usable.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl TenantError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "unreadable",
            Self::Kept(..) => "storage_failed",
            Self::Bundle(WireError::MixedRecipients) => "mixed_recipients",
            Self::Bundle(WireError::Signature | WireError::UnknownKey) => "bundle_untrusted",
            Self::Bundle(_) => "bundle_invalid",
            Self::Handover(..) => "bundle_no_handover",
            Self::Policy(_) => "policy_invalid",
            Self::NotNamed(_) => "gateway_not_in_bundle",
            Self::Versions(_) => "versions_damaged",
            Self::Rollback { .. } => "rollback",
            Self::NoBundle(_) => "no_bundle",
            Self::Keys(error) => error.code(),
        }
    }
}

fn lies(newest: Option<&Path>) -> String {
    newest.map_or_else(String::new, |path| format!(" and lies in {}", path.display()))
}

/// A tenant in service.
pub(crate) struct Served {
    /// Where it was read, for whoever is told that it is too old.
    files: Option<TenantFiles>,
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
}

impl Unheld {
    fn of(version: u64, jws: &Jws, error: &WireError) -> Self {
        let json = jws.payload_bytes().unwrap_or_default();
        let unread = serde_json::from_slice::<Policy>(&json).err();
        let why = unread.map_or_else(|| error.to_string(), |unread| unread.to_string());
        Self { version, why }
    }
}

/// The policy in force.
pub(crate) struct InForce {
    pub policy: Policy,
    /// As signed; absent where none was signed yet and the strictest holds.
    pub jws: Option<Jws>,
}

impl Served {
    pub fn load(files: &TenantFiles, keys: &GatewayKeys) -> Result<Self, TenantError> {
        let bundles = bundles_of(&files.bundle)?;
        let beside = files.bundle.with_file_name("policy.jws");
        let path = files.policy.clone().or_else(|| beside.is_file().then_some(beside));
        let policy = path.as_deref().map(|path| read(path, TenantError::Policy)).transpose()?;
        let files = TenantFiles { bundle: files.bundle.clone(), policy: path };
        Ok(Self { files: Some(files), ..Self::serving(bundles, policy, keys)? })
    }

    /// A tenant by what the hospital signed.
    pub fn believe(bundle: Jws, policy: Option<Jws>, keys: &GatewayKeys) -> Result<Self, TenantError> {
        let believed = verified(&bundle).map_err(TenantError::Bundle)?;
        Self::serving((Vec::new(), (believed, bundle)), policy, keys)
    }

    fn serving(
        (handovers, (bundle, bundle_jws)): (Vec<Jws>, (Bundle, Jws)),
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
            let ours = keys.public(url, &bundle.tenant)?;
            return Err(TenantError::NotNamed(serde_json::to_string(&ours).unwrap_or_default()));
        };
        let policy = match &policy_jws {
            Some(jws) => jws.verify_by(&bundle.policy_keys, &bundle.tenant).map_err(TenantError::Policy)?,
            None => Policy::strictest(&bundle.tenant),
        };
        let note_key = keys.note_key(&gateway.url, &bundle.tenant)?;
        let in_force = RwLock::new(Arc::new(InForce { policy, jws: policy_jws }));
        let (stock, turn) = (RwLock::default(), Arc::default());
        Ok(Self { files: None, bundle, bundle_jws, handovers, gateway, note_key, in_force, stock, turn })
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

    /// The copies that a gateway on `data` left of what it serves.
    pub fn kept(data: &Path, tenant: &Tenant) -> Option<TenantFiles> {
        let bundle = copy(data, tenant, "bundle");
        let policy = Some(copy(data, tenant, "policy")).filter(|path| path.is_file());
        bundle.is_file().then_some(TenantFiles { bundle, policy })
    }

    /// The tenants that a gateway on `data` has served.
    pub fn known(data: &Path) -> Vec<Tenant> {
        let entries = std::fs::read_dir(data.join("tenants")).into_iter().flatten();
        let mut known: Vec<Tenant> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".bundle.jws")?.parse().ok())
            .collect();
        known.sort();
        known
    }

    /// Of what `init` took up and what was served last, the newest of each kind.
    ///
    /// # Errors
    /// [`TenantError::File`]: what `init` took up does not read.
    pub fn newest(data: &Path, tenant: &Tenant) -> Result<Option<TenantFiles>, TenantError> {
        let bundle = newest_bundle(data, tenant)?;
        let policy = newest_policy(data, tenant)?;
        Ok(bundle.map(|bundle| TenantFiles { bundle, policy }))
    }

    /// Takes up what a running gateway on `data` has put in force since.
    pub fn follow(&self, data: &Path) {
        let _ = read(&copy(data, &self.bundle.tenant, "policy"), TenantError::Policy)
            .and_then(|jws| self.take_up(&jws).map_err(TenantError::Policy));
    }

    /// The text of a bundle's file that takes the place of `before`: with the bundles by which roots handed over, so that none is lost
    /// which was taken up and never served.
    pub fn following(&self, before: Option<&Path>) -> String {
        let before = before.and_then(|path| bundles_of(path).ok());
        let mut lines = self.handovers.clone();
        if let Some((handovers, (last, jws))) = before.filter(|_| lines.is_empty()) {
            let hands_over = last.next_root == Some(self.bundle.root.fingerprint());
            if last.root == self.bundle.root || hands_over {
                lines = handovers;
            }
            if last.root != self.bundle.root && hands_over {
                lines.push(jws);
            }
        }
        lines.push(self.bundle_jws.clone());
        lines.iter().map(|jws| format!("{}\n", jws.as_str())).collect()
    }

    /// Adds the bundles by which roots handed over while `data` was served before, and keeps them all. Only what is the newest may do so: a
    /// bundle that is older than the one before knows nothing of those between.
    pub fn recall_handovers(&mut self, data: &Path) -> Result<(), TenantError> {
        let tenant = self.bundle.tenant.clone();
        let (kept, last) = (copy(data, &tenant, "handovers"), copy(data, &tenant, "bundle"));
        let mut known: Vec<(Bundle, Jws)> = self.handovers.iter().filter_map(handed_over).collect();
        for path in [&kept, &last] {
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                // What is not read now would be lost when the rest is written.
                Err(error) => return Err(TenantError::Kept(path.clone(), error)),
            };
            let lines = text.lines().filter_map(|line| Jws::parse(line.trim()).ok());
            known.extend(lines.filter_map(|jws| handed_over(&jws)));
        }
        known.retain(|(bundle, _)| bundle.tenant == tenant && bundle.version < self.bundle.version);
        known.sort_by_key(|(bundle, _)| bundle.version);
        known.dedup_by_key(|(bundle, _)| bundle.version);
        // The last bundle of each root is the one that hands over.
        let successors = known.iter().skip(1).map(|(bundle, _)| &bundle.root).chain([&self.bundle.root]);
        let hands_over = |((bundle, jws), next): (&(Bundle, Jws), &PublicKey)| {
            (bundle.root != *next && bundle.next_root == Some(next.fingerprint())).then(|| jws.clone())
        };
        self.handovers = known.iter().zip(successors).filter_map(hands_over).collect();
        let text: String = self.handovers.iter().map(|jws| format!("{}\n", jws.as_str())).collect();
        if text.is_empty() {
            return Ok(());
        }
        crate::blobs::write_durably(&kept, text.as_bytes()).map_err(|error| TenantError::Kept(kept, error))
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
            let failed = |error| TenantError::Kept(path.clone(), error);
            crate::blobs::write_durably(&path, text.as_bytes()).map_err(failed)?;
        }
        Ok(())
    }

    /// Which tenant a policy file is for, unverified: to pair files given on the command line.
    pub fn policy_tenant(path: &Path) -> Result<Tenant, TenantError> {
        Ok(policy_of(path)?.tenant)
    }

    /// Which tenant a bundle file is for.
    pub fn bundle_tenant(path: &Path) -> Result<Tenant, TenantError> {
        bundles_of(path).map(|(_, (bundle, _))| bundle.tenant)
    }

    /// Refuses what is older than `data` remembers of this tenant, remembers what is newer, and leaves copies.
    pub fn never_older(&self, data: &Path) -> Result<(), TenantError> {
        let path = self.is_newest(data)?;
        let failed = |error| TenantError::Kept(path.clone(), error);
        let text = format!("{} {}\n", self.bundle.version, self.in_force().policy.version);
        crate::blobs::write_durably(&path, text.as_bytes()).map_err(failed)?;
        self.keep(data)
    }

    /// Refuses what is older than `data` remembers of this tenant; where that stands.
    pub fn is_newest(&self, data: &Path) -> Result<PathBuf, TenantError> {
        let path = data.join("tenants").join(format!("{}.versions", self.bundle.tenant));
        let failed = |error| TenantError::Kept(path.clone(), error);
        let (bundle, policy) = match std::fs::read(&path) {
            Ok(bytes) => versions(&bytes).ok_or_else(|| TenantError::Versions(path.clone()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => (0, 0),
            Err(error) => return Err(failed(error)),
        };
        let in_force = self.in_force().policy.version;
        let file = |of: fn(&TenantFiles) -> Option<&PathBuf>| self.files.as_ref().and_then(of);
        if self.bundle.version < bundle {
            let from = file(|files| Some(&files.bundle));
            return Err(self.older(data, "bundle", (self.bundle.version, from), bundle));
        }
        if in_force < policy {
            let from = file(|files| files.policy.as_ref());
            return Err(self.older(data, "policy", (in_force, from), policy));
        }
        Ok(path)
    }

    fn older(
        &self,
        data: &Path,
        what: &'static str,
        (version, from): (u64, Option<&PathBuf>),
        last: u64,
    ) -> TenantError {
        let tenant = &self.bundle.tenant;
        let is_new = |version: Result<u64, TenantError>| version.is_ok_and(|version| version >= last);
        let newest = match what {
            "bundle" => {
                newest_bundle(data, tenant).map(|path| path.filter(|path| is_new(bundle_version(path))))
            }
            _ => newest_policy(data, tenant).map(|path| path.filter(|path| is_new(policy_version(path)))),
        };
        let newest = newest.ok().flatten();
        let given = match (version, from) {
            (0, None) => format!("none is given, and the {what} that holds without"),
            (version, None) => format!("{what} {version}"),
            (version, Some(path)) => format!("{what} {version} of {}", path.display()),
        };
        TenantError::Rollback { what, given, last, newest }
    }
}

/// Of the bundle and of the policy.
fn versions(bytes: &[u8]) -> Option<(u64, u64)> {
    let (bundle, policy) = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.split_once(' ')?;
    Some((bundle.parse().ok()?, policy.parse().ok()?))
}

/// Where `init` keeps what it took up.
pub(crate) fn taken_up(data: &Path, tenant: &Tenant, name: &str) -> PathBuf {
    data.join("hospital").join(tenant.as_str()).join(format!("{name}.jws"))
}

/// Of two files that may be there, the one of the higher version. The second is this gateway's own copy, which a damaged disk may have
/// spoilt: then the first counts, and what was served last is remembered elsewhere.
fn newer(
    [given, copy]: [PathBuf; 2],
    version: fn(&Path) -> Result<u64, TenantError>,
) -> Result<Option<PathBuf>, TenantError> {
    let given = if given.exists() { Some((version(&given)?, given)) } else { None };
    let copy = version(&copy).ok().map(|version| (version, copy));
    Ok(match (given, copy) {
        (Some(given), Some(copy)) if copy.0 > given.0 => Some(copy),
        (given, copy) => given.or(copy),
    }
    .map(|(_, path)| path))
}

pub(crate) fn newest_bundle(data: &Path, tenant: &Tenant) -> Result<Option<PathBuf>, TenantError> {
    newer([taken_up(data, tenant, "bundle"), copy(data, tenant, "bundle")], bundle_version)
}

pub(crate) fn newest_policy(data: &Path, tenant: &Tenant) -> Result<Option<PathBuf>, TenantError> {
    newer([taken_up(data, tenant, "policy"), copy(data, tenant, "policy")], policy_version)
}

fn bundle_version(path: &Path) -> Result<u64, TenantError> {
    bundles_of(path).map(|(_, (bundle, _))| bundle.version)
}

fn policy_version(path: &Path) -> Result<u64, TenantError> {
    policy_of(path).map(|policy| policy.version)
}

fn policy_of(path: &Path) -> Result<Policy, TenantError> {
    read(path, TenantError::Policy)?.peek().map_err(TenantError::Policy)
}

fn copy(data: &Path, tenant: &Tenant, name: &str) -> PathBuf {
    data.join("tenants").join(format!("{tenant}.{name}.jws"))
}

/// What a bundle's file holds: those that hand over, and the one in force.
fn bundles_of(path: &Path) -> Result<(Vec<Jws>, (Bundle, Jws)), TenantError> {
    let text = text(path, TenantError::Bundle)?;
    let mut handovers = Vec::new();
    let mut held: Option<(Bundle, Jws)> = None;
    for line in text.trim().lines() {
        let jws = Jws::parse(line.trim()).map_err(TenantError::Bundle)?;
        let bundle = verified(&jws).map_err(TenantError::Bundle)?;
        if let Some((before, handover)) = held.replace((bundle.clone(), jws)) {
            if before.next_root != Some(bundle.root.fingerprint()) || before.tenant != bundle.tenant {
                return Err(TenantError::Handover(before.version, bundle.version));
            }
            handovers.push(handover);
        }
    }
    let in_force = held.ok_or(TenantError::Bundle(WireError::Malformed("bundle")))?;
    Ok((handovers, in_force))
}

/// Whole, and signed by the root that it names.
fn verified(jws: &Jws) -> Result<Bundle, WireError> {
    let claimed: Bundle = jws.peek()?;
    jws.verify(&claimed.root, &claimed.tenant)
}

/// A bundle that names a successor.
fn handed_over(jws: &Jws) -> Option<(Bundle, Jws)> {
    let bundle = verified(jws).ok().filter(|bundle| bundle.next_root.is_some())?;
    Some((bundle, jws.clone()))
}

fn read(path: &Path, wrong: fn(WireError) -> TenantError) -> Result<Jws, TenantError> {
    Jws::parse(text(path, wrong)?.trim()).map_err(wrong)
}

fn text(path: &Path, wrong: fn(WireError) -> TenantError) -> Result<String, TenantError> {
    let bytes = read_file(path, SIGNED_LIMIT)?;
    String::from_utf8(bytes).map_err(|_| wrong(WireError::Malformed("signed object")))
}
