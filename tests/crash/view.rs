//! A look at a photo through the real pages, and what its line of the access log is worth: the records side is killed at each
//! call that the log's thread makes for it, loses power behind each of its writes, or finds its disk full.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use gauze_people::action::Action;
use gauze_people::log::{Entry, Happening, Outcome, Verified, Wanted, What, read_entries, verify};
use gauze_records::access;
use gauze_records::keys::KeyDir;
use gauze_tests::hospital::write;
use gauze_tests::identity::{PEOPLE, TEAM, open_pages};
use gauze_tests::nobody::record;
use gauze_tests::programs::Server;
use gauze_tests::size::{quick_or, soaking};
use gauze_tests::walker::Walker;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::time::timeout;

use crate::power::cut::Fate;
use crate::power::journal::{Change, Journal, Tree};
use crate::site::Site;
use crate::trace::{self, Recorder};
use gauze_tests::mount::Mount;

/// A hospital with one filed photo of Ann's team, and its pages.
struct Clinic {
    site: Site,
    pages: String,
}

impl Clinic {
    async fn new() -> Self {
        Self::of(Site::new().await).await
    }

    async fn of(mut site: Site) -> Self {
        let team = serde_json::json!({ "code": TEAM, "words": "Tissue viability" });
        site.lists(serde_json::json!({ "teams": [team] })).await;
        let mut told = record();
        told["team"] = team;
        write(&site.home().join("record.json"), &told.to_string()).unwrap();
        let taken = site.phone(&["capture", "--record", "record.json", "0.jpg"]).await;
        assert_eq!(taken.code, Some(0), "{}", taken.stderr);
        site.deliver().await;
        let pages = open_pages(&mut site.hospital).unwrap();
        Self { site, pages }
    }

    fn arguments(&self) -> Vec<String> {
        self.site.hospital.records_arguments()
    }

    fn data(&self) -> PathBuf {
        self.site.home().join("records")
    }

    fn walker(&self) -> Walker {
        Walker::new(&self.site.hospital, &self.pages).unwrap()
    }

    /// Starts the records side, and waits for its pages: they come after its first word.
    async fn serves(&self) -> Server {
        let server = self.site.hospital.start_records().await.unwrap();
        for _ in 0..200 {
            if self.walker().get("/sign-in").await.is_ok() {
                return server;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the pages do not come up");
    }

    /// Waits until the log is signed for, which it is once it is quiet: before that there is nothing to hold it against.
    async fn is_signed_for(&self) {
        let checkpoint = access::log_dir(&self.data()).join("checkpoint");
        for _ in 0..600 {
            if checkpoint.is_file() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let told = std::fs::read_to_string(self.site.home().join("gauze-records.log")).unwrap_or_default();
        panic!("the log is never signed for: {told}");
    }

    /// Signs Ann in and looks; the picture, if it came.
    async fn looks(&self) -> anyhow::Result<Vec<u8>> {
        let mut walker = self.walker();
        walker.signs_in(&PEOPLE[0]).await?;
        walker.looks().await
    }

    /// Checks the log as it lies there.
    fn verified(&self, data: &std::path::Path) -> Verified {
        let keys = access::public_keys(&self.data()).unwrap();
        verify(&access::log_dir(data), &keys, Wanted { signatures: true, ..Wanted::default() }).unwrap()
    }

    fn entries(&self, data: &std::path::Path) -> Vec<Entry> {
        let mut entries = Vec::new();
        read_entries(&access::log_dir(data), |kept| entries.extend(kept.entry)).unwrap();
        entries
    }

    fn views(&self, data: &std::path::Path) -> usize {
        let view =
            |entry: &&Entry| entry.what == What::Action(Action::View) && entry.outcome == Outcome::Done;
        self.entries(data).iter().filter(view).count()
    }

    fn lines(&self) -> Vec<u8> {
        std::fs::read(access::log_dir(&self.data()).join("entries/000000000000.log")).unwrap()
    }

    async fn stop(mut self) {
        self.site.stop().await;
    }
}

/// The pages in a process that dies as one of its threads enters a call for the nth time.
async fn doomed(clinic: &Clinic, call: &str, nth: u32) -> Child {
    let arguments = clinic.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut strace = trace::killer(call, nth, "gauze-records", &arguments, clinic.site.home());
    let mut child = strace.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // It may die before it is ready.
    let ready = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if line.starts_with("ready: pages") {
                break;
            }
        }
    };
    timeout(trace::READY_WITHIN, ready).await.expect("it is ready, or dead");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn a_records_side_killed_at_any_call_of_a_look_has_shown_no_picture_without_its_line() {
    if !trace::possible() {
        return;
    }
    let clinic = Clinic::new().await;
    // What only a first start and a first look do would not be met again.
    let server = clinic.serves().await;
    clinic.looks().await.unwrap();
    server.stop().await;
    let arguments = clinic.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let recorder = Recorder::start("gauze-records", &arguments, clinic.site.home()).await;
    clinic.looks().await.unwrap();
    let points = recorder.end().await.points_below(&access::log_dir(&clinic.data()));
    let step = if soaking() { 1 } else { points.len().div_ceil(8) };
    println!("{} calls to be killed at, every {step}. one", points.len());
    let (mut killed, mut shown) = (0, 0);
    for (call, nth) in points.iter().step_by(step) {
        let (before, lines) = (clinic.views(&clinic.data()), clinic.lines());
        let mut child = doomed(&clinic, call, *nth).await;
        let picture = clinic.looks().await.ok();
        killed += usize::from(trace::end(&mut child).await);
        shown += usize::from(picture.is_some());
        let what = format!("{call} {nth}");
        let found = clinic.verified(&clinic.data());
        assert!(found.holds(), "{what}: {:?}", found.faults);
        assert!(clinic.lines().starts_with(&lines), "{what}: a line is another");
        let looked = clinic.views(&clinic.data()) - before;
        assert!(picture.is_none() || looked > 0, "{what}: a picture was shown without its line");
    }
    println!("{killed} kills came about, {shown} pictures were shown before");
    assert!(killed > 0);
    let server = clinic.serves().await;
    clinic.looks().await.unwrap();
    server.stop().await;
    assert!(clinic.verified(&clinic.data()).holds());
    clinic.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_behind_any_write_of_a_look_takes_no_line_of_what_was_shown() {
    if !trace::possible() {
        return;
    }
    let clinic = Clinic::new().await;
    let server = clinic.serves().await;
    clinic.looks().await.unwrap();
    server.stop().await;
    let (dir, views) = (access::log_dir(&clinic.data()), clinic.views(&clinic.data()));
    let before = Tree::read(&dir);
    let arguments = clinic.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let recorder = Recorder::start("gauze-records", &arguments, clinic.site.home()).await;
    let picture = clinic.looks().await.unwrap();
    let journal = Journal::of(&recorder.end().await, &dir, before);
    journal.leads_to(&dir, "-no-such-file");
    let told = shown_at(&journal, picture.len());
    let (mut torn, cuts) = (0, cuts(&journal));
    for (n, (at, fate)) in cuts.iter().enumerate() {
        let what = format!("behind step {at} of {}, shown at {told}, {fate:?}", journal.steps.len());
        let data = clinic.site.home().join(format!("records-{n}"));
        std::fs::create_dir(&data).unwrap();
        journal.cut(*at, *fate).write(&access::log_dir(&data));
        let found = clinic.verified(&data);
        assert!(found.holds(), "{what}: {:?}", found.faults);
        torn += usize::from(found.torn);
        opens(&clinic, &data, found.torn, &what).await;
        if *at >= told {
            assert!(clinic.views(&data) > views, "{what}: a picture was shown without its line");
        }
        std::fs::remove_dir_all(&data).unwrap();
    }
    println!("{} cuts, of which {torn} tore a line", cuts.len());
    clinic.stop().await;
}

/// The step behind which the picture began to leave: it is the last that was sent, in pieces.
fn shown_at(journal: &Journal, length: usize) -> usize {
    let mut sent = 0;
    let began = journal.steps.iter().rposition(|step| {
        if let Change::Sent(bytes) = step.change {
            sent += bytes;
        }
        sent >= length
    });
    began.unwrap() + 1
}

/// Behind each step or, in the quick size, behind a few of them; and how what floats falls.
fn cuts(journal: &Journal) -> Vec<(usize, Fate)> {
    let changes = |at: &usize| !matches!(journal.steps[at - 1].change, Change::Told(_) | Change::Sent(_));
    let behind: Vec<usize> = (1..=journal.steps.len()).filter(changes).chain([journal.steps.len()]).collect();
    let step = quick_or(behind.len().div_ceil(20), 1);
    let fates = |at: usize| {
        let chances = (0..quick_or(2, 6)).map(move |n| Fate::Chance((at * 100 + n) as u64));
        [Fate::Lost, Fate::Kept].into_iter().chain(chances).map(move |fate| (at, fate))
    };
    behind.into_iter().rev().step_by(step).flat_map(fates).collect()
}

/// The log opens to be written, says what was torn, and holds.
async fn opens(clinic: &Clinic, data: &std::path::Path, torn: bool, what: &str) {
    let (keys, place) = (KeyDir::new(&clinic.site.home().join("keys")), data.to_owned());
    let open = move || access::open_log(&keys, &place, "2026-11-29T09:00:00Z".parse().unwrap()).map(Arc::new);
    let opened = tokio::task::spawn_blocking(open).await.unwrap();
    drop(opened.unwrap_or_else(|error| panic!("{what}: {error}")));
    let found = clinic.verified(data);
    assert!(found.holds() && !found.torn, "{what}: {found:?}");
    let said =
        clinic.entries(data).last().is_some_and(|entry| entry.what == What::Happening(Happening::TornTail));
    assert!(said || !torn, "{what}: nothing says that a line was torn");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_start_on_a_log_whose_last_line_a_power_cut_tore() {
    let clinic = Clinic::new().await;
    let server = clinic.serves().await;
    clinic.looks().await.unwrap();
    server.stop().await;
    let mut lines = clinic.lines();
    let whole = lines.len();
    // The half of a line that nobody was told of.
    lines.extend_from_within(..200);
    let file = access::log_dir(&clinic.data()).join("entries/000000000000.log");
    std::io::Write::write_all(&mut std::fs::File::create(file).unwrap(), &lines).unwrap();
    let server = clinic.serves().await;
    clinic.looks().await.unwrap();
    server.stop().await;
    assert_eq!(clinic.lines()[..whole], lines[..whole]);
    let torn = |entry: &Entry| entry.what == What::Happening(Happening::TornTail);
    assert!(clinic.entries(&clinic.data()).iter().any(torn));
    assert!(clinic.verified(&clinic.data()).holds());
    clinic.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_on_a_full_disk_show_no_photo_lose_no_line_and_go_on_when_there_is_room() {
    let site = Site::new().await;
    let Some(disk) = Mount::new(&site.home().join("records"), "32m") else { return };
    let clinic = Clinic::of(site).await;
    let server = clinic.serves().await;
    let mut ann = clinic.walker();
    ann.signs_in(&PEOPLE[0]).await.unwrap();
    ann.looks().await.unwrap();
    let page = ann.list().await.unwrap();
    let photo = page.split("href=\"/photos/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    clinic.is_signed_for().await;
    for room in [0, 4096, 8192] {
        disk.fill(room);
        let (views, mut refused) = (clinic.views(&clinic.data()), 0);
        // What is left of a page takes a few lines.
        for _ in 0..40 {
            let answer = ann.get(&format!("/photos/{photo}")).await.unwrap();
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            if status.is_success() {
                continue;
            }
            refused += 1;
            assert!(status.is_server_error() && !text.contains("data-shown"), "{room}: {status} {text}");
        }
        assert!(refused > 0, "{room}: the disk was not full");
        disk.free();
        let (shown, found) = (40 - refused, clinic.verified(&clinic.data()));
        assert!(found.holds(), "{room}: {:?}", found.faults);
        assert_eq!(
            clinic.views(&clinic.data()) - views,
            shown,
            "{room}: a line for each page that was shown"
        );
        assert!(ann.looks().await.is_ok(), "{room}: it does not go on");
    }
    server.stop().await;
    assert!(clinic.verified(&clinic.data()).holds());
    clinic.stop().await;
    drop(disk);
}
