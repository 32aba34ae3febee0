//! The hospital's people: who they are, what their roles allow, and one line for each thing they did.
//!
//! **No line, no photo.** `Authorised<Action>` (a role allows it) becomes `Logged<Action>` (its entry is on disk and in the tree), and only what is logged is done.
//! This crate decides and writes; it serves no page and opens no photo.

pub mod acting;
pub mod action;
pub mod person;
