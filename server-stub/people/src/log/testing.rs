//! A log of three files for the tests of this module, and what is made of it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use gauze_wire::SoftwareKey;
use gauze_wire::log::NoteKey;
use jiff::Timestamp;

use super::access::AccessLog;
use super::entry::{Entry, Event, Happening, Outcome, What};
use super::failure::LogFailure;
use super::files::SEGMENT;
use super::keys::LogKeys;
use super::read::read_entries;
use super::told::Told;
use crate::Remembered;
use crate::words::Note;

pub(super) fn keys() -> LogKeys {
    let tenant = "ward-9".parse().unwrap();
    LogKeys {
        audit: Arc::new(SoftwareKey::from_bytes(&[7; 32]).unwrap()),
        note: Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[8; 32]).unwrap()),
        tenant,
    }
}

pub(super) fn at(second: u64) -> Timestamp {
    Timestamp::from_second(i64::try_from(second).unwrap()).unwrap()
}

pub(super) fn entry(event: &Event) -> Entry {
    Entry::of_event(&keys().tenant, event).unwrap()
}

pub(super) fn open(root: &Path) -> Result<AccessLog, LogFailure> {
    AccessLog::open(root, keys(), at(0))
}

/// Two whole files and the beginning of a third; each hundredth line is a step of a link.
pub(super) fn log(root: &Path) -> AccessLog {
    let log = open(root).unwrap();
    let notes = (0..2 * SEGMENT + 40).map(|number| {
        let what = if number % 100 == 7 { Happening::Link } else { Happening::SignIn };
        Event::of(what, Outcome::Done, at(number)).noting(Note::new(format!("asked/{number}")).unwrap())
    });
    std::thread::scope(|scope| {
        // In order, and still many at once: each is signed and sent before the one before is on the medium.
        let waiting: Vec<_> = notes.map(|event| log.sent(&entry(&event))).collect();
        scope.spawn(|| waiting.into_iter().map(|one| one.blocking_recv().unwrap().unwrap()).max());
    });
    log
}

pub(super) fn told(log: &AccessLog) -> Vec<(Option<Timestamp>, Option<u64>)> {
    let mut told = Vec::new();
    log.told(|one| told.push((one.before, one.kept.map(|kept| kept.index)))).unwrap();
    told
}

/// What whoever keeps the latest time and the lines of links makes of it.
pub(super) fn remembered(log: &AccessLog) -> Vec<(Timestamp, u64)> {
    let (mut latest, mut links) = (at(0), Vec::new());
    log.told(|one| {
        latest = one.before.map_or(latest, |before| before.max(latest));
        let Some(entry) = one.kept.as_ref().and_then(|kept| kept.entry.as_ref()) else { return };
        latest = latest.max(entry.at);
        if entry.what == What::Happening(Happening::Link) {
            links.push((latest, one.kept.as_ref().unwrap().index));
        }
    })
    .unwrap();
    links
}

/// What whoever trusts every line as it stands makes of the log.
pub(super) fn by_every_line(root: &Path) -> Remembered {
    let mut all = Remembered::default();
    read_entries(root, |kept| all.hear(&Told { before: None, kept: Some(kept) })).unwrap();
    all
}

/// The same with one line of it edited.
pub(super) fn edited(text: &str, number: usize) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines[number].len() - 20;
    let other = if lines[number].as_bytes()[at] == b'A' { "B" } else { "A" };
    lines[number].replace_range(at..=at, other);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub(super) fn put(path: &Path, text: &str) {
    File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
}
