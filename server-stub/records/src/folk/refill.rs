//! Making rows again from the filed photos: those that an older version filed, those whose process was killed, and all of
//! them where the tenant identity is another one.

use std::fs::File;
use std::sync::Arc;

use gauze_wire::{Manifest, Record};

use super::{Folk, FolkError};
use crate::amend::{AmendError, AmendmentFiles};
use crate::blind::{Entry, FolkKeys};
use crate::disk::at;
use crate::index::{IndexError, PhotoRow};
use crate::open::inspect;

/// What a refill came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refilled {
    /// Rows made.
    pub made: u64,
    /// Photos whose file is not there or does not open: `verify` tells which.
    pub missing: u64,
}

impl Folk {
    /// Makes what is missing. It opens every photo that it makes a row of, a few at a time.
    pub async fn refill(&self) -> Result<Refilled, FolkError> {
        if self.index.folk_under(&self.keys.fingerprint()).await? {
            tracing::warn!("the tenant identity is another one: the index for people is made again");
        }
        let (mut refilled, mut from) = (Refilled::default(), 0);
        loop {
            let rows = self.index.without_folk(from).await?;
            let Some(last) = rows.last() else { return Ok(refilled) };
            from = last.log_index + 1;
            let mut entries = Vec::new();
            for row in rows {
                match self.entry(row).await? {
                    Some(entry) => entries.push(entry),
                    None => refilled.missing += 1,
                }
            }
            refilled.made += entries.len() as u64;
            self.index.add_folk(&entries).await?;
        }
    }

    /// Makes one photo's row again.
    pub(super) async fn remake(&self, row: PhotoRow) -> Result<(), FolkError> {
        match self.entry(row).await? {
            Some(entry) => Ok(self.index.add_folk(&[entry]).await?),
            None => Err(IndexError::Damaged("photo").into()),
        }
    }

    async fn entry(&self, row: PhotoRow) -> Result<Option<(u64, Entry)>, FolkError> {
        let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
        let manifest = Manifest::peek(&jws).map_err(IndexError::from)?;
        let log_index = row.log_index;
        let work = Remaking { row, manifest, files: self.files.clone(), keys: self.keys.clone() };
        let stopped = |_| IndexError::Damaged("photo");
        let made = tokio::task::spawn_blocking(move || work.make()).await.map_err(stopped)??;
        Ok(made.map(|entry| (log_index, entry)))
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
    fn make(self) -> Result<Option<Entry>, FolkError> {
        let Some(record) = self.record()? else { return Ok(None) };
        let standing = match self.files.stand(record.clone(), self.row.manifest_sha256) {
            Ok(standing) => standing,
            Err(AmendError::Disk(error)) => return Err(error.into()),
            // What the phone said still stands; `verify` tells of the rest.
            Err(error) => {
                tracing::error!(capture_id = %self.row.capture_id, %error, "an amendment does not count");
                self.files.unamended(record, self.row.manifest_sha256)
            }
        };
        let amended = u32::try_from(standing.amendments.len()).unwrap_or(u32::MAX);
        let team = self.row.gist.as_ref().and_then(|gist| gist.team.as_ref());
        Ok(Some(Entry::of(&self.keys, &standing.now, team, amended)?))
    }

    fn record(&self) -> Result<Option<Record>, FolkError> {
        let path = self.files.layout.sealed(&self.row.binding(&self.files.tenant));
        let Ok(mut file) = File::open(&path) else { return Ok(None) };
        let body = &self.manifest.carried().body;
        Ok(inspect(&mut file, &self.files.identities, body).map_err(at(&path))?.ok())
    }
}
