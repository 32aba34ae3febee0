//! Judging again what was refused, because a person inside asked after a mend; and acts of a kind that an older version did not know.
//!
//! Always: an enrolment holds if it holds by what was in force at its place or by what is in force now, and a person asked
//! for that; everything else is judged as it was the first time, at its own place, by the acts and the chain before it. What was filed
//! meanwhile keeps its place in the chain.

use gauze_wire::{Act, Enrolment, FilingRefusal, Jws, Signed as _, Tenant};

use super::life::judge_act;
use super::{PassReport, PullError, Puller};
use crate::gateway::GatewayPort;
use crate::index::{IndexError, Judged, KnownDevice, PhotoRow};
use crate::trust::Trust;

/// Rejected entries that are looked at together.
const AT_ONCE: u32 = 256;

impl<G: GatewayPort> Puller<G> {
    /// Takes in acts that are rejected and hold by what was in force at their place: a version that did not know their kind had them
    /// cosigned all the same, and the gateway says that they were handed over. What changes a phone's standing is not taken in late:
    /// photos were judged without it since.
    pub(super) async fn acts_again(&self, tenant: &Tenant) -> Result<(), PullError> {
        let mut from = 0;
        loop {
            let rejected = self.index.rejected(from, AT_ONCE).await?;
            let Some((last, _)) = rejected.last() else { return Ok(()) };
            from = last + 1;
            for (place, jws) in rejected.iter().filter(|(_, jws)| jws.typ() == Act::TYP) {
                let by = self.history().at(*place)?;
                let Judged::Noted(noted) = judge_act(&by, tenant, jws) else { continue };
                if noted.status.is_none() && noted.former.is_none() {
                    self.index.readmit_act(*place, &noted).await?;
                    tracing::info!(
                        log_index = place,
                        "an act is taken in that an older version did not know"
                    );
                }
            }
        }
    }

    /// Judges every photo again that a person asked for.
    pub(super) async fn rejudge(&self, trust: &Trust, report: &mut PassReport) -> Result<(), PullError> {
        while let Some(row) = self.index.next_again().await? {
            if row.cause == Some(FilingRefusal::EnrolmentInvalid) {
                self.enrolments_again(trust, &row).await?;
            }
            if self.index.is_discarded(&row).await? {
                // There is nothing to file any more.
                self.index.not_again(&row).await?;
                continue;
            }
            let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
            let device = self.known_at(&row).await?;
            let mut before = self.index.verdicts().await?;
            let judged = self.judge_manifest(trust, (row.log_index, &jws), device, &mut before).await?;
            before.end().await?;
            match judged {
                Judged::Photo(judged) => self.index.judged_again(&row, &judged).await?,
                Judged::Enrolled { .. } | Judged::Rejected { .. } | Judged::Noted(_) => {
                    return Err(IndexError::Damaged("photo").into());
                }
            }
            report.rejudged += 1;
            tracing::info!(capture_id = %row.capture_id, "judged again");
        }
        Ok(())
    }

    /// The phone as it was known when the photo's manifest came.
    async fn known_at(&self, row: &PhotoRow) -> Result<Option<KnownDevice>, PullError> {
        let mut before = self.index.verdicts().await?;
        let device = before.device(&row.device_id).await?;
        before.end().await?;
        let Some(mut device) =
            device.filter(|device| device.enrolled_at.is_some_and(|at| at < row.log_index))
        else {
            return Ok(None);
        };
        device.status = self.index.status_before(&row.device_id, row.log_index).await?;
        Ok(Some(device))
    }

    /// Looks at the enrolments of a photo's phone again that stand before the photo.
    async fn enrolments_again(&self, trust: &Trust, row: &PhotoRow) -> Result<(), PullError> {
        for place in self.index.rejected_of(&row.device_id).await? {
            if place >= row.log_index {
                break;
            }
            let jws = self.index.leaf(place).await?.ok_or(IndexError::Damaged("leaf"))?;
            if jws.typ() != Enrolment::TYP {
                continue;
            }
            if let Some(judged) = self.enrolment_again(trust, place, &jws).await? {
                let status = self.index.status_before(&row.device_id, u64::MAX).await?;
                self.index.readmit(place, &judged, status).await?;
                tracing::info!(device_id = %row.device_id, log_index = place, "phone believed");
                return Ok(());
            }
        }
        Ok(())
    }

    async fn enrolment_again(
        &self,
        trust: &Trust,
        place: u64,
        jws: &Jws,
    ) -> Result<Option<Judged>, PullError> {
        let mut by = self.in_force(trust, place)?;
        by.push(trust.now.clone());
        let mut before = self.index.verdicts().await?;
        let judged = self.judge_enrolment(&by, jws, &mut before).await?;
        before.end().await?;
        Ok(matches!(judged, Judged::Enrolled { .. }).then_some(judged))
    }
}
