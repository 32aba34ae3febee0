//! Sealing: plaintext in, an age file out, its digest taken in the same pass.
//!
//! What must hold: what reaches the sink, in order, is the whole file and exactly what the digest covers; a
//! file key is used for one file; after the sink failed the file is abandoned, not continued.

use std::convert::Infallible;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::stream::{ChunkCipher, ChunkSealer};
use super::{FileKey, Recipients, stanza};
use crate::entropy::{Entropy, EntropyError};
use crate::hazmat::derive_key;

pub(super) const INTRO: &str = "age-encryption.org/v1\n";

/// What a sealed file is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedDigest {
    /// SHA-256 of all its bytes.
    pub sha256: [u8; 32],
    /// How many bytes there are.
    pub size: u64,
}

/// Seals one file. Memory is one chunk, whatever the file's size.
pub struct Sealer {
    chunks: ChunkSealer,
    /// Header and payload nonce until they have been handed out.
    opening: Vec<u8>,
    digest: Sha256,
    size: u64,
}

impl Sealer {
    /// Makes a fresh file key and wraps it for every recipient.
    ///
    /// The file key is returned for a review sidecar; drop it where none is written.
    pub fn new(recipients: &Recipients, entropy: &mut dyn Entropy) -> Result<(Self, FileKey), EntropyError> {
        let Opening { bytes, chunks, file_key } = Opening::make(recipients, entropy)?;
        let chunks = ChunkSealer::new(chunks);
        Ok((Self { chunks, opening: bytes, digest: Sha256::new(), size: 0 }, file_key))
    }

    /// Seals more plaintext. Ciphertext goes to `sink` as chunks fill; the only error is the sink's own.
    pub fn push<E>(
        &mut self,
        mut plaintext: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.open(sink)?;
        while let Some(chunk) = self.chunks.next(&mut plaintext) {
            emit(&mut self.digest, &mut self.size, chunk, sink)?;
        }
        Ok(())
    }

    /// Seals what is left. Without this the file does not open.
    pub fn finish<E>(mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<SealedDigest, E> {
        self.open(sink)?;
        emit(&mut self.digest, &mut self.size, self.chunks.last(), sink)?;
        Ok(SealedDigest { sha256: self.digest.finalize().into(), size: self.size })
    }

    fn open<E>(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let opening = std::mem::take(&mut self.opening);
        if opening.is_empty() {
            return Ok(());
        }
        emit(&mut self.digest, &mut self.size, &opening, sink)
    }
}

/// The start of a fresh file, and its keys.
pub(crate) struct Opening {
    /// Header and payload nonce: all that stands before the first chunk.
    pub(crate) bytes: Vec<u8>,
    pub(crate) chunks: ChunkCipher,
    pub(crate) file_key: FileKey,
}

impl Opening {
    pub(crate) fn make(recipients: &Recipients, entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let file_key = FileKey::make(entropy)?;
        let mut header = String::from(INTRO);
        for recipient in recipients {
            stanza::write(&mut header, recipient, &file_key, entropy)?;
        }
        header += "---";
        let mac = header_mac(&file_key, header.as_bytes()).finalize().into_bytes();
        header += &format!(" {}\n", stanza::encode(&mac));
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce)?;
        let mut bytes = header.into_bytes();
        bytes.extend_from_slice(&nonce);
        let chunks = ChunkCipher::new(&file_key, &nonce);
        Ok(Self { bytes, chunks, file_key })
    }
}

fn emit<E>(
    digest: &mut Sha256,
    size: &mut u64,
    bytes: &[u8],
    sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    digest.update(bytes);
    *size += bytes.len() as u64;
    sink(bytes)
}

/// The header's HMAC, fed with `covered`: everything up to and including the three dashes.
pub(super) fn header_mac(file_key: &FileKey, covered: &[u8]) -> Hmac<Sha256> {
    let key = derive_key(&[], file_key.as_bytes(), b"header");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_ref()).expect("HMAC takes any key length");
    mac.update(covered);
    mac
}

/// Seals something small, such as a sidecar, in one call.
pub fn seal_small(
    recipients: &Recipients,
    entropy: &mut dyn Entropy,
    plaintext: &[u8],
) -> Result<Vec<u8>, EntropyError> {
    let (mut sealer, _) = Sealer::new(recipients, entropy)?;
    let mut out = Vec::new();
    let mut sink = |bytes: &[u8]| -> Result<(), Infallible> {
        out.extend_from_slice(bytes);
        Ok(())
    };
    let Ok(()) = sealer.push(plaintext, &mut sink);
    let Ok(_) = sealer.finish(&mut sink);
    Ok(out)
}
