//! What the program says when it does not do it: one line, code first.

use std::path::Path;
use std::{fmt, io};

use gauze_attest::Fault;
use gauze_core::ports::{TransportError, VaultError};
use gauze_core::{
    CallError, CaptureError, DiscardError, EnrolError, ManagedError, OpenError, ReportError, RunError,
    SignInError, StoreError, TrustError,
};
use gauze_listen::FileError;
use gauze_tests::config::ConfigFileError;
use gauze_wire::WireError;

/// A refusal: printed as `code: message`, exit status 1.
#[derive(Debug)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The phone in `data` does not open.
    pub fn closed(data: &Path, error: &OpenError) -> Self {
        let OpenError::Store(store) = error;
        let data = data.display();
        let told = match store {
            StoreError::Denied => format!("{data} is another user's: run this as the user who owns it"),
            StoreError::Io(error) if error.kind() == io::ErrorKind::NotADirectory => {
                format!("{data} is a file: give the phone's directory with --data")
            }
            StoreError::Io(error) => format!("{data} cannot be used ({error}): check --data and the disk"),
            other => format!("{data}: {other}"),
        };
        Self::new(error.code(), told)
    }
}

impl Refusal {
    /// The same, with the file that it is about.
    pub fn of(file: &Path) -> impl Fn(Self) -> Self + '_ {
        move |Self { code, message }| Self { code, message: format!("{}: {message}", file.display()) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever a file name or a message holds.
        let line: String = self.message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{}: {line}", self.code)
    }
}

impl From<FileError> for Refusal {
    fn from(error: FileError) -> Self {
        Self::new("unreadable", error.to_string())
    }
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<EnrolError> for Refusal {
    fn from(error: EnrolError) -> Self {
        let message = match &error {
            EnrolError::Call(CallError::Transport(TransportError::Certificate(fault))) => {
                fault.next_step().to_owned()
            }
            // What the configuration says, which is in this person's hands.
            EnrolError::Trust(TrustError::Bundle(WireError::UnknownKey)) => {
                "root_sha256: the gateway's trust bundle is of another root than the configuration names: compare it with keys/root-sha256.txt".to_owned()
            }
            EnrolError::Trust(TrustError::Bundle(WireError::Rollback)) => {
                "min_bundle_version: the gateway's trust bundle is older than the configuration asks for, or than the one that this phone believed before, or is another of the same version: have the newest served, or lower min_bundle_version where none of that version was signed".to_owned()
            }
            EnrolError::Call(CallError::Refused(problem)) => {
                let fault = Fault::ALL.iter().find(|fault| Some(fault.code()) == problem.reason.as_deref());
                match fault {
                    Some(fault) => format!("{} ({}): {}", fault.code(), fault.help(), fault.for_it()),
                    None => format!("{}. {}", problem.code.title(), problem.detail),
                }
            }
            EnrolError::Call(call) => format!("{error}: {}", call.next_step()),
            // This phone's key store is files.
            EnrolError::Vault(VaultError::Unavailable) => {
                "the phone's keys could not be written below --data: free space where its disk is full, or have the disk checked, and run it again".to_owned()
            }
            EnrolError::AlreadyEnrolled
            | EnrolError::Trust(_)
            | EnrolError::NoBundle
            | EnrolError::NoToken
            | EnrolError::Vault(VaultError::NeedsUser | VaultError::Gone)
            | EnrolError::Store(_)
            | EnrolError::Tls(_) => error.to_string(),
        };
        Self::new(error.code(), message)
    }
}

impl From<ManagedError> for Refusal {
    fn from(error: ManagedError) -> Self {
        Self::new("config_invalid", error.to_string())
    }
}

impl From<ConfigFileError> for Refusal {
    fn from(error: ConfigFileError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<CaptureError> for Refusal {
    fn from(error: CaptureError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<ReportError> for Refusal {
    fn from(error: ReportError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<RunError> for Refusal {
    fn from(error: RunError) -> Self {
        match error {
            RunError::NotEnrolled => Self::new("not_enrolled", error.to_string()),
        }
    }
}

impl From<DiscardError> for Refusal {
    fn from(error: DiscardError) -> Self {
        match error {
            DiscardError::Store(error) => error.into(),
        }
    }
}
