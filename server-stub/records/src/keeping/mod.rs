//! How long photos are kept, and what proves that one was erased.
//!
//! Always: a photo goes only behind a line of the access log and a tombstone that is on the medium; from the tombstone on
//! everything of the photo is removed, by whoever comes next where a process is killed; nothing fetches, opens or lists it
//! again, and a copy of the directory from before repeats the erasure.

mod rules;
mod tombstone;
mod tombstones;

pub use rules::{Facts, InForceRules, Retention, RetentionError, Rule, Term, retention, retention_file};
pub use tombstone::Tombstone;
pub(crate) use tombstones::Tombstones;
