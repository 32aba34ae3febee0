//! Keycloak, a provider that hospitals run: the archive of Maven Central, unpacked and prepared once.
//!
//! It takes 190 MB and a download of 177 MB, so it is kept in the user's cache, outside the tree; it is made under another name
//! and renamed when it is whole.

use crate::process::{cache, on_path, quiet};
use anyhow::Context;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const VERSION: &str = "26.7.3";
const UNPACK: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack";

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
    println!("fetching Keycloak {VERSION} into {}, once: a minute or two", home.display());
    let part = around.join(format!("{VERSION}.part"));
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fs::create_dir_all(&part)?;
    quiet(
        Command::new("mvn")
            .current_dir(&part)
            .args(["-B", "-q", UNPACK])
            .arg(format!("-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"))
            .arg(format!("-DoutputDirectory={}", part.display())),
    )?;
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
