//! Whom a photo shows, and how that was made sure.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::{ChiNumber, HcNumber, NhsNumber};
use crate::{Text, WireError};

/// Born before is a slip of the finger.
const FIRST_YEAR: i16 = 1900;
const DOB: WireError = WireError::Expected {
    field: "dob",
    form: "a date of birth as YYYY-MM-DD, such as 1950-01-31, from 1900 on and not in the future",
};

/// A date of birth, `YYYY-MM-DD` and nothing else, from 1900 on. No `Debug`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BirthDate(Date);

impl BirthDate {
    /// The day.
    pub fn date(self) -> Date {
        self.0
    }

    /// Whether it had come at `at`, anywhere on earth.
    fn had_come(self, at: Timestamp) -> bool {
        let utc = Offset::UTC.to_datetime(at).date();
        self.0 <= utc.tomorrow().unwrap_or(utc)
    }
}

impl FromStr for BirthDate {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        let date: Date = text.parse().map_err(|_| DOB)?;
        if date.to_string() == text && date.year() >= FIRST_YEAR { Ok(Self(date)) } else { Err(DOB) }
    }
}

impl TryFrom<String> for BirthDate {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        text.parse()
    }
}

impl From<BirthDate> for String {
    fn from(date: BirthDate) -> String {
        date.0.to_string()
    }
}

/// How the patient was established. No `Debug`: a reason is free text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Established {
    /// The wristband was scanned.
    Wristband,
    /// Chosen from a worklist.
    Worklist,
    /// Typed by hand.
    Typed {
        /// Why: 1 to 256 bytes of UTF-8.
        reason: Text<256>,
    },
}

/// What a person compared with the patient, or with what the patient said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// Family and given names.
    Name,
    /// Date of birth.
    Dob,
    /// NHS number.
    NhsNumber,
    /// CHI number.
    ChiNumber,
    /// Health and Care Number.
    HcNumber,
    /// The hospital's own number.
    LocalNumber,
}

/// Whom the photo shows. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    /// NHS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<NhsNumber>,
    /// CHI number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chi_number: Option<ChiNumber>,
    /// Health and Care Number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hc_number: Option<HcNumber>,
    /// The hospital's own number: 1 to 64 bytes; its check digit, if it has one, is the hospital's to judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_number: Option<Text<64>>,
    /// Family name: 1 to 128 bytes of UTF-8.
    pub family: Text<128>,
    /// Given names: 1 to 128 bytes of UTF-8.
    pub given: Text<128>,
    /// Date of birth.
    pub dob: BirthDate,
    /// How the patient was established.
    pub established: Established,
    /// By which two identifiers that was confirmed: two different ones, each stated here, in the order of their kinds.
    pub confirmed_by: Vec<Identifier>,
}

impl Patient {
    /// Checks what the types cannot, for a photo taken at `at`: the date of birth has come, and the patient was
    /// confirmed by two identifiers that are stated.
    pub fn check(&self, at: Timestamp) -> Result<(), WireError> {
        if !self.dob.had_come(at) {
            return Err(DOB);
        }
        let [first, second] = self.confirmed_by.as_slice() else { return Err(CONFIRMED) };
        let confirmed = first < second && self.states(*first) && self.states(*second);
        if confirmed { Ok(()) } else { Err(CONFIRMED) }
    }

    fn states(&self, identifier: Identifier) -> bool {
        match identifier {
            Identifier::Name | Identifier::Dob => true,
            Identifier::NhsNumber => self.nhs_number.is_some(),
            Identifier::ChiNumber => self.chi_number.is_some(),
            Identifier::HcNumber => self.hc_number.is_some(),
            Identifier::LocalNumber => self.local_number.is_some(),
        }
    }
}

const CONFIRMED: WireError = WireError::Expected {
    field: "confirmed_by",
    form: "two different identifiers that are stated, in this order: name, dob, nhs_number, chi_number, hc_number, \
           local_number",
};
