//! Small files that a phone cannot do without. Each is kept twice, as `DIR/NAME` and as `DIR/copy/NAME`: in one directory, so that
//! the system protects both alike.
//!
//! Always: a write counts once both hold it, `NAME` first. One that does not hold what it should moves to `DIR/damaged/` and is
//! written anew from the other; one that cannot be read now is left as it is, and read again at the next start.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{StoreError, read_small};
use crate::ports::{Disk, write_durably};

/// A file that is kept twice.
pub(crate) struct Twice<'a> {
    pub disk: &'a dyn Disk,
    pub dir: &'a Path,
    /// Below `dir`.
    pub name: &'static str,
}

/// What each that is JSON says of itself.
#[derive(Deserialize)]
struct Version {
    v: u32,
}

/// What the two of them hold.
pub(crate) struct Found<T> {
    /// What was read: the newer first, then the other where it differs.
    pub whole: Vec<T>,
    /// Why nothing was, where there is something.
    pub trouble: Option<StoreError>,
}

impl<T> Found<T> {
    /// Whether there is none, or none that anybody could ever read: another may take its place. What cannot be read now is an error.
    pub fn or_unread(self) -> Result<Option<T>, StoreError> {
        match (self.whole.into_iter().next(), self.trouble) {
            (Some(first), _) => Ok(Some(first)),
            (None, None | Some(StoreError::Damaged)) => Ok(None),
            (None, Some(unread)) => Err(unread),
        }
    }
}

impl Twice<'_> {
    fn paths(&self) -> [PathBuf; 2] {
        let path = self.dir.join(self.name);
        let copy = self.beside("copy", "");
        [path, copy]
    }

    /// Where what was damaged of either half is kept for people.
    fn asides(&self) -> [PathBuf; 2] {
        [self.beside("damaged", ""), self.beside("damaged", ".copy")]
    }

    /// Its name with `ending`, in another directory beside it.
    fn beside(&self, dir: &str, ending: &str) -> PathBuf {
        let path = self.dir.join(self.name);
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(ending);
        path.with_file_name(dir).join(name)
    }

    /// Reads one that is JSON in version 1.
    pub fn read_json<T: DeserializeOwned>(&self) -> Found<T> {
        self.read(|bytes| {
            let version: Version = serde_json::from_slice(bytes).ok()?;
            serde_json::from_slice(bytes).ok().filter(|_| version.v == 1)
        })
    }

    /// Reads it, and mends the half that is missing, damaged or older, where the disk lets it.
    pub fn read<T>(&self, parse: impl Fn(&[u8]) -> Option<T>) -> Found<T> {
        let mut whole: Vec<(Vec<u8>, T)> = Vec::new();
        let (mut trouble, mut to_mend) = (None, Vec::new());
        for (path, aside) in self.paths().into_iter().zip(self.asides()) {
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
                Err(StoreError::Damaged) => {
                    self.set_aside(&path, &aside);
                    to_mend.push(path);
                    // What cannot be read now may be whole.
                    trouble = trouble.or(Some(StoreError::Damaged));
                }
                Err(error) => trouble = Some(error),
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
    fn set_aside(&self, path: &Path, aside: &Path) {
        let moved = self.disk.prepare(aside.parent().unwrap_or(self.dir)).and_then(|_| {
            self.disk.remove(aside)?;
            self.disk.publish(path, aside)
        });
        if moved.is_err() {
            tracing::warn!(file = self.name, "a damaged file could not be set aside");
        }
    }

    /// Whether either half was once set aside.
    pub fn is_set_aside(&self) -> bool {
        self.asides().iter().any(|aside| self.disk.open(aside).is_ok())
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
        let ([path, copy], [one, other]) = (self.paths(), self.asides());
        for gone in [one, other, copy, path] {
            self.disk.remove(&gone)?;
        }
        Ok(())
    }
}
