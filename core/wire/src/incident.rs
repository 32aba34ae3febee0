//! What an operator says that went wrong: sealed before it is kept, and opened inside the hospital alone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Text, WireError};

/// Largest sealed report: its text, and a stanza for each of 16 recipients.
pub const SEALED_REPORT: usize = 48 << 10;

/// Whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It did: somebody saw, changed or lost what they should not have.
    Breach,
    /// It nearly did.
    NearMiss,
}

/// What is sealed. JSON, read strictly. No `Debug`: it may name a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Format version: 1.
    pub v: u32,
    /// Whether it happened.
    pub kind: Happened,
    /// What.
    pub what: Text<2048>,
    /// Whose photos or data.
    pub whose: Text<200>,
    /// The phone, as far as the operator knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text<128>>,
    /// When somebody noticed (RFC 3339, UTC).
    pub noticed_at: Timestamp,
}

impl Incident {
    /// The text that is sealed.
    ///
    /// # Errors
    /// [`WireError`]: it cannot be written.
    pub fn to_text(&self) -> Result<Vec<u8>, WireError> {
        serde_json::to_vec(self).map_err(|_| WireError::Malformed("incident"))
    }

    /// What was sealed.
    ///
    /// # Errors
    /// [`WireError`]: it is not one, or of another version.
    pub fn read(text: &[u8]) -> Result<Self, WireError> {
        let incident: Self = serde_json::from_slice(text).map_err(|_| WireError::Malformed("incident"))?;
        if incident.v == 1 { Ok(incident) } else { Err(WireError::Field("v")) }
    }
}
