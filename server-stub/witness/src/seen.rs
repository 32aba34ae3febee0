//! What was cosigned last of each log, and the one step that judges, keeps and cosigns.
//!
//! Always: of a log that was cosigned once there is a file, or this witness does not start: it would cosign another history from the
//! beginning. Which logs those are lies beside the files, so that one that is lost alone is missed too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gauze_wire::Digest;
use gauze_wire::log::{Checkpoint, LogKey, NoteKey, Seen, Submission, Unfit};
use jiff::Timestamp;

use crate::config::{Config, Home, disk, sync_dir};
use crate::error::WitnessError;

/// What was cosigned last of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whose tree.
    pub checkpoint: Checkpoint,
    /// When.
    pub at: Timestamp,
}

/// How a submission ends.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Cosigned and on disk: the signature line.
    Cosigned(String),
    /// No log of that name is taken.
    NoLog,
    /// It is not cosigned.
    Unfit(Unfit),
}

/// A witness. One process is one, by a lock on its directory.
pub struct Witness {
    home: Home,
    key: NoteKey,
    /// The origins of all that was ever cosigned, as on the disk.
    known: Mutex<BTreeSet<String>>,
    logs: BTreeMap<String, Log>,
    pub(crate) per_minute: u32,
    _lock: Alone,
}

#[derive(Debug, Default)]
struct Log {
    keys: Vec<LogKey>,
    /// Held from the judgement until the new tree is on disk.
    seen: Mutex<Option<Kept>>,
}

impl Witness {
    /// Opens what is in a directory, after checking all that it cosigned.
    ///
    /// # Errors
    /// [`WitnessError`]: nothing is cosigned then.
    pub fn open(home: &Home) -> Result<Self, WitnessError> {
        let Config { name, logs: wanted, per_minute } = home.config()?;
        let key = home.key(&name)?;
        let lock = lock(&home.lock_file())?;
        let dir = home.seen();
        if !dir.try_exists().map_err(disk(&dir))? {
            return Err(WitnessError::Lost(dir));
        }
        let known = Mutex::new(home.known()?);
        let mut logs = BTreeMap::<String, Log>::new();
        for log in wanted {
            logs.entry(log.name().to_owned()).or_default().keys.push(log);
        }
        let mut witness = Self { home: home.clone(), key, known, logs, per_minute, _lock: lock };
        let origins: Vec<String> = witness.logs.keys().cloned().collect();
        for origin in origins {
            let kept = witness.read(&origin)?;
            match &kept {
                // A power cut between the two.
                Some(_) => witness.know(&origin)?,
                None if witness.known().contains(&origin) => {
                    return Err(WitnessError::Lost(witness.file(&origin)));
                }
                None => {}
            }
            if let Some(log) = witness.logs.get_mut(&origin) {
                log.seen = Mutex::new(kept);
            }
        }
        Ok(witness)
    }

    /// What it cosigned last, by origin.
    pub fn kept(&self) -> impl Iterator<Item = (&str, Option<Kept>)> {
        self.logs.iter().map(|(origin, log)| (origin.as_str(), log.kept()))
    }

    /// A log's file: by a hash, since an origin may hold any sign.
    fn file(&self, origin: &str) -> PathBuf {
        self.home.seen().join(Digest::of(origin.as_bytes()).to_string())
    }

    /// A file that is there is what this witness signed, or an error.
    fn read(&self, origin: &str) -> Result<Option<Kept>, WitnessError> {
        let path = self.file(origin);
        let note = match fs::read_to_string(&path) {
            Ok(note) => note,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(WitnessError::Disk { path, source }),
        };
        let damaged = |cause| WitnessError::Damaged { path: path.clone(), cause };
        let (checkpoint, seconds) = self.key.witness_key().cosigned(&note).map_err(damaged)?;
        if checkpoint.origin != origin {
            return Err(WitnessError::Damaged { path, cause: gauze_wire::WireError::Inconsistent });
        }
        let at = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(Some(Kept { checkpoint, at: at.unwrap_or(Timestamp::UNIX_EPOCH) }))
    }

    /// Judges a submission, keeps its tree, and cosigns it. It blocks on the disk.
    pub(crate) fn add(&self, asked: &Submission, now: Timestamp) -> Result<Outcome, WitnessError> {
        let origin = asked.origin();
        let Some(log) = self.logs.get(origin) else { return Ok(Outcome::NoLog) };
        let mut seen = log.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoint = match asked.judge(&log.keys, &of(seen.as_ref())) {
            Ok(checkpoint) => checkpoint,
            Err(unfit) => return Ok(Outcome::Unfit(unfit)),
        };
        let signing = |error: gauze_wire::WireError| WitnessError::Signing(error.to_string());
        // What else stands in the note that was sent is nobody's word here, and could make it one that cannot be read again.
        let note = self.key.cosign_alone(&checkpoint, now).map_err(signing)?;
        replace(&self.file(origin), note.as_bytes())?;
        self.know(origin)?;
        let line = note[checkpoint.text().len() + 1..].to_owned();
        *seen = Some(Kept { checkpoint, at: now });
        Ok(Outcome::Cosigned(line))
    }

    /// Whether a submission is signed by the log that it names.
    pub(crate) fn is_signed(&self, asked: &Submission) -> bool {
        self.logs.get(asked.origin()).is_some_and(|log| asked.checkpoint_by(&log.keys).is_some())
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down that something of this log is cosigned.
    fn know(&self, origin: &str) -> Result<(), WitnessError> {
        let mut known = self.known();
        if known.contains(origin) {
            return Ok(());
        }
        let mut more = known.clone();
        more.insert(origin.to_owned());
        let text = serde_json::to_vec(&more).map_err(|error| WitnessError::Signing(error.to_string()))?;
        replace(&self.home.known_file(), &text)?;
        *known = more;
        Ok(())
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), WitnessError> {
    let aside = path.with_extension("new");
    let written = File::create(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(disk(&aside))?;
    fs::rename(&aside, path).map_err(disk(path))?;
    path.parent().map_or(Ok(()), sync_dir)
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness").field("home", &self.home).finish_non_exhaustive()
    }
}

impl Log {
    fn kept(&self) -> Option<Kept> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn of(kept: Option<&Kept>) -> Seen {
    kept.map_or_else(Seen::nothing, |kept| Seen { size: kept.checkpoint.size, root: kept.checkpoint.root })
}

/// Let go of even where a child that is being started has a copy of the file.
struct Alone(File);

impl Drop for Alone {
    fn drop(&mut self) {
        // Closing follows.
        let _ = self.0.unlock();
    }
}

fn lock(path: &Path) -> Result<Alone, WitnessError> {
    let lock = File::options().create(true).truncate(false).write(true).open(path).map_err(disk(path))?;
    match lock.try_lock() {
        Ok(()) => Ok(Alone(lock)),
        Err(TryLockError::WouldBlock) => Err(WitnessError::Locked(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(WitnessError::Disk { path: path.to_owned(), source }),
    }
}
