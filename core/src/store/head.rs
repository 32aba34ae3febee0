//! The ends of this phone's chains, kept before anything is erased: one per device key it has had.

use std::collections::BTreeMap;
use std::path::Path;

use gauze_wire::{Carried, DeviceId, Digest};
use serde::{Deserialize, Serialize};

use super::{StoreError, read_small};
use crate::ports::{Disk, write_durably};

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
#[derive(Clone, Debug, Default)]
pub struct Heads(BTreeMap<DeviceId, Head>);

const NAME: &str = "chain/heads.json";

impl Heads {
    /// The end of `device`'s chain.
    pub fn of(&self, device: &DeviceId) -> Option<Head> {
        self.0.get(device).copied()
    }

    /// Takes in a photo of `device`'s: the greater `seq` wins.
    pub fn advance(&mut self, device: &DeviceId, found: Head) {
        match self.0.get_mut(device) {
            Some(head) if found.seq > head.seq => *head = found,
            Some(_) => {}
            None => drop(self.0.insert(device.clone(), found)),
        }
    }

    pub(super) fn load(disk: &dyn Disk, dir: &Path) -> Result<Self, StoreError> {
        let Some(bytes) = read_small(disk, &dir.join(NAME))? else { return Ok(Self::default()) };
        let file: HeadFile = serde_json::from_slice(&bytes).map_err(|_| StoreError::Damaged)?;
        if file.v == 1 { Ok(Self(file.heads)) } else { Err(StoreError::Damaged) }
    }

    pub(super) fn save(&self, disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        let file = HeadFile { v: 1, heads: self.0.clone() };
        let bytes = serde_json::to_vec(&file).map_err(|_| StoreError::Damaged)?;
        Ok(write_durably(disk, &dir.join(NAME), &bytes)?)
    }
}
