//! Programs of other makers that tests check us against, and `cargo-deny`: where they are, how they get there.
//!
//! Everything goes to `target/tools` except Debian's own packages and Swift. An install that fails costs the checks that need
//! it, never the run: what is missing is said at the end.

use crate::debian::{install_packages, is_debian_root};
use crate::keycloak;
use crate::process::{self, cargo, fetch, on_path, quiet};
use crate::swift;
use crate::tree::Tree;
use anyhow::Context;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const CARGO_DENY: &str = "0.20.2";
const CARGO_FUZZ: &str = "0.13.2";
const GO_AGE: &str = "v1.3.2";
const LITEWITNESS: &str = "v0.6.1";
const TYPESCRIPT_AGE: &str = "0.3.1";
const MATURIN: &str = "1.16.0";
/// Our own programs, which some suites start.
pub(crate) const PROGRAMS: &str = "programs";

/// The suites of `gauze-tests`, as cargo calls them.
pub(crate) const OURS: [&str; 5] = ["attest", "crash", "simulation", "suite", "ward"];
/// The suites of other crates that use a tool.
pub(crate) const OTHERS: [&str; 5] = ["balp", "gateway", "records", "seal", "web"];

/// Which suites and which of our commands use a tool: for nothing else is it installed.
const USED_BY: [(&str, &[&str]); 15] = [
    (PROGRAMS, &["attest", "crash", "suite"]),
    ("age", &["suite"]),
    ("age 1.3", &["suite", "bench"]),
    ("litewitness", &["suite"]),
    ("age-encryption", &["suite"]),
    ("exiftool", &["suite"]),
    ("Kotlin", &["suite", "balp", "bench"]),
    ("Swift", &["suite"]),
    ("Python", &["suite"]),
    ("strace", &["crash", "soak"]),
    ("nginx", &["suite"]),
    ("Chromium", &["gateway", "records", "web"]),
    ("Keycloak", &["suite"]),
    ("libjpeg-turbo", &["seal", "bench"]),
    ("sqlcipher", &["bench"]),
];

/// Of the tools that Debian has: a program of each, and its package.
const DEBIAN: [(&str, &str, &str); 11] = [
    ("age", "age", "age"),
    ("exiftool", "exiftool", "libimage-exiftool-perl"),
    ("Kotlin", "mvn", "maven"),
    ("sqlcipher", "sqlcipher", "sqlcipher"),
    ("libjpeg-turbo", "cjpeg", "libjpeg-turbo-progs"),
    ("libjpeg-turbo", "djpeg", "libjpeg-turbo-progs"),
    // `venv` has no program of its own.
    ("Python", "python3", "python3-venv"),
    ("strace", "strace", "strace"),
    ("nginx", "nginx", "nginx"),
    ("Chromium", "chromium", "chromium"),
    ("Chromium", "chromedriver", "chromium-driver"),
];

/// How to make one of the others, given the tools' directory and the root.
type Make = fn(&Path, &Path) -> anyhow::Result<()>;

/// The others. The Python package builds the library with other features under the same name: whoever needs that builds it after this.
const MADE: [(&str, Make); 6] = [
    ("age 1.3", |tools, _| install_go_age(tools)),
    ("litewitness", |tools, _| install_litewitness(tools)),
    ("age-encryption", |tools, _| install_typescript_age(tools)),
    ("Swift", |_, _| swift::install()),
    ("Keycloak", |_, _| keycloak::install()),
    ("Python", install_python),
];

/// One tool that interoperation tests look for, and whether they will find it.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) present: bool,
    /// What is not tested without it.
    pub(crate) proves: &'static str,
    /// How to get it by hand.
    pub(crate) install: &'static str,
}

/// The directory that tests get as `GAUZE_TOOLS`.
pub(crate) fn dir(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir)).join("tools")
}

pub(crate) fn interop(tools: &Path) -> Vec<Tool> {
    vec![
        Tool {
            name: "age",
            present: on_path("age").is_some(),
            proves: "sealed files open with the distribution's age (X25519), and the reverse",
            install: "your distribution's package `age`, 1.1 or newer",
        },
        Tool {
            name: "age 1.3",
            present: go_age_is_current(tools),
            proves: "post-quantum sealed files open with the reference implementation, and the reverse",
            install: "Go; `cargo xtask test` then builds it into target/tools/bin",
        },
        Tool {
            name: "litewitness",
            present: tools.join("bin/litewitness").is_file() && on_path("ssh-agent").is_some(),
            proves: "a witness that others wrote cosigns the access log, and refuses its forks",
            install: "Go and ssh-agent; `cargo xtask test` then builds it into target/tools/bin",
        },
        Tool {
            name: "age-encryption",
            present: on_path("node").is_some() && typescript_age_is_current(tools),
            proves: "sealed files open with the TypeScript implementation",
            install: "node and npm; `cargo xtask test` then installs it into target/tools/npm",
        },
        Tool {
            name: "exiftool",
            present: on_path("exiftool").is_some(),
            proves: "stripped photos hold no metadata by an independent reader",
            install: "your distribution's package of exiftool (Debian: libimage-exiftool-perl)",
        },
        Tool {
            name: "Kotlin",
            present: on_path("mvn").is_some(),
            proves: "the bindings work from Kotlin on a JVM",
            install: "JDK 17 or newer and Maven (Debian: maven)",
        },
        Tool {
            name: "Swift",
            present: swift::root().is_some(),
            proves: "the bindings and GauzeBridge compile in Swift 6 and work from it",
            install: "root on Debian, with mounts allowed; `cargo xtask test` then unpacks it into the user's cache",
        },
        Tool {
            name: "Python",
            present: quiet(Command::new(python(tools)).args(["-c", "import gauze"])).is_ok(),
            proves: "`pip install ./bindings/python` works, and the README's lines of Python",
            install: "Python 3.10 or newer with venv (Debian: python3-venv)",
        },
        Tool {
            name: "strace",
            present: on_path("strace").is_some(),
            proves: "what the programs write, call by call: kills, power cuts and clear text",
            install: "your distribution's package `strace`, 5.3 or newer, on Linux",
        },
        Tool {
            name: "nginx",
            present: on_path("nginx").is_some(),
            proves: "phones and records side reach a gateway behind a real reverse proxy",
            install: "your distribution's package `nginx`, 1.19.5 or newer",
        },
        Tool {
            name: "Chromium",
            present: on_path("chromedriver").is_some(),
            proves: "the console in a real browser: by keyboard alone, narrow, dark",
            install: "Chromium and its chromedriver (Debian: chromium, chromium-driver)",
        },
        Tool {
            name: "Keycloak",
            present: keycloak::home().is_some(),
            proves: "the hospital's people and a phone sign in at a provider of another maker",
            install: "Java 17 or newer and Maven (Debian: maven); `cargo xtask test` then unpacks it into the user's cache",
        },
    ]
}

/// What others recorded, which tests of formats, pictures and evidence compare with.
pub(crate) fn shared_data(root: &Path) -> Tool {
    let named = env::var_os("GAUZE_SHARED_DATA").map(PathBuf::from);
    Tool {
        name: "shared data",
        present: named.unwrap_or_else(|| root.join("../shared/data")).is_dir(),
        proves: "vectors, pictures of real phones and captured attestations have the verdicts that others give",
        install: "a directory as docs/testing.md describes it, named by GAUZE_SHARED_DATA",
    }
}

/// Whether one of these suites or commands uses a tool.
pub(crate) fn is_used(tool: &str, users: &[&str]) -> bool {
    USED_BY.iter().any(|(name, by)| *name == tool && by.iter().any(|user| users.contains(user)))
}

/// Installs what these suites or commands use, is missing and can be had here. Quick when there is nothing to do.
pub(crate) fn install(tools: &Path, root: &Path, users: &[&str]) {
    going_on("Debian packages", install_debian(users));
    for (name, make) in MADE.into_iter().filter(|(name, _)| is_used(name, users)) {
        going_on(name, make(tools, root));
    }
}

/// Installs the provider of another maker that the demo signs in at where that is asked for.
pub(crate) fn install_keycloak() {
    going_on("Keycloak", keycloak::install());
}

fn going_on(what: &str, installed: anyhow::Result<()>) {
    if let Err(error) = installed {
        println!("could not install {what}, going on without: {error:#}");
    }
}

fn install_debian(users: &[&str]) -> anyhow::Result<()> {
    let used = DEBIAN.iter().filter(|(tool, ..)| is_used(tool, users));
    let missing: Vec<&str> =
        used.filter(|(_, program, _)| on_path(program).is_none()).map(|(.., package)| *package).collect();
    if missing.is_empty() || !is_debian_root() {
        return Ok(());
    }
    install_packages(&missing)
}

fn install_go_age(tools: &Path) -> anyhow::Result<()> {
    if go_age_is_current(tools) || on_path("go").is_none() {
        return Ok(());
    }
    println!("building age {GO_AGE} with go");
    fs::create_dir_all(tools)?;
    let packages = ["age", "age-keygen"].map(|program| format!("filippo.io/age/cmd/{program}@{GO_AGE}"));
    fetch(
        Command::new("go").current_dir(tools).env("GOBIN", tools.join("bin")).arg("install").args(packages),
    )?;
    anyhow::ensure!(go_age_is_current(tools), "age is there but does not say that it is {GO_AGE}");
    Ok(())
}

fn install_litewitness(tools: &Path) -> anyhow::Result<()> {
    if on_path("go").is_none() || litewitness_is_current(tools) {
        return Ok(());
    }
    println!("building litewitness {LITEWITNESS} with go");
    fs::create_dir_all(tools)?;
    let package = format!("filippo.io/torchwood/cmd/litewitness@{LITEWITNESS}");
    fetch(Command::new("go").current_dir(tools).env("GOBIN", tools.join("bin")).args(["install", &package]))?;
    anyhow::ensure!(litewitness_is_current(tools), "litewitness is there but was not built as {LITEWITNESS}");
    Ok(())
}

/// It does not say its version; `go` reads what it was built from.
fn litewitness_is_current(tools: &Path) -> bool {
    quiet(Command::new("go").args(["version", "-m"]).arg(tools.join("bin/litewitness"))).is_ok_and(|built| {
        let module = built.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        module.into_iter().any(|words| words.starts_with(&["mod", "filippo.io/torchwood", LITEWITNESS]))
    })
}

fn go_age_is_current(tools: &Path) -> bool {
    let bin = tools.join("bin");
    bin.join("age-keygen").is_file() && says(&bin.join("age"), GO_AGE)
}

fn install_typescript_age(tools: &Path) -> anyhow::Result<()> {
    if typescript_age_is_current(tools) || on_path("node").is_none() || on_path("npm").is_none() {
        return Ok(());
    }
    println!("installing age-encryption {TYPESCRIPT_AGE} with npm");
    let dir = tools.join("npm");
    fs::create_dir_all(&dir)?;
    fetch(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix"])
            .arg(&dir)
            .arg(format!("age-encryption@{TYPESCRIPT_AGE}")),
    )?;
    Ok(())
}

fn typescript_age_is_current(tools: &Path) -> bool {
    let manifest = tools.join("npm/node_modules/age-encryption/package.json");
    let Ok(text) = fs::read_to_string(manifest) else { return false };
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    manifest["version"] == TYPESCRIPT_AGE
}

/// Python with our package in it, as a person would install it.
pub(crate) fn python(tools: &Path) -> PathBuf {
    tools.join("python/bin/python")
}

/// Installs our own Python package as a person would, unless it was made from the present sources already.
fn install_python(tools: &Path, root: &Path) -> anyhow::Result<()> {
    let Some(python3) = on_path("python3") else { return Ok(()) };
    let venv = tools.join("python");
    let stamp = venv.join("gauze-package");
    let package = package_stamp(root)?;
    if python(tools).is_file() && fs::read_to_string(&stamp).is_ok_and(|found| found == package) {
        return Ok(());
    }
    if !python(tools).is_file() {
        quiet(Command::new(python3).args(["-m", "venv"]).arg(&venv))?;
    }
    let pip = || {
        let mut pip = Command::new(python(tools));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip
    };
    println!("installing the Python package");
    fetch(pip().arg(format!("maturin=={MATURIN}")))?;
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(venv.join("bin")).chain(env::split_paths(&path));
    let mut ours = pip();
    // What `pip install ./bindings/python` does, but with the profile that the other tests have built already.
    ours.args(["--no-build-isolation", "--force-reinstall"]).arg(root.join("bindings/python"));
    ours.env("PATH", env::join_paths(paths)?).env("MATURIN_PEP517_ARGS", "--profile dev");
    process::unlike_under_cargo(&mut ours);
    quiet(&mut ours)?;
    process::replace(&stamp, &package)
}

/// A hash of what the Python package is made from.
fn package_stamp(root: &Path) -> anyhow::Result<String> {
    let mut hash = DefaultHasher::new();
    for (path, text) in Tree::load(root)?.texts() {
        if path == "Cargo.lock" || path.starts_with("core/") || path.starts_with("bindings/") {
            (path, text).hash(&mut hash);
        }
    }
    Ok(format!("{:016x}", hash.finish()))
}

/// `cargo-fuzz`, built like [`cargo_deny`].
pub(crate) fn cargo_fuzz(root: &Path) -> anyhow::Result<PathBuf> {
    let tools = dir(root);
    let ours = tools.join("bin/cargo-fuzz");
    if says(&ours, CARGO_FUZZ) {
        return Ok(ours);
    }
    process::run(
        cargo(root)
            .args(["install", "cargo-fuzz", "--locked", "--debug", "--quiet", "--force"])
            .args(["--version", CARGO_FUZZ, "--root"])
            .arg(&tools),
    )
    .context("cargo-fuzz could not be built; with a network it installs from crates.io")?;
    Ok(ours)
}

/// `cargo-deny` in the one version whose configuration `deny.toml` is written for.
///
/// Built without optimisation: 70 seconds on two cores, and a run over the whole tree still takes five.
pub(crate) fn cargo_deny(root: &Path) -> anyhow::Result<PathBuf> {
    let tools = dir(root);
    let ours = tools.join("bin/cargo-deny");
    let found = [Some(ours.clone()), on_path("cargo-deny")].into_iter().flatten();
    if let Some(found) = found.into_iter().find(|program| says(program, CARGO_DENY)) {
        return Ok(found);
    }
    process::run(
        cargo(root)
            .args(["install", "cargo-deny", "--locked", "--debug", "--quiet", "--force"])
            .args(["--version", CARGO_DENY, "--root"])
            .arg(&tools),
    )
    .context("cargo-deny could not be built; with a network it installs from crates.io")?;
    Ok(ours)
}

fn says(program: &Path, version: &str) -> bool {
    quiet(Command::new(program).arg("--version"))
        .is_ok_and(|text| text.split_whitespace().any(|word| word == version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_says_what_uses_it_and_whatever_uses_one_is_known() {
        let interop = interop(Path::new(""));
        let named = interop.iter().map(|tool| tool.name).chain(DEBIAN.map(|(tool, ..)| tool));
        for tool in named.chain(MADE.map(|(tool, _)| tool)) {
            assert_eq!(USED_BY.iter().filter(|(name, _)| *name == tool).count(), 1, "{tool}");
        }
        for user in USED_BY.iter().flat_map(|(_, by)| *by) {
            assert!(
                ["bench", "soak"].iter().chain(&OURS).chain(&OTHERS).any(|known| known == user),
                "{user}"
            );
        }
    }

    #[test]
    fn the_bench_has_what_it_measures_against_and_no_more() {
        let used = |users: &[&str]| -> Vec<&str> {
            USED_BY.map(|(tool, _)| tool).into_iter().filter(|tool| is_used(tool, users)).collect()
        };
        assert_eq!(used(&["bench"]), ["age 1.3", "Kotlin", "libjpeg-turbo", "sqlcipher"]);
        assert_eq!(used(&["soak"]), ["strace"]);
        assert_eq!(used(&["ward", "simulation"]), [""; 0]);
    }
}
