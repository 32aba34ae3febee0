use std::io;

/// Random bytes fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `out`, or fails without having filled it.
    fn fill(&self, out: &mut [u8]) -> io::Result<()>;
}

/// The port as the sealing crate asks for it.
pub(crate) struct SealEntropy<'a>(pub &'a dyn Entropy);

impl gauze_seal::Entropy for SealEntropy<'_> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), gauze_seal::EntropyError> {
        self.0.fill(out).map_err(|_| gauze_seal::EntropyError)
    }
}
