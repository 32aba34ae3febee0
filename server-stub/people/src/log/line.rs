//! A line of the log's files: `+LEAF SALT JWS`, ended by a line feed.
//!
//! The plus stands where a write began, a full stop where an entry was written and synced together with the one before.
//! A write begins only once the one before is on the medium: what a power cut tore has no plus behind it. LEAF and SALT are 32 bytes in base64url without padding. LEAF is the SHA-256 of `gauze-access-leaf/v1`, a zero byte,
//! the salt and the JWS. In an erased line each character of SALT and JWS is a hyphen.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{Digest, Jws};
use sha2::{Digest as _, Sha256};

use super::failure::LogFailure;

const DOMAIN: &[u8] = b"gauze-access-leaf/v1\0";
/// Characters of 32 bytes in base64url.
const WORD: usize = 43;
/// Where the salt begins.
pub(super) const SALT: usize = 1 + WORD + 1;
/// Where the JWS begins.
pub(super) const HEAD: usize = SALT + WORD + 1;
/// The first character of a line that begins a write.
pub(super) const BEGINS: u8 = b'+';

/// The leaf's data for an entry.
pub(super) fn leaf(salt: &[u8; 32], jws: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update(DOMAIN).chain_update(salt).chain_update(jws).finalize().into())
}

/// A line that was made here, not yet written.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) text: Vec<u8>,
    pub(super) leaf: Digest,
}

impl Made {
    pub(super) fn new(jws: &Jws) -> Result<Self, LogFailure> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| LogFailure::Entry(error.to_string()))?;
        let leaf = leaf(&salt, jws.as_str().as_bytes());
        let mut text = ".".to_owned();
        BASE64_URL_SAFE_NO_PAD.encode_string(leaf.0, &mut text);
        text.push(' ');
        BASE64_URL_SAFE_NO_PAD.encode_string(salt, &mut text);
        text.push(' ');
        text.push_str(jws.as_str());
        text.push('\n');
        Ok(Self { text: text.into_bytes(), leaf })
    }
}

/// A line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read<'a> {
    /// Its leaf is the hash of its salt and entry.
    Whole { leaf: Digest, salt: [u8; 32], jws: &'a str },
    /// Salt and entry are gone.
    Erased { leaf: Digest },
    /// Salt and entry are not what the leaf is the hash of.
    Differs { leaf: Digest },
}

fn word(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 33];
    match BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(32) => bytes[..32].try_into().ok(),
        Ok(_) | Err(_) => None,
    }
}

/// Reads a line without its line feed; `None` where it is no line at all.
pub(super) fn read(line: &[u8]) -> Option<Read<'_>> {
    let (head, jws) = line.split_at_checked(HEAD)?;
    let leaf_data = Digest(word(&head[1..=WORD])?);
    let spaced = head[SALT - 1] == b' ' && head[HEAD - 1] == b' ' && !jws.is_empty();
    if !spaced || !matches!(head[0], BEGINS | b'.') {
        return None;
    }
    let salt = &head[SALT..HEAD - 1];
    if salt.iter().chain(jws).all(|&b| b == b'-') {
        return Some(Read::Erased { leaf: leaf_data });
    }
    let jws = std::str::from_utf8(jws).ok().filter(|text| text.is_ascii());
    match (word(salt), jws) {
        (Some(salt), Some(jws)) if leaf(&salt, jws.as_bytes()) == leaf_data => {
            Some(Read::Whole { leaf: leaf_data, salt, jws })
        }
        _ => Some(Read::Differs { leaf: leaf_data }),
    }
}
