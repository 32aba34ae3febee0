//! The inventory: the serial numbers of the phones that may enrol with the hospital's inventory token.
//!
//! The token goes to every phone by app configuration and stays as long as it is, however long the list; the list goes to the
//! gateway and to the records side alone. A newer version takes the place of the one before at once, under the same token.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Jws, Shape, Signed, Tenant, WireError};

/// Most serial numbers in one list: as many as one signed object holds.
pub const SERIALS: usize = 8_000;

/// A serial number as lists compare it: 1 to 64 visible ASCII characters or inner spaces, letters in upper case. Management
/// systems and makers spell one serial in either case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial(String);

impl Serial {
    /// Reads what a person, a phone or a management system wrote; space around it does not count.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
        fits.then_some(Self(text))
    }

    /// The serial number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Serial {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        Self::read(&text).filter(|serial| serial.0 == text).ok_or(WireError::Id("Serial"))
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The list, signed by the policy key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-inventory`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// Rises with every list, from 1.
    pub version: u64,
    /// When it was signed (RFC 3339, UTC).
    pub issued_at: Timestamp,
    /// At most 8,000, each once, in ascending order. Empty is a list of which nobody enrols.
    pub serials: Vec<Serial>,
}

impl Inventory {
    /// Whether the serial number is on the list.
    pub fn names(&self, serial: &Serial) -> bool {
        self.serials.binary_search(serial).is_ok()
    }
}

impl Signed for Inventory {
    const TYP: &'static str = "gauze-inventory";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        if self.version == 0 {
            return Err(WireError::Field("version"));
        }
        let ascending = self.serials.is_sorted_by(|one, next| one < next);
        if self.serials.len() <= SERIALS && ascending { Ok(()) } else { Err(WireError::Field("serials")) }
    }
}

/// What the records side gives the gateway of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InventoryGiven {
    /// The signed [`Inventory`].
    pub list: Jws,
    /// The newest token for it, for operators to copy into app configurations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Jws>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_one_in_either_case_and_with_space_around_it() {
        let read = |text| Serial::read(text).map(String::from);
        assert_eq!(read(" r58m41abcde\r"), Some("R58M41ABCDE".to_owned()));
        for bad in ["", "  ", "R58\tM", "é", &"A".repeat(65)] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert!(serde_json::from_str::<Serial>("\"r58\"").is_err(), "on the wire it is spelled in one way");
    }
}
