//! Showing the evidence again, weekly: over a new challenge, for the key that is enrolled.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Attestation, DeviceId, Digest, Name, Shape, Signed, Tenant, WireError};

/// Evidence shown again: `POST /v1/TENANT/attestations`, signed by the device key. Kept whole as a log entry, like an
/// enrolment, so that the records side judges it for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reattestation {
    /// Format version: 1 with what an enrolment may carry too, 2 with a fresh Android key or an App Attest assertion.
    pub v: u32,
    /// `gauze-reattestation`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone.
    pub device_id: DeviceId,
    /// The gateway's challenge.
    pub challenge: Digest,
    /// What the phone shows.
    pub attestation: Attestation,
    /// Program version.
    pub app_version: Name,
    /// The phone's clock (RFC 3339, UTC).
    pub at: Timestamp,
}

impl Signed for Reattestation {
    const TYP: &'static str = "gauze-reattestation";
    const VERSIONS: RangeInclusive<u32> = 1..=2;
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        if self.v == self.attestation.reattestation_version() { Ok(()) } else { Err(WireError::Field("v")) }
    }
}
