//! A phone's process that stays and does what it is told. Its vault is in this process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use gauze_core::adapters::{SoftwareVault, SystemEntropy};
use gauze_tests::hospital::write;
use gauze_tests::programs::{program, run};
use gauze_tests::remote_vault::serve;
use serde_json::Value;

use crate::site::Site;

pub struct Specimen {
    child: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
}

impl Specimen {
    /// Starts one with its files in `data` and its keys in `vault`, and enrols it.
    pub async fn enrolled(site: &Site, data: &Path, vault: &Path) -> Self {
        let socket = vault.with_extension("socket");
        let keys = SoftwareVault::new(vault.to_owned(), Arc::new(SystemEntropy));
        serve(keys, UnixListener::bind(&socket).unwrap());
        let mut specimen = Self::start(data, &socket);
        specimen.told(&format!("enrol {}", invite(site).await));
        specimen
    }

    fn start(data: &Path, socket: &Path) -> Self {
        let mut child = Command::new(program("gauze-specimen").unwrap())
            .arg("--data")
            .arg(data)
            .arg("--vault")
            .arg(socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, hear) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut specimen = Self { child, tell, hear };
        assert_eq!(specimen.answer(), "open");
        specimen
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.hear.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What it answers, which may be that it failed.
    pub fn asked(&mut self, command: &str) -> String {
        writeln!(self.tell, "{command}").unwrap();
        self.answer()
    }

    /// What it answers; it must not fail.
    pub fn told(&mut self, command: &str) -> String {
        let answer = self.asked(command);
        assert!(!answer.is_empty() && !answer.starts_with("failed"), "{command}: {answer}");
        answer
    }
}

impl Drop for Specimen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A second configuration with a token of its own.
async fn invite(site: &Site) -> String {
    let token = ["token", "--keys", "keys", "--out", "token-2.jws"];
    run("gauze-records", &token, site.home()).await.unwrap();
    let read = |name: &str| std::fs::read_to_string(site.home().join(name)).unwrap();
    let mut managed: Value = serde_json::from_str(&read("managed.json")).unwrap();
    managed["token"] = read("token-2.jws").trim().into();
    let path = site.home().join("managed-2.json");
    write(&path, &managed.to_string()).unwrap();
    path.display().to_string()
}
