//! Each version of the files by which something holds here: documents and notices, how long photos are kept, what roles allow, and who
//! has which role. What was in force then leaves with what proves a case.
//!
//! Always: a version is kept as it was, under when it was first seen here and its hash, for its owner alone; of each file the newest
//! [`MOST`] are kept. Like the files themselves none names a patient.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gauze_people::roles::{Grants, PolicySet, SHIPPED};
use gauze_wire::Digest;
use jiff::{SignedDuration, Timestamp};

use crate::access::{policies_file, roles_file};
use crate::disk::{self, DiskError, PRIVATE, at};
use crate::documents::{Register, register_file};
use crate::keeping::{Retention, retention_file};

/// Most versions of one file.
const MOST: usize = 500;

/// A file by which something holds here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Governing {
    /// The register of documents and notices.
    Documents,
    /// How long photos are kept.
    Rules,
    /// What roles allow.
    Policies,
    /// Who has which role beside what the provider says.
    Roles,
}

impl Governing {
    pub(crate) const ALL: [Self; 4] = [Self::Documents, Self::Rules, Self::Policies, Self::Roles];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Rules => "rules",
            Self::Policies => "policies",
            Self::Roles => "roles",
        }
    }

    fn file(self, data: &Path) -> PathBuf {
        match self {
            Self::Documents => register_file(data),
            Self::Rules => retention_file(data),
            Self::Policies => policies_file(data),
            Self::Roles => roles_file(data),
        }
    }

    /// What lies there now, or is shipped in its place; nothing where there is neither, or no text.
    fn text(self, data: &Path) -> Result<Option<String>, DiskError> {
        let shipped = (self == Self::Policies).then(|| SHIPPED.to_owned());
        let bytes = disk::read_if_any(&self.file(data))?;
        Ok(bytes.map_or(shipped, |bytes| String::from_utf8(bytes).ok()))
    }

    /// What the access log notes the hash of.
    fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Policies => PolicySet::hashed(text),
            Self::Documents | Self::Rules | Self::Roles => text.as_bytes().to_vec(),
        }
    }

    /// Whether such a file puts anything in force.
    fn holds(self, text: &str) -> bool {
        match self {
            Self::Documents => Register::parse(text).is_ok(),
            Self::Rules => Retention::parse(text).is_ok(),
            Self::Policies => PolicySet::parse(text).is_ok(),
            Self::Roles => serde_json::from_str(text).is_ok_and(|grants: Grants| grants.check().is_ok()),
        }
    }
}

/// A version that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// When it was first seen here: later than the version before, whatever the clock says.
    pub(crate) since: Timestamp,
    /// The hash of its bytes.
    pub(crate) sha256: Digest,
    path: PathBuf,
}

impl Version {
    fn of(path: PathBuf) -> Option<Self> {
        let (since, sha256) = path.file_name()?.to_str()?.split_once('-')?;
        let since = Timestamp::from_nanosecond(since.parse().ok()?).ok()?;
        Some(Self { since, sha256: sha256.parse().ok()?, path })
    }

    /// Its bytes; nothing where they are gone, or are others than they were.
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, DiskError> {
        let bytes = disk::read_if_any(&self.path)?;
        Ok(bytes.filter(|bytes| Digest::of(bytes) == self.sha256))
    }
}

fn dir(data: &Path, which: Governing) -> PathBuf {
    data.join("people/kept").join(which.word())
}

/// What is kept of a file, the oldest first.
fn versions(data: &Path, which: Governing) -> Result<Vec<Version>, DiskError> {
    let dir = dir(data, which);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(&dir)(error)),
    };
    let mut kept = Vec::new();
    for entry in entries {
        kept.extend(Version::of(entry.map_err(at(&dir))?.path()));
    }
    kept.sort_by_key(|version| version.since);
    Ok(kept)
}

/// Keeps what holds now, where it is another version than the one that was kept last. It blocks.
///
/// # Errors
/// [`DiskError`]: it may not be kept, and the next call tries again.
pub(crate) fn keep(data: &Path, which: Governing, now: Timestamp) -> Result<(), DiskError> {
    let Some(text) = which.text(data)? else { return Ok(()) };
    let bytes = which.bytes(&text);
    let (sha256, kept) = (Digest::of(&bytes), versions(data, which)?);
    let newest = kept.last();
    if newest.is_some_and(|newest| newest.sha256 == sha256) || !which.holds(&text) {
        return Ok(());
    }
    let behind = |newest: &Version| newest.since.saturating_add(SignedDuration::from_nanos(1));
    let since = newest.map_or(now, |newest| now.max(behind(newest).unwrap_or(Timestamp::MAX)));
    let dir = dir(data, which);
    disk::make_dirs(&dir)?;
    disk::replace(&dir.join(format!("{:020}-{sha256}", since.as_nanosecond().max(0))), &bytes, PRIVATE)?;
    for old in kept.iter().take((kept.len() + 1).saturating_sub(MOST)) {
        fs::remove_file(&old.path).map_err(at(&old.path))?;
    }
    Ok(())
}

/// The same of each file.
///
/// # Errors
/// As [`keep`].
pub(crate) fn keep_all(data: &Path, now: Timestamp) -> Result<(), DiskError> {
    Governing::ALL.into_iter().try_for_each(|which| keep(data, which, now))
}

/// The version that held at a time; `noted` is when a line last said before that which one it is. It blocks.
///
/// # Errors
/// [`DiskError`].
pub(crate) fn held(
    data: &Path,
    which: Governing,
    then: Timestamp,
    noted: Option<(Timestamp, Digest)>,
) -> Result<Option<Version>, DiskError> {
    let kept = versions(data, which)?;
    let newest = kept.iter().rev().find(|version| version.since <= then);
    let held = match noted {
        // What a hand put there after the line is in no line.
        Some((at, sha256)) if newest.is_none_or(|newest| newest.since <= at) => {
            kept.iter().rev().find(|version| version.sha256 == sha256)
        }
        _ => newest,
    };
    Ok(held.cloned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn at_second(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn register(notice: usize) -> String {
        format!(
            r#"{{"v":1,"notices":[{{"code":"privacy","version":{notice},"title":"Photos","words":"Ask first."}}]}}"#
        )
    }

    fn put(data: &Path, which: Governing, text: &str) {
        let file = which.file(data);
        disk::make_dirs(disk::parent(&file)).unwrap();
        disk::replace(&file, text.as_bytes(), PRIVATE).unwrap();
    }

    fn text_then(data: &Path, second: i64, noted: Option<(i64, &str)>) -> Option<String> {
        let noted = noted.map(|(at, text)| (at_second(at), Digest::of(text.as_bytes())));
        let held = held(data, Governing::Documents, at_second(second), noted).unwrap()?;
        String::from_utf8(held.read().unwrap()?).ok()
    }

    #[test]
    fn what_held_at_a_time_is_found_again_byte_by_byte_whatever_was_put_in_force_since() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        keep(data, Governing::Documents, at_second(0)).unwrap();
        assert_eq!(text_then(data, 9, None), None, "there is no register yet");
        let [one, two, three] = [1, 2, 3].map(register);
        for (second, text) in [(10, &one), (20, &two), (30, &one)] {
            put(data, Governing::Documents, text);
            for _ in 0..3 {
                keep(data, Governing::Documents, at_second(second)).unwrap();
            }
        }
        assert_eq!(versions(data, Governing::Documents).unwrap().len(), 3, "each once");
        for (second, held) in [(9, None), (10, Some(&one)), (29, Some(&two)), (99, Some(&one))] {
            assert_eq!(text_then(data, second, None).as_ref(), held, "{second}");
        }
        // A line says which one it was before anything was kept, and between its own time and that of the file.
        assert_eq!(text_then(data, 9, Some((5, two.as_str()))), Some(two.clone()));
        assert_eq!(text_then(data, 19, Some((19, two.as_str()))), Some(two.clone()));
        assert_eq!(text_then(data, 19, Some((19, three.as_str()))), None, "what was not kept is not guessed");
        assert_eq!(text_then(data, 25, Some((5, one.as_str()))), Some(two), "a hand put it there");
        // A clock that was set back makes nothing older, and what does not hold was never in force.
        put(data, Governing::Documents, &three);
        keep(data, Governing::Documents, at_second(-500)).unwrap();
        put(data, Governing::Documents, "{ damaged by hand");
        keep(data, Governing::Documents, at_second(40)).unwrap();
        assert_eq!(text_then(data, 99, None), Some(three));
    }

    #[test]
    fn a_version_is_for_its_owner_alone_is_named_by_its_hash_and_is_not_told_once_it_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path();
        put(data, Governing::Rules, r#"{"v":1,"otherwise":{"years":8}}"#);
        put(data, Governing::Roles, r#"{"grants":[{"person":"ann","role":"auditor"}]}"#);
        keep_all(data, at_second(0)).unwrap();
        let of = |which| versions(data, which).unwrap();
        assert_eq!(Governing::ALL.map(|which| of(which).len()), [0, 1, 1, 1], "shipped policies hold too");
        let policies = of(Governing::Policies).remove(0);
        assert_eq!(policies.sha256, PolicySet::parse(SHIPPED).unwrap().digest());
        for which in [Governing::Rules, Governing::Policies, Governing::Roles] {
            let version = of(which).remove(0);
            assert_eq!(fs::metadata(&version.path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(Digest::of(&version.read().unwrap().unwrap()), version.sha256);
            disk::replace(&version.path, b"another", PRIVATE).unwrap();
            assert_eq!(version.read().unwrap(), None);
        }
    }

    #[test]
    fn of_each_file_so_many_versions_are_kept_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let (data, place) = (dir.path(), super::dir(dir.path(), Governing::Documents));
        disk::make_dirs(&place).unwrap();
        for second in 0..MOST {
            let name = format!("{:020}-{}", second, Digest::of(&second.to_be_bytes()));
            fs::File::create(place.join(name)).unwrap();
        }
        put(data, Governing::Documents, &register(1));
        keep(data, Governing::Documents, at_second(0)).unwrap();
        let kept = versions(data, Governing::Documents).unwrap();
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[0].sha256, Digest::of(&1_usize.to_be_bytes()), "the oldest went");
        assert_eq!(kept[MOST - 1].sha256, Digest::of(register(1).as_bytes()));
    }
}
