//! What a witness does (C2SP tlog-witness): it cosigns a checkpoint only where the tree it cosigned before is a beginning
//! of it. Pure; whoever keeps what was cosigned checks and stores in one step.

use serde::{Deserialize, Serialize};

use super::{Checkpoint, LogKey, verify_consistency};
use crate::{Digest, WireError};

/// Longest proof that is read: a tree of 2^63 leaves needs no more.
pub const PROOF_LIMIT: usize = 63;

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

/// What a witness is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cosign {
    /// Keep this tree, then cosign.
    Yes(Checkpoint),
    /// The log starts from another size than was seen: say which.
    FromSeen,
}

impl AddCheckpoint {
    /// Judges the request by what was seen of this log.
    ///
    /// # Errors
    /// [`WireError::Signature`] or another where the checkpoint is not this log's; [`WireError::Rollback`] where it is
    /// smaller than `old`; [`WireError::Inconsistent`] where it does not begin with what was cosigned.
    pub fn judge(&self, seen: &Seen) -> Result<Cosign, WireError> {
        if self.proof.len() > PROOF_LIMIT {
            return Err(WireError::TooLarge);
        }
        let checkpoint = self.log.verify(&self.checkpoint)?;
        if checkpoint.size < self.old {
            return Err(WireError::Rollback);
        }
        if self.old != seen.size {
            return Ok(Cosign::FromSeen);
        }
        if self.old == 0 {
            let empty = checkpoint.size > 0 || checkpoint.root == seen.root;
            return if self.proof.is_empty() && empty {
                Ok(Cosign::Yes(checkpoint))
            } else {
                Err(WireError::Inconsistent)
            };
        }
        verify_consistency(self.old, &seen.root, checkpoint.size, &checkpoint.root, &self.proof)?;
        Ok(Cosign::Yes(checkpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{NoteKey, Span, Tree, consistency_spans, leaf_hash, node_hash};

    fn data(index: u64) -> Digest {
        Digest::of(&index.to_be_bytes())
    }

    fn tree(size: u64) -> Tree {
        let mut tree = Tree::default();
        (0..size).for_each(|index| tree.append(&data(index)));
        tree
    }

    fn hash(level: u32, index: u64) -> Digest {
        if level == 0 {
            return leaf_hash(&data(index));
        }
        node_hash(&hash(level - 1, 2 * index), &hash(level - 1, 2 * index + 1))
    }

    fn ask(old: u64, new: u64) -> AddCheckpoint {
        let key = NoteKey::from_bytes("ward-9/access", &[3; 32]).unwrap();
        let node = |span: &Span| span.hash(|at| Ok::<_, ()>(hash(at.level, at.index))).unwrap();
        let spans = consistency_spans(old, new).unwrap_or_default();
        let checkpoint = Checkpoint { origin: "ward-9/access".into(), size: new, root: tree(new).root() };
        AddCheckpoint {
            log: key.log_key(),
            old,
            proof: spans.iter().map(node).collect(),
            checkpoint: key.sign(&checkpoint),
        }
    }

    fn seen(size: u64) -> Seen {
        Seen { size, root: tree(size).root() }
    }

    #[test]
    fn a_tree_that_begins_with_what_was_seen_is_cosigned() {
        for (old, new) in [(0, 0), (0, 5), (5, 5), (5, 12), (8, 9), (3, 64)] {
            let Ok(Cosign::Yes(checkpoint)) = ask(old, new).judge(&seen(old)) else { panic!("{old} {new}") };
            assert_eq!(checkpoint.size, new);
        }
    }

    #[test]
    fn a_log_that_starts_elsewhere_is_told_where_and_one_that_shrank_is_refused() {
        assert_eq!(ask(0, 12).judge(&seen(5)), Ok(Cosign::FromSeen));
        assert_eq!(ask(5, 12).judge(&seen(7)), Ok(Cosign::FromSeen));
        let smaller = AddCheckpoint { old: 12, ..ask(0, 5) };
        assert_eq!(smaller.judge(&seen(12)), Err(WireError::Rollback));
    }

    #[test]
    fn another_history_and_another_signer_are_refused() {
        let other = Seen { size: 5, root: data(9) };
        assert_eq!(ask(5, 12).judge(&other), Err(WireError::Inconsistent));
        assert_eq!(ask(5, 5).judge(&other), Err(WireError::Inconsistent));
        let unproven = AddCheckpoint { proof: Vec::new(), ..ask(5, 12) };
        assert_eq!(unproven.judge(&seen(5)), Err(WireError::Inconsistent));
        let padded = AddCheckpoint { proof: vec![data(1)], ..ask(0, 5) };
        assert_eq!(padded.judge(&seen(0)), Err(WireError::Inconsistent));
        let stranger = NoteKey::from_bytes("ward-9/access", &[4; 32]).unwrap();
        let forged = AddCheckpoint { log: stranger.log_key(), ..ask(0, 5) };
        assert_eq!(forged.judge(&seen(0)), Err(WireError::Signature));
        let long = AddCheckpoint { proof: vec![data(1); 64], ..ask(5, 12) };
        assert_eq!(long.judge(&seen(5)), Err(WireError::TooLarge));
    }
}
