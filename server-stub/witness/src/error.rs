//! Why a witness does not run, or gives no answer about a log.

use std::path::PathBuf;

use gauze_listen::{CertificateError, FileError, ListenError};
use gauze_wire::WireError;

/// Why a witness does not run, or gives no answer about a log.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A file that somebody wrote cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// How.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {cause}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// There is a key already: another one would be another witness.
    #[error("{} is there already", .0.display())]
    Made(PathBuf),
    /// Another process is this witness.
    #[error("another process is the witness of {}", .0.display())]
    Locked(PathBuf),
    /// What it cosigned last is gone: it would cosign anything.
    #[error("{} is gone, and with it what this witness cosigned", .0.display())]
    Lost(PathBuf),
    /// What it cosigned last of a log cannot be believed.
    #[error("{} is not what this witness cosigned: {cause}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: WireError,
    },
    /// No random bytes, or a time before 1970.
    #[error("nothing can be signed: {0}")]
    Signing(String),
    /// Certificate or key of TLS.
    #[error(transparent)]
    Tls(#[from] CertificateError),
    /// The address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Listening broke off.
    #[error("listening broke off: {0}")]
    Broken(#[source] std::io::Error),
}

impl WitnessError {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Disk { .. } => "disk",
            Self::Malformed { .. } => "malformed",
            Self::Made(_) => "made_already",
            Self::Locked(_) => "locked",
            Self::Lost(_) => "lost",
            Self::Damaged { .. } => "damaged",
            Self::Signing(_) => "signing",
            Self::Tls(_) => "tls_invalid",
            Self::Listen(_) | Self::Broken(_) => "listen_failed",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::File(_) => "Run `gauze-witness keygen` first, or check --data.",
            Self::Disk { .. } => "Check the disk; until then nothing is cosigned.",
            Self::Malformed { .. } => "Compare the file with docs/access-log.md.",
            Self::Made(_) => "Use it, or name a directory that is not there yet.",
            Self::Locked(_) => "Stop the other process first.",
            Self::Lost(_) => {
                "Put the newest copy of it back; without one make a new key under a new name in another directory, and tell whoever checks the log."
            }
            Self::Damaged { .. } => {
                "Keep it, and restore the newest copy; without one make a new key under a new name and tell whoever checks the log."
            }
            Self::Signing(_) => "Check this machine's clock, then report this.",
            Self::Tls(_) => "Check --tls-cert and --tls-key.",
            Self::Listen(_) => "Check --listen.",
            Self::Broken(_) => "Start it again.",
        }
    }
}
