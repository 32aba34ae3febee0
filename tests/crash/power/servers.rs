//! Gateway and records side lose power: a receipt that was handed out is honoured.

use std::path::Path;

use gauze_tests::programs::{attempt, run};
use gauze_tests::simulated;
use gauze_tests::size::{quick_or, soaking};
use serde_json::Value;

use super::cut::Fate;
use super::journal::{Change, Journal, Tree};
use super::phone::scratch;
use crate::site::{Site, pull_arguments};
use crate::trace::{self, Recorder};

/// SQLite's shared memory: mapped, not written, and made anew by whoever opens the database.
const SHARED: &str = "-shm";
/// Receipts are larger than this, and what else is sent between the last byte of a photo and its receipt is smaller.
const RECEIPT: usize = 1000;

fn is_receipt(change: &Change) -> bool {
    matches!(change, Change::Sent(bytes) if *bytes > RECEIPT)
}

/// The steps behind which a receipt for another photo was out: the first large message after the photo's last bytes.
fn receipts(journal: &Journal) -> Vec<usize> {
    let (mut out, mut arriving) = (Vec::new(), None);
    let mut seen = Vec::new();
    for (at, step) in journal.steps.iter().enumerate() {
        match &step.change {
            Change::Names { gone: None, come: Some((_, name, inode)) } if name.ends_with(".part") => {
                seen.push(*inode);
            }
            Change::Write { inode, .. } if seen.contains(inode) => arriving = Some(*inode),
            change if is_receipt(change) && arriving.take().is_some() => out.push(at + 1),
            _ => {}
        }
    }
    out
}

/// The cuts to try from `first` on: behind each step or, in the quick size, `few` of them and the last; and how what floats
/// falls.
fn cuts(journal: &Journal, first: usize, few: usize) -> Vec<(usize, Fate)> {
    let last = journal.steps.len();
    let step = quick_or((last - first).div_ceil(few), 1);
    let chances = quick_or(1, 3);
    let mut behind: Vec<_> = (first..last).step_by(step).chain([last]).collect();
    behind.dedup();
    let fates = |at: usize| {
        let chance = (0..chances).map(move |n| Fate::Chance((at * 100 + n) as u64));
        [Fate::Lost]
            .into_iter()
            .chain(soaking().then_some(Fate::Kept))
            .chain(chance)
            .map(move |fate| (at, fate))
    };
    println!("{last} steps, from {first} on a cut behind every {step}.");
    behind.into_iter().flat_map(fates).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_receipt_survives_a_power_cut_of_the_gateway() {
    if !trace::possible() {
        return;
    }
    let mut site = Site::new().await;
    site.stop().await;
    let dir = site.home().join("gateway");
    let before = Tree::read(&dir).without(SHARED);
    let arguments = site.hospital.gateway_arguments("gateway");
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let gateway = Recorder::start("gauze-gateway", &arguments, site.home()).await;
    let mut ids = Vec::new();
    for n in 0..2 {
        let captured = site.phone(&["capture", &format!("{n}.jpg")]).await;
        ids.extend(crate::site::ticked(&captured.stdout));
        assert_eq!(site.phone(&["upload"]).await.code, Some(0));
    }
    let journal = Journal::of(&gateway.end().await, &dir, before);
    journal.leads_to(&dir, SHARED);
    let told = receipts(&journal);
    assert_eq!(told.len(), 2, "{told:?}");
    let phone = Tree::read(&site.hospital.phone_dir());
    let cuts = cuts(&journal, quick_or(told[0], 0), 2);
    for (n, (at, fate)) in cuts.into_iter().enumerate() {
        let what = format!("behind step {at} of {}, {fate:?}", journal.steps.len());
        let handed = &ids[..told.iter().filter(|told| **told <= at).count()];
        honours(&site, &journal.cut(at, fate).without(SHARED), &phone, handed, n, &what).await;
    }
}

/// Runs the gateway that a power cut left, a new records side and a copy of the phone: what was `handed` out is filed,
/// and the phone, whose receipts may be older, ends with nothing to send.
async fn honours(site: &Site, disk: &Tree, phone: &Tree, handed: &[String], n: usize, what: &str) {
    let (name, records) = (format!("gateway-{n}"), format!("records-{n}"));
    disk.write(&site.home().join(&name));
    let gateway = site.hospital.start_gateway_in(&name).await.unwrap();
    let url = site.hospital.url();
    let mut pull = pull_arguments(&url);
    pull[2] = &records;
    run("gauze-records", &pull, site.home()).await.unwrap();
    let list = run("gauze-records", &["list", "--data", &records, "--json"], site.home()).await.unwrap();
    for id in handed {
        let rows: Vec<Value> = serde_json::from_str(&list).unwrap();
        let found: Vec<_> = rows.iter().filter(|row| row["capture_id"] == id.as_str()).collect();
        assert!(found.len() == 1 && found[0]["status"] == "filed", "{what}: {id} {found:?}");
    }
    let copy = scratch();
    phone.write(copy.path());
    let phone = simulated::open(copy.path()).unwrap();
    phone.run_queue(true).await.unwrap();
    let left: Vec<_> = phone.list().unwrap().iter().map(|photo| photo.capture_id.to_string()).collect();
    assert!(handed.iter().all(|id| !left.contains(id)), "{what}: the phone was told that they are filed");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filed_receipt_survives_a_power_cut_of_the_records_side() {
    if !trace::possible() {
        return;
    }
    let mut site = Site::new().await;
    site.pull().await;
    let ids = site.capture_two();
    assert_eq!(site.phone(&["upload"]).await.code, Some(0));
    let dir = site.hospital.records_dir();
    let before = Tree::read(&dir);
    let url = site.hospital.url();
    let recording = trace::record("gauze-records", &pull_arguments(&url), site.home()).await;
    assert_eq!(recording.code, Some(0));
    let journal = Journal::of(&recording, &dir, before);
    journal.leads_to(&dir, SHARED);
    // The receipts are the last large message.
    let told = journal.steps.iter().rposition(|step| is_receipt(&step.change)).unwrap() + 1;
    let cuts = cuts(&journal, told - told.min(quick_or(4, told)), 3);
    for (n, (at, fate)) in cuts.into_iter().enumerate() {
        let what = format!("behind step {at} of {}, told at {told}, {fate:?}", journal.steps.len());
        let name = format!("records-{n}");
        journal.cut(at, fate).without(SHARED).write(&site.home().join(&name));
        if at >= told {
            filed(&site, &name, &ids, &what).await;
        }
        let mut pull = pull_arguments(&url);
        pull[2] = &name;
        let pulled = attempt("gauze-records", &pull, site.home()).await.unwrap();
        assert_eq!(pulled.code, Some(0), "{what}: {}", pulled.stderr);
        filed(&site, &name, &ids, &what).await;
    }
    site.stop().await;
}

/// That a records side has filed these, without asking anybody, and that their files open.
async fn filed(site: &Site, records: &str, ids: &[String], what: &str) {
    let list = run("gauze-records", &["list", "--data", records, "--json"], site.home()).await.unwrap();
    let rows: Vec<Value> = serde_json::from_str(&list).unwrap();
    for id in ids {
        let row = rows.iter().find(|row| row["capture_id"] == id.as_str());
        let path = row.and_then(|row| row["path"].as_str());
        let path = path.unwrap_or_else(|| panic!("{what}: {id} is not filed: {row:?}"));
        assert!(site.opened(&site.home().join(records).join(Path::new(path))).is_some(), "{what}: {id}");
    }
}
