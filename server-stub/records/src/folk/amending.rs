//! Amending a photo, and telling what was amended.

use std::fs::File;
use std::sync::Arc;

use gauze_wire::{Identifier, Manifest, Signed as _, Signer, Text};
use jiff::Timestamp;

use super::opening::{Opening, check};
use super::{Folk, FolkError, Found};
use crate::amend::{AmendError, Amended, Amendment, Change};
use crate::coded::Coded as _;
use crate::disk::at;
use crate::index::{IndexError, PhotoRow};
use crate::open::inspect;

/// An amendment before it is signed. No `Debug`: it may name a patient.
pub struct Amending {
    /// Who, as the access log names people.
    pub by: Text<64>,
    /// Their name.
    pub by_name: Text<256>,
    /// Leave to do it: the line of the access log that it is written under.
    pub opening: Opening,
    /// Why, in words.
    pub reason: Text<512>,
    /// By which two identifiers the patient was confirmed.
    pub confirmed_by: Vec<Identifier>,
    /// What is put right.
    pub change: Change,
}

impl Folk {
    /// Puts something right. It is durable when this returns, and the index follows it at once, or with the next refill. Whoever
    /// asked may go: what was begun is finished.
    pub async fn amend(
        &self,
        found: &Found,
        amending: Amending,
        key: Arc<dyn Signer + Send + Sync>,
        at: Timestamp,
    ) -> Result<(), FolkError> {
        check(found, &amending.opening)?;
        let (row, standing) = self.standing(found).await?;
        let amendment = self.amendment(&standing, amending, at);
        let (folk, log_index) = (self.clone(), found.log_index);
        let work = async move { folk.put_right(log_index, row, (standing, amendment), key).await };
        tokio::spawn(work).await.map_err(|_| IndexError::Damaged("photo"))?
    }

    fn amendment(&self, standing: &Amended, amending: Amending, at: Timestamp) -> Amendment {
        let of = &standing.original;
        Amendment {
            v: 1,
            typ: Amendment::TYP.to_owned(),
            tenant: self.files.tenant.clone(),
            device_id: of.device_id.clone(),
            capture_id: of.capture_id,
            number: u32::try_from(standing.amendments.len()).unwrap_or(u32::MAX).saturating_add(1),
            prev: standing.last,
            at,
            by: amending.by,
            by_name: amending.by_name,
            line: amending.opening.line(),
            reason: amending.reason,
            confirmed_by: amending.confirmed_by,
            change: amending.change,
        }
    }

    async fn put_right(
        &self,
        log_index: i64,
        row: PhotoRow,
        (standing, amendment): (Amended, Amendment),
        key: Arc<dyn Signer + Send + Sync>,
    ) -> Result<(), FolkError> {
        let under = self.amends.begin(log_index).await;
        if self.tombstones().of(&row.chain_device, &row.capture_id)?.is_some() {
            return Err(FolkError::Erased);
        }
        // Killed behind this, the row is made again at the next start.
        self.index.doubt_folk(log_index).await?;
        let (files, capture_id) = (self.files.clone(), row.capture_id);
        let write = move || files.write(&standing, &amendment, &*key);
        let written = tokio::task::spawn_blocking(write).await.map_err(|_| AmendError::Sealing)?;
        // What is on disk counts, whatever becomes of the row: a refill makes it.
        if let Err(error) = self.remake(row).await {
            tracing::error!(%capture_id, code = error.code(), %error, "the index for people does not follow an amendment yet");
        }
        drop(under);
        Ok(written?)
    }

    pub(super) async fn standing(&self, found: &Found) -> Result<(PhotoRow, Amended), FolkError> {
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
        let manifest = Manifest::peek(&jws).map_err(IndexError::from)?;
        let (files, digest) = (self.files.clone(), row.manifest_sha256);
        let path = files.layout.sealed(&row.binding(&files.tenant));
        let stand = move || {
            let mut file = File::open(&path).map_err(at(&path))?;
            let body = &manifest.carried().body;
            let record = inspect(&mut file, &files.identities, body).map_err(at(&path))?;
            let record = record.map_err(|_| IndexError::Damaged("photo"))?;
            Ok::<_, FolkError>(files.stand(record, digest)?)
        };
        let stopped = |_| IndexError::Damaged("photo");
        Ok((row, tokio::task::spawn_blocking(stand).await.map_err(stopped)??))
    }
}
