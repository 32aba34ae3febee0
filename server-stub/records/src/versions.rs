//! Each version of the files by which something holds here: documents and notices, how long photos are kept, what roles allow, and who
//! has which role. What was in force then leaves with what proves a case.
//!
//! Always: a version is kept as it was, under its place among them, when it was first seen here, and its hash, for its owner alone; of
//! each file the newest [`MOST`] are kept. Where a clock that was set back leaves open which one held, none is told. Like the files
//! themselves none names a patient.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gauze_people::roles::{Grants, PolicySet, SHIPPED};
use gauze_wire::Digest;
use jiff::{SignedDuration, Timestamp};

use crate::access::{policies_file, roles_file};
use crate::disk::{self, DiskError, NEW, PRIVATE, at};
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
    /// Its place: later than the version before, whatever the clock says.
    order: Timestamp,
    /// When it was first seen here, by the clock of then.
    pub(crate) since: Timestamp,
    /// The hash of its bytes.
    pub(crate) sha256: Digest,
    path: PathBuf,
}

impl Version {
    /// By its name: `ORDER-SHA256`, or `ORDER-SINCE-SHA256` where the clock said something else than its place.
    fn of(path: PathBuf) -> Option<Self> {
        let (times, sha256) = path.file_name()?.to_str()?.rsplit_once('-')?;
        let (order, since) = times.split_once('-').unwrap_or((times, times));
        let time = |text: &str| Timestamp::from_nanosecond(text.parse().ok()?).ok();
        Some(Self { order: time(order)?, since: time(since)?, sha256: sha256.parse().ok()?, path })
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

/// What lies in a directory; nothing where there is none.
fn files(dir: &Path) -> Result<Vec<PathBuf>, DiskError> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(at(dir))?.path())).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(at(dir)(error)),
    }
}

/// What is kept of a file, the oldest first.
fn versions(data: &Path, which: Governing) -> Result<Vec<Version>, DiskError> {
    let mut kept: Vec<Version> = files(&dir(data, which))?.into_iter().filter_map(Version::of).collect();
    kept.sort_by_key(|version| version.order);
    Ok(kept)
}

/// Removes what a kill left of versions that were being kept.
fn tidy(dir: &Path) -> Result<(), DiskError> {
    let cut = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(NEW));
    files(dir)?.iter().filter(|path| cut(path)).try_for_each(|path| fs::remove_file(path).map_err(at(path)))
}

/// Whether the clock had been set back when the newest was kept, and has got as far again: from now on it is known to hold.
fn is_timed_again(kept: &[Version], newest: &Version, now: Timestamp) -> bool {
    kept.iter().any(|version| version.since > newest.since) && kept.iter().all(|version| version.since <= now)
}

/// Keeps what holds now, where it is another version than the one that was kept last, or it was not known since when that one holds.
/// It blocks; nobody else keeps anything meanwhile.
///
/// # Errors
/// [`DiskError`]: it may not be kept, and the next call tries again.
pub(crate) fn keep(data: &Path, which: Governing, now: Timestamp) -> Result<(), DiskError> {
    let dir = dir(data, which);
    tidy(&dir)?;
    let Some(text) = which.text(data)? else { return Ok(()) };
    let bytes = which.bytes(&text);
    let (sha256, kept) = (Digest::of(&bytes), versions(data, which)?);
    let newest = kept.last();
    let is_kept = |newest: &Version| newest.sha256 == sha256 && !is_timed_again(&kept, newest, now);
    if newest.is_some_and(is_kept) || !which.holds(&text) {
        return Ok(());
    }
    let behind = |newest: &Version| newest.order.saturating_add(SignedDuration::from_nanos(1));
    let order = newest.map_or(now, |newest| now.max(behind(newest).unwrap_or(Timestamp::MAX)));
    let time = |at: Timestamp| format!("{:020}", at.as_nanosecond().max(0));
    let since = if order == now { String::new() } else { time(now) + "-" };
    disk::make_dirs(&dir)?;
    disk::replace(&dir.join(format!("{}-{since}{sha256}", time(order))), &bytes, PRIVATE)?;
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

/// What is known of which version held at a time.
pub(crate) enum Held {
    /// This one did.
    This(Version),
    /// Which one is not known: the clock had been set back.
    NotKnown,
    /// Whatever held is not kept.
    NotKept,
}

/// Whether no clock that was set back leaves it open if the version at this place held, or the one beside it.
fn is_sure(kept: &[Version], place: usize, now: Timestamp) -> bool {
    let Some(this) = kept.get(place) else { return true };
    // What says a later time than it is now came by a clock that ran ahead: then this one's time holds, and that one's does not.
    let ran_behind = kept.iter().take(place).any(|before| this.since < before.since && before.since <= now);
    let next_ran_ahead = kept.get(place + 1).is_some_and(|next| {
        kept.iter().skip(place + 2).map(|version| version.since).chain([now]).any(|later| later < next.since)
    });
    !ran_behind && !next_ran_ahead
}

/// The version that held at a time, as far as it is known now; `noted` is when a line last said before that which one it is. It blocks.
///
/// # Errors
/// [`DiskError`].
pub(crate) fn held(
    data: &Path,
    which: Governing,
    (then, now): (Timestamp, Timestamp),
    noted: Option<(Timestamp, Digest)>,
) -> Result<Held, DiskError> {
    let kept = versions(data, which)?;
    let place = kept.iter().rposition(|version| version.since <= then);
    let newest = place.and_then(|place| kept.get(place));
    let held = match noted {
        // What a hand put there after the line is in no line.
        Some((at, sha256)) if newest.is_none_or(|newest| newest.since <= at) => {
            kept.iter().rev().find(|version| version.sha256 == sha256)
        }
        _ => newest,
    };
    // A line that says another one is behind whatever the clock was.
    let open = place.is_some_and(|place| !is_sure(&kept, place, now));
    let same = |held: &Version| newest.is_some_and(|newest| newest.sha256 == held.sha256);
    Ok(match held {
        None => Held::NotKept,
        Some(held) if open && same(held) => Held::NotKnown,
        Some(held) => Held::This(held.clone()),
    })
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
        match held(data, Governing::Documents, (at_second(second), at_second(1000)), noted).unwrap() {
            Held::This(held) => String::from_utf8(held.read().unwrap()?).ok(),
            Held::NotKnown => Some(NOT_KNOWN.to_owned()),
            Held::NotKept => None,
        }
    }

    const NOT_KNOWN: &str = "not known";

    /// Puts each text in force at its second, as pages do.
    fn puts(data: &Path, registers: &[(i64, &String)]) {
        for (second, text) in registers {
            put(data, Governing::Documents, text);
            keep(data, Governing::Documents, at_second(*second)).unwrap();
        }
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
        puts(data, &[(-500, &three), (35, &three)]);
        put(data, Governing::Documents, "{ damaged by hand");
        keep(data, Governing::Documents, at_second(40)).unwrap();
        assert_eq!(text_then(data, 34, None).as_deref(), Some(NOT_KNOWN), "it came some time after 30");
        assert_eq!(text_then(data, 99, None), Some(three));
    }

    #[test]
    fn what_a_wrong_clock_leaves_open_is_told_as_that_and_whatever_came_behind_it_is_found() {
        let [one, two, three, four] = [1, 2, 3, 4].map(register);
        // It ran ahead while the second was put in force, and was set right some time before the third.
        let ahead = tempfile::tempdir().unwrap();
        puts(ahead.path(), &[(10, &one), (9_000, &two), (30, &three), (30, &three), (50, &four)]);
        let open = NOT_KNOWN.to_owned();
        for (second, held) in [(10, &open), (29, &open), (30, &three), (49, &three), (50, &four), (99, &four)]
        {
            assert_eq!(text_then(ahead.path(), second, None).as_ref(), Some(held), "{second}");
        }
        assert_eq!(
            text_then(ahead.path(), 29, Some((25, two.as_str()))),
            Some(two.clone()),
            "a line says so"
        );
        assert_eq!(text_then(ahead.path(), 29, Some((12, one.as_str()))), Some(open.clone()));
        assert_eq!(versions(ahead.path(), Governing::Documents).unwrap().len(), 4, "each once");
        // It ran behind while the second was put in force, and somebody looked again once it was right.
        let behind = tempfile::tempdir().unwrap();
        puts(behind.path(), &[(10, &one), (-500, &two), (5, &two), (40, &two), (45, &two), (60, &three)]);
        for (second, held) in [(10, &open), (39, &open), (40, &two), (59, &two), (60, &three)] {
            assert_eq!(text_then(behind.path(), second, None).as_ref(), Some(held), "{second}");
        }
        assert_eq!(versions(behind.path(), Governing::Documents).unwrap().len(), 4);
    }

    #[test]
    fn what_was_kept_by_a_clock_that_ran_ahead_before_its_time_stood_in_the_name_is_told_as_not_known() {
        let dir = tempfile::tempdir().unwrap();
        let (data, [one, two, three]) = (dir.path(), [1, 2, 3].map(register));
        puts(data, &[(10, &one), (9_000, &two)]);
        let pushed = at_second(9_000).as_nanosecond() + 1;
        let name = format!("{pushed:020}-{}", Digest::of(three.as_bytes()));
        let place = super::dir(data, Governing::Documents);
        disk::replace(&place.join(name), three.as_bytes(), PRIVATE).unwrap();
        assert_eq!(text_then(data, 99, None).as_deref(), Some(NOT_KNOWN));
    }

    #[test]
    fn what_a_kill_left_of_a_version_goes_when_the_next_is_kept_and_nothing_else_does() {
        let dir = tempfile::tempdir().unwrap();
        let (data, place) = (dir.path(), super::dir(dir.path(), Governing::Documents));
        puts(data, &[(10, &register(1))]);
        for name in [".new-Xy12ab", "somebody's notes"] {
            fs::File::create(place.join(name)).unwrap();
        }
        for _ in 0..2 {
            keep(data, Governing::Documents, at_second(20)).unwrap();
            assert!(!place.join(".new-Xy12ab").exists() && place.join("somebody's notes").exists());
        }
        assert_eq!(text_then(data, 99, None), Some(register(1)));
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
