//! The hospital's people: who they are, what their roles allow, and one line for each thing they did.
//!
//! **No line, no photo.** [`Authorised`] (a role allows it) becomes [`Logged`] (its entry is on disk and in the tree), and
//! only what is logged is done. This crate decides and writes; it serves no page and opens no photo.
//!
//! Always: an [`Authorised`] is made by [`Roles::authorise`] alone and a [`Logged`] by [`log::AccessLog::append`] alone;
//! neither can be copied, so one entry stands for one act.
#![forbid(unsafe_code)]

pub mod acknowledged;
pub mod acting;
pub mod action;
mod alone;
pub mod cases;
pub mod context;
mod deed;
pub mod documents;
pub mod fhir;
pub mod governance;
pub mod haste;
pub mod keeping;
mod line;
pub mod links;
pub mod log;
pub mod person;
mod remembered;
pub mod roles;
pub mod subject;
mod words;

pub use alone::Alone;
pub use deed::{Authorised, Denied, DeniedCause, Logged};
pub use line::{EntryId, Line};
pub use remembered::Remembered;
pub use roles::Roles;
pub use words::{Note, Sealed};
