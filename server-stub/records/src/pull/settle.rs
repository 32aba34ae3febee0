//! Settling photos in log order: their bytes are fetched and filed, receipted, and the gateway is told.
//!
//! Always: the receipt is stored in the same transaction that ends the waiting; what was settled before something failed
//! stays settled; no photo is fetched twice at once.

use std::collections::HashSet;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _};
use gauze_wire::log::WitnessKey;
use gauze_wire::{Acknowledgement, Filed, FilingRefusal, Jws, Notes, Proof, Refused, Signer as _};

use super::fetch::Outcome;
use super::{PassReport, PullError, Puller, RefusedPhoto};
use crate::gateway::{GatewayError, GatewayPort};
use crate::index::{IndexError, Kind, Nodes, PhotoRow, Settled};
use crate::trust::Trust;

/// Photos settled together; the gateway hears of them while the next come.
const BATCH: u32 = 100;

/// The newest cosigned checkpoint, how many leaves are under it, what was read of its tree, and whose word it counts by.
struct Newest<'a> {
    checkpoint: String,
    size: u64,
    nodes: Nodes,
    notes: Notes<'a>,
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
            let mut rows = self.index.waiting(from, BATCH).await?;
            // One photo under two signatures has one file: the second waits until that is there.
            let mut seen = HashSet::new();
            let apart = rows.iter().take_while(|row| seen.insert((&row.device_id, row.capture_id))).count();
            rows.truncate(apart);
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.log_index + 1;
            self.settle(trust, &rows, report).await?;
        }
    }

    /// Settles photos, several at a time, and writes down together, in order, what became of them.
    async fn settle(
        &self,
        trust: &Trust,
        rows: &[PhotoRow],
        report: &mut PassReport,
    ) -> Result<(), PullError> {
        // The gateway takes in what was settled before while these come; where they come in order, it hears of all at the end.
        let together = self.at_once > 1;
        let hand_in = async { if together { self.acknowledge(report).await } else { Ok(()) } };
        let (handed, (outcomes, stopped)) = join(hand_in, self.outcomes(trust, rows)).await;
        let witness = [trust.witness.witness_key()];
        let mut newest = self.newest(trust, &witness).await?;
        let (mut done, mut settled) = (Vec::new(), Vec::new());
        for (row, outcome) in rows.iter().zip(outcomes) {
            // What was erased while it was fetched is told no other word than what stands in its place.
            let outcome = match outcome {
                Outcome::Filed(_) if row.kind != Kind::Void => {
                    self.stands_in_place(trust, row).await.unwrap_or(outcome)
                }
                outcome => outcome,
            };
            let moot = matches!(outcome, Outcome::Discarded(_));
            let erased = matches!(outcome, Outcome::Erased | Outcome::StaysRefused(_));
            let (cause, told) = match outcome {
                Outcome::Filed(told) => (None, told),
                Outcome::Erased => (None, None),
                Outcome::Refused(cause) | Outcome::StaysRefused(cause) | Outcome::Discarded(cause) => {
                    (Some(cause), None)
                }
                Outcome::Missing => {
                    report.missing += 1;
                    continue;
                }
            };
            let receipt = self.receipt(trust, &mut newest, row, cause).await?;
            let (gist, entry) = told.map_or((None, None), |told| (Some(told.gist), told.entry));
            let (log_index, manifest_sha256) = (row.log_index, row.manifest_sha256);
            let own = row.device_id == row.chain_device;
            let ends = (row.kind == Kind::Void && cause.is_none() && own)
                .then(|| (row.chain_device.clone(), row.capture_id));
            settled.push(Settled {
                log_index,
                manifest_sha256,
                cause,
                receipt,
                gist,
                moot,
                ends,
                entry,
                erased,
            });
            done.push((row, cause));
        }
        self.index.settle(&settled).await?;
        for (row, cause) in done {
            tell(row, cause, report);
        }
        stopped.and(handed)
    }

    /// What becomes of photos, in their order, up to the first that fails. Nothing else may be asked of the index before
    /// this is over, but by what is polled beside it: who waits here may hold its one connection.
    async fn outcomes(&self, trust: &Trust, rows: &[PhotoRow]) -> (Vec<Outcome>, Result<(), PullError>) {
        let work: Vec<_> = rows.iter().map(|row| self.outcome(trust, row)).collect();
        let mut running = stream::iter(work).buffered(self.at_once);
        let mut outcomes = Vec::new();
        while let Some(outcome) = running.next().await {
            match outcome {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => return (outcomes, Err(error)),
            }
        }
        (outcomes, Ok(()))
    }

    async fn newest<'a>(&self, trust: &'a Trust, witness: &'a [WitnessKey]) -> Result<Newest<'a>, PullError> {
        let (checkpoint, log) =
            (self.index.cosigned().await?.ok_or(IndexError::Damaged("state"))?, &trust.now.gateway.log);
        let size = log.verify(&checkpoint).map_err(IndexError::from)?.size;
        Ok(Newest { checkpoint, size, nodes: Nodes::new(), notes: Notes::of(log, Some(witness)) })
    }

    /// Signs a *filed* receipt, or with a cause a *refused* one, whose proof leads to the newest cosigned checkpoint.
    async fn receipt(
        &self,
        trust: &Trust,
        newest: &mut Newest<'_>,
        row: &PhotoRow,
        cause: Option<FilingRefusal>,
    ) -> Result<Jws, PullError> {
        let inclusion = self.index.inclusion(row.log_index, newest.size, &mut newest.nodes).await?;
        let proof = Proof { log_index: row.log_index, inclusion, checkpoint: newest.checkpoint.clone() };
        proof.verify_by(&row.manifest_sha256, &mut newest.notes).map_err(PullError::Signing)?;
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

/// Counts and logs what became of a photo.
fn tell(row: &PhotoRow, cause: Option<FilingRefusal>, report: &mut PassReport) {
    let (device_id, capture_id) = (row.device_id.clone(), row.capture_id);
    match (cause, row.kind) {
        (Some(cause), _) => {
            tracing::warn!(%capture_id, %device_id, cause = cause.code(), "refused");
            report.refused.push(RefusedPhoto { device_id, capture_id, cause });
            return;
        }
        (None, Kind::Void) => report.voids += 1,
        (None, Kind::Photo | Kind::Adoption) => report.filed += 1,
    }
    tracing::info!(%capture_id, kind = row.kind.as_str(), "filed");
}
