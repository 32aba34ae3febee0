//! Why an entry is not in the log.

use std::io;
use std::path::{Path, PathBuf};

/// Why an entry is not in the log, or the log cannot be used. Nothing is shown where this is the answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogFailure {
    /// No space is left. The log is whole; nothing was added.
    #[error("no space is left for the access log at {}", .0.display())]
    Full(PathBuf),
    /// The disk failed.
    #[error("{}: {cause}", path.display())]
    Disk {
        /// Which file or directory.
        path: PathBuf,
        /// How.
        cause: String,
    },
    /// After a failed write it is not known what is on disk; opening it again finds out.
    #[error("the access log stopped after a failed write")]
    Stopped,
    /// Another process writes it.
    #[error("another process writes the access log at {}", .0.display())]
    Locked(PathBuf),
    /// What is there is not what was written.
    #[error("the access log is damaged: {0}")]
    Damaged(String),
    /// It is shorter than a checkpoint that this side signed.
    #[error("the access log has {found} entries, and {signed} were signed")]
    RolledBack {
        /// Entries that are there.
        found: u64,
        /// Entries of the newest checkpoint.
        signed: u64,
    },
    /// An entry cannot be made: a field is out of its limits, or no random bytes can be had.
    #[error("an entry cannot be made: {0}")]
    Entry(String),
    /// No such entry.
    #[error("there is no entry {0}")]
    NoEntry(u64),
    /// It was erased before.
    #[error("entry {0} was erased before")]
    Erased(u64),
    /// What is asked to be erased is another entry than the one of that number.
    #[error("entry {0} is another one than was to be erased")]
    Other(u64),
    /// It says what was erased, what is held, whose rules are in force, or what became of a case.
    #[error("entry {0} says what was erased, held or put in force, or is of a case, and stays")]
    Stays(u64),
}

impl LogFailure {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full(_) => "storage_full",
            Self::Disk { .. } => "disk",
            Self::Stopped => "log_stopped",
            Self::Locked(_) => "log_locked",
            Self::Damaged(_) => "log_damaged",
            Self::RolledBack { .. } => "log_rolled_back",
            Self::Entry(_) => "log_entry",
            Self::NoEntry(_) => "log_no_entry",
            Self::Erased(_) => "log_erased",
            Self::Other(_) => "log_other_entry",
            Self::Stays(_) => "log_stays",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Full(_) => "Free space; until then nothing is shown.",
            Self::Disk { .. } => "Check the disk; until then nothing is shown.",
            Self::Stopped => "Start the service again; it checks the log first.",
            Self::Locked(_) => "Stop the other process first.",
            Self::Damaged(_) | Self::RolledBack { .. } => {
                "Keep the directory as it is, run `gauze-records log verify`, and tell information governance."
            }
            Self::Entry(_) => "Tell the administrator.",
            Self::NoEntry(_) => "Look the number up with `gauze-records log list`.",
            Self::Erased(_) => "Nothing: `gauze-records log list` shows the line that says so.",
            Self::Other(_) => "Look the number up with `gauze-records log list`, and ask again.",
            Self::Stays(_) => {
                "Nothing: that line names nobody in clear. A hold is lifted on the photo's page."
            }
        }
    }

    pub(super) fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path.to_owned()),
            _ => Self::Disk { path: path.to_owned(), cause: error.to_string() },
        }
    }
}
