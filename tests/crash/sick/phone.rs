//! What the phone does.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gauze_tests::programs::{Ended, program};
use gauze_tests::skipped::skipped;
use tokio::process::Command;

use crate::report::{self, REPORT};
use crate::site::{Site, ticked};
use crate::specimen::Specimen;
use gauze_tests::mount::{Mount, did};

/// A command of a phone that is somewhere else, run by `before`, such as `prlimit --nofile=9`.
async fn phone_by(before: &[&str], data: &Path, arguments: &[&str], site: &Site) -> Ended {
    let phone = program("gauze-phone").unwrap();
    let mut words: Vec<_> = before.iter().map(PathBuf::from).chain([phone]).collect();
    let mut command = Command::new(words.remove(0));
    let output = command.args(words).arg("--data").arg(data).args(arguments);
    let output = output.current_dir(site.home()).output().await.unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// That it was refused with this code, said in one line, and left nothing half-written.
fn refused(ended: &Ended, code: &str, data: &Path, what: &str) {
    assert_eq!(ended.code, Some(1), "{what}: {} {}", ended.stdout, ended.stderr);
    assert!(ended.stderr.starts_with(&format!("{code}: ")), "{what}: {}", ended.stderr);
    assert_eq!(ended.stderr.trim_end().lines().count(), 1, "{what}: {}", ended.stderr);
    assert_eq!(ticked(&ended.stdout), [""; 0], "{what}");
    nothing_half_written(data, what);
}

fn nothing_half_written(data: &Path, what: &str) {
    for entry in std::fs::read_dir(data.join("outbox")).into_iter().flatten() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.starts_with('.'), "{what}: {name} stayed behind");
    }
    let reports = std::fs::read_dir(data.join("reports")).into_iter().flatten();
    assert_eq!(reports.count(), 0, "{what}: nothing was reported");
}

/// Moves the site's phone to a disk of its own.
fn moved(site: &Site, name: &str) -> Option<(Mount, PathBuf)> {
    let dir = site.home().join(name);
    let disk = Mount::new(&dir, "16m")?;
    let data = dir.join("phone");
    let from = site.hospital.phone_dir();
    assert!(did("cp", &["-a", from.to_str().unwrap(), data.to_str().unwrap()]));
    Some((disk, data))
}

/// That the phone works again, and that everything it ever ticked arrives.
async fn recovers(site: &Site, data: &Path, mut all: Vec<String>) {
    let again = phone_by(&["env"], data, &["capture", "1.jpg"], site).await;
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    all.extend(ticked(&again.stdout));
    assert!(!data.join("index.damaged").exists(), "what only could not be opened was taken for damaged");
    for _ in 0..2 {
        let upload = phone_by(&["env"], data, &["upload"], site).await;
        assert_eq!(upload.code, Some(0), "{}", upload.stderr);
        site.pull().await;
    }
    assert_eq!(phone_by(&["env"], data, &["list", "--json"], site).await.stdout.trim(), "[]");
    site.all_filed_once(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_on_a_full_disk_says_so_leaves_nothing_and_goes_on_when_there_is_room() {
    let mut site = report::site().await;
    let Some((disk, data)) = moved(&site, "small") else { return };
    let first = phone_by(&["env"], &data, &["capture", "0.jpg"], &site).await;
    let all = ticked(&first.stdout);
    assert_eq!(all.len(), 1);
    for room in [0, 4096, 8192, 16_384, 40_960] {
        disk.fill(room);
        let what = format!("{room} bytes of room");
        refused(
            &phone_by(&["env"], &data, &["capture", "0.jpg", "1.jpg"], &site).await,
            "storage_full",
            &data,
            &what,
        );
        disk.free();
    }
    disk.fill(0);
    let report = phone_by(&["env"], &data, &REPORT, &site).await;
    refused(&report, "storage_full", &data, "a report");
    let upload = phone_by(&["env"], &data, &["upload", "--retry", "0"], &site).await;
    assert_eq!(upload.code, Some(1));
    assert!(upload.stderr.starts_with("storage_full: "), "{}", upload.stderr);
    disk.free();
    let report = phone_by(&["env"], &data, &REPORT, &site).await;
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    recovers(&site, &data, all).await;
    assert_eq!(site.reported().await, ticked(&report.stdout));
    assert_eq!(std::fs::read_dir(data.join("reports")).unwrap().count(), 0);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_on_a_read_only_disk_says_so_and_goes_on_when_it_takes_writes() {
    let mut site = Site::new().await;
    let Some((disk, data)) = moved(&site, "frozen") else { return };
    let first = phone_by(&["env"], &data, &["capture", "0.jpg"], &site).await;
    disk.becomes("ro");
    for command in [&["capture", "1.jpg"][..], &["upload", "--retry", "0"]] {
        let ended = phone_by(&["env"], &data, command, &site).await;
        refused(&ended, "storage_read_only", &data, command[0]);
    }
    disk.becomes("rw");
    recovers(&site, &data, ticked(&first.stdout)).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_lost_its_permissions_says_so_and_goes_on_when_it_has_them() {
    let mut site = Site::new().await;
    let data = site.hospital.phone_dir();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    std::fs::set_permissions(site.home(), PermissionsExt::from_mode(0o755)).unwrap();
    let text = data.to_str().unwrap();
    let phone = program("gauze-phone").unwrap();
    let may = [&nobody[1..], &[phone.to_str().unwrap(), "--version"]].concat();
    if !did("chown", &["-R", "65534:65534", text]) || !did("setpriv", &may) {
        skipped("programs cannot be run as somebody else here");
        return;
    }
    let first = phone_by(&nobody, &data, &["capture", "0.jpg"], &site).await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    for dir in ["outbox", "."] {
        for mode in [0o500, 0o000] {
            std::fs::set_permissions(data.join(dir), PermissionsExt::from_mode(mode)).unwrap();
            let ended = phone_by(&nobody, &data, &["capture", "1.jpg"], &site).await;
            // A directory that may be read and not written refuses no one who writes below it.
            if !(dir == "." && mode == 0o500) {
                refused(&ended, "storage_denied", &data, &format!("{dir} as {mode:o}"));
            }
            std::fs::set_permissions(data.join(dir), PermissionsExt::from_mode(0o700)).unwrap();
        }
    }
    let mut all = ticked(&first.stdout);
    let index = data.join("index");
    std::fs::set_permissions(&index, PermissionsExt::from_mode(0o000)).unwrap();
    let without = phone_by(&nobody, &data, &["capture", "1.jpg"], &site).await;
    assert_eq!(without.code, Some(0), "a photo needs no index: {}", without.stderr);
    std::fs::set_permissions(&index, PermissionsExt::from_mode(0o700)).unwrap();
    let photo = data.join("outbox").join(&all[0]);
    std::fs::set_permissions(&photo, PermissionsExt::from_mode(0o500)).unwrap();
    let upload = phone_by(&nobody, &data, &["upload", "--retry", "0"], &site).await;
    assert!(upload.stderr.starts_with(&format!("storage_denied: {}: ", all[0])), "{}", upload.stderr);
    std::fs::set_permissions(&photo, PermissionsExt::from_mode(0o700)).unwrap();
    assert!(did("chown", &["-R", "0:0", text]));
    let kept = phone_by(&["env"], &data, &["list"], &site).await;
    all.extend(kept.stdout.lines().skip(1).filter_map(|line| Some(line.split_once(' ')?.0.to_owned())));
    recovers(&site, &data, all).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_file_descriptors_says_so_and_goes_on_when_it_has_them() {
    let mut site = Site::new().await;
    let data = site.hospital.phone_dir();
    if !did("prlimit", &["--nofile=64", "true"]) {
        skipped("prlimit not found");
        return;
    }
    let (mut all, mut refusals) = (Vec::new(), 0);
    for limit in 4..16 {
        let limited = format!("--nofile={limit}");
        let ended = phone_by(&["prlimit", &limited], &data, &["capture", "0.jpg"], &site).await;
        if ended.code == Some(0) {
            all.extend(ticked(&ended.stdout));
        } else {
            refusals += 1;
            refused(&ended, "too_many_files", &data, &limited);
        }
    }
    assert!(refusals > 0 && !all.is_empty(), "{refusals} refused, {} taken", all.len());
    is_uploaded_with_few(&site, &data).await;
    recovers(&site, &data, all).await;
    site.stop().await;
}

/// Uploads with so few descriptors that the queue has not enough at first. With fewer the program's threads do not start.
async fn is_uploaded_with_few(site: &Site, data: &Path) {
    let mut named = 0;
    for limit in 10..18 {
        let limited = format!("--nofile={limit}");
        let ended = phone_by(&["prlimit", &limited], data, &["upload", "--retry", "0"], site).await;
        let codes = ended.stderr.lines().filter_map(|line| Some(line.split_once(": ")?.0));
        let typed = ["runtime", "too_many_files", "key_unavailable"];
        assert!(codes.clone().all(|code| typed.contains(&code)), "{limited}: {}", ended.stderr);
        assert_eq!(ended.code == Some(0), codes.clone().count() == 0, "{limited}: {}", ended.stderr);
        named += codes.filter(|code| *code == "too_many_files").count();
    }
    assert!(named > 0, "no photo was stopped by a want of descriptors");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_runs_through_a_full_disk_and_a_want_of_descriptors_takes_photos_afterwards() {
    let mut site = Site::new().await;
    let dir = site.home().join("app");
    let Some(disk) = Mount::new(&dir, "16m") else { return };
    let (data, home) = (dir.join("phone"), site.home().display().to_string());
    let mut app = Specimen::enrolled(&site, &data, &site.home().join("keys-of-the-app")).await;
    let take = format!("take {home}/record.json {home}/0.jpg");
    let mut all = vec![app.told(&take)];
    for room in [0, 16_384] {
        disk.fill(room);
        let answer = app.asked(&take);
        assert!(answer.contains("the phone's storage is full"), "{room} bytes of room: {answer}");
        nothing_half_written(&data, &format!("{room} bytes of room"));
        disk.free();
        all.push(app.told(&take));
    }
    let Some(taken) = takes_without_descriptors(&mut app, &take, &data) else { return };
    all.extend(taken);
    all.push(app.told(&take));
    assert_eq!(app.told("send"), format!("{} stored", all.len()));
    site.pull().await;
    assert_eq!(app.told("send"), "0 stored");
    site.all_filed_once(&all).await;
    site.stop().await;
}

/// What an app takes that may open a few more files than it has open, and at last many again; `None` where that cannot be said.
fn takes_without_descriptors(app: &mut Specimen, take: &str, data: &Path) -> Option<Vec<String>> {
    let pid = app.pid().to_string();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let may_open = |more: usize| did("prlimit", &["--pid", &pid, &format!("--nofile={}:", open + more)]);
    if !may_open(100) {
        skipped("prlimit not found");
        return None;
    }
    let (mut taken, mut refused) = (Vec::new(), 0);
    for more in 1..6 {
        assert!(may_open(more));
        let answer = app.asked(take);
        if let Some(why) = answer.strip_prefix("failed: ") {
            assert!(why.starts_with("too many files are open"), "{more} more: {answer}");
            refused += 1;
        } else {
            taken.push(answer);
        }
        nothing_half_written(data, &format!("{more} more"));
    }
    assert!(refused > 0 && !taken.is_empty(), "{refused} refused, {} taken", taken.len());
    assert!(may_open(100));
    Some(taken)
}
