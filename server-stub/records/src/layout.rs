//! Where things lie under `--data`. Paths are built from checked ids alone.
//!
//! Always: that a file or a directory is there proves nothing about the next power cut: who made it may have been killed
//! before the sync. What a receipt is to rest on is synced by this process.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gauze_people::Alone;
use gauze_wire::{Binding, CaptureId, DeviceId, Digest};
use sha2::{Digest as _, Sha256};

use crate::disk::{self, DiskError, at};

/// The data directory.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
    /// Directories whose names this process has synced, all the way up to the root's.
    durable: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), durable: Arc::default() }
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index.sqlite")
    }

    pub(crate) fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    pub(crate) fn bundles(&self) -> PathBuf {
        self.root.join("bundles")
    }

    /// What entries were judged by, and from where on.
    pub(crate) fn in_force(&self) -> PathBuf {
        self.root.join("in-force")
    }

    pub(crate) fn sealed_root(&self) -> PathBuf {
        self.root.join("sealed")
    }

    /// Where a filed photo lies.
    pub(crate) fn sealed(&self, binding: &Binding) -> PathBuf {
        self.sealed_root()
            .join(binding.tenant.as_str())
            .join(binding.device_id.as_str())
            .join(format!("{}.age", binding.capture_id))
    }

    /// Every file under `sealed`.
    pub(crate) fn sealed_files(&self) -> Result<Vec<PathBuf>, DiskError> {
        files_below(&self.sealed_root())
    }

    /// Where amendments of a phone's photos lie.
    pub(crate) fn amended(&self, device: &DeviceId) -> PathBuf {
        self.root.join("amended").join(device.as_str())
    }

    /// What stands in place of erased photos.
    pub(crate) fn erased(&self) -> PathBuf {
        self.root.join("erased")
    }

    /// What stands in place of one.
    pub(crate) fn tombstone(&self, device: &DeviceId, capture: &CaptureId) -> PathBuf {
        self.erased().join(device.as_str()).join(format!("{capture}.jws"))
    }

    /// What stands in place of a file that was refused and never filed: apart, since the phone's own photo may come under that name.
    pub(crate) fn tombstone_of_refused(
        &self,
        device: &DeviceId,
        capture: &CaptureId,
        sha256: &Digest,
    ) -> PathBuf {
        self.erased().join(device.as_str()).join(format!("{capture}.{sha256}.jws"))
    }

    /// Where a sealed photo lies that only the log before a restore knows.
    pub(crate) fn former(&self) -> PathBuf {
        self.root.join("former")
    }

    /// Where the bytes of a refused photo are kept.
    pub(crate) fn refused(&self, manifest: &Digest) -> PathBuf {
        self.root.join("refused").join(format!("{manifest}.age"))
    }

    /// Where a checkpoint that contradicts the log is kept.
    pub(crate) fn evidence(&self, note: &str) -> PathBuf {
        self.root.join("evidence").join(format!("{}.note", Digest::of(note.as_bytes())))
    }

    /// Makes a directory at or below the root, and every name that leads to it durable.
    pub(crate) fn make(&self, dir: &Path) -> Result<(), DiskError> {
        let durable = || self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if durable().contains(dir) && dir.is_dir() {
            return Ok(());
        }
        if dir == self.root {
            disk::make_dirs(dir)?;
            match disk::sync_dir(disk::parent(dir)) {
                // Above the root nobody need let us look.
                Err(error) if error.source.kind() != ErrorKind::PermissionDenied => return Err(error),
                Ok(()) | Err(_) => {}
            }
        } else {
            self.make(disk::parent(dir))?;
            disk::make_dir(dir)?;
        }
        durable().insert(dir.to_owned());
        Ok(())
    }

    /// Makes durable a whole file that was found under its name.
    pub(crate) fn settle(&self, file: &Path) -> Result<(), DiskError> {
        self.make(disk::parent(file))?;
        disk::sync_dir(disk::parent(file))
    }

    /// Makes the directories and takes the lock; `None` where another puller holds it. Downloads that were cut off
    /// by a crash are removed.
    pub(crate) fn prepare(&self) -> Result<Option<Alone>, DiskError> {
        for dir in [self.incoming(), self.bundles(), self.sealed_root(), self.root.join("refused")] {
            self.make(&dir)?;
        }
        let path = self.root.join("lock");
        let Some(lock) = Alone::take(&path).map_err(at(&path))? else { return Ok(None) };
        let incoming = self.incoming();
        for entry in fs::read_dir(&incoming).map_err(at(&incoming))? {
            let path = entry.map_err(at(&incoming))?.path();
            fs::remove_file(&path).map_err(at(&path))?;
        }
        Ok(Some(lock))
    }
}

/// Every file below a directory; none where there is no such directory.
pub(crate) fn files_below(dir: &Path) -> Result<Vec<PathBuf>, DiskError> {
    let (mut dirs, mut files) = (vec![dir.to_owned()], Vec::new());
    while let Some(dir) = dirs.pop().filter(|dir| dir.is_dir()) {
        for entry in fs::read_dir(&dir).map_err(at(&dir))? {
            let entry = entry.map_err(at(&dir))?;
            let kind = entry.file_type().map_err(at(&dir))?;
            if kind.is_dir() { &mut dirs } else { &mut files }.push(entry.path());
        }
    }
    Ok(files)
}

/// SHA-256 and length of a file; nothing where there is none.
pub(crate) fn measure(path: &Path) -> Result<Option<(Digest, u64)>, DiskError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    let (mut digest, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer).map_err(at(path))?;
        if read == 0 {
            return Ok(Some((Digest(digest.finalize().into()), size)));
        }
        digest.update(&buffer[..read]);
        size += read as u64;
    }
}
