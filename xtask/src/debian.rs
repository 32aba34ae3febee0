//! Debian's own packages, installed where we may.

use crate::process::{fetch, quiet};
use std::fs;
use std::process::Command;

/// Installs packages; only root on Debian may.
pub(crate) fn install_packages(packages: &[&str]) -> anyhow::Result<()> {
    anyhow::ensure!(is_debian_root(), "only root on Debian installs packages");
    println!("installing {} with apt-get", packages.join(", "));
    let install = || {
        let install = |apt: &mut Command| {
            apt.args(["install", "-y", "--no-install-recommends"]).args(packages);
        };
        let (mut download, mut unpack) = (apt_get(), apt_get());
        install(&mut download);
        install(&mut unpack);
        // What is being unpacked is never cut off.
        fetch(download.arg("--download-only"))?;
        quiet(&mut unpack)
    };
    if install().is_err() {
        // No package lists yet, or stale ones.
        fetch(apt_get().arg("update"))?;
        install()?;
    }
    Ok(())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    // As in single-user mode: a package starts no service of its own.
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1").arg("-q");
    command
}

pub(crate) fn is_debian_root() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let debian = release.lines().any(|line| matches!(line.trim_matches('"'), "ID=debian" | "ID=ubuntu"));
    // The owner of our own process entry, without a call into libc.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    debian && user.split_whitespace().nth(1) == Some("0")
}
