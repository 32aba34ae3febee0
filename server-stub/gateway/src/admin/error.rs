use std::path::{Path, PathBuf};

use gauze_wire::{Tenant, TextFault, WireError};

use crate::app::AppError;
use crate::sealed::SealError;
use crate::tenant::Served;

/// Why an operator's command was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The data directory is not usable.
    #[error(transparent)]
    App(#[from] AppError),
    /// The gateway has never served this tenant from this directory.
    #[error(
        "this gateway has never served {tenant}; it has served {}: check --tenant, or start the gateway once with that tenant's bundle",
        listed(served)
    )]
    NotServed {
        /// The one that was asked for.
        tenant: Tenant,
        /// Those that it has served.
        served: Vec<Tenant>,
    },
    /// No such device.
    #[error("no such device is enrolled: search for it with `admin device list`")]
    UnknownDevice,
    /// An abbreviated id fits several devices.
    #[error("several devices begin with this: give more of the id")]
    Ambiguous,
    /// No such proposal.
    #[error("nothing was asked for under this name: look at the list")]
    UnknownProposal,
    /// A revoked device stays revoked.
    #[error("the device is revoked for good: enrol it again with a new token")]
    Revoked,
    /// Two phones, or one phone that has another former key.
    #[error(
        "the one cannot have been the other: it is known to have had another id before, or it is the later one"
    )]
    OtherFormer,
    /// Operator or reason is missing or too long.
    #[error(
        "name or reason does not hold: say who you are (at most 100 bytes) and why (at most 500), without control characters"
    )]
    Who,
    /// A token lives 1 to 24 hours.
    #[error("a token lives 1 to 24 hours: choose a number within that")]
    Hours,
    /// A file that was named cannot be read.
    #[error(transparent)]
    File(#[from] gauze_listen::FileError),
    /// The records side gave no inventory.
    #[error(
        "the hospital has signed no inventory, or its records side has not pulled since: sign one with `gauze-records token inventory`"
    )]
    NoInventory,
    /// The authority's file cannot be used.
    #[error("{} is no authority's certificate ({what}): give its PEM file with --ca", file.display())]
    Authority {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Not a policy.
    #[error("this is not a policy as documented ({0}): correct it, or start from `admin policy show --json`")]
    Policy(String),
    /// The policy's version does not rise.
    #[error("the policy's version must be above {0}, which is in force: raise `version`, or leave it out")]
    PolicyVersion(u64),
    /// A field of a report cannot be kept as it is.
    #[error("“{field}” {fault}")]
    Report {
        /// The field, as the form calls it.
        field: &'static str,
        /// Why not.
        fault: TextFault,
    },
    /// Nobody can have noticed it then.
    #[error(
        "this day or time cannot be read, or lies in the future by the gateway's clock, which says {clock}: choose the day, write the time such as 14:05 by that clock or leave the time empty, and have the clock set if it is wrong"
    )]
    ReportTime {
        /// What it says.
        clock: String,
    },
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The hospital has not signed it.
    #[error("the hospital has not signed it: `gauze-records proposals list` shows what waits")]
    NotSigned,
}

fn listed(served: &[Tenant]) -> String {
    let names: Vec<&str> = served.iter().map(Tenant::as_str).collect();
    if names.is_empty() { "none yet".to_owned() } else { names.join(", ") }
}

impl AdminError {
    pub(super) fn not_served(data: &Path, tenant: &Tenant) -> Self {
        Self::NotServed { tenant: tenant.clone(), served: Served::known(data) }
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::App(error) => error.code(),
            Self::NotServed { .. } => "tenant_not_served",
            Self::UnknownDevice => "unknown_device",
            Self::Ambiguous => "ambiguous",
            Self::UnknownProposal => "unknown_proposal",
            Self::Revoked => "device_revoked",
            Self::OtherFormer => "other_former",
            Self::Who => "operator_invalid",
            Self::Hours => "hours_invalid",
            Self::File(_) => "unreadable",
            Self::NoInventory => "no_inventory",
            Self::Authority { .. } => "ca_invalid",
            Self::Policy(_) => "policy_invalid",
            Self::PolicyVersion(_) => "rollback",
            Self::Report { .. } => "report_invalid",
            Self::ReportTime { .. } => "report_time",
            Self::Seal(error) => error.code(),
            Self::NotSigned => "not_signed",
        }
    }
}

impl From<sqlx::Error> for AdminError {
    fn from(error: sqlx::Error) -> Self {
        Self::App(AppError::Database(error))
    }
}

impl From<WireError> for AdminError {
    fn from(_: WireError) -> Self {
        Self::Who
    }
}
