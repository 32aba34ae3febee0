//! What a failure of a port means for a photo. Exhaustive, so that a new failure gets its meaning here.

use gauze_wire::ProblemCode;

use crate::auth::{CallError, Unanswered};
use crate::ports::{TransportError, VaultError};
use crate::store::{StoreError, Trouble};

pub fn of_vault(error: VaultError) -> Trouble {
    match error {
        VaultError::Gone => Trouble::KeyGone,
        VaultError::NeedsUser | VaultError::Unavailable => Trouble::KeyUnavailable,
    }
}

pub fn of_store(error: &StoreError) -> Trouble {
    match error {
        StoreError::Damaged => Trouble::Damaged,
        StoreError::Full => Trouble::StorageFull,
        StoreError::ReadOnly => Trouble::StorageReadOnly,
        StoreError::Denied => Trouble::StorageDenied,
        StoreError::TooManyFiles => Trouble::TooManyFiles,
        StoreError::KeyStore
        | StoreError::Busy
        | StoreError::Protection
        | StoreError::NotYetUnlocked
        | StoreError::Unknown
        | StoreError::AlreadySent
        | StoreError::Io(_) => Trouble::Storage,
    }
}

/// What keeps a photo, and how long whoever said so asked to be left alone.
pub struct Hindrance {
    pub trouble: Trouble,
    pub least_ms: i64,
}

impl From<Trouble> for Hindrance {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, least_ms: 0 }
    }
}

impl From<Unanswered> for Hindrance {
    fn from(unanswered: Unanswered) -> Self {
        Self { trouble: of_call(&unanswered.error), least_ms: unanswered.wait_ms }
    }
}

pub fn of_call(error: &CallError) -> Trouble {
    match error {
        CallError::Transport(TransportError::Certificate(fault)) => Trouble::Certificate(*fault),
        CallError::Transport(TransportError::Unreachable | TransportError::Cut) => Trouble::Offline,
        CallError::Transport(TransportError::File) => Trouble::Storage,
        CallError::Transport(TransportError::TooManyFiles) => Trouble::TooManyFiles,
        CallError::Between(status) => Trouble::Between(*status),
        CallError::Refused(problem) => Trouble::Gateway(problem.code),
        CallError::Answer => Trouble::Gateway(ProblemCode::MalformedRequest),
        CallError::Vault(error) => of_vault(*error),
        CallError::Entropy => Trouble::KeyUnavailable,
    }
}
