//! What the shell should do next, as three error types. `code` is a stable slug, `advice` a sentence for the user.

use std::sync::{Arc, Weak};

use gauze_core::ports::{SecretError, TlsError, VaultError};
use gauze_core::{
    CallError, DiscardError, EnrolError, ManagedError, OpenError, PreviewError, ReportError, ReviewError,
    RunError, SignInError, StoreError, TrustError,
};

/// What about the phone the hospital does not accept.
#[derive(Clone, Debug, uniffi::Record)]
pub struct EnrolmentRefusal {
    /// A stable slug, finer than the error's own.
    pub code: String,
    /// What the user reads to the help desk, for example `G06`.
    pub help: String,
}

/// Why there is no photo. Do not tick.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CaptureError {
    /// Take the photo again, as the advice says.
    #[error("{code}: {advice}")]
    TakeAgain {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// The phone's storage is full.
    #[error("{code}: {advice}")]
    FreeStorage {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// The phone must be enrolled first.
    #[error("{code}: {advice}")]
    Enrol {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// A clinician must sign in first.
    #[error("{code}: {advice}")]
    SignIn {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// Try again in a moment.
    #[error("{code}: {advice}")]
    RetryLater {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// Something is wrong with this phone: report it to IT.
    #[error("{code}: {advice}")]
    Report {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
}

/// Why something else did not happen. Nothing is lost by any of these.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum ClientError {
    /// Try again in a moment.
    #[error("{code}: {advice}")]
    RetryLater {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// The phone's storage is full.
    #[error("{code}: {advice}")]
    FreeStorage {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// The phone's user must authenticate first.
    #[error("{code}: {advice}")]
    Unlock {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// The clinician must sign in, or sign in again.
    #[error("{code}: {advice}")]
    SignIn {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// The phone must be enrolled, or enrolled again.
    #[error("{code}: {advice}")]
    Enrol {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// The people who manage the phone must correct something.
    #[error("{code}: {advice}")]
    AskIt {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
        /// Where the hospital refuses this phone: why.
        refusal: Option<EnrolmentRefusal>,
    },
    /// It cannot be done, now or later.
    #[error("{code}: {advice}")]
    NotPossible {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
    /// Something is wrong with this phone: report it to IT.
    #[error("{code}: {advice}")]
    Report {
        /// A stable slug.
        code: String,
        /// For the user.
        advice: String,
    },
}

/// What a port of the shell may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum PlatformError {
    /// The phone is locked, or its user did not authenticate.
    #[error("the user is needed")]
    NeedsUser,
    /// The key is gone for good.
    #[error("it is gone")]
    Gone,
    /// It did not work this time. What a port throws that it did not declare counts as this.
    #[error("it did not work this time")]
    Unavailable,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PlatformError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // The reason may carry a whole stack trace of the shell: not kept.
        Self::Unavailable
    }
}

impl From<PlatformError> for VaultError {
    fn from(error: PlatformError) -> Self {
        match error {
            PlatformError::NeedsUser => Self::NeedsUser,
            PlatformError::Gone => Self::Gone,
            PlatformError::Unavailable => Self::Unavailable,
        }
    }
}

impl From<PlatformError> for SecretError {
    fn from(_: PlatformError) -> Self {
        Self
    }
}

/// The client behind an object, as long as it is open.
pub(crate) fn open(client: &Weak<gauze_core::Client>) -> Result<Arc<gauze_core::Client>, ClientError> {
    client.upgrade().ok_or_else(|| ClientError::NotPossible {
        code: "closed".to_owned(),
        advice: "the client was closed: open it again".to_owned(),
    })
}

/// Code and advice of a core error whose text says what to do.
macro_rules! said {
    (AskIt, $error:expr) => {
        Self::AskIt { code: $error.code().to_owned(), advice: $error.to_string(), refusal: None }
    };
    ($kind:ident, $error:expr) => {
        Self::$kind { code: $error.code().to_owned(), advice: $error.to_string() }
    };
}

impl From<gauze_core::CaptureError> for CaptureError {
    fn from(error: gauze_core::CaptureError) -> Self {
        use gauze_core::CaptureError as E;
        match &error {
            E::Picture(_) | E::Record(_) | E::Unlisted(_) | E::Outside(_) => said!(TakeAgain, error),
            E::NotEnrolled => said!(Enrol, error),
            E::SignInNeeded => said!(SignIn, error),
            E::Entropy => said!(Report, error),
            E::Store(store) => match store {
                StoreError::Full => said!(FreeStorage, error),
                StoreError::TooManyFiles
                | StoreError::NotYetUnlocked
                | StoreError::Busy
                | StoreError::Io(_) => {
                    said!(RetryLater, error)
                }
                StoreError::ReadOnly
                | StoreError::Denied
                | StoreError::KeyStore
                | StoreError::Protection
                | StoreError::Damaged
                | StoreError::Unknown
                | StoreError::AlreadySent => said!(Report, error),
            },
        }
    }
}

impl From<StoreError> for ClientError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Full => said!(FreeStorage, error),
            StoreError::NotYetUnlocked => said!(Unlock, error),
            StoreError::TooManyFiles | StoreError::Busy | StoreError::KeyStore | StoreError::Io(_) => {
                said!(RetryLater, error)
            }
            StoreError::Unknown | StoreError::AlreadySent => said!(NotPossible, error),
            StoreError::ReadOnly | StoreError::Denied | StoreError::Protection | StoreError::Damaged => {
                said!(Report, error)
            }
        }
    }
}

impl From<TrustError> for ClientError {
    fn from(error: TrustError) -> Self {
        match error {
            TrustError::Store(store) => store.into(),
            TrustError::Bundle(_)
            | TrustError::Policy(_)
            | TrustError::RootChanged
            | TrustError::Gateway
            | TrustError::Recipient => said!(AskIt, error),
        }
    }
}

impl From<OpenError> for ClientError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(store) => store.into(),
        }
    }
}

impl From<RunError> for ClientError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::NotEnrolled => said!(Enrol, error),
        }
    }
}

impl From<DiscardError> for ClientError {
    fn from(error: DiscardError) -> Self {
        match error {
            DiscardError::Store(store) => store.into(),
        }
    }
}

impl From<ReportError> for ClientError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NotEnrolled => said!(Enrol, error),
            ReportError::WhatMissing
            | ReportError::WhatTooLong
            | ReportError::WhoseTooLong
            | ReportError::NotText
            | ReportError::NoticedLater => said!(NotPossible, error),
            ReportError::TooMany => said!(RetryLater, error),
            ReportError::Entropy => said!(Report, error),
            ReportError::Store(store) => store.into(),
        }
    }
}

impl From<ManagedError> for ClientError {
    fn from(error: ManagedError) -> Self {
        match error {
            ManagedError::Malformed(_) | ManagedError::Setting(_) => said!(AskIt, error),
        }
    }
}

impl From<VaultError> for ClientError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NeedsUser => said!(Unlock, error),
            VaultError::Gone => said!(Enrol, error),
            VaultError::Unavailable => said!(RetryLater, error),
        }
    }
}

impl From<EnrolError> for ClientError {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::AlreadyEnrolled => said!(NotPossible, error),
            EnrolError::Call(call) => call.into(),
            EnrolError::Trust(trust) => trust.into(),
            EnrolError::NoBundle | EnrolError::NoToken => said!(AskIt, error),
            EnrolError::Vault(vault) => vault.into(),
            EnrolError::Store(store) => store.into(),
            EnrolError::Tls(TlsError::Authority | TlsError::Setup(_)) => said!(AskIt, error),
        }
    }
}

impl From<CallError> for ClientError {
    fn from(error: CallError) -> Self {
        let (code, advice) = (error.code().to_owned(), error.next_step());
        match error {
            CallError::Transport(_) | CallError::Between(_) | CallError::Entropy => {
                Self::RetryLater { code, advice }
            }
            CallError::Refused(problem) if problem.code.passes() => Self::RetryLater { code, advice },
            CallError::Refused(problem) => {
                let refusal =
                    problem.reason.zip(problem.help).map(|(code, help)| EnrolmentRefusal { code, help });
                Self::AskIt { code, advice, refusal }
            }
            CallError::Answer => Self::AskIt { code, advice, refusal: None },
            CallError::Vault(vault) => vault.into(),
        }
    }
}

impl From<SignInError> for ClientError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::NotEnrolled => said!(Enrol, error),
            SignInError::Off => said!(NotPossible, error),
            SignInError::Transport(_) | SignInError::Between(_) | SignInError::Entropy => {
                said!(RetryLater, error)
            }
            SignInError::Provider(_)
            | SignInError::OtherProvider
            | SignInError::TooLarge
            | SignInError::Tls => said!(AskIt, error),
            SignInError::Cancelled
            | SignInError::Refused { .. }
            | SignInError::NotBegun
            | SignInError::OtherAddress
            | SignInError::Token(_) => said!(SignIn, error),
        }
    }
}

impl From<ReviewError> for ClientError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Outside(_) => said!(RetryLater, error),
            ReviewError::Off | ReviewError::Denied(_) | ReviewError::Silent | ReviewError::KeyGone => {
                said!(NotPossible, error)
            }
            ReviewError::Locked => said!(Unlock, error),
            ReviewError::OtherPerson => said!(SignIn, error),
            ReviewError::Vault(vault) => vault.into(),
            ReviewError::DidNotOpen => said!(Report, error),
            ReviewError::Entropy => said!(RetryLater, error),
            ReviewError::Store(store) => store.into(),
        }
    }
}

impl From<PreviewError> for ClientError {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::NotReviewable | PreviewError::OtherPhoto | PreviewError::Decoder => {
                said!(NotPossible, error)
            }
            PreviewError::Locked => said!(Unlock, error),
            PreviewError::Entropy => said!(RetryLater, error),
            PreviewError::Store(store) => store.into(),
        }
    }
}
