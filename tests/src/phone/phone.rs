//! The client with a desktop's ports.

use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use gauze_core::adapters::{
    AlwaysReachable, FileDisk, FileSecrets, HttpTransport, KeyringSecrets, MemorySecrets, SoftwareVault,
    SystemClock, SystemEntropy,
};
use gauze_core::ports::{SecretStore, Transport};
use gauze_core::{Client, ClientConfig, Connect, Ports};
use gauze_wire::Platform;

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

/// Opens the phone in `data`, making it where it is missing.
pub fn open(data: &Path, secrets: Secrets) -> Result<Client, Refusal> {
    let entropy = Arc::new(SystemEntropy);
    let vault = Arc::new(SoftwareVault::new(data.join("vault"), entropy.clone()));
    let secrets: Arc<dyn SecretStore> = match secrets {
        Secrets::File => Arc::new(FileSecrets(data.join("secrets/store.key"))),
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
    let connect: Arc<Connect> = Arc::new(|ca: Option<&str>| {
        HttpTransport::new(ca).map(|transport| Arc::new(transport) as Arc<dyn Transport>)
    });
    let ports = Ports {
        disk: Arc::new(FileDisk),
        clock: Arc::new(SystemClock),
        entropy,
        vault: vault.clone(),
        attestor: vault,
        secrets,
        reachability: Arc::new(AlwaysReachable),
        connect,
    };
    let name = |text: &str| text.parse().expect("a plain word is a name");
    let config = ClientConfig {
        dir: data.to_owned(),
        app_version: name(env!("CARGO_PKG_VERSION")),
        platform: Platform::Desktop,
        model: name("simulated phone"),
    };
    Ok(Client::open(config, ports)?)
}
