//! Keycloak, a provider that hospitals run: the archive of Maven Central, unpacked and prepared once.
//!
//! It takes 190 MB and a download of 177 MB, so it is kept in the user's cache, outside the tree; it is made under another name
//! and renamed when it is whole.

use crate::process::{alone, cache, fetch, on_path, quiet, sha256};
use anyhow::{Context, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const VERSION: &str = "26.7.3";
/// Of the archive: Maven compares it with what the same server says of it, and only warns.
const SHA256: &str = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f";
const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// The directory that tests and the demo get as `GAUZE_KEYCLOAK`, where it is there and can be started.
pub(crate) fn home() -> Option<PathBuf> {
    place().filter(|home| home.is_dir() && on_path("java").is_some() && on_path("bash").is_some())
}

/// Makes it where it is missing and can be had. Quick when there is nothing to do.
pub(crate) fn install() -> anyhow::Result<()> {
    let Some(home) = place().filter(|home| !home.is_dir()) else { return Ok(()) };
    if ["java", "mvn", "bash"].iter().any(|name| on_path(name).is_none()) {
        return Ok(());
    }
    let around = home.parent().context("it lies in the cache")?;
    let _alone = alone(around)?;
    if home.is_dir() {
        return Ok(());
    }
    println!("fetching Keycloak {VERSION} into {}, once: a minute or two", home.display());
    let part = around.join(format!("{VERSION}.part"));
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fs::create_dir_all(&part)?;
    let maven = |goal: &str| {
        let mut maven = Command::new("mvn");
        maven.current_dir(&part).args(["-B", "-q"]).arg(format!("{PLUGIN}:{goal}"));
        maven.arg(format!("-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"));
        maven.arg(format!("-DoutputDirectory={}", part.display()));
        maven
    };
    fetch(&mut maven("copy"))?;
    let archive = part.join(format!("keycloak-quarkus-dist-{VERSION}.zip"));
    let found = sha256(&archive)?;
    ensure!(
        found == SHA256,
        "the archive of Keycloak {VERSION} has the SHA-256 {found} and not {SHA256}: remove it from Maven's own store \
         (~/.m2/repository/org/keycloak), and fetch it through another network"
    );
    // From Maven's own store, whose file was just compared.
    quiet(maven("unpack").arg("--offline"))?;
    let unpacked = part.join(format!("keycloak-{VERSION}"));
    // What it would otherwise do at each start: a minute. Its data are in memory and gone with it.
    quiet(Command::new("bash").arg(unpacked.join("bin/kc.sh")).args(["build", "--db=dev-mem"]))?;
    fs::rename(&unpacked, &home)?;
    fs::remove_dir_all(&part)?;
    Ok(())
}

fn place() -> Option<PathBuf> {
    Some(cache()?.join("keycloak").join(VERSION))
}
