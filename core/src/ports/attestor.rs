use gauze_wire::{Attestation, Digest, PublicKey};

use super::VaultError;

/// Shows what kind of phone holds the device key. Called on any thread, and may take seconds.
pub trait Attestor: Send + Sync {
    /// Evidence that `device_key` was made for `challenge`.
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError>;

    /// Evidence that the phone with the enrolled `device_key` is still what it was: over a new `challenge`, weekly. A fresh
    /// Android key, an App Attest assertion, or what [`Attestor::attest`] gives.
    fn attest_again(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError>;
}
