#![doc = include_str!("../README.md")]

mod client;
mod enrolment;
mod error;
#[cfg(feature = "faults")]
mod faults;
#[cfg(not(feature = "faults"))]
mod ground;
mod log;
mod managed;
mod place;
mod platform;
mod queue;
mod record;
mod review;
mod sign_in;
mod task;
mod types;

#[cfg(feature = "desktop")]
mod desktop;

pub use client::{Client, ClientPorts};
pub use enrolment::Enrolment;
pub use error::{CaptureError, ClientError, EnrolmentRefusal, PlatformError};
pub use log::{LogLevel, LogSink, set_log_sink};
pub use managed::{ConfigurationReport, ConfigurationState};
pub use platform::{
    Attestor, Evidence, KeyVault, Reachability, SecretStore, Storage, app_attest_client_data_hash,
    fresh_android_challenge,
};
pub use queue::{QueueObserver, UploadQueue};
pub use review::Review;
pub use sign_in::SignIn;
pub use task::{StopSignal, TaskHandle};
pub use types::{CapturedPhoto, QueueState, describe};

uniffi::setup_scaffolding!();

/// What is freed is wiped: plaintext and keys stay in memory no longer than they are used, wherever a library copied them.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);
