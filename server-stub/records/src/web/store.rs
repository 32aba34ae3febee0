//! Where second factors lie, and the key that seals them.

use std::path::{Path, PathBuf};

use gauze_signin::factors::FactorKey;
use zeroize::Zeroizing;

use crate::coded::Coded;
use crate::disk::{self, DiskError};
use crate::entropy::random;

/// In the keys directory.
const KEY: &str = "factors.key";
/// In the data directory.
const STORE: &str = "factors.sqlite";

/// Why the store of second factors cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// No randomness.
    #[error("the system gives no randomness")]
    Entropy,
    /// There are factors and no key.
    #[error("{}: there is no such key, and second factors that it sealed are there", .0.display())]
    Missing(PathBuf),
    /// The key file is not one.
    #[error("{}: no key of 32 bytes", .0.display())]
    Key(PathBuf),
}

impl Coded for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::Disk(error) => error.code(),
            Self::Entropy => "no_entropy",
            Self::Missing(_) => "factors_key_missing",
            Self::Key(_) => "factors_key",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Disk(error) => error.next_step(),
            Self::Entropy => "Restart the machine.",
            Self::Missing(_) | Self::Key(_) => {
                "Restore it from the backup of the keys directory. If there is none, move factors.sqlite away: everybody enrols again."
            }
        }
    }
}

/// The key that seals second factors: made where there is neither key nor store, in the keys directory, for its owner alone.
///
/// # Errors
/// [`StoreError`].
pub fn factor_key(keys: &Path, data: &Path) -> Result<FactorKey, StoreError> {
    let (path, store) = (keys.join(KEY), data.join(STORE));
    let secret = match disk::read_if_any(&path)? {
        Some(secret) => Zeroizing::new(secret),
        None if store.try_exists().map_err(disk::at(&store))? => return Err(StoreError::Missing(path)),
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
    Ok(data.join(STORE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_new_key_is_made_beside_factors_that_another_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let (keys, data) = (dir.path().join("keys"), dir.path().join("data"));
        std::fs::create_dir(&keys).unwrap();
        assert!(factor_key(&keys, &data).is_ok());
        let store = factor_store(&data).unwrap();
        disk::create(&store, &[], disk::PRIVATE).unwrap();
        assert!(factor_key(&keys, &data).is_ok());
        std::fs::remove_file(keys.join(KEY)).unwrap();
        let missing = factor_key(&keys, &data);
        assert_eq!(missing.err().map(|error| error.code()), Some("factors_key_missing"));
        assert!(!keys.join(KEY).exists());
        std::fs::remove_file(store).unwrap();
        assert!(factor_key(&keys, &data).is_ok());
    }
}
