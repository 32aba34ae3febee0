//! Private keys in memory, and the file a hospital keeps them in.
//!
//! What must hold: a secret is wiped when dropped, has no `Debug` or `Display`, and leaves only through
//! [`Identity::to_secret_text`]; the same text gives the same key in any age implementation.

use std::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::recipient::{X25519Recipient, XWingRecipient};
use super::stanza::{self, Kind};
use super::{FileKey, KeyError, Recipient, Stanza, Unwrap, UnwrapError, bech};
use crate::entropy::{Entropy, EntropyError};
use crate::hazmat::kem;

const X25519_HRP: &str = "AGE-SECRET-KEY-";
const X_WING_HRP: &str = "AGE-SECRET-KEY-PQ-";

/// A private key that opens files. Wiped on drop.
pub enum Identity {
    /// `AGE-SECRET-KEY-1…`: classical.
    X25519(X25519Identity),
    /// `AGE-SECRET-KEY-PQ-1…`: post-quantum.
    MlKem768X25519(XWingIdentity),
}

/// An X25519 private key.
pub struct X25519Identity(x25519_dalek::StaticSecret);

/// An X-Wing private key, kept as its 32-byte seed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct XWingIdentity([u8; 32]);

impl Identity {
    /// Makes a new classical identity.
    pub fn make_x25519(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut())?;
        Ok(Self::X25519(X25519Identity(x25519_dalek::StaticSecret::from(*bytes))))
    }

    /// Makes a new post-quantum identity.
    pub fn make_mlkem768x25519(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut identity = XWingIdentity([0; 32]);
        entropy.fill(&mut identity.0)?;
        Ok(Self::MlKem768X25519(identity))
    }

    /// The public half.
    pub fn to_recipient(&self) -> Recipient {
        match self {
            Self::X25519(identity) => {
                let public = x25519_dalek::PublicKey::from(&identity.0);
                Recipient::X25519(X25519Recipient(public))
            }
            Self::MlKem768X25519(identity) => {
                let public = XWingRecipient::from_bytes(&kem::x_wing_public(&identity.0));
                Recipient::MlKem768X25519(public.expect("a public key made from a seed is valid"))
            }
        }
    }

    /// The text age identity files hold. It is the secret itself: seal it before it is stored.
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        match self {
            Self::X25519(identity) => bech::encode_secret(X25519_HRP, identity.0.as_bytes()),
            Self::MlKem768X25519(identity) => bech::encode_secret(X_WING_HRP, &identity.0),
        }
    }
}

impl FromStr for Identity {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match bech::prefix(text) {
            X25519_HRP => {
                let bytes = bech::decode::<32>(X25519_HRP, text)?;
                Ok(Self::X25519(X25519Identity(x25519_dalek::StaticSecret::from(*bytes))))
            }
            X_WING_HRP => {
                let bytes = bech::decode::<32>(X_WING_HRP, text)?;
                Ok(Self::MlKem768X25519(XWingIdentity(*bytes)))
            }
            _ => Err(KeyError::Kind),
        }
    }
}

impl Unwrap for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Result<Option<FileKey>, UnwrapError> {
        match (self, &stanza.0) {
            (Self::X25519(identity), Kind::X25519 { share, body }) => {
                let shared = identity.0.diffie_hellman(&x25519_dalek::PublicKey::from(*share));
                if !shared.was_contributory() {
                    return Err(UnwrapError::Malformed);
                }
                let public = x25519_dalek::PublicKey::from(&identity.0);
                let key = stanza::x25519_key(&shared, share, public.as_bytes());
                Ok(stanza::open_x25519_body(&key, body))
            }
            (Self::MlKem768X25519(identity), Kind::XWing { enc, body }) => {
                let shared = kem::x_wing_decapsulate(&identity.0, enc).map_err(|_| UnwrapError::Malformed)?;
                Ok(stanza::open_body(&stanza::x_wing_schedule(&shared), body))
            }
            (Self::X25519(_) | Self::MlKem768X25519(_), _) => Ok(None),
        }
    }
}

/// A line of an identity file was not a key. Lines are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFileError {
    /// A line that is neither empty, a comment nor a key.
    #[error("line {line} of the identity file: {error}")]
    Line {
        /// Which line.
        line: usize,
        /// What is wrong with it.
        error: KeyError,
    },
    /// No line held a key.
    #[error("the identity file holds no key")]
    Empty,
}

/// Reads an age identity file: one key a line, `#` begins a comment, empty lines are skipped.
pub fn parse_identity_file(text: &str) -> Result<Vec<Identity>, IdentityFileError> {
    let mut identities = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parsed = line.parse().map_err(|error| IdentityFileError::Line { line: index + 1, error })?;
        identities.push(parsed);
    }
    if identities.is_empty() { Err(IdentityFileError::Empty) } else { Ok(identities) }
}
