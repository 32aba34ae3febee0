//! The record sealed beside each photo: what binds it and whom it shows. Only the records side reads it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Body, CaptureId, DeviceId, Digest, Name, Tenant, Text, WireError};

/// Longest record: 64 KiB of JSON.
pub const RECORD_LIMIT: usize = 64 * 1024;

/// Whom the photo shows. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    /// NHS number: ten digits, modulus 11 checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nhs_number: Option<String>,
    /// A hospital number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_id: Option<Text<64>>,
    /// Family name.
    pub family: Text<128>,
    /// Given names.
    pub given: Text<128>,
    /// Date of birth, `YYYY-MM-DD`.
    pub dob: jiff::civil::Date,
}

impl Patient {
    /// Checks what the type cannot: the NHS number's check digit.
    pub fn check(&self) -> Result<(), WireError> {
        match &self.nhs_number {
            Some(number) if !nhs_number_holds(number) => Err(WireError::Field("nhs_number")),
            Some(_) | None => Ok(()),
        }
    }
}

fn nhs_number_holds(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 10 || number.len() != 10 {
        return false;
    }
    let sum: u32 = digits.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = (11 - sum % 11) % 11;
    check != 10 && check == digits[9]
}

/// The sealed record, `record.json`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Format version: 2.
    pub v: u32,
    /// Whose.
    pub tenant: Tenant,
    /// The capturing phone.
    pub device_id: DeviceId,
    /// The photo.
    pub capture_id: CaptureId,
    /// Position in the phone's chain.
    pub seq: u64,
    /// Wall clock at capture (RFC 3339, UTC).
    pub captured_at: Timestamp,
    /// Milliseconds since the phone started.
    pub monotonic_ms: u64,
    /// Which start of the phone that counts from.
    pub boot_id: Name,
    /// Who took it.
    pub clinician: Option<Text<256>>,
    /// Whom it shows; absent where the phone was told nobody.
    pub patient: Option<Patient>,
    /// Where on the body.
    pub body_site: Option<Text<256>>,
    /// Consent, in the organisation's own words.
    pub consent: Option<Text<256>>,
    /// Free text.
    pub notes: Option<Text<4096>>,
    /// Inside or outside a fence, never where.
    pub geofence: Option<Name>,
    /// EXIF orientation of the photo, 1 to 8.
    pub orientation: u8,
    /// SHA-256 of `photo.jpg`.
    pub photo_sha256: Digest,
    /// Length of `photo.jpg` in bytes.
    pub photo_size: u64,
}

impl Record {
    /// Reads `record.json`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > RECORD_LIMIT {
            return Err(WireError::TooLarge);
        }
        let record: Self = serde_json::from_slice(bytes).map_err(|_| WireError::Malformed("record"))?;
        if record.v != 2 || !(1..=8).contains(&record.orientation) {
            return Err(WireError::Field("record"));
        }
        Ok(record)
    }

    /// Writes `record.json`.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        let bytes = serde_json::to_vec(self).map_err(|_| WireError::Malformed("record"))?;
        if bytes.len() > RECORD_LIMIT { Err(WireError::TooLarge) } else { Ok(bytes) }
    }

    /// Whether the binding fields are those of `body`.
    pub fn agrees_with(&self, body: &Body) -> bool {
        self.tenant == body.tenant
            && self.device_id == body.device_id
            && self.capture_id == body.capture_id
            && self.seq == body.seq
            && self.captured_at == body.captured_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_nhs_number_needs_its_check_digit() {
        assert!(nhs_number_holds("9990000042"));
        assert!(nhs_number_holds("9990001030"));
        for bad in ["9990000043", "9990000024", "999 000 0042", "999000004", "99900000420", ""] {
            assert!(!nhs_number_holds(bad), "{bad}");
        }
    }
}
