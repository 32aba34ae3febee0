//! A simulated phone of a hospital, enrolled in this process.

use anyhow::Context as _;
use gauze_core::{Client, Managed};
use gauze_wire::Jws;
use serde_json::Value;

use crate::hospital::Hospital;
use crate::programs::run;
use crate::simulated::open;

/// A fresh token.
pub async fn token(hospital: &Hospital) -> anyhow::Result<Jws> {
    let fresh = hospital.home().join("next.jws");
    run("gauze-records", &["token", "--keys", "keys", "--out", "next.jws"], hospital.home()).await?;
    let token = Jws::parse(std::fs::read_to_string(&fresh)?.trim())?;
    std::fs::remove_file(fresh)?;
    Ok(token)
}

/// A managed configuration with a fresh token.
pub async fn managed(hospital: &Hospital) -> anyhow::Result<String> {
    let text = |name: &str| std::fs::read_to_string(hospital.home().join(name)).context(name.to_owned());
    let mut managed: Value = serde_json::from_str(&text("managed.json")?)?;
    managed["token"] = token(hospital).await?.as_str().into();
    managed["ca"] = text("tls/ca.pem")?.into();
    Ok(managed.to_string())
}

/// A phone that has enrolled, and keeps its files in `name` below the hospital's directory.
pub async fn enrolled(hospital: &Hospital, name: &str) -> anyhow::Result<Client> {
    let client = open(&hospital.home().join(name))?;
    client.enrol(&Managed::from_json(&managed(hospital).await?)?).await?;
    Ok(client)
}
