//! The hospital's phones, as the gateway's log has them: for whoever looks after phones and sees no photo.

use gauze_people::Logged;
use gauze_people::action::act;
use gauze_wire::{Attestation, DeviceId, DeviceStatus, Enrolment, Jws, Name, Reattestation, Ward};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Folk, FolkError};
use crate::index::IndexError;

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

impl Folk {
    /// Every believed phone: those that are not revoked first, and of them first what was not heard of longest.
    pub(crate) async fn phones(&self, _: &Logged<act::Phones>) -> Result<Vec<Handset>, FolkError> {
        let rows = sqlx::query(PHONES).fetch_all(&self.read).await?;
        let mut phones = rows.iter().map(Handset::from_row).collect::<Result<Vec<_>, _>>()?;
        phones.sort_by_key(|phone| (phone.status == DeviceStatus::Revoked, phone.heard));
        Ok(phones)
    }
}
