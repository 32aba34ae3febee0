#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod attestations;
pub mod hospital;
pub mod pictures;
pub mod programs;
#[cfg(unix)]
pub mod remote_vault;
pub mod simulated;
pub mod size;
