//! A person in the act: signed in, by which factor, from where.

use crate::context::{STEP_UP_MINUTES, minutes};
use crate::person::Person;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How the second factor was proven. A person with none is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// The provider's token said so, by the profile of `people.json`.
    Provider,
    /// A passkey (`WebAuthn`) with the user verified; `hardware` where its attestation says that it cannot be copied.
    Passkey {
        /// Attested and bound to hardware.
        hardware: bool,
    },
    /// A one-time code (RFC 6238).
    Totp,
}

/// Where a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The hospital's own networks, as `people.json` lists them.
    Inside,
    /// Anywhere else.
    Outside,
}

/// What the fences of the signed policy keep from whoever asks from where this request came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Barred {
    /// Nothing.
    #[default]
    Nothing,
    /// What leaves: exports and links.
    Exports,
    /// Also looking at photos, but under a break-glass.
    Views,
}

/// One signed-in person at one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// Who.
    pub person: Person,
    /// The session's reference in the log: never the cookie.
    pub session: String,
    /// When the session began.
    pub signed_in_at: Timestamp,
    /// How the second factor was last proven.
    pub factor: Factor,
    /// When it was last proven: a step-up asks for less than five minutes.
    pub factor_at: Timestamp,
    /// From where.
    pub network: Network,
    /// What the policy's fences keep from there.
    pub barred: Barred,
}

impl Acting {
    /// Whether the second factor was proven so lately that nothing grave asks for it again.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        minutes(self.factor_at, now) < STEP_UP_MINUTES
    }
}
