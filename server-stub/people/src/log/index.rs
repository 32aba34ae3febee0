//! What a start needs of a file of the log that is whole, so that opening reads the newest file and of each other no more than
//! this: the hashes of its blocks, and where the lines are that outlive a restart ([`LASTING`]).
//!
//! Always: it is made of lines that a signed checkpoint covers, and signed by the audit key; the tree of its hashes is compared with
//! that checkpoint at each start; a line that it names is judged by its leaf when it is read, and one that was blanked by the entry that
//! says so. It says by which list it was made. One that is missing, unsigned, of another list or
//! does not fit is as though it was not there: the file is read. Whether each line is what was written, `verify` says.

use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use gauze_wire::{Digest, Jws, Shape, Signed, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Happening, What, erased_by};
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, read_if_any, scan};
use super::keys::LogKeys;
use super::line::{self, Read};
use super::read::{Kept, Segments};
use super::spine::{BLOCK, Spine, fold};
use crate::action::Action;
use crate::line::EntryId;

/// What is signed of an index.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    v: u32,
    typ: String,
    tenant: Tenant,
    /// Of the text behind the first line.
    sha256: Digest,
}

impl Signed for Statement {
    const TYP: &'static str = "gauze-access-index";

    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    index: u64,
    offset: u64,
    length: u32,
    leaf: Digest,
    /// The latest time of the lines since the one before in this list.
    before: Option<Timestamp>,
}

/// Of one file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    first: u64,
    /// Which lines are named.
    kinds: Vec<Lasting>,
    /// How long the file is.
    length: u64,
    pub(super) blocks: Vec<Digest>,
    lines: Vec<Line>,
    /// The latest time behind the last of them.
    latest: Option<Timestamp>,
}

/// Something that a start must know, in the log's order.
#[derive(Clone, Debug)]
pub struct Told {
    /// The latest time of lines that were passed over since the one before.
    pub before: Option<Timestamp>,
    /// The line; nothing at the end of a file whose last lines were passed over.
    pub kept: Option<Kept>,
}

/// A kind of lines that outlive a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Lasting {
    /// All of these.
    Of(What),
    /// What was done under a break-glass.
    UnderBreakGlass,
}

const fn action(action: Action) -> Lasting {
    Lasting::Of(What::Action(action))
}

const fn happening(happening: Happening) -> Lasting {
    Lasting::Of(What::Happening(happening))
}

/// What a start must know. An index that was made by another list is made anew.
const LASTING: [Lasting; 17] = [
    action(Action::BreakGlass),
    action(Action::ReviewBreakGlass),
    action(Action::MakeLink),
    action(Action::Hold),
    action(Action::Retention),
    action(Action::ProposeErasure),
    action(Action::Erase),
    action(Action::Report),
    action(Action::Case),
    action(Action::CaseEvidence),
    happening(Happening::Link),
    happening(Happening::Mail),
    happening(Happening::CaseReminder),
    happening(Happening::PhotoErased),
    happening(Happening::NoticeRead),
    happening(Happening::EntryErased),
    Lasting::UnderBreakGlass,
];

/// Whether a line outlives a restart.
fn outlives(entry: &Entry) -> bool {
    LASTING.iter().any(|kind| match kind {
        Lasting::Of(what) => entry.what == *what,
        Lasting::UnderBreakGlass => entry.haste.is_some(),
    })
}

impl Index {
    /// Of a whole file that was checked; nothing where a line is no entry.
    fn of(first: u64, bytes: &[u8]) -> Option<Self> {
        let (mut lines, mut before, mut sound) = (Vec::new(), None, true);
        let scanned = scan(bytes, first, |index, read| {
            let (leaf, entry) = match read {
                Read::Whole { leaf, jws, .. } => {
                    (leaf, Jws::parse(jws).and_then(|jws| jws.peek::<Entry>()).map(Some))
                }
                Read::Erased { leaf } => (leaf, Ok(None)),
                Read::Differs { leaf } => (leaf, Err(gauze_wire::WireError::Inconsistent)),
            };
            let Ok(entry) = entry else {
                sound = false;
                return;
            };
            if entry.as_ref().is_none_or(outlives) {
                lines.push(Line { index, offset: 0, length: 0, leaf, before: before.take() });
            } else {
                before = before.max(entry.map(|entry| entry.at));
            }
        });
        if !sound || scanned.broken.is_some() || scanned.leaves.len() as u64 != SEGMENT {
            return None;
        }
        for line in &mut lines {
            let at = usize::try_from(line.index - first).ok()?;
            line.offset = scanned.offsets[at];
            let end = scanned.offsets.get(at + 1).copied().unwrap_or(scanned.whole);
            line.length = u32::try_from(end - 1 - line.offset).ok()?;
        }
        let blocks = scanned.leaves.chunks(BLOCK).map(fold).collect();
        let length = bytes.len() as u64;
        Some(Self { first, kinds: LASTING.to_vec(), length, blocks, lines, latest: before })
    }

    /// The index of a file, where there is one that fits.
    pub(super) fn read(files: &Files, first: u64, keys: &LogKeys) -> Result<Option<Self>, LogFailure> {
        let Some(text) = read_if_any(&files.index(first))?.and_then(|text| String::from_utf8(text).ok())
        else {
            return Ok(None);
        };
        let Some((jws, body)) = text.split_once('\n') else { return Ok(None) };
        let statement: Result<Statement, _> =
            Jws::parse(jws).and_then(|jws| jws.verify(&keys.audit.public_key(), &keys.tenant));
        let signed = statement.is_ok_and(|statement| statement.sha256 == Digest::of(body.as_bytes()));
        let path = files.segment(first);
        let length = std::fs::metadata(&path).map_err(LogFailure::disk(&path))?.len();
        let index: Option<Self> = serde_json::from_str(body).ok().filter(|_| signed);
        let index = index.filter(|index| index.kinds == LASTING);
        let whole = SEGMENT.div_ceil(BLOCK as u64);
        Ok(index
            .filter(|index| (index.first, index.length, index.blocks.len() as u64) == (first, length, whole)))
    }

    /// Makes the index of a file whose lines a signed checkpoint covers, where its blocks are those of `spine`.
    pub(super) fn make(files: &Files, first: u64, keys: &LogKeys, spine: &Spine) -> Result<(), LogFailure> {
        let path = files.segment(first);
        let bytes = std::fs::read(&path).map_err(LogFailure::disk(&path))?;
        let Some(index) = Self::of(first, &bytes) else { return Ok(()) };
        if spine.blocks_from(first, index.blocks.len()) != Some(&index.blocks) {
            return Err(LogFailure::Damaged(format!("{} is of another tree", path.display())));
        }
        index.put(files, keys)
    }

    fn put(&self, files: &Files, keys: &LogKeys) -> Result<(), LogFailure> {
        let unmade = |error: String| LogFailure::Entry(error);
        let body = serde_json::to_string(self).map_err(|error| unmade(error.to_string()))?;
        let statement = Statement {
            v: 1,
            typ: Statement::TYP.to_owned(),
            tenant: keys.tenant.clone(),
            sha256: Digest::of(body.as_bytes()),
        };
        let jws = Jws::sign(&statement, &*keys.audit).map_err(|error| unmade(error.to_string()))?;
        files.replace(&files.index(self.first), format!("{}\n{body}", jws.as_str()).as_bytes())
    }

    /// Its lines, read from its file and judged by their leaves.
    pub(super) fn lines(
        &self,
        files: &Files,
        mut each: impl FnMut(&Line, Read<'_>) -> Result<(), LogFailure>,
    ) -> Result<(), LogFailure> {
        let path = files.segment(self.first);
        let file = File::open(&path).map_err(LogFailure::disk(&path))?;
        for line in &self.lines {
            let mut text = vec![0; line.length as usize];
            file.read_exact_at(&mut text, line.offset).map_err(LogFailure::disk(&path))?;
            match line::read(&text) {
                Some(read @ (Read::Whole { leaf, .. } | Read::Erased { leaf })) if leaf == line.leaf => {
                    each(line, read)?
                }
                _ => return Err(line.damaged()),
            }
        }
        Ok(())
    }

    fn tell(&self, files: &Files, each: &mut impl FnMut(Told)) -> Result<(), LogFailure> {
        self.lines(files, |line, read| {
            let entry = match read {
                Read::Whole { jws, .. } => {
                    Some(Jws::parse(jws).and_then(|jws| jws.peek()).map_err(|_| line.damaged())?)
                }
                Read::Erased { .. } | Read::Differs { .. } => None,
            };
            each(Told { before: line.before, kept: Some(Kept { index: line.index, entry }) });
            Ok(())
        })?;
        each(Told { before: self.latest, kept: None });
        Ok(())
    }
}

impl Line {
    fn damaged(&self) -> LogFailure {
        LogFailure::Damaged(format!("entry {} is not what its leaf is the hash of", self.index))
    }
}

/// What lines say of one another: which were blanked, which are said to be, and which stand there twice.
#[derive(Default)]
struct Heard {
    ids: HashSet<EntryId>,
    blank: Vec<u64>,
    said: HashSet<u64>,
    twice: Option<u64>,
}

impl Heard {
    fn hear(&mut self, Kept { index, entry }: &Kept) {
        let Some(entry) = entry else { return self.blank.push(*index) };
        self.said.extend(erased_by(entry));
        if outlives(entry) && !self.ids.insert(entry.id.clone()) {
            self.twice = self.twice.or(Some(*index));
        }
    }

    fn judge(self) -> Result<(), LogFailure> {
        if let Some(index) = self.twice {
            return Err(LogFailure::Damaged(format!("entry {index} is a copy of another")));
        }
        match self.blank.into_iter().find(|index| !self.said.contains(index)) {
            Some(index) => Err(LogFailure::Damaged(format!("entry {index} was erased and no entry says so"))),
            None => Ok(()),
        }
    }
}

/// Hands each line of the log in `root` to `each`, oldest first, as [`super::AccessLog::told`] does, whoever may be writing it.
///
/// # Errors
/// As there.
pub fn read_told(root: &Path, each: impl FnMut(Told)) -> Result<(), LogFailure> {
    tell(&Files::new(root), None, each)
}

/// All that a start must know: of files with an index by these keys what it names, of the others each line. Where this fails,
/// nothing that was told counts.
pub(super) fn tell(
    files: &Files,
    keys: Option<&LogKeys>,
    mut each: impl FnMut(Told),
) -> Result<(), LogFailure> {
    let (segments, mut heard) = (Segments::of(&files.root)?, Heard::default());
    let mut each = |told: Told| {
        told.kept.iter().for_each(|kept| heard.hear(kept));
        each(told);
    };
    for &first in segments.firsts() {
        let index = keys.map(|keys| Index::read(files, first, keys)).transpose()?.flatten();
        match index {
            Some(index) => index.tell(files, &mut each)?,
            None => segments.read(first, |kept| each(Told { before: None, kept: Some(kept) }))?,
        }
    }
    heard.judge()
}

/// Makes the indexes that are missing, of whole files that `signed` entries cover.
pub(super) fn make_missing(
    files: &Files,
    keys: &LogKeys,
    spine: &Spine,
    signed: u64,
) -> Result<(), LogFailure> {
    let whole = |first: &u64| first + SEGMENT <= signed.min(spine.size());
    for first in files.segments()?.into_iter().filter(whole) {
        if Index::read(files, first, keys)?.is_none() {
            Index::make(files, first, keys, spine)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gauze_wire::SoftwareKey;
    use gauze_wire::log::NoteKey;

    use super::super::access::AccessLog;
    use super::super::entry::{Event, Outcome};
    use super::super::read::read_entries;
    use super::super::verify::{Wanted, verify};
    use super::*;
    use crate::words::Note;

    fn keys() -> LogKeys {
        let tenant = "ward-9".parse().unwrap();
        LogKeys {
            audit: Arc::new(SoftwareKey::from_bytes(&[7; 32]).unwrap()),
            note: Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[8; 32]).unwrap()),
            tenant,
        }
    }

    fn at(second: u64) -> Timestamp {
        Timestamp::from_second(i64::try_from(second).unwrap()).unwrap()
    }

    fn entry(event: &Event) -> Entry {
        Entry::of_event(&keys().tenant, event).unwrap()
    }

    fn open(root: &Path) -> Result<AccessLog, LogFailure> {
        AccessLog::open(root, keys(), at(0))
    }

    /// Two whole files and the beginning of a third; each hundredth line is a step of a link.
    fn log(root: &Path) -> AccessLog {
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

    fn told(log: &AccessLog) -> Vec<(Option<Timestamp>, Option<u64>)> {
        let mut told = Vec::new();
        log.told(|one| told.push((one.before, one.kept.map(|kept| kept.index)))).unwrap();
        told
    }

    /// What whoever keeps the latest time and the lines of links makes of it.
    fn remembered(log: &AccessLog) -> Vec<(Timestamp, u64)> {
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
    fn an_index_that_somebody_changed_is_as_though_it_was_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        let every = remembered(&open(&root).unwrap());
        let path = Files::new(&root).index(0);
        let whole = std::fs::read_to_string(&path).unwrap();
        let (jws, body) = whole.split_once('\n').unwrap();
        let mut without: Index = serde_json::from_str(body).unwrap();
        without.lines.remove(0);
        let forged = format!("{jws}\n{}", serde_json::to_string(&without).unwrap());
        let second = std::fs::read_to_string(Files::new(&root).index(SEGMENT)).unwrap();
        for bad in [forged, second, String::new(), "{}\n{}".to_owned()] {
            put(&path, &bad);
            let opened = open(&root).unwrap();
            assert_eq!(remembered(&opened), every);
            drop(opened);
            assert_eq!(
                std::fs::read_to_string(&path).unwrap().split_once('\n').unwrap().1,
                body,
                "it is made anew"
            );
        }
    }

    #[test]
    fn a_line_that_an_index_names_is_judged_and_the_others_by_verify() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        let path = Files::new(&root).segment(0);
        let whole = std::fs::read_to_string(&path).unwrap();
        let edited = |number: usize| {
            let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
            let at = lines[number].len() - 20;
            let other = if lines[number].as_bytes()[at] == b'A' { "B" } else { "A" };
            lines[number].replace_range(at..=at, other);
            lines.iter().map(|line| format!("{line}\n")).collect::<String>()
        };
        put(&path, &edited(107));
        let opened = open(&root).unwrap();
        assert_eq!(opened.told(|_| {}).unwrap_err().code(), "log_damaged");
        drop(opened);
        put(&path, &edited(108));
        assert!(open(&root).unwrap().told(|_| {}).is_ok());
        assert!(!verify(&root, &keys().public(), Wanted::default()).unwrap().holds());
        // A file that is shorter or longer than its index says is read, and found out.
        put(&path, whole.split_once('\n').unwrap().1);
        assert_eq!(open(&root).unwrap_err().code(), "log_damaged");
        put(&path, &whole);
        assert!(open(&root).is_ok());
    }

    #[test]
    fn a_line_that_was_erased_after_its_index_was_made_stays_erased_and_said() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        let opened = open(&root).unwrap();
        let said = opened.erase_blocking(107, crate::context::ReasonCode::Legal, at(5)).unwrap();
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

    /// The line is blanked as an erasure does it, and no entry says so.
    fn blanked(root: &Path, number: u64) {
        super::super::writer::blank(&Files::new(root), number).unwrap();
    }

    #[test]
    fn a_named_line_that_was_blanked_and_no_entry_says_so_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        blanked(&root, 107);
        let opened = open(&root).unwrap();
        assert_eq!(opened.told(|_| {}).unwrap_err().code(), "log_damaged");
        opened.erase_blocking(207, crate::context::ReasonCode::Legal, at(5)).unwrap();
        assert_eq!(
            opened.told(|_| {}).unwrap_err().code(),
            "log_damaged",
            "another one's erasure says nothing"
        );
    }

    #[test]
    fn a_line_that_stands_there_twice_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        // Signed by the audit key, as it once was: a hold that was lifted would be lifted again.
        let old = std::fs::read_to_string(Files::new(&root).segment(0)).unwrap();
        let line = old.lines().nth(107).unwrap();
        let newest = Files::new(&root).segment(2 * SEGMENT);
        let text = std::fs::read_to_string(&newest).unwrap();
        put(&newest, &format!("{text}+{}\n", &line[1..]));
        assert_eq!(open(&root).unwrap().told(|_| {}).unwrap_err().code(), "log_damaged");
    }

    #[test]
    fn a_file_that_became_whole_while_the_log_was_open_has_its_index_and_the_next_start_does_not_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        let running = log(&root);
        running.checkpoint_blocking().unwrap();
        running.make_indexes().unwrap();
        let indexed = |first| Files::new(&root).index(first).is_file();
        assert!(indexed(0) && indexed(SEGMENT) && !indexed(2 * SEGMENT));
        let every = remembered(&running);
        assert!(told(&running).len() < 200);
        drop(running);
        assert_eq!(remembered(&open(&root).unwrap()), every);
        // Of a file that is not the one that was written none is made.
        std::fs::remove_file(Files::new(&root).index(0)).unwrap();
        let running = open(&root).unwrap();
        std::fs::remove_file(Files::new(&root).index(0)).unwrap();
        let path = Files::new(&root).segment(0);
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(3, 4);
        put(&path, &(lines.join("\n") + "\n"));
        assert_eq!(running.make_indexes().unwrap_err().code(), "log_damaged");
        assert!(!indexed(0));
    }

    #[test]
    fn an_index_that_was_made_by_another_list_of_kinds_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        drop(open(&root).unwrap());
        let (files, keys) = (Files::new(&root), keys());
        let mut index = Index::read(&files, 0, &keys).unwrap().unwrap();
        index.kinds.retain(|kind| *kind != happening(Happening::Link));
        index.lines.clear();
        index.put(&files, &keys).unwrap();
        let opened = open(&root).unwrap();
        assert_eq!(remembered(&opened).len(), 11);
        assert_eq!(Index::read(&files, 0, &keys).unwrap().unwrap().kinds, LASTING);
    }

    #[test]
    fn an_erased_line_of_the_newest_file_makes_no_start_blank_older_ones_again() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        drop(log(&root));
        let opened = open(&root).unwrap();
        for number in [107, 2 * SEGMENT + 3] {
            opened.erase_blocking(number, crate::context::ReasonCode::Legal, at(5)).unwrap();
        }
        drop(opened);
        let path = Files::new(&root).segment(0);
        let mut read_only = std::fs::metadata(&path).unwrap().permissions();
        let before = std::fs::metadata(&path).unwrap().modified().unwrap();
        read_only.set_readonly(true);
        std::fs::set_permissions(&path, read_only).unwrap();
        let opened = open(&root).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert!(opened.told(|_| {}).is_ok());
    }

    /// What a line of this kind says that some memory takes in; nothing where none does. A new kind says so here first.
    fn says(what: What) -> Option<&'static str> {
        match what {
            What::Action(action) => match action {
                Action::BreakGlass => Some("-"),
                Action::MakeLink => Some("link/2/3/view/photo/address/code"),
                Action::Hold => Some("set"),
                Action::Retention => Some(RULES),
                Action::ProposeErasure => Some("asked"),
                Action::Report => Some("breach/0"),
                Action::Case => Some("own/CASE"),
                Action::CaseEvidence => Some("evidence/CASE"),
                Action::ReviewBreakGlass => Some("justified"),
                Action::Erase => Some(DIGEST),
                Action::List
                | Action::Search
                | Action::View
                | Action::Compare
                | Action::Proof
                | Action::WhoLooked
                | Action::Export
                | Action::Amend
                | Action::ReadLog
                | Action::Phones
                | Action::ChangeRole
                | Action::EndSession
                | Action::Reenrol
                | Action::Setting
                | Action::Documents
                | Action::FindMark => None,
            },
            What::Happening(happening) => match happening {
                Happening::Link => Some("opened/LINK"),
                Happening::Mail => Some("opened"),
                Happening::CaseReminder => Some("case/24h/CASE"),
                Happening::NoticeRead => Some("privacy/1"),
                Happening::PhotoErased => Some(DIGEST),
                // What it says is heard by `Heard`: a line that was blanked.
                Happening::EntryErased => Some("0"),
                Happening::SignIn
                | Happening::Factor
                | Happening::FactorChange
                | Happening::SignOut
                | Happening::Request
                | Happening::Service
                | Happening::MarkSought
                | Happening::TornTail => None,
            },
        }
    }

    const RULES: &str = "rules:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const PHOTO: &str = "01930000-0000-7000-8000-000000000001";

    fn kinds() -> impl Iterator<Item = What> {
        let actions = Action::ALL.iter().map(|action| What::Action(*action));
        actions.chain(Happening::ALL.iter().map(|happening| What::Happening(*happening)))
    }

    /// A line of each kind, as far as it can be: those first that others are about.
    fn lines() -> Vec<Entry> {
        let first = [Action::BreakGlass, Action::MakeLink, Action::Report].map(What::Action);
        let rest = kinds().filter(|what| !first.contains(what));
        let mut lines: Vec<Entry> = Vec::new();
        for what in first.into_iter().chain(rest) {
            let glass = lines.first().map(|entry| entry.id.as_str().to_owned());
            let about_glass =
                matches!(what, What::Action(Action::ReviewBreakGlass) | What::Happening(Happening::Mail));
            let note = says(what).unwrap_or("-").replace("LINK", "1").replace("CASE", "2");
            let event = Event::of(Happening::SignIn, Outcome::Done, at(lines.len() as u64))
                .noting(Note::new(note).unwrap());
            let who = if about_glass { "sister" } else { "nurse" };
            lines.push(Entry {
                what,
                who: Some(crate::person::PersonId(who.to_owned())),
                about: Some(super::super::entry::About {
                    kind: super::super::entry::Kind::Photo,
                    id: Some(glass.filter(|_| about_glass).unwrap_or_else(|| PHOTO.to_owned())),
                    patient: Some(crate::subject::PatientRef("p".to_owned())),
                    teams: [].into(),
                }),
                // Where somebody asked for an erasure, that is its ground.
                reason: Some(crate::context::Reason {
                    code: crate::context::ReasonCode::PatientRequest,
                    sealed_words: None,
                }),
                ..entry(&event)
            });
        }
        // The last of all, so that no other one is by its time alone what a memory knows.
        let (under, last) = (lines[0].id.clone(), at(lines.len() as u64));
        lines.push(Entry {
            haste: Some(under),
            what: What::Action(Action::View),
            at: last,
            ..lines[0].clone()
        });
        for line in &mut lines[1..] {
            line.id = EntryId::random().unwrap();
        }
        lines
    }

    fn memory(lines: &[(u64, Entry)]) -> String {
        let mut all = crate::Remembered::default();
        for (index, entry) in lines.iter().cloned() {
            all.hear(&Told { before: None, kept: Some(Kept { index, entry: Some(entry) }) });
        }
        format!("{all:?}")
    }

    #[test]
    fn every_line_that_a_memory_takes_in_outlives_a_restart_and_no_other_kind_changes_one() {
        let lines: Vec<(u64, Entry)> = (0..).zip(lines()).collect();
        let all = memory(&lines);
        for (number, entry) in &lines {
            let without: Vec<_> = lines.iter().filter(|(other, _)| other != number).cloned().collect();
            let heard = entry.what == What::Happening(Happening::EntryErased);
            let taken_in = heard || memory(&without) != all;
            assert_eq!(outlives(entry), taken_in, "{:?}", entry.what);
            assert_eq!(taken_in, says(entry.what).is_some() || entry.haste.is_some(), "{:?}", entry.what);
        }
        // Nor does it by what another kind says.
        for what in kinds().filter(|what| says(*what).is_none()) {
            for (_, entry) in &lines[..lines.len() - 1] {
                let other = Entry { what, at: lines.last().unwrap().1.at, ..entry.clone() };
                assert_eq!(memory(&[lines.as_slice(), &[(999, other)]].concat()), all, "{what:?}");
            }
        }
    }

    #[test]
    fn a_start_remembers_the_same_with_indexes_and_without() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        let log = open(&root).unwrap();
        let filler = entry(&Event::of(Happening::SignIn, Outcome::Done, at(999)));
        let fillers = (0..SEGMENT).map(|_| Entry { id: EntryId::random().unwrap(), ..filler.clone() });
        let said = |entry: &Entry| entry.what != What::Happening(Happening::EntryErased);
        let waiting: Vec<_> =
            lines().into_iter().filter(said).chain(fillers).map(|entry| log.sent(&entry)).collect();
        waiting.into_iter().for_each(|one| {
            one.blocking_recv().unwrap().unwrap();
        });
        // The line that says so is in the second file.
        log.erase_blocking(300, crate::context::ReasonCode::Legal, at(999)).unwrap();
        let without = format!("{:?}", crate::Remembered::of(&log).unwrap());
        drop(log);
        drop(open(&root).unwrap());
        let log = open(&root).unwrap();
        assert!(told(&log).len() < 100);
        assert_eq!(format!("{:?}", crate::Remembered::of(&log).unwrap()), without);
    }

    fn put(path: &Path, text: &str) {
        std::io::Write::write_all(&mut File::create(path).unwrap(), text.as_bytes()).unwrap();
    }
}
