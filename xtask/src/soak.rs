//! `cargo xtask soak NAME`: the tests that try to break it, at their full size.
//!
//! The same tests run in `cargo xtask test`, small. Here they find `GAUZE_SOAK=1` in their environment, are compiled
//! with optimisation, and take minutes to hours.

use crate::bindings::FEATURES;
use crate::fuzz;
use crate::process::{cargo, quiet, root, run as start};
use crate::tools;
use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;

/// One soak: which tests across crates it runs, and what they try.
struct Soak {
    name: &'static str,
    suite: &'static str,
    /// As `cargo test` takes it: part of the tests' paths; empty is all of them.
    filter: &'static str,
    tries: &'static str,
}

const fn soak(name: &'static str, suite: &'static str, filter: &'static str, tries: &'static str) -> Soak {
    Soak { name, suite, filter, tries }
}

const SOAKS: &[Soak] = &[
    soak(
        "kill",
        "crash",
        "kill::",
        "the phone killed as a thread makes a call that changes a file for the nth time, and at 500 random moments",
    ),
    soak(
        "power",
        "crash",
        "power::",
        "a power cut behind each write and sync of phone, gateway and records side",
    ),
    soak(
        "clear",
        "crash",
        "clear::",
        "clear text in anything that is written, and in a locked phone's memory",
    ),
    soak(
        "view",
        "crash",
        "view::",
        "the real pages killed at each call of the access log's thread, and a power cut behind each of its writes",
    ),
    soak("sick", "crash", "sick::", "full and read-only disks, permissions lost, no file descriptors"),
    soak(
        "mutations",
        "attest",
        "mutations::",
        "120,000 changed chains and objects against the attestation verifiers",
    ),
    soak(
        "mark",
        "suite",
        "mark::",
        "hundreds of marked pictures through each distortion, and 40,000 that were shown to nobody",
    ),
    soak(
        "network",
        "simulation",
        "seeds::",
        "thousands of runs of phone, network, gateway, records side and its people, each drawn from a seed",
    ),
    soak(
        "parsers",
        "simulation",
        "fuzzed::",
        "more than a million changed inputs against the fuzz targets, without libFuzzer",
    ),
    soak(
        "tampering",
        "simulation",
        "tampering::",
        "the phone's and the servers' files, each message and the gateway's rows changed at many places: flipped, cut, doubled, reordered",
    ),
    soak(
        "load",
        "suite",
        "load::",
        "a thousand phones on one gateway for ten minutes, with cuts and two restarts",
    ),
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which one, or `all`.
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// Say which there are.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    fuzz: fuzz::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let chosen = match &args.name {
        Some(name) if !args.list => choose(name)?,
        Some(_) | None => {
            SOAKS.iter().for_each(|soak| println!("{:<12} {}", soak.name, soak.tries));
            println!("{:<12} {}", fuzz::NAME, fuzz::TRIES);
            return Ok(());
        }
    };
    let root = root()?;
    if chosen.is_empty() {
        return fuzz::run(&root, &args.fuzz);
    }
    let tools = tools::dir(&root);
    tools::install(&tools, &root, &["soak"]);
    // Tests start the servers and the simulated phone as programs of their own; built with the tests, both are compiled
    // with the same features, once.
    start(
        cargo(&root)
            .args(["build", "--profile=soak", "--workspace", "--lib", "--bins", "--tests"])
            .args(FEATURES),
    )?;
    let mut failed: Vec<&str> =
        chosen.iter().filter(|soak| tell(soak.run(&root, &tools))).map(|soak| soak.name).collect();
    if chosen.len() == SOAKS.len() && tell(fuzz::run(&root, &args.fuzz)) {
        failed.push(fuzz::NAME);
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// Whether it failed; the others still run.
fn tell(result: anyhow::Result<()>) -> bool {
    if let Err(error) = &result {
        println!("{error:#}");
    }
    result.is_err()
}

/// The soaks that are tests; none where it is the fuzzing alone.
fn choose(name: &str) -> anyhow::Result<Vec<&'static Soak>> {
    if name == fuzz::NAME {
        return Ok(Vec::new());
    }
    let chosen: Vec<_> = SOAKS.iter().filter(|soak| name == "all" || soak.name == name).collect();
    let names = || SOAKS.iter().map(|soak| soak.name).collect::<Vec<_>>().join(", ");
    ensure!(!chosen.is_empty(), "there is no soak {name}; there are: {}, {}, all", names(), fuzz::NAME);
    Ok(chosen)
}

impl Soak {
    fn run(&self, root: &Path, tools: &Path) -> anyhow::Result<()> {
        // A filter that fits nothing would pass.
        let listed = quiet(self.test(root, tools).arg("--list"))?;
        ensure!(listed.lines().any(|line| line.ends_with(": test")), "{} runs no test", self.name);
        // One after the other: each may use the machine as its own.
        start(self.test(root, tools).args(["--nocapture", "--test-threads=1"])).context(self.name)
    }

    fn test(&self, root: &Path, tools: &Path) -> Command {
        let mut test = cargo(root);
        test.env("GAUZE_SOAK", "1").env("GAUZE_TOOLS", tools);
        test.args(["test", "--profile=soak", "--workspace", "--test", self.suite]).args(FEATURES);
        test.args([self.filter, "--"]);
        test
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_soak_has_its_own_name_and_none_is_called_all() {
        for soak in SOAKS {
            assert_eq!(choose(soak.name).map(|chosen| chosen.len()).ok(), Some(1), "{}", soak.name);
            assert_ne!(soak.name, "all");
        }
        assert_eq!(choose("all").map(|chosen| chosen.len()).ok(), Some(SOAKS.len()));
    }

    #[test]
    fn an_unknown_soak_is_refused_and_the_known_are_named() {
        let error = choose("none-such").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("none-such") && error.contains(SOAKS[0].name), "{error}");
    }
}
