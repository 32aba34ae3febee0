//! How device management makes the signed policy stricter.

use gauze_wire::Policy;
use serde::{Deserialize, Serialize};

/// What device management asks for beyond the policy. Absent fields ask for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Most hours of review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_hours: Option<u32>,
    /// Most unsent photos before a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unsent: Option<u32>,
    /// Most hours out of touch before a wipe; at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_wipe_hours: Option<u32>,
}

impl Limits {
    /// Whether nothing is asked for.
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The stricter of the policy and these, limit by limit.
    pub fn tighten(&self, mut policy: Policy) -> Policy {
        if let Some(hours) = self.review_hours {
            policy.review_hours = policy.review_hours.min(hours);
        }
        if let Some(most) = self.max_unsent {
            policy.max_unsent = policy.max_unsent.min(most);
        }
        if let Some(hours) = self.offline_wipe_hours {
            let mut life = policy.life();
            // In the policy, 0 is never: the loosest.
            life.offline_wipe_hours = match life.offline_wipe_hours {
                0 => hours,
                policy => policy.min(hours),
            };
            policy.life = Some(life);
        }
        policy
    }
}
