//! `cargo xtask ci`: every check CI runs, each under its name.
//!
//! `.ci/run` calls `all` and nothing else of its own, so that what fails there fails here first.

mod deny;
mod docs;
mod layers;

use crate::process::{self, cargo};
use anyhow::bail;
use clap::ValueEnum;
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub(crate) struct Args {
    check: Choice,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The formatting is rustfmt's.
    Fmt,
    /// No lint of the workspace fires, in any target.
    Clippy,
    /// The documentation builds, its links resolve, and each security property names a test that exists.
    Docs,
    /// Licences, banned crates and sources of everything we depend on.
    Deny,
    /// Crates and modules depend in one direction only, and files stay small.
    Layers,
    /// The generated Kotlin, Swift and Python are those of the present code.
    Bindings,
    /// Core and bindings type-check for phones (Debian; not part of `all`).
    Targets,
    /// The arm64 Android library keeps below its ceiling (Debian; not part of `all`).
    Size,
    /// Sealing and hashing use the vector and hash instructions of arm64 (Debian; not part of `all`).
    Arm64,
    /// Every check of the code itself, with a summary.
    All,
}

/// The quick ones first.
const ORDER: [Choice; 6] =
    [Choice::Fmt, Choice::Layers, Choice::Docs, Choice::Clippy, Choice::Deny, Choice::Bindings];

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = process::root()?;
    if args.check != Choice::All {
        return check(args.check, &root);
    }
    let mut summary = Vec::new();
    let mut failed = 0;
    for choice in ORDER {
        println!("\n== {}", name(choice));
        let (result, took) = timed(|| check(choice, &root));
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        summary.push(format!("{:<8} {verdict:<7} {:>4} s", name(choice), took.as_secs()));
        if let Err(error) = result {
            println!("{error:#}");
            failed += 1;
        }
    }
    println!("\n== summary\n{}", summary.join("\n"));
    if failed > 0 {
        bail!("{failed} of {} checks failed", ORDER.len());
    }
    Ok(())
}

fn check(choice: Choice, root: &Path) -> anyhow::Result<()> {
    match choice {
        Choice::Fmt => process::run(cargo(root).args(["fmt", "--all", "--check"])),
        Choice::Clippy => {
            process::run(cargo(root).args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
        }
        Choice::Docs => docs::run(root),
        Choice::Deny => deny::run(root),
        Choice::Layers => layers::run(root),
        Choice::Bindings => verdict(&crate::bindings::stale(root)?),
        Choice::Targets => crate::phones::targets(root),
        Choice::Size => crate::phones::size(root),
        Choice::Arm64 => crate::arm64::check(root),
        Choice::All => bail!("`all` is a list of checks, not one of them"),
    }
}

fn name(choice: Choice) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a stopwatch at the program's edge")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// One thing that is wrong, with the place where it is put right.
type Finding = String;

fn verdict(findings: &[Finding]) -> anyhow::Result<()> {
    for finding in findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!(
            "{} found",
            if findings.len() == 1 { "1 problem".into() } else { format!("{} problems", findings.len()) }
        );
    }
    Ok(())
}
