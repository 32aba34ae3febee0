//! The access log: one signed entry for each thing that was done or refused.
//!
//! An entry is a JWS by the audit key. A leaf of the tree is the SHA-256 of a salt and the entry; both lie beside it, so
//! that an entry can be erased by law and the tree still proves that it was there. `docs/access-log.md` has the bytes.
//!
//! Always: an entry is answered for only once it is on disk; what is on disk is never shortened but by a torn tail that
//! nobody was told of; one process writes.

mod access;
mod blocks;
mod entry;
mod erasable;
mod failure;
mod files;
mod index;
mod keys;
mod lasting;
mod line;
mod open;
mod places;
mod read;
mod spine;
#[cfg(test)]
mod testing;
mod told;
mod verify;
mod wanted;
mod writer;

pub use crate::line::{EntryId, Line};
pub use access::{AccessLog, Refusal};
pub use entry::{About, Entry, Event, Happening, Kind, Outcome, What};
pub use failure::LogFailure;
pub use files::{COSIGNED, OUTSIDE};
pub use keys::{LogKeys, PublicKeys};
pub use places::Places;
pub use read::{Kept, Proven, check_proof, prove, prove_all, read_entries, read_newest};
pub use told::Told;
pub use verify::{Fault, Outside, Verified, Wanted, verify};
pub use wanted::{Erased, want_erased};
