//! `cargo xtask package` and `swift-package`: the library as an app takes it in. For people who have the toolchains;
//! docs/testing.md says which of these recipes have been run.

use crate::android;
use crate::bindings::{self, target};
use crate::process::{cargo, on_path, quiet, run};
use crate::{licences, phones, test};
use anyhow::Context as _;
use clap::ValueEnum;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod strings;

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
    /// The checks of everything that needs no Mac, and the steps of the first build on one; the framework and the project
    /// where there are Xcode, XcodeGen and the Rust targets.
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

/// Everything that can be done and checked without Xcode; with it, the core for phones and the project.
fn ios(root: &Path) -> anyhow::Result<()> {
    strings::write(root)?;
    // Where `project.json` has it from.
    licences::write(root, IOS[0], &target(root).join("ios/licences.txt"))?;
    test::run(&test::Args::of("gauze-tests", "ios_"))?;
    if on_path("xcodebuild").is_some() {
        framework(root)?;
        run(Command::new("xcodegen").args(["--spec", "project.json"]).current_dir(root.join("ios/App")))?;
    }
    println!("{}", checklist(&fs::read_to_string(root.join("docs/ios.md"))?)?);
    Ok(())
}

/// The steps of the first build on a Mac, out of docs/ios.md.
fn checklist(page: &str) -> anyhow::Result<&str> {
    let from =
        page.find("## The first build on a Mac").context("docs/ios.md has no steps for the first build")?;
    let steps = page.get(from..).unwrap_or_default();
    let end = steps.get(3..).and_then(|rest| rest.find("\n## ")).map_or(steps.len(), |at| at + 3);
    Ok(steps.get(..end).unwrap_or(steps).trim_end())
}

/// The library alone: its header and module map are a target of the Swift package.
fn framework(root: &Path) -> anyhow::Result<()> {
    let framework = target(root).join("ios/Gauze.xcframework");
    if framework.exists() {
        fs::remove_dir_all(&framework)?;
    }
    let mut create = Command::new("xcodebuild");
    create.arg("-create-xcframework");
    for triple in IOS {
        let library = ["build", "-p", "gauze-bindings", "--lib", "--profile", "phone", "--target", triple];
        let mut build = cargo(root);
        phones::placeless(&mut build, root, &target(root), &[]);
        run(build.args(library))?;
        create.arg("-library").arg(target(root).join(triple).join("phone/libgauze.a"));
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
    for package in ["Bridge", "Logic"] {
        let copied = out.join(package);
        for ours in ["Sources", "Tests"].map(|dir| copied.join(dir)).iter().filter(|dir| dir.exists()) {
            fs::remove_dir_all(ours)?;
        }
        copy(&root.join("ios/Packages").join(package), &copied)?;
    }
    fs::create_dir_all(out.join("lib"))?;
    fs::copy(built.join("libgauze.a"), out.join("lib/libgauze.a"))?;
    println!("{0}\n  swift test --package-path {0}/Bridge -Xlinker -L{0}/lib", out.display());
    println!(
        "with GAUZE_MANAGED (a directory of managed configurations, one for each test) and GAUZE_PICTURE (a JPEG) set"
    );
    if on_path("swift").is_some() {
        quiet(Command::new("swift").args(["package", "describe", "--package-path"]).arg(out.join("Bridge")))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checklist_is_its_section_of_the_page_and_no_more() {
        let page = "# iOS\n\nText.\n\n## The first build on a Mac\n\n1. Do it.\n\n## Then\n\nMore.\n";
        assert_eq!(checklist(page).unwrap(), "## The first build on a Mac\n\n1. Do it.");
        assert!(checklist("# iOS\n").is_err());
    }
}
