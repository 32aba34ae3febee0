//! A witness's directory: its key, whom it witnesses, what it cosigned.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use gauze_listen::read_file;
use gauze_wire::log::{LogKey, NoteKey, WitnessKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::WitnessError;

/// Largest file that is read.
const LIMIT: u64 = 1 << 20;
/// Checkpoints of one log that are taken in a minute, where the file does not say.
const PER_MINUTE: u32 = 60;

/// `witness.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What stands before its cosignatures: an address without its scheme, such as `witness.example/audit`.
    pub name: String,
    /// The verifier keys of the logs that it takes; the name in a key is the log's origin. A log that changes its key has two.
    pub logs: Vec<LogKey>,
    /// Checkpoints of one log that are taken in a minute.
    #[serde(default = "per_minute")]
    pub per_minute: u32,
}

fn per_minute() -> u32 {
    PER_MINUTE
}

/// The directory.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// That directory.
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    /// `witness.json`.
    pub fn config_file(&self) -> PathBuf {
        self.0.join("witness.json")
    }

    fn key_file(&self) -> PathBuf {
        self.0.join("witness.key")
    }

    /// Where the newest cosigned checkpoints are.
    pub(crate) fn seen(&self) -> PathBuf {
        self.0.join("seen")
    }

    /// The origins of all that was ever cosigned.
    pub(crate) fn known_file(&self) -> PathBuf {
        self.0.join("known.json")
    }

    /// Where it is made: what a kill left there is in nobody's way.
    fn aside(&self, number: u32) -> Self {
        let mut name = self.0.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{number:08x}.new"));
        Self(self.0.with_file_name(name))
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// What it is to witness.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn config(&self) -> Result<Config, WitnessError> {
        let path = self.config_file();
        let bytes = read_file(&path, LIMIT)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| WitnessError::Malformed { path, cause: error.to_string() })
    }

    /// The origins of all that was ever cosigned.
    pub(crate) fn known(&self) -> Result<BTreeSet<String>, WitnessError> {
        let path = self.known_file();
        if !path.try_exists().map_err(disk(&path))? {
            return Err(WitnessError::Lost(path));
        }
        let bytes = read_file(&path, LIMIT)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| WitnessError::Malformed { path, cause: error.to_string() })
    }

    fn fill(&self, secret: &[u8], config: &str) -> Result<(), WitnessError> {
        let write = |path: PathBuf, bytes: &[u8]| {
            let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            let written = opened.and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            });
            written.map_err(disk(&path))
        };
        write(self.key_file(), secret)?;
        write(self.config_file(), format!("{config}\n").as_bytes())?;
        write(self.known_file(), b"[]")?;
        fs::DirBuilder::new().mode(0o700).create(self.seen()).map_err(disk(&self.seen()))?;
        sync_dir(&self.seen())?;
        sync_dir(&self.0)
    }

    /// Its key, under its name.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn key(&self, name: &str) -> Result<NoteKey, WitnessError> {
        let path = self.key_file();
        let bytes = Zeroizing::new(read_file(&path, LIMIT)?);
        let malformed = |cause: &str| WitnessError::Malformed { path: path.clone(), cause: cause.to_owned() };
        let secret = bytes.as_slice().try_into().map_err(|_| malformed("not 32 bytes"))?;
        NoteKey::from_bytes(name, secret).map_err(|_| malformed("the name in witness.json is no key's name"))
    }
}

pub(crate) fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> WitnessError + '_ {
    move |source| WitnessError::Disk { path: path.to_owned(), source }
}

pub(crate) fn sync_dir(dir: &Path) -> Result<(), WitnessError> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    fs::File::open(dir).and_then(|opened| opened.sync_all()).map_err(disk(dir))
}

/// Makes a witness's directory with its key, a `witness.json` without logs, and where it keeps what it cosigns; its verifier key. It is
/// made beside its place and put there whole, so that a kill leaves no half of one.
///
/// # Errors
/// [`WitnessError::Made`] where there is one, or anything else in its place.
pub fn keygen(home: &Home, name: &str) -> Result<WitnessKey, WitnessError> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut_slice()).map_err(|error| WitnessError::Signing(error.to_string()))?;
    let unnamed = |_| WitnessError::Malformed {
        path: home.config_file(),
        cause: "a name has neither spaces nor a plus".to_owned(),
    };
    let key = NoteKey::from_bytes(name, &secret).map_err(unnamed)?;
    let config = Config { name: name.to_owned(), logs: Vec::new(), per_minute: PER_MINUTE };
    let text =
        serde_json::to_string_pretty(&config).map_err(|error| WitnessError::Signing(error.to_string()))?;
    let number = getrandom::u32().map_err(|error| WitnessError::Signing(error.to_string()))?;
    let aside = home.aside(number);
    let parent = home.0.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(disk(parent))?;
    fs::DirBuilder::new().mode(0o700).create(&aside.0).map_err(disk(&aside.0))?;
    let made = aside.fill(secret.as_slice(), &text).and_then(|()| {
        // It replaces a directory that is empty, and nothing else.
        fs::rename(&aside.0, &home.0).map_err(in_the_way(&home.0))
    });
    if made.is_err() {
        // What cannot be taken away either is told when somebody tries again.
        drop(fs::remove_dir_all(&aside.0));
    }
    made?;
    sync_dir(parent)?;
    Ok(key.witness_key())
}

fn in_the_way(path: &Path) -> impl FnOnce(std::io::Error) -> WitnessError + '_ {
    move |source| match source.kind() {
        // The last two are of a place that nothing can be put in: a mounted one, or `.`.
        ErrorKind::AlreadyExists
        | ErrorKind::DirectoryNotEmpty
        | ErrorKind::NotADirectory
        | ErrorKind::ResourceBusy
        | ErrorKind::InvalidInput => WitnessError::Made(path.to_owned()),
        _ => WitnessError::Disk { path: path.to_owned(), source },
    }
}
