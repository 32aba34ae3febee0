//! Sealed photos on flash: files are the truth, sled is an index that can be rebuilt from them.
//!
//! Always:
//! - A photo is there when its directory `outbox/CAPTURE_ID/` is: that name appears by one rename, after everything in
//!   it was synced. Where a photo stands is read off which files are in it.
//! - `chain/heads.json` is written, twice, before anything is erased, so the chain's head is the greater of it and the outbox.
//! - What cannot be read now is one photo's trouble: it stays, is counted, and is read again at the next opening.
//! - Nothing is deleted because it looks damaged: it moves to `quarantine/` and is shown. The one exception is a
//!   `.new-` directory, which was never ticked; a `.gone-` directory had its *filed* receipt verified first.
//!
//! Write order of a capture: `.new-ID/{photo.age, review.age, body.json}` written, each synced from when it is whole, the
//! directory with the last of them; once all are, renamed to `ID/`, `outbox/` synced. Order of an erasure: head file, rename to `.gone-ID`, removal.

mod draft;
mod entry;
mod error;
pub(crate) mod file;
mod head;
mod index;
mod kept;
mod lock;
mod proofs;
mod recover;
mod reports;
mod small;
mod trouble;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_wire::{CaptureId, Carried, DeviceId, Follows, ReportId, Tenant};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use draft::Draft;
pub use entry::{Entry, Kind, Stage};
pub use error::StoreError;
pub use head::{Head, Heads};
pub(crate) use kept::{Found, Twice};
pub use proofs::{Durable, Receipted};
pub use reports::{KeptReport, Tells, WaitingReport};
pub(crate) use small::read_small;
pub use trouble::{Progress, Trouble};

use crate::ports::{Disk, DiskRead, Entropy, SecretStore, write_durably};
use index::{Index, Known};
use lock::LockFile;
use reports::Waiting;

/// The store.
pub struct Store {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    state: Mutex<State>,
    index: Index,
    trouble: Option<StoreError>,
    unread_reports: Option<StoreError>,
    replacing: Mutex<()>,
    _lock: LockFile,
}

struct State {
    heads: Heads,
    entries: BTreeMap<CaptureId, Entry>,
    quarantined: Vec<String>,
    unreadable: Vec<String>,
    /// What failed captures and erasures left because the disk did not even remove it. Goes before the next capture, so
    /// that no two photos have one place in the chain, and with every run of the queue.
    leftovers: Vec<PathBuf>,
    /// What was reported and waits.
    reports: BTreeMap<ReportId, Waiting>,
    /// Photos whose erasure failed where nobody could tell whether they had left the outbox.
    doubtful: Vec<CaptureId>,
}

impl Store {
    /// Opens or creates the store in `dir`, finishing or undoing what a dead process left.
    pub fn open(
        dir: &Path,
        disk: Arc<dyn Disk>,
        secrets: &dyn SecretStore,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        StoreError::unless_held(disk.prepare(dir)?)?;
        let lock = LockFile::take(&dir.join("lock"))?;
        let recovered = recover::recover(&*disk, dir)?;
        let index = Index::open(&dir.join("index"), &*disk, secrets, entropy)?;
        let recover::Recovered { heads, entries, quarantined, unreadable } = recovered;
        let trouble = heads.unread().map(StoreError::again);
        let (leftovers, doubtful) = (Vec::new(), Vec::new());
        let reports = reports::recover(&*disk, dir);
        if let Err(error) = &reports {
            tracing::warn!(
                code = error.code(),
                "reports cannot be read now; they stay, and are read again at the next start"
            );
        }
        let unread_reports = reports.as_ref().err().map(StoreError::again);
        let reports = reports.unwrap_or_default();
        let state =
            Mutex::new(State { heads, entries, quarantined, unreadable, leftovers, reports, doubtful });
        let store = Self {
            disk,
            dir: dir.to_owned(),
            state,
            index,
            trouble,
            unread_reports,
            replacing: Mutex::default(),
            _lock: lock,
        };
        store.read_index();
        store.finish_voids();
        Ok(store)
    }

    /// Finishes what a dead process decided: a statement that is not signed yet takes its photo's place, whatever was said of that.
    fn finish_voids(&self) {
        for entry in self.those(|entry| entry.kind == Kind::Void) {
            let id = entry.capture_id;
            let finished = match self.read(id, file::VOID) {
                Ok(None) => self.finish_void(id),
                Ok(Some(_)) | Err(_) => Ok(()),
            };
            if let Err(error) = finished {
                tracing::warn!(code = error.code(), "a discarded photo is still to be removed");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_index(&self) {
        let mut state = self.state();
        for (id, known) in self.index.rows() {
            if let Some(entry) = state.entries.get_mut(&id) {
                match known {
                    Known::Progress(progress) => entry.progress = Some(progress),
                    Known::CarriedUntil(ms) => entry.carried_until_ms = Some(ms),
                }
            }
        }
    }

    /// Takes the next place in `device`'s chain. `follows` is used where the chain is empty.
    pub fn draft(
        &self,
        id: CaptureId,
        device: &DeviceId,
        follows: Option<Follows>,
    ) -> Result<Draft<'_>, StoreError> {
        let mut state = self.state();
        self.remove_leftovers(&mut state)?;
        let (seq, prev) = match state.heads.last(device)? {
            Some(head) => (head.seq + 1, Some(head.head)),
            None => (1, None),
        };
        let dir = self.outbox().join(format!(".new-{id}"));
        let follows = if seq == 1 { follows } else { None };
        let (names, syncing) = (Vec::new(), Vec::new());
        let draft =
            Draft { store: self, state, id, dir, seq, prev, follows, names, syncing, committed: false };
        self.disk.begin(&draft.dir)?;
        Ok(draft)
    }

    fn remove_leftovers(&self, state: &mut State) -> Result<(), StoreError> {
        while let Some(path) = state.leftovers.last() {
            self.disk.remove(path)?;
            state.leftovers.pop();
        }
        while let Some(&id) = state.doubtful.last() {
            if self.disk.list(&self.outbox().join(id.to_string()))?.is_empty() {
                self.disk.remove(&self.outbox().join(format!(".gone-{id}")))?;
                state.entries.remove(&id);
                self.index.forget(id);
            }
            state.doubtful.pop();
        }
        Ok(())
    }

    /// Removes what the disk did not remove before. Fails for as long as the disk does.
    pub fn sweep(&self) -> Result<(), StoreError> {
        self.remove_leftovers(&mut self.state())
    }

    /// Another key begins a chain on this phone.
    pub fn begin_chain(&self) -> Result<(), StoreError> {
        self.state().heads.begin(&*self.disk, &self.dir)
    }

    /// The present end of `device`'s chain.
    pub fn head(&self, device: &DeviceId) -> Option<Head> {
        self.state().heads.of(device)
    }

    /// Every photo on the phone, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.those(|_| true)
    }

    /// The photos that are `wanted`, oldest first.
    pub fn those(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        self.state().entries.values().filter(|entry| wanted(entry)).cloned().collect()
    }

    /// How many photos the gateway does not have yet.
    pub fn unsent(&self) -> u64 {
        self.state().entries.values().filter(|entry| entry.stage.is_unsent()).map(|_| 1).sum()
    }

    /// The newest photos, newest first.
    pub fn recent(&self, most: usize) -> Vec<Entry> {
        self.state().entries.values().rev().take(most).cloned().collect()
    }

    /// One photo.
    pub fn entry(&self, id: CaptureId) -> Option<Entry> {
        self.state().entries.get(&id).cloned()
    }

    /// Names of what was set aside as damaged.
    pub fn quarantined(&self) -> Vec<String> {
        self.state().quarantined.clone()
    }

    /// Names of photos that could not be read when the store was opened. They stay, and are read again at the next opening.
    pub fn unreadable(&self) -> Vec<String> {
        self.state().unreadable.clone()
    }

    /// Why the ends of the chains are known from the photos on the phone alone.
    pub fn trouble(&self) -> Option<&StoreError> {
        self.trouble.as_ref()
    }

    /// Whose phone this was, by its newest photo: where nothing else tells it any more.
    pub fn former(&self) -> Option<(DeviceId, Tenant)> {
        let newest = self.state().entries.last_key_value().map(|(id, _)| *id)?;
        let carried = Carried::from_bytes(&self.read(newest, file::BODY).ok()??).ok()?;
        Some((carried.body.device_id, carried.body.tenant))
    }

    /// Proof for the queue that a photo found on opening is on flash.
    pub fn durable(&self) -> Vec<Durable> {
        self.state().entries.keys().copied().map(Durable).collect()
    }

    /// Where a photo's file is.
    pub fn path(&self, id: CaptureId, name: &str) -> PathBuf {
        self.outbox().join(id.to_string()).join(name)
    }

    /// Reads a small file of a photo; `None` where it is missing.
    pub fn read(&self, id: CaptureId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        read_small(&*self.disk, &self.path(id, name))
    }

    /// Opens a photo's sealed file.
    pub fn open_photo(&self, id: CaptureId) -> Result<Box<dyn DiskRead>, StoreError> {
        Ok(self.disk.open(&self.path(id, file::PHOTO))?)
    }

    /// Adds or replaces a small file of a photo, durably, and reads its stage anew.
    pub fn write(&self, id: CaptureId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        if self.entry(id).is_none() {
            return Err(StoreError::Unknown);
        }
        write_durably(&*self.disk, &self.path(id, name), bytes)?;
        self.refresh(id)
    }

    /// Takes in a receipt of a photo, durably; one that is kept already is not written again. Refused where a statement has
    /// taken the photo's place meanwhile: it was said of the photo.
    pub fn receive(&self, id: CaptureId, name: &str, receipt: &[u8]) -> Result<(), StoreError> {
        let _alone = self.replacing();
        let entry = self.entry(id).ok_or(StoreError::Unknown)?;
        if entry.kind == Kind::Void && self.read(id, file::VOID)?.is_none() {
            return Err(StoreError::Unknown);
        }
        if self.read(id, name).is_ok_and(|kept| kept.as_deref() == Some(receipt)) {
            return Ok(());
        }
        self.write(id, name, receipt)
    }

    /// Held while a statement takes a photo's place, and while a receipt is written that may be the photo's.
    fn replacing(&self) -> MutexGuard<'_, ()> {
        self.replacing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the receipts of a photo that the gateway no longer holds, that is signed for anew because the hospital refused it, or whose
    /// signed word was lost: it is unsent again.
    pub fn unstore(&self, id: CaptureId) -> Result<(), StoreError> {
        // In this order: with its *stored* receipt alone it is asked for, and refused or filed again.
        self.disk.remove(&self.path(id, file::FILED))?;
        self.disk.remove(&self.path(id, file::REFUSED))?;
        self.disk.remove(&self.path(id, file::STORED))?;
        self.refresh(id)
    }

    /// Removes preview and review of a photo: ends its review on this phone.
    pub fn end_review(&self, id: CaptureId) -> Result<(), StoreError> {
        self.disk.remove(&self.path(id, file::PREVIEW))?;
        self.disk.remove(&self.path(id, file::REVIEW))?;
        self.refresh(id)
    }

    /// Decides that a photo will never come, unsent or refused by the hospital: `statement` is durable before the sealed photo
    /// goes.
    pub fn void(&self, id: CaptureId, statement: &[u8]) -> Result<(), StoreError> {
        let _alone = self.replacing();
        let entry = self.entry(id).ok_or(StoreError::Unknown)?;
        // Said before, and not finished.
        if entry.kind == Kind::Void && self.read(id, file::VOID)?.is_none() {
            return self.clear_for_void(id);
        }
        if !entry.can_be_voided() {
            return Err(StoreError::AlreadySent);
        }
        self.write(id, file::VOID_BODY, statement)?;
        self.clear_for_void(id)
    }

    /// Removes the photo of a void whose statement is durable: where the process died in between.
    pub fn finish_void(&self, id: CaptureId) -> Result<(), StoreError> {
        let _alone = self.replacing();
        self.clear_for_void(id)
    }

    fn clear_for_void(&self, id: CaptureId) -> Result<(), StoreError> {
        self.disk.remove(&self.path(id, file::PHOTO))?;
        if self.read(id, file::VOID)?.is_none() {
            // What was said of the photo is not said of the statement in its place.
            self.unstore(id)?;
        }
        self.end_review(id)
    }

    /// Erases a photo that the hospital has filed.
    pub fn erase(&self, receipted: Receipted) -> Result<(), StoreError> {
        let Receipted(id) = receipted;
        self.remove(id)
    }

    /// Lets go of a statement that a photo will not come, once the hospital has answered it: filed or not, it was said.
    pub fn end_void(&self, id: CaptureId) -> Result<(), StoreError> {
        let entry = self.entry(id).ok_or(StoreError::Unknown)?;
        if entry.kind != Kind::Void || entry.stage != Stage::Refused || self.read(id, file::VOID)?.is_none() {
            return Err(StoreError::AlreadySent);
        }
        self.remove(id)
    }

    fn remove(&self, id: CaptureId) -> Result<(), StoreError> {
        let mut state = self.state();
        if !state.entries.contains_key(&id) {
            return Err(StoreError::Unknown);
        }
        state.heads.save(&*self.disk, &self.dir)?;
        let gone = self.outbox().join(format!(".gone-{id}"));
        if let Err(error) = self.disk.publish(&self.outbox().join(id.to_string()), &gone) {
            // Whether the rename happened and only its sync failed is seen once the disk works.
            state.doubtful.push(id);
            return Err(error.into());
        }
        state.entries.remove(&id);
        self.index.forget(id);
        // It has left the outbox; a disk that fails only now keeps bytes, not a photo.
        if self.disk.remove(&gone).is_err() {
            state.leftovers.push(gone);
        }
        Ok(())
    }

    /// Keeps how far the queue got with a photo, or that nothing stops it. Lost without harm.
    pub fn set_progress(&self, id: CaptureId, progress: Option<Progress>) {
        if let Some(entry) = self.state().entries.get_mut(&id)
            && entry.progress != progress
        {
            self.index.set_progress(id, progress);
            entry.progress = progress;
        }
    }

    /// Keeps until when the operating system has the file, or that it has it no longer. Lost without harm.
    pub fn set_carried(&self, id: CaptureId, until_ms: Option<i64>) {
        if let Some(entry) = self.state().entries.get_mut(&id)
            && entry.carried_until_ms != until_ms
        {
            self.index.set_carried(id, until_ms);
            entry.carried_until_ms = until_ms;
        }
    }

    /// Keeps who is signed in, sealed with the store key, or forgets it. Lost without harm: they sign in again.
    pub fn keep_session(&self, session: Option<&impl Serialize>) {
        self.index.set_session(session);
    }

    /// Who was signed in.
    pub fn session<T: DeserializeOwned>(&self) -> Option<T> {
        self.index.session()
    }

    /// Keeps which notices were read here, sealed with the store key. Lost without harm: they are shown again.
    pub fn keep_notices_read(&self, read: &impl Serialize) {
        self.index.set_notices_read(read);
    }

    /// Which notices were read here.
    pub fn notices_read<T: DeserializeOwned>(&self) -> Option<T> {
        self.index.notices_read()
    }

    /// Makes the index unreadable for whoever takes the phone: its key is gone, its rows too.
    pub fn forget_progress(&self) {
        for entry in self.state().entries.values_mut() {
            entry.progress = None;
        }
        self.index.clear();
    }

    fn refresh(&self, id: CaptureId) -> Result<(), StoreError> {
        let files = self.disk.list(&self.outbox().join(id.to_string()))?;
        if let Some(entry) = self.state().entries.get_mut(&id) {
            entry.read_stage(&files);
        }
        Ok(())
    }

    fn outbox(&self) -> PathBuf {
        self.dir.join("outbox")
    }
}
