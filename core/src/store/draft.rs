//! A capture until it is durable.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::MutexGuard;

use gauze_wire::{CaptureId, Carried, Digest, Follows};

use super::{Durable, Entry, State, Store, StoreError, file};
use crate::ports::{DiskWrite, Syncing};

/// A capture in progress: the chain is held until it is committed or dropped, so a failed capture uses no `seq`.
pub struct Draft<'a> {
    pub(super) store: &'a Store,
    pub(super) state: MutexGuard<'a, State>,
    pub(super) id: CaptureId,
    pub(super) dir: PathBuf,
    /// The `seq` this photo will have.
    pub seq: u64,
    /// The previous body's hash.
    pub prev: Option<Digest>,
    /// At `seq` 1 of a re-enrolled phone: the chain it continues.
    pub follows: Option<Follows>,
    /// What is in the directory, on its way to the medium.
    pub(super) names: Vec<OsString>,
    pub(super) syncing: Vec<Syncing>,
    pub(super) committed: bool,
}

impl Draft<'_> {
    /// The photo.
    pub fn capture_id(&self) -> CaptureId {
        self.id
    }

    /// Creates a file of the photo that is being captured; [`Draft::keep`] takes it back.
    pub fn create(&self, name: &str) -> Result<Box<dyn DiskWrite>, StoreError> {
        Ok(self.store.disk.create(&self.dir.join(name))?)
    }

    /// Takes a file whose bytes are all written: its way to the medium begins.
    pub fn keep(&mut self, name: &str, file: Box<dyn DiskWrite>) {
        self.names.push(name.into());
        self.syncing.push(Syncing::begin(file));
    }

    /// Writes a whole small file of it.
    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let mut file = self.create(name)?;
        file.write_all(bytes)?;
        self.keep(name, file);
        Ok(())
    }

    /// Makes the photo durable. From here on it is never lost.
    pub fn commit(mut self, body: &[u8]) -> Result<Durable, StoreError> {
        self.put(file::BODY, body)?;
        let carried = Carried::from_bytes(body).map_err(|_| StoreError::Damaged)?;
        let disk = &*self.store.disk;
        let names_synced = disk.sync_dir(&self.dir);
        self.end_syncs().and(names_synced)?;
        disk.publish(&self.dir, &self.store.outbox().join(self.id.to_string()))?;
        self.committed = true;
        let entry = Entry::new(carried, &self.names);
        let (device, head) = entry.place();
        self.state.heads.advance(device, head);
        self.state.entries.insert(self.id, entry);
        Ok(Durable(self.id))
    }

    /// Waits for all of them, whatever becomes of one.
    fn end_syncs(&mut self) -> io::Result<()> {
        self.syncing.drain(..).map(Syncing::end).fold(Ok(()), Result::and)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if self.committed {
            return;
        }
        // A process that has run out of files needs one to remove these.
        let _ = self.end_syncs();
        // Where the rename happened and its sync failed, the photo has its name already, and was never ticked.
        for path in [self.dir.clone(), self.store.outbox().join(self.id.to_string())] {
            if self.store.disk.remove(&path).is_err() {
                tracing::warn!("a capture that failed left files; they go before the next one");
                self.state.leftovers.push(path);
            }
        }
    }
}
