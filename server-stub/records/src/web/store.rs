//! Where second factors lie, and the key that seals them.

use std::path::{Path, PathBuf};

use gauze_signin::factors::FactorKey;
use zeroize::Zeroizing;

use crate::coded::Coded;
use crate::disk::{self, DiskError};
use crate::entropy::random;

/// In the keys directory.
const KEY: &str = "factors.key";

/// Why the store of second factors cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// No randomness.
    #[error("the system gives no randomness")]
    Entropy,
    /// The key file is not one.
    #[error("{}: no key of 32 bytes", .0.display())]
    Key(PathBuf),
}

impl Coded for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::Disk(error) => error.code(),
            Self::Entropy => "no_entropy",
            Self::Key(_) => "factors_key",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Disk(error) => error.next_step(),
            Self::Entropy => "Restart the machine.",
            Self::Key(_) => {
                "Restore it from the backup of the keys directory. Without it everybody enrols again."
            }
        }
    }
}

/// The key that seals second factors: made where there is none, in the keys directory, for its owner alone.
///
/// # Errors
/// [`StoreError`].
pub fn factor_key(keys: &Path) -> Result<FactorKey, StoreError> {
    let path = keys.join(KEY);
    let secret = match disk::read_if_any(&path)? {
        Some(secret) => Zeroizing::new(secret),
        None => {
            let made = Zeroizing::new(random::<32>().map_err(|_| StoreError::Entropy)?);
            disk::create(&path, &*made, disk::PRIVATE)?;
            Zeroizing::new(made.to_vec())
        }
    };
    if secret.len() == 32 { Ok(FactorKey::derive(&secret)) } else { Err(StoreError::Key(path)) }
}

/// The file of the store, in a directory that is there.
///
/// # Errors
/// [`StoreError::Disk`].
pub fn factor_store(data: &Path) -> Result<PathBuf, StoreError> {
    disk::make_dirs(data)?;
    Ok(data.join("factors.sqlite"))
}
