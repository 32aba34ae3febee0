//! Amendments: what was wrong with a filed photo's record is put right beside it.
//!
//! Always: nothing is overwritten. An amendment is signed by the records key, names the one before it by its hash, and lies
//! sealed to the tenant identity in a file of its own; the photo, its record and the phone's chain stay as they came. A
//! record *as it stands* is the original with every amendment that holds, in their order.

mod file;
mod statement;

pub use file::AmendError;
pub(crate) use file::{Amended, AmendmentFiles, amendments_of};
pub use statement::{Amendment, Change, Refiled};
