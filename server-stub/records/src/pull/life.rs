//! Judging devices' lives in the log: acts of the gateway, evidence shown again, phones' words that they were wiped and that something
//! went wrong.

use std::sync::Arc;

use gauze_attest::{AppAttestKey, Fault, Presented, Shown, verify_attestation};
use gauze_wire::{
    Act, Deed, DeviceStatus, Enrolment, Jws, Name, ProblemCode, Reattestation, Report, Signed as _, Tenant,
    Wiped,
};

use super::{PullError, Puller};
use crate::gateway::GatewayPort;
use crate::in_force::InForce;
use crate::index::{IndexError, Judged, KnownDevice, Noted, Verdicts};

/// An act that the gateway signed: what the index keeps of it.
pub(super) fn judge_act(by: &[Arc<InForce>], tenant: &Tenant, jws: &Jws) -> Judged {
    let Some(act) = by.iter().find_map(|by| jws.verify::<Act>(&by.gateway.key, tenant).ok()) else {
        return Judged::rejected(jws, ProblemCode::SignatureInvalid);
    };
    let (status, proposed) = match &act.deed {
        Deed::Suspend { .. } => (Some(DeviceStatus::Suspended), None),
        Deed::Resume { .. } => (Some(DeviceStatus::Active), None),
        Deed::Revoke { .. } => (Some(DeviceStatus::Revoked), None),
        Deed::Propose { proposal_id, .. } => (None, Some(proposal_id.clone())),
        Deed::Succeed { .. }
        | Deed::Flag { .. }
        | Deed::Unflag { .. }
        | Deed::Settle { .. }
        | Deed::Report { .. } => (None, None),
    };
    let former = match &act.deed {
        Deed::Succeed { former, .. } => Some(former.clone()),
        _ => None,
    };
    let device_id = act.deed.device_id().cloned();
    Judged::Noted(Box::new(Noted { kind: "act", device_id, status, former, proposed, app_attest: None }))
}

/// A phone's word, as the index keeps it.
pub(super) fn noted_word(kind: &'static str, jws: &Jws, app_attest: Option<AppAttestKey>) -> Noted {
    let device_id = Some(jws.kid().clone());
    Noted { kind, device_id, status: None, former: None, proposed: None, app_attest }
}

pub(super) fn is_own_report(jws: &Jws, device: &KnownDevice, tenant: &Tenant) -> bool {
    jws.verify::<Report>(&device.key, tenant).is_ok_and(|report| report.device_id == *jws.kid())
}

impl<G: GatewayPort> Puller<G> {
    /// A phone's own word: counts if its key signed it.
    pub(super) async fn judge_word(
        &self,
        by: &[Arc<InForce>],
        tenant: &Tenant,
        jws: &Jws,
        before: &mut Verdicts,
    ) -> Result<Judged, PullError> {
        let Some(device) = before.device(jws.kid()).await? else {
            return Ok(Judged::rejected(jws, ProblemCode::UnknownDevice));
        };
        let (kind, app_attest) = match jws.typ() {
            Wiped::TYP if jws.verify::<Wiped>(&device.key, tenant).is_ok() => ("wiped", None),
            // Whatever it may do: what somebody says went wrong is heard from a revoked phone too.
            Report::TYP if is_own_report(jws, &device, tenant) => ("report", None),
            Reattestation::TYP => {
                let Ok(evidence) = jws.verify::<Reattestation>(&device.key, tenant) else {
                    return Ok(Judged::rejected(jws, ProblemCode::SignatureInvalid));
                };
                match self.shown_again(by, (&device, &evidence), before).await? {
                    Ok(shown) => ("reattestation", shown.app_attest),
                    Err(fault) => {
                        return Ok(Judged::Rejected { device_id: jws.kid().clone(), code: fault.code() });
                    }
                }
            }
            _ => return Ok(Judged::rejected(jws, ProblemCode::SignatureInvalid)),
        };
        Ok(Judged::Noted(Box::new(noted_word(kind, jws, app_attest))))
    }

    /// Evidence shown again, judged as the gateway should have: for the enrolled key and serial, at its own time.
    async fn shown_again(
        &self,
        by: &[Arc<InForce>],
        (device, evidence): (&KnownDevice, &Reattestation),
        before: &mut Verdicts,
    ) -> Result<Result<Shown, Fault>, PullError> {
        let enrolment = match device.enrolled_at {
            Some(at) => before.leaf(at).await?.and_then(|leaf| leaf.peek::<Enrolment>().ok()),
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
        let mut judged =
            by.iter().map(|by| verify_attestation(&presented, &by.basis(&self.roots), evidence.at));
        let certain = judged.next().ok_or(IndexError::Damaged("state"))?;
        Ok(certain.or_else(|fault| judged.find_map(Result::ok).ok_or(fault)))
    }
}
