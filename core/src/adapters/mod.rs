//! The real ports: files, system clock and entropy, reqwest over rustls, keyring.

mod files;
mod http;
mod secrets;
#[cfg(feature = "desktop")]
mod software_vault;
mod system;

pub use files::FileDisk;
pub use http::HttpTransport;
#[cfg(feature = "desktop")]
pub use secrets::FileSecrets;
pub use secrets::{KeyringSecrets, MemorySecrets};
#[cfg(feature = "desktop")]
pub use software_vault::SoftwareVault;
pub use system::{AlwaysReachable, SystemClock, SystemEntropy, forbid_core_dumps};
