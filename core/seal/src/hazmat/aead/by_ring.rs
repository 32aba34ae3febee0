//! The cipher by ring: assembly that uses the processor's vectors.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use super::TAG;
use crate::hazmat::Failed;

/// A cipher for one message or one counted stream. Its key is wiped on drop.
pub(crate) struct Cipher(LessSafeKey);

fn bound(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key is as long as the cipher's"))
}

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(bound(key))
    }

    /// Seals `buffer[..plain]` in place; the tag goes behind it. The buffer must have room for it.
    pub(crate) fn seal_in_place(&self, nonce: &[u8; 12], buffer: &mut [u8], plain: usize) {
        let (text, tag) = buffer.split_at_mut(plain);
        let made = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(*nonce), Aad::empty(), text)
            .expect("a chunk is far below the 256 GiB limit");
        tag[..TAG].copy_from_slice(made.as_ref());
    }

    /// Opens `buffer` (ciphertext then tag) in place. On failure what is left in it must not be used.
    pub(crate) fn open_in_place(&self, nonce: &[u8; 12], buffer: &mut [u8]) -> Result<(), Failed> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        self.0.open_in_place(nonce, Aad::empty(), buffer).map(drop).map_err(|_| Failed)
    }
}

impl Drop for Cipher {
    /// ring wipes no keys: another is put in the place of ours.
    fn drop(&mut self) {
        self.0 = bound(&[0; 32]);
        zeroize::optimization_barrier(&self.0);
    }
}
