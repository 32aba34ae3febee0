//! The raw cryptography: AEAD calls, key derivation, key encapsulation.
//!
//! Nothing here is public. What must hold: each AEAD key is used for one message, or for one stream whose
//! nonces count; every secret that a function returns wipes itself; a failure carries no detail.

pub(crate) mod aead;
pub(crate) mod hpke;
#[cfg(test)]
mod hpke_vectors;
pub(crate) mod kem;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// HKDF-SHA-256 (RFC 5869) to one 32-byte key.
pub(crate) fn derive_key(salt: &[u8], secret: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(info, key.as_mut())
        .expect("32 bytes is below the limit of 255 blocks");
    key
}

/// The operation failed; why is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed;
