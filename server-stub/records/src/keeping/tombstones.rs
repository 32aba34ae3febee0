//! Where tombstones lie, and what goes once one is there.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_wire::{CaptureId, DeviceId, Jws, PublicKey, Signer, Tenant};

use super::Tombstone;
use crate::disk::{self, DiskError, PUBLIC, at};
use crate::index::PhotoRow;
use crate::layout::{Layout, files_below, measure};

/// The tombstones of one directory, as far as they are believed.
#[derive(Clone)]
pub(crate) struct Tombstones {
    pub(crate) layout: Layout,
    pub(crate) tenant: Tenant,
    /// Records keys whose word counts.
    pub(crate) believed: Arc<[PublicKey]>,
}

/// One file among them.
pub(crate) struct Lying {
    pub(crate) path: PathBuf,
    /// Nothing where it does not count.
    pub(crate) says: Result<Option<Tombstone>, DiskError>,
}

impl Tombstones {
    fn read(&self, path: &Path) -> Result<Option<Tombstone>, DiskError> {
        let Some(bytes) = disk::read_if_any(path)? else { return Ok(None) };
        let jws = String::from_utf8(bytes).ok().and_then(|text| Jws::parse(text.trim()).ok());
        let read = jws.and_then(|jws| jws.verify_by::<Tombstone>(&self.believed, &self.tenant).ok());
        let belongs = |it: &Tombstone| it.path(&self.layout) == path;
        let believed = read.filter(belongs);
        if believed.is_none() {
            tracing::error!(path = %path.display(), "a tombstone is not as it was signed, and does not count");
        }
        Ok(believed)
    }

    /// What stands in place of a photo; nothing where it was not erased, or where nobody of ours signed that it was.
    pub(crate) fn of(&self, device: &DeviceId, capture: &CaptureId) -> Result<Option<Tombstone>, DiskError> {
        self.read(&self.layout.tombstone(device, capture))
    }

    /// What stands in place of a file that was refused and never filed.
    pub(crate) fn of_refused(&self, row: &PhotoRow) -> Result<Option<Tombstone>, DiskError> {
        self.read(&self.layout.tombstone_of_refused(&row.chain_device, &row.capture_id, &row.sha256))
    }

    /// What stands in place of the file that a row is of, refused or filed.
    pub(crate) fn standing_for(&self, row: &PhotoRow) -> Result<Option<Tombstone>, DiskError> {
        match self.of_refused(row)? {
            Some(tombstone) => Ok(Some(tombstone)),
            None => {
                let filed = self.of(&row.chain_device, &row.capture_id)?;
                Ok(filed.filter(|tombstone| tombstone.sha256 == row.sha256))
            }
        }
    }

    /// Every file there, with what it says where it counts, or why it cannot be read.
    pub(crate) fn all(&self) -> Result<Vec<Lying>, DiskError> {
        let tombstone = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jws");
        let paths = files_below(&self.layout.erased())?.into_iter().filter(tombstone);
        Ok(paths.map(|path| (self.read(&path), path)).map(|(says, path)| Lying { path, says }).collect())
    }

    /// Signs one and makes it lasting, unless one lies there: what was erased once keeps the word of that time. From here on the photo is
    /// erased.
    pub(crate) fn put(&self, tombstone: Tombstone, key: &dyn Signer) -> Result<Tombstone, DiskError> {
        let path = tombstone.path(&self.layout);
        if let Some(lies) = self.read(&path)? {
            return Ok(lies);
        }
        let unsigned = |_| at(&path)(ErrorKind::InvalidData.into());
        let jws = Jws::sign(&tombstone, key).map_err(unsigned)?;
        self.layout.make(disk::parent(&path))?;
        disk::replace(&path, jws.as_str().as_bytes(), PUBLIC)?;
        Ok(tombstone)
    }

    /// Whether a file lies where this one belongs, whatever it says.
    pub(crate) fn lies(&self, tombstone: &Tombstone) -> bool {
        tombstone.path(&self.layout).is_file()
    }

    /// Removes every file of a photo: sealed, kept from before a restore, refused under another signature, amended. What cannot be
    /// removed keeps none of the others.
    pub(crate) fn sweep(&self, rows: &[PhotoRow]) -> Result<(), DiskError> {
        let mut done = Ok(());
        for row in rows {
            let sealed = self.layout.sealed(&row.binding(&self.tenant));
            let former = sealed.strip_prefix(self.layout.sealed_root());
            let former = former.map(|below| self.layout.former().join(below)).ok();
            let refused = self.layout.refused(&row.manifest_sha256);
            for path in [sealed, refused].into_iter().chain(former) {
                done = done.and(remove(&path));
            }
            match self.amendments(row) {
                Ok(paths) => done = paths.iter().fold(done, |done, path| done.and(remove(path))),
                Err(error) => done = done.and(Err(error)),
            }
        }
        done
    }

    /// Removes what was kept of photos that were never filed, and what a fetch that was under way moved into `sealed`. What else lies there
    /// under their name is another photo.
    pub(crate) fn sweep_refused(&self, rows: &[PhotoRow]) -> Result<(), DiskError> {
        let mut done = Ok(());
        for row in rows {
            done = done.and(remove(&self.layout.refused(&row.manifest_sha256)));
            let sealed = self.layout.sealed(&row.binding(&self.tenant));
            done = done.and(match measure(&sealed) {
                Ok(Some(found)) if found == (row.sha256, row.size) => remove(&sealed),
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            });
        }
        done
    }

    /// Also under the key that signed for it: what was written there before counted for nothing, and may name a patient.
    fn amendments(&self, row: &PhotoRow) -> Result<Vec<PathBuf>, DiskError> {
        let of = format!("{}.", row.capture_id);
        let is = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&of))
        };
        let mut all = Vec::new();
        for device in BTreeSet::from([&row.chain_device, &row.device_id]) {
            all.extend(files_below(&self.layout.amended(device))?.into_iter().filter(is));
        }
        Ok(all)
    }
}

/// Removes a file where there is one, so that it is gone after a power cut too.
fn remove(path: &Path) -> Result<(), DiskError> {
    match fs::remove_file(path) {
        Ok(()) => disk::sync_dir(disk::parent(path)),
        // What a power cut brings back is removed at the next start.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}
