//! Opening a log to write: the tree is checked first, the newest file line by line, older ones by their indexes.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex};

use gauze_wire::Jws;
use gauze_wire::log::Checkpoint;

use super::blocks::block;
use super::entry::{Entry, Happening, Outcome, What};
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, Torn, read_if_any, scan};
use super::index::Index;
use super::keys::LogKeys;
use super::line::Read;
use super::spine::Spine;
use super::writer::{Shared, Writer, blank};
use crate::action::Action;

/// A writer, and the bytes that were set aside, if any.
pub(super) struct Opened {
    pub(super) writer: Writer,
    pub(super) torn: u64,
}

/// What reading all files found.
#[derive(Default)]
struct Found {
    spine: Spine,
    tail: u64,
    torn: u64,
    differ: Vec<u64>,
    erased: Vec<u64>,
    /// Whole files that have no index yet.
    unindexed: Vec<u64>,
}

pub(super) fn open(root: &Path, keys: LogKeys) -> Result<Opened, LogFailure> {
    let files = Files::new(root);
    files.make()?;
    let lock = lock(&files)?;
    let witnessed = [checkpoint(&files.cosigned(), &keys)?, checkpoint(&files.outside(), &keys)?];
    let checkpoint = checkpoint(&files.checkpoint(), &keys)?;
    let signed = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    let found = read_all(&files, &keys, signed)?;
    settle_erasures(&files, &found)?;
    let signed_by_us = checkpoint.iter().chain(witnessed.iter().flatten());
    signed_by_us.into_iter().try_for_each(|checkpoint| check_tree(&files, checkpoint, &found.spine))?;
    found.unindexed.iter().filter(|first| *first + SEGMENT <= signed).for_each(|&first| {
        if let Err(error) = Index::make(&files, first, &keys) {
            tracing::warn!(code = error.code(), %error, "the next start reads a whole file of the access log again");
        }
    });
    let size = found.spine.size();
    let tail = if size.is_multiple_of(SEGMENT) {
        None
    } else {
        let path = files.segment(size - size % SEGMENT);
        let file = File::options().read(true).write(true).open(&path).map_err(LogFailure::disk(&path))?;
        file.sync_all().map_err(LogFailure::disk(&path))?;
        Some((file, found.tail))
    };
    let shared = Arc::new(Mutex::new(Shared { spine: found.spine, syncs: 0, unsigned: None }));
    let writer = Writer { files, keys, shared, tail, signed, stopped: false, _lock: lock };
    Ok(Opened { writer, torn: found.torn })
}

fn lock(files: &Files) -> Result<File, LogFailure> {
    let path = files.root.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(LogFailure::disk(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(LogFailure::Locked(files.root.clone())),
        Err(TryLockError::Error(error)) => Err(LogFailure::disk(&path)(error)),
    }
}

fn read_all(files: &Files, keys: &LogKeys, signed: u64) -> Result<Found, LogFailure> {
    let (firsts, mut found) = (files.segments()?, Found::default());
    let erasing = files.being_erased()?;
    for (at, &first) in firsts.iter().enumerate() {
        let last = at + 1 == firsts.len();
        // An entry that is being erased may lie in any file.
        if let Some(index) = Index::read(files, first, keys)?.filter(|_| !last && erasing.is_none()) {
            found.spine.append_blocks(index.blocks);
            continue;
        }
        let path = files.segment(first);
        let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
        let mut scanned = scan(&bytes, first, |_, _| {});
        if let Some(torn) = scanned.torn(first, signed, erasing).filter(|_| last) {
            found.torn = set_aside(files, first, torn, &bytes)?;
            scanned.cut(first, torn);
        }
        if scanned.broken.is_some() {
            return Err(LogFailure::Damaged(format!("entry {}", first + scanned.leaves.len() as u64)));
        }
        let short = (scanned.leaves.len() as u64) < SEGMENT;
        if scanned.leaves.len() as u64 > SEGMENT || (short && !last) {
            return Err(LogFailure::Damaged(format!("{} has another number of lines", path.display())));
        }
        scanned.leaves.iter().for_each(|&leaf| found.spine.append_hash(leaf));
        found.differ.extend(scanned.differ);
        found.erased.extend(scanned.erased);
        found.tail = scanned.whole;
        found.unindexed.extend((!short).then_some(first));
    }
    Ok(found)
}

/// Whether an entry is never erased by law.
pub(super) fn stays(entry: &Entry) -> bool {
    matches!(
        entry.what,
        What::Action(Action::Hold | Action::Erase | Action::Report | Action::Case | Action::CaseEvidence)
            | What::Happening(Happening::PhotoErased | Happening::CaseReminder)
    ) && entry.outcome == Outcome::Done
}

/// The number of the entry that this one says was erased.
pub(super) fn erasure(jws: &Jws) -> Option<u64> {
    let entry: Entry = jws.peek().ok()?;
    if entry.what != What::Happening(Happening::EntryErased) {
        return None;
    }
    entry.note?.as_str().parse().ok()
}

/// The numbers of all entries that some entry says were erased.
fn erasures(files: &Files) -> Result<Vec<u64>, LogFailure> {
    let mut numbers = Vec::new();
    for first in files.segments()? {
        let path = files.segment(first);
        let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
        scan(&bytes, first, |_, read| {
            if let Read::Whole { jws, .. } = read {
                numbers.extend(Jws::parse(jws).ok().as_ref().and_then(erasure));
            }
        });
    }
    Ok(numbers)
}

/// Keeps what a cut-off write left, beside the log, and takes it off the file.
fn set_aside(files: &Files, first: u64, torn: Torn, bytes: &[u8]) -> Result<u64, LogFailure> {
    let from = usize::try_from(torn.offset).unwrap_or(usize::MAX);
    let rest = &bytes[from..];
    let index = first + torn.lines as u64;
    let mut aside = files.root.join(format!("torn-{index}"));
    let mut tries = 1;
    while aside.exists() {
        tries += 1;
        aside = files.root.join(format!("torn-{index}-{tries}"));
    }
    files.replace(&aside, rest)?;
    let path = files.segment(first);
    let file = File::options().write(true).open(&path).map_err(LogFailure::disk(&path))?;
    file.set_len(torn.offset).and_then(|()| file.sync_all()).map_err(LogFailure::disk(&path))?;
    Ok(rest.len() as u64)
}

/// An erasure that was logged and then cut off is finished; anything else that differs is damage.
fn settle_erasures(files: &Files, found: &Found) -> Result<(), LogFailure> {
    let pending = read_if_any(&files.erasing())?;
    if pending.is_none() && found.differ.is_empty() && found.erased.is_empty() {
        return Ok(());
    }
    let said = erasures(files)?;
    if let Some(index) = found.differ.iter().find(|index| !said.contains(index)) {
        return Err(LogFailure::Damaged(format!("entry {index} is not what its leaf is the hash of")));
    }
    if let Some(index) = found.erased.iter().find(|index| !said.contains(index)) {
        return Err(LogFailure::Damaged(format!("entry {index} was erased and no entry says so")));
    }
    let undone = said.iter().filter(|index| !found.erased.contains(index));
    undone.into_iter().try_for_each(|&index| blank(files, index))?;
    if pending.is_some() { files.remove(&files.erasing()) } else { Ok(()) }
}

/// What this side signed last.
fn checkpoint(path: &Path, keys: &LogKeys) -> Result<Option<Checkpoint>, LogFailure> {
    let Some(bytes) = read_if_any(path)? else { return Ok(None) };
    let damaged = |what: String| LogFailure::Damaged(format!("{}: {what}", path.display()));
    let note = String::from_utf8(bytes).map_err(|error| damaged(error.to_string()))?;
    keys.note.log_key().verify(&note).map(Some).map_err(|error| damaged(error.to_string()))
}

/// The tree must begin with the tree that this side signed last.
fn check_tree(files: &Files, signed: &Checkpoint, spine: &Spine) -> Result<(), LogFailure> {
    if signed.size > spine.size() {
        return Err(LogFailure::RolledBack { found: spine.size(), signed: signed.size });
    }
    let found = spine.root_at(signed.size, |number| block(files, number))?;
    if found == signed.root {
        Ok(())
    } else {
        Err(LogFailure::Damaged("its checkpoint is of another tree".to_owned()))
    }
}
