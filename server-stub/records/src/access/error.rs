//! Why the access log, the policies or the list of roles cannot be used.

use std::path::PathBuf;

use gauze_people::log::LogFailure;
use gauze_people::roles::{GrantsError, RolesError};

use crate::coded::Coded;
use crate::disk::DiskError;
use crate::keys::KeysError;

/// Why the access log, the policies or the list of roles cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogFailure),
    /// A policy file.
    #[error(transparent)]
    Roles(#[from] RolesError),
    /// The list of roles.
    #[error(transparent)]
    Grants(#[from] GrantsError),
    /// A key.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file is not what its name says.
    #[error("{}: {cause}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A proof does not hold.
    #[error("the proof does not hold: {0}")]
    Proof(gauze_wire::WireError),
}

impl Coded for AccessError {
    fn code(&self) -> &'static str {
        match self {
            Self::Log(error) => error.code(),
            Self::Roles(error) => error.code(),
            Self::Grants(_) => "grant",
            Self::Keys(error) => error.code(),
            Self::Disk(error) => error.code(),
            Self::Malformed { .. } => "malformed",
            Self::Proof(_) => "proof",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Log(error) => error.next_step(),
            Self::Roles(error) => error.next_step(),
            Self::Grants(_) => "Mend roles.json; docs/access-log.md shows its form.",
            Self::Keys(error) => error.next_step(),
            Self::Disk(error) => error.next_step(),
            Self::Malformed { .. } => "Compare the file with docs/access-log.md.",
            Self::Proof(_) => "Ask for the proof and the public keys again, by two ways.",
        }
    }
}
