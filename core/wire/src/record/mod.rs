//! The record sealed beside each photo: what binds it, whom it shows and what was said of it. Only the records side
//! reads it.
//!
//! Always: a record has one spelling. What is read is written again and must give the same bytes; no field is unknown,
//! `null` or over its limit.

mod clinical;
mod number;
mod patient;
mod picture;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Body, Bytes, CaptureId, DeviceId, Digest, Name, SeriesId, Tenant, Text, WireError, WoundId};

pub use clinical::{
    BodySide, Choice, Consent, ConsentScope, Fence, FenceVerdict, Framing, ShownNotice, Site,
};
pub use number::{ChiNumber, HcNumber, NhsNumber};
pub use patient::{BirthDate, Established, Identifier, Patient};
pub use picture::{Fitness, FoundMarker, Rendering};

/// Longest record: 64 KiB of JSON.
pub const RECORD_LIMIT: usize = 64 * 1024;

/// Evidence of who was signed in: what the identity provider signed, and what makes its `nonce`. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionEvidence {
    /// The provider's ID token (OpenID Connect Core 1.0, section 2), compact: at most 16 KiB.
    pub token: Text<16384>,
    /// The salt in the token's `nonce`: at most 64 bytes, base64.
    pub salt: Bytes<64>,
}

/// The sealed record, `record.json`. Optional fields are left out where there is nothing to say.
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
    /// The team that took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Choice>,
    /// Who took it, as the phone was told: 1 to 256 bytes of UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinician: Option<Text<256>>,
    /// Evidence of who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionEvidence>,
    /// Whom it shows; absent where the phone was told nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Patient>,
    /// Where on the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// Which wound of the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wound: Option<WoundId>,
    /// Which visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// How much it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Framing>,
    /// Consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Inside or outside a fence, never where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<Fence>,
    /// How fit it is for measuring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fitness: Option<Fitness>,
    /// Free text: 1 to 4096 bytes of UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Text<4096>>,
    /// The picture as the camera made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Rendering>,
    /// The picture as it is here, where the phone made it smaller before sealing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced: Option<Rendering>,
    /// EXIF orientation of the photo, 1 to 8.
    pub orientation: u8,
    /// SHA-256 of `photo.jpg`.
    pub photo_sha256: Digest,
    /// Length of `photo.jpg` in bytes.
    pub photo_size: u64,
}

impl Record {
    /// The format version.
    pub const VERSION: u32 = 2;

    /// Reads `record.json`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > RECORD_LIMIT {
            return Err(WireError::TooLarge);
        }
        let record: Self = serde_json::from_slice(bytes).map_err(|_| WireError::Malformed("record"))?;
        let again = record.to_bytes()?;
        if again == bytes { Ok(record) } else { Err(WireError::Malformed("record")) }
    }

    /// Writes `record.json`.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        self.check()?;
        let bytes = serde_json::to_vec(self).map_err(|_| WireError::Malformed("record"))?;
        if bytes.len() > RECORD_LIMIT { Err(WireError::TooLarge) } else { Ok(bytes) }
    }

    /// Checks what the types cannot: versions, ranges, and that fields agree with one another.
    pub fn check(&self) -> Result<(), WireError> {
        if self.v != Self::VERSION || !(1..=8).contains(&self.orientation) {
            return Err(WireError::Field("record"));
        }
        self.patient.as_ref().map_or(Ok(()), |patient| patient.check(self.captured_at))?;
        self.site.as_ref().map_or(Ok(()), Site::check)?;
        self.consent.as_ref().map_or(Ok(()), Consent::check)?;
        self.fence.as_ref().map_or(Ok(()), Fence::check)?;
        self.fitness.as_ref().map_or(Ok(()), Fitness::check)?;
        picture::check_renderings(self.original.as_ref(), self.reduced.as_ref())
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
