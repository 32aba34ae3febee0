//! Opening a log to write: the tree is checked first, the newest file line by line, older ones by their indexes. Each file is read once.

use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex};

use gauze_wire::log::Checkpoint;
use gauze_wire::{Jws, PublicKey};

use super::blocks::block;
use super::entry::{Entry, Happening, Outcome, What};
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, Torn, read_if_any, scan};
use super::index::{Index, make_missing};
use super::keys::LogKeys;
use super::lasting::outlives;
use super::line::Read;
use super::read::Kept;
use super::spine::Spine;
use super::told::Heard;
use super::writer::{Shared, Writer, blank};
use crate::Alone;
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
    parts: Vec<Part>,
}

/// What a file says that outlives a restart.
enum Part {
    Indexed(Index),
    Read { first: u64, kept: Vec<Kept> },
}

impl Found {
    /// Of files with an index the lines that it names are read for it.
    fn heard(&self, files: &Files) -> Result<Heard, LogFailure> {
        let mut heard = Heard::default();
        for part in &self.parts {
            match part {
                Part::Indexed(index) => index.lines(files, |_, kept| heard.hear(&kept))?,
                Part::Read { kept, .. } => kept.iter().for_each(|kept| heard.hear(kept)),
            }
        }
        Ok(heard)
    }

    fn was_read(&self, index: u64) -> bool {
        let of = index - index % SEGMENT;
        self.parts.iter().any(|part| matches!(part, Part::Read { first, .. } if *first == of))
    }
}

pub(super) fn open(root: &Path, keys: LogKeys) -> Result<Opened, LogFailure> {
    let files = Files::new(root);
    files.make()?;
    let lock = lock(&files)?;
    let witnessed = [checkpoint(&files.cosigned(), &keys)?, checkpoint(&files.outside(), &keys)?];
    let checkpoint = checkpoint(&files.checkpoint(), &keys)?;
    let signed = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    let found = read_all(&files, &keys, signed)?;
    settle(&files, &found, signed)?;
    let signed_by_us = checkpoint.iter().chain(witnessed.iter().flatten());
    signed_by_us.into_iter().try_for_each(|checkpoint| check_tree(&files, checkpoint, &found.spine))?;
    if let Err(error) = make_missing(&files, &keys, &found.spine, signed) {
        tracing::warn!(code = error.code(), %error, "the next start reads a whole file of the access log again");
    }
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

fn lock(files: &Files) -> Result<Alone, LogFailure> {
    let path = files.root.join("lock");
    let taken = Alone::take(&path).map_err(LogFailure::disk(&path))?;
    taken.ok_or_else(|| LogFailure::Locked(files.root.clone()))
}

fn read_all(files: &Files, keys: &LogKeys, signed: u64) -> Result<Found, LogFailure> {
    let (firsts, mut found) = (files.segments()?, Found::default());
    let (erasing, audit) = (files.being_erased()?, keys.audit.public_key());
    for (at, &first) in firsts.iter().enumerate() {
        let last = at + 1 == firsts.len();
        let half_erased = erasing.is_some_and(|index| index - index % SEGMENT == first);
        if let Some(index) = Index::read(files, first, keys)?.filter(|_| !last && !half_erased) {
            found.spine.append_blocks(index.blocks.clone());
            found.parts.push(Part::Indexed(index));
            continue;
        }
        let path = files.segment(first);
        let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
        let (mut unsigned, mut kept) = (None, Vec::new());
        let mut scanned = scan(&bytes, first, |index, read| {
            kept.extend(lasting(index, read));
            if index >= signed && unsigned.is_none() && !is_ours(read, &audit, keys) {
                unsigned = Some(index);
            }
        });
        let torn = scanned.torn(first, signed, erasing).filter(|_| last);
        let lines = torn.map_or(scanned.leaves.len(), |torn| torn.lines) as u64;
        if let Some(index) = unsigned.filter(|index| *index < first + lines) {
            return Err(LogFailure::Damaged(format!(
                "entry {index} is behind the checkpoint, and the audit key has not signed it"
            )));
        }
        if let Some(torn) = torn {
            found.torn = set_aside(files, first, torn, &bytes)?;
            scanned.cut(first, torn);
            kept.retain(|kept| kept.index < first + lines);
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
        found.parts.push(Part::Read { first, kept });
    }
    Ok(found)
}

/// Whether a line is the audit key's. Behind the checkpoint nothing else says so: whoever may write the file can make a leaf. The
/// key is today's alone, since nobody signs the list of older ones. One that was blanked is judged by what says so.
fn is_ours(read: Read<'_>, audit: &PublicKey, keys: &LogKeys) -> bool {
    let Read::Whole { jws, .. } = read else { return true };
    Jws::parse(jws).and_then(|jws| jws.verify::<Entry>(audit, &keys.tenant)).is_ok()
}

/// Whether an entry is never erased by law.
pub(super) fn stays(entry: &Entry) -> bool {
    matches!(
        entry.what,
        What::Action(
            Action::Hold
                | Action::Retention
                | Action::Erase
                | Action::Report
                | Action::Case
                | Action::CaseEvidence
        ) | What::Happening(
            Happening::PhotoErased
                | Happening::CaseReminder
                | Happening::OperatorReport
                | Happening::PhoneReport
        )
    ) && entry.outcome == Outcome::Done
}

/// What a line says, where that outlives a restart.
fn lasting(index: u64, read: Read<'_>) -> Option<Kept> {
    let entry = match read {
        Read::Erased { .. } => None,
        Read::Whole { jws, .. } => Some(Jws::parse(jws).and_then(|jws| jws.peek()).ok().filter(outlives)?),
        Read::Differs { .. } => return None,
    };
    Some(Kept { index, entry })
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

/// An erasure that was logged and then cut off is finished; anything else that differs is damage. Nothing is signed over lines that a
/// start refuses to be told.
fn settle(files: &Files, found: &Found, signed: u64) -> Result<(), LogFailure> {
    let pending = read_if_any(&files.erasing())?;
    let settled = pending.is_none() && found.differ.is_empty() && found.erased.is_empty();
    if settled && signed >= found.spine.size() {
        return Ok(());
    }
    let heard = found.heard(files)?;
    if let Some(index) = found.differ.iter().find(|index| !heard.said.contains(index)) {
        return Err(LogFailure::Damaged(format!("entry {index} is not what its leaf is the hash of")));
    }
    let undone =
        heard.said.iter().copied().filter(|index| found.was_read(*index) && !found.erased.contains(index));
    let undone: Vec<u64> = undone.collect();
    heard.judge()?;
    undone.into_iter().try_for_each(|index| blank(files, index))?;
    if pending.is_some() { files.remove(&files.erasing()) } else { Ok(()) }
}

/// What this side signed last.
pub(super) fn checkpoint(path: &Path, keys: &LogKeys) -> Result<Option<Checkpoint>, LogFailure> {
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
