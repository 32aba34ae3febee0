use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

use super::StoreError;

/// Keeps a second process out. Ours, because sled takes no lock on phones; it ends with the process.
pub struct LockFile {
    _file: File,
}

impl LockFile {
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let file = match OpenOptions::new().create(true).truncate(false).write(true).open(path) {
            // A directory in its place can be locked as well.
            Err(error) if error.kind() == ErrorKind::IsADirectory => File::open(path)?,
            opened => opened?,
        };
        lock(&file)?;
        Ok(Self { _file: file })
    }
}

/// Whether somebody holds a lock on the file at `path`.
pub fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(lock(&file), Err(StoreError::Busy)))
}

/// `flock(2)` itself: on Android the standard library's `File::try_lock` answers that there is none.
#[cfg(unix)]
fn lock(file: &File) -> Result<(), StoreError> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(StoreError::Busy),
        Err(error) => Err(std::io::Error::from(error).into()),
    }
}

#[cfg(not(unix))]
fn lock(file: &File) -> Result<(), StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}
