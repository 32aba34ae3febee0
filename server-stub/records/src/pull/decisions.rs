//! The decisions of this side on what was proposed: some signed without asking anybody, all handed in to the gateway.
//!
//! Always: one proposal that cannot be signed, or that the gateway will not take, holds up no other and no photo.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};

use gauze_wire::{Act, Decision, Decisions, Deed, InventoryGiven, ProblemCode, Wanted};
use jiff::{SignedDuration, Timestamp};

use super::{PassReport, PullError, Puller};
use crate::coded::Coded as _;
use crate::disk::{DiskError, at};
use crate::gateway::{GatewayError, GatewayPort};
use crate::index::{Decided, IndexError, ProposalRow};
use crate::keys::INVENTORY_TOKEN;
use crate::proposals::sign_wanted;
use crate::trust::{Trust, TrustError};

/// Decisions handed in at once.
const BATCH: u32 = 50;

/// Who is written down as having decided.
const BY: &str = "gauze-records";
/// After this long the gateway is given the inventory again.
const GIVEN_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// How long a signed token counts against the limit.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What this side signs without asking anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Approve {
    /// Nothing.
    #[default]
    Nothing,
    /// Enrolment tokens, each for one phone that the hospital has listed.
    Tokens {
        /// Serial numbers, one a line; what follows `#` is left out. Read anew at each pass.
        serials: PathBuf,
        /// How many are signed in any 24 hours, at most.
        a_day: u32,
    },
}

fn read_serials(path: &Path) -> Result<BTreeSet<String>, DiskError> {
    let text = std::fs::read_to_string(path).map_err(at(path))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

impl<G: GatewayPort> Puller<G> {
    /// Signs what waits and may be signed without asking anybody; the rest goes on waiting for a person.
    pub(super) async fn approve_waiting(&self, trust: &Trust) -> Result<(), PullError> {
        let Approve::Tokens { serials, a_day } = &self.approve else { return Ok(()) };
        let listed = match read_serials(serials) {
            Ok(listed) => listed,
            Err(error) => {
                tracing::error!(code = error.code(), "{error}: no token is signed without asking");
                return Ok(());
            }
        };
        let now = self.clock.now();
        let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        let mut left = u64::from(*a_day).saturating_sub(self.index.decided_since(BY, since).await?);
        for row in self.index.proposals(false).await? {
            let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
            // Signed by a gateway key that the bundle no longer names: a person may still decide.
            let Ok(act) = jws.verify::<Act>(&trust.now.gateway.key, &trust.tenant) else {
                tracing::warn!(proposal_id = %row.proposal_id, "a proposal by an earlier gateway key waits for a person");
                continue;
            };
            let Deed::Propose { proposal_id, wanted: wanted @ Wanted::Token { serial: Some(serial), .. } } =
                &act.deed
            else {
                continue;
            };
            if !listed.contains(serial.as_str()) {
                continue;
            }
            if left == 0 {
                tracing::warn!(
                    a_day,
                    "as many tokens were signed as a day allows: the others wait for a person"
                );
                return Ok(());
            }
            let signed = match sign_wanted(&self.keys, proposal_id, wanted, now) {
                Ok(signed) => signed,
                Err(error) => {
                    tracing::error!(%proposal_id, code = error.code(), "{error}: it waits for a person");
                    continue;
                }
            };
            let why = "its phone is on the hospital's list";
            let decided = Decided { by: BY, why, at: now, signed: Some(&signed) };
            if self.index.decide(proposal_id, &decided).await? {
                tracing::info!(%proposal_id, kind = wanted.kind(), by = BY, "signed");
                left -= 1;
            }
        }
        Ok(())
    }

    /// Gives the gateway the inventory, where it was not given this one of late: a gateway that was restored, or that has newer keys since, has to
    /// hear it again. Whether that was news.
    pub(super) async fn give_inventory(&self, trust: &Trust) -> Result<bool, PullError> {
        let Some(list) = trust.now.inventory().cloned() else { return Ok(false) };
        let token = self.keys.signed(INVENTORY_TOKEN).map_err(TrustError::from)?;
        let inventory = InventoryGiven { list, token };
        let now = self.clock.now();
        let before = self.given().clone().filter(|(given, _)| *given == inventory);
        if before.as_ref().is_some_and(|(_, at)| now.duration_since(*at).abs() < GIVEN_AGAIN) {
            return Ok(false);
        }
        let decisions = Decisions { decisions: Vec::new(), inventory: Some(inventory.clone()) };
        match self.gateway.decisions(&decisions).await {
            Ok(()) if before.is_some() => {}
            Ok(()) => tracing::info!("the gateway has the inventory"),
            // Its last word: it has a newer list, or other keys. This side goes on judging by its own.
            Err(GatewayError::Refused(problem)) if problem.code == ProblemCode::DecisionInvalid => {
                tracing::error!(code = %problem.code, "the gateway does not take the inventory: sign it again with `gauze-records token inventory`");
                *self.given() = Some((inventory, now));
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        *self.given() = Some((inventory, now));
        Ok(before.is_none())
    }

    fn given(&self) -> MutexGuard<'_, Option<(InventoryGiven, Timestamp)>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands in every decision that the gateway has not heard of. One that it will not take holds up no other; only
    /// `decision_invalid` is its last word, after anything else the next pass tries again. Whether it took any.
    pub(super) async fn hand_in(&self, report: &mut PassReport) -> Result<bool, PullError> {
        let (mut from, before) = (0, report.decisions);
        loop {
            let rows = self.index.to_hand_in(from, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(report.decisions > before) };
            from = last.log_index + 1;
            for row in rows {
                let id = row.proposal_id.clone();
                let taken = match self
                    .gateway
                    .decisions(&Decisions { decisions: vec![decision(row)?], inventory: None })
                    .await
                {
                    Ok(()) => true,
                    Err(GatewayError::Refused(problem)) => {
                        tracing::warn!(proposal_id = %id, code = %problem.code, "the gateway did not take a decision");
                        if problem.code != ProblemCode::DecisionInvalid {
                            continue;
                        }
                        false
                    }
                    Err(error) => return Err(error.into()),
                };
                self.index.handed_in(&id, taken).await?;
                report.decisions += u64::from(taken);
            }
        }
    }
}

fn decision(row: ProposalRow) -> Result<Decision, IndexError> {
    let damaged = || IndexError::Damaged("proposal");
    Ok(Decision {
        proposal_id: row.proposal_id,
        operator: row.decided_by.ok_or_else(damaged)?.try_into()?,
        reason: row.decided_why.ok_or_else(damaged)?.try_into()?,
        signed: row.signed,
    })
}
