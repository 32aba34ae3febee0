//! Each log entry against what the index and the disk hold of it.

use std::collections::{BTreeMap, BTreeSet};

use gauze_wire::{
    Act, Adoption, Binding, Body, DeviceId, Enrolment, Filed, FilingRefusal, Jws, Manifest, Notes, PublicKey,
    Reattestation, Refused, Report, Signed as _, Token, Void, Wiped,
};

use super::chains::Chains;
use super::life::Lives;
use super::trust::Anchors;
use super::{BATCH, VerifyError, VerifyReport};
use crate::index::{Index, Kind, PhotoRow, Status};
use crate::keeping::Tombstones;
use crate::layout::{Layout, measure};

pub(super) struct Audit<'a> {
    pub(super) layout: &'a Layout,
    pub(super) index: &'a Index,
    pub(super) anchors: &'a Anchors,
    pub(super) chains: Chains,
    pub(super) life: Lives,
    pub(super) tombstones: Tombstones,
    pub(super) notes: Notes<'a>,
}

/// What is refused before a photo is fetched.
const EARLY: [FilingRefusal; 3] =
    [FilingRefusal::EnrolmentInvalid, FilingRefusal::ManifestInvalid, FilingRefusal::ChainBroken];

type Devices = BTreeMap<DeviceId, (PublicKey, u64)>;

impl Audit<'_> {
    /// Checks the entries before `judged`.
    pub(super) async fn check(&mut self, judged: u64, report: &mut VerifyReport) -> Result<(), VerifyError> {
        let devices: Devices =
            self.index.devices(judged).await?.into_iter().map(|(id, key, at)| (id, (key, at))).collect();
        let (mut next, mut proven, mut rows) = (0, BTreeSet::new(), 0);
        while next < judged {
            let leaves = self.index.leaves(next, BATCH).await?;
            let Some((last, _)) = leaves.last() else { break };
            next = last + 1;
            for (at, jws) in leaves.into_iter().filter(|(at, _)| *at < judged) {
                match jws.typ() {
                    Enrolment::TYP => {
                        self.check_enrolment(at, &jws, &devices, &mut proven, report).await?;
                    }
                    Body::TYP | Void::TYP | Adoption::TYP => {
                        rows += u64::from(self.check_manifest(at, &jws, &devices, report).await?);
                    }
                    Act::TYP | Wiped::TYP | Reattestation::TYP | Report::TYP => {
                        let enrolled = devices.get(jws.kid()).filter(|(_, enrolled)| *enrolled < at);
                        let key = enrolled.map(|(key, _)| key);
                        self.life.check((at, &jws), key, (self.index, self.anchors), report).await?;
                    }
                    _ if self.index.is_rejected(at).await? => {}
                    _ => report.find("entry_unaccounted", at),
                }
            }
        }
        for id in devices.keys().filter(|id| !proven.contains(*id)) {
            report.find("device_unproven", id);
        }
        self.life.check_rows((self.index, self.anchors), report).await?;
        // Rows beyond the leaves that are believed have nothing behind them either.
        if self.index.photo_count(self.index.judged().await?).await? != rows {
            report.find("index_row_unknown", "photo");
        }
        Ok(())
    }

    async fn check_enrolment(
        &self,
        at: u64,
        jws: &Jws,
        devices: &Devices,
        proven: &mut BTreeSet<DeviceId>,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        match devices.get(jws.kid()) {
            Some((key, index)) if *index == at => {
                let holds = jws.verify::<Enrolment>(key, &self.anchors.tenant).is_ok_and(|enrolment| {
                    let token =
                        enrolment.token.verify_by::<Token>(&self.anchors.policy_keys, &self.anchors.tenant);
                    token.is_ok()
                });
                if holds {
                    proven.insert(jws.kid().clone());
                }
            }
            // A phone may enrol again; what counts is the first time.
            Some((_, index)) if *index < at => {}
            Some(_) | None => {
                if !self.index.is_rejected(at).await? {
                    report.find("entry_unaccounted", at);
                }
            }
        }
        Ok(())
    }

    async fn is_logged_at(&self, at: u64, jws: &Jws) -> Result<bool, VerifyError> {
        Ok(self.index.leaf(at).await?.is_some_and(|leaf| leaf == *jws))
    }

    /// A manifest against its row. Whether it is the one that the row stands for.
    async fn check_manifest(
        &mut self,
        at: u64,
        jws: &Jws,
        devices: &Devices,
        report: &mut VerifyReport,
    ) -> Result<bool, VerifyError> {
        let Some(row) = self.index.photo(&jws.digest()).await? else {
            if !self.index.is_rejected(at).await? {
                report.find("entry_unaccounted", at);
            }
            return Ok(false);
        };
        if row.log_index < at && self.is_logged_at(row.log_index, jws).await? {
            // Logged twice: it is one photo, and was checked where it stood first.
            return Ok(false);
        }
        report.manifests += 1;
        let Ok(manifest) = Manifest::peek(jws) else {
            report.find("manifest_invalid", row.capture_id);
            return Ok(true);
        };
        if !agrees(&row, &manifest, at) {
            report.find("index_row_differs", row.capture_id);
        }
        let device = devices.get(jws.kid()).filter(|(_, enrolled)| *enrolled < at);
        let expected = match device {
            None => Some(FilingRefusal::EnrolmentInvalid),
            Some((key, _)) if Manifest::verify(jws, key, &self.anchors.tenant).is_err() => {
                Some(FilingRefusal::ManifestInvalid)
            }
            Some(_) if manifest.has_photo() && self.life.is_revoked(jws.kid()) => {
                Some(FilingRefusal::EnrolmentInvalid)
            }
            Some(_) => self.chain_verdict(&manifest, &row).await?,
        };
        // What was discarded, or erased, is not judged again, whatever would hold by now.
        let ended = expected.is_none()
            && row.status == Status::Refused
            && (self.index.is_discarded(&row).await? || self.tombstones.of_refused(&row)?.is_some());
        if row.cause.filter(|cause| EARLY.contains(cause)) != expected && !ended {
            report.find("verdict_differs", row.capture_id);
        }
        self.check_outcome(&row, &manifest.binding(jws), report)?;
        Ok(true)
    }

    async fn chain_verdict(
        &self,
        manifest: &Manifest,
        row: &PhotoRow,
    ) -> Result<Option<FilingRefusal>, VerifyError> {
        let own = manifest.is_own();
        let (place, body) = (row.log_index, (manifest.carried(), own));
        // What was filed had its place before others were let in late that stand before it.
        let broken = self.chains.is_broken(place, body, true).await?
            && (row.cause.is_some() || self.chains.is_broken(place, body, false).await?);
        // Another key's photo may also have been refused because the phone does not succeed it.
        if broken || (!own && row.cause == Some(FilingRefusal::ChainBroken)) {
            return Ok(Some(FilingRefusal::ChainBroken));
        }
        // What another key signed on its phone's claim alone holds no place.
        if own || self.index.is_adopted(manifest.carried()).await? {
            let late = row.was.is_some_and(|was| EARLY.contains(&was));
            self.chains.add(place, body, late).await?;
        }
        Ok(None)
    }

    fn check_outcome(
        &mut self,
        row: &PhotoRow,
        binding: &Binding,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        let path = self.layout.sealed(binding);
        let holds = match (row.status, &row.receipt) {
            (Status::Waiting, None) => {
                return Ok(());
            }
            (Status::Filed, Some(receipt)) => self.filed(receipt, binding) && row.cause.is_none(),
            (Status::Refused, Some(receipt)) => {
                self.refused(receipt, binding).is_some_and(|cause| Some(cause) == row.cause)
            }
            (Status::Waiting, Some(_)) | (Status::Filed | Status::Refused, None) => false,
        };
        report.receipts += 1;
        if !holds {
            report.find("receipt_invalid", row.capture_id);
        }
        if row.kind == Kind::Void {
            return Ok(());
        }
        if row.status == Status::Refused {
            return self.check_refused(row, binding, report);
        }
        if let Some(tombstone) = self.tombstones.of(&row.chain_device, &row.capture_id)? {
            report.erased += 1;
            if (tombstone.sha256, tombstone.size) != (binding.sha256, binding.size) {
                report.find("tombstone_differs", row.capture_id);
            }
            if path.exists() {
                report.find("file_erased", path.display());
            }
            return Ok(());
        }
        if self.tombstones.of_refused(row)?.is_some() {
            report.find("filed_though_erased", row.capture_id);
        }
        report.files += 1;
        match measure(&path)? {
            Some(found) if found == (binding.sha256, binding.size) => {}
            Some(_) => report.find("file_differs", path.display()),
            None => report.find("file_missing", path.display()),
        }
        Ok(())
    }

    fn check_refused(
        &self,
        row: &PhotoRow,
        binding: &Binding,
        report: &mut VerifyReport,
    ) -> Result<(), VerifyError> {
        let Some(tombstone) = self.tombstones.of_refused(row)? else { return Ok(()) };
        report.erased += 1;
        if tombstone.size != binding.size {
            report.find("tombstone_differs", row.capture_id);
        }
        let kept = self.layout.refused(&row.manifest_sha256);
        if kept.exists() {
            report.find("file_erased", kept.display());
        }
        Ok(())
    }

    fn filed(&mut self, receipt: &Jws, binding: &Binding) -> bool {
        Filed::verify_in_turn(receipt, &self.anchors.records, binding, &mut self.notes).is_ok()
    }

    fn refused(&mut self, receipt: &Jws, binding: &Binding) -> Option<FilingRefusal> {
        let refused = Refused::verify_in_turn(receipt, &self.anchors.records, binding, &mut self.notes);
        refused.ok().map(|refused| refused.cause)
    }
}

/// Whether the row says what the manifest says.
fn agrees(row: &PhotoRow, manifest: &Manifest, at: u64) -> bool {
    let body = &manifest.carried().body;
    let kind = match manifest {
        Manifest::Photo(_) => Kind::Photo,
        Manifest::Void(..) => Kind::Void,
        Manifest::Adoption(..) => Kind::Adoption,
    };
    row.log_index == at
        && row.kind == kind
        && row.device_id == *manifest.device_id()
        && row.chain_device == body.device_id
        && row.capture_id == body.capture_id
        && row.seq == body.seq
        && row.captured_at == body.captured_at
        && row.sha256 == body.sha256
        && row.size == body.size
}
