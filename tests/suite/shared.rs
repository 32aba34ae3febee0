//! Independent test data beside the project, and tools that may be missing.

use std::path::{Path, PathBuf};

use gauze_tests::skipped::skipped;

/// The shared data directory, or `None` after saying so.
pub fn data(sub: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let root = std::env::var_os("GAUZE_SHARED_DATA").map_or(beside, PathBuf::from);
    let dir = root.join(sub);
    if dir.is_dir() {
        return Some(dir);
    }
    skipped("shared data not found");
    None
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A program that `cargo xtask test` found or installed, by the variable that names it; `None` after saying so.
pub fn named(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    if found.is_none() {
        skipped(&format!("{variable} not set by cargo xtask test"));
    }
    found
}

/// A tool that `cargo xtask test` installs, or one on the path; `None` after saying so.
pub fn tool(name: &str, installed: &str) -> Option<PathBuf> {
    let ours = std::env::var_os("GAUZE_TOOLS").map(|dir| PathBuf::from(dir).join(installed));
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).map(|dir| dir.join(name)).collect::<Vec<_>>());
    let found = ours.filter(|_| !installed.is_empty()).into_iter().chain(on_path).find(|path| path.exists());
    if found.is_none() {
        skipped(&format!("{name} not found"));
    }
    found
}
