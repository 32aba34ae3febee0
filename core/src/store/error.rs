use std::io;

use crate::ports::{Protection, no_more_files};

/// Why the store could not do it. Nothing that was durable is lost by any of these.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the phone's storage is full: free some space and try again")]
    Full,
    /// The file system does not take writes.
    #[error("the phone's storage is read-only: restart the phone")]
    ReadOnly,
    /// The system does not let us at our own files.
    #[error("access to the app's files was denied: restart the phone, and report this to IT if it goes on")]
    Denied,
    /// No more files can be opened.
    #[error("too many files are open: close other apps and try again")]
    TooManyFiles,
    /// The system's key store did not destroy a key.
    #[error(
        "the phone's key store did not destroy a key: restart the phone, and report this to IT if it goes on"
    )]
    KeyStore,
    /// Another process has the store open.
    #[error("another process has this store open: close it first")]
    Busy,
    /// The directory is in backups or of another protection class.
    #[error("the app's directory is not protected as required: report this to IT")]
    Protection,
    /// The phone has not been unlocked since it started.
    #[error("the phone has not been unlocked since it started: unlock it once")]
    NotYetUnlocked,
    /// A file does not hold what it should.
    #[error("a stored file is damaged: nothing was deleted; report this to IT")]
    Damaged,
    /// No such photo here.
    #[error("there is no such photo on this phone")]
    Unknown,
    /// The gateway has it already, and the hospital has not refused it, so it can no longer be discarded.
    #[error("the photo has already been sent and can no longer be discarded")]
    AlreadySent,
    /// Anything else the file system said.
    #[error("the file system failed: try again, and report this if it goes on")]
    Io(#[source] io::Error),
}

impl StoreError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full => "storage_full",
            Self::ReadOnly => "storage_read_only",
            Self::Denied => "storage_denied",
            Self::TooManyFiles => "too_many_files",
            Self::KeyStore => "key_store_failed",
            Self::Busy => "store_busy",
            Self::Protection => "storage_unprotected",
            Self::NotYetUnlocked => "not_yet_unlocked",
            Self::Damaged => "damaged",
            Self::Unknown => "unknown_photo",
            Self::AlreadySent => "already_sent",
            Self::Io(_) => "storage_failed",
        }
    }
}

impl StoreError {
    /// The same once more: for what goes on until the app is opened anew.
    pub fn again(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::ReadOnly => Self::ReadOnly,
            Self::Denied => Self::Denied,
            Self::TooManyFiles => Self::TooManyFiles,
            Self::KeyStore => Self::KeyStore,
            Self::Busy => Self::Busy,
            Self::Protection => Self::Protection,
            Self::NotYetUnlocked => Self::NotYetUnlocked,
            Self::Damaged => Self::Damaged,
            Self::Unknown => Self::Unknown,
            Self::AlreadySent => Self::AlreadySent,
            Self::Io(error) => Self::Io(error.kind().into()),
        }
    }

    /// Refuses a directory that the system does not protect as it must.
    pub fn unless_held(protection: Protection) -> Result<(), Self> {
        match protection {
            Protection::Held => Ok(()),
            Protection::Wrong => Err(Self::Protection),
            Protection::NotYetUnlocked => Err(Self::NotYetUnlocked),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if no_more_files(&error) {
            return Self::TooManyFiles;
        }
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Io(error),
        }
    }
}
