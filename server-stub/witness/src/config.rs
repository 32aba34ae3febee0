//! A witness's directory: its key, whom it witnesses, what it cosigned.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
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

fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> WitnessError + '_ {
    move |source| WitnessError::Disk { path: path.to_owned(), source }
}

/// Takes away what was begun and did not come to its end.
struct Begun(Vec<PathBuf>);

impl Drop for Begun {
    fn drop(&mut self) {
        for path in self.0.drain(..).rev() {
            // What cannot be taken away either is told when somebody tries again.
            drop(fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)));
        }
    }
}

impl Begun {
    fn made<T>(&mut self, path: &Path, made: std::io::Result<T>) -> Result<T, WitnessError> {
        match made {
            Ok(made) => {
                self.0.push(path.to_owned());
                Ok(made)
            }
            Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(WitnessError::Made(path.to_owned()))
            }
            Err(source) => Err(WitnessError::Disk { path: path.to_owned(), source }),
        }
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), WitnessError> {
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let mut file = self.made(path, opened)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(disk(path))
    }
}

/// Makes a witness's key, a `witness.json` without logs, and where it keeps what it cosigns; its verifier key. Where one of them
/// cannot be made none is.
///
/// # Errors
/// [`WitnessError::Made`] where there is one.
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
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&home.0).map_err(disk(&home.0))?;
    let mut begun = Begun(Vec::new());
    begun.write(&home.key_file(), secret.as_slice())?;
    begun.write(&home.config_file(), format!("{text}\n").as_bytes())?;
    begun.made(&home.seen(), fs::DirBuilder::new().mode(0o700).create(home.seen()))?;
    for dir in [home.seen(), home.0.clone()] {
        fs::File::open(&dir).and_then(|opened| opened.sync_all()).map_err(disk(&dir))?;
    }
    begun.0.clear();
    Ok(key.witness_key())
}
