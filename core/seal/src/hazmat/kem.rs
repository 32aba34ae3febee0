//! The two key encapsulations behind HPKE: DHKEM(P-256, HKDF-SHA256) and X-Wing.
//!
//! Encapsulation takes its randomness as bytes, never from the operating system. What must hold: a P-256
//! point that arrives from outside is on the curve before any secret meets it; an X-Wing ciphertext whose
//! X25519 half contributes nothing is refused, as the reference implementation of age does.

use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use x_wing::{Decapsulator, TryDecapsulate};
use zeroize::{Zeroize, Zeroizing};

use super::Failed;
use super::hpke::Labelled;

/// A shared secret, wiped on drop.
pub(crate) type Shared = Zeroizing<[u8; 32]>;

// RFC 9180 section 4.1: "KEM" and the identifier 0x0010.
const P256_SUITE: Labelled<'static> = Labelled { suite: &[b'K', b'E', b'M', 0x00, 0x10] };

/// A public key as 65 bytes, uncompressed.
pub(crate) fn p256_uncompressed(key: &PublicKey) -> [u8; 65] {
    let mut out = [0; 65];
    out.copy_from_slice(key.to_sec1_point(false).as_bytes());
    out
}

/// A public key as 33 bytes, compressed.
pub(crate) fn p256_compressed(key: &PublicKey) -> [u8; 33] {
    let mut out = [0; 33];
    out.copy_from_slice(key.to_sec1_point(true).as_bytes());
    out
}

/// RFC 9180 section 7.1.3, DeriveKeyPair.
pub(crate) fn p256_derive_key_pair(ikm: &[u8; 32]) -> Result<SecretKey, Failed> {
    let prk = P256_SUITE.extract(&[], b"dkp_prk", ikm);
    for counter in 0..=u8::MAX {
        let mut candidate = Zeroizing::new([0; 32]);
        P256_SUITE.expand(&prk, b"candidate", &[counter], candidate.as_mut());
        if let Ok(key) = SecretKey::from_slice(candidate.as_ref()) {
            return Ok(key);
        }
    }
    Err(Failed)
}

/// The rest of encapsulation and decapsulation once the agreement is done (RFC 9180 section 4.1).
pub(crate) fn p256_shared(agreed: &[u8; 32], enc: &[u8; 65], recipient: &[u8; 65]) -> Shared {
    let mut context = [0; 130];
    context[..65].copy_from_slice(enc);
    context[65..].copy_from_slice(recipient);
    let prk = P256_SUITE.extract(&[], b"eae_prk", agreed);
    let mut shared = Zeroizing::new([0; 32]);
    P256_SUITE.expand(&prk, b"shared_secret", &context, shared.as_mut());
    shared
}

/// Encapsulates to `recipient`; the ephemeral key is derived from `ikm`.
pub(crate) fn p256_encapsulate(recipient: &PublicKey, ikm: &[u8; 32]) -> Result<([u8; 65], Shared), Failed> {
    let ephemeral = p256_derive_key_pair(ikm)?;
    let enc = p256_uncompressed(&ephemeral.public_key());
    let agreed = ephemeral.diffie_hellman(recipient);
    let mut secret = Zeroizing::new([0; 32]);
    secret.copy_from_slice(agreed.raw_secret_bytes());
    Ok((enc, p256_shared(&secret, &enc, &p256_uncompressed(recipient))))
}

/// Encapsulates to an X-Wing key with 64 fresh random bytes.
pub(crate) fn x_wing_encapsulate(
    recipient: &x_wing::EncapsulationKey,
    randomness: &[u8; 64],
) -> ([u8; 1120], Shared) {
    let (ciphertext, shared) = recipient.encapsulate_deterministic(randomness.into());
    (ciphertext.into(), take(shared))
}

/// Decapsulates with a 32-byte seed. A wrong key yields a useless secret, not an error (implicit rejection).
pub(crate) fn x_wing_decapsulate(seed: &[u8; 32], enc: &[u8; 1120]) -> Result<Shared, Failed> {
    let key = x_wing::DecapsulationKeyRejectNonContrib::from(*seed);
    key.try_decapsulate(enc.into()).map(take).map_err(|_| Failed)
}

/// Moves a secret out of a type that does not wipe itself.
fn take(mut shared: x_wing::SharedKey) -> Shared {
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(&shared);
    shared.as_mut_slice().zeroize();
    out
}

/// The public half of a 32-byte seed.
pub(crate) fn x_wing_public(seed: &[u8; 32]) -> [u8; 1216] {
    use x_wing::KeyExport;
    x_wing::DecapsulationKey::from(*seed).encapsulation_key().to_bytes().into()
}
