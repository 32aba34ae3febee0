//! The cipher in plain Rust, for any processor; the oracle for the other.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce, Tag};

use super::TAG;
use crate::hazmat::Failed;

/// A cipher for one message or one counted stream. Its key is wiped on drop.
pub(crate) struct Cipher(ChaCha20Poly1305);

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(ChaCha20Poly1305::new(<&Key>::from(key)))
    }

    /// Seals `buffer[..plain]` in place; the tag goes behind it. The buffer must have room for it.
    pub(crate) fn seal_in_place(&self, nonce: &[u8; 12], buffer: &mut [u8], plain: usize) {
        let (text, tag) = buffer.split_at_mut(plain);
        let made = self
            .0
            .encrypt_inout_detached(<&Nonce>::from(nonce), &[], text.into())
            .expect("a chunk is far below the 256 GiB limit");
        tag[..TAG].copy_from_slice(&made);
    }

    /// Opens `buffer` (ciphertext then tag) in place. On failure what is left in it must not be used.
    pub(crate) fn open_in_place(&self, nonce: &[u8; 12], buffer: &mut [u8]) -> Result<(), Failed> {
        let plain = buffer.len().checked_sub(TAG).ok_or(Failed)?;
        let (text, tag) = buffer.split_at_mut(plain);
        let tag: &Tag = <&Tag>::try_from(&*tag).map_err(|_| Failed)?;
        self.0.decrypt_inout_detached(<&Nonce>::from(nonce), &[], text.into(), tag).map_err(|_| Failed)
    }
}
