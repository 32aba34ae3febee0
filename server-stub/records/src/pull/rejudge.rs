//! Judging again what was refused, because a person inside asked after a mend; and acts of a kind that an older version did not know,
//! and reports of phones that were not believed when they came.
//!
//! Always: an enrolment holds if it holds by what was in force at its place or by what is in force now, and a person asked
//! for that; everything else is judged as it was the first time, at its own place, by the acts and the chain before it. What was filed
//! meanwhile keeps its place in the chain.

use gauze_wire::{Act, DeviceId, Enrolment, FilingRefusal, Jws, Report, Signed as _, Tenant};

use super::life::{is_own_report, judge_act, noted_word};
use super::{PassReport, PullError, Puller};
use crate::gateway::GatewayPort;
use crate::index::{IndexError, Judged, KnownDevice, Noted, PhotoRow};
use crate::trust::Trust;

/// Rejected entries that are looked at together.
const AT_ONCE: u32 = 256;

impl<G: GatewayPort> Puller<G> {
    /// Takes in acts and phones' reports that are rejected and hold by what was in force at their place: those of a deed that the version
    /// before did not know, and those of a phone that is believed since. They are cosigned all the same, so that the gateway says that they
    /// were handed over, and the phone lets go. What changes a phone's standing is not taken in late: photos were judged without it since.
    pub(super) async fn notes_again(&self, tenant: &Tenant) -> Result<(), PullError> {
        let mut from = 0;
        loop {
            let rejected = self.index.rejected(from, AT_ONCE).await?;
            let Some((last, _)) = rejected.last() else { return Ok(()) };
            from = last + 1;
            for (place, jws) in &rejected {
                let noted = match jws.typ() {
                    Act::TYP => self.act_again(tenant, *place, jws)?,
                    Report::TYP => self.report_again(tenant, *place, jws).await?,
                    _ => None,
                };
                let Some(noted) = noted else { continue };
                self.index.readmit_note(*place, &noted).await?;
                tracing::info!(
                    log_index = place,
                    kind = noted.kind,
                    "what did not hold when it came is taken in"
                );
            }
        }
    }

    fn act_again(&self, tenant: &Tenant, place: u64, jws: &Jws) -> Result<Option<Noted>, PullError> {
        let by = self.history().at(place)?;
        let Judged::Noted(noted) = judge_act(&by, tenant, jws) else { return Ok(None) };
        Ok(Some(*noted).filter(|noted| noted.status.is_none() && noted.former.is_none()))
    }

    async fn report_again(&self, tenant: &Tenant, place: u64, jws: &Jws) -> Result<Option<Noted>, PullError> {
        let device = self.known_at(jws.kid(), place).await?;
        let own = device.is_some_and(|device| is_own_report(jws, &device, tenant));
        Ok(own.then(|| noted_word("report", jws, None)))
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
            let device = self.known_at(&row.device_id, row.log_index).await?;
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

    /// The phone as it was known when an entry of its came.
    async fn known_at(&self, device_id: &DeviceId, place: u64) -> Result<Option<KnownDevice>, PullError> {
        let mut before = self.index.verdicts().await?;
        let device = before.device(device_id).await?;
        before.end().await?;
        let Some(mut device) = device.filter(|device| device.enrolled_at.is_some_and(|at| at < place)) else {
            return Ok(None);
        };
        device.status = self.index.status_before(device_id, place).await?;
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
