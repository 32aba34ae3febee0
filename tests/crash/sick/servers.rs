//! What gateway and records side do, and what a phone hears of it.

use std::net::TcpStream;

use gauze_tests::programs::attempt;
use gauze_tests::skipped::skipped;

use crate::site::{Site, pull_arguments};
use gauze_tests::mount::{Mount, did};

/// The names in a directory below the site's.
fn names(site: &Site, dir: &str) -> Vec<String> {
    let entries = std::fs::read_dir(site.home().join(dir)).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_on_a_full_disk_says_so_keeps_no_half_photo_and_goes_on_when_there_is_room() {
    let home = tempfile::Builder::new().prefix("gauze-crash-").tempdir().unwrap();
    let Some(disk) = Mount::new(&home.path().join("gateway"), "16m") else { return };
    let mut site = Site::at(home).await;
    let ids = site.capture_two();
    for room in [0, 40_960, 122_880] {
        disk.fill(room);
        let upload = site.phone(&["upload", "--retry", "0"]).await;
        assert_eq!(upload.code, Some(1), "{room}: {}", upload.stdout);
        assert!(upload.stderr.starts_with("gateway_storage_full: "), "{room}: {}", upload.stderr);
        assert_eq!(names(&site, "gateway/incoming"), [""; 0], "{room}: what does not fit does not stay");
        disk.free();
    }
    site.deliver().await;
    site.all_filed_once(&ids).await;
    site.stop().await;
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_file_descriptors_goes_on_when_it_has_them() {
    let site = Site::new().await;
    let ids = site.capture_two();
    let pid = site.gateway_pid().await.to_string();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    if open == 0 || !did("prlimit", &["--pid", &pid, &format!("--nofile={}", open + 6)]) {
        skipped("prlimit not found");
        return;
    }
    let address = site.hospital.url().replace("https://", "");
    // Nobody speaks on them: they only take up the gateway's descriptors, all it may ever have, and again for longer than the
    // phone waits: after ten seconds the gateway closes what has not greeted it, and takes who waits behind.
    let idle: Vec<_> = (0..2 * (open + 6)).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let upload = site.phone(&["upload", "--retry", "0"]).await;
    assert_eq!(upload.code, Some(1), "{}", upload.stdout);
    let code = upload.stderr.split(':').next().unwrap_or_default();
    // SQLite says the same of a file that it may not open and of one for which no descriptor is left.
    let typed = ["unreachable", "unavailable", "gateway_storage_failed"].contains(&code);
    assert!(typed, "{}", upload.stderr);
    assert!(logged(&site).contains("Too many open files"), "{}", logged(&site));
    keeps_nothing_but_what_came(&site);
    drop(idle);
    goes_on(site, &pid, &ids).await;
}

/// What the gateway has logged.
fn logged(site: &Site) -> String {
    std::fs::read_to_string(site.home().join("gauze-gateway.log")).unwrap()
}

/// That each part which lies at the gateway is a photo of the phone's, or its beginning, from which the next upload goes on.
fn keeps_nothing_but_what_came(site: &Site) {
    for name in names(site, "gateway/incoming") {
        let id = name.split('.').nth(2).unwrap();
        let part = std::fs::read(site.home().join("gateway/incoming").join(&name)).unwrap();
        let sealed = std::fs::read(site.hospital.phone_dir().join("outbox").join(id).join("photo.age"));
        assert!(sealed.unwrap().starts_with(&part), "{name}");
    }
}

/// That the gateway's process, which is the same, takes everything.
async fn goes_on(mut site: Site, pid: &str, ids: &[String]) {
    site.deliver().await;
    assert_eq!(names(&site, "gateway/incoming"), [""; 0]);
    site.all_filed_once(ids).await;
    assert_eq!(site.gateway_pid().await.to_string(), pid, "without a restart");
    site.stop().await;
}

/// Uploads while nothing can be made in or moved to a directory of the gateway's: what a lost permission is to everybody else; root
/// is stopped by this alone. Whether that can be done here.
async fn upload_without(site: &Site, dir: &str) -> bool {
    let closed = site.home().join("gateway").join(dir).display().to_string();
    if !did("chattr", &["+i", &closed]) {
        skipped("no file can be made immutable here");
        return false;
    }
    // A line for each refusal; its cause, as a warning, once an hour.
    let told = || logged(site).matches("code=storage_failed").count();
    let before = told();
    let upload = site.phone(&["upload", "--retry", "0"]).await;
    assert!(did("chattr", &["-i", &closed]));
    assert_eq!(upload.code, Some(1), "{}", upload.stdout);
    assert!(upload.stderr.starts_with("gateway_storage_failed: "), "{}", upload.stderr);
    assert!(told() > before && logged(site).contains("PermissionDenied"), "{}", logged(site));
    assert!(site.open().list().unwrap().iter().all(|photo| photo.stage.is_unsent()));
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_may_no_longer_write_photos_says_so_and_goes_on_when_it_may() {
    let site = Site::new().await;
    let pid = site.gateway_pid().await.to_string();
    let mut ids = site.capture_two().to_vec();
    if !upload_without(&site, "incoming").await {
        return;
    }
    site.deliver().await;
    ids.extend(site.capture_two());
    // Where whole photos are moved to: it is there since the first ones came.
    let device = site.open().status().device_id.unwrap();
    let whole = format!("blobs/{}/{device}", site.hospital.tenant().unwrap());
    let before = names(&site, &format!("gateway/{whole}"));
    assert!(upload_without(&site, &whole).await);
    assert_eq!(names(&site, &format!("gateway/{whole}")), before);
    keeps_nothing_but_what_came(&site);
    goes_on(site, &pid, &ids).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_on_a_read_only_disk_does_not_start_says_why_and_starts_when_it_takes_writes() {
    let home = tempfile::Builder::new().prefix("gauze-crash-").tempdir().unwrap();
    let Some(disk) = Mount::new(&home.path().join("gateway"), "16m") else { return };
    let mut site = Site::at(home).await;
    let ids = site.capture_two();
    site.stop().await;
    disk.becomes("ro");
    let arguments = site.hospital.gateway_arguments("gateway");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = attempt("gauze-gateway", &arguments, site.home()).await.unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let code = ended.stderr.lines().last().and_then(|line| line.split(':').next()).unwrap_or_default();
    assert_eq!(code, "storage_failed", "{}", ended.stderr);
    disk.becomes("rw");
    let gateway = site.hospital.start_gateway().await.unwrap();
    site.deliver().await;
    site.all_filed_once(&ids).await;
    gateway.stop().await;
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_records_side_on_a_full_disk_says_so_keeps_no_half_photo_and_goes_on_when_there_is_room() {
    let mut site = Site::new().await;
    let Some(disk) = Mount::new(&site.home().join("records"), "16m") else { return };
    let ids = site.capture_two();
    assert_eq!(site.phone(&["upload"]).await.code, Some(0));
    let url = site.hospital.url();
    for room in [0, 49_152, 180_224] {
        disk.fill(room);
        let pull = attempt("gauze-records", &pull_arguments(&url), site.home()).await.unwrap();
        assert_eq!(pull.code, Some(1), "{room}: {}", pull.stdout);
        assert!(pull.stderr.contains("storage_full"), "{room}: {}", pull.stderr);
        assert_eq!(names(&site, "records/incoming"), [""; 0], "{room}: what does not fit does not stay");
        disk.free();
    }
    site.deliver().await;
    site.all_filed_once(&ids).await;
    site.stop().await;
    drop(disk);
}
