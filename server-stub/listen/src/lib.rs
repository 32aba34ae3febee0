#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod address;
mod awaited;
mod certificate;
mod check;
mod file;
mod judge;
mod renewal;
mod shell;
mod stop;
mod table;

pub use address::{ListenError, listen_address};
pub use awaited::{await_listener, port_of};
pub use certificate::{CertificateError, ServerCertificate};
pub use check::{Check, Verdict};
pub use file::{FileError, disk_step, read_at_most, read_file};
pub use judge::{Finding, SOON, host_of};
pub use renewal::{Looked, Renewal, follow};
pub use shell::quoted;
pub use stop::stopped;
pub use table::table;
