//! Kill anything at any moment and start it again: the photos arrive, each once.

use std::process::Stdio;
use std::time::Duration;

use gauze_tests::programs::program;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::fixture::{Ward, pictures, ward};

async fn all_arrived_once(ward: &Ward, ids: &[String]) {
    let listed = ward.listed().await;
    for id in ids {
        let found: Vec<_> = listed.iter().filter(|entry| entry["capture_id"] == id.as_str()).collect();
        assert_eq!(found.len(), 1, "{id}");
        assert_eq!(found[0]["status"], "filed", "{}", found[0]);
    }
    assert_eq!(ward.phone(&["list", "--json"]).await.stdout.trim(), "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_killed_between_uploads_lose_nothing() {
    let ward = ward("pq").await;
    let mut ids = Vec::new();
    let files = pictures(ward.hospital.home(), 6);
    for (n, pair) in files.chunks(2).enumerate() {
        ids.extend(ward.capture(pair).await);
        let (upload, killed) = tokio::join!(ward.phone(&["upload", "--retry", "60"]), async {
            if n % 2 == 0 { ward.servers.gateway.kill().await } else { ward.servers.records.kill().await }
        });
        killed.unwrap();
        assert_eq!(upload.code, Some(0), "{}", upload.stderr);
    }
    ward.deliver().await;
    all_arrived_once(&ward, &ids).await;
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_after_each_line_it_prints_loses_nothing() {
    let ward = ward("pq").await;
    let files = pictures(ward.hospital.home(), 6);
    let mut ticked = Vec::new();
    for (n, _) in files.iter().enumerate() {
        // Killed as soon as the n-th photo of the batch was ticked, in the middle of the next one.
        let mut phone = Command::new(program("gauze-phone").unwrap())
            .args(["--data", "phone", "capture"])
            .args(&files)
            .current_dir(ward.hospital.home())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(phone.stdout.take().unwrap()).lines();
        for _ in 0..=n {
            if let Some(line) = lines.next_line().await.unwrap() {
                ticked.push(line.split(' ').next().unwrap().to_owned());
            }
        }
        phone.start_kill().unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            ticked.push(line.split(' ').next().unwrap().to_owned());
        }
        phone.wait().await.unwrap();
        kill_an_upload(&ward, Duration::from_millis(20 * (n as u64 + 1))).await;
    }
    ward.deliver().await;
    all_arrived_once(&ward, &ticked).await;
    ward.servers.stop().await;
}

async fn kill_an_upload(ward: &Ward, after: Duration) {
    let mut phone = Command::new(program("gauze-phone").unwrap())
        .args(["--data", "phone", "upload"])
        .current_dir(ward.hospital.home())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Ended by itself, or by us: both are fine.
    if tokio::time::timeout(after, phone.wait()).await.is_err() {
        phone.start_kill().unwrap();
        phone.wait().await.unwrap();
    }
}
