//! Why whom the puller should believe is not believed.

use std::path::PathBuf;

use gauze_wire::WireError;

use crate::coded::Coded;
use crate::disk::DiskError;
use crate::keys::KeysError;

/// Why the keys, the bundle and the policy do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Keys could not be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// No bundle was signed yet.
    #[error("no bundle has been signed: {} is not there", .0.display())]
    NoBundle(PathBuf),
    /// The bundle is not one of the pinned root.
    #[error("the bundle is not believed: {0}")]
    Bundle(#[source] WireError),
    /// The policy is not one of the bundle's policy keys.
    #[error("the policy is not believed: {0}")]
    Policy(#[source] WireError),
    /// The bundle does not name the gateway.
    #[error("the bundle names no gateway {0}")]
    UnknownGateway(String),
    /// The bundle does not name one of our own keys.
    #[error("the bundle does not name this {0} key")]
    KeyNotNamed(&'static str),
    /// The status list cannot be used.
    #[error("the status list cannot be used: {0}")]
    StatusList(String),
    /// Photos are sealed to a recipient whose identity is not here.
    #[error("no identity here opens what is sealed to active recipient {0}")]
    IdentityMissing(String),
    /// What was in force before is kept in a file that does not read.
    #[error("{} does not read: it says what entries are judged by", .0.display())]
    HistoryDamaged(PathBuf),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Coded for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::NoBundle(_) => "no_bundle",
            Self::Bundle(_) => "bundle_untrusted",
            Self::Policy(_) => "policy_untrusted",
            Self::UnknownGateway(_) => "unknown_gateway",
            Self::KeyNotNamed(_) => "key_not_named",
            Self::StatusList(_) => "status_list_invalid",
            Self::IdentityMissing(_) => "identity_missing",
            Self::HistoryDamaged(_) => "history_damaged",
            Self::Disk(error) => error.code(),
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.next_step(),
            Self::NoBundle(_) => "Sign one with sign-bundle, or give --bundle.",
            Self::Bundle(_) => "Use a bundle that the root of this keys directory signed.",
            Self::Policy(_) => "Sign the policy again with sign-policy.",
            Self::UnknownGateway(_) => "Give --gateway one of the bundle's gateway URLs.",
            Self::KeyNotNamed(_) => "Put its public half into the bundle and sign a higher version.",
            Self::StatusList(_) => "Fetch it again, or leave --status-list out.",
            Self::IdentityMissing(_) => "Add the identity to tenant-identity.txt, or retire the recipient.",
            Self::HistoryDamaged(_) => {
                "Restore it from the backup of --data, or put it elsewhere: the version before then judges in its place."
            }
            Self::Disk(error) => error.next_step(),
        }
    }
}
