//! A device key's last word: which enrolment continues it.
//!
//! A phone that enrols anew while it still holds its old key has that key sign this, and shows it in the
//! [`crate::Enrolment`]. The new key does not exist yet when the old one signs, because making one destroys the other: the word
//! names the challenge and the token instead, each of which counts once.

use serde::{Deserialize, Serialize};

use crate::{DeviceId, Digest, Jws, PublicKey, Shape, Signed, Tenant, WireError};

/// The phone that shows `challenge` and `token` is the one whose key signs this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-succession`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The old device key, which signs.
    pub device_key: PublicKey,
    /// The gateway's challenge of the enrolment that follows.
    pub challenge: Digest,
    /// SHA-256 of the text of the token of that enrolment.
    pub token_sha256: Digest,
}

impl Succession {
    /// Whether `word` was signed by the key of `former`, for the enrolment with this challenge and token.
    pub fn verify(
        word: &Jws,
        former: &DeviceId,
        (challenge, token): (&Digest, &Jws),
        tenant: &Tenant,
    ) -> Result<Self, WireError> {
        let claimed: Self = word.peek()?;
        if claimed.device_key.key_id() != *former {
            return Err(WireError::UnknownKey);
        }
        let said: Self = word.verify(&claimed.device_key, tenant)?;
        if said.challenge != *challenge {
            return Err(WireError::Field("challenge"));
        }
        if said.token_sha256 == token.digest() { Ok(said) } else { Err(WireError::Field("token_sha256")) }
    }
}

impl Signed for Succession {
    const TYP: &'static str = "gauze-succession";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}
