//! Enrolment tokens: single use, at most 24 hours, signed inside the hospital by the policy key.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Jws, Name, PublicKey, Shape, Signed, Tenant, TokenId, WireError};

/// Longest life of a token.
pub const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How far the clocks of the machine that signs and of the one that checks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Leave for one phone to enrol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-token`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// Used once.
    pub token_id: TokenId,
    /// When it was signed (RFC 3339, UTC).
    pub issued_at: Timestamp,
    /// At most 24 hours later (RFC 3339, UTC).
    pub expires_at: Timestamp,
    /// The one phone it is for, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Name>,
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
        // `now` may be a phone's own word, any time that can be written: nothing is added to it.
        let early = token.issued_at.duration_since(now) > SKEW;
        if early || now >= token.expires_at { Err(WireError::Expired) } else { Ok(token) }
    }
}

impl Signed for Token {
    const TYP: &'static str = "gauze-token";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        let life = self.expires_at.duration_since(self.issued_at);
        if life > SignedDuration::ZERO && life <= TOKEN_LIFE {
            Ok(())
        } else {
            Err(WireError::Field("expires_at"))
        }
    }
}
