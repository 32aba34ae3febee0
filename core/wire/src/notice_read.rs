//! A clinician's word on a phone that they read a notice: sealed in a report, beside what went wrong, as version 2 of what is sealed there.
//!
//! The gateway cannot tell one from the other. The records side believes it by what the provider signed for this very phone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DeviceId, ReportId, SessionEvidence, ShownNotice, WireError};

/// What is sealed where somebody read a notice. JSON, read strictly. No `Debug`: its token names whom it is of.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRead {
    /// Format version: 2. Version 1 is a [`Testimony`](crate::Testimony).
    pub v: u32,
    /// Names it, as the report that carries it does.
    pub report_id: ReportId,
    /// The phone on which it was read.
    pub device_id: DeviceId,
    /// The phone's clock when it was read (RFC 3339, UTC).
    pub read_at: Timestamp,
    /// Which notice, in which version.
    pub notice: ShownNotice,
    /// Evidence of who read it: without it nobody is named, and nothing is sent.
    pub session: SessionEvidence,
}

impl NoticeRead {
    /// The format version.
    pub const VERSION: u32 = 2;

    /// The text that is sealed.
    ///
    /// # Errors
    /// [`WireError`]: it cannot be written.
    pub fn to_text(&self) -> Result<Vec<u8>, WireError> {
        serde_json::to_vec(self).map_err(|_| WireError::Malformed("notice_read"))
    }

    /// What was sealed.
    ///
    /// # Errors
    /// [`WireError`]: it is not one, or of another version.
    pub fn read(text: &[u8]) -> Result<Self, WireError> {
        let read: Self = serde_json::from_slice(text).map_err(|_| WireError::Malformed("notice_read"))?;
        if read.v == Self::VERSION { Ok(read) } else { Err(WireError::Field("v")) }
    }
}
