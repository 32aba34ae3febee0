//! A key vault in files, for simulated phones. It says that it is software, and production policies refuse it. It signs as a phone's
//! hardware does: differently each time.

use std::path::PathBuf;
use std::sync::Arc;

use gauze_wire::{Attestation, Digest, PublicKey, QuickKey, Signer as _, SoftwareKey};
use zeroize::Zeroizing;

use super::FileDisk;
use crate::ports::{Attestor, Disk as _, Entropy, KeyVault, VaultError, write_durably};

/// Two P-256 keys as PEM files in a directory.
pub struct SoftwareVault {
    dir: PathBuf,
    entropy: Arc<dyn Entropy>,
}

const DEVICE: &str = "device.pem";
const REVIEW: &str = "review.pem";

impl SoftwareVault {
    /// A vault in `dir`; keys are made by [`KeyVault::create`].
    pub fn new(dir: PathBuf, entropy: Arc<dyn Entropy>) -> Self {
        Self { dir, entropy }
    }

    fn load(&self, name: &str) -> Result<SoftwareKey, VaultError> {
        let pem = match std::fs::read_to_string(self.dir.join(name)) {
            Ok(pem) => Zeroizing::new(pem),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(VaultError::Gone),
            Err(_) => return Err(VaultError::Unavailable),
        };
        SoftwareKey::from_pem(&pem).map_err(|_| VaultError::Gone)
    }

    fn make(&self, name: &str) -> Result<(), VaultError> {
        let mut secret = Zeroizing::new([0; 32]);
        let key = loop {
            self.entropy.fill(secret.as_mut()).map_err(|_| VaultError::Unavailable)?;
            if let Ok(key) = SoftwareKey::from_bytes(&secret) {
                break key;
            }
        };
        let pem = Zeroizing::new(key.to_pem().map_err(|_| VaultError::Unavailable)?);
        write_durably(&FileDisk, &self.dir.join(name), pem.as_bytes()).map_err(|_| VaultError::Unavailable)
    }
}

impl KeyVault for SoftwareVault {
    fn create(&self, _: &Digest) -> Result<(), VaultError> {
        self.make(DEVICE)?;
        self.create_review()
    }

    fn create_review(&self) -> Result<(), VaultError> {
        match self.load(REVIEW) {
            Ok(_) => Ok(()),
            Err(VaultError::Gone) => self.make(REVIEW),
            Err(error) => Err(error),
        }
    }

    fn device_key(&self) -> Result<PublicKey, VaultError> {
        Ok(self.load(DEVICE)?.public_key())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], VaultError> {
        let key = QuickKey::try_from(&self.load(DEVICE)?);
        key.and_then(|key| key.sign(message)).map_err(|_| VaultError::Unavailable)
    }

    fn review_key(&self) -> Result<Option<PublicKey>, VaultError> {
        match self.load(REVIEW) {
            Ok(key) => Ok(Some(key.public_key())),
            Err(VaultError::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn agree(&self, peer: &[u8; 65]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let peer = PublicKey::from_sec1(peer).map_err(|_| VaultError::Unavailable)?;
        Ok(Zeroizing::new(self.load(REVIEW)?.agree(&peer)))
    }

    fn destroy(&self, device_too: bool) -> Result<(), VaultError> {
        let names: &[&str] = if device_too { &[REVIEW, DEVICE] } else { &[REVIEW] };
        names
            .iter()
            .try_for_each(|name| FileDisk.remove(&self.dir.join(name)))
            .map_err(|_| VaultError::Unavailable)
    }
}

impl Attestor for SoftwareVault {
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        Ok(Attestation::software(challenge, device_key))
    }

    fn attest_again(&self, challenge: &Digest, device_key: &PublicKey) -> Result<Attestation, VaultError> {
        self.attest(challenge, device_key)
    }
}
