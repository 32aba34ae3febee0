use std::io;

/// Random bytes fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `out`, or fails without having filled it.
    fn fill(&self, out: &mut [u8]) -> io::Result<()>;
}
