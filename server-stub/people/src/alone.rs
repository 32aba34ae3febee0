//! Keeps a second process out of a directory.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// The lock of a directory (`flock(2)`), held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Alone(File);

impl Alone {
    /// Takes the lock that the file at `path` stands for; nothing where somebody else holds it.
    ///
    /// # Errors
    /// The file can neither be opened nor made, or locked.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Alone {
    /// Closing alone lets go only once nobody has a copy of the file: a child has one from its fork to its exec.
    fn drop(&mut self) {
        // Closing follows.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_let_go_of_though_a_copy_of_the_file_is_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let alone = Alone::take(&path).unwrap().unwrap();
        assert!(Alone::take(&path).unwrap().is_none());
        let copy = alone.0.try_clone().unwrap();
        drop(alone);
        assert!(Alone::take(&path).unwrap().is_some());
        drop(copy);
    }
}
