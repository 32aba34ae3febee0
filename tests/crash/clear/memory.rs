//! A phone's process is locked, and its memory read from outside.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use gauze_tests::needles::Needles;
use gauze_tests::skipped::skipped;

use super::review::secrets_of;
use crate::report::{WHAT, site as reported_site};
use crate::specimen::Specimen;

impl Specimen {
    /// What of `needles` is anywhere in its memory, and where; `None` where memory may not be read.
    fn remembers(&self, needles: &Needles) -> Option<Vec<String>> {
        let proc = Path::new("/proc").join(self.pid().to_string());
        let maps = std::fs::read_to_string(proc.join("maps")).ok()?;
        let memory = File::open(proc.join("mem")).ok()?;
        let (mut found, mut read) = (Vec::new(), 0);
        for map in maps.lines() {
            let mut words = map.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            let Some((from, to)) = range.split_once('-') else { continue };
            let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
            // What it cannot write is the program and its libraries.
            if !rights.starts_with("rw") {
                continue;
            }
            let mut bytes = vec![0; usize::try_from(to - from).ok()?];
            if memory.read_exact_at(&mut bytes, from).is_err() {
                continue;
            }
            read += bytes.len();
            let place = words.nth(3).unwrap_or("heap or a thread's");
            found.extend(needles.found_in(&bytes).into_iter().map(|name| format!("{name} in {place}")));
        }
        (read > 1 << 20).then_some(found)
    }

    /// That each of `needles` would be found: it is given a file to hold in which they all are.
    fn is_searched_for(&mut self, needles: &Needles, file: &Path) {
        let planted: Vec<u8> = needles.plants().into_iter().flat_map(|(_, bytes)| bytes).collect();
        File::create(file).and_then(|mut file| file.write_all(&planted)).unwrap();
        self.told(&format!("hold {}", file.display()));
        let held = self.remembers(needles).unwrap();
        for (name, _) in needles.plants() {
            let met = held.iter().any(|found| found.starts_with(&format!("{name} in ")));
            assert!(met, "the search must find {name}: {held:?}");
        }
        self.told("let-go");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_phones_memory_holds_no_photo_no_label_and_no_key_and_a_wiped_ones_no_store_key() {
    let mut site = reported_site().await;
    let (data, vault) = (site.home().join("specimen"), site.home().join("vault"));
    let mut phone = Specimen::enrolled(&site, &data, &vault).await;
    let home = site.home().display().to_string();
    let secrets = |previews| {
        let mut needles = Needles::of_nobody();
        needles.word("what was reported", WHAT.as_bytes());
        assert_eq!(secrets_of(&data, &vault, &mut needles), previews);
        (0..3).for_each(|n| needles.pixels_of("a photo", &site.picture(n)));
        needles
    };
    for n in 0..2 {
        // What comes after it would write over what it left on the stack.
        phone.told(&format!("take {home}/record.json {home}/{n}.jpg"));
        let Some(captured) = phone.remembers(&secrets(0)) else {
            skipped("the memory of another process cannot be read here");
            return;
        };
        assert_eq!(captured, [""; 0], "after a capture");
    }
    phone.told(&format!("capture {home}/record.json {home}/2.jpg"));
    assert_eq!(phone.remembers(&secrets(1)).unwrap(), [""; 0], "after capture and preview");
    phone.told(&format!("report {home}/report.json"));
    assert_eq!(phone.remembers(&secrets(1)).unwrap(), [""; 0], "after a report");

    phone.told(&format!("hold {home}/0.jpg"));
    phone.told("unlock");
    assert_eq!(phone.told("look"), "3 seen");
    let mut needles = secrets(3);
    let held = phone.remembers(&needles).unwrap();
    for what in ["a photo", "the review identity"] {
        assert!(held.iter().any(|found| found.starts_with(what)), "the search must find {what}: {held:?}");
    }
    phone.told("let-go");
    phone.is_searched_for(&needles, &site.home().join("planted"));
    phone.told("lock");
    assert_eq!(phone.remembers(&needles).unwrap(), [""; 0], "locked");
    assert_eq!(phone.told("send"), "3 stored");
    assert_eq!(phone.remembers(&needles).unwrap(), [""; 0], "locked, and everything sent");

    needles.word("the store key", &std::fs::read(data.join("secrets/store.key")).unwrap());
    phone.told("unlock");
    let held = phone.remembers(&needles).unwrap();
    assert!(held.iter().any(|found| found.starts_with("the store key")), "the search must find it: {held:?}");
    phone.told("wipe");
    assert_eq!(phone.remembers(&needles).unwrap(), [""; 0], "wiped");
    drop(phone);
    site.stop().await;
}
