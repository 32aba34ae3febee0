#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod hospital;
pub mod pictures;
pub mod programs;
pub mod size;
