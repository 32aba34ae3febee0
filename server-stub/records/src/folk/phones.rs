//! The hospital's phones, as the gateway's log has them: for whoever looks after phones and sees no photo, and for what proves a case.

use std::sync::PoisonError;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::Logged;
use gauze_people::action::act;
use gauze_wire::{
    Attestation, DeviceId, DeviceStatus, Digest, Enrolment, Jws, Name, Reattestation, Ward, WireError,
};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Folk, FolkError, Found};
use crate::index::IndexError;

/// Acts about one phone that are told of: a gateway in wrong hands makes up as many as it likes.
const ACTS: u32 = 1000;

/// Of each believed phone its enrolment, when its newest photo was taken, and the evidence that it showed last.
const PHONES: &str = "SELECT device.device_id, device.status, device.attested_serial, leaf.jws AS enrolment,
    (SELECT photo.captured_at FROM body JOIN photo ON photo.capture_id = body.capture_id
     WHERE body.device_id = device.device_id ORDER BY body.seq DESC LIMIT 1) AS photo,
    (SELECT shown.jws FROM note JOIN leaf AS shown ON shown.idx = note.log_index
     WHERE note.device_id = device.device_id AND note.kind = 'reattestation' ORDER BY note.log_index DESC LIMIT 1) AS shown
    FROM device JOIN leaf ON leaf.idx = device.log_index";

/// A phone whose enrolment held. Times are its own clock's.
#[derive(Clone, Debug)]
pub(crate) struct Handset {
    /// Its key.
    pub(crate) device_id: DeviceId,
    /// What it may do.
    pub(crate) status: DeviceStatus,
    /// Its serial number, as its hardware attested it.
    pub(crate) attested_serial: Option<String>,
    /// Its serial number, as it was stated.
    pub(crate) stated_serial: Option<Name>,
    /// Its model, as it states it.
    pub(crate) model: Name,
    /// Where it is used, as device management stated.
    pub(crate) ward: Option<Ward>,
    /// How its key was attested when it enrolled.
    pub(crate) attestation: Attestation,
    /// When it enrolled.
    pub(crate) enrolled: Timestamp,
    /// The latest of its enrolment, its newest photo, and its newest evidence.
    pub(crate) heard: Timestamp,
}

impl Handset {
    fn from_row(row: &SqliteRow) -> Result<Self, IndexError> {
        let Enrolment { model, serial, ward, attestation, at, .. } =
            Jws::parse(row.try_get("enrolment")?)?.peek()?;
        let photo: Option<String> = row.try_get("photo")?;
        let photo = photo.map(|at| at.parse::<Timestamp>()).transpose();
        let photo = photo.map_err(|_| IndexError::Damaged("photo"))?;
        let shown = row.try_get::<Option<&str>, _>("shown")?.map(Jws::parse).transpose()?;
        let shown = shown.map(|shown| shown.peek::<Reattestation>()).transpose()?.map(|shown| shown.at);
        Ok(Self {
            device_id: row.try_get::<String, _>("device_id")?.parse()?,
            status: row.try_get::<String, _>("status")?.parse()?,
            attested_serial: row.try_get("attested_serial")?,
            stated_serial: serial,
            model,
            ward,
            attestation,
            enrolled: at,
            heard: [photo, shown].into_iter().flatten().fold(at, Ord::max),
        })
    }
}

/// What was signed about a phone. Nothing of it names a patient.
pub(crate) struct PhonePapers {
    /// The place in the gateway's log of the enrolment by which it is believed, and that.
    pub(crate) enrolment: (u64, Jws),
    /// The newest acts of the gateway about it, each with its place, the newest first.
    pub(crate) acts: Vec<(u64, Jws)>,
    /// The bundles that name the keys which signed those.
    pub(crate) bundles: Vec<Jws>,
}

/// The hash that a phone's id spells; nothing where it spells none.
pub(crate) fn thumbprint(device: &DeviceId) -> Option<Digest> {
    Some(Digest(BASE64_URL_SAFE_NO_PAD.decode(device.as_str()).ok()?.try_into().ok()?))
}

/// The phone's id that spells a hash.
pub(crate) fn phone_of(thumbprint: &Digest) -> Result<DeviceId, WireError> {
    BASE64_URL_SAFE_NO_PAD.encode(thumbprint.0).parse()
}

impl Folk {
    /// Whether there is such a phone.
    pub(crate) async fn is_believed(&self, device: &DeviceId) -> Result<bool, FolkError> {
        Ok(self.index.enrolled_at(device).await?.is_some())
    }

    /// The phone that sent a photo.
    pub(crate) async fn sent_by(&self, found: &Found) -> Result<DeviceId, FolkError> {
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        Ok(row.device_id)
    }

    /// What was signed about a phone; nothing where no such phone is believed. Acts that no kept bundle proves are left out.
    pub(crate) async fn phone_papers(&self, device: &DeviceId) -> Result<Option<PhonePapers>, FolkError> {
        let Some(at) = self.index.enrolled_at(device).await? else { return Ok(None) };
        let enrolment = (at, self.logged(at).await?);
        let (mut acts, mut bundles) = (Vec::new(), Vec::new());
        for place in self.index.acts_about(device, ACTS).await? {
            let act = self.logged(place).await?;
            let Some(bundle) = self.bundle_of(place, &act)? else { continue };
            if !bundles.contains(&bundle) {
                bundles.push(bundle);
            }
            acts.push((place, act));
        }
        Ok(Some(PhonePapers { enrolment, acts, bundles }))
    }

    /// The newest policy for phones that was signed by then and in force here, with the bundle that names its keys.
    pub(crate) fn policy_by(&self, then: Timestamp) -> Result<Option<(Jws, Jws)>, FolkError> {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(history.policy_by(then)?)
    }

    /// Every believed phone: those that are not revoked first, and of them first what was not heard of longest.
    pub(crate) async fn phones(&self, _: &Logged<act::Phones>) -> Result<Vec<Handset>, FolkError> {
        let rows = sqlx::query(PHONES).fetch_all(&self.read).await?;
        let mut phones = rows.iter().map(Handset::from_row).collect::<Result<Vec<_>, _>>()?;
        phones.sort_by_key(|phone| (phone.status == DeviceStatus::Revoked, phone.heard));
        Ok(phones)
    }
}
