//! The Android app: one signed APK of it. `cargo xtask android` runs its tests alone.

use crate::bindings::{self, target};
use crate::process::{cargo, on_path, run};
use crate::{apk, badging, licences, phones, test};
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ABIS: [&str; 3] = ["arm64-v8a", "armeabi-v7a", "x86_64"];
/// What one ABI's APK may weigh.
const CEILING: u64 = 12 * 1024 * 1024;
/// The phones whose licences are told: no other ABI links a crate more.
const TRIPLE: &str = "aarch64-linux-android";

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
    let runs = on_path("cargo-ndk").is_some();
    let build = Build { root, key, ndk: runs, native: bindings::build(root)? };
    licences::write(root, TRIPLE, &build.licences().join("raw/licences.txt"))?;
    let dir = target(root).join("android");
    let path = dir.join(if runs { "gauze.apk" } else { "gauze-size-check.apk" });
    build.make(&phones::scratch(root), &dir.join("jniLibs"), &path)?;
    check(root, &path)?;
    if twice {
        build.again(&path)?;
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

/// The APK is what is meant to be shipped, and tells nothing of the machine that made it.
fn check(root: &Path, path: &Path) -> anyhow::Result<()> {
    let built = fs::read(path)?;
    println!("{} libraries lie and load on pages of 16 KB", apk::check_pages(&built)?);
    for (place, _) in phones::places(root, &target(root)) {
        apk::check_placeless(&built, &place)?;
    }
    let notices = apk::packed(&built, "res/raw/licences.txt").unwrap_or_default();
    ensure!(
        notices > 1024,
        "the list of licences in the APK has {notices} bytes: it is not the one that was written"
    );
    badging::check(&target(root).join("android/app/aapt2"), path)?;
    println!("its badge says what is shipped: package, oldest and newest system, permissions");
    Ok(())
}

/// What every APK of one run has in common.
struct Build<'a> {
    root: &'a Path,
    key: Option<&'a Path>,
    ndk: bool,
    /// Where the core for this machine is, which the shrunk classes call once.
    native: PathBuf,
}

impl Build<'_> {
    /// Resources that lie over the app's own.
    fn licences(&self) -> PathBuf {
        target(self.root).join("android/licences")
    }

    /// Links the core in `scratch`, and packs it.
    fn make(&self, scratch: &Path, libraries: &Path, apk: &Path) -> anyhow::Result<()> {
        if self.ndk {
            self.with_ndk(scratch, libraries)?;
        } else {
            self.without_ndk(scratch, libraries)?;
        }
        self.pack(libraries, apk)
    }

    /// All of it once more, from nothing and in another place: the same sources and key give the same bytes.
    fn again(&self, first: &Path) -> anyhow::Result<()> {
        let scratch = target(self.root).join("again");
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        let again = first.with_file_name("again.apk");
        self.make(&scratch, &scratch.join("jniLibs"), &again)?;
        for kind in ["apk", "aab"] {
            let (one, other) = (first.with_extension(kind), again.with_extension(kind));
            ensure!(
                fs::read(&one)? == fs::read(&other)?,
                "two builds of the same sources differ: {}",
                other.display()
            );
        }
        fs::remove_dir_all(&scratch)?;
        println!(
            "two builds are equal, byte for byte: APK and bundle, and the core in them, which was linked twice"
        );
        Ok(())
    }

    fn with_ndk(&self, scratch: &Path, libraries: &Path) -> anyhow::Result<()> {
        let mut ndk = cargo(self.root);
        ndk.args(["ndk", "--platform", "29"]);
        for abi in ABIS {
            ndk.args(["-t", abi]);
        }
        phones::placeless(&mut ndk, self.root, scratch, &["-C", "link-arg=-Wl,-z,max-page-size=16384"]);
        ndk.arg("-o").arg(libraries).env("CARGO_TARGET_DIR", scratch);
        run(ndk.args(["build", "-p", "gauze-bindings", "--lib", "--profile", "phone"]))
    }

    fn without_ndk(&self, scratch: &Path, libraries: &Path) -> anyhow::Result<()> {
        let linked = phones::link(self.root, scratch)?;
        let dir = libraries.join(ABIS[0]);
        fs::create_dir_all(&dir)?;
        fs::copy(&linked, dir.join("libgauze.so")).with_context(|| linked.display().to_string())?;
        Ok(())
    }

    fn pack(&self, libraries: &Path, apk: &Path) -> anyhow::Result<()> {
        let mut maven = Command::new("mvn");
        maven.current_dir(self.root).args([
            "-B",
            "-q",
            "-f",
            "android/pom.xml",
            "-Papk",
            "-Dmaven.test.skip=true",
            "package",
        ]);
        maven.arg(setting("gauze.jniLibs", libraries)).arg(setting("gauze.apk", apk));
        maven.arg(setting("gauze.build", &target(self.root).join("android")));
        maven.arg(setting("gauze.licences", &self.licences())).arg(setting("gauze.library", &self.native));
        if let Some(key) = self.key {
            maven.arg(setting("gauze.key", key));
        }
        run(&mut maven)
    }
}

fn setting(name: &str, path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    format!("-D{name}={}", absolute.display())
}
