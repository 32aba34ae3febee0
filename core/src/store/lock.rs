use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

use super::StoreError;

/// Keeps a second process out. Ours, because sled takes no lock on phones; it ends with the process.
pub struct LockFile {
    file: File,
}

impl LockFile {
    pub fn take(path: &Path) -> Result<Self, StoreError> {
        let file = match OpenOptions::new().create(true).truncate(false).write(true).open(path) {
            // A directory in its place can be locked as well.
            Err(error) if error.kind() == ErrorKind::IsADirectory => File::open(path)?,
            opened => opened?,
        };
        lock(&file)?;
        Ok(Self { file })
    }
}

impl Drop for LockFile {
    /// Closing alone lets go only once nobody has a copy of the file: a child has one from its fork to its exec.
    fn drop(&mut self) {
        unlock(&self.file);
    }
}

/// Whether somebody holds a lock on the file at `path`.
pub fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let held = matches!(lock(&file), Err(StoreError::Busy));
    drop(LockFile { file });
    held
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

/// Closing follows.
#[cfg(unix)]
fn unlock(file: &File) {
    let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock);
}

#[cfg(not(unix))]
fn unlock(file: &File) {
    let _ = file.unlock();
}

#[cfg(not(unix))]
fn lock(file: &File) -> Result<(), StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_let_go_of_though_a_copy_of_the_file_is_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let lock = LockFile::take(&path).unwrap();
        assert!(matches!(LockFile::take(&path), Err(StoreError::Busy)));
        let copy = lock.file.try_clone().unwrap();
        drop(lock);
        LockFile::take(&path).unwrap();
        drop(copy);
    }
}
