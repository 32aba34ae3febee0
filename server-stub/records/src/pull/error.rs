//! Why a pass stopped.

use gauze_wire::{ProblemCode, WireError};

use crate::coded::Coded;
use crate::disk::DiskError;
use crate::folk::FolkError;
use crate::gateway::GatewayError;
use crate::https::TlsError;
use crate::index::IndexError;
use crate::trust::TrustError;

/// Why a pass stopped. What was done before it is durable and is not done again.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Another puller works on this data directory.
    #[error("another puller works on this data directory")]
    Busy,
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Keys, bundle and policy do not fit together.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The index could not be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The gateway gave no usable answer.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The checkpoint is not signed by the log key that the bundle names for this gateway.
    #[error("the gateway's checkpoint is not believed: {0}")]
    CheckpointInvalid(#[source] WireError),
    /// The log is shorter than what was cosigned.
    #[error("the gateway's log has {offered} entries, {cosigned} were cosigned before")]
    LogRolledBack {
        /// The size cosigned.
        cosigned: u64,
        /// The size offered.
        offered: u64,
    },
    /// The leaves do not lead to the signed root, or the log is not the one cosigned before.
    #[error("the gateway's log does not lead from the checkpoint cosigned before to the one it signed")]
    LogInconsistent,
    /// The index for people could not be opened.
    #[error(transparent)]
    Folk(#[from] FolkError),
    /// A receipt or a cosignature could not be made.
    #[error("a receipt could not be signed: {0}")]
    Signing(#[source] WireError),
}

impl Coded for PullError {
    fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Tls(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Disk(error) => error.code(),
            Self::Folk(error) => error.code(),
            Self::Gateway(error) => error.code(),
            Self::CheckpointInvalid(_) => ProblemCode::CheckpointInvalid.as_str(),
            Self::LogRolledBack { .. } => ProblemCode::LogRolledBack.as_str(),
            Self::LogInconsistent => ProblemCode::LogInconsistent.as_str(),
            Self::Signing(_) => "signing_failed",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Busy => "Stop the other one, or give another --data.",
            Self::Tls(error) => error.next_step(),
            Self::Trust(error) => error.next_step(),
            Self::Index(error) => error.next_step(),
            Self::Disk(error) => error.next_step(),
            Self::Folk(error) => error.next_step(),
            Self::Gateway(error) => error.next_step(),
            Self::CheckpointInvalid(_) => {
                "Check the gateway's log key in the bundle; nothing is filed until then."
            }
            Self::LogRolledBack { .. } => {
                "Nothing is filed until the log leads on. If a restore cannot give back what is missing, see docs/operating.md, \
                 When the gateway's log is lost."
            }
            Self::LogInconsistent => ProblemCode::LogInconsistent.next_step(),
            Self::Signing(_) => "Run verify; nothing was sent.",
        }
    }
}
