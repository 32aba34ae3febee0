//! What log entries are judged by, and from which place in the log on: bundle, policy, inventory and status list, each version kept.
//!
//! Always: an entry is judged by what was in force at its place, whenever that is done. A version that this side sees for
//! the first time alone counts from the end of the log as it stood once the gateway had been told of it; what was logged
//! since the pull before holds by the old or by the new, since the gateway had the one or the other. A place is durable before an entry at or past it is judged. Copied into a new data
//! directory, these files lead to the same verdicts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_attest::{Basis, Roots, StatusList};
use gauze_wire::{
    Bundle, Digest, FenceRule, Gateway, Inventory, Jws, PickLists, Policy, SignInRules, Tenant,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::disk::{self, PUBLIC, at};
use crate::layout::Layout;
use crate::mistrust::TrustError;

/// A status list with the bytes it was read from.
#[derive(Clone)]
pub(crate) struct KeptList {
    pub(crate) list: Arc<StatusList>,
    bytes: Arc<[u8]>,
}

impl KeptList {
    pub(crate) fn parse(bytes: Vec<u8>, fetched_at: Timestamp) -> Result<Self, TrustError> {
        let list = StatusList::parse(&bytes, fetched_at)
            .map_err(|error| TrustError::StatusList(error.to_string()))?;
        Ok(Self { list: Arc::new(list), bytes: bytes.into() })
    }
}

/// What entries are judged by.
#[derive(Clone)]
pub(crate) struct InForce {
    pub(crate) bundle: Bundle,
    pub(crate) bundle_jws: Jws,
    pub(crate) gateway: Gateway,
    policy: Policy,
    policy_jws: Option<Jws>,
    /// The serial numbers that an inventory token is for, as signed.
    inventory: Option<(Inventory, Jws)>,
    /// Google's status list, where this side was given one.
    status: Option<KeptList>,
}

impl InForce {
    /// `policy` is the bundle's tenant's strictest where none was signed.
    pub(crate) fn new(
        (bundle, bundle_jws): (Bundle, Jws),
        policy_jws: Option<Jws>,
        status: Option<KeptList>,
        url: &str,
    ) -> Result<Self, TrustError> {
        let policy = match &policy_jws {
            Some(jws) => jws.verify_by(&bundle.policy_keys, &bundle.tenant).map_err(TrustError::Policy)?,
            None => Policy::strictest(&bundle.tenant),
        };
        let gateway =
            bundle.gateway(url).cloned().ok_or_else(|| TrustError::UnknownGateway(url.to_owned()))?;
        let policy = at_any_age(policy);
        Ok(Self { bundle, bundle_jws, gateway, policy, policy_jws, inventory: None, status })
    }

    /// With the inventory. One that no policy key of the bundle signed any more does not count, and holds up nothing else.
    #[must_use]
    pub(crate) fn with_inventory(mut self, jws: Option<Jws>) -> Self {
        self.inventory = jws.and_then(|jws| match jws.verify_by(&self.bundle.policy_keys, &self.bundle.tenant) {
            Ok(list) => Some((list, jws)),
            Err(error) => {
                tracing::error!(%error, "the inventory does not count: sign it again with `gauze-records token inventory`");
                None
            }
        });
        self
    }

    /// The inventory, as signed.
    pub(crate) fn inventory(&self) -> Option<&Jws> {
        self.inventory.as_ref().map(|(_, jws)| jws)
    }

    /// What people choose from on the phone.
    pub(crate) fn lists(&self) -> &PickLists {
        &self.policy.lists
    }

    /// Where photos are to be taken and seen.
    pub(crate) fn fences(&self) -> &[FenceRule] {
        &self.policy.fences
    }

    /// How clinicians sign in on phones, where they do.
    pub(crate) fn sign_in(&self) -> Option<&SignInRules> {
        self.policy.sign_in.as_deref()
    }

    /// Which version of the policy it is.
    pub(crate) fn policy_version(&self) -> u64 {
        self.policy.version
    }

    /// What evidence is judged by.
    pub(crate) fn basis<'a>(&'a self, roots: &'a Roots) -> Basis<'a> {
        let status = self.status.as_ref().map(|status| &*status.list);
        let inventory = self.inventory.as_ref().map(|(list, _)| list);
        Basis { bundle: &self.bundle, policy: &self.policy, inventory, status, roots, former_serial: None }
    }

    /// Whether both would judge alike.
    fn is(&self, other: &Self) -> bool {
        let entries = |one: &Self| one.status.as_ref().map(|status| status.bytes.clone());
        self.bundle == other.bundle
            && self.gateway == other.gateway
            && self.policy == other.policy
            && self.inventory() == other.inventory()
            && entries(self) == entries(other)
    }
}

/// The policy without the age that it asks of a status list.
fn at_any_age(mut policy: Policy) -> Policy {
    if let Some(android) = &mut policy.android {
        android.status_list_hours = None;
    }
    policy
}

/// One version, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The first leaf that it alone judges.
    place: u64,
    /// The first leaf that it judges beside the version before.
    since: u64,
    /// The gateway's base URL.
    gateway: String,
    bundle: Jws,
    policy: Option<Jws>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inventory: Option<Jws>,
    status: Option<KeptStatus>,
    /// What phones were told since this place, the newest last: of versions that judge no leaf this alone stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    told: Vec<Ruled>,
}

/// What phones were told.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ruled {
    /// When this side put it in force; nothing where that was not kept.
    pub(crate) from: Option<Timestamp>,
    /// The policy as it was signed; nothing where none was.
    pub(crate) policy: Option<Jws>,
    /// The bundle that names its keys.
    pub(crate) bundle: Jws,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptStatus {
    sha256: Digest,
    fetched_at: Timestamp,
}

/// Versions in memory at once, each with its status list of some hundred KiB: what is judged needs the newest, and two
/// where a new one begins.
const IN_MEMORY: usize = 4;

#[derive(Clone)]
struct Version {
    place: u64,
    since: u64,
    path: PathBuf,
}

/// Every version that was in force, by the first leaf that it alone judges; read when it is asked for.
pub(crate) struct History {
    dir: PathBuf,
    tenant: Tenant,
    versions: Vec<Version>,
    /// Those asked for last, by their files; the last one last.
    read: Vec<(PathBuf, Arc<InForce>)>,
}

impl History {
    /// Finds what was kept under the data directory. All of it reads.
    pub(crate) fn open(layout: &Layout, tenant: &Tenant) -> Result<Self, TrustError> {
        let dir = layout.in_force();
        layout.make(&dir)?;
        let mut versions = Vec::new();
        for entry in std::fs::read_dir(&dir).map_err(at(&dir))? {
            let path = entry.map_err(at(&dir))?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".version.json")) {
                let read = read(&dir, &path, tenant);
                let (place, since, _) = read.ok_or_else(|| TrustError::HistoryDamaged(path.clone()))?;
                versions.push(Version { place, since, path });
            }
        }
        versions.sort_by_key(|version| (version.place, version.since));
        Ok(Self { dir, tenant: tenant.clone(), versions, read: Vec::new() })
    }

    /// What the entry at `place` is judged by: any of these suffices, and the first was in force for certain. The first
    /// version kept judges what came before it too.
    pub(crate) fn at(&mut self, place: u64) -> Result<Vec<Arc<InForce>>, TrustError> {
        let before = self.versions.partition_point(|version| version.place <= place).saturating_sub(1);
        let (certain, later) = self.versions[before.min(self.versions.len())..]
            .split_first()
            .map_or((None, &[][..]), |(certain, later)| (Some(certain), later));
        let beside = later.iter().filter(|version| version.since <= place);
        let versions: Vec<Version> = certain.into_iter().chain(beside).cloned().collect();
        versions.iter().map(|version| self.rules(version)).collect()
    }

    fn rules(&mut self, version: &Version) -> Result<Arc<InForce>, TrustError> {
        let known = self.read.iter().find(|(path, _)| *path == version.path).map(|(_, rules)| rules.clone());
        let rules = match known {
            Some(rules) => rules,
            None => {
                let read = read(&self.dir, &version.path, &self.tenant);
                let (_, _, rules) = read.ok_or_else(|| TrustError::HistoryDamaged(version.path.clone()))?;
                Arc::new(rules)
            }
        };
        self.remember(&version.path, &rules);
        Ok(rules)
    }

    fn remember(&mut self, path: &Path, rules: &Arc<InForce>) {
        self.read.retain(|(other, _)| other != path);
        self.read.push((path.to_owned(), rules.clone()));
        if self.read.len() > IN_MEMORY {
            self.read.remove(0);
        }
    }

    /// The files of all versions, the oldest first.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.versions.iter().map(|version| version.path.clone()).collect()
    }

    /// Whether nothing was kept yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// Whether `now` is not the newest version kept.
    pub(crate) fn is_news(&mut self, now: &InForce) -> Result<bool, TrustError> {
        let Some(newest) = self.versions.last().cloned() else { return Ok(true) };
        Ok(!self.rules(&newest)?.is(now))
    }

    /// From the leaf at `place` on, entries are judged by `now`; from `since` on, by it too. It is put in force at `at`.
    pub(crate) fn add(
        &mut self,
        (since, place): (u64, u64),
        now: &Arc<InForce>,
        at: Timestamp,
    ) -> Result<(), TrustError> {
        // No leaf lies between two versions of one place, but some may have been judged by the first of them already.
        let idle = |version: &Version| version.place == place && version.since == place;
        let before = self.versions.iter().find(|version| idle(version)).map(|version| version.path.clone());
        let mut told = before.as_deref().map(kept).transpose()?.map(|kept| kept.told).unwrap_or_default();
        let (policy, bundle) = (now.policy_jws.clone(), now.bundle_jws.clone());
        if told.last().is_none_or(|last| last.policy != policy) {
            told.push(Ruled { from: Some(at), policy: policy.clone(), bundle: bundle.clone() });
        }
        let kept = Kept {
            place,
            since,
            gateway: now.gateway.url.clone(),
            bundle,
            policy,
            inventory: now.inventory().cloned(),
            status: self.keep_status(now)?,
            told,
        };
        let path = before.unwrap_or_else(|| self.dir.join(format!("{place:020}-{since:020}.version.json")));
        let text = serde_json::to_vec(&kept).map_err(|_| TrustError::HistoryDamaged(path.clone()))?;
        disk::replace(&path, &text, PUBLIC)?;
        self.versions.retain(|version| !idle(version));
        self.remember(&path, now);
        self.versions.push(Version { place, since, path });
        Ok(())
    }

    fn keep_status(&self, now: &InForce) -> Result<Option<KeptStatus>, TrustError> {
        let Some(status) = &now.status else { return Ok(None) };
        let sha256 = Digest::of(&status.bytes);
        disk::replace(&self.list(&sha256), &status.bytes, PUBLIC)?;
        Ok(Some(KeptStatus { sha256, fetched_at: status.list.fetched_at() }))
    }

    fn list(&self, sha256: &Digest) -> PathBuf {
        list_in(&self.dir, sha256)
    }
}

fn list_in(dir: &Path, sha256: &Digest) -> PathBuf {
    dir.join(format!("{sha256}.status.json"))
}

fn kept(path: &Path) -> Result<Kept, TrustError> {
    serde_json::from_slice(&disk::read(path)?).map_err(|_| TrustError::HistoryDamaged(path.to_owned()))
}

/// What phones were told at a time, by the files of all versions. Of versions that were kept without when they were put in force it is
/// the newest policy that was signed by then. It blocks.
pub(crate) fn policy_by(files: &[PathBuf], then: Timestamp) -> Result<Option<Ruled>, TrustError> {
    for path in files.iter().rev() {
        let Kept { told, policy, bundle, .. } = kept(path)?;
        let is_timed = !told.is_empty();
        let held = told.into_iter().rev().find(|told| told.from.is_some_and(|from| from <= then));
        if held.is_some() {
            return Ok(held);
        }
        if let Some(policy) = policy.filter(|_| !is_timed) {
            let signed = policy.peek::<Policy>().map_err(|_| TrustError::HistoryDamaged(path.clone()))?;
            if signed.issued_at <= then {
                return Ok(Some(Ruled { from: None, policy: Some(policy), bundle }));
            }
        }
    }
    Ok(None)
}

/// A kept version, with the first leaf that it alone judges and the first that it judges at all: the bundle by its own root, which was checked before it was kept; the directory is this side's own.
fn read(dir: &Path, path: &Path, tenant: &Tenant) -> Option<(u64, u64, InForce)> {
    let kept = kept(path).ok()?;
    let root = kept.bundle.peek::<Bundle>().ok()?.root;
    let bundle: Bundle = kept.bundle.verify(&root, tenant).ok()?;
    let status = match kept.status {
        Some(KeptStatus { sha256, fetched_at }) => {
            let bytes = disk::read(&list_in(dir, &sha256)).ok()?;
            if Digest::of(&bytes) != sha256 {
                return None;
            }
            Some(KeptList::parse(bytes, fetched_at).ok()?)
        }
        None => None,
    };
    let rules = InForce::new((bundle, kept.bundle), kept.policy, status, &kept.gateway).ok()?;
    Some((kept.place, kept.since, rules.with_inventory(kept.inventory)))
}

#[cfg(test)]
mod tests {
    use gauze_wire::log::NoteKey;
    use gauze_wire::{AndroidRules, RecipientEntry, RecipientState, Signed as _, Signer as _, SoftwareKey};

    use super::*;

    #[test]
    fn however_old_the_status_list_is_no_phone_is_refused_for_it_here() {
        let rules = AndroidRules { status_list_hours: Some(24), ..AndroidRules::for_apps(Vec::new()) };
        let strictest = Policy::strictest(&"ward-9".parse().unwrap());
        let policy = Policy { android: Some(rules), ..strictest };
        assert_eq!(at_any_age(policy).android.unwrap().status_list_hours, None);
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    /// Version `n` of a bundle, which no policy goes with.
    fn version(n: u64) -> Arc<InForce> {
        ruled(n, None)
    }

    /// Version `n` of a bundle, with version `n` of a policy that was signed at a second.
    fn ruled(n: u64, signed: Option<i64>) -> Arc<InForce> {
        let root = SoftwareKey::from_bytes(&[1; 32]).unwrap();
        let notes = NoteKey::from_bytes("gateway.test/ward-9", &[4; 32]).unwrap();
        let (key, log, witness) = (root.public_key(), notes.log_key(), notes.witness_key());
        let recipient =
            RecipientEntry { recipient: "age1x".into(), state: RecipientState::Active, since: NOW };
        let url = "https://gateway.test";
        let bundle = Bundle {
            v: 1,
            typ: Bundle::TYP.into(),
            tenant: "ward-9".parse().unwrap(),
            version: n,
            issued_at: NOW,
            fresh_until: Timestamp::MAX,
            root: key.clone(),
            next_root: None,
            recipients: vec![recipient],
            gateways: vec![Gateway { url: url.into(), key: key.clone(), log }],
            records: vec![key.clone()],
            witnesses: vec![witness],
            policy_keys: vec![key],
        };
        let jws = Jws::sign(&bundle, &root).unwrap();
        let policy = signed.map(|second| {
            let strictest = Policy::strictest(&bundle.tenant);
            Jws::sign(&Policy { version: n, issued_at: at_second(second), ..strictest }, &root).unwrap()
        });
        Arc::new(InForce::new((bundle, jws), policy, None, url).unwrap())
    }

    fn at_second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn at(history: &mut History, place: u64) -> Vec<u64> {
        history.at(place).unwrap().iter().map(|rules| rules.bundle.version).collect()
    }

    #[test]
    fn of_many_versions_a_few_are_in_memory_and_each_judges_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, tenant) = (Layout::new(dir.path()), "ward-9".parse().unwrap());
        let mut history = History::open(&layout, &tenant).unwrap();
        for n in 1..=20 {
            assert!(history.is_news(&version(n)).unwrap());
            history.add((10 * n - 5, 10 * n), &version(n), NOW).unwrap();
            assert!(!history.is_news(&version(n)).unwrap() && history.read.len() <= IN_MEMORY);
        }
        let again = History::open(&layout, &tenant).unwrap();
        assert!(again.read.is_empty(), "what is not asked for is not kept");
        for mut history in [history, again] {
            for n in 1..=19 {
                assert_eq!(at(&mut history, 10 * n), [n]);
                assert_eq!(at(&mut history, 10 * n + 5), [n, n + 1]);
                assert!(history.read.len() <= IN_MEMORY);
            }
            assert!(!history.is_news(&version(20)).unwrap());
        }
    }

    #[test]
    fn a_version_that_judged_beside_another_outlives_the_one_that_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, tenant) = (Layout::new(dir.path()), "ward-9".parse().unwrap());
        let mut history = History::open(&layout, &tenant).unwrap();
        for (n, place) in [(1, (0, 0)), (2, (1, 3)), (3, (3, 3)), (4, (3, 3))] {
            history.add(place, &version(n), NOW).unwrap();
        }
        for mut history in [history, History::open(&layout, &tenant).unwrap()] {
            assert_eq!([0, 2, 3].map(|place| at(&mut history, place)), [vec![1], vec![1, 2], vec![4]]);
            assert!(!history.is_news(&version(4)).unwrap());
            assert_eq!(history.versions.len(), 3);
        }
    }

    /// The version of the policy that held at a second, and since when.
    fn held(history: &History, second: i64) -> Option<(Option<u64>, Option<i64>)> {
        let Ruled { from, policy, .. } = policy_by(&history.files(), at_second(second)).unwrap()?;
        let version = policy.map(|policy| policy.peek::<Policy>().unwrap().version);
        Some((version, from.map(Timestamp::as_second)))
    }

    #[test]
    fn what_phones_were_told_is_what_had_been_put_in_force_whenever_it_was_signed() {
        // With leaves between two versions, and without any.
        for places in [[(0, 0), (3, 5), (5, 9), (9, 9)], [(0, 0); 4]] {
            let dir = tempfile::tempdir().unwrap();
            let (layout, tenant) = (Layout::new(dir.path()), "ward-9".parse().unwrap());
            let mut history = History::open(&layout, &tenant).unwrap();
            // The second was signed before the first and put in force behind it; at last none is in force.
            let added = [(1, Some(20), 50), (2, Some(10), 60), (3, Some(65), 70), (4, None, 80)];
            for (place, (n, signed, second)) in places.into_iter().zip(added) {
                history.add(place, &ruled(n, signed), at_second(second)).unwrap();
            }
            for history in [history, History::open(&layout, &tenant).unwrap()] {
                for second in [5, 15, 30, 49] {
                    assert_eq!(held(&history, second), None, "signed, and not in force at {second}");
                }
                for (second, n, from) in [(50, 1, 50), (59, 1, 50), (60, 2, 60), (69, 2, 60), (79, 3, 70)] {
                    assert_eq!(held(&history, second), Some((Some(n), Some(from))), "{second}");
                }
                assert_eq!(held(&history, 80), Some((None, Some(80))));
            }
        }
    }

    #[test]
    fn of_a_version_that_was_kept_without_its_time_it_is_told_that_it_is_not_known_to_have_held() {
        let dir = tempfile::tempdir().unwrap();
        let (layout, tenant) = (Layout::new(dir.path()), "ward-9".parse().unwrap());
        let mut history = History::open(&layout, &tenant).unwrap();
        history.add((0, 0), &ruled(1, Some(10)), at_second(50)).unwrap();
        let file = history.files().remove(0);
        let mut kept: serde_json::Value = serde_json::from_slice(&disk::read(&file).unwrap()).unwrap();
        kept.as_object_mut().unwrap().remove("told").unwrap();
        disk::replace(&file, kept.to_string().as_bytes(), PUBLIC).unwrap();
        let mut history = History::open(&layout, &tenant).unwrap();
        history.add((3, 5), &ruled(2, Some(20)), at_second(60)).unwrap();
        assert_eq!(
            [9, 10, 59].map(|second| held(&history, second)),
            [None, Some((Some(1), None)), Some((Some(1), None))]
        );
        assert_eq!(held(&history, 60), Some((Some(2), Some(60))));
    }
}
