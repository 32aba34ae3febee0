//! ChaCha20-Poly1305 (RFC 8439) as the age format uses it.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce, Tag};
use zeroize::Zeroizing;

use super::Failed;

/// Bytes of an authentication tag.
pub(crate) const TAG: usize = 16;

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

    /// Opens `buffer` (ciphertext then tag) in place. On failure the buffer is what it was.
    pub(crate) fn open_in_place(&self, nonce: &[u8; 12], buffer: &mut [u8]) -> Result<usize, Failed> {
        let plain = buffer.len().checked_sub(TAG).ok_or(Failed)?;
        let (text, tag) = buffer.split_at_mut(plain);
        let tag: &Tag = <&Tag>::try_from(&*tag).map_err(|_| Failed)?;
        self.0.decrypt_inout_detached(<&Nonce>::from(nonce), &[], text.into(), tag).map_err(|_| Failed)?;
        Ok(plain)
    }
}

/// Wraps a 16-byte file key under a key and nonce that are used this once.
pub(crate) fn wrap(key: &[u8; 32], nonce: &[u8; 12], secret: &[u8; 16]) -> [u8; 32] {
    let mut body = [0; 32];
    body[..16].copy_from_slice(secret);
    Cipher::new(key).seal_in_place(nonce, &mut body, 16);
    body
}

/// Undoes [`wrap`].
pub(crate) fn unwrap(
    key: &[u8; 32],
    nonce: &[u8; 12],
    body: &[u8; 32],
) -> Result<Zeroizing<[u8; 16]>, Failed> {
    let mut work = Zeroizing::new(*body);
    Cipher::new(key).open_in_place(nonce, work.as_mut())?;
    let mut secret = Zeroizing::new([0; 16]);
    secret.copy_from_slice(&work[..16]);
    Ok(secret)
}
