//! Where the store key is kept.

use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use crate::ports::{SecretError, SecretStore};

/// A keyring: Keychain, Keystore-wrapped preferences, secret-service.
pub struct KeyringSecrets {
    entry: Entry,
}

impl KeyringSecrets {
    /// The entry for `account` in `store`.
    pub fn new(store: &Arc<CredentialStore>, account: &str) -> Result<Self, SecretError> {
        let entry = store.build("gauze", account, None).map_err(|_| SecretError)?;
        Ok(Self { entry })
    }

    /// The entry for `account` in the desktop's secret service.
    #[cfg(feature = "desktop")]
    pub fn secret_service(account: &str) -> Result<Self, SecretError> {
        let store: Arc<CredentialStore> =
            zbus_secret_service_keyring_store::Store::new().map_err(|_| SecretError)?;
        Self::new(&store, account)
    }
}

impl SecretStore for KeyringSecrets {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        match self.entry.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(_) => Err(SecretError),
        }
    }

    fn keep(&self, secret: &[u8]) -> Result<(), SecretError> {
        self.entry.set_secret(secret).map_err(|_| SecretError)
    }

    fn destroy(&self) -> Result<(), SecretError> {
        match self.entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(_) => Err(SecretError),
        }
    }
}

/// Forgets everything with the process: tests, and phones that rebuild their index at every start.
#[derive(Default)]
pub struct MemorySecrets(Mutex<Option<Zeroizing<Vec<u8>>>>);

impl SecretStore for MemorySecrets {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn keep(&self, secret: &[u8]) -> Result<(), SecretError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Zeroizing::new(secret.to_vec()));
        Ok(())
    }

    fn destroy(&self) -> Result<(), SecretError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

/// A file that only its owner may read: simulated phones, where there is no keyring. It protects nothing from the owner.
#[cfg(feature = "desktop")]
pub struct FileSecrets(pub std::path::PathBuf);

#[cfg(feature = "desktop")]
impl SecretStore for FileSecrets {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        match std::fs::read(&self.0) {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(_) => Err(SecretError),
        }
    }

    fn keep(&self, secret: &[u8]) -> Result<(), SecretError> {
        crate::ports::write_durably(&super::FileDisk, &self.0, secret).map_err(|_| SecretError)
    }

    fn destroy(&self) -> Result<(), SecretError> {
        crate::ports::Disk::remove(&super::FileDisk, &self.0).map_err(|_| SecretError)
    }
}
