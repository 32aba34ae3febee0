//! Sealing what an operator says went wrong, to the keys that the hospital's bundle names.
//!
//! Always: public keys alone are used here, so that nothing on this machine opens again what was sealed. This is the one file of the
//! gateway that names the sealed formats (`cargo xtask ci layers`).

use gauze_seal::age::{Recipient, Recipients, seal_small};
use gauze_seal::{Entropy, EntropyError};
use gauze_wire::{Bundle, Bytes, SEALED_REPORT};

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The bundle names nobody who can be sealed to.
    #[error(
        "the hospital's bundle names no key that this can be sealed to: have it signed again on the records side"
    )]
    Recipients,
    /// No randomness.
    #[error("the system gives no randomness: restart the machine")]
    Entropy,
}

impl SealError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Recipients => "bundle_invalid",
            Self::Entropy => "no_entropy",
        }
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(out).map_err(|_| EntropyError)
    }
}

/// An age file that opens inside the hospital alone.
pub fn seal(bundle: &Bundle, text: &[u8]) -> Result<Bytes<SEALED_REPORT>, SealError> {
    let recipients: Result<Vec<Recipient>, _> = bundle.active_recipients().map(str::parse).collect();
    let recipients = Recipients::new(recipients.map_err(|_| SealError::Recipients)?);
    let recipients = recipients.map_err(|_| SealError::Recipients)?;
    let sealed = seal_small(&recipients, &mut SystemEntropy, text).map_err(|_| SealError::Entropy)?;
    Bytes::new(sealed).map_err(|_| SealError::Recipients)
}
