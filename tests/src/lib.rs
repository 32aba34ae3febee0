#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod attestations;
pub mod config;
pub mod each;
pub mod handset;
pub mod hospital;
pub mod identity;
pub mod leaks;
pub mod lean;
pub mod memory;
pub mod mount;
pub mod needles;
pub mod nobody;
pub mod pictures;
pub mod port;
pub mod programs;
pub mod proxy;
#[cfg(unix)]
pub mod remote_vault;
pub mod simulated;
pub mod size;
pub mod skipped;
pub mod walker;
