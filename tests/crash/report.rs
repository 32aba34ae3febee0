//! The phone's process is killed while it keeps, sends and lets go of what was reported as gone wrong. What was said to be kept is on the
//! phone afterwards or in the hospital, and is in the hospital's log once.
//!
//! A phone may send 20 within a day, so no size tries more kills than these.

use std::collections::BTreeSet;

use gauze_tests::hospital::write;

use crate::kill::spread;
use crate::site::{Site, phone_arguments, ticked};
use crate::trace;

pub const REPORT: [&str; 2] = ["report", "report.json"];
/// What it says.
pub const WHAT: &str = "A photo lay open in the lift";
const UPLOAD: [&str; 3] = ["upload", "--retry", "0"];

/// A hospital, and something that went wrong there.
pub async fn site() -> Site {
    let site = Site::new().await;
    let said = format!(r#"{{"kind": "breach", "what": "{WHAT}"}}"#);
    write(&site.home().join("report.json"), &said).unwrap();
    site
}

/// What waits on the phone; nothing is wrong with any of it.
fn waiting(site: &Site, what: &str) -> BTreeSet<String> {
    let reports = site.open().reports();
    assert!(reports.iter().all(|report| report.trouble.is_none()), "{what}: {reports:?}");
    reports.into_iter().map(|report| report.report_id.to_string()).collect()
}

async fn kept(site: &Site) -> String {
    let [id] = ticked(&site.phone(&REPORT).await.stdout).try_into().unwrap();
    id
}

/// That each was sent once, and that no more went out than was written.
async fn each_once(mut site: Site, said: &BTreeSet<String>, written: usize) {
    site.deliver().await;
    assert_eq!(waiting(&site, "the hospital has them"), BTreeSet::new());
    let sent = site.reported().await;
    let once: BTreeSet<_> = sent.iter().cloned().collect();
    assert!(
        once.len() == sent.len() && once.is_superset(said) && sent.len() <= written,
        "{said:?}, {sent:?}"
    );
    site.all_filed_once(&[]).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_while_it_keeps_a_report_loses_none_that_it_said_is_kept() {
    if !trace::possible() {
        return;
    }
    let site = site().await;
    let mut said = BTreeSet::from([kept(&site).await]);
    let whole = trace::record("gauze-phone", &phone_arguments(&REPORT), site.home()).await;
    assert_eq!(whole.code, Some(0));
    said.extend(ticked(&whole.stdout));
    let points = whole.points_below(&site.hospital.phone_dir().join("reports"));
    let (mut written, mut killed) = (2, 0);
    for (call, nth) in spread(points, 14) {
        let ended = trace::killed(&call, nth, "gauze-phone", &phone_arguments(&REPORT), site.home()).await;
        killed += usize::from(ended.code.is_none());
        written += 1;
        said.extend(ticked(&ended.stdout));
        let what = format!("{call} {nth}");
        assert!(waiting(&site, &what).is_superset(&said), "{what}");
        let names = std::fs::read_dir(site.hospital.phone_dir().join("reports")).unwrap();
        for name in names.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            assert!(name.ends_with(".json"), "{what}: {name} was left");
        }
    }
    assert!(killed > 2, "{killed} kills came about");
    each_once(site, &said, written).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_while_it_sends_or_lets_go_of_a_report_still_has_it_or_the_hospital_does() {
    if !trace::possible() {
        return;
    }
    let site = site().await;
    let upload = phone_arguments(&UPLOAD);
    let mut said = BTreeSet::from([kept(&site).await]);
    let mut points = Vec::new();
    for below in ["reports", "."] {
        let dir = site.hospital.phone_dir().join(below);
        let whole = trace::record("gauze-phone", &upload, site.home()).await;
        assert_eq!(whole.code, Some(0));
        points.extend(spread(whole.points_below(&dir), 7));
        site.pull().await;
    }
    assert_eq!(waiting(&site, "the hospital has it"), BTreeSet::new());
    let mut killed = 0;
    for (call, nth) in points {
        if waiting(&site, &call).is_empty() {
            said.insert(kept(&site).await);
        }
        let ended = trace::killed(&call, nth, "gauze-phone", &upload, site.home()).await;
        killed += usize::from(ended.code.is_none());
        site.pull().await;
        let (there, sent) = (waiting(&site, &call), site.reported().await);
        for id in &said {
            assert!(there.contains(id) || sent.contains(id), "{call} {nth}: {id} is gone");
        }
    }
    assert!(killed > 4, "{killed} kills came about");
    let written = said.len();
    each_once(site, &said, written).await;
}
