//! Where tombstones lie, and what goes once one is there.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_wire::{CaptureId, DeviceId, Jws, PublicKey, Signer, Tenant};

use super::Tombstone;
use crate::disk::{self, DiskError, PUBLIC, at};
use crate::index::PhotoRow;
use crate::layout::{Layout, files_below};

/// The tombstones of one directory, as far as they are believed.
#[derive(Clone)]
pub(crate) struct Tombstones {
    pub(crate) layout: Layout,
    pub(crate) tenant: Tenant,
    /// Records keys whose word counts.
    pub(crate) believed: Arc<[PublicKey]>,
}

impl Tombstones {
    fn read(&self, path: &Path) -> Result<Option<Tombstone>, DiskError> {
        let Some(bytes) = disk::read_if_any(path)? else { return Ok(None) };
        let jws = String::from_utf8(bytes).ok().and_then(|text| Jws::parse(text.trim()).ok());
        let read = jws.and_then(|jws| jws.verify_by::<Tombstone>(&self.believed, &self.tenant).ok());
        let belongs = |it: &Tombstone| self.layout.tombstone(&it.device_id, &it.capture_id) == path;
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

    /// Every file there, with what it says where it counts.
    pub(crate) fn all(&self) -> Result<Vec<(PathBuf, Option<Tombstone>)>, DiskError> {
        let mut all = Vec::new();
        for path in files_below(&self.layout.erased())? {
            if path.extension().is_some_and(|extension| extension == "jws") {
                let read = self.read(&path)?;
                all.push((path, read));
            }
        }
        Ok(all)
    }

    /// Signs one and makes it lasting. From here on the photo is erased.
    pub(crate) fn put(&self, tombstone: &Tombstone, key: &dyn Signer) -> Result<(), DiskError> {
        let path = self.layout.tombstone(&tombstone.device_id, &tombstone.capture_id);
        let unsigned = |_| at(&path)(ErrorKind::InvalidData.into());
        let jws = Jws::sign(tombstone, key).map_err(unsigned)?;
        self.layout.make(disk::parent(&path))?;
        disk::replace(&path, jws.as_str().as_bytes(), PUBLIC)
    }

    /// Removes every file of a photo: sealed, kept from before a restore, refused under another signature, amended.
    pub(crate) fn sweep(&self, rows: &[PhotoRow]) -> Result<(), DiskError> {
        for row in rows {
            let sealed = self.layout.sealed(&row.binding(&self.tenant));
            remove(&sealed)?;
            if let Ok(below) = sealed.strip_prefix(self.layout.sealed_root()) {
                remove(&self.layout.former().join(below))?;
            }
            remove(&self.layout.refused(&row.manifest_sha256))?;
            self.sweep_amendments(row)?;
        }
        Ok(())
    }

    fn sweep_amendments(&self, row: &PhotoRow) -> Result<(), DiskError> {
        let dir = self.layout.amended(&row.chain_device);
        let of = format!("{}.", row.capture_id);
        for path in files_below(&dir)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(&of) {
                remove(&path)?;
            }
        }
        Ok(())
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
