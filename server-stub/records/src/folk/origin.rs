//! Where a photo comes from, as what was signed says.

use gauze_people::Logged;
use gauze_people::action::act;
use gauze_people::subject::Subject;
use gauze_wire::{Attestation, DeviceId, Digest, Enrolment, Filed, Platform};
use jiff::Timestamp;

use super::{Folk, FolkError, Found};
use crate::index::{IndexError, PhotoRow};
use crate::layout::measure;

/// Facts of a photo's origin. None names a patient.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The phone's key, which signed for the photo.
    pub device_id: DeviceId,
    /// What kind of phone, as it says itself.
    pub model: Option<String>,
    /// Its system.
    pub platform: Option<Platform>,
    /// How its key was attested when it enrolled.
    pub attestation: Option<Attestation>,
    /// When it enrolled, by its own clock, and the log's entry of that.
    pub enrolled: Option<(Timestamp, u64)>,
    /// The photo's number in its phone's chain.
    pub seq: u64,
    /// SHA-256 of the sealed file, as the phone signed it.
    pub sha256: Digest,
    /// Whether the file that is kept is that one.
    pub whole: bool,
    /// The gateway's log entry of the photo.
    pub log_index: u64,
    /// When the receipt was signed that says it is kept.
    pub filed_at: Option<Timestamp>,
}

impl Folk {
    /// Where a photo comes from. It does not open the photo.
    pub async fn origin(&self, found: &Found, logged: &Logged<act::Proof>) -> Result<Origin, FolkError> {
        let about = matches!(logged.subject(), Subject::Photo(photo) if photo.id == found.capture_id);
        if !about {
            return Err(FolkError::OtherPhoto);
        }
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        let enrolment = self.enrolment(&row).await?;
        let path = self.files.layout.sealed(&row.binding(&self.files.tenant));
        let measured = tokio::task::spawn_blocking(move || measure(&path)).await;
        let kept = measured.map_err(|_| IndexError::Damaged("photo"))??;
        let filed_at = row.receipt.as_ref().and_then(|receipt| receipt.peek::<Filed>().ok());
        Ok(Origin {
            model: enrolment.as_ref().map(|(known, _)| known.model.to_string()),
            platform: enrolment.as_ref().map(|(known, _)| known.platform),
            enrolled: enrolment.as_ref().map(|(known, at)| (known.at, *at)),
            attestation: enrolment.map(|(known, _)| known.attestation),
            device_id: row.device_id,
            seq: row.seq,
            whole: kept == Some((row.sha256, row.size)),
            sha256: row.sha256,
            log_index: row.log_index,
            filed_at: filed_at.map(|filed| filed.at),
        })
    }

    async fn enrolment(&self, row: &PhotoRow) -> Result<Option<(Enrolment, u64)>, FolkError> {
        let Some(at) = self.index.enrolled_at(&row.device_id).await? else { return Ok(None) };
        let jws = self.index.leaf(at).await?.ok_or(IndexError::Damaged("leaf"))?;
        Ok(jws.peek::<Enrolment>().ok().map(|enrolment| (enrolment, at)))
    }
}
