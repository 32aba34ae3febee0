//! Proofs that the type system carries: that a photo may be sent, that it may be erased.

use gauze_wire::{CaptureId, Jws};

/// Proof that a photo is on flash: what the queue takes. Made by a finished capture and by recovery alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Durable(pub(super) CaptureId);

impl Durable {
    /// The photo.
    pub fn capture_id(&self) -> CaptureId {
        self.0
    }
}

/// Proof that the hospital has filed a photo: what erasing takes. Made by checking a *filed* receipt alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Receipted(pub(super) CaptureId);

impl Receipted {
    /// Believes `filed` for `expected`: signature, binding, place in a log that a witness cosigned.
    pub fn verify(
        filed: &Jws,
        expected: &gauze_wire::Binding,
        keys: &[gauze_wire::PublicKey],
        log: &gauze_wire::log::LogKey,
        witnesses: &[gauze_wire::log::WitnessKey],
    ) -> Result<Self, gauze_wire::WireError> {
        gauze_wire::Filed::verify(filed, keys, expected, log, Some(witnesses))?;
        Ok(Self(expected.capture_id))
    }

    #[cfg(test)]
    pub(crate) fn in_test(id: CaptureId) -> Self {
        Self(id)
    }
}
