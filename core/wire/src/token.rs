//! Enrolment tokens, signed inside the hospital by the policy key: for one phone, once, within 24 hours; or for each phone of the
//! inventory, each serial number once, within 30 days.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Digest, Jws, Name, PublicKey, Serial, Shape, Signed, Tenant, TokenId, WireError};

/// Longest life of a token for one phone.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Longest life of an inventory token.
const INVENTORY_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How far the clocks of the machine that signs and of the one that checks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Leave to enrol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Format version: 1 for one phone, 2 for the inventory.
    pub v: u32,
    /// `gauze-token`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// Used once; of an inventory token, once by each serial number.
    pub token_id: TokenId,
    /// When it was signed (RFC 3339, UTC).
    pub issued_at: Timestamp,
    /// At most 24 hours later, 30 days for the inventory (RFC 3339, UTC).
    pub expires_at: Timestamp,
    /// The one phone it is for, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Name>,
    /// For each phone of the [`crate::Inventory`], in this version of it or a newer one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<u64>,
}

impl Token {
    /// Believes a token signed by one of `policy_keys`, at `now`.
    pub fn accept(
        jws: &Jws,
        policy_keys: &[PublicKey],
        tenant: &Tenant,
        now: Timestamp,
    ) -> Result<Self, WireError> {
        let token: Self = jws.verify_by(policy_keys, tenant)?;
        if token.is_early(now) || now >= token.expires_at { Err(WireError::Expired) } else { Ok(token) }
    }

    /// Whether it was signed later than any clock that is right can say.
    pub fn is_early(&self, now: Timestamp) -> bool {
        // `now` may be a phone's own word, any time that can be written: nothing is added to it.
        self.issued_at.duration_since(now) > SKEW
    }

    /// What `serial` spends of an inventory token: an id that is spent once as a single-use token's own is.
    pub fn share_of(&self, serial: &Serial) -> TokenId {
        let named = format!("gauze-inventory-token/v1\0{}\0{serial}", self.token_id);
        let digest = Digest::of(named.as_bytes());
        TokenId::make(digest.0.first_chunk().copied().unwrap_or_default())
    }
}

impl Signed for Token {
    const TYP: &'static str = "gauze-token";
    const VERSIONS: RangeInclusive<u32> = 1..=2;
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        let longest = match (self.v, self.inventory, &self.serial) {
            (1, None, _) => TOKEN_LIFE,
            (2, Some(1..), None) => INVENTORY_LIFE,
            _ => return Err(WireError::Field("inventory")),
        };
        let life = self.expires_at.duration_since(self.issued_at);
        if life > SignedDuration::ZERO && life <= longest {
            Ok(())
        } else {
            Err(WireError::Field("expires_at"))
        }
    }
}
