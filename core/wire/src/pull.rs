//! What the records side asks of a gateway. Every request is signed by a records key that the bundle names.
//!
//! `GET /v1/TENANT/log?from=N&limit=K` answers a [`LogPage`] of signed entries in log order, so that the puller can
//! rebuild the tree and see that nothing was dropped; `GET /v1/TENANT/blobs/DEVICE/CAPTURE` answers sealed bytes;
//! `POST /v1/TENANT/outcomes` takes an [`Acknowledgement`]; `POST /v1/TENANT/cosignatures` takes a cosigned note.

use serde::{Deserialize, Serialize};

use crate::Jws;

/// What a log entry is, by the gateway's word: whoever pulls judges by what was signed. A kind that is newer than the reader is
/// [`EntryKind::Other`], so that one entry of it keeps no page from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// An enrolment's evidence.
    Enrolment,
    /// A photo's manifest; its bytes are held until filed.
    Photo,
    /// A void.
    Void,
    /// An adoption; the adopted photo's bytes are held until filed.
    Adoption,
    /// What somebody decided about a device, or asked the hospital to sign.
    Act,
    /// A phone's evidence, shown again.
    Reattestation,
    /// A phone's word that it was wiped.
    Wiped,
    /// A phone's report that something went wrong, sealed.
    Report,
    /// Of a kind that this version does not know.
    #[serde(other)]
    Other,
}

/// One leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Index of the leaf.
    pub index: u64,
    /// What the signed text is.
    pub kind: EntryKind,
    /// The signed text; the leaf is its SHA-256.
    pub jws: Jws,
}

/// Part of the log, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogPage {
    /// The newest signed checkpoint; its size is at least the last entry's index plus one.
    pub checkpoint: String,
    /// At most `limit` entries from `from`.
    pub entries: Vec<LogEntry>,
}

/// The records side's word on photos.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// *Filed* and *refused* receipts, at most 100.
    pub receipts: Vec<Jws>,
}
