//! `cargo xtask package` and `swift-package`: the library as an app takes it in. For people who have the toolchains;
//! docs/testing.md says which of these recipes have been run.

use crate::android;
use crate::bindings::{self, target};
use crate::process::{cargo, on_path, quiet, run};
use anyhow::ensure;
use clap::ValueEnum;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    system: System,
    /// Build twice and compare: the same sources and key give the same bytes (Android).
    #[arg(long)]
    twice: bool,
    /// The release key, PKCS12 with RSA; its password is in `GAUZE_KEY_PASSWORD`. A debug key otherwise (Android).
    #[arg(long)]
    key: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum System {
    /// A signed APK. Needs a JDK and Maven; for one that phones can run also `cargo install cargo-ndk`, the NDK (r28 or
    /// newer, for 16 KB pages) and the Rust targets.
    Android,
    /// Needs Xcode and the Rust targets.
    Ios,
}

const IOS: [&str; 2] = ["aarch64-apple-ios", "aarch64-apple-ios-sim"];

pub(crate) fn run_package(args: &Args) -> anyhow::Result<()> {
    let root = crate::process::root()?;
    match args.system {
        System::Android => android::package(&root, args.key.as_deref(), args.twice),
        System::Ios => ios(&root),
    }
}

fn ios(root: &Path) -> anyhow::Result<()> {
    ensure!(on_path("xcodebuild").is_some(), "xcodebuild is missing: this needs a Mac with Xcode");
    let headers = root.join("ios/Packages/Bridge/Sources/GauzeCoreFFI/include");
    let framework = target(root).join("ios/GauzeCoreFFI.xcframework");
    if framework.exists() {
        fs::remove_dir_all(&framework)?;
    }
    let mut create = Command::new("xcodebuild");
    create.arg("-create-xcframework");
    for triple in IOS {
        run(cargo(root).args([
            "build",
            "-p",
            "gauze-bindings",
            "--lib",
            "--profile",
            "phone",
            "--target",
            triple,
        ]))?;
        create.arg("-library").arg(target(root).join(triple).join("phone/libgauze.a"));
        create.arg("-headers").arg(&headers);
    }
    run(create.arg("-output").arg(&framework))?;
    println!("framework: {}", framework.display());
    Ok(())
}

/// Everything a Swift 6 toolchain on macOS or Linux needs to run the Swift tests.
pub(crate) fn swift_package() -> anyhow::Result<()> {
    let root = crate::process::root()?;
    let built = bindings::build(&root)?;
    let out = target(&root).join("swift-package");
    // Not what Swift built there, which it goes on from.
    for ours in ["Sources", "Tests"].map(|dir| out.join(dir)).iter().filter(|dir| dir.exists()) {
        fs::remove_dir_all(ours)?;
    }
    copy(&root.join("ios/Packages/Bridge"), &out)?;
    fs::create_dir_all(out.join("lib"))?;
    fs::copy(built.join("libgauze.a"), out.join("lib/libgauze.a"))?;
    println!("{0}\n  swift test --package-path {0} -Xlinker -L{0}/lib", out.display());
    println!(
        "with GAUZE_MANAGED (a directory of managed configurations, one for each test) and GAUZE_PICTURE (a JPEG) set"
    );
    if on_path("swift").is_some() {
        quiet(Command::new("swift").args(["package", "describe", "--package-path"]).arg(&out))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
