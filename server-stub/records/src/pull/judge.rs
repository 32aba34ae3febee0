//! Judging log entries: who may speak, and does it fit the chain. No photo is fetched here.
//!
//! Always: an entry is judged in log order, by what was in force at its place and by the typ it was signed with; what the
//! gateway calls it does not count.

use std::sync::Arc;

use gauze_attest::{Basis, Freshness, Lineage, verify_enrolment};
use gauze_wire::{
    Act, Adoption, Body, DeviceId, DeviceStatus, Enrolment, FilingRefusal, Jws, Manifest, ProblemCode,
    Reattestation, Report, Signed as _, Void, Wiped,
};

use super::life::judge_act;
use super::{PassReport, PullError, Puller};
use crate::chain;
use crate::gateway::GatewayPort;
use crate::in_force::InForce;
use crate::index::{IndexError, Judged, Kind, KnownDevice, Manifested, PhotoJudged, Verdicts};
use crate::trust::Trust;

/// Leaves read at once.
const BATCH: u32 = 256;
/// Of these, verdicts written together: pages that ask the index meanwhile wait for them.
const TOGETHER: usize = 64;
/// Re-enrolments of one phone that are followed back.
const GENERATIONS: u32 = 64;

impl<G: GatewayPort> Puller<G> {
    /// Judges every believed leaf that was not judged yet. A verdict that a power cut undoes is found again.
    pub(super) async fn judge_new(&self, trust: &Trust, report: &mut PassReport) -> Result<(), PullError> {
        self.index.wait_for_disk(false).await?;
        let judged = self.judge_all(trust, report).await;
        self.index.wait_for_disk(true).await?;
        judged
    }

    async fn judge_all(&self, trust: &Trust, report: &mut PassReport) -> Result<(), PullError> {
        loop {
            let next = self.index.judged().await?;
            let leaves = self.index.leaves(next, BATCH).await?;
            if leaves.is_empty() {
                return Ok(());
            }
            for group in leaves.chunks(TOGETHER) {
                let mut verdicts = self.index.verdicts().await?;
                let (mut judged, mut next) = (Vec::new(), next);
                for (index, jws) in group {
                    let verdict = self.judge(trust, (*index, jws), &mut verdicts).await?;
                    verdicts.add(*index, &verdict).await?;
                    judged.push((*index, verdict));
                    next = index + 1;
                }
                verdicts.keep(next).await?;
                judged.iter().for_each(|(index, verdict)| tell(*index, verdict, report));
            }
        }
    }

    async fn judge(
        &self,
        trust: &Trust,
        (place, jws): (u64, &Jws),
        before: &mut Verdicts,
    ) -> Result<Judged, PullError> {
        let by = self.in_force(trust, place)?;
        match jws.typ() {
            Enrolment::TYP => self.judge_enrolment(&by, jws, before).await,
            Body::TYP | Void::TYP | Adoption::TYP => {
                let device = before.device(jws.kid()).await?;
                self.judge_manifest(trust, (place, jws), device, before).await
            }
            Act::TYP => Ok(judge_act(&by, &trust.tenant, jws)),
            Wiped::TYP | Reattestation::TYP | Report::TYP => {
                self.judge_word(&by, &trust.tenant, jws, before).await
            }
            _ => Ok(Judged::rejected(jws, ProblemCode::WrongType)),
        }
    }

    pub(super) async fn judge_enrolment(
        &self,
        by: &[Arc<InForce>],
        jws: &Jws,
        before: &mut Verdicts,
    ) -> Result<Judged, PullError> {
        let Ok(claimed) = jws.peek::<Enrolment>() else {
            return Ok(Judged::rejected(jws, ProblemCode::MalformedRequest));
        };
        // The token's own short life bounds the time that the phone claims.
        let former = match &claimed.follows {
            Some(follows) => before.device(&follows.device_id).await?,
            None => None,
        };
        let former_serial = former.as_ref().and_then(|former| former.attested_serial.as_deref());
        let mut judged = by.iter().map(|by| {
            let basis = Basis { former_serial, ..by.basis(&self.roots) };
            verify_enrolment(jws, &basis, Freshness::Recorded, claimed.at)
        });
        let certain = judged.next().ok_or(IndexError::Damaged("state"))?;
        let attested = match certain.or_else(|refusal| judged.find_map(Result::ok).ok_or(refusal)) {
            Ok(attested) => attested,
            Err(refusal) => {
                return Ok(Judged::Rejected { device_id: jws.kid().clone(), code: refusal.as_str() });
            }
        };
        let device_id = attested.device_id();
        let holder = before.token_holder(attested.spent()).await?;
        if holder.is_some_and(|holder| holder != device_id) {
            return Ok(Judged::rejected(jws, ProblemCode::TokenUsed));
        }
        let follows = attested.enrolment().follows.as_ref().map(|follows| follows.device_id.clone());
        let device = Box::new(KnownDevice {
            key: attested.device_key().clone(),
            follows,
            lineage: attested.lineage(),
            attested_serial: attested.shown().serial.clone(),
            status: DeviceStatus::Active,
            enrolled_at: None,
            app_attest: attested.shown().app_attest.clone(),
        });
        Ok(Judged::Enrolled { device_id, device, spent: attested.spent().clone() })
    }

    /// A manifest by `device`, as it is known at the manifest's place.
    pub(super) async fn judge_manifest(
        &self,
        trust: &Trust,
        (place, jws): (u64, &Jws),
        device: Option<KnownDevice>,
        before: &mut Verdicts,
    ) -> Result<Judged, PullError> {
        let Some(device) = device else {
            return Ok(refused(trust, jws, FilingRefusal::EnrolmentInvalid));
        };
        let Ok(manifest) = Manifest::verify(jws, &device.key, &trust.tenant) else {
            return Ok(refused(trust, jws, FilingRefusal::ManifestInvalid));
        };
        // An honest gateway takes no photo of a phone that it was told to refuse.
        if device.status == DeviceStatus::Revoked && manifest.has_photo() {
            return Ok(refused(trust, jws, FilingRefusal::EnrolmentInvalid));
        }
        let own = manifest.is_own();
        let known = before.neighbours(place, manifest.carried(), own).await?;
        let lineage = match own {
            true => Lineage::First,
            false => lineage(&device, &manifest.carried().body.device_id, before).await?,
        };
        let fits = !chain::is_broken(manifest.carried(), &known) && (own || lineage != Lineage::First);
        let cause = (!fits).then_some(FilingRefusal::ChainBroken);
        // What a phone signs for another's chain on its claim alone is filed and takes no place there.
        let chained = (fits && (own || lineage.is_proven())).then_some(own);
        Ok(Judged::Photo(Box::new(PhotoJudged { manifest: manifested(jws, manifest), cause, chained })))
    }
}

/// What it rests on that this phone had the key of `old`: a claim, where one on the way from key to key is no more; `First`
/// where not even the phone says so.
async fn lineage(device: &KnownDevice, old: &DeviceId, before: &mut Verdicts) -> Result<Lineage, PullError> {
    let (mut follows, mut weakest) = (device.follows.clone(), device.lineage);
    for _ in 0..GENERATIONS {
        let Some(former) = follows else { return Ok(Lineage::First) };
        if former == *old {
            return Ok(weakest);
        }
        let Some(device) = before.device(&former).await? else { return Ok(Lineage::First) };
        if !device.lineage.is_proven() {
            weakest = device.lineage;
        }
        follows = device.follows;
    }
    Ok(Lineage::First)
}

/// Counts and logs a verdict.
fn tell(index: u64, verdict: &Judged, report: &mut PassReport) {
    report.entries += 1;
    match verdict {
        Judged::Enrolled { device_id, .. } => {
            report.enrolled += 1;
            tracing::info!(%device_id, log_index = index, "phone believed");
        }
        Judged::Rejected { device_id, code } => {
            report.rejected += 1;
            tracing::warn!(%device_id, log_index = index, code, "entry rejected");
        }
        Judged::Photo(_) | Judged::Noted(_) => {}
    }
}

/// A refusal that names the photo, where it can be told which one is meant.
fn refused(trust: &Trust, jws: &Jws, cause: FilingRefusal) -> Judged {
    match Manifest::peek(jws) {
        Ok(manifest) if manifest.carried().body.tenant == trust.tenant => {
            let manifest = manifested(jws, manifest);
            Judged::Photo(Box::new(PhotoJudged { manifest, cause: Some(cause), chained: None }))
        }
        Ok(_) | Err(_) => Judged::rejected(jws, ProblemCode::ManifestInvalid),
    }
}

fn manifested(jws: &Jws, manifest: Manifest) -> Manifested {
    let (kind, device_id) = (
        match &manifest {
            Manifest::Photo(_) => Kind::Photo,
            Manifest::Void(..) => Kind::Void,
            Manifest::Adoption(..) => Kind::Adoption,
        },
        manifest.device_id().clone(),
    );
    Manifested { manifest_sha256: jws.digest(), kind, device_id, carried: manifest.carried().clone() }
}
