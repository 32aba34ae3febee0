//! The client with a desktop's ports, as the command line asks for them.

use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use gauze_core::Client;
use gauze_core::adapters::{KeyringSecrets, MemorySecrets};
use gauze_core::ports::SecretStore;
use gauze_tests::simulated::{file_secrets, files_vault, open_with};

use crate::refusal::Refusal;

/// Where the store key is kept.
#[derive(Clone, Copy, ValueEnum)]
pub enum Secrets {
    /// A file in the data directory.
    File,
    /// This process's memory: the index starts anew each time.
    Memory,
    /// The desktop's secret service.
    Keyring,
}

/// Of these a phone's directory has at least one once there is something to lose, and nobody else's has any.
const MARKS: [&str; 2] = ["outbox", "vault"];

/// Opens the phone that is in `data`. Where there is none nothing is made: a name that was mistyped is no new phone, and
/// another directory stays as it is.
pub fn open_kept(data: &Path, secrets: Secrets) -> Result<Client, Refusal> {
    if MARKS.iter().all(|mark| matches!(data.join(mark).try_exists(), Ok(false))) {
        let told = format!("{} holds no phone: check --data, or enrol it first", data.display());
        return Err(Refusal::new("not_enrolled", told));
    }
    open(data, secrets)
}

/// Opens the phone in `data`, making it where it is missing.
pub fn open(data: &Path, secrets: Secrets) -> Result<Client, Refusal> {
    let secrets: Arc<dyn SecretStore> = match secrets {
        Secrets::File => file_secrets(data),
        Secrets::Memory => Arc::new(MemorySecrets::default()),
        Secrets::Keyring => {
            let account = data.to_string_lossy();
            Arc::new(KeyringSecrets::secret_service(&account).map_err(|_| {
                Refusal::new(
                    "keyring",
                    "the desktop's keyring did not answer: unlock it, or use --secrets file",
                )
            })?)
        }
    };
    open_with(data, files_vault(data), secrets).map_err(|error| Refusal::closed(data, &error))
}
