//! Somebody who reads a page and types what it says.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use gauze_tests::port::free_port;
use gauze_tests::programs::program;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::page::blocks;

/// No command of the pages takes so long.
const LONG: Duration = Duration::from_secs(120);

/// An empty directory, what runs in it, and what stands for the words in capitals.
pub struct Reader {
    dir: TempDir,
    pub port: String,
    words: Vec<(&'static str, String)>,
    running: Vec<(String, Child)>,
}

/// What a command said, and whether it succeeded.
pub struct Told {
    pub out: String,
    pub err: String,
    pub well: bool,
}

impl Reader {
    pub fn new() -> Self {
        Self::in_home(tempfile::tempdir().unwrap(), free_port().unwrap())
    }

    /// One who types in a directory that has something in it already, of a gateway at this port.
    pub fn in_home(dir: TempDir, port: u16) -> Self {
        Self { dir, port: port.to_string(), words: Vec::new(), running: Vec::new() }
    }

    pub fn home(&self) -> &Path {
        self.dir.path()
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.home().join(path)
    }

    /// From now on `word` in a command is `value`.
    pub fn means(&mut self, word: &'static str, value: impl Into<String>) {
        self.words.retain(|(known, _)| *known != word);
        self.words.push((word, value.into()));
    }

    /// Types all commands under a heading of a page; what the last of them said. Blocks that want what is not here are left out.
    pub async fn follows(&mut self, page: &str, heading: &str) -> String {
        let blocks = blocks(page).into_iter().filter(|block| block.heading == heading);
        let lines: Vec<_> =
            blocks.filter(|block| !block.is_elsewhere()).flat_map(|block| block.lines).collect();
        assert!(!lines.is_empty(), "{page} has commands under {heading}");
        let mut last = String::new();
        for line in lines {
            last = self.types(&line).await;
        }
        last
    }

    /// Types one line, which has to succeed; what is to go on runs in the background once it says that it is ready.
    pub async fn types(&mut self, line: &str) -> String {
        let serves =
            [" serve ", " console "].iter().any(|word| line.contains(word)) && !line.contains("--check");
        if serves {
            return self.starts(line).await;
        }
        let told = self.tries(line).await;
        assert!(told.well, "{line}\n{}{}", told.out, told.err);
        told.out
    }

    /// Types a line until what it says has `word`: something else has to happen first.
    pub async fn awaits(&mut self, line: &str, word: &str) -> String {
        for _ in 0..1200 {
            let told = self.tries(line).await;
            if told.well && told.out.contains(word) {
                return told.out;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{line} never says {word}");
    }

    pub async fn tries(&self, line: &str) -> Told {
        let ended = timeout(LONG, self.shell(&self.meant(line)).kill_on_drop(true).output()).await;
        let ended = ended.unwrap_or_else(|_| panic!("{line} never ends")).unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Told { out: text(&ended.stdout), err: text(&ended.stderr), well: ended.status.success() }
    }

    async fn starts(&mut self, line: &str) -> String {
        let meant = self.meant(line.split(" # ").next().unwrap_or(line).trim().trim_end_matches('&'));
        let log = self.at(&format!("{}.log", self.running.len()));
        let mut shell = self.shell(&format!("exec {meant}"));
        shell.stdout(Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
        let mut child = shell.kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = timeout(LONG, lines.next_line()).await;
        let told = || std::fs::read_to_string(&log).unwrap_or_default();
        let ready = ready.unwrap_or_else(|_| panic!("{meant} says nothing: {}", told())).unwrap();
        // Read on, so that it never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.running.push((line.to_owned(), child));
        ready.unwrap_or_else(|| panic!("{meant} ended at once: {}", told()))
    }

    /// Ends what was started by a line that holds `word`.
    pub async fn stops(&mut self, word: &str) {
        for (line, mut child) in std::mem::take(&mut self.running) {
            if line.contains(word) {
                child.kill().await.unwrap();
            } else {
                self.running.push((line, child));
            }
        }
    }

    /// What the servers that were started logged.
    pub fn logs(&self) -> String {
        let logs = (0..).map_while(|n| std::fs::read_to_string(self.at(&format!("{n}.log"))).ok());
        logs.collect()
    }

    fn shell(&self, line: &str) -> Command {
        let programs = program("gauze-gateway").unwrap();
        let before = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("bash");
        shell.args(["-c", line]).current_dir(self.home()).stdin(Stdio::null()).stderr(Stdio::piped());
        shell.env("PATH", format!("{}:{before}", programs.parent().unwrap().display()));
        shell
    }

    /// A line as it is typed here.
    pub fn meant(&self, line: &str) -> String {
        let mut line = line
            .replace("https://gauze.example.org", &format!("https://localhost:{}", self.port))
            .replace("gauze.example.org", "localhost")
            .replace("0.0.0.0:443", &format!("127.0.0.1:{}", self.port))
            .replace("8443", &self.port);
        if line.starts_with("gauze-gateway console") {
            // The page's own port may be another's on this machine.
            line = line.replace("gauze-gateway console", "gauze-gateway console --listen 127.0.0.1:0");
        }
        for (word, value) in &self.words {
            line = line.replace(word, value);
        }
        line
    }

    /// Changes a JSON file as a page tells in words.
    pub fn edits(&self, file: &str, change: impl FnOnce(&mut Value)) {
        let path = self.at(file);
        let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut value);
        self.writes(file, &format!("{value:#}\n"));
    }

    pub fn writes(&self, file: &str, text: &str) {
        gauze_tests::hospital::write(&self.at(file), text).unwrap();
    }
}
