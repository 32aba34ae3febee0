//! Gauze's own programs as child processes.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// Where the programs are: beside this one, or above it where this is a test.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let beside = here.with_file_name(name);
    let above = here.parent().and_then(Path::parent).map(|dir| dir.join(name));
    let found = [Some(beside), above].into_iter().flatten().find(|path| path.is_file());
    found.with_context(|| format!("{name} is missing: build the workspace first (cargo build --workspace)"))
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit status; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs one command to its end.
pub async fn attempt(name: &str, arguments: &[&str], dir: &Path) -> anyhow::Result<Ended> {
    let output = Command::new(program(name)?)
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    Ok(Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs one command that must succeed; its standard output.
pub async fn run(name: &str, arguments: &[&str], dir: &Path) -> anyhow::Result<String> {
    let ended = attempt(name, arguments, dir).await?;
    if ended.code != Some(0) {
        bail!("{name} {}: {}", arguments.first().unwrap_or(&""), ended.stderr.trim());
    }
    Ok(ended.stdout)
}

/// What a server's environment has beside this one's.
pub type Variables = Vec<(&'static str, PathBuf)>;

/// How a server is started, each time.
struct Start {
    name: &'static str,
    arguments: Vec<String>,
    dir: PathBuf,
    variables: Variables,
}

/// A server that is started again when it dies.
pub struct Server {
    name: &'static str,
    stopping: Arc<AtomicBool>,
    keeper: JoinHandle<()>,
    child: Arc<tokio::sync::Mutex<Option<Child>>>,
}

impl Server {
    /// Starts it and waits until it says on standard output that it is ready.
    pub async fn start(name: &'static str, arguments: Vec<String>, dir: PathBuf) -> anyhow::Result<Self> {
        Self::start_with(name, arguments, dir, Vec::new()).await
    }

    /// The same, with `variables` in its environment.
    pub async fn start_with(
        name: &'static str,
        arguments: Vec<String>,
        dir: PathBuf,
        variables: Variables,
    ) -> anyhow::Result<Self> {
        let start = Start { name, arguments, dir, variables };
        let first = launch(&start).await?;
        let stopping = Arc::new(AtomicBool::new(false));
        let child = Arc::new(tokio::sync::Mutex::new(Some(first)));
        let keeper = tokio::spawn(keep(start, stopping.clone(), child.clone()));
        Ok(Self { name, stopping, keeper, child })
    }

    /// The process that runs now.
    pub async fn id(&self) -> Option<u32> {
        self.child.lock().await.as_ref().and_then(Child::id)
    }

    /// Kills it without warning; it is started again.
    pub async fn kill(&self) -> anyhow::Result<()> {
        if let Some(child) = self.child.lock().await.as_mut() {
            child.start_kill()?;
            child.wait().await?;
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(self) {
        self.stopping.store(true, Ordering::SeqCst);
        let id = self.id().await;
        if let Some(pid) = id.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // Already gone is as good.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let ended = tokio::time::timeout(Duration::from_secs(15), self.keeper).await;
        assert!(ended.is_ok(), "{} does not end though it was asked to", self.name);
    }
}

async fn keep(start: Start, stopping: Arc<AtomicBool>, slot: Arc<tokio::sync::Mutex<Option<Child>>>) {
    let name = start.name;
    loop {
        let ended = match slot.lock().await.as_mut() {
            Some(child) => child.try_wait(),
            None => return,
        };
        match ended {
            Ok(None) => tokio::time::sleep(Duration::from_millis(100)).await,
            Ok(Some(_)) | Err(_) if stopping.load(Ordering::SeqCst) => return,
            Ok(Some(_)) | Err(_) => {
                tracing::warn!("{name} ended; starting it again");
                match launch(&start).await {
                    Ok(child) => *slot.lock().await = Some(child),
                    Err(error) => {
                        tracing::warn!("{name} does not start: {error:#}; trying again");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        }
    }
}

async fn launch(start: &Start) -> anyhow::Result<Child> {
    let Start { name, arguments, dir, variables } = start;
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join(format!("{name}.log")))?;
    let mut child = Command::new(program(name)?)
        .args(arguments)
        .envs(variables.iter().map(|(variable, value)| (variable, value)))
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("a piped child has a standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    let ready = tokio::time::timeout(Duration::from_secs(20), lines.next_line()).await;
    match ready.context("it said nothing for 20 seconds")?? {
        Some(_) => {
            // Keep reading, so that it never blocks on a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            Ok(child)
        }
        None => {
            let told = std::fs::read_to_string(dir.join(format!("{name}.log"))).unwrap_or_default();
            bail!("it ended at once: {}", told.lines().last().unwrap_or("no message"))
        }
    }
}
