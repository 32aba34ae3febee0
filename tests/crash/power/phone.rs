//! The phone loses power.

use std::path::Path;

use gauze_core::Client;
use gauze_tests::simulated;
use gauze_tests::size::quick_or;
use tempfile::TempDir;

use super::cut::{Dice, Fate};
use super::journal::{Change, Journal, Node, Tree};
use crate::site::{Site, phone_arguments, ticked};
use crate::{report, trace};

/// Records a command of the phone's as a journal of its directory.
async fn journal(site: &Site, arguments: &[&str]) -> Journal {
    let dir = site.hospital.phone_dir();
    let before = Tree::read(&dir);
    let recording = trace::record("gauze-phone", &phone_arguments(arguments), site.home()).await;
    assert_eq!(recording.code, Some(0));
    let journal = Journal::of(&recording, &dir, before);
    journal.leads_to(&dir, "\0");
    journal
}

/// The cuts to try: behind each step or, in the quick size, some of them; and how what floats falls.
fn cuts(journal: &Journal, few: usize) -> Vec<(usize, Fate)> {
    let step = quick_or(journal.steps.len().div_ceil(few), 1);
    let chances = quick_or(1, 24);
    let behind = (0..=journal.steps.len()).rev().step_by(step).collect::<Vec<_>>();
    let fates = |at: usize| {
        let chance = (0..chances).map(move |n| Fate::Chance((at * 100 + n) as u64));
        [Fate::Lost, Fate::Kept].into_iter().chain(chance).map(move |fate| (at, fate))
    };
    println!("{} steps, a cut behind every {step}., {} ways each", journal.steps.len(), chances + 2);
    behind.into_iter().rev().flat_map(fates).collect()
}

/// What the phone had printed by then.
fn printed(journal: &Journal, steps: usize) -> String {
    journal.steps[..steps]
        .iter()
        .filter_map(|step| match &step.change {
            Change::Told(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// In memory where that is: thousands of phones are made and opened.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let dir = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("gauze-cut-").tempdir_in(dir).unwrap()
}

/// Opens the phone that a cut left; its photos are whole, and the `ticked` ones there.
fn reopened(site: &Site, disk: &Tree, ticked: &[String], what: &str) -> (TempDir, Client) {
    let dir = scratch();
    disk.write(dir.path());
    let phone = simulated::open(dir.path()).unwrap_or_else(|error| panic!("{what}: {}", error.code()));
    site.shows_whole_photos(&phone, dir.path(), ticked, what);
    (dir, phone)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_any_step_of_a_capture_loses_nothing_that_was_ticked() {
    if !trace::possible() {
        return;
    }
    let mut site = Site::new().await;
    let old = site.capture_two();
    let journal = journal(&site, &["capture", "--record", "record.json", "2.jpg", "3.jpg"]).await;
    let whole = printed(&journal, journal.steps.len());
    assert_eq!(ticked(&whole).len(), 2, "{whole}");
    for (n, (at, fate)) in cuts(&journal, 40).into_iter().enumerate() {
        let what = format!("behind step {at}, {fate:?}");
        let kept = [&old[..], &ticked(&printed(&journal, at))].concat();
        let (dir, phone) = reopened(&site, &journal.cut(at, fate), &kept, &what);
        let used = phone.status().last_seq;
        assert!(used >= kept.len() as u64, "{what}: the chain goes back to {used}");
        if n % quick_or(20, 4) == 0 {
            let report = phone.run_queue(true).await.unwrap();
            assert_eq!(report.stopped, [], "{what}");
        }
        drop(dir);
    }
    site.deliver().await;
    site.all_filed_once(&[&old[..], &ticked(&whole)].concat()).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_any_step_of_the_queue_sends_each_photo_once() {
    if !trace::possible() {
        return;
    }
    let mut site = Site::new().await;
    let ids = site.capture_two();
    let sending = journal(&site, &["upload", "--retry", "0"]).await;
    for (n, (at, fate)) in cuts(&sending, 24).into_iter().enumerate() {
        let what = format!("sending, behind step {at}, {fate:?}");
        let (dir, phone) = reopened(&site, &sending.cut(at, fate), &ids, &what);
        if n % quick_or(8, 2) == 0 {
            let report = phone.run_queue(true).await.unwrap();
            assert_eq!((report.stopped, report.stored), (vec![], 2), "{what}");
        }
        drop(dir);
    }
    site.pull().await;
    let erasing = journal(&site, &["upload", "--retry", "0"]).await;
    assert_eq!(site.open().list().unwrap().len(), 0);
    for (n, (at, fate)) in cuts(&erasing, 24).into_iter().enumerate() {
        // The hospital has them: that the phone still has what it shows is all that is asked.
        let what = format!("erasing, behind step {at}, {fate:?}");
        let (dir, phone) = reopened(&site, &erasing.cut(at, fate), &[], &what);
        assert_eq!(phone.status().last_seq, 2, "{what}: the chain's head must outlive its photos");
        if n % quick_or(8, 2) == 0 {
            phone.run_queue(true).await.unwrap();
            assert_eq!(phone.list().unwrap().len(), 0, "{what}");
        }
        drop(dir);
    }
    site.all_filed_once(&ids).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_any_step_of_a_report_loses_none_that_was_said_to_be_kept() {
    if !trace::possible() {
        return;
    }
    let mut site = report::site().await;
    site.capture_two();
    let journal = journal(&site, &["report", "report.json"]).await;
    for (at, fate) in cuts(&journal, 40) {
        let what = format!("behind step {at}, {fate:?}");
        let (dir, phone) = reopened(&site, &journal.cut(at, fate), &[], &what);
        let waiting = phone.reports();
        assert!(waiting.len() <= 1 && waiting.iter().all(|report| report.trouble.is_none()), "{what}");
        for id in ticked(&printed(&journal, at)) {
            assert!(waiting.iter().any(|report| report.report_id.to_string() == id), "{what}");
        }
        drop(dir);
    }
    site.stop().await;
}

/// Flips, cuts off and removes what sled wrote.
fn hurt_index(disk: &mut Tree, dice: &mut Dice) {
    let index: Vec<_> = disk.files().into_keys().filter(|path| path.starts_with("index")).collect();
    for path in index {
        let inode = disk.find(&path).unwrap();
        let Node::File(bytes) = &mut disk.nodes[inode] else { continue };
        match dice.below(5) {
            0 => {}
            1 => {
                for _ in 0..=dice.below(64) {
                    let at = dice.below(bytes.len());
                    bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << dice.below(8));
                }
            }
            2 => bytes.truncate(dice.below(bytes.len())),
            3 => bytes.iter_mut().for_each(|byte| *byte = dice.next().to_le_bytes()[0]),
            _ => {
                let dir = disk.find(path.parent().unwrap()).unwrap();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                disk.apply(&Change::Names { gone: Some((dir, name)), come: None });
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_damaged_in_any_way_costs_nothing() {
    let mut site = Site::new().await;
    let ids = site.capture_two();
    // A photo that was tried and did not go leaves a row.
    site.stop().await;
    assert_eq!(site.phone(&["upload", "--retry", "0"]).await.code, Some(1));
    let whole = Tree::read(&site.hospital.phone_dir());
    assert!(whole.files().keys().any(|path| path.starts_with("index")));
    for seed in 0..quick_or(40, 1000) {
        let mut hurt = whole.clone();
        hurt_index(&mut hurt, &mut Dice(seed));
        let (_dir, phone) = reopened(&site, &hurt, &ids, &format!("seed {seed}"));
        assert_eq!(phone.status().unsent, 2, "seed {seed}");
    }
}
