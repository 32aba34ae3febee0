//! Swift's toolchain: Debian 13's packages unpacked in a directory of their own, which tests enter with `chroot`.
//!
//! Debian 12 has no Swift, and 13's programs need its C library. The directory takes 2.5 GB and a download of 540 MB, so it
//! is kept in the user's cache, outside the tree; it is made under another name and renamed when it is whole.

use crate::debian;
use crate::process::{alone, fetch, quiet};
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const RELEASE: &str = "trixie";
/// The toolchain, what it does not depend on but needs (headers, `/etc/passwd`, a shell), and libcrypto for tests' keys.
const PACKAGES: &str =
    "swiftlang,libc6-dev,libstdc++-14-dev,libssl-dev,base-files,base-passwd,dash,coreutils";

/// The root that tests get as `GAUZE_SWIFT`, where it is there and can be entered.
pub(crate) fn root() -> Option<PathBuf> {
    place().filter(|root| root.is_dir() && may_enter())
}

/// Makes the root where it is missing and can be had. Quick when there is nothing to do.
pub(crate) fn install() -> anyhow::Result<()> {
    let Some(root) = place().filter(|root| may_enter() && !root.is_dir()) else { return Ok(()) };
    if crate::process::on_path("mmdebstrap").is_none() {
        debian::install_packages(&["mmdebstrap"])?;
    }
    let cache = root.parent().context("the root lies in the cache")?;
    let _alone = alone(cache)?;
    if root.is_dir() {
        return Ok(());
    }
    println!("unpacking Swift from Debian {RELEASE} into {}, once: some minutes", root.display());
    let part = root.with_extension("part");
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fetch(
        Command::new("mmdebstrap")
            .args(["--variant=extract", &format!("--include={PACKAGES}"), RELEASE])
            .arg(&part)
            .arg(format!("deb {} {RELEASE} main", mirror()?)),
    )?;
    finish(&part)?;
    fs::rename(&part, &root)?;
    Ok(())
}

/// Where this machine has Debian's packages from.
fn mirror() -> anyhow::Result<String> {
    let listed = quiet(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]))?;
    let debian = listed.lines().find(|uri| uri.trim_end_matches('/').ends_with("/debian"));
    debian.map(str::to_owned).context("apt has no mirror of Debian whose packages could be unpacked")
}

/// What the packages' own scripts would have done, of which none ran.
fn finish(root: &Path) -> anyhow::Result<()> {
    // Without it SwiftPM takes the compiler for one that cannot rename `main`.
    fs::copy(root.join("usr/share/base-passwd/passwd.master"), root.join("etc/passwd"))?;
    let swift = root.join("usr/bin/swift");
    if swift.symlink_metadata().is_err() {
        quiet(Command::new("ln").args(["-s", "../libexec/swift/bin/swift"]).arg(swift))?;
    }
    Ok(())
}

fn place() -> Option<PathBuf> {
    Some(crate::process::cache()?.join("swift").join(RELEASE))
}

/// `chroot` and mounts are root's, and some containers keep mounts from root too.
fn may_enter() -> bool {
    let mounts = ["--mount", "--propagation", "private", "mount", "--bind", "/dev", "/dev"];
    debian::is_debian_root() && quiet(Command::new("unshare").args(mounts)).is_ok()
}
