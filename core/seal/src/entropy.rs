//! Where fresh secrets come from: the caller.
//!
//! Every byte asked for must be unpredictable and never handed out twice; the sealed format rests on it.
//! This crate never reaches for the operating system itself, so that tests can record vectors and a phone that
//! has no randomness refuses to seal instead of sealing badly.

/// A source of unpredictable bytes.
pub trait Entropy {
    /// Fills all of `out`, or fails and leaves it unusable.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source had no randomness to give; nothing was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no randomness available")]
pub struct EntropyError;
