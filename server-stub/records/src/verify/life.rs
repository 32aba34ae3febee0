//! Devices' lives, told again from the signed acts: what each may do, what was proposed, what was signed for it.

use std::collections::BTreeMap;

use gauze_wire::{
    Act, Deed, DeviceId, DeviceStatus, Digest, Jws, Policy, ProposalId, PublicKey, Reattestation, Report,
    Signed as _, Token, Wanted, WipeOrder, Wiped,
};

use super::trust::Anchors;
use super::{VerifyError, VerifyReport};
use crate::index::{Believed, Index, ProposalRow};

/// What the acts so far say.
#[derive(Default)]
pub(super) struct Lives {
    status: BTreeMap<DeviceId, DeviceStatus>,
    proposed: BTreeMap<ProposalId, (u64, Wanted)>,
    settled: BTreeMap<ProposalId, Option<Digest>>,
}

impl Lives {
    pub(super) fn is_revoked(&self, device: &DeviceId) -> bool {
        self.status.get(device) == Some(&DeviceStatus::Revoked)
    }

    fn take(&mut self, at: u64, deed: Deed) {
        match deed {
            // Whatever the gateway says later: revoked is for good.
            Deed::Suspend { device_id } | Deed::Resume { device_id } if self.is_revoked(&device_id) => {}
            Deed::Suspend { device_id } => drop(self.status.insert(device_id, DeviceStatus::Suspended)),
            Deed::Resume { device_id } => drop(self.status.insert(device_id, DeviceStatus::Active)),
            Deed::Revoke { device_id } => drop(self.status.insert(device_id, DeviceStatus::Revoked)),
            Deed::Propose { proposal_id, wanted } => {
                self.proposed.entry(proposal_id).or_insert((at, wanted));
            }
            Deed::Settle { proposal_id, signed } => drop(self.settled.insert(proposal_id, signed)),
            Deed::Succeed { .. } | Deed::Flag { .. } | Deed::Unflag { .. } | Deed::Report { .. } => {}
        }
    }

    /// An act, or a word of the phone with the key `device`, against its signature and its row.
    pub(super) async fn check(
        &mut self,
        (at, jws): (u64, &Jws),
        device: Option<&PublicKey>,
        (index, anchors): (&Index, &Anchors),
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        let tenant = &anchors.tenant;
        let (kind, act, holds) = match jws.typ() {
            Act::TYP => {
                let act = jws.verify_by::<Act>(&anchors.gateways, tenant).ok();
                let holds = act.is_some();
                ("act", act, holds)
            }
            Wiped::TYP => ("wiped", None, device.is_some_and(|key| jws.verify::<Wiped>(key, tenant).is_ok())),
            Report::TYP => {
                let report = device.and_then(|key| jws.verify::<Report>(key, tenant).ok());
                ("report", None, report.is_some_and(|report| report.device_id == *jws.kid()))
            }
            _ => {
                let holds = device.is_some_and(|key| jws.verify::<Reattestation>(key, tenant).is_ok());
                ("reattestation", None, holds)
            }
        };
        let noted = index.noted(at).await?;
        match noted.as_deref() {
            Some(noted) if noted == kind && holds => {
                report.acts += u64::from(kind == "act");
                report.words += u64::from(kind != "act");
                if let Some(act) = act {
                    self.take(at, act.deed);
                }
            }
            Some(_) => report.find("entry_differs", at),
            None if index.is_rejected(at).await? => {}
            None => report.find("entry_unaccounted", at),
        }
        Ok(())
    }

    /// What the index says of devices and proposals against what the acts say.
    pub(super) async fn check_rows(
        &self,
        (index, anchors): (&Index, &Anchors),
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        for Believed { device_id: device, status, .. } in index.believed().await? {
            let told = self.status.get(&device).copied().unwrap_or(DeviceStatus::Active);
            if told != status {
                report.find("device_status_differs", device);
            }
        }
        let rows = index.proposals(true).await?;
        for row in &rows {
            if !self.agrees(row, anchors) {
                report.find("proposal_differs", &row.proposal_id);
            }
        }
        if rows.len() != self.proposed.len() {
            report.find("index_row_unknown", "proposal");
        }
        Ok(())
    }

    /// Whether a proposal's row is that of its act, what was signed is what was asked for, and the gateway says the same.
    fn agrees(&self, row: &ProposalRow, anchors: &Anchors) -> bool {
        let Some((at, wanted)) = self.proposed.get(&row.proposal_id) else { return false };
        let signed = row.signed.as_ref();
        let settled = self.settled.get(&row.proposal_id);
        let (keys, tenant) = (&anchors.policy_keys, &anchors.tenant);
        let id = row.proposal_id.as_str();
        let fits = signed.is_none_or(|jws| match wanted {
            Wanted::Token { serial, .. } => jws
                .verify_by::<Token>(keys, tenant)
                .is_ok_and(|token| token.token_id.as_str() == id && token.serial == *serial),
            Wanted::Policy { .. } => jws.verify_by::<Policy>(keys, tenant).is_ok(),
            Wanted::Wipe { device_id, photos } => {
                jws.verify_by::<WipeOrder>(keys, tenant).is_ok_and(|order| {
                    order.order_id.as_str() == id && order.device_id == *device_id && order.photos == *photos
                })
            }
        });
        *at == row.log_index
            && fits
            && (row.status == "approved") == signed.is_some()
            && settled.is_none_or(|settled| *settled == signed.map(Jws::digest))
    }
}
