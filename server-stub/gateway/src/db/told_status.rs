//! What people are told that a phone is: what it may do, or that it was wiped, which its status does not say.

use std::str::FromStr;

use gauze_wire::{DeviceStatus, WireError};
use serde::Serialize;

/// Whether a row's phone was wiped for good. One that only heard nothing for too long shows photos again, of those that it takes
/// from then on.
pub(super) const WIPED: &str = "(wiped_at_ms IS NOT NULL AND wiped_cause IS NOT 'offline')";

/// A phone's status as it is shown, counted and searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldStatus {
    /// May do everything.
    Active,
    /// Was wiped, and may send what is still on it.
    Wiped,
    /// May upload only, wiped or not.
    Suspended,
    /// May nothing, wiped or not.
    Revoked,
}

impl ToldStatus {
    /// Each, in the order that people read them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Wiped, Self::Suspended, Self::Revoked];

    /// Of a phone with this status.
    pub(super) fn of(status: DeviceStatus, wiped: bool) -> Self {
        match status {
            DeviceStatus::Active if wiped => Self::Wiped,
            DeviceStatus::Active => Self::Active,
            DeviceStatus::Suspended => Self::Suspended,
            DeviceStatus::Revoked => Self::Revoked,
        }
    }

    /// The same, asked of a row.
    pub(super) fn condition(self) -> String {
        match self {
            Self::Active => format!("status = 'active' AND NOT {WIPED}"),
            Self::Wiped => format!("status = 'active' AND {WIPED}"),
            Self::Suspended | Self::Revoked => format!("status = '{}'", self.as_str()),
        }
    }

    /// Its name, in an address and on a command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Wiped => "wiped",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

impl FromStr for ToldStatus {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        Self::ALL.into_iter().find(|told| told.as_str() == text).ok_or(WireError::Field("status"))
    }
}
