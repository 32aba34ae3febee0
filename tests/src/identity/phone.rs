//! Somebody signs in on the hospital's phone, by its command line.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::hospital::Hospital;
use crate::programs::program;

/// Signs in. `at_provider` takes the address that the phone's browser opens, and gives the one that it then comes back to. What the
/// phone says at the end.
///
/// # Errors
/// Where provider or phone refuse.
pub async fn sign_in(
    hospital: &Hospital,
    at_provider: impl AsyncFnOnce(&str) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let mut child = Command::new(program("gauze-phone")?)
        .arg("--data")
        .arg(hospital.phone_dir())
        .arg("sign-in")
        .current_dir(hospital.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("a piped child has a standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    let first = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
    let first = first.context("the phone says nothing for a minute")??.unwrap_or_default();
    if let Some(page) = first.strip_prefix("open") {
        let back = at_provider(page.trim()).await?;
        let mut stdin = child.stdin.take().context("a piped child has a standard input")?;
        stdin.write_all(format!("{back}\n").as_bytes()).await?;
    }
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        said = line;
    }
    let ended = child.wait_with_output().await?;
    ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr).trim());
    Ok(said)
}
