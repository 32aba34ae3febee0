//! What the index for people holds in place of names: keyed blind indexes and sealed labels.
//!
//! Always: nobody can tell from what is made here whom a photo shows without keys that are derived from the tenant
//! identity and live in memory alone. No I/O but randomness for nonces.

mod entry;
mod keys;
mod name;
mod terms;

pub(crate) use entry::Entry;
pub use entry::{Label, OnPhone};
pub(crate) use keys::FolkKeys;
pub use name::{Blind, NotBlind};
pub use terms::Sought;
pub(crate) use terms::folded;

/// Why a label could not be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No randomness.
    #[error("the system gives no randomness")]
    Entropy,
    /// It does not open: it is another identity's, or damaged.
    #[error("a label in the index for people does not open")]
    Damaged,
}
