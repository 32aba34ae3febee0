#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod acts;
mod answers;
mod app;
mod asker;
mod blobs;
mod budget;
mod challenges;
mod check;
mod clock;
mod console;
mod counted;
mod db;
mod handshake;
mod heard;
mod heartbeats;
mod housekeeping;
mod init;
mod interim;
mod inventory;
mod keys;
mod measure;
mod meters;
mod peers;
mod prefixes;
mod private;
mod proof;
mod recheck;
mod refusal;
mod replay;
mod routes;
mod sealed;
mod serve;
mod standing;
mod strangers;
mod tenant;
mod told;
mod until;
mod watch;

pub mod admin;

pub use acts::By;
pub use app::{App, AppError};
pub use check::check;
pub use clock::{Clock, SystemClock};
pub use console::{ConsoleError, ConsoleOptions, console_router, serve_console};
pub use db::{
    Basis, DeviceCounts, DevicePage, DeviceSearch, Proposal, ProposalStatus, Registered, Replacement, Sort,
    ToldStatus, short,
};
pub use housekeeping::{CleanError, clean};
pub use init::{InitError, Installed, in_force, install, introduce, tls_files};
pub use keys::{GatewayKeys, KeysError};
pub use meters::meters;
pub use peers::PeerLimits;
pub use recheck::StatusFileError;
pub use replay::{ReplayStore, Use};
pub use routes::{metrics_router, paths, router};
pub use sealed::SealError;
pub use serve::{FIRST_REQUEST_WITHIN, Listening, ServeError, ServeOptions, serve};
pub use tenant::{Flaw, SignedFile, TenantError, TenantFiles};
pub use watch::Watch;
