//! Factors at rest: ChaCha20-Poly1305, bound to their row and their person.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::FactorError;
use crate::random;

/// What factors are sealed with, derived from a secret of the hospital's. Gone from memory when the program ends.
pub struct FactorKey(Zeroizing<[u8; 32]>);

impl FactorKey {
    /// HKDF-SHA256 over `secret`, with the information `gauze-signin/v1 factors`.
    pub fn derive(secret: &[u8]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(None, secret).expand(b"gauze-signin/v1 factors", &mut *key);
        debug_assert!(derived.is_ok(), "32 bytes are fewer than HKDF gives at most");
        Self(key)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(*self.0))
    }

    /// Nonce (12 bytes) and ciphertext.
    pub(super) fn seal(&self, plain: &[u8], row: (&str, &str)) -> Result<Vec<u8>, FactorError> {
        let nonce = random::bytes::<12>()?;
        let aad = format!("{}|{}", row.0, row.1);
        let payload = Payload { msg: plain, aad: aad.as_bytes() };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| FactorError::Damaged)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub(super) fn open(&self, sealed: &[u8], row: (&str, &str)) -> Result<Zeroizing<Vec<u8>>, FactorError> {
        let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or(FactorError::Damaged)?;
        let aad = format!("{}|{}", row.0, row.1);
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        let plain = self.cipher().decrypt(&Nonce::from(*nonce), payload).map_err(|_| FactorError::Damaged)?;
        Ok(Zeroizing::new(plain))
    }
}
