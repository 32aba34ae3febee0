//! A private P-256 key that sits in hardware (`p256tag`): the phone's review key.
//!
//! What must hold: the hardware is asked only for a stanza whose tag is its own, so that a user is not made
//! to authenticate for a file that was never for this key; the agreed secret is wiped after use.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::stanza::{self, Kind};
use super::{FileKey, Recipient, Stanza, TagRecipient, Unwrap, UnwrapError};
use crate::hazmat::kem;

/// Why the hardware key did not agree. The shell decides by this what to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgreeError {
    /// The user turned the request down.
    #[error("the user cancelled")]
    Cancelled,
    /// The device is locked or wants the user to authenticate first.
    #[error("the key is locked")]
    Locked,
    /// The key no longer exists, for example after biometrics were enrolled anew.
    #[error("the key is lost")]
    Lost,
    /// The hardware failed in another way.
    #[error("the key store failed")]
    Unavailable,
}

/// ECDH by the hardware: takes the peer's uncompressed point, returns the 32-byte x coordinate.
pub type Agree<'a> = dyn Fn(&[u8; 65]) -> Result<Zeroizing<[u8; 32]>, AgreeError> + 'a;

/// The public half of a hardware key and the way to ask it.
pub struct P256TagIdentity<'a> {
    recipient: TagRecipient,
    agree: &'a Agree<'a>,
}

impl<'a> P256TagIdentity<'a> {
    /// `agree` is called at most once for each stanza that carries this key's tag.
    pub fn new(recipient: TagRecipient, agree: &'a Agree<'a>) -> Self {
        Self { recipient, agree }
    }

    /// The public half.
    pub fn to_recipient(&self) -> Recipient {
        Recipient::P256Tag(self.recipient.clone())
    }
}

impl Unwrap for P256TagIdentity<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Result<Option<FileKey>, UnwrapError> {
        let Kind::P256Tag { tag, enc, body } = &stanza.0 else {
            return Ok(None);
        };
        let ours = stanza::recipient_tag(enc, &self.recipient.0);
        if !bool::from(ours.ct_eq(tag)) {
            return Ok(None);
        }
        // A point off the curve would let a sender probe the hardware key.
        p256::PublicKey::from_sec1_bytes(enc).map_err(|_| UnwrapError::Malformed)?;
        let agreed = (self.agree)(enc)?;
        let shared = kem::p256_shared(&agreed, enc, &self.recipient.uncompressed());
        Ok(stanza::open_body(&stanza::tag_schedule(&shared), body))
    }
}
