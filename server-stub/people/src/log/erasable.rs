//! Which entries may be erased.

use gauze_wire::{Digest, Jws};

use super::entry::erased_by;
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, read_if_any, scan};
use super::line::Read;
use super::open::stays;

/// The leaf of an entry that may be erased.
pub(super) fn erasable(files: &Files, index: u64) -> Result<Digest, LogFailure> {
    let first = index - index % SEGMENT;
    let bytes = read_if_any(&files.segment(first))?.ok_or(LogFailure::NoEntry(index))?;
    let mut found = Err(LogFailure::NoEntry(index));
    scan(&bytes, first, |number, read| {
        if number == index {
            found = match read {
                Read::Whole { leaf, jws, .. } if !Jws::parse(jws).is_ok_and(|jws| lasts(&jws)) => Ok(leaf),
                Read::Whole { .. } => Err(LogFailure::Stays(index)),
                Read::Erased { .. } => Err(LogFailure::Erased(index)),
                Read::Differs { .. } => {
                    Err(LogFailure::Damaged(format!("entry {index} is not what its leaf is the hash of")))
                }
            }
        }
    });
    found
}

fn lasts(jws: &Jws) -> bool {
    jws.peek().is_ok_and(|entry| erased_by(&entry).is_some() || stays(&entry))
}
