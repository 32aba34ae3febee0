//! Why the index for people could not be used.

use crate::amend::AmendError;
use crate::blind::LabelError;
use crate::coded::Coded;
use crate::disk::DiskError;
use crate::index::IndexError;
use crate::mistrust::TrustError;

/// Why the index for people could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FolkError {
    /// The database failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A file could not be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A label could not be made or read.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// An amendment was not written, or cannot be read.
    #[error(transparent)]
    Amend(#[from] AmendError),
    /// What was in force when a photo came cannot be read.
    #[error(transparent)]
    InForce(#[from] TrustError),
    /// It was erased meanwhile.
    #[error("the photo was erased")]
    Erased,
    /// What was logged is about another photo.
    #[error("the line of the access log is about another photo")]
    OtherPhoto,
}

impl From<sqlx::Error> for FolkError {
    fn from(error: sqlx::Error) -> Self {
        Self::Index(error.into())
    }
}

impl Coded for FolkError {
    fn code(&self) -> &'static str {
        match self {
            Self::Index(error) => error.code(),
            Self::Disk(error) => error.code(),
            Self::Amend(error) => error.code(),
            Self::InForce(error) => error.code(),
            Self::Erased => "photo_erased",
            Self::OtherPhoto => "other_photo",
            Self::Label(LabelError::Entropy) => "no_entropy",
            Self::Label(LabelError::Damaged) => "label_damaged",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Index(error) => error.next_step(),
            Self::Disk(error) => error.next_step(),
            Self::Amend(error) => error.next_step(),
            Self::InForce(error) => error.next_step(),
            Self::Erased => "Nothing: it is no longer here.",
            Self::OtherPhoto => "Open the photo's own page.",
            Self::Label(LabelError::Entropy) => "Restart the machine.",
            Self::Label(LabelError::Damaged) => {
                "Keep the directory as it is and run verify; the photo itself is untouched."
            }
        }
    }
}
