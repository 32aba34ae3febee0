//! `ci deny`: licences, bans and sources of the whole dependency tree, by `deny.toml`.

use crate::{process, tools};
use std::path::Path;
use std::process::Command;

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let program = tools::cargo_deny(root)?;
    process::run(Command::new(program).current_dir(root).args([
        "--workspace",
        "--log-level",
        "warn",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))
}
