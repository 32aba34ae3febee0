//! Settling photos: fetch, open once, file, receipt, tell the gateway.
//!
//! Always: a sealed file reaches its final name only after it was opened and found whole, so a file that is there with
//! the right digest needs no second opening; the receipt is stored in the same transaction that ends the waiting.

use gauze_wire::{Acknowledgement, Digest, Filed, Jws, Proof, Refusal, Refused, Signer as _};
use tempfile::NamedTempFile;

use super::{PassReport, PullError, Puller, RefusedPhoto};
use crate::disk::{self, at};
use crate::gateway::{GatewayError, GatewayPort, Incoming};
use crate::index::{IndexError, Kind, PhotoRow};
use crate::layout::measure;
use crate::open::inspect;
use crate::trust::Trust;

/// Photos settled before the gateway hears of them.
const BATCH: u32 = 32;

/// What became of a waiting photo.
enum Outcome {
    Filed,
    Refused(Refusal),
    /// Its bytes did not come.
    Missing,
}

/// What came of a photo.
struct Came {
    file: NamedTempFile,
    sha256: Digest,
    size: u64,
}

impl Came {
    fn what(&self) -> (Digest, u64) {
        (self.sha256, self.size)
    }
}

impl<G: GatewayPort> Puller<G> {
    /// Settles every waiting photo once, in log order.
    pub(super) async fn settle_waiting(
        &self,
        trust: &Trust,
        report: &mut PassReport,
    ) -> Result<(), PullError> {
        let mut from = 0;
        loop {
            let rows = self.index.waiting(from, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.log_index + 1;
            for row in &rows {
                self.settle(trust, row, report).await?;
            }
            self.acknowledge(report).await?;
        }
    }

    async fn settle(&self, trust: &Trust, row: &PhotoRow, report: &mut PassReport) -> Result<(), PullError> {
        let outcome = match (row.cause, row.kind) {
            (Some(cause), _) => Outcome::Refused(cause),
            (None, Kind::Void) => Outcome::Filed,
            (None, Kind::Photo | Kind::Adoption) => self.fetch(trust, row).await?,
        };
        match outcome {
            Outcome::Filed => {
                let receipt = self.receipt(trust, row, None).await?;
                self.index.settle(&row.manifest_sha256, None, &receipt).await?;
                match row.kind {
                    Kind::Void => report.voids += 1,
                    Kind::Photo | Kind::Adoption => report.filed += 1,
                }
                tracing::info!(capture_id = %row.capture_id, kind = row.kind.as_str(), "filed");
            }
            Outcome::Refused(cause) => {
                let receipt = self.receipt(trust, row, Some(cause)).await?;
                self.index.settle(&row.manifest_sha256, Some(cause), &receipt).await?;
                let (device_id, capture_id) = (row.device_id.clone(), row.capture_id);
                tracing::warn!(%capture_id, %device_id, cause = cause.code(), "refused");
                report.refused.push(RefusedPhoto { device_id, capture_id, cause });
            }
            Outcome::Missing => report.missing += 1,
        }
        Ok(())
    }

    async fn fetch(&self, trust: &Trust, row: &PhotoRow) -> Result<Outcome, PullError> {
        let path = self.layout.sealed(&row.binding(&trust.tenant));
        let expected = (row.sha256, row.size);
        match measure(&path)? {
            // Opened and moved here before a crash, or filed under another signature of the same body.
            Some(found) if found == expected => return Ok(Outcome::Filed),
            // Nothing is thrown away because it looks wrong.
            Some((found, _)) => {
                let aside = self.layout.refused(&found);
                std::fs::rename(&path, &aside).map_err(at(&aside))?;
            }
            None => {}
        }
        let Some(mut came) = self.bring(row).await? else { return Ok(Outcome::Missing) };
        if came.what() != expected {
            // A disk or a line may err once. Final is what comes twice.
            let first = came.what();
            let Some(again) = self.bring(row).await? else { return Ok(Outcome::Missing) };
            if again.what() != expected && again.what() != first {
                tracing::warn!(capture_id = %row.capture_id, "the photo came changed, and each time otherwise");
                return Ok(Outcome::Missing);
            }
            came = again;
        }
        let verdict = if came.what() == expected {
            let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
            let manifest = gauze_wire::Manifest::peek(&jws).map_err(IndexError::from)?;
            let body = &manifest.carried().body;
            inspect(came.file.as_file_mut(), &trust.identities, body).map_err(at(&self.layout.incoming()))?
        } else {
            Err(Refusal::DigestMismatch)
        };
        match verdict {
            Ok(()) => {
                disk::move_to(came.file, &path)?;
                Ok(Outcome::Filed)
            }
            Err(cause) => {
                disk::move_to(came.file, &self.layout.refused(&row.manifest_sha256))?;
                Ok(Outcome::Refused(cause))
            }
        }
    }

    /// Brings a photo's bytes in, durably; nothing where they did not come.
    async fn bring(&self, row: &PhotoRow) -> Result<Option<Came>, PullError> {
        let dir = self.layout.incoming();
        let mut incoming = Incoming::new(&dir, row.size).map_err(at(&dir))?;
        match self.gateway.blob(&row.device_id, &row.capture_id, &mut incoming).await {
            Ok(()) => {
                let (file, sha256, size) = incoming.finish().map_err(at(&dir))?;
                Ok(Some(Came { file, sha256, size }))
            }
            Err(GatewayError::Disk(source)) => Err(at(&dir)(source).into()),
            Err(error @ (GatewayError::Unreachable(_) | GatewayError::Signing)) => Err(error.into()),
            Err(
                error @ (GatewayError::Cut
                | GatewayError::Missing
                | GatewayError::Refused(_)
                | GatewayError::Malformed(_)),
            ) => {
                tracing::warn!(capture_id = %row.capture_id, %error, "the photo did not come");
                Ok(None)
            }
        }
    }

    /// Signs a *filed* receipt, or with a cause a *refused* one, whose proof leads to the newest cosigned checkpoint.
    async fn receipt(&self, trust: &Trust, row: &PhotoRow, cause: Option<Refusal>) -> Result<Jws, PullError> {
        let checkpoint = self.index.cosigned().await?.ok_or(IndexError::Damaged("state"))?;
        let size = trust.gateway.log.verify(&checkpoint).map_err(IndexError::from)?.size;
        let inclusion = self.index.inclusion(row.log_index, size).await?;
        let proof = Proof { log_index: row.log_index, inclusion, checkpoint };
        let witness = trust.witness.witness_key();
        proof
            .verify(&row.manifest_sha256, &trust.gateway.log, Some(&[witness]))
            .map_err(PullError::Signing)?;
        let (binding, now) = (row.binding(&trust.tenant), self.clock.now());
        let jws = match cause {
            None => Jws::sign(&Filed::new(binding, proof, now), &trust.records),
            Some(cause) => Jws::sign(&Refused::new(binding, proof, now, cause), &trust.records),
        };
        tracing::debug!(key = %trust.records.public_key().key_id(), "receipt signed");
        jws.map_err(PullError::Signing)
    }

    /// Sends every receipt that the gateway has not taken yet.
    pub(super) async fn acknowledge(&self, report: &mut PassReport) -> Result<(), PullError> {
        let mut from = 0;
        report.unacknowledged = 0;
        loop {
            let rows = self.index.unacknowledged(from, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.log_index + 1;
            if self.send(&rows).await? {
                report.acknowledged += rows.len() as u64;
                continue;
            }
            // One receipt that it will not take must not hold up the others.
            for row in rows {
                if self.send(std::slice::from_ref(&row)).await? {
                    report.acknowledged += 1;
                } else {
                    report.unacknowledged += 1;
                    tracing::warn!(capture_id = %row.capture_id, "the gateway did not take the receipt");
                }
            }
        }
    }

    async fn send(&self, rows: &[PhotoRow]) -> Result<bool, PullError> {
        let receipts = rows.iter().filter_map(|row| row.receipt.clone()).collect();
        match self.gateway.outcomes(&Acknowledgement { receipts }).await {
            Ok(()) => {
                self.index.acknowledge(rows).await?;
                Ok(true)
            }
            Err(GatewayError::Refused(problem)) => {
                tracing::debug!(code = %problem.code, "receipts refused");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
