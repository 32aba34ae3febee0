//! One photo's sealed file in pieces that do not wait for each other: for a caller that seals on several threads.
//!
//! What must hold: the file is, byte for byte, the one that [`seal_photo`](crate::seal_photo) makes; no two contents are
//! sealed under one nonce, which is why a piece is handed out once and seals by value; plaintext lies in a buffer only
//! until it is sealed in place.
//!
//! How: age numbers its chunks and ties none to another. Only the first one or two hold the record, which names the
//! photo's hash; all others can be sealed and written while that hash is still being taken.

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
    /// The record or the photo is too large.
    #[error(transparent)]
    TooLarge(#[from] BundleTooLarge),
}

/// The record is not as long as was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record is not as long as was announced")]
pub struct OtherLength;

/// A photo's sealed file, laid out and not yet made.
pub struct Pieces<'a> {
    /// The file's start.
    pub head: Head<'a>,
    /// All of the file behind it.
    pub rest: Rest<'a>,
    /// The file's length in bytes.
    pub size: u64,
    /// Its key, for a review sidecar: drop it where none is written.
    pub file_key: FileKey,
}

/// The start of the file: age's header, and the chunks that hold the record.
pub struct Head<'a> {
    opening: Vec<u8>,
    chunks: u64,
    of: Layout<'a>,
}

/// The pieces behind the head, in order.
pub struct Rest<'a> {
    next: u64,
    opening: u64,
    of: Layout<'a>,
}

/// Some chunks of the file, one after another: 256 KiB of it, less at the end.
pub struct Piece<'a> {
    numbers: Range<u64>,
    offset: u64,
    of: Layout<'a>,
}

#[derive(Clone)]
struct Layout<'a> {
    outline: Outline<'a>,
    cipher: Arc<ChunkCipher>,
    chunks: u64,
}

/// Lays out the sealed file of a photo whose record will be `record_len` bytes long.
///
/// `mtime_s` is the capture time that the unpacked files will carry, in seconds since 1970.
pub fn lay_out_photo<'a>(
    photo: &'a Stripped<'a>,
    record_len: usize,
    mtime_s: u64,
    recipients: &Recipients,
    entropy: &mut dyn Entropy,
) -> Result<Pieces<'a>, LayOutError> {
    let outline = Outline::new(record_len, photo, mtime_s)?;
    let Opening { bytes, chunks, file_key } = Opening::make(recipients, entropy)?;
    // A bundle's length is a multiple of a chunk's.
    let of = Layout { outline, cipher: Arc::new(chunks), chunks: outline.len() / CHUNK_U64 };
    let opening = bytes.len() as u64;
    let chunks = outline.record_entry().div_ceil(CHUNK_U64);
    Ok(Pieces {
        size: opening + of.chunks * SEALED_U64,
        rest: Rest { next: chunks, opening, of: of.clone() },
        head: Head { opening: bytes, chunks, of },
        file_key,
    })
}

impl Head<'_> {
    /// Seals the start of the file, which goes to offset 0. `record` must be as long as was announced.
    pub fn seal(self, record: &[u8]) -> Result<Vec<u8>, OtherLength> {
        let Self { opening: mut file, chunks, of } = self;
        if record.len() as u64 != of.outline.record() {
            return Err(OtherLength);
        }
        // Reserved at once: a vector that grew would leave copies of the record behind.
        file.reserve_exact(usize::try_from(chunks).unwrap_or(usize::MAX) * SEALED_CHUNK);
        for number in 0..chunks {
            let at = file.len();
            file.resize(at + SEALED_CHUNK, 0);
            of.seal(number, Some(record), &mut file[at..]);
        }
        Ok(file)
    }
}

impl<'a> Iterator for Rest<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let numbers = self.next..self.of.chunks.min(self.next + PIECE);
        if numbers.is_empty() {
            return None;
        }
        self.next = numbers.end;
        let offset = self.opening + numbers.start * SEALED_U64;
        Some(Piece { numbers, offset, of: self.of.clone() })
    }
}

impl Piece<'_> {
    /// Where in the file it goes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Seals it into `buffer`, whose old content is lost. Afterwards the buffer holds ciphertext only.
    pub fn seal(self, buffer: &mut Vec<u8>) {
        let chunks = self.numbers.end - self.numbers.start;
        buffer.resize(usize::try_from(chunks).unwrap_or(usize::MAX) * SEALED_CHUNK, 0);
        for (number, chunk) in self.numbers.zip(buffer.chunks_exact_mut(SEALED_CHUNK)) {
            self.of.seal(number, None, chunk);
        }
    }
}

impl Layout<'_> {
    fn seal(&self, number: u64, record: Option<&[u8]>, buffer: &mut [u8]) {
        self.outline.copy(record, number * CHUNK_U64, &mut buffer[..CHUNK]);
        self.cipher.seal(number, number + 1 == self.chunks, buffer, CHUNK);
    }
}
