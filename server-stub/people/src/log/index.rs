//! What a start needs of a file of the log that is whole, so that opening reads the newest file and of each other no more than
//! this: the hashes of its blocks, and where the lines are that outlive a restart (break-glass, links, holds and erasures, notices that were read).
//!
//! Always: it is made of lines that a signed checkpoint covers, and signed by the audit key; the tree of its hashes is compared with
//! that checkpoint at each start; a line that it names is judged by its leaf when it is read. One that is missing, unsigned or
//! does not fit is as though it was not there: the file is read. Whether each line is what was written, `verify` says.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use gauze_wire::{Digest, Jws, Shape, Signed, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Happening, What};
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, read_if_any, scan};
use super::keys::LogKeys;
use super::line::{self, Read};
use super::read::{Kept, Segments};
use super::spine::{BLOCK, fold};
use crate::action::Action;

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
struct Line {
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

/// Whether a line outlives a restart.
fn outlives(entry: &Entry) -> bool {
    let lasting = matches!(
        entry.what,
        What::Action(
            Action::BreakGlass
                | Action::ReviewBreakGlass
                | Action::MakeLink
                | Action::Hold
                | Action::ProposeErasure
                | Action::Erase
                | Action::Report
                | Action::Case
                | Action::CaseEvidence
        ) | What::Happening(
            Happening::Link
                | Happening::Mail
                | Happening::CaseReminder
                | Happening::PhotoErased
                | Happening::NoticeRead
                | Happening::EntryErased
        )
    );
    lasting || entry.haste.is_some()
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
        Some(Self { first, length: bytes.len() as u64, blocks, lines, latest: before })
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
        let whole = SEGMENT.div_ceil(BLOCK as u64);
        Ok(index
            .filter(|index| (index.first, index.length, index.blocks.len() as u64) == (first, length, whole)))
    }

    /// Makes the index of a file whose lines a signed checkpoint covers, and whose tree was compared with it.
    pub(super) fn make(files: &Files, first: u64, keys: &LogKeys) -> Result<(), LogFailure> {
        let path = files.segment(first);
        let bytes = std::fs::read(&path).map_err(LogFailure::disk(&path))?;
        let Some(index) = Self::of(first, &bytes) else { return Ok(()) };
        let unmade = |error: String| LogFailure::Entry(error);
        let body = serde_json::to_string(&index).map_err(|error| unmade(error.to_string()))?;
        let statement = Statement {
            v: 1,
            typ: Statement::TYP.to_owned(),
            tenant: keys.tenant.clone(),
            sha256: Digest::of(body.as_bytes()),
        };
        let jws = Jws::sign(&statement, &*keys.audit).map_err(|error| unmade(error.to_string()))?;
        files.replace(&files.index(first), format!("{}\n{body}", jws.as_str()).as_bytes())
    }

    /// Its lines, read from its file and judged by their leaves.
    fn tell(&self, files: &Files, each: &mut impl FnMut(Told)) -> Result<(), LogFailure> {
        let path = files.segment(self.first);
        let file = File::open(&path).map_err(LogFailure::disk(&path))?;
        for Line { index, offset, length, leaf, before } in &self.lines {
            let mut text = vec![0; *length as usize];
            file.read_exact_at(&mut text, *offset).map_err(LogFailure::disk(&path))?;
            let damaged =
                || LogFailure::Damaged(format!("entry {index} is not what its leaf is the hash of"));
            let entry = match line::read(&text) {
                Some(Read::Whole { leaf: found, jws, .. }) if found == *leaf => {
                    Some(Jws::parse(jws).and_then(|jws| jws.peek()).map_err(|_| damaged())?)
                }
                Some(Read::Erased { leaf: found }) if found == *leaf => None,
                _ => return Err(damaged()),
            };
            each(Told { before: *before, kept: Some(Kept { index: *index, entry }) });
        }
        each(Told { before: self.latest, kept: None });
        Ok(())
    }
}

/// All that a start must know: of files with an index what it names, of the others each line.
pub(super) fn tell(files: &Files, keys: &LogKeys, mut each: impl FnMut(Told)) -> Result<(), LogFailure> {
    let segments = Segments::of(&files.root)?;
    for &first in segments.firsts() {
        match Index::read(files, first, keys)? {
            Some(index) => index.tell(files, &mut each)?,
            None => segments.read(first, |kept| each(Told { before: None, kept: Some(kept) }))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
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
            let waiting: Vec<_> = notes.map(|event| log.sent(&event)).collect();
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
        let (size, before) = (first.size(), first.consistency(0, 0).unwrap());
        drop(first);
        // The first start makes the indexes, the second goes by them.
        drop(open(&root).unwrap());
        let again = open(&root).unwrap();
        assert_eq!(
            (remembered(&again), again.size(), again.consistency(0, 0).unwrap()),
            (every, size, before)
        );
        assert!(told(&again).len() < lines / 4, "{}", told(&again).len());
        again.note_blocking(&Event::of(Happening::SignIn, Outcome::Done, at(9))).unwrap();
        assert!(again.inclusion(3, size + 1).is_ok() && again.consistency(5, size + 1).is_ok());
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

    fn put(path: &Path, text: &str) {
        std::io::Write::write_all(&mut File::create(path).unwrap(), text.as_bytes()).unwrap();
    }
}
