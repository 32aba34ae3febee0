//! Starting other programs, always from the root of the repository.

use anyhow::{Context, bail};
use std::env;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

/// So long may a download take; beyond that its other end hangs.
const FETCHED_WITHIN: Duration = Duration::from_secs(30 * 60);
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// The directory that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let root = manifest.parent().context("xtask lies in the repository's root")?;
    Ok(root.to_path_buf())
}

/// The cargo that started us, so that the toolchain stays the same.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).stdin(Stdio::null());
    unlike_under_cargo(&mut command);
    command
}

/// Takes away what the cargo that runs us says of *our* package: build scripts that look at it would run anew.
pub(crate) fn unlike_under_cargo(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs with the output passed through; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = describe(command);
    println!("$ {name}");
    let status = command.status().with_context(|| format!("could not start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed: {status}");
    }
    Ok(())
}

/// Runs with the output kept; its last lines become the error if it fails.
pub(crate) fn quiet(command: &mut Command) -> anyhow::Result<String> {
    let name = describe(command);
    // A backtrace would push what went wrong out of the last lines.
    let output = command
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start `{name}`"))?;
    said(&name, &output)
}

/// As [`quiet`], for what fetches something: ended where its other end never does.
pub(crate) fn fetch(command: &mut Command) -> anyhow::Result<String> {
    fetch_within(command, FETCHED_WITHIN)
}

fn fetch_within(command: &mut Command, limit: Duration) -> anyhow::Result<String> {
    let name = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start `{name}`"))?;
    let (stdout, stderr) = (drained(child.stdout.take()), drained(child.stderr.take()));
    let mut waited = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if waited > limit {
            child.kill()?;
            child.wait()?;
            let limit = limit.as_secs().div_ceil(60);
            bail!(
                "`{name}` was not done after {limit} minutes: look at the network, and at whether this machine is busy"
            );
        }
        thread::sleep(LOOKS_EVERY);
        waited += LOOKS_EVERY;
    };
    let text = |read: thread::JoinHandle<Vec<u8>>| read.join().unwrap_or_default();
    said(&name, &Output { status, stdout: text(stdout), stderr: text(stderr) })
}

/// Reads to the end beside us, so that the program never waits for somebody who reads.
fn drained(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before it broke off is what there is to say.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        bytes
    })
}

fn said(name: &str, output: &Output) -> anyhow::Result<String> {
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(5)..].join("\n  ");
        bail!("`{name}` failed: {}\n  {tail}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where `PATH` has a program of this name.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(file: &Path) -> anyhow::Result<String> {
    let mut command = match on_path("sha256sum") {
        Some(program) => Command::new(program),
        None => Command::new("shasum"),
    };
    if command.get_program() == "shasum" {
        command.args(["-a", "256"]);
    }
    let said = quiet(command.arg(file))?;
    Ok(said.split_whitespace().next().unwrap_or_default().to_owned())
}

/// Whoever makes something in this directory is alone for as long as the value lives; another run waits for it.
pub(crate) fn alone(dir: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(dir)?;
    let lock = File::create(dir.join("lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// Ours in the user's cache: what is large and outlives a working tree.
pub(crate) fn cache() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("gauze"))
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Writes a file of the working tree, which git can bring back.
#[expect(clippy::disallowed_methods, reason = "a working tree need not survive a power cut")]
pub(crate) fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_for_too_long_is_ended_and_says_what_to_look_at() {
        let mut hangs = Command::new("sleep");
        let error = fetch_within(hangs.arg("60"), Duration::from_millis(200)).err().unwrap().to_string();
        assert!(error.contains("sleep 60") && error.contains("look at the network"), "{error}");
        assert!(
            fetch_within(Command::new("echo").arg("come"), FETCHED_WITHIN)
                .is_ok_and(|said| said.contains("come"))
        );
    }
}
