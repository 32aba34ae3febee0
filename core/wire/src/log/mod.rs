//! The transparency log: RFC 6962 trees, C2SP signed notes, checkpoints and cosignatures.
//!
//! One log per tenant. A leaf's data is the SHA-256 of one signed object's JWS text. Notes are Ed25519 only: type
//! 0x01 for the log, 0x04 (`cosignature/v1`) for the witness.

mod checkpoint;
mod merkle;
mod proving;
mod stored;
mod submission;
mod witness;

pub use checkpoint::{Checkpoint, LogKey, NoteKey, WitnessKey};
pub use merkle::{Tree, leaf_hash, node_hash, verify_consistency, verify_inclusion, verify_inclusion_hash};
pub use proving::{Span, Subtree, consistency_spans, inclusion_spans};
pub use stored::{append, inclusion, needed};
pub use submission::{PROOF_LIMIT, Submission, Unfit};
pub use witness::{AddCheckpoint, Seen, Witnessed};
