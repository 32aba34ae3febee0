//! `cargo xtask demo`: builds the programs and runs the main job, where the caller stands.

use crate::process::{cargo, root, run as start};
use crate::{keycloak, tools};
use anyhow::Context;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, iter};

#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// `[--photos DIR] [--out DIR] [--recipients pq|classical] [--identity own|keycloak] [--once]`; `--help` explains them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// The demo's own exit status: 0 if photos arrived and none failed, 1 if not, 2 for wrong usage.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let root = root()?;
    let programs = ["gauze-demo", "gauze-gateway", "gauze-phone", "gauze-records"];
    println!(
        "building {}: six to seven minutes on two cores the first time, seconds after that",
        programs.join(", ")
    );
    let packages = ["gauze-tests", "gauze-gateway", "gauze-records"];
    let named =
        packages.iter().flat_map(|name| ["-p", name]).chain(programs.iter().flat_map(|name| ["--bin", name]));
    start(cargo(&root).arg("build").args(named))?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let program: PathBuf = target.join("debug").join("gauze-demo");
    let name = program.display().to_string();
    println!(
        "$ {}",
        iter::once(name.as_str()).chain(args.rest.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    );
    if args.rest.iter().any(|arg| arg.ends_with("keycloak")) {
        tools::install_keycloak();
    }
    // Not from the root: directories are named from where the caller stands.
    let status = Command::new(&program)
        .args(&args.rest)
        .envs(keycloak::home().map(|keycloak| ("GAUZE_KEYCLOAK", keycloak)))
        .status()
        .with_context(|| format!("could not start {name}"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
