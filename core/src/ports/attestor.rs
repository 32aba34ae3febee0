use gauze_wire::{Attestation, Digest, PublicKey};

use super::VaultError;

/// Shows what kind of phone holds the device key. Called once per enrolment, on any thread, and may take seconds.
pub trait Attestor: Send + Sync {
    /// Evidence that `device_key` was made for `challenge`.
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError>;
}
