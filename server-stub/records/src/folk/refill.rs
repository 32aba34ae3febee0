//! Making rows again from the filed photos: those that an older version filed, those whose process was killed, and all of
//! them where the tenant identity is another one.

use std::fs::File;
use std::sync::Arc;

use gauze_wire::{Manifest, Record};

use super::{Folk, FolkError};
use crate::amend::{AmendError, AmendmentFiles};
use crate::blind::{Entry, FolkKeys};
use crate::coded::Coded as _;
use crate::disk::at;
use crate::index::{IndexError, PhotoRow};
use crate::open::inspect;

/// What a refill came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refilled {
    /// Rows made.
    pub made: u64,
    /// Photos that were tried and whose file is not there or does not open: `verify` tells which.
    pub missing: u64,
    /// Photos that stand in the tray, since an amendment of them cannot be read.
    pub damaged: u64,
}

impl Folk {
    /// Makes what is missing. It opens every photo that it makes a row of, a few at a time; what failed is tried again in a
    /// later round, each time less soon.
    pub async fn refill(&self) -> Result<Refilled, FolkError> {
        if self.index.folk_under(&self.keys.fingerprint()).await? {
            tracing::warn!("the tenant identity is another one: the index for people is made again");
        }
        self.later.begin();
        let (mut refilled, mut from) = (Refilled::default(), 0);
        loop {
            let seen = self.amends.seen();
            let rows = self.index.without_folk(from).await?;
            let Some(last) = rows.last() else { return Ok(refilled) };
            from = last.log_index + 1;
            let mut entries = Vec::new();
            for row in rows {
                if !seen.amends(row.log_index) && self.later.due(row.log_index) {
                    entries.extend(self.tried(row, &mut refilled).await);
                }
            }
            // Where an amendment came between, the rows may be of the state before it: the next round makes them.
            if self.index.add_folk(&entries, || self.amends.seen() == seen).await? {
                refilled.made += entries.iter().filter(|(_, entry)| !entry.damaged).count() as u64;
                refilled.damaged += entries.iter().filter(|(_, entry)| entry.damaged).count() as u64;
            }
        }
    }

    /// One photo's entry, or a note of when to try again: one that does not open keeps no other out.
    async fn tried(&self, row: PhotoRow, refilled: &mut Refilled) -> Option<(u64, Entry)> {
        let (log_index, capture_id) = (row.log_index, row.capture_id);
        match self.entry(row).await {
            Ok(made) => {
                if made.1.damaged {
                    self.later.failed(log_index);
                } else {
                    self.later.forget(log_index);
                }
                Some(made)
            }
            Err(error) => {
                refilled.missing += 1;
                let rounds = self.later.failed(log_index);
                let code = error.code();
                tracing::warn!(%capture_id, code, %error, rounds, "a photo does not get into the index for people");
                None
            }
        }
    }

    /// Makes one photo's row again.
    pub(super) async fn remake(&self, row: PhotoRow) -> Result<(), FolkError> {
        self.later.forget(row.log_index);
        let entry = self.entry(row).await?;
        self.index.add_folk(&[entry], || true).await?;
        Ok(())
    }

    async fn entry(&self, row: PhotoRow) -> Result<(u64, Entry), FolkError> {
        let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
        let manifest = Manifest::peek(&jws).map_err(IndexError::from)?;
        let log_index = row.log_index;
        let work = Remaking { row, manifest, files: self.files.clone(), keys: self.keys.clone() };
        let stopped = |_| IndexError::Damaged("photo");
        let made = tokio::task::spawn_blocking(move || work.make()).await.map_err(stopped)??;
        Ok((log_index, made))
    }
}

/// What is needed to make a row again, on a thread that may block.
struct Remaking {
    row: PhotoRow,
    manifest: Manifest,
    files: AmendmentFiles,
    keys: Arc<FolkKeys>,
}

impl Remaking {
    fn make(self) -> Result<Entry, FolkError> {
        let record = self.record()?;
        let team = self.row.gist.as_ref().and_then(|gist| gist.team.as_ref());
        match self.files.stand(record.clone(), self.row.manifest_sha256) {
            Ok(standing) => {
                let amended = u32::try_from(standing.amendments.len()).unwrap_or(u32::MAX);
                Ok(Entry::of(&self.keys, &standing.now, team, amended)?)
            }
            Err(AmendError::Disk(error)) => Err(error.into()),
            // What cannot be read may have taken the photo from its patient: it is shown as nobody's until it can.
            Err(error) => {
                tracing::error!(capture_id = %self.row.capture_id, %error, "an amendment cannot be read: its photo stands in the tray");
                let amended = self.files.count(&record.device_id, &record.capture_id);
                Ok(Entry::unsure(&self.keys, record, team, amended)?)
            }
        }
    }

    fn record(&self) -> Result<Record, FolkError> {
        let path = self.files.layout.sealed(&self.row.binding(&self.files.tenant));
        let mut file = File::open(&path).map_err(at(&path))?;
        let body = &self.manifest.carried().body;
        let record = inspect(&mut file, &self.files.identities, body).map_err(at(&path))?;
        Ok(record.map_err(|_| IndexError::Damaged("photo"))?)
    }
}
