//! Ports for scripts on a desktop: everything in files, and the attestation says so.

use std::path::PathBuf;
use std::sync::Arc;

use gauze_core::adapters::{AlwaysReachable, FileDisk, FileSecrets, HttpTransport, SoftwareVault};
use gauze_core::adapters::{SystemClock, SystemEntropy};
use gauze_core::ports::Transport;
use gauze_core::wire::{Name, Platform};
use gauze_core::{ClientConfig, Ports};

use crate::client::Client;
use crate::error::ClientError;

/// Opens a client whose keys are files under `dir`. Only a development policy lets it enrol.
#[uniffi::export]
pub fn open_desktop(dir: String, model: Name, app_version: Name) -> Result<Arc<Client>, ClientError> {
    let dir = PathBuf::from(dir);
    let vault = Arc::new(SoftwareVault::new(dir.join("vault"), Arc::new(SystemEntropy)));
    let config = ClientConfig { dir: dir.join("gauze"), app_version, platform: Platform::Desktop, model };
    let ports = Ports {
        disk: Arc::new(FileDisk),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        vault: vault.clone(),
        attestor: vault,
        secrets: Arc::new(FileSecrets(dir.join("store.key"))),
        reachability: Arc::new(AlwaysReachable),
        connect: Arc::new(|ca| Ok(Arc::new(HttpTransport::new(ca)?) as Arc<dyn Transport>)),
    };
    Client::over(config, ports)
}
