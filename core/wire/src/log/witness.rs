//! What a witness has seen, and the form in which the records side asks the gateway to be one.

use serde::{Deserialize, Serialize};

use super::{LogKey, Submission};
use crate::Digest;

/// The newest tree that a witness cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its leaves; 0 before the first.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

impl Seen {
    /// Nothing yet.
    pub fn nothing() -> Self {
        Self { size: 0, root: Digest::of(b"") }
    }
}

/// `POST /v1/TENANT/access-checkpoints`: the records side asks the gateway to witness its access log. JSON form as
/// named here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddCheckpoint {
    /// The log's key; pinned by the first request.
    pub log: LogKey,
    /// The size of the tree that the witness cosigned last, as far as the log knows.
    pub old: u64,
    /// That the new tree begins with that one; empty where `old` is 0 or nothing was added.
    pub proof: Vec<Digest>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnessed {
    /// The size of the tree that the witness cosigned last.
    pub size: u64,
    /// The checkpoint with the cosignature; absent where `old` was another size than the witness's, so that the log asks
    /// again from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl AddCheckpoint {
    /// What there is to judge of it, by the key that it names.
    pub fn submission(self) -> Submission {
        Submission { old: self.old, proof: self.proof, checkpoint: self.checkpoint }
    }
}
