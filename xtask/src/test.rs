//! `cargo xtask test`: every test, with the tools of other makers that can be had on this machine.
//!
//! A test whose tool is missing prints that it skipped; the last lines here say which tools those were.

use crate::bindings;
use crate::process::{cargo, on_path, root, run as start};
use crate::tools;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Install nothing; use the tools that are there.
    #[arg(long)]
    no_install: bool,
    /// Passed on to `cargo test`, for example `-p gauze-seal` or a test's name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = root()?;
    let dir = tools::dir(&root);
    if !args.no_install {
        tools::install_interop(&dir);
    }
    // Tests start the servers and the simulated phone as programs of their own.
    start(cargo(&root).args(["build", "--workspace", "--bins"]))?;
    let library = bindings::build(&root)?;
    let mut test = cargo(&root);
    test.env("GAUZE_TOOLS", &dir).env("GAUZE_LIBRARY", &library).env("GAUZE_PYTHON", tools::python(&dir));
    test.envs(on_path("mvn").map(|maven| ("GAUZE_MAVEN", maven))).arg("test");
    if !args.rest.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
        test.arg("--workspace");
    }
    let tested = start(test.args(&args.rest));
    report(&tools::interop(&dir));
    tested
}

fn report(tools: &[tools::Tool]) {
    let missing: Vec<_> = tools.iter().filter(|tool| !tool.present).collect();
    let present: Vec<_> = tools.iter().filter(|tool| tool.present).map(|tool| tool.name).collect();
    println!();
    if !present.is_empty() {
        println!("interoperation tested against: {}", present.join(", "));
    }
    for tool in &missing {
        println!("skipped: {} not found: {}; to have it: {}", tool.name, tool.proves, tool.install);
    }
    if missing.is_empty() {
        println!("nothing was skipped for want of a tool");
    }
}
