//! Leaves of a whole block, from disk: a proof needs one block or two.

use std::fs;

use gauze_wire::Digest;

use super::failure::LogFailure;
use super::files::{Files, SEGMENT, scan};
use super::spine::{BLOCK, LEVEL};

/// The leaf hashes of a whole block, from disk.
pub(super) fn block(files: &Files, block: u64) -> Result<Vec<Digest>, LogFailure> {
    let first = block << LEVEL;
    let segment = first - first % SEGMENT;
    let path = files.segment(segment);
    let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
    let leaves = scan(&bytes, segment, |_, _| {}).leaves;
    let from = usize::try_from(first - segment).unwrap_or(usize::MAX);
    let short = || LogFailure::Damaged(format!("entries from {first} on are not there"));
    leaves.get(from..from + BLOCK).map(<[Digest]>::to_vec).ok_or_else(short)
}
