#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod app;
mod blobs;
mod clock;
mod db;
mod housekeeping;
mod keys;
mod meters;
mod proof;
mod refusal;
mod replay;
mod routes;
mod serve;
mod tenant;

pub use app::{App, AppError};
pub use clock::{Clock, SystemClock};
pub use housekeeping::{CleanError, clean};
pub use keys::{GatewayKeys, KeysError};
pub use routes::router;
pub use serve::{ServeError, ServeOptions, serve};
pub use tenant::{TenantError, TenantFiles};
