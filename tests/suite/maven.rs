//! Maven over `android/pom.xml`: what it builds and tests with, where that can be had, and why not where it cannot.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use gauze_tests::hospital::write;
use gauze_tests::skipped::skipped;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::shared::{named, root};

/// Out of the local repository, and over a slow line: Android's framework is there twice, 0.4 GB each time.
const OFFLINE: Duration = Duration::from_secs(300);
const ONLINE: Duration = Duration::from_secs(1800);

/// What Maven says where an artifact is not to be had; what does not compile and what fails is said otherwise.
const UNFETCHED: [&str; 7] = [
    "offline mode",
    "Could not transfer artifact",
    "Could not find artifact",
    "could not be resolved",
    "was not found in",
    "Unknown host",
    "Network is unreachable",
];

pub struct Maven {
    program: PathBuf,
    library: PathBuf,
    build: &'static str,
    /// As given to each of its commands: modules, settings.
    arguments: Vec<String>,
}

/// One fetches at a time: they share Maven's local repository.
static FETCHING: Mutex<()> = Mutex::const_new(());

impl Maven {
    /// Ready to test these modules, all that they need fetched; nothing, and noted as skipped, where that cannot be.
    pub async fn ready(what: &str, build: &'static str, arguments: &[&str]) -> Option<Self> {
        let (program, library) = (named("GAUZE_MAVEN")?, named("GAUZE_LIBRARY")?);
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let maven = Self { program, library, build, arguments };
        match maven.fetch().await {
            Ok(()) => Some(maven),
            Err(cause) => {
                skipped(&format!("{what}: {cause}"));
                None
            }
        }
    }

    /// Everything up to the tests with no source in sight: what fails of that is not the sources' fault. What is in the
    /// local repository already needs no network.
    async fn fetch(&self) -> Result<(), String> {
        let _alone = FETCHING.lock().await;
        let Err(cause) = self.probe("-o", OFFLINE).await else { return Ok(()) };
        println!("not all is in Maven's local repository: {cause}");
        self.probe("-U", ONLINE).await
    }

    async fn probe(&self, mode: &str, bound: Duration) -> Result<(), String> {
        let mut command = self.command();
        command
            .arg(mode)
            .args(["-Dgauze.sources=none", "-Dmaven.main.skip=true", "-DskipTests", "test"])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        match tokio::time::timeout(bound, command.output()).await {
            Err(_) => Err(format!("Maven did not have its artifacts within {} s", bound.as_secs())),
            Ok(output) => cause(&output.unwrap()).map_or(Ok(()), Err),
        }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["-B", "-q", "-f"])
            .arg(root().join("android/pom.xml"))
            .args(&self.arguments)
            .arg(setting("library", &self.library))
            .arg(setting("build", self.library.join("..").join(self.build)));
        command
    }
}

fn setting(name: &str, path: impl AsRef<Path>) -> String {
    format!("-Dgauze.{name}={}", path.as_ref().display())
}

/// Why an artifact was not to be had; nothing where all were.
///
/// # Panics
///
/// Where Maven failed for any other reason.
pub fn cause(output: &Output) -> Option<String> {
    if output.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let line = verdict(&said).find(|line| UNFETCHED.iter().any(|sign| line.contains(sign)));
    let line = line.unwrap_or_else(|| panic!("Maven failed, and not for want of an artifact: {said}"));
    Some(line.chars().take(300).collect())
}

/// What Maven itself says went wrong: what tests say before that may be of any network.
fn verdict(said: &str) -> impl Iterator<Item = &str> {
    let goal = "[ERROR] Failed to execute goal";
    let before = move |line: &&str| said.contains(goal) && !line.contains(goal);
    // A line may begin with a colour.
    said.lines().skip_while(before).filter_map(|line| Some(line.split_once("[ERROR] ")?.1))
}

fn ended(status: i32, said: &str) -> Output {
    use std::os::unix::process::ExitStatusExt as _;
    let status = std::process::ExitStatus::from_raw(status << 8);
    Output { status, stdout: said.as_bytes().to_vec(), stderr: Vec::new() }
}

#[test]
fn only_what_cannot_be_fetched_is_a_reason_to_skip() {
    assert_eq!(cause(&ended(0, "Could not find artifact a:b")), None);
    let unreachable = "[INFO] Scanning\n\u{1b}[0m[ERROR] Could not transfer artifact a:b:pom:1 from/to central: Unknown host\n";
    let said = cause(&ended(1, unreachable)).unwrap();
    assert_eq!(said, "Could not transfer artifact a:b:pom:1 from/to central: Unknown host");
}

#[test]
#[should_panic(expected = "not for want of an artifact")]
fn what_does_not_compile_is_a_failure() {
    let _ = cause(&ended(1, "[ERROR] AppGraph.kt: (12, 3) Unresolved reference 'camera'.\n"));
}

#[test]
#[should_panic(expected = "not for want of an artifact")]
fn a_test_that_fails_is_a_failure_whatever_it_says() {
    let tests = "Could not transfer artifact\n[ERROR]   SendTest.sends:12 Network is unreachable\n";
    let goal = "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.5.4:test (default-test) on project app: There are test failures.\n";
    let _ = cause(&ended(1, &format!("{tests}{goal}[ERROR] -> [Help 1]\n")));
}

#[test]
fn what_a_goal_wants_is_told_also_where_it_is_said_below_it() {
    let said = "[ERROR] Failed to execute goal on project app: Could not collect dependencies\n[ERROR] \tCould not find artifact a:b:jar:1 in central\n";
    assert!(cause(&ended(1, said)).unwrap().contains("a:b:jar:1"));
}

/// A Maven whose local repository is empty and whose central one answers nothing.
#[tokio::test]
async fn without_a_way_to_central_maven_says_why() {
    let Some(program) = named("GAUZE_MAVEN") else { return };
    let home = tempfile::tempdir().unwrap();
    let settings = home.path().join("settings.xml");
    let nowhere = "<settings><mirrors><mirror><id>nowhere</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:9/</url></mirror></mirrors></settings>";
    write(&settings, nowhere).unwrap();
    let arguments = vec![
        "-s".to_owned(),
        settings.display().to_string(),
        format!("-Dmaven.repo.local={}", home.path().join("repository").display()),
    ];
    let library = home.path().join("debug");
    let maven = Maven { program, library, build: "android", arguments };
    let cause = maven.fetch().await.unwrap_err();
    assert!(UNFETCHED.iter().any(|sign| cause.contains(sign)), "{cause}");
}
