//! Fetching the log and cosigning it.
//!
//! Always: leaves are staged up to exactly one signed checkpoint; only when their root is the signed one does the
//! checkpoint get our cosignature, which is durable before it is sent. A checkpoint that contradicts what was cosigned
//! is kept as evidence: it carries the gateway's own signature.

use gauze_wire::log::Tree;
use gauze_wire::{LogEntry, LogPage, WireError};

use super::{PassReport, PullError, Puller};
use crate::disk::{self, PUBLIC};
use crate::gateway::GatewayPort;
use crate::index::IndexError;
use crate::trust::Trust;

/// Entries asked for at once.
const PAGE: u32 = 256;
/// Longest note that fits a receipt.
const NOTE_LIMIT: usize = 4096;

impl<G: GatewayPort> Puller<G> {
    /// Fetches what is new up to one checkpoint, checks and cosigns it. Whether the log grew.
    pub(super) async fn advance(&self, trust: &Trust, report: &mut PassReport) -> Result<bool, PullError> {
        let cosigned = self.index.cosigned().await?;
        let old = match &cosigned {
            Some(note) => Some(trust.now.gateway.log.verify(note).map_err(|_| IndexError::Damaged("state"))?),
            None => None,
        };
        let size = old.as_ref().map_or(0, |old| old.size);
        report.log_size = size;
        self.index.unstage(size).await?;
        let mut tree = self.index.tree(size).await?;
        if old.is_some_and(|old| old.root != tree.root()) {
            return Err(IndexError::Damaged("node").into());
        }

        let mut page = self.gateway.page(size, PAGE).await?;
        let note = std::mem::take(&mut page.checkpoint);
        let goal = trust.now.gateway.log.verify(&note).map_err(PullError::CheckpointInvalid)?;
        if goal.size < size {
            self.keep_evidence(&note)?;
            return Err(PullError::LogRolledBack { cosigned: size, offered: goal.size });
        }
        let agrees = self.stage_up_to(goal.size, page, &mut tree).await? && tree.root() == goal.root;
        if !agrees {
            self.index.unstage(size).await?;
            self.keep_evidence(&note)?;
            return Err(PullError::LogInconsistent);
        }
        if goal.size > size {
            // A note that nobody could read with one line more would be kept, and be in the way of each pull from then on.
            let note = trust.witness.cosign(&note, self.clock.now()).map_err(|error| match error {
                WireError::Malformed(_) => PullError::CheckpointInvalid(error),
                error => PullError::Signing(error),
            })?;
            if note.len() > NOTE_LIMIT {
                return Err(PullError::CheckpointInvalid(WireError::TooLarge));
            }
            self.index.set_cosigned(&note).await?;
            report.log_size = goal.size;
        }
        self.send_cosignature().await?;
        Ok(goal.size > size)
    }

    /// Stages leaves until the tree has `goal` of them. `false` where the gateway's entries are not in order or end
    /// too early.
    async fn stage_up_to(&self, goal: u64, mut page: LogPage, tree: &mut Tree) -> Result<bool, PullError> {
        while tree.size() < goal {
            let room = usize::try_from(goal - tree.size()).unwrap_or(usize::MAX);
            page.entries.truncate(room);
            if page.entries.is_empty() || !self.stage(&page.entries, tree).await? {
                return Ok(false);
            }
            let left = u32::try_from(goal - tree.size()).unwrap_or(PAGE).min(PAGE);
            if left > 0 {
                page = self.gateway.page(tree.size(), left).await?;
            }
        }
        Ok(true)
    }

    async fn stage(&self, entries: &[LogEntry], tree: &mut Tree) -> Result<bool, PullError> {
        let (mut leaves, mut nodes) = (Vec::new(), Vec::new());
        for entry in entries {
            if entry.index != tree.size() {
                return Ok(false);
            }
            leaves.push((entry.index, &entry.jws));
            nodes.extend(gauze_wire::log::append(tree, &entry.jws.digest()));
        }
        self.index.stage(&leaves, &nodes).await?;
        Ok(true)
    }

    /// The gateway hands cosignatures on to phones, but each filed receipt carries its own: a gateway that does not
    /// take this one now is asked again at the next pass.
    async fn send_cosignature(&self) -> Result<(), PullError> {
        let Some(note) = self.index.cosigned().await? else { return Ok(()) };
        if self.index.cosignature_sent(&note).await? {
            return Ok(());
        }
        match self.gateway.cosignature(&note).await {
            Ok(()) => self.index.set_cosignature_sent(&note).await?,
            Err(error) => tracing::warn!(%error, "the gateway did not take the cosignature"),
        }
        Ok(())
    }

    fn keep_evidence(&self, note: &str) -> Result<(), PullError> {
        let path = self.layout.evidence(note);
        if !path.exists() {
            self.layout.make(disk::parent(&path))?;
            disk::replace(&path, note.as_bytes(), PUBLIC)?;
        }
        Ok(())
    }
}
