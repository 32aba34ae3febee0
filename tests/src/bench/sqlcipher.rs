//! A BLOB insert into SQLCipher with `synchronous=FULL`, timed by SQLCipher's own shell so that its start does not count.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

/// A raw key: no time goes into deriving it from a passphrase.
const KEY: &str = "abababababababababababababababababababababababababababababababab";

/// Milliseconds of one insert of `length` bytes into a new database in `dir`. The shell counts whole ones.
pub fn insert(shell: &Path, dir: &Path, length: usize) -> anyhow::Result<f64> {
    crate::capture::settle();
    let database = dir.join("photos.db");
    let script = format!(
        "PRAGMA key = \"x'{KEY}'\";
         PRAGMA synchronous = FULL;
         CREATE TABLE photos(photo BLOB);
         ATTACH ':memory:' AS memory KEY '';
         CREATE TABLE memory.camera AS SELECT randomblob({length}) AS photo;
         .timer on
         INSERT INTO photos SELECT photo FROM memory.camera;
         .timer off
         SELECT 'kept ' || length(photo) FROM photos;
        "
    );
    let mut child =
        Command::new(shell).arg(&database).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    // The shell knows its own commands at the start of a line only.
    let script: Vec<&str> = script.lines().map(str::trim_start).collect();
    child.stdin.take().context("a pipe")?.write_all(script.join("\n").as_bytes())?;
    let said = String::from_utf8(child.wait_with_output()?.stdout)?;
    ensure!(said.contains(&format!("kept {length}")), "sqlcipher said {said:?}");
    // In the clear it would begin with the format's name.
    ensure!(!fs::read(&database)?.starts_with(b"SQLite format 3"), "not encrypted");
    fs::remove_file(database)?;
    let seconds = said.split("real ").nth(1).and_then(|rest| rest.split_whitespace().next());
    Ok(seconds.context("no time")?.parse::<f64>()? * 1000.0)
}
