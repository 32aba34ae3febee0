//! `cargo xtask test`: every test, with the tools of other makers that can be had on this machine.
//!
//! What could not be tested is in the last lines here: the tools that are missing, and what else tests noted, in the file
//! that they find as `GAUZE_SKIPPED`. What a passing test prints, cargo keeps to itself.

use crate::bindings;
use crate::keycloak;
use crate::process::{cargo, on_path, replace, root, run as start};
use crate::swift;
use crate::tools::{self, Tool};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Install nothing; use the tools that are there.
    #[arg(long)]
    no_install: bool,
    /// Passed on to `cargo test`, for example `-p gauze-seal` or a test's name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

impl Args {
    /// The tests of one package whose names have `name` in them.
    pub(crate) fn of(package: &str, name: &str) -> Self {
        let rest = ["-p", package, name].map(str::to_owned).to_vec();
        Self { no_install: true, rest }
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = root()?;
    let dir = tools::dir(&root);
    let (named, suites) = (packages(&args.rest), suites(&args.rest));
    if named.is_empty() || named.contains(&OURS) {
        prepare((&root, &dir), &suites, args.no_install)?;
    }
    let notes = dir.with_file_name("skipped");
    replace(&notes, "")?;
    let mut test = cargo(&root);
    let library = bindings::target(&root).join("debug");
    test.env("GAUZE_TOOLS", &dir).env("GAUZE_LIBRARY", &library).env("GAUZE_PYTHON", tools::python(&dir));
    test.env("GAUZE_SKIPPED", &notes);
    test.envs(on_path("mvn").map(|maven| ("GAUZE_MAVEN", maven)));
    test.envs(keycloak::home().map(|keycloak| ("GAUZE_KEYCLOAK", keycloak)));
    test.envs(swift::root().map(|swift| ("GAUZE_SWIFT", swift))).arg("test");
    if named.is_empty() {
        test.arg("--workspace").args(bindings::FEATURES);
    }
    let tested = start(test.args(&args.rest));
    let mut tools = tools::interop(&dir);
    tools.retain(|tool| tools::is_used(tool.name, &suites));
    tools.push(tools::shared_data(&root));
    report(&tools, &std::fs::read_to_string(&notes).unwrap_or_default());
    tested
}

/// The package whose suites use tools and programs.
const OURS: &str = "gauze-tests";

/// The packages that these arguments of `cargo test` name.
fn packages(rest: &[String]) -> Vec<&str> {
    let own: Vec<&str> = rest.iter().map(String::as_str).take_while(|arg| *arg != "--").collect();
    let behind = own.windows(2).filter(|two| ["-p", "--package"].contains(&two[0])).map(|two| two[1]);
    let joined = own.iter().filter_map(|arg| arg.strip_prefix("--package=").or_else(|| short(arg)));
    behind.chain(joined).collect()
}

/// The package of `-pNAME`.
fn short(arg: &str) -> Option<&str> {
    arg.strip_prefix("-p").filter(|name| !name.is_empty())
}

/// The suites that these arguments of `cargo test` run: those that they name, or else all that may be meant.
fn suites(rest: &[String]) -> Vec<&str> {
    let own: Vec<&str> = rest.iter().map(String::as_str).take_while(|arg| *arg != "--").collect();
    let behind = own.windows(2).filter(|two| two[0] == "--test").map(|two| two[1]);
    let named: Vec<&str> = behind.chain(own.iter().filter_map(|arg| arg.strip_prefix("--test="))).collect();
    if !named.is_empty() && !named.iter().any(|name| name.contains(['*', '?', '['])) {
        return named;
    }
    let packages = packages(rest);
    let alone = !packages.is_empty() && packages.iter().all(|name| *name == OURS);
    let others = tools::OTHERS.iter().filter(|_| !alone);
    tools::OURS.iter().chain(others).copied().collect()
}

/// What these suites start and load: other makers' tools, every program, the library with its Python package.
fn prepare((root, dir): (&Path, &Path), suites: &[&str], no_install: bool) -> anyhow::Result<()> {
    if !no_install {
        tools::install(dir, root, suites);
    }
    if tools::is_used(tools::PROGRAMS, suites) {
        bindings::build(root)?;
    }
    Ok(())
}

fn report(tools: &[Tool], notes: &str) {
    let present: Vec<_> = tools.iter().filter(|tool| tool.present).map(|tool| tool.name).collect();
    println!();
    if !present.is_empty() {
        println!("interoperation tested against: {}", present.join(", "));
    }
    let skipped = skipped(tools, notes);
    skipped.iter().for_each(|line| println!("skipped: {line}"));
    if skipped.is_empty() {
        println!("nothing was skipped");
    }
}

/// What was not tested: for want of a tool, and what tests noted besides, each once.
fn skipped(tools: &[Tool], notes: &str) -> Vec<String> {
    let missing: Vec<_> = tools.iter().filter(|tool| !tool.present).collect();
    let told = |note: &str| missing.iter().any(|tool| note == format!("{} not found", tool.name));
    let noted: BTreeSet<_> = notes.lines().filter(|note| !told(note)).map(str::to_owned).collect();
    let explain =
        |tool: &&Tool| format!("{} not found: {}; to have it: {}", tool.name, tool.proves, tool.install);
    missing.iter().map(explain).chain(noted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(present: bool) -> Tool {
        Tool { name: "strace", present, proves: "crashes", install: "strace" }
    }

    #[test]
    fn what_tests_noted_is_told_once_and_a_missing_tool_with_how_to_have_it() {
        let notes = "no root\nstrace not found\nno root\n";
        assert_eq!(
            skipped(&[tool(false)], notes),
            ["strace not found: crashes; to have it: strace", "no root"]
        );
        assert_eq!(skipped(&[tool(true)], notes), ["no root", "strace not found"]);
        assert_eq!(skipped(&[tool(true)], ""), [""; 0]);
    }

    #[test]
    fn a_suite_that_is_named_gets_what_it_uses_and_all_of_them_get_everything() {
        let ward = &["-p", "gauze-tests", "--test", "ward", "review"][..];
        let filtered = &["-p", "gauze-tests", "bindings", "--", "--test", "ward"][..];
        for (rest, tool, used) in [
            (ward, "Swift", false),
            (ward, "Python", false),
            (ward, tools::PROGRAMS, false),
            (&["-p", "gauze-tests", "--test=crash"], "strace", true),
            (&["-p", "gauze-tests", "--test=crash"], "Keycloak", false),
            (&["-p", "gauze-tests", "--test", "crash", "--test", "suite"], "Keycloak", true),
            (&["-p", "gauze-tests", "--test", "s*"], "Swift", true),
            (&["-p", "gauze-tests"], tools::PROGRAMS, true),
            (&["-p", "gauze-tests"], "Chromium", false),
            (&["-p", "gauze-tests", "-p", "gauze-records"], "Chromium", true),
            (&["-pgauze-tests", "--package=gauze-records"], "Chromium", true),
            (&["--workspace", "--exclude", "gauze-tests"], "Chromium", true),
            (filtered, "Swift", true),
            (&["--no-fail-fast"], "Chromium", true),
            (&[], "sqlcipher", false),
        ] {
            let rest: Vec<String> = rest.iter().map(|&arg| arg.to_owned()).collect();
            assert_eq!(tools::is_used(tool, &suites(&rest)), used, "{rest:?}: {tool}");
        }
    }
}
