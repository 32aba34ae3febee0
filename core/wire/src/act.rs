//! What people decided about a device, and what waits for the hospital's signature.
//!
//! The gateway signs an [`Act`] for each with its receipt key and appends it to the tenant's log, so that the records
//! side hears of everything in order and nothing can be unsaid. An act grants nothing by itself: a token, a policy and a
//! wipe order are believed by the hospital's own signature alone. What is only proposed is an act too: that is how the
//! records side hears of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::incident::SEALED_REPORT;
use crate::{Bytes, DeviceId, Digest, Name, Photos, ProposalId, Shape, Signed, Tenant, Text, WireError};

/// Longest life that may be asked of a token, in hours.
const TOKEN_HOURS: u32 = 24;

/// Who did it, for people: at most 100 bytes.
pub type Operator = Text<100>;

/// Why, in a few words that name no patient: at most 500 bytes.
pub type Reason = Text<500>;

/// One act. No `Debug`: a reason is free text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-act`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// When, by the gateway's clock (RFC 3339, UTC).
    pub at: Timestamp,
    /// Who.
    pub operator: Operator,
    /// Why.
    pub reason: Reason,
    /// What.
    pub deed: Deed,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// From now on it may upload, and neither enrol again nor review.
    Suspend {
        /// The device.
        device_id: DeviceId,
    },
    /// It may do everything again.
    Resume {
        /// The device.
        device_id: DeviceId,
    },
    /// It may nothing any more; its open upload addresses are dead.
    Revoke {
        /// The device.
        device_id: DeviceId,
    },
    /// It is the same phone as `former`, whose photos and places in the chain it may sign for.
    Succeed {
        /// The device.
        device_id: DeviceId,
        /// Its id before.
        former: DeviceId,
    },
    /// Something speaks against the device.
    Flag {
        /// The device.
        device_id: DeviceId,
        /// A stable code.
        code: Name,
    },
    /// Somebody has looked, and it no longer does.
    Unflag {
        /// The device.
        device_id: DeviceId,
        /// The code.
        code: Name,
    },
    /// The hospital is asked to sign something.
    Propose {
        /// Names the proposal.
        proposal_id: ProposalId,
        /// What is asked for.
        wanted: Wanted,
    },
    /// The hospital has decided.
    Settle {
        /// The proposal.
        proposal_id: ProposalId,
        /// SHA-256 of the JWS text that it signed; absent where it refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signed: Option<Digest>,
    },
    /// An operator says that something went wrong. What they say is an [`Incident`](crate::Incident), sealed to the hospital's recipients.
    Report {
        /// An age file.
        sealed: Bytes<SEALED_REPORT>,
    },
}

impl Deed {
    /// Its name, as it stands in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::Revoke { .. } => "revoke",
            Self::Succeed { .. } => "succeed",
            Self::Flag { .. } => "flag",
            Self::Unflag { .. } => "unflag",
            Self::Propose { .. } => "propose",
            Self::Settle { .. } => "settle",
            Self::Report { .. } => "report",
        }
    }

    /// The device it is about, if about one.
    pub fn device_id(&self) -> Option<&DeviceId> {
        match self {
            Self::Suspend { device_id }
            | Self::Resume { device_id }
            | Self::Revoke { device_id }
            | Self::Succeed { device_id, .. }
            | Self::Flag { device_id, .. }
            | Self::Unflag { device_id, .. }
            | Self::Propose { wanted: Wanted::Wipe { device_id, .. }, .. } => Some(device_id),
            Self::Propose { wanted: Wanted::Token { .. } | Wanted::Policy { .. }, .. }
            | Self::Settle { .. }
            | Self::Report { .. } => None,
        }
    }

    /// The proposal it is about, if about one.
    pub fn proposal_id(&self) -> Option<&ProposalId> {
        match self {
            Self::Propose { proposal_id, .. } | Self::Settle { proposal_id, .. } => Some(proposal_id),
            Self::Suspend { .. }
            | Self::Resume { .. }
            | Self::Revoke { .. }
            | Self::Succeed { .. }
            | Self::Flag { .. }
            | Self::Unflag { .. }
            | Self::Report { .. } => None,
        }
    }
}

/// What the hospital is asked to sign. The gateway can sign none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wanted {
    /// Leave for one phone to enrol; the token will have the proposal's name.
    Token {
        /// How long it should live: 1 to 24.
        hours: u32,
        /// The one phone it is for, when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        serial: Option<Name>,
    },
    /// A new policy.
    Policy {
        /// The policy's fields, as they are given to be signed.
        policy: Map<String, Value>,
    },
    /// A wipe order.
    Wipe {
        /// The device.
        device_id: DeviceId,
        /// What becomes of its sealed photos.
        photos: Photos,
    },
}

impl Wanted {
    /// Its name, as it stands in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Token { .. } => "token",
            Self::Policy { .. } => "policy",
            Self::Wipe { .. } => "wipe",
        }
    }

    fn check(&self) -> Result<(), WireError> {
        match self {
            Self::Token { hours, .. } if !(1..=TOKEN_HOURS).contains(hours) => Err(WireError::Field("hours")),
            Self::Token { .. } | Self::Policy { .. } | Self::Wipe { .. } => Ok(()),
        }
    }
}

impl Signed for Act {
    const TYP: &'static str = "gauze-act";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        match &self.deed {
            Deed::Propose { wanted, .. } => wanted.check(),
            Deed::Suspend { .. }
            | Deed::Resume { .. }
            | Deed::Revoke { .. }
            | Deed::Succeed { .. }
            | Deed::Flag { .. }
            | Deed::Unflag { .. }
            | Deed::Settle { .. }
            | Deed::Report { .. } => Ok(()),
        }
    }
}
