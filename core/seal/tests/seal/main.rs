//! What the sealed formats promise, against vectors, other implementations and hostile input.
#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it inside test functions only, not in their helpers"
)]

mod bundle;
mod eighth;
mod files;
mod hardware;
mod keys;
mod oracle;
mod photo;
mod photos;
mod pictures;
mod pieces;
mod recorded;
mod reported;
mod strip;
mod vectors;

use std::path::PathBuf;

use gauze_seal::age::{Identity, OpenError, Opener, Recipients, StreamError, Unwrap};
use gauze_seal::{Entropy, EntropyError};
use sha2::{Digest, Sha256};

/// Repeatable bytes from a seed: SHA-256 over seed and a counter.
pub(crate) struct SeededEntropy {
    seed: u64,
    counter: u64,
}

impl SeededEntropy {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in out.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(self.seed.to_be_bytes());
            hash.update(self.counter.to_be_bytes());
            chunk.copy_from_slice(&hash.finalize()[..chunk.len()]);
            self.counter += 1;
        }
        Ok(())
    }
}

/// The shared data beside the project, where it exists.
pub(crate) fn shared_data() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("GAUZE_SHARED_DATA") {
        return Some(PathBuf::from(path)).filter(|path| path.is_dir());
    }
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|up| up.join("shared/data")).find(|path| path.is_dir())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn x25519(seed: u64) -> Identity {
    Identity::make_x25519(&mut SeededEntropy::new(seed)).unwrap()
}

pub(crate) fn post_quantum(seed: u64) -> Identity {
    Identity::make_mlkem768x25519(&mut SeededEntropy::new(seed)).unwrap()
}

pub(crate) fn to(identities: &[&Identity]) -> Recipients {
    Recipients::new(identities.iter().map(|identity| identity.to_recipient())).unwrap()
}

/// Opens in pieces of `piece` bytes: what was handed out, and how it ended.
pub(crate) fn open_in_pieces(
    mut opener: Opener<'_>,
    sealed: &[u8],
    piece: usize,
) -> (Vec<u8>, Result<(), OpenError>) {
    let mut out = Vec::new();
    let mut sink = |plain: &[u8]| -> Result<(), std::convert::Infallible> {
        out.extend_from_slice(plain);
        Ok(())
    };
    let mut result = Ok(());
    for part in sealed.chunks(piece) {
        result = result.and_then(|()| opener.push(part, &mut sink));
    }
    let result = result.and_then(|()| opener.finish(&mut sink));
    (out, result.map_err(|StreamError::Open(error)| error))
}

pub(crate) fn open(identity: &dyn Unwrap, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let (out, result) = open_in_pieces(Opener::new(&[identity]), sealed, usize::MAX);
    result.map(|()| out)
}
