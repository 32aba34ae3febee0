//! Who a file is sealed to.
//!
//! What must hold: every [`Recipient`] that exists is a usable public key, checked once when it was read; every
//! [`Recipients`] is non-empty and never mixes classical with post-quantum keys, because one classical stanza
//! would hand the file to whoever breaks classical cryptography.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use x_wing::TryKeyInit;

use super::bech;
use crate::hazmat::kem;

/// A key was not understood. Says nothing of its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not an age key of a kind this crate knows, or in the wrong letter case.
    #[error("not a supported kind of age key")]
    Kind,
    /// The text is damaged: letters, checksum or padding.
    #[error("the key's text is damaged")]
    Encoding,
    /// The text is whole but what it holds is no usable key.
    #[error("the key is not valid")]
    Key,
}

/// One public key that files can be sealed to.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// `age1…`: classical.
    X25519(X25519Recipient),
    /// `age1pq1…`: post-quantum, the default for tenants.
    MlKem768X25519(XWingRecipient),
    /// `age1tag1…`: a hardware P-256 key; classical.
    P256Tag(TagRecipient),
}

/// An X25519 public key.
#[derive(Clone, PartialEq, Eq)]
pub struct X25519Recipient(pub(super) x25519_dalek::PublicKey);

/// An X-Wing public key: ML-KEM-768 with X25519.
#[derive(Clone, PartialEq, Eq)]
pub struct XWingRecipient(pub(super) Box<x_wing::EncapsulationKey>);

/// A P-256 public key whose private half sits in hardware.
#[derive(Clone, PartialEq, Eq)]
pub struct TagRecipient(pub(super) p256::PublicKey);

const X25519_HRP: &str = "age";
const X_WING_HRP: &str = "age1pq";
const TAG_HRP: &str = "age1tag";

impl X25519Recipient {
    /// Refuses the few points whose agreement is the same for everybody.
    pub(super) fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyError> {
        let key = x25519_dalek::PublicKey::from(bytes);
        let probe = x25519_dalek::StaticSecret::from([0x55; 32]);
        match probe.diffie_hellman(&key).was_contributory() {
            true => Ok(Self(key)),
            false => Err(KeyError::Key),
        }
    }
}

impl XWingRecipient {
    pub(super) fn from_bytes(bytes: &[u8; 1216]) -> Result<Self, KeyError> {
        let mut x25519 = [0; 32];
        x25519.copy_from_slice(&bytes[1184..]);
        X25519Recipient::from_bytes(x25519)?;
        let key = x_wing::EncapsulationKey::new(bytes.into()).map_err(|_| KeyError::Key)?;
        Ok(Self(Box::new(key)))
    }
}

impl TagRecipient {
    /// From the 65-byte uncompressed point that a hardware key store reports (SEC 1).
    pub fn from_uncompressed(point: &[u8; 65]) -> Result<Self, KeyError> {
        Self::from_sec1(point)
    }

    fn from_sec1(point: &[u8]) -> Result<Self, KeyError> {
        p256::PublicKey::from_sec1_bytes(point).map(Self).map_err(|_| KeyError::Key)
    }

    pub(super) fn uncompressed(&self) -> [u8; 65] {
        kem::p256_uncompressed(&self.0)
    }
}

impl Recipient {
    /// Whether a file sealed to this key stays closed to a quantum computer.
    pub fn is_post_quantum(&self) -> bool {
        match self {
            Self::MlKem768X25519(_) => true,
            Self::X25519(_) | Self::P256Tag(_) => false,
        }
    }

    /// A short name for lists and logs: the first 8 bytes of SHA-256 of the recipient's text, as lower-case hex.
    pub fn key_id(&self) -> String {
        let digest = Sha256::digest(self.to_string().as_bytes());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::X25519(key) => bech::encode_public(X25519_HRP, key.0.as_bytes()),
            Self::MlKem768X25519(key) => {
                use x_wing::KeyExport;
                bech::encode_public(X_WING_HRP, &key.0.to_bytes())
            }
            Self::P256Tag(key) => bech::encode_public(TAG_HRP, &kem::p256_compressed(&key.0)),
        };
        f.write_str(&text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", self.key_id())
    }
}

impl FromStr for Recipient {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match bech::prefix(text) {
            X25519_HRP => {
                let bytes = bech::decode::<32>(X25519_HRP, text)?;
                X25519Recipient::from_bytes(*bytes).map(Self::X25519)
            }
            X_WING_HRP => {
                let bytes = bech::decode::<1216>(X_WING_HRP, text)?;
                XWingRecipient::from_bytes(&bytes).map(Self::MlKem768X25519)
            }
            TAG_HRP => {
                let bytes = bech::decode::<33>(TAG_HRP, text)?;
                TagRecipient::from_sec1(bytes.as_ref()).map(Self::P256Tag)
            }
            _ => Err(KeyError::Kind),
        }
    }
}

/// Why a set of recipients cannot be sealed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecipientsError {
    /// There is nobody to seal to.
    #[error("no recipients")]
    Empty,
    /// Classical and post-quantum keys together.
    #[error("classical and post-quantum recipients cannot be mixed")]
    MixedRecipients,
    /// More than [`Recipients::MAX`].
    #[error("too many recipients")]
    TooMany,
}

/// A set of recipients that a file may be sealed to: non-empty, of one strength, each key once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients(Vec<Recipient>);

impl Recipients {
    /// As many as surely fit the header that [`Opener`](super::Opener) accepts.
    pub const MAX: usize = 32;

    /// Checks the set. A key named twice counts once.
    pub fn new(recipients: impl IntoIterator<Item = Recipient>) -> Result<Self, RecipientsError> {
        let mut set: Vec<Recipient> = Vec::new();
        for recipient in recipients {
            if set.contains(&recipient) {
                continue;
            }
            if set.len() == Self::MAX {
                return Err(RecipientsError::TooMany);
            }
            if set.first().is_some_and(|first| first.is_post_quantum() != recipient.is_post_quantum()) {
                return Err(RecipientsError::MixedRecipients);
            }
            set.push(recipient);
        }
        if set.is_empty() { Err(RecipientsError::Empty) } else { Ok(Self(set)) }
    }

    /// The keys, in the order given.
    pub fn iter(&self) -> std::slice::Iter<'_, Recipient> {
        self.0.iter()
    }

    /// Whether a file sealed to this set stays closed to a quantum computer.
    pub fn is_post_quantum(&self) -> bool {
        self.0.iter().all(Recipient::is_post_quantum)
    }

    /// The short names of the keys, in the order given.
    pub fn key_ids(&self) -> Vec<String> {
        self.0.iter().map(Recipient::key_id).collect()
    }
}

impl<'a> IntoIterator for &'a Recipients {
    type Item = &'a Recipient;
    type IntoIter = std::slice::Iter<'a, Recipient>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
