//! What the queue tells, and what it asks of whoever carries a file.

use std::path::PathBuf;

use gauze_wire::CaptureId;

use crate::ports::TransportError;
use crate::store::Trouble;

/// What one run of the queue did and left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueReport {
    /// Photos that now have a *stored* receipt and wait for the hospital.
    pub stored: u64,
    /// Photos that the hospital filed and that were erased in this run.
    pub filed: Vec<CaptureId>,
    /// Photos that the hospital refused; they stay.
    pub refused: u64,
    /// Photos that did not move.
    pub stopped: Vec<Stopped>,
    /// Reports of what went wrong that are still on the phone.
    pub reports: u64,
    /// Nothing answered, twice in a row: what was behind was not tried.
    pub gateway_silent: bool,
    /// When the next of them may be tried by itself: wall clock in milliseconds since 1970.
    pub next_at_ms: Option<i64>,
}

/// A photo that did not move, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// The photo.
    pub capture_id: CaptureId,
    /// What stopped it.
    pub trouble: Trouble,
}

/// A file for the operating system to carry: `PUT` of the whole file, whoever lives to see the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemTransfer {
    /// The photo.
    pub capture_id: CaptureId,
    /// The upload URL. A secret: never logged.
    pub url: String,
    /// The file.
    pub file: PathBuf,
    /// Its length in bytes.
    pub size: u64,
}

/// What the operating system is to carry now, and what became of the other photos.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferPlan {
    /// Files to carry. Each ends in one call of [`crate::Client::transfer_ended`].
    pub transfers: Vec<SystemTransfer>,
    /// The rest of the queue.
    pub report: QueueReport,
}

/// How a carried transfer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferEnd {
    /// The gateway answered: HTTP status and body.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body, at most 1 MiB of it.
        body: Vec<u8>,
    },
    /// Nothing came back.
    Failed {
        /// Why.
        error: TransportError,
    },
}
