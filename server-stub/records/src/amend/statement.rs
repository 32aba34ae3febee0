//! What an amendment says.

use gauze_wire::{
    CaptureId, DeviceId, Digest, Identifier, Patient, Record, Shape, Signed, Site, Tenant, Text, WireError,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A patient is put right. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refiled {
    /// It shows nobody who is known: back to the tray.
    Nobody,
    /// It shows this patient; `confirmed_by` there names the two identifiers.
    To(Box<Patient>),
}

/// What is put right; what is left out stays. No `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Whom it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Refiled>,
    /// Where on the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// Free text: 1 to 4096 bytes of UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Text<4096>>,
}

/// One amendment. No `Debug`: it may name a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-amendment`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone that took the photo, whichever key signed for it.
    pub device_id: DeviceId,
    /// The photo.
    pub capture_id: CaptureId,
    /// Its place among the photo's amendments, from 1.
    pub number: u32,
    /// SHA-256 of the amendment before it as JWS, or of the photo's manifest.
    pub prev: Digest,
    /// When (RFC 3339, UTC).
    pub at: Timestamp,
    /// Who, as the access log names people.
    pub by: Text<64>,
    /// Their name, as the provider gave it.
    pub by_name: Text<256>,
    /// The line of the access log that it was written under.
    pub line: u64,
    /// Why, in words: 1 to 512 bytes of UTF-8.
    pub reason: Text<512>,
    /// By which two identifiers the patient was confirmed whose record this is or becomes; none where there is no patient.
    pub confirmed_by: Vec<Identifier>,
    /// What is put right.
    pub change: Change,
}

const CONFIRMED: WireError = WireError::Expected {
    field: "confirmed_by",
    form: "two different identifiers of the patient, in the order of their kinds",
};

impl Signed for Amendment {
    const TYP: &'static str = "gauze-amendment";

    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }

    fn check(&self) -> Result<(), WireError> {
        if self.number == 0 || self.change == Change::default() {
            return Err(WireError::Expected {
                field: "change",
                form: "at least one thing that is put right",
            });
        }
        self.change.site.as_ref().map_or(Ok(()), Site::check)?;
        match &self.change.patient {
            Some(Refiled::To(patient)) => {
                patient.check(self.at)?;
                if patient.confirmed_by == self.confirmed_by { Ok(()) } else { Err(CONFIRMED) }
            }
            Some(Refiled::Nobody) | None => match self.confirmed_by.as_slice() {
                [] => Ok(()),
                [first, second] if first < second => Ok(()),
                _ => Err(CONFIRMED),
            },
        }
    }
}

impl Amendment {
    /// Whether a patient stood in `record` whom nobody compared with anything.
    pub(super) fn unconfirmed(&self, record: &Record) -> bool {
        record.patient.is_some() && self.confirmed_by.is_empty()
    }

    /// Puts right what it puts right.
    pub(super) fn apply(&self, record: &mut Record) {
        match &self.change.patient {
            Some(Refiled::Nobody) => record.patient = None,
            Some(Refiled::To(patient)) => record.patient = Some((**patient).clone()),
            None => {}
        }
        if let Some(site) = &self.change.site {
            record.site = Some(site.clone());
        }
        if let Some(notes) = &self.change.notes {
            record.notes = Some(notes.clone());
        }
    }
}
