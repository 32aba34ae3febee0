//! Why the client did not do what it was asked. Nothing is ever lost by it.

use crate::store::StoreError;

/// Why the client did not open. Nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store did not open.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpenError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
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
