//! The phone's process is killed: at each of its system calls that change a file or tell somebody something, and at
//! any moment. Whatever was ticked is there afterwards, opens, and reaches the records side once.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::Duration;

use gauze_tests::programs::program;
use gauze_tests::size::{quick_or, soaking};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::site::{Site, phone_arguments, ticked};
use crate::trace::{self, Recording};

/// All of a run's kill points, or in the quick size so many of them, spread evenly.
fn chosen(recording: &Recording, few: usize) -> Vec<(String, u32)> {
    let points = recording.kill_points();
    let step = if soaking() { 1 } else { points.len().div_ceil(few) };
    println!("{} system calls to be killed at, every {step}. one", points.len());
    points.into_iter().step_by(step).map(|(name, nth)| (name.to_owned(), nth)).collect()
}

/// Of a hundred kills at a call so many must come about. Which thread makes a call differs from run to run, and the last of a
/// name may have been another's: of 341 kills 4 were missed. The quick size tries too few to be held to that.
fn at_a_call() -> usize {
    quick_or(70, 90)
}

/// And of a hundred at a moment, of which a fifth is drawn from behind the end of a run like the first: on a busy machine 70, on
/// an idle one 90 come about.
fn at_a_moment() -> usize {
    quick_or(40, 50)
}

/// How often a program was to be killed, and how often it was: it may be over first.
#[derive(Default)]
struct Tally {
    tried: usize,
    missed: Vec<String>,
}

impl Tally {
    fn note(&mut self, what: &str, killed: bool) {
        self.tried += 1;
        self.missed.extend((!killed).then(|| what.to_owned()));
    }

    /// That at least so many of a hundred came about.
    fn reaches(&self, percent: usize) {
        let Self { tried, missed } = self;
        println!("{tried} kills, of which {} did not come about", missed.len());
        assert!(
            (tried - missed.len()) * 100 >= tried * percent,
            "of {tried} kills, these did not: {missed:?}"
        );
    }
}

/// That nothing that was ticked is lost, and that what is there is whole.
fn holds(site: &Site, ticked: &[String], what: &str) {
    site.shows_whole_photos(&site.open(), &site.hospital.phone_dir(), ticked, what);
    let outbox = std::fs::read_dir(site.hospital.phone_dir().join("outbox")).unwrap();
    let names: Vec<_> = outbox.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().all(|name| !name.starts_with('.')), "{what}: {names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_at_any_system_call_of_a_capture_loses_nothing_that_was_ticked() {
    if !trace::possible() {
        return;
    }
    let mut site = Site::new().await;
    let capture = phone_arguments(&["capture", "--record", "record.json", "0.jpg", "1.jpg"]);
    // What only a first capture does would not be met again.
    let mut all = site.capture_two().to_vec();
    let whole = trace::record("gauze-phone", &capture, site.home()).await;
    assert_eq!(whole.code, Some(0));
    all.extend(ticked(&whole.stdout));
    assert_eq!(all.len(), 4);
    let mut waiting = all.clone();
    let mut tally = Tally::default();
    for (call, nth) in chosen(&whole, 12) {
        let ended = trace::killed(&call, nth, "gauze-phone", &capture, site.home()).await;
        let what = format!("{call} {nth}");
        tally.note(&what, ended.code.is_none());
        let fresh = ticked(&ended.stdout);
        all.extend_from_slice(&fresh);
        waiting.extend(fresh);
        holds(&site, &waiting, &what);
        if waiting.len() > 20 {
            site.deliver().await;
            waiting.clear();
        }
    }
    tally.reaches(at_a_call());
    site.deliver().await;
    site.all_filed_once(&all).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_at_any_system_call_of_an_upload_sends_each_photo_once() {
    if !trace::possible() {
        return;
    }
    let mut site = Site::new().await;
    let upload = phone_arguments(&["upload", "--retry", "0"]);
    let mut all = site.capture_two().to_vec();
    let whole = trace::record("gauze-phone", &upload, site.home()).await;
    assert_eq!(whole.code, Some(0));
    let mut tally = Tally::default();
    for (call, nth) in chosen(&whole, 8) {
        let fresh = site.capture_two();
        all.extend_from_slice(&fresh);
        let ended = trace::killed(&call, nth, "gauze-phone", &upload, site.home()).await;
        let what = format!("{call} {nth}");
        tally.note(&what, ended.code.is_none());
        holds(&site, &fresh, &what);
        if soaking() {
            site.deliver().await;
        }
    }
    tally.reaches(at_a_call());
    site.deliver().await;
    site.all_filed_once(&all).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_at_any_system_call_of_an_erasure_still_has_the_photo_or_the_hospital_does() {
    if !trace::possible() {
        return;
    }
    let mut site = Site::new().await;
    let upload = phone_arguments(&["upload", "--retry", "0"]);
    let mut all = filed(&site).await.to_vec();
    let whole = trace::record("gauze-phone", &upload, site.home()).await;
    assert_eq!(whole.code, Some(0));
    assert_eq!(site.open().list().unwrap().len(), 0, "what was filed is erased");
    let mut tally = Tally::default();
    for (call, nth) in chosen(&whole, 6) {
        all.extend(filed(&site).await);
        let ended = trace::killed(&call, nth, "gauze-phone", &upload, site.home()).await;
        let what = format!("{call} {nth}");
        tally.note(&what, ended.code.is_none());
        holds(&site, &[], &what);
        site.all_filed_once(&all).await;
    }
    tally.reaches(at_a_call());
    site.deliver().await;
    site.all_filed_once(&all).await;
    site.stop().await;
}

/// Two photos that the hospital has filed, and the phone has not heard of it.
async fn filed(site: &Site) -> [String; 2] {
    let ids = site.capture_two();
    assert_eq!(site.phone(&["upload"]).await.code, Some(0));
    site.pull().await;
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_at_any_moment_loses_nothing_that_was_ticked() {
    let mut site = Site::new().await;
    let pictures = ["0.jpg", "1.jpg", "2.jpg", "3.jpg"];
    let capture = phone_arguments(&[&["capture"], &pictures[..]].concat());
    let upload = phone_arguments(&["upload", "--retry", "0"]);
    let rounds = quick_or(24, 500);
    // As long as a run that nobody kills takes on this machine now, and a little longer.
    let started = tokio::time::Instant::now();
    let whole = ticked(&killed_after(&site, &capture, Duration::MAX).await.0);
    let longest = started.elapsed() * 5 / 4;
    assert_eq!(whole.len(), pictures.len());
    let (mut all, mut waiting, mut tally) = (whole.clone(), whole, Tally::default());
    for round in 0..rounds {
        let mut random = [0; 4];
        getrandom::fill(&mut random).unwrap();
        let after = longest.mul_f64(f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX));
        let arguments = if round % 3 == 2 { &upload } else { &capture };
        let (stdout, killed) = killed_after(&site, arguments, after).await;
        let what = format!("round {round}, after {after:?}");
        tally.note(&what, killed);
        if round % 3 != 2 {
            all.extend(ticked(&stdout));
            waiting.extend(ticked(&stdout));
        }
        holds(&site, &waiting, &what);
        if round % 12 == 11 {
            site.deliver().await;
            waiting.clear();
        }
    }
    println!("{} photos ticked", all.len());
    tally.reaches(at_a_moment());
    site.deliver().await;
    site.all_filed_once(&all).await;
    site.stop().await;
}

/// Runs the phone for so long; what it printed until it ended by itself or was killed, and whether it was.
async fn killed_after(site: &Site, arguments: &[&str], after: Duration) -> (String, bool) {
    let mut phone = Command::new(program("gauze-phone").unwrap())
        .args(arguments)
        .current_dir(site.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdout = phone.stdout.take().unwrap();
    let status = match tokio::time::timeout(after, phone.wait()).await {
        Ok(status) => status.unwrap(),
        Err(_) => {
            phone.start_kill().unwrap();
            phone.wait().await.unwrap()
        }
    };
    let mut printed = String::new();
    stdout.read_to_string(&mut printed).await.unwrap();
    (printed, status.signal().is_some())
}
