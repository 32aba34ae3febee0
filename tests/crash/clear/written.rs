//! Every byte that the phone's commands write, deleted or not, and where to.

use gauze_tests::needles::Needles;

use crate::power::journal::{Journal, Node, Tree};
use crate::report::{REPORT, WHAT, site as reported_site};
use crate::site::{Site, phone_arguments, ticked};
use crate::trace;

use super::review::secrets_of;

/// Every picture, preview, name and key of the site's phone.
fn needles(site: &Site) -> Needles {
    let mut needles = Needles::of_nobody();
    needles.word("what was reported", WHAT.as_bytes());
    for n in 0..2 {
        needles.pixels_of("a photo", &site.picture(n));
    }
    let data = site.hospital.phone_dir();
    assert_eq!(secrets_of(&data, &data.join("vault"), &mut needles), 2, "of each photo a preview");
    needles
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_the_phone_writes_is_in_the_clear_not_even_what_it_deletes() {
    if !trace::possible() {
        return;
    }
    let mut site = reported_site().await;
    let data = site.hospital.phone_dir();
    let run = async |arguments: &[&str]| {
        let before = Tree::read(&data);
        let recording = trace::record("gauze-phone", &phone_arguments(arguments), site.home()).await;
        assert_eq!(recording.code, Some(0), "{arguments:?}");
        let journal = Journal::of(&recording, &data, before);
        (recording, journal)
    };
    let capture = run(&["capture", "--record", "record.json", "0.jpg", "1.jpg"]).await;
    let needles = needles(&site);
    let id = &ticked(&capture.0.stdout)[1];
    let mut sealed = Needles::default();
    sealed.runs_of("ciphertext", &std::fs::read(data.join("outbox").join(id).join("photo.age")).unwrap());
    let discard = run(&["discard", id]).await;
    let report = run(&REPORT).await;
    let runs = [capture, discard, report, run(&["upload"]).await, run(&["list"]).await, run(&["wipe"]).await];
    let mut met = false;
    for (recording, journal) in &runs {
        for call in &recording.calls {
            let bytes = call.bytes(1);
            assert_eq!(needles.found_in(&bytes), [""; 0], "{} {:?}", call.name, call.file(0));
            met |= !sealed.found_in(&bytes).is_empty();
            stays_at_home(call, &data);
        }
        for node in &journal.after().nodes {
            if let Node::File(bytes) = node {
                assert_eq!(needles.found_in(bytes), [""; 0]);
            }
        }
    }
    assert!(met, "the ciphertext was written, and the search must find it");
    site.pull().await;
    for dir in ["phone", "gateway", "records"] {
        needles.are_not_below(&site.home().join(dir)).unwrap();
    }
    site.stop().await;
}

/// Files are opened for writing in the phone's directory alone.
fn stays_at_home(call: &trace::Call, data: &std::path::Path) {
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.says(2, flag));
    if call.name == "openat" && writes && call.result >= 0 {
        let path = call.opened.clone().unwrap_or_default();
        let harmless = ["/dev/", "/proc/"].iter().any(|dir| path.starts_with(dir));
        assert!(harmless || path.starts_with(data), "{} is opened for writing", path.display());
    }
}
