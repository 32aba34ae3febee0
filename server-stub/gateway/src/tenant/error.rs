use std::fmt;
use std::path::PathBuf;

use gauze_listen::FileError;
use gauze_wire::WireError;

use crate::keys::KeysError;

/// Which of a tenant's two signed files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedFile {
    /// The trust bundle.
    Bundle,
    /// The policy.
    Policy,
}

impl SignedFile {
    /// The name that its files and its option have.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for SignedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What does not hold of a signed file.
#[derive(Debug)]
pub struct Flaw {
    /// Where it lies.
    pub file: PathBuf,
    /// Why not.
    pub error: WireError,
    /// That as exactly as it can be said.
    pub why: String,
}

/// Why a tenant cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file in the data directory could not be written, or read again.
    #[error("{} cannot be kept ({}): {}", .0.display(), .1, gauze_listen::disk_step(.1))]
    Kept(PathBuf, #[source] std::io::Error),
    /// A file that was given does not hold.
    #[error("the {} in {} is refused ({}): sign it again on the records side", .0, .1.file.display(), .1.why)]
    Refused(SignedFile, Flaw),
    /// It says what only a newer gateway understands.
    #[error(
        "the {} in {} is refused ({}), and was signed by a newer program: update this gateway first", .0, .1.file.display(), .1.why
    )]
    Newer(SignedFile, Flaw),
    /// The bundle does not name the key that signed the policy.
    #[error(
        "the policy in {} is refused ({}), for the bundle does not name its key: sign it by a key that the bundle names, or let a new one take over by the steps under A new policy key \
         in docs/operating.md", .0.file.display(), .0.why
    )]
    PolicyKey(Flaw),
    /// What `init` took up is spoilt.
    #[error(
        "the {} in {} is refused ({}): take up the newest that the hospital signed, `gauze-gateway init --data DIR --from FILE`", .0, .1.file.display(), .1.why
    )]
    TakenUp(SignedFile, Flaw),
    /// The gateway's own copy of what it served is spoilt.
    #[error(
        "the {} in {} is refused ({}), which is the gateway's own copy: start the gateway again, which writes it anew, and where `init` did not set it up, with --bundle and --policy", .0, .1.file.display(), .1.why
    )]
    Copied(SignedFile, Flaw),
    /// Two lines of the bundle's file do not follow each other.
    #[error(
        "bundle {before} in {} does not name the root of bundle {after} as its `next_root`: each line but the last hands over to the next", file.display()
    )]
    Handover {
        /// Where both lie.
        file: PathBuf,
        /// The version of the one.
        before: u64,
        /// The version of the one behind it.
        after: u64,
    },
    /// The bundle does not name this gateway's keys.
    #[error(
        "the bundle in {} does not name this gateway: put {ours} into its `gateways` in place of the one with that url, raise version, sign it again and take it up; \
         for another url, put there what `gauze-gateway keygen --data DIR --url URL --tenant TENANT` prints", file.display()
    )]
    NotNamed {
        /// Where it lies.
        file: PathBuf,
        /// What it should name.
        ours: String,
    },
    /// The file that remembers what was served before does not say it.
    #[error(
        "{} no longer says which versions were served last: put it back from a copy, or write the last bundle's and policy's versions into it, as `3 7`", .0.display()
    )]
    Versions(PathBuf),
    /// Older than one that lies here.
    #[error(
        "{given} is older than {what} {last}, which lies in {}: start without --bundle and --policy, which takes the newest that lies here, or give the newest {what} \
         that the hospital signed", newest.display()
    )]
    Rollback {
        /// Which one.
        what: SignedFile,
        /// The version that was given, with its file.
        given: String,
        /// The newest version.
        last: u64,
        /// Where that lies.
        newest: PathBuf,
    },
    /// Older than what this gateway served before, of which nothing lies here.
    #[error(
        "{given} is older than {what} {last}, which was served last: give the newest {what} that the hospital signed"
    )]
    Older {
        /// Which one.
        what: SignedFile,
        /// The version that was given, with its file.
        given: String,
        /// The version that was served last.
        last: u64,
    },
    /// Neither `init` nor a start has left a bundle.
    #[error(
        "{} holds no trust bundle: run `gauze-gateway init --data DIR --from hospital.json`, or give --bundle", .0.display()
    )]
    NoBundle(PathBuf),
    /// The keys are not usable.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl TenantError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "unreadable",
            Self::Kept(..) => "storage_failed",
            Self::Refused(_, Flaw { error: WireError::MixedRecipients, .. }) => "mixed_recipients",
            Self::Refused(SignedFile::Bundle, flaw) if flaw.is_untrusted() => "bundle_untrusted",
            Self::Refused(SignedFile::Bundle, _)
            | Self::Newer(SignedFile::Bundle, _)
            | Self::TakenUp(SignedFile::Bundle, _)
            | Self::Copied(SignedFile::Bundle, _) => "bundle_invalid",
            Self::Refused(SignedFile::Policy, _)
            | Self::Newer(SignedFile::Policy, _)
            | Self::TakenUp(SignedFile::Policy, _)
            | Self::Copied(SignedFile::Policy, _)
            | Self::PolicyKey(_) => "policy_invalid",
            Self::Handover { .. } => "bundle_no_handover",
            Self::NotNamed { .. } => "gateway_not_in_bundle",
            Self::Versions(_) => "versions_damaged",
            Self::Rollback { .. } | Self::Older { .. } => "rollback",
            Self::NoBundle(_) => "no_bundle",
            Self::Keys(error) => error.code(),
        }
    }

    /// Which of the two files it is about, for whoever looks at one after the other.
    pub fn about(&self) -> SignedFile {
        match self {
            Self::Refused(what, _)
            | Self::Newer(what, _)
            | Self::TakenUp(what, _)
            | Self::Copied(what, _)
            | Self::Rollback { what, .. }
            | Self::Older { what, .. } => *what,
            Self::PolicyKey(_) => SignedFile::Policy,
            _ => SignedFile::Bundle,
        }
    }
}

impl Flaw {
    fn is_untrusted(&self) -> bool {
        matches!(self.error, WireError::Signature | WireError::UnknownKey)
    }
}
