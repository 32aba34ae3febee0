//! Mistakes that lie in the machine: another user, no room, a clock that is off. Each is told as what it is, and what is told helps.

mod clock;
mod room;

use gauze_tests::hospital::write;
use gauze_tests::programs::{attempt, program};
use gauze_tests::skipped::skipped;

use crate::fixture::{closed_ward, phone, pictures, pull};
use crate::mistakes::{GATEWAY, TLS, UP, prepare};
use crate::newcomer::Reader;

/// Owns nothing here, and owns everything here: neither of them may do what root may.
const OTHER: &str = "setpriv --reuid=65533 --regid=65533 --clear-groups";
const OWNER: &str = "setpriv --reuid=65534 --regid=65534 --clear-groups";

/// What is typed as the other user, the code with which it is refused, and what is typed as the owner then.
const TYPED: &[(&str, &str, &str)] = &[
    (
        "GATEWAY TLS --bundle bundle.jws",
        "storage_failed",
        "GATEWAY TLS --bundle bundle.jws --policy policy.jws",
    ),
    ("gauze-gateway admin device list --data gateway --tenant demo-hospital", "", ""),
    ("gauze-gateway init --data gateway --url URL --tenant demo-hospital", "storage_failed", ""),
    ("gauze-records sign-policy --keys keys --in next.json --out p.jws", "disk", ""),
    ("gauze-records token --keys keys --out t.jws", "disk", ""),
    ("gauze-records pull --data records --keys keys --ca tls/ca.pem", "disk", ""),
    ("gauze-records list --data records", "disk", ""),
    ("gauze-phone --data phone status", "storage_denied", ""),
    ("gauze-phone --data phone capture picture-0.jpg", "storage_denied", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn another_user_is_told_to_be_the_one_who_owns_it_and_whoever_is_can_go_on() {
    let (home, hospital) = closed_ward("classical").await;
    let at = hospital.home();
    let gateway = hospital.start_gateway().await.unwrap();
    assert_eq!(phone(&hospital, &["enrol", "--config", "managed.json"]).await.code, Some(0));
    assert_eq!(pull(&hospital).await.code, Some(0));
    gateway.stop().await;
    pictures(at, 1);
    let policy = std::fs::read_to_string(at.join("policy.json")).unwrap();
    write(&at.join("next.json"), &policy.replace("\"version\": 1,", "\"version\": 2,")).unwrap();
    std::fs::set_permissions(at, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let url = hospital.url();
    let mut reader = Reader::in_home(home, hospital.port());
    if !reader.tries("chown -R 65534:65534 .").await.well
        || !reader.tries(&format!("{OTHER} gauze-records --help")).await.well
    {
        return skipped("setpriv, or root");
    }
    let meant = |line: &str| line.replace("GATEWAY", GATEWAY).replace("TLS", TLS).replace("URL", &url);
    for (line, code, then) in TYPED {
        let line = meant(line);
        if line.contains(" pull ") {
            reader.types(&format!("{OWNER} {}", meant(UP))).await;
        }
        let told = reader.tries(&format!("{OTHER} {line}")).await;
        let said = told.err.lines().last().unwrap_or_default();
        assert!(!told.well && said.starts_with(code), "{line}: {}{}", told.out, told.err);
        assert!(said.contains("as the user who owns"), "{line}: {said}");
        let then = if then.is_empty() { line } else { meant(then) };
        reader.types(&format!("{OWNER} {then}")).await;
        reader.stops("").await;
    }
    // A single file: the other way that the message names.
    let line = meant("GATEWAY TLS --bundle bundle.jws --status-list theirs.json");
    reader.writes("theirs.json", "{\"entries\": {}}");
    reader.types("chmod 600 theirs.json && chown 0:0 theirs.json").await;
    let told = reader.tries(&format!("{OWNER} {line}")).await;
    assert!(!told.well && told.err.starts_with("unreadable: theirs.json"), "{}", told.err);
    assert!(told.err.contains("or let this user read it"), "{}", told.err);
    reader.types("chown 65534 theirs.json").await;
    reader.types(&format!("{OWNER} {line}")).await;
    reader.stops("").await;
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
