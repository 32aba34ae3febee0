//! The Android app: one signed APK of it. `cargo xtask android` runs its tests alone.

use crate::bindings::{self, target};
use crate::process::{cargo, on_path, run};
use crate::{apk, badging, phones, test};
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ABIS: [&str; 3] = ["arm64-v8a", "armeabi-v7a", "x86_64"];
/// What one ABI's APK may weigh.
const CEILING: u64 = 12 * 1024 * 1024;

/// The app's tests, against servers of their own.
pub(crate) fn tests() -> anyhow::Result<()> {
    test::run(&test::Args::of("gauze-tests", "android"))
}

/// Writes one signed APK, and says with which key, and whether phones can run it.
pub(crate) fn package(root: &Path, key: Option<&Path>, twice: bool) -> anyhow::Result<()> {
    ensure!(
        on_path("mvn").is_some(),
        "Maven is missing: install a JDK, 17 or newer, and Maven (Debian: maven)"
    );
    let libraries = target(root).join("android/jniLibs");
    let runs = on_path("cargo-ndk").is_some();
    if runs {
        with_ndk(root, &libraries)?;
    } else {
        without_ndk(root, &libraries)?;
    }
    // The core for this machine, which the shrunk classes call once.
    let native = bindings::build(root)?;
    let build = |apk: &Path| build(root, &libraries, &native, key, apk);
    let name = if runs { "gauze.apk" } else { "gauze-size-check.apk" };
    let path = target(root).join("android").join(name);
    build(&path)?;
    let built = fs::read(&path)?;
    println!("{} libraries lie and load on pages of 16 KB", apk::check_pages(&built)?);
    badging::check(&target(root).join("android/app/aapt2"), &path)?;
    println!("its badge says what is shipped: package, oldest and newest system, permissions");
    if twice {
        let again = path.with_file_name("again.apk");
        build(&again)?;
        for kind in ["apk", "aab"] {
            let (one, other) = (path.with_extension(kind), again.with_extension(kind));
            ensure!(
                fs::read(&one)? == fs::read(&other)?,
                "two builds of the same sources differ: {}",
                other.display()
            );
        }
        println!("two builds are equal, byte for byte: APK and bundle");
    }
    let size = fs::metadata(&path)?.len();
    if !runs {
        println!(
            "no NDK here: its libgauze.so is linked against stand-ins, so this APK installs and does not start"
        );
        ensure!(size <= CEILING, "{size} bytes for one ABI are more than {CEILING}");
    }
    println!("{}: {size} bytes", path.display());
    Ok(())
}

fn with_ndk(root: &Path, libraries: &Path) -> anyhow::Result<()> {
    let mut ndk = cargo(root);
    ndk.args(["ndk", "--platform", "29"]);
    for abi in ABIS {
        ndk.args(["-t", abi]);
    }
    ndk.arg("-o").arg(libraries).env("RUSTFLAGS", "-C link-arg=-Wl,-z,max-page-size=16384");
    run(ndk.args(["build", "-p", "gauze-bindings", "--lib", "--profile", "phone"]))
}

fn without_ndk(root: &Path, libraries: &Path) -> anyhow::Result<()> {
    let linked = phones::link(root)?;
    let dir = libraries.join(ABIS[0]);
    fs::create_dir_all(&dir)?;
    fs::copy(&linked, dir.join("libgauze.so")).with_context(|| linked.display().to_string())?;
    Ok(())
}

fn build(root: &Path, libraries: &Path, native: &Path, key: Option<&Path>, apk: &Path) -> anyhow::Result<()> {
    let mut maven = Command::new("mvn");
    maven.current_dir(root).args([
        "-B",
        "-q",
        "-f",
        "android/pom.xml",
        "-Papk",
        "-Dmaven.test.skip=true",
        "package",
    ]);
    maven.arg(setting("gauze.jniLibs", libraries)).arg(setting("gauze.apk", apk));
    maven.arg(setting("gauze.build", &target(root).join("android"))).arg(setting("gauze.library", native));
    if let Some(key) = key {
        maven.arg(setting("gauze.key", key));
    }
    run(&mut maven)
}

fn setting(name: &str, path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    format!("-D{name}={}", absolute.display())
}
