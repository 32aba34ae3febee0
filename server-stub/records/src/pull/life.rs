//! Devices' lives in the log: acts of the gateway, evidence shown again, phones' words that they were wiped; and the
//! decisions of this side on their way back.

use gauze_attest::{Fault, Presented, Shown, verify_attestation};
use gauze_wire::{
    Act, Decision, Decisions, Deed, DeviceStatus, Enrolment, Jws, Name, ProblemCode, Reattestation,
    Signed as _, Wanted, Wiped,
};

use super::judge::rejected;
use super::{PassReport, PullError, Puller};
use crate::gateway::{GatewayError, GatewayPort};
use crate::index::{Decided, IndexError, Judged, KnownDevice, Noted, ProposalRow};
use crate::proposals::sign_wanted;
use crate::trust::Trust;

/// Decisions handed in at once.
const BATCH: u32 = 50;

/// What this side signs without asking anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Approve {
    /// Nothing.
    #[default]
    Nothing,
    /// Enrolment tokens.
    Tokens,
}

/// An act that the gateway signed: what the index keeps of it.
pub(super) fn judge_act(trust: &Trust, jws: &Jws) -> Judged {
    let Ok(act) = jws.verify::<Act>(&trust.gateway.key, &trust.tenant) else {
        return rejected(jws, ProblemCode::SignatureInvalid);
    };
    let (status, proposed) = match &act.deed {
        Deed::Suspend { .. } => (Some(DeviceStatus::Suspended), None),
        Deed::Resume { .. } => (Some(DeviceStatus::Active), None),
        Deed::Revoke { .. } => (Some(DeviceStatus::Revoked), None),
        Deed::Propose { proposal_id, .. } => (None, Some(proposal_id.clone())),
        Deed::Flag { .. } | Deed::Unflag { .. } | Deed::Settle { .. } => (None, None),
    };
    let device_id = act.deed.device_id().cloned();
    Judged::Noted(Box::new(Noted { kind: "act", device_id, status, proposed, app_attest: None }))
}

impl<G: GatewayPort> Puller<G> {
    /// A phone's own word: counts if its key signed it.
    pub(super) async fn judge_word(&self, trust: &Trust, jws: &Jws) -> Result<Judged, PullError> {
        let Some(device) = self.index.device(jws.kid()).await? else {
            return Ok(rejected(jws, ProblemCode::UnknownDevice));
        };
        let (kind, app_attest) = match jws.typ() {
            Wiped::TYP if jws.verify::<Wiped>(&device.key, &trust.tenant).is_ok() => ("wiped", None),
            Reattestation::TYP => {
                let Ok(evidence) = jws.verify::<Reattestation>(&device.key, &trust.tenant) else {
                    return Ok(rejected(jws, ProblemCode::SignatureInvalid));
                };
                match self.shown_again(trust, &device, &evidence).await? {
                    Ok(shown) => ("reattestation", shown.app_attest),
                    Err(fault) => {
                        return Ok(Judged::Rejected { device_id: jws.kid().clone(), code: fault.code() });
                    }
                }
            }
            _ => return Ok(rejected(jws, ProblemCode::SignatureInvalid)),
        };
        let device_id = Some(jws.kid().clone());
        Ok(Judged::Noted(Box::new(Noted { kind, device_id, status: None, proposed: None, app_attest })))
    }

    /// Evidence shown again, judged as the gateway should have: for the enrolled key and serial, at its own time.
    async fn shown_again(
        &self,
        trust: &Trust,
        device: &KnownDevice,
        evidence: &Reattestation,
    ) -> Result<Result<Shown, Fault>, PullError> {
        let enrolment = match device.enrolled_at {
            Some(at) => self.index.leaf(at).await?.and_then(|leaf| leaf.peek::<Enrolment>().ok()),
            None => None,
        };
        let enrolment = enrolment.ok_or(IndexError::Damaged("device"))?;
        let presented = Presented {
            attestation: &evidence.attestation,
            challenge: &evidence.challenge,
            device_key: &device.key,
            platform: enrolment.platform,
            serial: enrolment.serial.as_ref().map(Name::as_str),
            last_seen: None,
            app_attest: device.app_attest.as_ref(),
        };
        Ok(verify_attestation(&presented, &trust.basis(&self.roots), evidence.at))
    }

    /// Signs what waits and may be signed without asking anybody.
    pub(super) async fn approve_waiting(&self, trust: &Trust) -> Result<(), PullError> {
        if self.approve == Approve::Nothing {
            return Ok(());
        }
        for row in self.index.proposals(false).await? {
            let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
            let act: Act = jws.verify(&trust.gateway.key, &trust.tenant).map_err(IndexError::from)?;
            let Deed::Propose { proposal_id, wanted: wanted @ Wanted::Token { .. } } = &act.deed else {
                continue;
            };
            let now = self.clock.now();
            let signed = sign_wanted(&self.keys, proposal_id, wanted, now)?;
            let decided = Decided {
                by: "gauze-records",
                why: "tokens are signed without asking",
                at: now,
                signed: Some(&signed),
            };
            self.index.decide(proposal_id, &decided).await?;
        }
        Ok(())
    }

    /// Hands in every decision that the gateway has not heard of. One that it will not take holds up no other; only
    /// `decision_invalid` is its last word, after anything else the next pass tries again.
    pub(super) async fn hand_in(&self, report: &mut PassReport) -> Result<(), PullError> {
        let mut from = 0;
        loop {
            let rows = self.index.to_hand_in(from, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.log_index + 1;
            for row in rows {
                let id = row.proposal_id.clone();
                let taken = match self.gateway.decisions(&Decisions { decisions: vec![decision(row)?] }).await
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
