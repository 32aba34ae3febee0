//! `cargo xtask soak fuzz`: each fuzz target for a while, from its seeds and from what it learnt before.
//!
//! libFuzzer's instrumentation is behind unstable flags of the compiler, which `RUSTC_BOOTSTRAP` opens on stable. No
//! sanitizer: the code that is fuzzed is safe Rust, and without one a target runs several times as often.

use crate::process::{cargo, run as start};
use crate::tools;
use anyhow::{Context, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The soak's name.
pub(crate) const NAME: &str = "fuzz";
/// What it tries, for the list of soaks.
pub(crate) const TRIES: &str = "each parser of hostile bytes under libFuzzer [--target NAME] [--seconds N]";

/// What only fuzzing takes.
#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The one target to fuzz.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// How long each target is fuzzed.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
}

pub(crate) fn run(root: &Path, args: &Args) -> anyhow::Result<()> {
    let all = targets(root)?;
    let chosen: Vec<_> =
        all.iter().filter(|name| args.target.as_ref().is_none_or(|target| target == *name)).collect();
    ensure!(!chosen.is_empty(), "there is no such target; there are: {}", all.join(", "));
    let fuzzer = Fuzzer { program: tools::cargo_fuzz(root)?, root, work: work(root) };
    start(&mut fuzzer.seeds())?;
    for name in chosen {
        for part in ["corpus", "seeds"] {
            fs::create_dir_all(fuzzer.work.join(part).join(name))?;
        }
        start(&mut fuzzer.target(name, args.seconds)).with_context(|| {
            format!("{name}: what crashed it is in fuzz/artifacts/{name}; keep it in fuzz/regressions/{name}")
        })?;
    }
    Ok(())
}

fn work(root: &Path) -> PathBuf {
    tools::dir(root).with_file_name("fuzz")
}

fn targets(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

struct Fuzzer<'a> {
    program: PathBuf,
    root: &'a Path,
    /// Seeds, what was learnt, and what was built.
    work: PathBuf,
}

impl Fuzzer<'_> {
    fn seeds(&self) -> Command {
        let mut seeds = cargo(self.root);
        seeds.args([
            "run",
            "--quiet",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--bin",
            "seeds",
            "--target-dir",
        ]);
        seeds.arg(self.work.join("build")).arg("--").arg(self.work.join("seeds"));
        seeds
    }

    fn target(&self, name: &str, seconds: u64) -> Command {
        let mut fuzz = Command::new(&self.program);
        fuzz.current_dir(self.root.join("fuzz")).env("RUSTC_BOOTSTRAP", "1");
        crate::process::unlike_under_cargo(&mut fuzz);
        fuzz.args(["run", "--fuzz-dir", ".", "--sanitizer", "none", "--target-dir"]);
        fuzz.arg(self.work.join("build")).arg(name);
        fuzz.args(["corpus", "seeds"].map(|part| self.work.join(part).join(name)));
        let kept = self.root.join("fuzz/regressions").join(name);
        fuzz.args(kept.is_dir().then_some(kept));
        fuzz.arg("--").arg(format!("-max_total_time={seconds}"));
        fuzz.args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-print_funcs=0"]);
        fuzz
    }
}
