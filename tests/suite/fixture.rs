//! A hospital for one test, and a phone to drive by its command line.

use std::path::{Path, PathBuf};

use gauze_tests::hospital::{Hospital, Servers, build, write};
use gauze_tests::nobody::record;
use gauze_tests::pictures::picture;
use gauze_tests::programs::{Ended, attempt, run};
use serde_json::Value;
use tempfile::TempDir;

/// A hospital whose servers run and whose phone is enrolled.
pub struct Ward {
    pub hospital: Hospital,
    pub servers: Servers,
    _home: TempDir,
}

/// Makes a hospital and starts it.
pub async fn ward(recipients: &str) -> Ward {
    let (home, hospital) = closed_ward(recipients).await;
    let servers = hospital.start().await.unwrap();
    Ward { hospital, servers, _home: home }
}

/// Makes a hospital without starting anything.
pub async fn closed_ward(recipients: &str) -> (TempDir, Hospital) {
    let home = tempfile::Builder::new().prefix("gauze-suite-").tempdir().unwrap();
    let hospital = build(home.path(), recipients).await.unwrap();
    (home, hospital)
}

/// Writes `count` small pictures and returns their paths.
pub fn pictures(dir: &Path, count: u32) -> Vec<PathBuf> {
    (0..count)
        .map(|n| {
            let path = dir.join(format!("picture-{n}.jpg"));
            std::fs::File::create(&path)
                .and_then(|mut file| std::io::Write::write_all(&mut file, &picture(n, 320, 240).unwrap()))
                .unwrap();
            path
        })
        .collect()
}

impl Ward {
    /// Runs a phone command.
    pub async fn phone(&self, arguments: &[&str]) -> Ended {
        phone(&self.hospital, arguments).await
    }

    /// Captures pictures with a record; their ids.
    pub async fn capture(&self, files: &[PathBuf]) -> Vec<String> {
        write(&self.hospital.home().join("record.json"), &record().to_string()).unwrap();
        let mut arguments = vec!["capture", "--record", "record.json"];
        arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
        let ended = self.phone(&arguments).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        ended.stdout.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }

    /// Uploads until everything is filed.
    pub async fn deliver(&self) {
        let ended = self.phone(&["upload", "--retry", "60", "--wait", "60"]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }

    /// What the records side has.
    pub async fn listed(&self) -> Vec<Value> {
        listed(&self.hospital).await
    }
}

/// Runs a command of this hospital's phone.
pub async fn phone(hospital: &Hospital, arguments: &[&str]) -> Ended {
    let mut whole = vec!["--data", "phone"];
    whole.extend(arguments);
    attempt("gauze-phone", &whole, hospital.home()).await.unwrap()
}

/// What the records side of this hospital has.
pub async fn listed(hospital: &Hospital) -> Vec<Value> {
    let text = run("gauze-records", &["list", "--data", "records", "--json"], hospital.home()).await.unwrap();
    serde_json::from_str(&text).unwrap()
}

/// One pull.
pub async fn pull(hospital: &Hospital) -> Ended {
    let url = hospital.url();
    let arguments = ["pull", "--data", "records", "--gateway", &url, "--ca", "tls/ca.pem", "--keys", "keys"];
    attempt("gauze-records", &arguments, hospital.home()).await.unwrap()
}

/// The code before the colon of a one-line refusal.
pub fn code(ended: &Ended) -> &str {
    assert_eq!(ended.stderr.trim_end().lines().count(), 1, "one line: {}", ended.stderr);
    ended.stderr.split(':').next().unwrap_or_default()
}

/// Opens a filed photo as the records side does: `(record, photo)`.
pub async fn open(hospital: &Hospital, id: &str) -> (Value, Vec<u8>) {
    let sealed = sealed_path(hospital, id).await;
    let out = hospital.home().join(format!("opened-{id}"));
    let arguments = [
        "open",
        sealed.to_str().unwrap(),
        "--identity",
        "keys/tenant-identity.txt",
        "--out",
        out.to_str().unwrap(),
    ];
    run("gauze-records", &arguments, hospital.home()).await.unwrap();
    let record = std::fs::read(out.join(format!("{id}.record.json"))).unwrap();
    (serde_json::from_slice(&record).unwrap(), std::fs::read(out.join(format!("{id}.jpg"))).unwrap())
}

/// Where the records side keeps a filed photo.
pub async fn sealed_path(hospital: &Hospital, id: &str) -> PathBuf {
    let listed = listed(hospital).await;
    let found = listed.iter().find(|entry| entry["capture_id"] == id).expect("it is listed");
    assert_eq!(found["status"], "filed", "{found}");
    hospital.records_dir().join(found["path"].as_str().expect("a filed photo has a path"))
}
