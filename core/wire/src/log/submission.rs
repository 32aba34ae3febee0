//! What a log sends to a witness: the body of C2SP tlog-witness's `add-checkpoint`, and its judgement. A checkpoint is cosigned only where the tree that
//! was cosigned before is a beginning of it. Pure; whoever keeps what was cosigned judges and stores in one step.

use std::fmt::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{Checkpoint, LogKey, Seen, verify_consistency};
use crate::{Digest, WireError};

/// Longest proof that is read: a tree of 2^63 leaves needs no more.
pub const PROOF_LIMIT: usize = 63;

/// A checkpoint with the proof that its tree begins with the one of `old` leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The size that the witness cosigned last, as far as the log knows.
    pub old: u64,
    /// The proof; empty where `old` is 0 or nothing was added.
    pub proof: Vec<Digest>,
    /// The signed note.
    pub checkpoint: String,
}

/// Why a submission is not cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No key of the log has signed it, or it is no checkpoint of that log.
    #[error("the checkpoint is not signed by a key of this log")]
    Signature,
    /// It is smaller than the tree it says to continue.
    #[error("the checkpoint is smaller than the old size")]
    Rollback,
    /// It starts from another size than was cosigned last.
    #[error("the checkpoint of {0} leaves was cosigned last")]
    Seen(u64),
    /// As large as what was cosigned, and another tree.
    #[error("another tree of {seen} leaves was cosigned")]
    Fork {
        /// So many.
        seen: u64,
    },
    /// The proof does not hold.
    #[error("the tree of {size} leaves does not begin with the one of {seen} that was cosigned")]
    Inconsistent {
        /// What was cosigned last.
        seen: u64,
        /// What was shown.
        size: u64,
    },
}

impl Submission {
    /// The body that is sent.
    pub fn text(&self) -> String {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            // Into a string nothing fails.
            let _ = writeln!(text, "{}", BASE64_STANDARD.encode(hash.0));
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`WireError::Malformed`], [`WireError::TooLarge`].
    pub fn parse(text: &str) -> Result<Self, WireError> {
        let malformed = || WireError::Malformed("submission");
        let (head, checkpoint) = text.split_once("\n\n").ok_or_else(malformed)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).ok_or_else(malformed)?;
        let canonical = old == "0" || (old.bytes().all(|b| b.is_ascii_digit()) && !old.starts_with('0'));
        let old = old.parse().ok().filter(|_| canonical).ok_or_else(malformed)?;
        let hash = |line| BASE64_STANDARD.decode(line).ok()?.try_into().ok().map(Digest);
        let proof: Vec<Digest> =
            lines.take(PROOF_LIMIT + 1).map(hash).collect::<Option<_>>().ok_or_else(malformed)?;
        if proof.len() > PROOF_LIMIT {
            return Err(WireError::TooLarge);
        }
        if checkpoint.is_empty() || !checkpoint.ends_with('\n') {
            return Err(malformed());
        }
        Ok(Self { old, proof, checkpoint: checkpoint.to_owned() })
    }

    /// The log that it says it is of.
    pub fn origin(&self) -> &str {
        self.checkpoint.lines().next().unwrap_or_default()
    }

    /// The checkpoint, where one of these keys has signed it.
    pub fn checkpoint_by(&self, keys: &[LogKey]) -> Option<Checkpoint> {
        keys.iter().find_map(|key| key.verify(&self.checkpoint).ok())
    }

    /// The checkpoint to keep and to cosign, by what was seen of this log.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn judge(&self, keys: &[LogKey], seen: &Seen) -> Result<Checkpoint, Unfit> {
        let checkpoint = self.checkpoint_by(keys).ok_or(Unfit::Signature)?;
        if checkpoint.size < self.old {
            return Err(Unfit::Rollback);
        }
        if self.old != seen.size {
            return Err(Unfit::Seen(seen.size));
        }
        let inconsistent = Unfit::Inconsistent { seen: seen.size, size: checkpoint.size };
        if self.old == 0 {
            let fits = self.proof.is_empty() && (checkpoint.size > 0 || checkpoint.root == seen.root);
            return if fits { Ok(checkpoint) } else { Err(inconsistent) };
        }
        if self.old == checkpoint.size && checkpoint.root != seen.root {
            return Err(Unfit::Fork { seen: seen.size });
        }
        match verify_consistency(self.old, &seen.root, checkpoint.size, &checkpoint.root, &self.proof) {
            Ok(()) => Ok(checkpoint),
            Err(_) => Err(inconsistent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{NoteKey, Tree, consistency_spans, leaf_hash, node_hash};

    fn data(history: u64, index: u64) -> Digest {
        Digest::of(format!("{history} {index}").as_bytes())
    }

    fn tree(history: u64, size: u64) -> Tree {
        let mut tree = Tree::default();
        (0..size).for_each(|index| tree.append(&data(history, index)));
        tree
    }

    fn hash(history: u64, level: u32, index: u64) -> Digest {
        if level == 0 {
            return leaf_hash(&data(history, index));
        }
        node_hash(&hash(history, level - 1, 2 * index), &hash(history, level - 1, 2 * index + 1))
    }

    fn key() -> NoteKey {
        NoteKey::from_bytes("ward-9/access", &[3; 32]).unwrap()
    }

    fn asked(history: u64, old: u64, new: u64) -> Submission {
        let spans = consistency_spans(old, new).unwrap_or_default();
        let proof =
            spans.iter().map(|span| span.hash(|at| Ok::<_, ()>(hash(history, at.level, at.index))).unwrap());
        let checkpoint =
            Checkpoint { origin: "ward-9/access".into(), size: new, root: tree(history, new).root() };
        Submission { old, proof: proof.collect(), checkpoint: key().sign(&checkpoint) }
    }

    fn judged(asked: &Submission, seen: u64) -> Result<u64, Unfit> {
        let seen = Seen { size: seen, root: if seen == 0 { Digest::of(b"") } else { tree(1, seen).root() } };
        asked.judge(&[key().log_key()], &seen).map(|checkpoint| checkpoint.size)
    }

    #[test]
    fn what_continues_what_was_cosigned_is_fit_and_reads_as_it_was_written() {
        for (old, new) in [(0, 0), (0, 5), (5, 5), (5, 12), (8, 9), (3, 64)] {
            let asked = asked(1, old, new);
            assert_eq!(Submission::parse(&asked.text()), Ok(asked.clone()), "{old} {new}");
            assert_eq!((asked.origin(), judged(&asked, old)), ("ward-9/access", Ok(new)));
        }
    }

    #[test]
    fn each_kind_of_what_is_not_fit_is_told_apart() {
        assert_eq!(judged(&asked(1, 5, 12), 7), Err(Unfit::Seen(7)));
        assert_eq!(judged(&asked(1, 0, 12), 7), Err(Unfit::Seen(7)));
        assert_eq!(judged(&Submission { old: 12, ..asked(1, 0, 5) }, 12), Err(Unfit::Rollback));
        assert_eq!(judged(&asked(2, 5, 5), 5), Err(Unfit::Fork { seen: 5 }));
        assert_eq!(judged(&asked(2, 5, 12), 5), Err(Unfit::Inconsistent { seen: 5, size: 12 }));
        let unproven = Submission { proof: Vec::new(), ..asked(1, 5, 12) };
        assert_eq!(judged(&unproven, 5), Err(Unfit::Inconsistent { seen: 5, size: 12 }));
        let padded = Submission { proof: vec![data(1, 1)], ..asked(1, 0, 5) };
        assert_eq!(judged(&padded, 0), Err(Unfit::Inconsistent { seen: 0, size: 5 }));
        let stranger = NoteKey::from_bytes("ward-9/access", &[4; 32]).unwrap();
        assert_eq!(asked(1, 0, 5).judge(&[stranger.log_key()], &Seen::nothing()), Err(Unfit::Signature));
    }

    #[test]
    fn what_is_no_submission_is_refused() {
        let good = asked(1, 5, 12).text();
        let hash = BASE64_STANDARD.encode([7; 32]);
        let long = good.replacen("old 5\n", &format!("old 5\n{}", format!("{hash}\n").repeat(64)), 1);
        assert_eq!(Submission::parse(&long), Err(WireError::TooLarge));
        for bad in [
            good.replacen("old 5", "old 05", 1),
            good.replacen("old 5", "old -5", 1),
            good.replacen("old 5", "old", 1),
            good.replacen("old 5\n", "old 5\nnot a hash\n", 1),
            good.trim_end().to_owned(),
            "old 5\n\n".to_owned(),
            String::new(),
        ] {
            assert_eq!(Submission::parse(&bad), Err(WireError::Malformed("submission")), "{bad}");
        }
    }
}
