//! The records side's word on what was proposed: `POST /v1/TENANT/decisions`, a request signed by a records key.

use serde::{Deserialize, Serialize};

use crate::{InventoryGiven, Jws, Operator, ProposalId, Reason};

/// Decisions, at most 100.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// In the order they were taken.
    pub decisions: Vec<Decision>,
    /// The inventory that counts from now on; absent where it is the one given before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<InventoryGiven>,
}

/// One decision. No `Debug`: a reason is free text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What was proposed.
    pub proposal_id: ProposalId,
    /// Who decided.
    pub operator: Operator,
    /// Why.
    pub reason: Reason,
    /// The signed token, policy or wipe order; absent where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Jws>,
}
