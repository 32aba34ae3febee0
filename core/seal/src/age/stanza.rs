//! One wrapped copy of the file key: a recipient stanza, parsed into its kind.
//!
//! What must hold: a stanza of a known kind has exactly the shape its definition gives, or the header is
//! refused; the size of the wrapped key is checked before anything is decrypted (a longer one would let a
//! sender learn which of several keys opened it); unknown kinds are kept out of the way ("grease").

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{AgreeError, Recipient};
use crate::entropy::{Entropy, EntropyError};
use crate::hazmat::hpke::{Kem, Schedule, derive_schedule};
use crate::hazmat::{aead, derive_key, kem};

/// The 16 random bytes that one file is sealed under. Wiped on drop; never printed.
///
/// Whoever holds it opens that one file and no other.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct FileKey([u8; 16]);

impl FileKey {
    /// Takes over bytes that were stored, for example in a review sidecar.
    pub fn from_bytes(bytes: &[u8; 16]) -> Self {
        Self(*bytes)
    }

    /// The bytes, to be stored sealed and nowhere else.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(super) fn make(entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut key = Self([0; 16]);
        entropy.fill(&mut key.0)?;
        Ok(key)
    }
}

/// A recipient stanza of a header that was read.
pub struct Stanza(pub(super) Kind);

/// The wrapped file key: 16 bytes and a tag.
pub(super) type Body = [u8; 32];

pub(super) enum Kind {
    X25519 {
        share: [u8; 32],
        body: Body,
    },
    XWing {
        enc: Box<[u8; 1120]>,
        body: Body,
    },
    P256Tag {
        tag: [u8; 4],
        enc: [u8; 65],
        body: Body,
    },
    /// Known by name for its strength only.
    Other(Strength),
    Passphrase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    Classical,
    PostQuantum,
    Unknown,
}

/// The stanza does not have the shape its kind prescribes.
pub(super) struct BadShape;

impl Stanza {
    pub(super) fn parse(kind: &str, args: &[&str], body: &[u8]) -> Result<Self, BadShape> {
        let body = || Body::try_from(body).map_err(|_| BadShape);
        Ok(Self(match (kind, args) {
            ("X25519", [share]) => Kind::X25519 { share: decode(share)?, body: body()? },
            ("mlkem768x25519", [enc]) => Kind::XWing { enc: Box::new(decode(enc)?), body: body()? },
            ("p256tag", [tag, enc]) => Kind::P256Tag { tag: decode(tag)?, enc: decode(enc)?, body: body()? },
            ("X25519" | "mlkem768x25519" | "p256tag", _) => return Err(BadShape),
            ("scrypt", _) => Kind::Passphrase,
            ("mlkem768p256tag", _) => Kind::Other(Strength::PostQuantum),
            ("ssh-ed25519" | "ssh-rsa" | "piv-p256", _) => Kind::Other(Strength::Classical),
            _ => Kind::Other(Strength::Unknown),
        }))
    }

    pub(super) fn strength(&self) -> Strength {
        match self.0 {
            Kind::X25519 { .. } | Kind::P256Tag { .. } => Strength::Classical,
            Kind::XWing { .. } => Strength::PostQuantum,
            Kind::Other(strength) => strength,
            Kind::Passphrase => Strength::Unknown,
        }
    }
}

/// Strict base64 of exactly `N` bytes: no padding, no spare bits.
pub(super) fn decode<const N: usize>(text: &str) -> Result<[u8; N], BadShape> {
    let mut out = [0; N];
    if text.len() != (N * 4).div_ceil(3) {
        return Err(BadShape);
    }
    match STANDARD_NO_PAD.decode_slice_unchecked(text, &mut out) {
        Ok(length) if length == N => Ok(out),
        Ok(_) | Err(_) => Err(BadShape),
    }
}

/// Why an identity stopped the opening, as opposed to not fitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// The stanza holds a key that no honest sender makes.
    #[error("malformed stanza")]
    Malformed,
    /// The hardware key did not do its part.
    #[error(transparent)]
    Agree(#[from] AgreeError),
}

/// Something that can recover a file key from a stanza: an identity in memory or a key in hardware.
pub trait Unwrap {
    /// The file key, or `None` when the stanza is not for this identity.
    fn unwrap_stanza(&self, stanza: &Stanza) -> Result<Option<FileKey>, UnwrapError>;
}

const X25519_INFO: &[u8] = b"age-encryption.org/v1/X25519";
const X_WING_INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const TAG_INFO: &[u8] = b"age-encryption.org/p256tag";

/// The wrapping key of an X25519 stanza.
pub(super) fn x25519_key(
    shared: &x25519_dalek::SharedSecret,
    share: &[u8; 32],
    recipient: &[u8; 32],
) -> Zeroizing<[u8; 32]> {
    let mut salt = [0; 64];
    salt[..32].copy_from_slice(share);
    salt[32..].copy_from_slice(recipient);
    derive_key(&salt, shared.as_bytes(), X25519_INFO)
}

pub(super) fn x_wing_schedule(shared: &[u8; 32]) -> Schedule {
    derive_schedule(Kem::XWing, shared, X_WING_INFO)
}

pub(super) fn tag_schedule(shared: &[u8; 32]) -> Schedule {
    derive_schedule(Kem::P256, shared, TAG_INFO)
}

/// The four bytes that let a hardware key recognise its stanza without being asked (C2SP `age.md`, p256tag).
pub(super) fn recipient_tag(enc: &[u8; 65], recipient: &p256::PublicKey) -> [u8; 4] {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(kem::p256_compressed(recipient));
    let mut secret = [0; 69];
    secret[..65].copy_from_slice(enc);
    secret[65..].copy_from_slice(&digest[..4]);
    let (prk, _) = hkdf::Hkdf::<Sha256>::extract(Some(TAG_INFO), &secret);
    [prk[0], prk[1], prk[2], prk[3]]
}

pub(super) fn open_body(schedule: &Schedule, body: &Body) -> Option<FileKey> {
    aead::unwrap(&schedule.key, &schedule.nonce, body).ok().map(|key| FileKey(*key))
}

pub(super) fn open_x25519_body(key: &[u8; 32], body: &Body) -> Option<FileKey> {
    aead::unwrap(key, &[0; 12], body).ok().map(|key| FileKey(*key))
}

/// Wraps `file_key` for one recipient and appends the stanza's lines to `header`.
pub(super) fn write(
    header: &mut String,
    recipient: &Recipient,
    file_key: &FileKey,
    entropy: &mut dyn Entropy,
) -> Result<(), EntropyError> {
    let (opening, body) = match recipient {
        Recipient::X25519(key) => {
            let mut secret = Zeroizing::new([0; 32]);
            entropy.fill(secret.as_mut())?;
            let ephemeral = x25519_dalek::StaticSecret::from(*secret);
            let share = x25519_dalek::PublicKey::from(&ephemeral).to_bytes();
            let wrapping = x25519_key(&ephemeral.diffie_hellman(&key.0), &share, key.0.as_bytes());
            (format!("X25519 {}", encode(&share)), aead::wrap(&wrapping, &[0; 12], &file_key.0))
        }
        Recipient::MlKem768X25519(key) => {
            let mut randomness = Zeroizing::new([0; 64]);
            entropy.fill(randomness.as_mut())?;
            let (enc, shared) = kem::x_wing_encapsulate(&key.0, &randomness);
            let schedule = x_wing_schedule(&shared);
            let body = aead::wrap(&schedule.key, &schedule.nonce, &file_key.0);
            (format!("mlkem768x25519 {}", encode(&enc)), body)
        }
        Recipient::P256Tag(key) => {
            let mut ikm = Zeroizing::new([0; 32]);
            entropy.fill(ikm.as_mut())?;
            let (enc, shared) = kem::p256_encapsulate(&key.0, &ikm).map_err(|_| EntropyError)?;
            let schedule = tag_schedule(&shared);
            let body = aead::wrap(&schedule.key, &schedule.nonce, &file_key.0);
            (format!("p256tag {} {}", encode(&recipient_tag(&enc, &key.0)), encode(&enc)), body)
        }
    };
    // A wrapped key is 43 characters of base64: one short line, so no wrapping is ever needed.
    *header += &format!("-> {opening}\n{}\n", encode(&body));
    Ok(())
}

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}
