#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod config;
mod error;
mod pace;
mod routes;
mod seen;
mod serve;
#[cfg(test)]
mod tests;

pub use config::{Config, Home, keygen};
pub use error::WitnessError;
pub use routes::router;
pub use seen::{Kept, Witness};
pub use serve::{ServeOptions, serve};
