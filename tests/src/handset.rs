//! A phone in this process: the real core on the real adapters, its keys in files.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use gauze_core::adapters::{
    AlwaysReachable, FileDisk, FileSecrets, HttpTransport, SoftwareVault, SystemClock, SystemEntropy,
};
use gauze_core::ports::Transport;
use gauze_core::{Client, ClientConfig, Managed, Ports};
use gauze_wire::Platform;
use serde_json::Value;

use crate::hospital::Hospital;
use crate::programs::run;

/// Opens a phone whose files are under `dir`.
pub fn open(dir: &Path) -> anyhow::Result<Client> {
    let vault = Arc::new(SoftwareVault::new(dir.join("vault"), Arc::new(SystemEntropy)));
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
    let config = ClientConfig {
        dir: dir.join("gauze"),
        app_version: "0.1.0".parse()?,
        platform: Platform::Desktop,
        model: "simulated".parse()?,
    };
    Ok(Client::open(config, ports)?)
}

/// A managed configuration with a fresh token.
pub async fn managed(hospital: &Hospital) -> anyhow::Result<String> {
    let home = hospital.home();
    let next = home.join("next.jws");
    run("gauze-records", &["token", "--keys", "keys", "--out", "next.jws"], home).await?;
    let text = |name: &str| std::fs::read_to_string(home.join(name)).context(name.to_owned());
    let mut managed: Value = serde_json::from_str(&text("managed.json")?)?;
    managed["token"] = text("next.jws")?.trim().into();
    managed["ca"] = text("tls/ca.pem")?.into();
    std::fs::remove_file(next)?;
    Ok(managed.to_string())
}

/// A phone that has enrolled, and keeps its files in `name` below the hospital's directory.
pub async fn enrolled(hospital: &Hospital, name: &str) -> anyhow::Result<Client> {
    let client = open(&hospital.home().join(name))?;
    client.enrol(&Managed::from_json(&managed(hospital).await?)?).await?;
    Ok(client)
}
