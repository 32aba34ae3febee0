//! Why the client did not do what it was asked. Nothing is ever lost by it.

use crate::policy::TrustError;
use crate::ports::TlsError;
use crate::store::StoreError;

/// Why the client did not open. Nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store did not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was kept of bundle and policy is not believed.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl OpenError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Tls(_) => "tls_setup",
        }
    }
}

/// Why the queue did not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The phone is not enrolled.
    #[error("this phone is not enrolled: enrol it first")]
    NotEnrolled,
}

impl RunError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotEnrolled => "not_enrolled",
        }
    }
}

/// Why a photo was not discarded.
#[derive(Debug, thiserror::Error)]
pub enum DiscardError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
