//! What a phone hears of itself: what it may do now, and what is asked of it.
//!
//! Signed by the gateway for one phone at one moment, so that nobody on the way can tell a phone that all is well, and
//! the phone can tell how long ago it truly heard from the hospital.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DeviceId, Jws, Shape, Signed, Tenant, WireError};

/// What a device may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// Everything that policy allows.
    Active,
    /// Upload, but neither enrol again nor review.
    Suspended,
    /// Nothing but hear of itself, and say that photos were discarded.
    Revoked,
}

impl DeviceStatus {
    /// Its name, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

impl std::str::FromStr for DeviceStatus {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        [Self::Active, Self::Suspended, Self::Revoked]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(WireError::Field("status"))
    }
}

/// Why a phone may not show photos, although it may upload them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewDenied {
    /// Somebody suspended it.
    Suspended,
    /// It was revoked.
    Revoked,
    /// It has not shown its evidence again in time.
    AttestationOverdue,
    /// The evidence that it showed again was refused.
    AttestationRefused,
    /// A certificate of its hardware has been revoked.
    CertificateRevoked,
    /// It was, or is about to be, wiped.
    Wiped,
}

impl ReviewDenied {
    /// A stable code, as it stands in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::AttestationOverdue => "attestation_overdue",
            Self::AttestationRefused => "attestation_refused",
            Self::CertificateRevoked => "certificate_revoked",
            Self::Wiped => "wiped",
        }
    }

    /// What to do next.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Suspended | Self::CertificateRevoked => {
                "Photos are safe and still go out; ask the people who enrol phones."
            }
            Self::Revoked => {
                "The phone is shut out for good and sends nothing; photos on it stay sealed. Enrol it again with a new token."
            }
            Self::AttestationOverdue => "Keep the phone online and open; it shows its evidence by itself.",
            Self::AttestationRefused => {
                "Restart the phone and update it; then ask the people who enrol phones."
            }
            Self::Wiped => "Enrol the phone again with a new token.",
        }
    }
}

/// Where a phone stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-standing`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone.
    pub device_id: DeviceId,
    /// The gateway's clock (RFC 3339, UTC).
    pub at: Timestamp,
    /// What it may do.
    pub status: DeviceStatus,
    /// Why it may not show photos; absent where it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_denied: Option<ReviewDenied>,
    /// When it must have shown its evidence again (RFC 3339, UTC); absent where policy asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attest_by: Option<Timestamp>,
    /// A wipe order that it has not reported as carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wipe: Option<Jws>,
}

impl Signed for Standing {
    const TYP: &'static str = "gauze-standing";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}
