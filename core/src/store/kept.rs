//! Small files that a phone cannot do without. Each is kept twice, as `NAME` and as `copy/NAME`.
//!
//! Always: a write counts once both hold it, `NAME` first. One that does not hold what it should moves to `damaged/` and is
//! written anew from the other; one that cannot be read now is left as it is, and read again at the next start.

use std::path::{Path, PathBuf};

use super::{StoreError, read_small};
use crate::ports::{Disk, write_durably};

/// A file that is kept twice.
pub(crate) struct Twice<'a> {
    pub disk: &'a dyn Disk,
    pub dir: &'a Path,
    /// Below `dir`.
    pub name: &'static str,
}

/// What the two of them hold.
pub(crate) struct Found<T> {
    /// What was read: the newer first, then the other where it differs.
    pub whole: Vec<T>,
    /// Why nothing was, where there is something.
    pub trouble: Option<StoreError>,
}

impl<T> Found<T> {
    /// The newest that was read.
    pub fn first(self) -> Option<T> {
        self.whole.into_iter().next()
    }
}

impl Twice<'_> {
    fn paths(&self) -> [PathBuf; 2] {
        [self.dir.join(self.name), self.dir.join("copy").join(self.name)]
    }

    /// Where what was damaged is kept for people.
    fn aside(&self) -> PathBuf {
        self.dir.join("damaged").join(self.name.replace('/', "-"))
    }

    /// Reads it, and mends the half that is missing, damaged or older, where the disk lets it.
    pub fn read<T>(&self, parse: impl Fn(&[u8]) -> Option<T>) -> Found<T> {
        let mut whole: Vec<(Vec<u8>, T)> = Vec::new();
        let (mut trouble, mut to_mend) = (None, Vec::new());
        for path in self.paths() {
            match self.read_half(&path, &parse) {
                Ok(Some((bytes, value))) => {
                    let newer = whole.first().map(|(newer, _)| *newer == bytes);
                    if newer == Some(false) {
                        to_mend.push(path);
                    }
                    if newer != Some(true) {
                        whole.push((bytes, value));
                    }
                }
                Ok(None) => to_mend.push(path),
                Err(error) => {
                    if matches!(error, StoreError::Damaged) {
                        self.set_aside(&path);
                        to_mend.push(path);
                    }
                    trouble = Some(error);
                }
            }
        }
        if let Some((bytes, _)) = whole.first() {
            trouble = None;
            self.mend(&to_mend, bytes);
        }
        Found { whole: whole.into_iter().map(|(_, value)| value).collect(), trouble }
    }

    fn read_half<T>(
        &self,
        path: &Path,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<(Vec<u8>, T)>, StoreError> {
        let Some(bytes) = read_small(self.disk, path)? else { return Ok(None) };
        let value = parse(&bytes).ok_or(StoreError::Damaged)?;
        Ok(Some((bytes, value)))
    }

    fn mend(&self, halves: &[PathBuf], bytes: &[u8]) {
        for path in halves {
            if write_durably(self.disk, path, bytes).is_err() {
                tracing::warn!(file = self.name, "its other half could not be written anew");
            }
        }
    }

    /// Moves away what holds nothing, or leaves it where the disk does not even do that.
    fn set_aside(&self, path: &Path) {
        let aside = self.aside();
        let moved = self.disk.prepare(&self.dir.join("damaged")).and_then(|_| {
            self.disk.remove(&aside)?;
            self.disk.publish(path, &aside)
        });
        if moved.is_err() {
            tracing::warn!(file = self.name, "a damaged file could not be set aside");
        }
    }

    /// Writes it, both times.
    pub fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        for path in self.paths() {
            write_durably(self.disk, &path, bytes)?;
        }
        Ok(())
    }

    /// Removes it, with what was set aside of it. `NAME` goes last: where the process dies in between, it is still there.
    pub fn forget(&self) -> Result<(), StoreError> {
        let [path, copy] = self.paths();
        for gone in [self.aside(), copy, path] {
            self.disk.remove(&gone)?;
        }
        Ok(())
    }
}
