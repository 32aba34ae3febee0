//! What a start is told of the log: of files with an index the lines that it names, of the others each line.
//!
//! Always: a line that an index names is judged by its leaf, each that was blanked by the entry that says so, and none is told that
//! stands there twice. A line that an index does not name is not told, also where it was erased after the index was made: which kind
//! it was of is known, and none of those that are remembered.

use std::collections::HashSet;

use jiff::Timestamp;

use super::entry::erased_by;
use super::failure::LogFailure;
use super::files::Files;
use super::index::Index;
use super::keys::LogKeys;
use super::lasting::outlives;
use super::read::{Kept, Segments};
use crate::line::EntryId;

/// Something that a start must know, in the log's order.
#[derive(Clone, Debug)]
pub struct Told {
    /// The latest time of lines that were passed over since the one before.
    pub before: Option<Timestamp>,
    /// The line; nothing at the end of a file whose last lines were passed over.
    pub kept: Option<Kept>,
}

/// What lines say of one another: which were blanked, which are said to be, and which stand there twice.
#[derive(Default)]
pub(super) struct Heard {
    ids: HashSet<EntryId>,
    blank: Vec<u64>,
    pub(super) said: HashSet<u64>,
    twice: Option<u64>,
}

impl Heard {
    pub(super) fn hear(&mut self, Kept { index, entry }: &Kept) {
        let Some(entry) = entry else { return self.blank.push(*index) };
        self.said.extend(erased_by(entry));
        if outlives(entry) && !self.ids.insert(entry.id.clone()) {
            self.twice = self.twice.or(Some(*index));
        }
    }

    pub(super) fn judge(self) -> Result<(), LogFailure> {
        if let Some(index) = self.twice {
            return Err(LogFailure::Damaged(format!("entry {index} is a copy of another")));
        }
        match self.blank.into_iter().find(|index| !self.said.contains(index)) {
            Some(index) => Err(LogFailure::Damaged(format!("entry {index} was erased and no entry says so"))),
            None => Ok(()),
        }
    }
}

/// All that a start must know: of files with an index by these keys what it names, of the others each line. Where this fails,
/// nothing that was told counts.
pub(super) fn tell(files: &Files, keys: &LogKeys, mut each: impl FnMut(Told)) -> Result<(), LogFailure> {
    let (segments, mut heard) = (Segments::of(&files.root)?, Heard::default());
    let mut each = |told: Told| {
        told.kept.iter().for_each(|kept| heard.hear(kept));
        each(told);
    };
    for &first in segments.firsts() {
        match Index::read(files, first, keys)? {
            Some(index) => tell_of(&index, files, &mut each)?,
            None => segments.read(first, |kept| each(Told { before: None, kept: Some(kept) }))?,
        }
    }
    heard.judge()
}

fn tell_of(index: &Index, files: &Files, each: &mut impl FnMut(Told)) -> Result<(), LogFailure> {
    index.lines(files, |before, kept| each(Told { before, kept: Some(kept) }))?;
    each(Told { before: index.latest, kept: None });
    Ok(())
}

#[cfg(test)]
mod tests {
    use gauze_wire::{Jws, SoftwareKey};

    use super::super::entry::{About, Entry, Event, Happening, Kind, Outcome, What};
    use super::super::files::SEGMENT;
    use super::super::line::Made;
    use super::super::read::read_entries;
    use super::super::testing::{at, by_every_line, entry, keys, log, open, put, remembered, told};
    use super::super::verify::{Fault, Verified, Wanted, verify};
    use super::super::writer::blank;
    use super::*;
    use crate::Remembered;
    use crate::action::Action;
    use crate::context::ReasonCode;
    use crate::person::PersonId;
    use crate::words::Note;

    #[test]
    fn a_start_reads_of_whole_files_what_outlives_it_and_is_told_the_same_as_by_every_line() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        let first = log(&root);
        let (every, lines) = (remembered(&first), told(&first).len());
        assert!(every.len() > 10 && lines as u64 == 2 * SEGMENT + 40);
        let (size, before) = (first.size(), first.consistency_blocking(0, 0).unwrap());
        drop(first);
        // The first start makes the indexes, the second goes by them.
        drop(open(&root).unwrap());
        let again = open(&root).unwrap();
        assert_eq!(
            (remembered(&again), again.size(), again.consistency_blocking(0, 0).unwrap()),
            (every, size, before)
        );
        assert!(told(&again).len() < lines / 4, "{}", told(&again).len());
        again.note_blocking(&Event::of(Happening::SignIn, Outcome::Done, at(9))).unwrap();
        assert!(again.inclusion(3, size + 1).is_ok() && again.consistency_blocking(5, size + 1).is_ok());
        drop(again);
        let found =
            verify(&root, &keys().public(), Wanted { signatures: true, ..Wanted::default() }).unwrap();
        assert!(found.holds() && found.entries == size + 1, "{found:?}");
    }

    #[test]
    fn a_line_that_was_erased_after_its_index_was_made_stays_erased_and_said() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        let opened = open(&root).unwrap();
        let said = opened.erase_blocking(107, ReasonCode::Legal, at(5)).unwrap();
        drop(opened);
        let opened = open(&root).unwrap();
        let mut erased = Vec::new();
        opened
            .told(|one| erased.extend(one.kept.filter(|kept| kept.entry.is_none()).map(|kept| kept.index)))
            .unwrap();
        assert_eq!(erased, [107]);
        drop(opened);
        let mut last = 0;
        read_entries(&root, |kept| last = kept.index).unwrap();
        assert_eq!(last, said.index);
        assert!(verify(&root, &keys().public(), Wanted::default()).unwrap().holds());
    }

    #[test]
    fn a_named_line_that_was_blanked_and_no_entry_says_so_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        blank(&Files::new(&root), 107).unwrap();
        let opened = open(&root).unwrap();
        assert_eq!(opened.told(|_| {}).unwrap_err().code(), "log_damaged");
        opened.erase_blocking(207, ReasonCode::Legal, at(5)).unwrap();
        assert_eq!(
            opened.told(|_| {}).unwrap_err().code(),
            "log_damaged",
            "another one's erasure says nothing"
        );
    }

    #[test]
    fn a_line_that_stands_there_twice_is_neither_told_nor_signed_for_and_verify_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        // Signed by the audit key, as it once was: a hold that was lifted would be lifted again.
        let files = Files::new(&root);
        let old = std::fs::read_to_string(files.segment(0)).unwrap();
        let newest = files.segment(2 * SEGMENT);
        let text = std::fs::read_to_string(&newest).unwrap();
        let signed = || std::fs::read(files.checkpoint()).unwrap();
        let before = signed();
        let replayed = |number| put(&newest, &format!("{text}+{}\n", &old.lines().nth(number).unwrap()[1..]));
        let found = || verify(&root, &keys().public(), Wanted::default()).unwrap().faults;
        replayed(107);
        assert_eq!(open(&root).unwrap_err().code(), "log_damaged");
        assert!(signed() == before);
        assert_eq!(found(), [Fault::Copy { entry: 2 * SEGMENT + 40 }]);
        // One that no start remembers changes nothing there, and is named though it is signed for.
        replayed(108);
        drop(open(&root).unwrap());
        assert!(signed() != before);
        assert_eq!(found(), [Fault::Copy { entry: 2 * SEGMENT + 40 }]);
    }

    #[test]
    fn what_was_erased_and_an_older_copy_of_its_file_brought_back_is_named_and_erased_again() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        let path = Files::new(&root).segment(0);
        let before = std::fs::read_to_string(&path).unwrap();
        let opened = open(&root).unwrap();
        opened.erase_blocking(107, ReasonCode::Legal, at(5)).unwrap();
        let erased = std::fs::read_to_string(&path).unwrap();
        drop(opened);
        put(&path, &before);
        let opened = open(&root).unwrap();
        let verified = || verify(&root, &keys().public(), Wanted::default()).unwrap();
        let found = verified();
        assert_eq!(found.faults, [Fault::Unerased { entry: 107 }]);
        // Beside other damage nothing is touched.
        let faults = vec![Fault::Unerased { entry: 107 }, Fault::Edited { entry: 3 }];
        assert!(opened.erase_again(&Verified { faults, ..found.clone() }).unwrap().is_empty());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
        assert_eq!(opened.erase_again(&found).unwrap(), [107]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), erased);
        assert!(verified().holds() && !Files::new(&root).erasing().exists());
    }

    #[test]
    fn an_entry_that_is_being_erased_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        let log = log(dir.path());
        let path = Files::new(dir.path()).segment(0);
        let before = std::fs::read_to_string(&path).unwrap();
        log.erase_blocking(107, ReasonCode::Legal, at(5)).unwrap();
        log.checkpoint_blocking().unwrap();
        put(&path, &before);
        put(&Files::new(dir.path()).erasing(), "107");
        assert!(verify(dir.path(), &keys().public(), Wanted::default()).unwrap().holds());
    }

    #[test]
    fn a_line_that_somebody_made_in_place_of_a_hold_is_told_to_nobody_who_decides() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        let log = open(&root).unwrap();
        let happening = |second| Event::of(Happening::SignIn, Outcome::Done, at(second));
        let held = |photo: &str| Entry {
            what: What::Action(Action::Hold),
            who: Some(PersonId("officer".to_owned())),
            about: Some(About {
                kind: Kind::Photo,
                id: Some(photo.to_owned()),
                patient: None,
                teams: [].into(),
            }),
            ..entry(&happening(0).noting(Note::new("set").unwrap()))
        };
        let (photo, other) = ("01930000-0000-7000-8000-000000000001", "01930000-0000-7000-8000-000000000002");
        let lines = (1..=SEGMENT).map(|second| entry(&happening(second)));
        let sent: Vec<_> = std::iter::once(held(photo)).chain(lines).map(|line| log.sent(&line)).collect();
        sent.into_iter().for_each(|one| assert!(one.blocking_recv().unwrap().is_ok()));
        drop(log);
        drop(open(&root).unwrap());
        let stranger = SoftwareKey::from_bytes(&[9; 32]).unwrap();
        let made = Made::new(&Jws::sign(&held(other), &stranger).unwrap()).unwrap().text;
        let path = Files::new(&root).segment(0);
        let text = std::fs::read_to_string(&path).unwrap();
        let (first, rest) = text.split_at(made.len());
        assert!(first.ends_with('\n'), "of equal length");
        put(&path, &format!("+{}{rest}", &String::from_utf8(made).unwrap()[1..]));
        let photos = |all: Remembered| -> Vec<_> {
            all.keepings.holds().into_iter().map(|(photo, _)| photo.to_string()).collect()
        };
        assert_eq!(photos(by_every_line(&root)), [other]);
        let log = open(&root).unwrap();
        assert_eq!(Remembered::of(&log).unwrap_err().code(), "log_damaged");
    }
}
