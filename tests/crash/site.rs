//! A hospital with real programs, and one phone whose directory tests hurt.

use std::collections::BTreeMap;
use std::path::Path;

use gauze_core::{CaptureContext, Client};
use gauze_seal::age::{Identity, Unwrap, parse_identity_file};
use gauze_seal::{PhotoOpener, open_photo};
use gauze_tests::hospital::{Hospital, build, write};
use gauze_tests::nobody::record;
use gauze_tests::pictures::picture;
use gauze_tests::programs::{Ended, Server, attempt, run};
use gauze_tests::simulated;
use gauze_wire::Record;
use serde_json::Value;
use tempfile::TempDir;

/// The hospital.
pub struct Site {
    pub hospital: Hospital,
    gateway: Option<Server>,
    /// Opens what phones seal.
    identities: Vec<Identity>,
    _home: TempDir,
}

impl Site {
    /// Makes a hospital whose gateway runs, with one phone and four pictures. The records side pulls when told.
    pub async fn new() -> Self {
        Self::at(tempfile::Builder::new().prefix("gauze-crash-").tempdir().unwrap()).await
    }

    /// Makes it in a directory that may hold something already.
    pub async fn at(home: TempDir) -> Self {
        let hospital = build(home.path(), "pq").await.unwrap();
        let gateway = hospital.start_gateway().await.unwrap();
        let enrol = ["enrol", "--data", "phone", "--config", "managed.json"];
        run("gauze-phone", &enrol, home.path()).await.unwrap();
        write(&home.path().join("record.json"), &record().to_string()).unwrap();
        for n in 0..4 {
            let file = std::fs::File::create(home.path().join(format!("{n}.jpg")));
            std::io::Write::write_all(&mut file.unwrap(), &picture(n, 640, 480).unwrap()).unwrap();
        }
        let text = std::fs::read_to_string(hospital.identity()).unwrap();
        let identities = parse_identity_file(&text).unwrap();
        Self { hospital, gateway: Some(gateway), identities, _home: home }
    }

    /// The gateway's process.
    pub async fn gateway_pid(&self) -> u32 {
        self.gateway.as_ref().unwrap().id().await.unwrap()
    }

    /// Has the hospital sign what people choose from; the gateway serves it from its next start.
    pub async fn lists(&mut self, lists: Value) {
        self.stop().await;
        self.hospital.set_policy(|policy| policy["lists"] = lists).await.unwrap();
        self.gateway = Some(self.hospital.start_gateway().await.unwrap());
    }

    /// Ends the gateway.
    pub async fn stop(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop().await;
        }
    }

    pub fn home(&self) -> &Path {
        self.hospital.home()
    }

    /// The bytes of a picture.
    pub fn picture(&self, n: usize) -> Vec<u8> {
        std::fs::read(self.home().join(format!("{n}.jpg"))).unwrap()
    }

    /// Runs a command of the phone.
    pub async fn phone(&self, arguments: &[&str]) -> Ended {
        attempt("gauze-phone", &phone_arguments(arguments), self.home()).await.unwrap()
    }

    /// Opens the phone in this process.
    pub fn open(&self) -> Client {
        // Programs that other tests start hold a copy of our lock for the moment between their fork and their exec.
        for _ in 0..100_000 {
            match simulated::open(&self.hospital.phone_dir()) {
                Err(error) if error.code() == "store_busy" => std::thread::yield_now(),
                other => return other.unwrap(),
            }
        }
        panic!("somebody else has the phone open");
    }

    /// Captures two photos in this process; their names.
    pub fn capture_two(&self) -> [String; 2] {
        let phone = self.open();
        [0, 1].map(|n| {
            phone.capture(&self.picture(n), CaptureContext::default()).unwrap().capture_id.to_string()
        })
    }

    /// One pull of the records side.
    pub async fn pull(&self) {
        run("gauze-records", &pull_arguments(&self.hospital.url()), self.home()).await.unwrap();
    }

    /// Runs the queue until nothing waits to be sent.
    pub async fn upload(&self) {
        let ended = self.phone(&["upload", "--retry", "60"]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }

    /// Runs the queue until the phone holds nothing any more.
    pub async fn deliver(&self) {
        for _ in 0..2 {
            self.upload().await;
            self.pull().await;
        }
        assert_eq!(self.phone(&["list", "--json"]).await.stdout.trim(), "[]");
    }

    /// What the records side has: how often, and how it stands with each.
    pub async fn listed(&self) -> BTreeMap<String, Vec<String>> {
        let mut listed = BTreeMap::<_, Vec<_>>::new();
        for row in self.rows(&[]).await {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            listed.entry(text("capture_id")).or_default().push(text("status"));
        }
        listed
    }

    /// The names of the reports that the records side has of phones that it believes.
    pub async fn reported(&self) -> Vec<String> {
        let believed = |row: Value| {
            assert!(row["believed"] == true, "{row}");
            row["report_id"].as_str().unwrap().to_owned()
        };
        self.rows(&["--reports"]).await.into_iter().map(believed).collect()
    }

    async fn rows(&self, of: &[&str]) -> Vec<Value> {
        let list = [&["list", "--data", "records", "--json"], of].concat();
        serde_json::from_str(&run("gauze-records", &list, self.home()).await.unwrap()).unwrap()
    }

    /// That each is at the records side once, filed, and that the log has one entry for each photo, report and phone.
    pub async fn all_filed_once(&self, ids: &[String]) {
        let listed = self.listed().await;
        for id in ids {
            assert_eq!(listed.get(id).map(Vec::as_slice), Some(&["filed".to_owned()][..]), "{id}");
        }
        let phones = self.rows(&["--devices"]).await.len();
        let reports = self.reported().await.len();
        let entries = phones + reports + listed.values().map(Vec::len).sum::<usize>();
        assert_eq!(self.hospital.verified_log().await.unwrap(), entries as u64, "no entry came twice");
    }

    /// Opens a photo as the hospital would; its picture.
    pub fn opened(&self, sealed: &Path) -> Option<Vec<u8>> {
        let identities: Vec<&dyn Unwrap> = self.identities.iter().map(|one| one as &dyn Unwrap).collect();
        let sealed = std::fs::read(sealed).ok()?;
        let opened = open_photo(PhotoOpener::new(&identities), &sealed).ok()?;
        let record = Record::from_bytes(&opened.record).ok()?;
        opened.picture(&record.photo_sha256.0, record.photo_size).ok().map(<[u8]>::to_vec)
    }

    /// That every photo that `phone` in `dir` lists is whole, and that the `ticked` ones are there.
    pub fn shows_whole_photos(&self, phone: &Client, dir: &Path, ticked: &[String], what: &str) {
        let listed = phone.list().unwrap();
        for photo in &listed {
            let sealed = dir.join("outbox").join(photo.capture_id.to_string()).join("photo.age");
            assert!(self.opened(&sealed).is_some(), "{what}: {} does not open", photo.capture_id);
        }
        for id in ticked {
            assert!(listed.iter().any(|photo| photo.capture_id.to_string() == *id), "{what}: {id} is gone");
        }
        assert_eq!(phone.status().quarantined, 0, "{what}");
    }
}

/// A pull as a command.
pub fn pull_arguments(url: &str) -> [&str; 9] {
    ["pull", "--data", "records", "--gateway", url, "--ca", "tls/ca.pem", "--keys", "keys"]
}

/// A command of the phone with where it is.
pub fn phone_arguments<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--data", "phone"], arguments].concat()
}

/// The names at the beginning of the lines that `capture` printed.
pub fn ticked(stdout: &str) -> Vec<String> {
    // A line that a kill cut off was not shown.
    let whole = stdout.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(|line| line.split_once(' ')).map(|(id, _)| id.to_owned()).collect()
}
