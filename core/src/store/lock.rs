use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::StoreError;

/// Keeps a second process out. Ours, because sled takes no lock on phones; it ends with the process.
pub struct LockFile {
    _file: File,
}

impl LockFile {
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
