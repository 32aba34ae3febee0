//! The part of the policy that is about a device's life: how long it may be out of touch, how often it shows its
//! evidence, what a revoked certificate leads to.

use serde::{Deserialize, Serialize};

use crate::WireError;

/// What follows where a certificate in a device's chain is found revoked after it enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRevokedCertificate {
    /// The device is flagged and may not review; it goes on taking photos and uploading.
    Flag,
    /// It is suspended as well, until somebody has looked: its app takes no new photos. One certificate may be that of a whole batch.
    Suspend,
}

/// The limits of a device's life. Without them nothing is asked and nothing ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Life {
    /// Hours without hearing from the hospital after which a phone, once its app runs, destroys whatever shows photos and
    /// goes on taking and sending them; 0 is never.
    pub offline_wipe_hours: u32,
    /// Hours after which a phone shows its evidence again; 0 is never.
    pub attest_every_hours: u32,
    /// Hours it may be late with it before review is denied.
    pub attest_grace_hours: u32,
    /// What a revoked certificate leads to.
    pub on_revoked_certificate: OnRevokedCertificate,
}

impl Life {
    /// Nothing ends by itself.
    pub const UNLIMITED: Self = Self {
        offline_wipe_hours: 0,
        attest_every_hours: 0,
        attest_grace_hours: 0,
        on_revoked_certificate: OnRevokedCertificate::Flag,
    };

    /// A week without contact, evidence weekly, three days of grace.
    pub const RECOMMENDED: Self = Self {
        offline_wipe_hours: 168,
        attest_every_hours: 168,
        attest_grace_hours: 72,
        on_revoked_certificate: OnRevokedCertificate::Suspend,
    };

    pub(crate) fn check(&self) -> Result<(), WireError> {
        let hours = [
            ("life.offline_wipe_hours", self.offline_wipe_hours),
            ("life.attest_every_hours", self.attest_every_hours),
            ("life.attest_grace_hours", self.attest_grace_hours),
        ];
        match hours.iter().find(|(_, hours)| *hours > 24 * 366) {
            Some(&(field, _)) => Err(WireError::Expected { field, form: "0 to 8784 (366 days)" }),
            None => Ok(()),
        }
    }
}
