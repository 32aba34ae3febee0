//! Why keys were not made, read or used.

use std::path::PathBuf;

use gauze_seal::EntropyError;
use gauze_wire::{Digest, WireError};

use crate::coded::Coded;
use crate::disk::DiskError;

/// Why a command on keys was refused.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Keys are there already.
    #[error("{} already holds something", .0.display())]
    Exists(PathBuf),
    /// A key file is not there.
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    /// A key file is damaged.
    #[error("{} is not what its name says", .0.display())]
    Unusable(PathBuf),
    /// Reading or writing failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The input is not JSON of the documented shape.
    #[error("not as documented: {0}")]
    Malformed(String),
    /// The input names another tenant than the keys.
    #[error("what is to be signed is for another tenant than the keys")]
    OtherTenant,
    /// The bundle names another root than the one that would sign it.
    #[error("it names another root than the one in the keys directory")]
    OtherRoot,
    /// No root was made that could take over.
    #[error("there is no next root here")]
    NoNextRoot,
    /// No bundle hands over to the next root yet.
    #[error("the newest bundle does not say \"next_root\": \"{0}\"")]
    NotNamed(Digest),
    /// No gateway is named.
    #[error("it names no gateway")]
    NoGateway,
    /// A recipient is no age key that photos are sealed to.
    #[error("recipient {0} is not an X25519 or mlkem768x25519 age key")]
    Recipient(usize),
    /// Classical and post-quantum recipients together.
    #[error("active recipients mix classical and post-quantum keys")]
    MixedRecipients,
    /// The version does not rise.
    #[error("version {given} does not rise over {last}, which was signed before")]
    Rollback {
        /// The version asked for.
        given: u64,
        /// The last one signed.
        last: u64,
    },
    /// A token would live longer than allowed.
    #[error("a token lives 1 to 24 hours")]
    Hours,
    /// An inventory token would live longer than allowed.
    #[error("an inventory token lives 1 to 30 days")]
    Days,
    /// A file is no table that can be read.
    #[error("{}: {what}", file.display())]
    Table {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// No column, or more than one, has the heading that was named.
    #[error("{} has no column “{column}”, or more than one; it has {headings}", file.display())]
    NoColumn {
        /// The file.
        file: PathBuf,
        /// What was named.
        column: String,
        /// Its headings.
        headings: String,
    },
    /// Not exactly one column holds serial numbers.
    #[error("{}: none, or more than one, of its columns is known to hold serial numbers: {headings}", file.display())]
    Column {
        /// The file.
        file: PathBuf,
        /// Its headings.
        headings: String,
    },
    /// The bundle does not say which gateway is meant.
    #[error("the bundle names several gateways, or not this one")]
    WhichGateway,
    /// A file is no token of these keys.
    #[error("{} is no enrolment token of these keys ({error})", file.display())]
    Token {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: WireError,
    },
    /// The file holds no certificate.
    #[error("{} holds no PEM certificate", .0.display())]
    NoCertificate(PathBuf),
    /// No serial number, or more than one list holds.
    #[error("{0} serial numbers: a list holds 1 to 8000")]
    InventorySize(usize),
    /// A limit is broken.
    #[error("{}: line {line}: {error}", file.display())]
    Limit {
        /// The file.
        file: PathBuf,
        /// Which.
        error: WireError,
        /// The line of the field, from 1.
        line: usize,
    },
    /// A limit is broken of which no line can be told.
    #[error("{}: {error}", file.display())]
    Unfit {
        /// The file.
        file: PathBuf,
        /// Which.
        error: WireError,
    },
    /// Another limit is broken, or signing failed.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl Coded for KeysError {
    fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "exists",
            Self::Missing(_) => "missing",
            Self::Unusable(_) => "key_unusable",
            Self::Disk(error) => error.code(),
            Self::Entropy(_) => "no_randomness",
            Self::Malformed(_) => "malformed",
            Self::OtherTenant => "other_tenant",
            Self::OtherRoot => "other_root",
            Self::NoNextRoot => "no_next_root",
            Self::NotNamed(_) => "next_root_not_named",
            Self::NoGateway => "no_gateway",
            Self::Recipient(_) => "recipient_invalid",
            Self::MixedRecipients => "mixed_recipients",
            Self::Rollback { .. } => "rollback",
            Self::Hours | Self::Days => "token_too_long",
            Self::Table { .. } => "table_unreadable",
            Self::Column { .. } | Self::NoColumn { .. } => "column_unknown",
            Self::InventorySize(_) => "inventory_size",
            Self::WhichGateway => "which_gateway",
            Self::Token { .. } => "token_unusable",
            Self::NoCertificate(_) => "ca_invalid",
            Self::Limit { .. } | Self::Unfit { .. } | Self::Wire(_) => "out_of_limits",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Exists(_) => "Choose another directory; keys are never overwritten.",
            Self::Missing(_) => "Check --keys, or make keys with keygen.",
            Self::Unusable(_) => "Restore the file from its backup.",
            Self::Disk(error) => error.next_step(),
            Self::Entropy(_) => "Run it on a machine with a working random generator.",
            Self::Malformed(_) => "Correct the file; docs/formats.md describes it.",
            Self::OtherTenant => "Use the keys of that tenant, or correct the file.",
            Self::OtherRoot => "Use the keys directory that holds that root.",
            Self::NoNextRoot => "Make one with `root next`; after a hand-over there is none until then.",
            Self::NotNamed(_) => {
                "Put that into bundle.json, raise version, sign-bundle, and serve it before you hand over."
            }
            Self::NoGateway => "Put the gateway's url, key and log into gateways.",
            Self::Recipient(_) => "Correct the recipient, counted from 0.",
            Self::MixedRecipients => "Make all active recipients age1pq1 keys, or none; retire the others.",
            Self::Rollback { .. } => "Raise version and sign again.",
            Self::Hours => "Choose --hours between 1 and 24.",
            Self::Days => "Choose --days between 1 and 30.",
            Self::Table { .. } => "Export it again as CSV (UTF-8).",
            Self::NoColumn { .. } => "Give --column one of these headings as it is written there.",
            Self::Column { .. } => "Name the column with --column HEADING.",
            Self::WhichGateway => "Name one of its gateways with --gateway.",
            Self::Token { .. } => {
                "Give the file that `token` or `token inventory` wrote with --out, and the --keys that it was signed with."
            }
            Self::NoCertificate(_) => "Give the authority's PEM file with --ca.",
            Self::InventorySize(_) => "Check that the file is the management system's list of phones.",
            Self::Limit { .. } | Self::Unfit { .. } | Self::Wire(_) => {
                "Correct that field; docs/formats.md gives its limits."
            }
        }
    }
}
