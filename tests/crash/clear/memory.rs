//! A phone's process is locked, and its memory read from outside. Its vault is in this process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use gauze_core::adapters::{SoftwareVault, SystemEntropy};
use gauze_tests::hospital::write;
use gauze_tests::programs::{program, run};
use gauze_tests::remote_vault::serve;
use gauze_tests::skipped::skipped;
use serde_json::Value;

use super::needles::Needles;
use super::review::secrets_of;
use crate::site::{Site, WORDS};

/// A phone's process that does what it is told.
struct Specimen {
    child: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
}

impl Specimen {
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

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.hear.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn told(&mut self, command: &str) -> String {
        writeln!(self.tell, "{command}").unwrap();
        let answer = self.answer();
        assert!(!answer.is_empty() && !answer.starts_with("failed"), "{command}: {answer}");
        answer
    }

    /// What of `needles` is anywhere in its memory, and where; `None` where memory may not be read.
    fn remembers(&self, needles: &Needles) -> Option<Vec<String>> {
        let proc = Path::new("/proc").join(self.child.id().to_string());
        let maps = std::fs::read_to_string(proc.join("maps")).ok()?;
        let memory = std::fs::File::open(proc.join("mem")).ok()?;
        let (mut found, mut read) = (Vec::new(), 0);
        for map in maps.lines() {
            let mut words = map.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            let Some((from, to)) = range.split_once('-') else { continue };
            let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
            // What it cannot write is the program and its libraries.
            if !rights.starts_with("rw") {
                continue;
            }
            let mut bytes = vec![0; usize::try_from(to - from).ok()?];
            if memory.read_exact_at(&mut bytes, from).is_err() {
                continue;
            }
            read += bytes.len();
            let place = words.nth(3).unwrap_or("heap or a thread's");
            found.extend(needles.found_in(&bytes).into_iter().map(|name| format!("{name} in {place}")));
        }
        (read > 1 << 20).then_some(found)
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

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_phones_memory_holds_no_photo_no_label_and_no_key_and_a_wiped_ones_no_store_key() {
    let mut site = Site::new().await;
    let (data, vault) = (site.home().join("specimen"), site.home().join("vault"));
    let socket = site.home().join("vault.socket");
    serve(SoftwareVault::new(vault.clone(), Arc::new(SystemEntropy)), UnixListener::bind(&socket).unwrap());
    let mut phone = Specimen::start(&data, &socket);
    phone.told(&format!("enrol {}", invite(&site).await));
    let home = site.home().display().to_string();
    let needles = || {
        let mut needles = Needles::default();
        secrets_of(&data, &vault, &mut needles);
        WORDS.iter().for_each(|word| needles.word(word, word.as_bytes()));
        (0..3).for_each(|n| needles.pixels_of("a photo", &site.picture(n)));
        needles
    };
    for n in 0..2 {
        // What comes after it would write over what it left on the stack.
        phone.told(&format!("take {home}/record.json {home}/{n}.jpg"));
        let Some(captured) = phone.remembers(&needles()) else {
            skipped("the memory of another process cannot be read here");
            return;
        };
        assert_eq!(captured, [""; 0], "after a capture");
    }
    phone.told(&format!("capture {home}/record.json {home}/2.jpg"));
    let mut needles = needles();
    assert_eq!(phone.remembers(&needles).unwrap(), [""; 0], "after capture and preview");

    phone.told(&format!("hold {home}/0.jpg"));
    phone.told("unlock");
    assert_eq!(phone.told("look"), "3 seen");
    let held = phone.remembers(&needles).unwrap();
    for what in ["a photo", "the review identity"] {
        assert!(held.iter().any(|found| found.starts_with(what)), "the search must find {what}: {held:?}");
    }
    phone.told("let-go");
    phone.told("lock");
    assert_eq!(phone.remembers(&needles).unwrap(), [""; 0], "locked");
    assert_eq!(phone.told("send"), "3 stored");
    assert_eq!(phone.remembers(&needles).unwrap(), [""; 0], "locked, and everything sent");

    needles.word("the store key", &std::fs::read(data.join("secrets/store.key")).unwrap());
    phone.told("unlock");
    let held = phone.remembers(&needles).unwrap();
    assert!(held.iter().any(|found| found.starts_with("the store key")), "the search must find it: {held:?}");
    phone.told("wipe");
    assert_eq!(phone.remembers(&needles).unwrap(), [""; 0], "wiped");
    drop(phone);
    site.stop().await;
}
