//! Why a second factor is not proven or not enrolled.

use sqlx::migrate::MigrateError;

use crate::random::NoEntropy;

/// Why a second factor is not proven or not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The store failed.
    #[error("the store of second factors failed: {0}")]
    Store(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the store of second factors cannot be brought up to date: {0}")]
    Migration(#[from] MigrateError),
    /// A row cannot be opened with this key.
    #[error("a second factor in the store cannot be opened: the key is another one, or the row is damaged")]
    Damaged,
    /// A file of the hardware keys' makers cannot be read.
    #[error("{0}: no certificate of a maker of hardware keys")]
    Authority(std::path::PathBuf),
    /// Passkeys cannot be used under this origin.
    #[error("passkeys cannot be used under this origin")]
    Origin,
    /// There is none of this kind.
    #[error("there is no such second factor")]
    None,
    /// It was not asked for, or too long ago.
    #[error("it was not asked for here, or more than five minutes ago")]
    NotAsked,
    /// The passkey's answer does not count.
    #[error("the passkey was not proven")]
    Passkey,
    /// The maker's word is missing: it is not known to be hardware.
    #[error("the passkey is not known to be a hardware key")]
    NotHardware,
    /// The code is wrong, or was used.
    #[error("the code is wrong, or was used already")]
    Code,
    /// Five wrong codes: it opens nothing any more.
    #[error("five wrong codes: this second factor is locked")]
    Locked,
    /// The hospital takes no one-time codes.
    #[error("the hospital takes no one-time codes as a second factor")]
    NoTotp,
    /// The enrolment code is wrong, used, or too old.
    #[error("the enrolment code is wrong, used, or too old")]
    Enrolment,
    /// No enrolment code was given in this session.
    #[error("an enrolment code comes first")]
    NotInvited,
    /// A person speaks for themselves, or without the standing.
    #[error("two others speak for a person: a team's lead and an administrator")]
    NotTwo,
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl FactorError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "factors_failed",
            Self::Migration(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => {
                "factors_failed"
            }
            Self::Migration(_) => "factors_version",
            Self::Damaged => "factor_damaged",
            Self::Authority(_) => "authority_unreadable",
            Self::Origin => "origin_unusable",
            Self::None => "no_factor",
            Self::NotAsked => "not_asked",
            Self::Passkey => "passkey_refused",
            Self::NotHardware => "passkey_not_hardware",
            Self::Code => "code_wrong",
            Self::Locked => "factor_locked",
            Self::NoTotp => "totp_off",
            Self::Enrolment => "enrolment_code_wrong",
            Self::NotInvited => "not_invited",
            Self::NotTwo => "not_two_others",
            Self::NoEntropy(_) => "no_entropy",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::NoEntropy(_) => "Tell the help desk, and try again in a minute.",
            Self::Migration(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => {
                "Free space where the disk is full, or have the disk checked, and start it again."
            }
            Self::Migration(_) => "Use the program version that wrote it, or a newer one.",
            Self::Damaged => {
                "Have the person enrol again, or restore the keys directory that belongs to this data."
            }
            Self::Authority(_) => "Give a PEM certificate of the maker in people.json, factors.authorities.",
            Self::Origin => "Correct origin in people.json.",
            Self::None => "Ask an administrator for an enrolment code.",
            Self::NotAsked => "Begin again.",
            Self::Passkey => "Try again, with your PIN, finger or face.",
            Self::NotHardware => "Use a hardware key of a kind that the hospital has listed.",
            Self::Code => "Wait for the next code and enter that one.",
            Self::Locked => "Ask your team's lead and an administrator to enrol you again.",
            Self::NoTotp => "Enrol a passkey.",
            Self::Enrolment | Self::NotInvited => "Ask an administrator for an enrolment code.",
            Self::NotTwo => "Ask a team's lead and an administrator, neither of them the person.",
        }
    }
}
