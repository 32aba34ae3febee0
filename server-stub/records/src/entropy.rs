//! Randomness from the operating system.

use gauze_seal::{Entropy, EntropyError};

/// The operating system's generator.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(out).map_err(|_| EntropyError)
    }
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut out = [0; N];
    SystemEntropy.fill(&mut out)?;
    Ok(out)
}
