//! Ports that the shell implements, and how the core sees them.
//!
//! Always: methods are synchronous, may be called from any thread, are called without a lock held, and must not call
//! back into the client. Whatever they throw becomes a [`PlatformError`]; nothing is lost by it.

use std::sync::Arc;

use gauze_core::StoreError;
use gauze_core::ports::{self, Protection, SecretError, VaultError};
use gauze_core::wire::{self, Digest, Name, PublicKey};
use zeroize::Zeroizing;

use crate::PlatformError;

/// Keys that never leave hardware: Android Keystore, Secure Enclave. All P-256.
#[uniffi::export(rust, foreign)]
pub trait KeyVault: Send + Sync {
    /// Makes a new device key in place of any older one, and a review key where there is none. `challenge` (32 bytes) is what
    /// Android's `setAttestationChallenge` takes: a key is attested only as it is made.
    fn create(&self, challenge: Vec<u8>) -> Result<(), PlatformError>;
    /// The device key's public half: 65 bytes, uncompressed (SEC 1); `Gone` where there is none.
    fn device_key(&self) -> Result<Vec<u8>, PlatformError>;
    /// ECDSA over SHA-256 of `message` with the device key: the signature in DER (X9.62). Needs no user.
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, PlatformError>;
    /// Makes a review key where there is none and this phone can have one; one that can have none does nothing.
    fn create_review(&self) -> Result<(), PlatformError>;
    /// The review key's public half, where the phone has one.
    fn review_key(&self) -> Result<Option<Vec<u8>>, PlatformError>;
    /// ECDH of the review key with an uncompressed point: the 32 bytes of the shared x. Needs the user.
    fn agree(&self, peer: Vec<u8>) -> Result<Vec<u8>, PlatformError>;
    /// Destroys the review key, and with `device_too` the device key.
    fn destroy(&self, device_too: bool) -> Result<(), PlatformError>;
}

/// What the shell can show for its device key.
#[derive(Clone, Debug, uniffi::Enum)]
pub enum Evidence {
    /// The key is held in software. Only a development policy accepts it.
    Software,
    /// Android Key Attestation of the device key, which was made for the challenge.
    AndroidKey {
        /// X.509 certificates in DER, as the Keystore gives them: the device key's first.
        chain: Vec<Vec<u8>>,
    },
    /// App Attest over [`app_attest_client_data_hash`].
    AppAttest {
        /// The App Attest key's id: 32 bytes, decoded from the base64 that `generateKey` gives.
        key_id: Vec<u8>,
        /// The attestation object, as `attestKey` gives it.
        object: Vec<u8>,
    },
    /// Apple's service gave no attestation. Policy says whether the phone may enrol all the same, with a flag.
    AppAttestUnavailable {
        /// The name of the `DCError`, such as `invalidKey`.
        error: Name,
    },
    /// Android Key Attestation of a key made just now over [`fresh_android_challenge`]. For [`Attestor::attest_again`] alone; the
    /// key can be deleted when the chain is read.
    FreshAndroidKey {
        /// X.509 certificates in DER, as the Keystore gives them: the fresh key's first.
        chain: Vec<Vec<u8>>,
    },
    /// An assertion over [`app_attest_client_data_hash`] by the App Attest key that was attested before. For
    /// [`Attestor::attest_again`] alone.
    AppAttestAssertion {
        /// The assertion, as `generateAssertion` gives it.
        assertion: Vec<u8>,
    },
}

/// What `attestKey` and `generateAssertion` take as `clientDataHash`: it binds Apple's key to the device key.
#[uniffi::export]
pub fn app_attest_client_data_hash(
    challenge: Vec<u8>,
    device_key: Vec<u8>,
) -> Result<Vec<u8>, PlatformError> {
    bound(challenge, &device_key, wire::Attestation::app_attest_hash)
}

/// What `setAttestationChallenge` takes for a fresh key: it binds that key to the device key.
#[uniffi::export]
pub fn fresh_android_challenge(challenge: Vec<u8>, device_key: Vec<u8>) -> Result<Vec<u8>, PlatformError> {
    bound(challenge, &device_key, wire::Attestation::fresh_android_challenge)
}

fn bound(
    challenge: Vec<u8>,
    device_key: &[u8],
    hash: fn(&Digest, &PublicKey) -> Digest,
) -> Result<Vec<u8>, PlatformError> {
    let challenge = Digest(challenge.try_into().map_err(|_| PlatformError::Unavailable)?);
    let device_key = PublicKey::from_sec1(device_key).map_err(|_| PlatformError::Unavailable)?;
    Ok(hash(&challenge, &device_key).0.to_vec())
}

/// Shows what kind of phone holds the device key.
#[uniffi::export(rust, foreign)]
pub trait Attestor: Send + Sync {
    /// Evidence that `device_key` (65 bytes) was made for `challenge` (32 bytes). May take seconds.
    fn attest(&self, challenge: Vec<u8>, device_key: Vec<u8>) -> Result<Evidence, PlatformError>;
    /// Evidence that the phone with the enrolled `device_key` is still what it was, over a new `challenge`: weekly. Android shows a
    /// fresh key, iOS an assertion; a phone without either what [`Attestor::attest`] shows. May take seconds.
    fn attest_again(&self, challenge: Vec<u8>, device_key: Vec<u8>) -> Result<Evidence, PlatformError>;
}

/// Keeps the store key: Keychain, Keystore-wrapped preferences. Losing it costs nothing but attempts.
#[uniffi::export(rust, foreign)]
pub trait SecretStore: Send + Sync {
    /// The secret, or nothing where it was never kept or is lost.
    fn load(&self) -> Result<Option<Vec<u8>>, PlatformError>;
    /// Keeps `secret` in place of any older one.
    fn keep(&self, secret: Vec<u8>) -> Result<(), PlatformError>;
    /// Destroys it.
    fn forget(&self) -> Result<(), PlatformError>;
}

/// Whether it is worth trying to reach the gateway. Only saves attempts.
#[uniffi::export(rust, foreign)]
pub trait Reachability: Send + Sync {
    /// `false` where the system knows that there is no network, or none that policy allows.
    fn reachable(&self) -> Result<bool, PlatformError>;
}

/// How the system protects a directory.
#[uniffi::remote(Enum)]
pub enum Protection {
    /// Readable after first unlock, kept out of backups.
    Held,
    /// Part of backups, or of another protection class: nothing may be kept there.
    Wrong,
    /// The phone has not been unlocked since it started: try again later.
    NotYetUnlocked,
}

/// What the system does with the files of a directory.
#[uniffi::export(rust, foreign)]
pub trait Storage: Send + Sync {
    /// How `dir` is protected, which the shell has made: asked before the store opens, never taken for granted. Android: under
    /// `noBackupFilesDir` of credential-encrypted storage, and `UserManager.isUserUnlocked`. iOS: excluded from backups, and
    /// `completeUntilFirstUserAuthentication`.
    fn protection(&self, dir: String) -> Result<Protection, PlatformError>;
}

/// Refuses a directory that the system does not protect as it must. A shell that cannot tell is asked again.
pub(crate) fn check(storage: &dyn Storage, dir: &str) -> Result<(), StoreError> {
    match storage.protection(dir.to_owned()) {
        Ok(protection) => StoreError::unless_held(protection),
        Err(PlatformError::NeedsUser) => Err(StoreError::NotYetUnlocked),
        Err(error @ (PlatformError::Gone | PlatformError::Unavailable)) => {
            Err(StoreError::Io(std::io::Error::other(error)))
        }
    }
}

/// The shell's ports as the core's.
pub(crate) struct Vault(pub Arc<dyn KeyVault>);

impl ports::KeyVault for Vault {
    fn create(&self, challenge: &Digest) -> Result<(), VaultError> {
        Ok(self.0.create(challenge.0.to_vec())?)
    }

    fn device_key(&self) -> Result<PublicKey, VaultError> {
        PublicKey::from_sec1(&self.0.device_key()?).map_err(|_| VaultError::Unavailable)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], VaultError> {
        wire::signature_from_der(&self.0.sign(message.to_vec())?).map_err(|_| VaultError::Unavailable)
    }

    fn create_review(&self) -> Result<(), VaultError> {
        Ok(self.0.create_review()?)
    }

    fn review_key(&self) -> Result<Option<PublicKey>, VaultError> {
        let key = self.0.review_key()?.map(|key| PublicKey::from_sec1(&key));
        key.transpose().map_err(|_| VaultError::Unavailable)
    }

    fn agree(&self, peer: &[u8; 65]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let shared = Zeroizing::new(self.0.agree(peer.to_vec())?);
        Ok(Zeroizing::new(shared.as_slice().try_into().map_err(|_| VaultError::Unavailable)?))
    }

    fn destroy(&self, device_too: bool) -> Result<(), VaultError> {
        Ok(self.0.destroy(device_too)?)
    }
}

pub(crate) struct Attest(pub Arc<dyn Attestor>);

impl ports::Attestor for Attest {
    fn attest(&self, challenge: &Digest, device_key: &PublicKey) -> Result<wire::Attestation, VaultError> {
        let evidence = self.0.attest(challenge.0.to_vec(), device_key.to_sec1().to_vec())?;
        attestation(evidence, challenge, device_key)
    }

    fn attest_again(
        &self,
        challenge: &Digest,
        device_key: &PublicKey,
    ) -> Result<wire::Attestation, VaultError> {
        let evidence = self.0.attest_again(challenge.0.to_vec(), device_key.to_sec1().to_vec())?;
        attestation(evidence, challenge, device_key)
    }
}

fn attestation(
    evidence: Evidence,
    challenge: &Digest,
    device_key: &PublicKey,
) -> Result<wire::Attestation, VaultError> {
    Ok(match evidence {
        Evidence::Software => wire::Attestation::software(challenge, device_key),
        Evidence::AndroidKey { chain } => wire::Attestation::AndroidKey { chain: certificates(chain)? },
        Evidence::FreshAndroidKey { chain } => {
            wire::Attestation::FreshAndroidKey { chain: certificates(chain)? }
        }
        Evidence::AppAttest { key_id, object } => {
            wire::Attestation::AppAttest { key_id: bytes(key_id)?, object: bytes(object)? }
        }
        Evidence::AppAttestAssertion { assertion } => {
            wire::Attestation::AppAttestAssertion { assertion: bytes(assertion)? }
        }
        Evidence::AppAttestUnavailable { error } => wire::Attestation::AppAttestUnavailable { error },
    })
}

fn certificates(chain: Vec<Vec<u8>>) -> Result<Vec<wire::Bytes<8192>>, VaultError> {
    chain.into_iter().map(bytes).collect()
}

/// No hardware makes evidence of that size: what the shell handed over is something else.
fn bytes<const MOST: usize>(given: Vec<u8>) -> Result<wire::Bytes<MOST>, VaultError> {
    wire::Bytes::new(given).map_err(|_| VaultError::Unavailable)
}

pub(crate) struct Secrets(pub Arc<dyn SecretStore>);

impl ports::SecretStore for Secrets {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        Ok(self.0.load()?.map(Zeroizing::new))
    }

    fn keep(&self, secret: &[u8]) -> Result<(), SecretError> {
        Ok(self.0.keep(secret.to_vec())?)
    }

    fn destroy(&self) -> Result<(), SecretError> {
        Ok(self.0.forget()?)
    }
}

pub(crate) struct Air(pub Arc<dyn Reachability>);

impl ports::Reachability for Air {
    fn reachable(&self) -> bool {
        self.0.reachable().unwrap_or(true)
    }
}
