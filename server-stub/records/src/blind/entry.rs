//! One photo as the index for people keeps it, and what its sealed label says.

use gauze_wire::{
    CaptureId, DeviceId, Framing, Name, Patient, Record, SeriesId, SessionEvidence, Site, Text, WoundId,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::keys::FolkKeys;
use super::name::Blind;
use super::{LabelError, terms};

/// What a list shows of a photo without opening it. No `Debug`: it names a patient.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Whom it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Patient>,
    /// Where on the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// Which wound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wound: Option<WoundId>,
    /// Which visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// How much it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Framing>,
    /// Who took it, as the phone was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinician: Option<Text<256>>,
    /// What proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<OnPhone>,
    /// An amendment of it cannot be read: whom it shows is not known until it can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

/// A clinician's sign-in, and the phone for which it was. No `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnPhone {
    /// The phone.
    pub device_id: DeviceId,
    /// What the provider signed.
    pub evidence: SessionEvidence,
}

impl OnPhone {
    fn of(record: &Record) -> Option<Self> {
        Some(Self { device_id: record.device_id.clone(), evidence: record.session.clone()? })
    }
}

impl Label {
    /// Of a record as it now stands.
    pub(crate) fn of(record: &Record, damaged: bool) -> Self {
        Self {
            patient: record.patient.clone(),
            site: record.site.clone(),
            wound: record.wound.clone(),
            series: record.series.clone(),
            view: record.view,
            clinician: record.clinician.clone(),
            session: OnPhone::of(record),
            damaged,
        }
    }

    pub(crate) fn open(keys: &FolkKeys, handle: &Blind, sealed: &[u8]) -> Result<Self, LabelError> {
        serde_json::from_slice(&keys.open(handle, sealed)?).map_err(|_| LabelError::Damaged)
    }
}

/// A photo for the index. No `Debug`.
pub(crate) struct Entry {
    pub(crate) handle: Blind,
    pub(crate) capture_id: CaptureId,
    pub(crate) patient: Option<Blind>,
    pub(crate) team: Option<String>,
    pub(crate) taken_ms: i64,
    pub(crate) amended: u32,
    pub(crate) label: Vec<u8>,
    pub(crate) terms: Vec<Blind>,
    /// It stands here until an amendment can be read again.
    pub(crate) damaged: bool,
}

impl Entry {
    /// Of a record as it stands after `amended` amendments; `team` is a code of the hospital's list.
    pub(crate) fn of(
        keys: &FolkKeys,
        record: &Record,
        team: Option<&Name>,
        amended: u32,
    ) -> Result<Self, LabelError> {
        Self::made(keys, record, team, amended, false)
    }

    /// Of a photo of whose `amended` amendments some cannot be read: nobody's.
    pub(crate) fn unsure(
        keys: &FolkKeys,
        record: Record,
        team: Option<&Name>,
        amended: u32,
    ) -> Result<Self, LabelError> {
        Self::made(keys, &Record { patient: None, ..record }, team, amended, true)
    }

    fn made(
        keys: &FolkKeys,
        record: &Record,
        team: Option<&Name>,
        amended: u32,
        damaged: bool,
    ) -> Result<Self, LabelError> {
        let handle = keys.handle(&record.device_id, &record.capture_id);
        let label = Label::of(record, damaged);
        let label = Zeroizing::new(serde_json::to_vec(&label).map_err(|_| LabelError::Damaged)?);
        Ok(Self {
            handle,
            capture_id: record.capture_id,
            patient: record.patient.as_ref().map(|patient| terms::patient(keys, patient)),
            team: team.map(|code| code.to_string()),
            taken_ms: record.captured_at.as_millisecond(),
            amended,
            label: keys.seal(&handle, &label)?,
            terms: record.patient.as_ref().map(|patient| terms::terms(keys, patient)).unwrap_or_default(),
            damaged,
        })
    }
}
