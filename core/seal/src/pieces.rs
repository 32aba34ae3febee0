//! One photo's sealed file in pieces that do not wait for each other: for a caller that seals on several threads.
//!
//! What must hold: the file is, byte for byte, the one that [`seal_photo`](crate::seal_photo) makes; no two contents are
//! sealed under one nonce, which is why a piece is handed out once and seals by value; plaintext lies in a buffer only
//! until it is sealed in place.
//!
//! How: age numbers its chunks and ties none to another. Only the last few hold the record, which names the photo's
//! hash; all others can be sealed, written and hashed while that hash is still being taken.

use std::ops::Range;
use std::sync::Arc;

use crate::age::{CHUNK, ChunkCipher, FileKey, Opening, Recipients, SEALED_CHUNK};
use crate::bundle::{BundleTooLarge, Outline};
use crate::entropy::{Entropy, EntropyError};
use crate::strip::Stripped;

const CHUNK_U64: u64 = CHUNK as u64;
const SEALED_U64: u64 = SEALED_CHUNK as u64;
/// Chunks in a piece: handing one from thread to thread costs as much as sealing a chunk.
const PIECE: u64 = 4;

/// A photo was not laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayOutError {
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The photo is too large.
    #[error(transparent)]
    TooLarge(#[from] BundleTooLarge),
}

/// A photo's sealed file, laid out and not yet made.
pub struct Pieces<'a> {
    /// The file's start: age's header and nonce.
    pub opening: Vec<u8>,
    /// What follows it, up to the record.
    pub middle: Middle<'a>,
    /// The file's end.
    pub tail: Tail<'a>,
    /// Its key, for a review sidecar: drop it where none is written.
    pub file_key: FileKey,
}

/// The pieces that hold nothing but the photo, in order.
pub struct Middle<'a> {
    chunks: Range<u64>,
    of: Layout<'a>,
}

/// Some chunks of the photo, one after another: 256 KiB of it, less at the end.
pub struct Piece<'a> {
    numbers: Range<u64>,
    of: Layout<'a>,
}

/// The end of the file: what is left of the photo, and the record.
pub struct Tail<'a> {
    first: u64,
    of: Layout<'a>,
}

#[derive(Clone)]
struct Layout<'a> {
    outline: Outline<'a>,
    cipher: Arc<ChunkCipher>,
    opening: u64,
}

/// Lays out the sealed file of a photo.
///
/// `mtime_s` is the capture time that the unpacked files will carry, in seconds since 1970.
pub fn lay_out_photo<'a>(
    photo: &'a Stripped<'a>,
    mtime_s: u64,
    recipients: &Recipients,
    entropy: &mut dyn Entropy,
) -> Result<Pieces<'a>, LayOutError> {
    let outline = Outline::new(photo, mtime_s)?;
    let Opening { bytes, chunks: cipher, file_key } = Opening::make(recipients, entropy)?;
    let of = Layout { outline, cipher: Arc::new(cipher), opening: bytes.len() as u64 };
    // The record's entry follows, so none of these is the file's last chunk.
    let whole = outline.photo_entry() / CHUNK_U64;
    Ok(Pieces {
        opening: bytes,
        middle: Middle { chunks: 0..whole, of: of.clone() },
        tail: Tail { first: whole, of },
        file_key,
    })
}

impl<'a> Iterator for Middle<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let numbers = self.chunks.start..self.chunks.end.min(self.chunks.start + PIECE);
        if numbers.is_empty() {
            return None;
        }
        self.chunks.start = numbers.end;
        Some(Piece { numbers, of: self.of.clone() })
    }
}

impl Piece<'_> {
    /// Where in the file it goes.
    pub fn offset(&self) -> u64 {
        self.of.offset(self.numbers.start)
    }

    /// Seals it into `buffer`, whose old content is lost. Afterwards the buffer holds ciphertext only.
    pub fn seal(self, buffer: &mut Vec<u8>) {
        let Self { numbers, of } = self;
        buffer.resize(usize::try_from(numbers.end - numbers.start).unwrap_or(usize::MAX) * SEALED_CHUNK, 0);
        for (number, chunk) in numbers.zip(buffer.chunks_exact_mut(SEALED_CHUNK)) {
            of.outline.copy(number * CHUNK_U64, &mut chunk[..CHUNK]);
            of.cipher.seal(number, false, chunk, CHUNK);
        }
    }
}

impl Tail<'_> {
    /// Where in the file it goes: behind all pieces.
    pub fn offset(&self) -> u64 {
        self.of.offset(self.first)
    }

    /// Seals the end of the file.
    pub fn seal(self, record: &[u8]) -> Result<Vec<u8>, BundleTooLarge> {
        let Self { first, of } = self;
        let bundle = of.outline.with(record)?;
        // A bundle's length is a multiple of a chunk's.
        let end = bundle.len() / CHUNK_U64;
        let mut buffer = vec![0; usize::try_from(end - first).unwrap_or(usize::MAX) * SEALED_CHUNK];
        for (number, chunk) in (first..end).zip(buffer.chunks_exact_mut(SEALED_CHUNK)) {
            bundle.copy(number * CHUNK_U64, &mut chunk[..CHUNK]);
            of.cipher.seal(number, number + 1 == end, chunk, CHUNK);
        }
        Ok(buffer)
    }
}

impl Layout<'_> {
    fn offset(&self, chunk: u64) -> u64 {
        self.opening + chunk * SEALED_U64
    }
}
