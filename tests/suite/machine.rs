//! Mistakes that lie in the machine: another user, no room, a clock that is off. Each is told as what it is.

use std::path::Path;

use gauze_tests::hospital::write;
use gauze_tests::programs::{attempt, program};
use gauze_tests::skipped::skipped;

use crate::fixture::{closed_ward, phone};
use crate::mistakes::{GATEWAY, TLS, prepare};

/// Runs a command as a user who owns nothing here.
fn as_nobody(name: &str, arguments: &[&str], dir: &Path) -> std::process::Output {
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program(name).unwrap());
    command.args(arguments).current_dir(dir).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_is_told_to_be_the_one_who_owns_it() {
    let (_home, hospital) = closed_ward("classical").await;
    let home = hospital.home();
    let gateway = hospital.start_gateway().await.unwrap();
    std::fs::set_permissions(home, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(phone(&hospital, &["enrol", "--config", "managed.json"]).await.code, Some(0));
    gateway.stop().await;
    let able = std::process::Command::new("setpriv").arg("--version").output().is_ok();
    if !able || !as_nobody("gauze-records", &["--help"], home).status.success() {
        return skipped("setpriv, or root");
    }
    for (name, command, code) in [
        (
            "gauze-gateway",
            "serve --data gateway --listen 127.0.0.1:0 --bundle bundle.jws TLS",
            "storage_failed",
        ),
        ("gauze-gateway", "admin device list --data gateway --tenant demo-hospital", ""),
        ("gauze-gateway", "init --data gateway --url https://x --tenant ward-9", "storage_failed"),
        ("gauze-records", "sign-policy --keys keys --in policy.json --out p.jws", "disk"),
        ("gauze-records", "token --keys keys --out t.jws", "disk"),
        ("gauze-phone", "--data phone status", "storage_denied"),
    ] {
        let arguments = command.replace("TLS", TLS);
        let ended = as_nobody(name, &arguments.split(' ').collect::<Vec<_>>(), home);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{name} {command}: {told}");
        assert!(told.starts_with(code) && told.contains("as the user who owns"), "{name} {command}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_is_told_as_that() {
    let (_home, hospital) = closed_ward("classical").await;
    prepare(&hospital).await;
    let home = hospital.home();
    std::fs::create_dir(home.join("room")).unwrap();
    // A file system of 8 KiB in a mount space of its own: gone with the command.
    let within = |name: &str, arguments: &str| {
        let mut command = std::process::Command::new("unshare");
        let script = "mount -t tmpfs -o size=8k none room && exec \"$@\"";
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(program(name).unwrap());
        command.args(arguments.split(' ')).current_dir(home).output()
    };
    if !within("gauze-records", "--help").is_ok_and(|ended| ended.status.success()) {
        return skipped("a file system of one's own cannot be mounted here");
    }
    for (name, command, code) in [
        (
            "gauze-records",
            "init --keys room/keys --gateway gateway.json --trial --out room/h.json",
            "storage_full",
        ),
        ("gauze-gateway", "init --data room/a/b/c/d/e/f --url https://x --tenant ward-9", "storage_failed"),
    ] {
        let ended = within(name, command).unwrap();
        let told = String::from_utf8_lossy(&ended.stderr).to_lowercase();
        assert_eq!(ended.status.code(), Some(1), "{name} {command}: {told}");
        assert!(told.starts_with(code) && told.contains("free space"), "{name} {command}: {told}");
    }
    let check = format!("serve --data room --listen 127.0.0.1:0 {TLS} --bundle bundle.jws --check");
    let told = within("gauze-gateway", &check).unwrap();
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.lines().any(|line| line.starts_with("FAILED") && line.contains("free space")), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_behind_is_found_before_serving() {
    let (_home, hospital) = closed_ward("classical").await;
    let home = hospital.home();
    let root = std::fs::read_to_string(home.join("keys/root.pem")).unwrap();
    let root = gauze_wire::SoftwareKey::from_pem(&root).unwrap();
    let text = std::fs::read_to_string(home.join("bundle.jws")).unwrap();
    let mut bundle: gauze_wire::Bundle = gauze_wire::Jws::parse(text.trim()).unwrap().peek().unwrap();
    // Signed on a machine whose clock is right, read on one that is two days behind.
    bundle.issued_at += jiff::SignedDuration::from_hours(48);
    let ahead = gauze_wire::Jws::sign(&bundle, &root).unwrap();
    write(&home.join("ahead.jws"), ahead.as_str()).unwrap();
    let check = format!("{} {TLS} --bundle ahead.jws --check", GATEWAY.trim_start_matches("gauze-gateway "));
    let told = attempt("gauze-gateway", &check.split(' ').collect::<Vec<_>>(), home).await.unwrap();
    let clock = told.stdout.lines().find(|line| line.contains(" clock ")).unwrap_or_default();
    assert!(clock.starts_with("FAILED") && clock.contains("set the clock"), "{}", told.stdout);
    assert_eq!(told.code, Some(1));
}
