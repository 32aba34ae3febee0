//! Devices' lives, told again from the signed acts: what each may do, what was proposed, what was signed for it.

use std::collections::BTreeMap;

use gauze_wire::{
    Act, Deed, DeviceId, DeviceStatus, Digest, Jws, Policy, ProposalId, Reattestation, Signed as _, Token,
    Wanted, WipeOrder, Wiped,
};

use super::entries::{Audit, Devices};
use super::{VerifyError, VerifyReport};
use crate::index::ProposalRow;

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
            Deed::Suspend { device_id } => drop(self.status.insert(device_id, DeviceStatus::Suspended)),
            Deed::Resume { device_id } => drop(self.status.insert(device_id, DeviceStatus::Active)),
            Deed::Revoke { device_id } => drop(self.status.insert(device_id, DeviceStatus::Revoked)),
            Deed::Propose { proposal_id, wanted } => {
                self.proposed.entry(proposal_id).or_insert((at, wanted));
            }
            Deed::Settle { proposal_id, signed } => drop(self.settled.insert(proposal_id, signed)),
            Deed::Flag { .. } | Deed::Unflag { .. } => {}
        }
    }
}

impl Audit<'_> {
    /// An act, or a phone's own word, against its signature and its row.
    pub(super) async fn check_life(
        &mut self,
        at: u64,
        jws: &Jws,
        devices: &Devices,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        let tenant = &self.anchors.tenant;
        let device = devices.get(jws.kid()).filter(|(_, enrolled)| *enrolled < at).map(|(key, _)| key);
        let (kind, act, holds) = match jws.typ() {
            Act::TYP => {
                let act = jws.verify_by::<Act>(&self.anchors.gateways, tenant).ok();
                let holds = act.is_some();
                ("act", act, holds)
            }
            Wiped::TYP => ("wiped", None, device.is_some_and(|key| jws.verify::<Wiped>(key, tenant).is_ok())),
            _ => {
                let holds = device.is_some_and(|key| jws.verify::<Reattestation>(key, tenant).is_ok());
                ("reattestation", None, holds)
            }
        };
        let noted = self.index.noted(at).await?;
        match noted.as_deref() {
            Some(noted) if noted == kind && holds => {
                report.acts += u64::from(kind == "act");
                report.words += u64::from(kind != "act");
                if let Some(act) = act {
                    self.life.take(at, act.deed);
                }
            }
            Some(_) => report.find("entry_differs", at),
            None if self.index.is_rejected(at).await? => {}
            None => report.find("entry_unaccounted", at),
        }
        Ok(())
    }

    /// What the index says of devices and proposals against what the acts say.
    pub(super) async fn check_lives(&self, report: &mut VerifyReport) -> Result<(), VerifyError> {
        for (device, status, _) in self.index.statuses().await? {
            let told = self.life.status.get(&device).copied().unwrap_or(DeviceStatus::Active);
            if told != status {
                report.find("device_status_differs", device);
            }
        }
        let rows = self.index.proposals(true).await?;
        for row in &rows {
            if !self.agrees(row) {
                report.find("proposal_differs", &row.proposal_id);
            }
        }
        if rows.len() != self.life.proposed.len() {
            report.find("index_row_unknown", "proposal");
        }
        Ok(())
    }

    /// Whether a proposal's row is that of its act, what was signed is what was asked for, and the gateway says the same.
    fn agrees(&self, row: &ProposalRow) -> bool {
        let Some((at, wanted)) = self.life.proposed.get(&row.proposal_id) else { return false };
        let signed = row.signed.as_ref();
        let settled = self.life.settled.get(&row.proposal_id);
        let (keys, tenant) = (&self.anchors.policy_keys, &self.anchors.tenant);
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
