//! A power cut: a run's writes and syncs are recorded, and the disk is built as it may be after a cut behind each of
//! them. Whatever was ticked before the cut is there, opens, and reaches the records side once.

pub mod cut;
pub mod journal;
mod phone;
mod servers;
