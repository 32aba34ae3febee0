//! The phone's core with a desktop's ports: what `gauze-phone` and tests in its place open.

use std::path::Path;
use std::sync::Arc;

use gauze_core::adapters::{
    AlwaysReachable, FileDisk, FileSecrets, HttpTransport, SoftwareVault, SystemClock, SystemEntropy,
};
use gauze_core::ports::{Attestor, Disk, KeyVault, SecretStore, Transport};
use gauze_core::{Client, ClientConfig, Connect, OpenError, Ports};
use gauze_wire::Platform;

/// Opens the phone in `data` with its keys in files beside it, making it where it is missing.
pub fn open(data: &Path) -> Result<Client, OpenError> {
    open_with(data, files_vault(data), file_secrets(data))
}

/// The store key in a file in the data directory.
pub fn file_secrets(data: &Path) -> Arc<dyn SecretStore> {
    Arc::new(FileSecrets(data.join("secrets/store.key")))
}

/// The keys that `gauze-phone` has: files in the data directory.
pub fn files_vault(data: &Path) -> Arc<SoftwareVault> {
    Arc::new(SoftwareVault::new(data.join("vault"), Arc::new(SystemEntropy)))
}

/// The same on another disk.
pub fn open_on(data: &Path, disk: Arc<dyn Disk>) -> Result<Client, OpenError> {
    open_with_all(data, files_vault(data), file_secrets(data), disk)
}

/// Opens the phone in `data` with keys and secrets from elsewhere.
pub fn open_with(
    data: &Path,
    vault: Arc<impl KeyVault + Attestor + 'static>,
    secrets: Arc<dyn SecretStore>,
) -> Result<Client, OpenError> {
    open_with_all(data, vault, secrets, Arc::new(FileDisk))
}

fn open_with_all(
    data: &Path,
    vault: Arc<impl KeyVault + Attestor + 'static>,
    secrets: Arc<dyn SecretStore>,
    disk: Arc<dyn Disk>,
) -> Result<Client, OpenError> {
    let connect: Arc<Connect> = Arc::new(|ca: Option<&str>| {
        HttpTransport::new(ca).map(|transport| Arc::new(transport) as Arc<dyn Transport>)
    });
    let ports = Ports {
        disk,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
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
    Client::open(config, ports)
}
