//! The payload: STREAM with ChaCha20-Poly1305 in chunks of 64 KiB.
//!
//! What must hold: every nonce is a counter and the last-chunk flag, so that a chunk cannot be moved, repeated
//! or left out unnoticed; a chunk is handed out only after its tag was checked; the file ends with a chunk
//! that says so; buffers are wiped on drop.

use zeroize::Zeroizing;

use crate::hazmat::aead::{Cipher, TAG};
use crate::hazmat::{Failed, derive_key};

use super::FileKey;

/// Plaintext bytes of a full chunk.
pub const CHUNK: usize = 64 * 1024;

/// Bytes of a full chunk once it is sealed.
pub(crate) const SEALED_CHUNK: usize = CHUNK + TAG;

/// Seals and opens numbered chunks, in any order. One number must never seal two contents.
pub(crate) struct ChunkCipher(Cipher);

impl ChunkCipher {
    pub(super) fn new(file_key: &FileKey, nonce: &[u8; 16]) -> Self {
        Self(Cipher::new(&derive_key(nonce, file_key.as_bytes(), b"payload")))
    }

    /// Seals `buffer[..plain]` in place; the tag goes behind it.
    pub(crate) fn seal(&self, number: u64, last: bool, buffer: &mut [u8], plain: usize) {
        self.0.seal_in_place(&nonce(number, last), buffer, plain);
    }

    /// Opens `buffer` (ciphertext, then tag) in place. On failure nothing of it may be used any more.
    fn open(&self, number: u64, last: bool, buffer: &mut [u8]) -> Result<(), Failed> {
        self.0.open_in_place(&nonce(number, last), buffer)
    }
}

/// Eleven bytes of counter, big-endian, then the flag. A `u64` counts to more than any disk holds.
fn nonce(number: u64, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

/// One chunk on its way in.
struct Filling {
    bytes: Zeroizing<Vec<u8>>,
    filled: usize,
}

impl Filling {
    fn new() -> Self {
        Self { bytes: Zeroizing::new(vec![0; SEALED_CHUNK]), filled: 0 }
    }

    /// Moves what fits under `limit` from `input` into it.
    fn fill(&mut self, input: &mut &[u8], limit: usize) {
        let (now, rest) = input.split_at(input.len().min(limit - self.filled));
        self.bytes[self.filled..self.filled + now.len()].copy_from_slice(now);
        self.filled += now.len();
        *input = rest;
    }
}

/// Takes plaintext, hands out sealed chunks.
pub(super) struct ChunkSealer {
    cipher: ChunkCipher,
    counter: u64,
    chunk: Filling,
}

impl ChunkSealer {
    pub(super) fn new(cipher: ChunkCipher) -> Self {
        Self { cipher, counter: 0, chunk: Filling::new() }
    }

    /// The next sealed chunk once `input` has filled one and there is more: only then is it not the last.
    pub(super) fn next(&mut self, input: &mut &[u8]) -> Option<&[u8]> {
        self.chunk.fill(input, CHUNK);
        if input.is_empty() { None } else { Some(self.seal(false)) }
    }

    /// The last chunk.
    pub(super) fn last(&mut self) -> &[u8] {
        self.seal(true)
    }

    fn seal(&mut self, last: bool) -> &[u8] {
        let plain = std::mem::take(&mut self.chunk.filled);
        self.cipher.seal(self.counter, last, &mut self.chunk.bytes, plain);
        self.counter += 1;
        &self.chunk.bytes[..plain + TAG]
    }
}

/// Takes sealed chunks, hands out plaintext.
pub(super) struct ChunkOpener {
    cipher: ChunkCipher,
    counter: u64,
    sealed: Filling,
    /// Where a copy of it is opened: a failed try leaves nothing to try again with.
    plain: Zeroizing<Vec<u8>>,
    ended: bool,
}

impl ChunkOpener {
    pub(super) fn new(file_key: &FileKey, nonce: &[u8; 16]) -> Self {
        let cipher = ChunkCipher::new(file_key, nonce);
        let plain = Zeroizing::new(vec![0; SEALED_CHUNK]);
        Self { cipher, counter: 0, sealed: Filling::new(), plain, ended: false }
    }

    /// The next opened chunk, or `None` when more input is needed.
    ///
    /// A full chunk may be the last one; its own flag says so, which is tried when the other did not fit.
    pub(super) fn next(&mut self, input: &mut &[u8]) -> Result<Option<&[u8]>, Failed> {
        if input.is_empty() {
            return Ok(None);
        }
        if self.ended {
            return Err(Failed);
        }
        self.sealed.fill(input, SEALED_CHUNK);
        if self.sealed.filled < SEALED_CHUNK {
            return Ok(None);
        }
        if self.open(false).is_err() {
            self.open(true)?;
            self.ended = true;
        }
        Ok(Some(self.advance()))
    }

    /// The last chunk, if it has not been handed out yet. Fails unless the file ends here.
    pub(super) fn last(&mut self) -> Result<&[u8], Failed> {
        if self.ended {
            return Ok(&[]);
        }
        // Only a file without any content ends in an empty chunk.
        if self.sealed.filled < TAG || (self.sealed.filled == TAG && self.counter > 0) {
            return Err(Failed);
        }
        self.open(true)?;
        self.ended = true;
        Ok(self.advance())
    }

    fn open(&mut self, last: bool) -> Result<(), Failed> {
        let plain = &mut self.plain[..self.sealed.filled];
        plain.copy_from_slice(&self.sealed.bytes[..self.sealed.filled]);
        self.cipher.open(self.counter, last, plain)
    }

    fn advance(&mut self) -> &[u8] {
        self.counter += 1;
        let plain = std::mem::take(&mut self.sealed.filled) - TAG;
        &self.plain[..plain]
    }
}
