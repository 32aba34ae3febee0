//! What a start needs of a file of the log that is whole, so that opening reads the newest file and of each other no more than
//! this: the hashes of its blocks, and where the lines are that outlive a restart ([`LASTING`]).
//!
//! Always: it is made of lines that a signed checkpoint covers, and signed by the audit key; the tree of its hashes is compared with
//! that checkpoint at each start; a line that it names is judged by its leaf when it is read, and one that was blanked by the entry that
//! says so. It says by which list it was made. One that is missing, unsigned, of another list or
//! does not fit is as though it was not there: the file is read. Whether each line is what was written, `verify` says.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use gauze_wire::{Digest, Jws, Shape, Signed, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, read_if_any, scan};
use super::keys::LogKeys;
use super::lasting::{LASTING, Lasting, outlives};
use super::line::{self, Read};
use super::read::Kept;
use super::spine::{BLOCK, Spine, fold};

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
    /// Which lines are named.
    kinds: Vec<Lasting>,
    /// How long the file is.
    length: u64,
    pub(super) blocks: Vec<Digest>,
    lines: Vec<Line>,
    /// The latest time behind the last of them.
    pub(super) latest: Option<Timestamp>,
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

    /// Its lines, read from its file and judged by their leaves, each behind the latest time of those that were passed over.
    pub(super) fn lines(
        &self,
        files: &Files,
        mut each: impl FnMut(Option<Timestamp>, Kept),
    ) -> Result<(), LogFailure> {
        let path = files.segment(self.first);
        let file = File::open(&path).map_err(LogFailure::disk(&path))?;
        for line in &self.lines {
            let mut text = vec![0; line.length as usize];
            file.read_exact_at(&mut text, line.offset).map_err(LogFailure::disk(&path))?;
            let entry = match line::read(&text) {
                Some(Read::Whole { leaf, jws, .. }) if leaf == line.leaf => {
                    Some(Jws::parse(jws).and_then(|jws| jws.peek()).map_err(|_| line.damaged())?)
                }
                Some(Read::Erased { leaf }) if leaf == line.leaf => None,
                _ => return Err(line.damaged()),
            };
            each(line.before, Kept { index: line.index, entry });
        }
        Ok(())
    }
}

impl Line {
    fn damaged(&self) -> LogFailure {
        LogFailure::Damaged(format!("entry {} is not what its leaf is the hash of", self.index))
    }
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
    use super::super::entry::Happening;
    use super::super::lasting::happening;
    use super::super::testing::{at, edited, keys, log, open, put, remembered, told};
    use super::super::verify::{Wanted, verify};
    use super::*;

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
        put(&path, &edited(&whole, 107));
        let opened = open(&root).unwrap();
        assert_eq!(opened.told(|_| {}).unwrap_err().code(), "log_damaged");
        drop(opened);
        put(&path, &edited(&whole, 108));
        assert!(open(&root).unwrap().told(|_| {}).is_ok());
        assert!(!verify(&root, &keys().public(), Wanted::default()).unwrap().holds());
        // A file that is shorter or longer than its index says is read, and found out.
        put(&path, whole.split_once('\n').unwrap().1);
        assert_eq!(open(&root).unwrap_err().code(), "log_damaged");
        put(&path, &whole);
        assert!(open(&root).is_ok());
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
        // An edited line that is read is found.
        let path = Files::new(&root).segment(0);
        let text = std::fs::read_to_string(&path).unwrap();
        put(&path, &edited(&text, 108));
        assert_eq!(remembered(&open(&root).unwrap()), every);
        put(&path, &text);
        // Of a file that is not the one that was written none is made.
        std::fs::remove_file(Files::new(&root).index(0)).unwrap();
        let running = open(&root).unwrap();
        std::fs::remove_file(Files::new(&root).index(0)).unwrap();
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
}
