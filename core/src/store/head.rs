//! The ends of this phone's chains, kept before anything is erased: one per device key it has had.

use std::collections::BTreeMap;
use std::path::Path;

use gauze_wire::{Carried, DeviceId, Digest};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::kept::{Found, Twice};
use crate::ports::Disk;

/// The last body of a chain, or any on the way there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The last `seq` used.
    pub seq: u64,
    /// SHA-256 of that body.
    pub head: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadFile {
    v: u32,
    heads: BTreeMap<DeviceId, Head>,
}

impl From<&Carried> for Head {
    fn from(carried: &Carried) -> Self {
        Self { seq: carried.body.seq, head: carried.hash }
    }
}

/// All heads of a phone.
#[derive(Debug, Default)]
pub struct Heads {
    heads: BTreeMap<DeviceId, Head>,
    /// What is known to be on flash: writing the same again is no work.
    saved: Option<BTreeMap<DeviceId, Head>>,
    /// Why nothing of them was read, where there is something.
    unread: Option<StoreError>,
    /// The same, since a new key has begun a chain that it cannot tell of.
    begun_blind: Option<StoreError>,
}

const NAME: &str = "chain/heads.json";

impl Heads {
    /// The end of `device`'s chain.
    pub fn of(&self, device: &DeviceId) -> Option<Head> {
        self.heads.get(device).copied()
    }

    /// The key that has signed, where there has been one alone.
    pub(super) fn only(&self) -> Option<&DeviceId> {
        let mut devices = self.heads.keys();
        devices.next().filter(|_| devices.next().is_none())
    }

    /// The last place of each that is kept; nothing where that is not known.
    pub(super) fn seqs(&self) -> Option<BTreeMap<DeviceId, u64>> {
        let seqs = || self.heads.iter().map(|(device, head)| (device.clone(), head.seq)).collect();
        self.unread.is_none().then(seqs)
    }

    /// Takes in a photo of `device`'s: the greater `seq` wins.
    pub fn advance(&mut self, device: &DeviceId, found: Head) {
        match self.heads.get_mut(device) {
            Some(head) if found.seq > head.seq => *head = found,
            Some(_) => {}
            None => drop(self.heads.insert(device.clone(), found)),
        }
    }

    /// Leaves out places that belong to photos which do not tell theirs: the hospital sees a gap, and nobody a fork.
    pub(super) fn leave_out(&mut self, device: &DeviceId, places: u64) {
        if let Some(head) = self.heads.get_mut(device) {
            head.seq = head.seq.saturating_add(places);
        }
    }

    /// Reads them, and what keeps them from being read. Both halves count: neither may be behind an erasure.
    pub(super) fn load(disk: &dyn Disk, dir: &Path) -> Self {
        let file = Twice { disk, dir, name: NAME };
        let Found { whole, trouble } = file.read_json::<HeadFile>();
        // Set aside at an earlier start, and nothing kept since: they are as lost as they were then.
        let lost = || file.is_set_aside().then_some(StoreError::Damaged);
        let unread = if whole.is_empty() { trouble.or_else(lost) } else { None };
        let mut heads = Self { unread, ..Self::default() };
        for (device, head) in whole.into_iter().flat_map(|file| file.heads) {
            heads.advance(&device, head);
        }
        heads
    }

    /// Why nothing of them was read, where there is something.
    pub(super) fn unread(&self) -> Option<&StoreError> {
        self.unread.as_ref()
    }

    /// The last place used in `device`'s chain; an error where nothing tells it.
    pub(super) fn last(&self, device: &DeviceId) -> Result<Option<Head>, StoreError> {
        match (self.of(device), &self.unread) {
            (None, Some(unread)) => Err(unread.again()),
            (head, _) => Ok(head),
        }
    }

    /// A key that has never signed begins a chain: whatever the file tells is another's.
    pub(super) fn begin(&mut self, disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        match self.unread.take_if(|unread| !matches!(unread, StoreError::Damaged)) {
            // The file stays for whoever can read it; until then nothing is written over it.
            Some(unread) => {
                self.begun_blind = Some(unread);
                Ok(())
            }
            None if self.unread.take().is_some() => self.save(disk, dir),
            None => Ok(()),
        }
    }

    pub(super) fn save(&mut self, disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        if self.saved.as_ref() == Some(&self.heads) {
            return Ok(());
        }
        // It may tell of more than is known here.
        let unread = self.unread.as_ref().or(self.begun_blind.as_ref());
        if let Some(unread) = unread.filter(|unread| !matches!(unread, StoreError::Damaged)) {
            return Err(unread.again());
        }
        let file = HeadFile { v: 1, heads: self.heads.clone() };
        let bytes = serde_json::to_vec(&file).map_err(|_| StoreError::Damaged)?;
        self.saved = None;
        Twice { disk, dir, name: NAME }.write(&bytes)?;
        self.saved = Some(file.heads);
        Ok(())
    }
}
