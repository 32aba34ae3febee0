//! The core from the other side of the language border: Kotlin on a JVM, Swift, Python, against real servers.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gauze_tests::hospital::{Hospital, write};
use gauze_tests::identity::Provider;
use gauze_tests::port::free_port;
use gauze_tests::programs::{Server, run};
use gauze_tests::skipped::skipped;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{closed_ward, listed, pictures, pull};
use crate::maven::{Maven, cause};
use crate::shared::{data, named, root};

/// A managed configuration for one more phone, whole: with the authority's PEM in it.
async fn managed(hospital: &Hospital) -> String {
    let home = hospital.home();
    run("gauze-records", &["token", "--keys", "keys", "--out", "next.jws"], home).await.unwrap();
    let text = |name: &str| std::fs::read_to_string(home.join(name)).unwrap();
    let mut managed: Value = serde_json::from_str(&text("managed.json")).unwrap();
    managed["token"] = text("next.jws").trim().into();
    managed["ca"] = text("tls/ca.pem").into();
    std::fs::remove_file(home.join("next.jws")).unwrap();
    managed.to_string()
}

/// A hospital whose gateway runs, and configurations for so many phones.
struct Ready {
    hospital: Hospital,
    gateway: Server,
    configurations: PathBuf,
    _home: TempDir,
}

async fn ready(phones: u32) -> Ready {
    let (home, hospital) = closed_ward("pq").await;
    started(home, hospital, phones).await
}

/// How a hospital writes its own number of a patient.
fn local_number(policy: &mut Value) {
    let number = json!({ "words": "Hospital number", "shapes": ["RJ1-#######"], "check": "modulus11" });
    policy["lists"] = json!({ "local_number": number });
}

/// A hospital that has numbers of its own.
async fn numbered(phones: u32) -> Ready {
    let (home, hospital) = closed_ward("pq").await;
    hospital.set_policy(local_number).await.unwrap();
    started(home, hospital, phones).await
}

/// A hospital that has numbers of its own, and one place, outside of which a phone warns.
async fn fenced(phones: u32) -> Ready {
    let (home, hospital) = closed_ward("pq").await;
    let centre = json!({ "lat_e7": 571_234_567, "lon_e7": -47_654_321 });
    let area = json!({ "circle": { "centre": centre, "radius_m": 300 } });
    let fence = json!({ "id": "site-a", "words": "Site A", "mode": "warn", "areas": [area] });
    let policy = |policy: &mut Value| {
        policy["fences"] = json!([fence]);
        local_number(policy);
    };
    hospital.set_policy(policy).await.unwrap();
    started(home, hospital, phones).await
}

/// A hospital of two teams that asks who takes photos, with a provider of its own.
async fn signed_in(phones: u32) -> Ready {
    let (home, hospital) = closed_ward("pq").await;
    let provider = Provider::own(free_port().unwrap(), &hospital.home().join("tls")).unwrap();
    let authority = std::fs::read_to_string(hospital.ca()).unwrap();
    let rules = json!({
        "mode": "required", "issuer": provider.issuer(), "client_id": "gauze", "ca": authority,
        "redirect_uri": "org.gauze.app:/signed-in", "shift_hours": 12,
    });
    let team = |code, words| json!({ "code": code, "words": words });
    let teams = [team("tissue-viability", "Tissue viability"), team("burns", "Burns")];
    let policy = |policy: &mut Value| {
        policy["sign_in"] = rules;
        policy["lists"] = json!({ "teams": teams });
    };
    hospital.set_policy(policy).await.unwrap();
    started(home, hospital, phones).await
}

async fn started(home: TempDir, hospital: Hospital, phones: u32) -> Ready {
    let gateway = hospital.start_gateway().await.unwrap();
    let configurations = hospital.home().join("managed");
    std::fs::create_dir(&configurations).unwrap();
    for n in 0..phones {
        write(&configurations.join(format!("{n:02}.json")), &managed(&hospital).await).unwrap();
    }
    Ready { hospital, gateway, configurations, _home: home }
}

impl Ready {
    /// Every photo that came is opened by the hospital.
    async fn all_are_filed(self, at_least: usize) {
        let ended = pull(&self.hospital).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let listed = listed(&self.hospital).await;
        assert!(listed.len() >= at_least, "{listed:?}");
        assert!(listed.iter().all(|photo| photo["status"] == "filed"), "{listed:?}");
        self.gateway.stop().await;
    }
}

async fn ended_well(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    output
}

/// Nor does the package manager warn, or the linker.
async fn ended_quietly(command: Command) {
    let output = ended_well(command).await;
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("warning:"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kotlin_drives_the_core_on_a_jvm() {
    let Some(maven) = Maven::ready("the core from Kotlin", "kotlin", &["-pl", "bridge,logic"]).await else {
        return;
    };
    let ready = fenced(19).await;
    if tested("the core from Kotlin", &maven, &ready, []).await {
        ready.all_are_filed(10).await;
    }
}

/// Platform and app on Robolectric, one after the other: their journey enrols, photographs and sends at this hospital.
#[tokio::test(flavor = "multi_thread")]
async fn android_app_from_enrolment_to_the_record() {
    let Some(maven) = Maven::ready("the Android app", "android", &["-Dgauze.bridge.skip=true"]).await else {
        return;
    };
    let (ready, signed_in) = (numbered(60).await, signed_in(4).await);
    let signing = ["GAUZE_SIGN_IN_HOSPITAL", "GAUZE_SIGN_IN_MANAGED"];
    let places = [signed_in.hospital.home(), &signed_in.configurations].map(Path::to_owned);
    if tested("the Android app", &maven, &ready, signing.into_iter().zip(places)).await {
        ready.all_are_filed(3).await;
        signed_in.all_are_filed(1).await;
    }
}

/// Runs the modules' tests. What Maven needs for these alone, it fetches now: noted as skipped where that cannot be had.
async fn tested(
    what: &str,
    maven: &Maven,
    ready: &Ready,
    more: impl IntoIterator<Item = (&str, PathBuf)>,
) -> bool {
    let mut command = maven.command();
    command
        .arg("test")
        .env("GAUZE_HOSPITAL", ready.hospital.home())
        .env("GAUZE_MANAGED", &ready.configurations)
        .env("GAUZE_PICTURE", pictures(ready.hospital.home(), 1).remove(0))
        .envs(data("09-barcodes-nhs-number").map(|dir| ("GAUZE_DATA", dir)))
        .envs(data("06-photos/phones").map(|dir| ("GAUZE_PHOTOS", dir)))
        .envs(more);
    let unfetched = cause(&command.output().await.unwrap());
    if let Some(cause) = &unfetched {
        skipped(&format!("{what}: {cause}"));
    }
    unfetched.is_none()
}

/// Runs what follows in the toolchain's root, with this repository, the library and the temporary directory at their own
/// paths and the hospital's authority, where there is one, as one that the machine trusts. The mounts end with it.
const IN_THE_ROOT: &str = r#"
mount -t proc proc "$GAUZE_SWIFT/proc"
mount --bind /dev "$GAUZE_SWIFT/dev"
for dir in "$PWD" "${GAUZE_LIBRARY%/*}" "$TMPDIR"; do
    mkdir -p "$GAUZE_SWIFT$dir"
    mount --bind "$dir" "$GAUZE_SWIFT$dir"
done
if [ -n "$GAUZE_AUTHORITY" ]; then
    mkdir -p "$GAUZE_SWIFT/etc/ssl/certs"
    touch "$GAUZE_SWIFT/etc/ssl/certs/ca-certificates.crt"
    mount --bind "$GAUZE_AUTHORITY" "$GAUZE_SWIFT/etc/ssl/certs/ca-certificates.crt"
fi
exec chroot "$GAUZE_SWIFT" env -C "$PWD" "HOME=$TMPDIR" PATH=/usr/bin:/bin "LD_LIBRARY_PATH=$GAUZE_LIBRARY" "$@"
"#;

/// `swift COMMAND` over a package of `ios`, which is built under `scratch` beside the library; nothing without a toolchain.
/// What the compiler warns of fails, in each build and not only in that which compiles it.
fn swift(command: &[&str], package: &str, scratch: &str) -> Option<Command> {
    let (swift, library) = (named("GAUZE_SWIFT")?, named("GAUZE_LIBRARY")?.canonicalize().unwrap());
    let scratch = library.with_file_name(scratch);
    // What was compiled at another place names that place, and nothing compiles with it here.
    let (here, place) = (scratch.to_str().unwrap(), scratch.join("place"));
    if std::fs::read_to_string(&place).ok().as_deref() != Some(here) {
        let _ = std::fs::remove_dir_all(&scratch);
        std::fs::create_dir_all(&scratch).unwrap();
        write(&place, here).unwrap();
    }
    // SwiftPM misses sources that came or went; without its plan it looks, and keeps what it compiled.
    let _ = std::fs::remove_file(scratch.join("debug.yaml"));
    // Nor are tests compiled anew where a package that they use has changed its types: they crash.
    for built in std::fs::read_dir(scratch.join("debug")).into_iter().flatten().flatten() {
        if built.file_name().to_string_lossy().ends_with("Tests.build") {
            let _ = std::fs::remove_dir_all(built.path());
        }
    }
    let mut enter = Command::new("unshare");
    enter
        .args(["--mount", "--propagation", "private", "sh", "-ec", IN_THE_ROOT, "sh", "swift"])
        .args(command)
        .args(["--package-path", package, "--scratch-path"])
        .arg(scratch)
        .args(["-Xlinker", &format!("-L{}", library.display()), "-Xswiftc", "-warnings-as-errors"])
        .current_dir(root().canonicalize().unwrap())
        .env("GAUZE_SWIFT", swift)
        .env("GAUZE_LIBRARY", library)
        .env("GAUZE_AUTHORITY", "")
        .env("TMPDIR", std::env::temp_dir());
    Some(enter)
}

/// Photos of real phones, where the root reaches them.
fn phones(home: &Path) -> PathBuf {
    let dir = home.join("phones");
    std::fs::create_dir(&dir).unwrap();
    for entry in data("06-photos/phones").iter().flat_map(|from| from.read_dir().unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "jpg") {
            std::fs::copy(&path, dir.join(path.file_name().unwrap())).unwrap();
        }
    }
    dir
}

/// The bridge's own tests, and the journey of the iOS app's logic over it: one after the other, since what the core is made to
/// suffer all of its clients suffer.
#[tokio::test(flavor = "multi_thread")]
async fn swift_drives_the_core() {
    let alone = ["test", "--disable-xctest", "--no-parallel"];
    let Some(mut command) = swift(&alone, "ios/Packages/Bridge", "swift") else {
        return;
    };
    let (ready, signed_in) = (fenced(40).await, signed_in(4).await);
    let home = ready.hospital.home();
    let both = home.join("authorities.pem");
    let authority = |of: &Ready| std::fs::read_to_string(of.hospital.home().join("tls/ca.pem")).unwrap();
    write(&both, &(authority(&ready) + &authority(&signed_in))).unwrap();
    command
        .env("GAUZE_AUTHORITY", both)
        .env("GAUZE_HOSPITAL", home)
        .env("GAUZE_MANAGED", &ready.configurations)
        .env("GAUZE_SIGN_IN_HOSPITAL", signed_in.hospital.home())
        .env("GAUZE_SIGN_IN_MANAGED", &signed_in.configurations)
        .env("GAUZE_PICTURE", pictures(home, 1).remove(0))
        .env("GAUZE_PHOTOS", phones(home));
    ended_quietly(command).await;
    ready.all_are_filed(10).await;
    signed_in.all_are_filed(2).await;
}

/// Scenarios, words and the comparison with Android's logic.
#[tokio::test(flavor = "multi_thread")]
async fn ios_logic_is_androids_logic() {
    if let Some(command) = swift(&["test", "--disable-xctest"], "ios/Packages/Logic", "swift-logic") {
        ended_quietly(command).await;
    }
}

/// Every source of the app against stubs of Apple's frameworks, without a warning, and its project's files.
#[tokio::test(flavor = "multi_thread")]
async fn ios_app_fits_what_it_was_written_against() {
    for command in [&["build"] as &[_], &["test", "--disable-xctest"]] {
        let Some(command) = swift(command, "ios/App", "swift-app") else { return };
        ended_quietly(command).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ten_lines_of_python_in_the_readme_enrol_capture_and_upload() {
    let Some(python) = named("GAUZE_PYTHON") else { return };
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(lines.lines().count() <= 10, "{lines}");
    let ready = ready(1).await;
    let home = ready.hospital.home();
    std::fs::rename(pictures(home, 1).remove(0), home.join("wound.jpg")).unwrap();
    std::fs::rename(ready.configurations.join("00.json"), home.join("managed.json")).unwrap();
    write(&home.join("ten.py"), lines).unwrap();
    let mut command = Command::new(python);
    command.arg("ten.py").current_dir(home);
    let said = String::from_utf8(ended_well(command).await.stdout).unwrap();
    assert!(said.contains("stored=1"), "{said}");
    ready.all_are_filed(1).await;
}
