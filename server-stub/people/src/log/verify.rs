//! Checking a log with nothing but its files and its public keys.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::log::{Checkpoint, WitnessKey};
use gauze_wire::{Digest, Jws};
use memchr::memmem;
use serde::Serialize;

use super::blocks::block;
use super::entry::{Entry, erased_by};
use super::erasable::erasable;
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, read_if_any, scan};
use super::keys::PublicKeys;
use super::line::Read;
use super::spine::{BLOCK, Spine, fold};

/// Stands in each line that says an entry was erased.
const ENTRY_ERASED: &[u8] = b"entry_erased";

/// What to check beside the tree.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Each entry's own signature too. The checkpoint's signature covers all of them already; this says whose each is. Of entries
    /// that no checkpoint covers it is judged in any case.
    pub signatures: bool,
    /// A checkpoint that somebody else kept: the log must begin with its tree.
    pub held: Option<&'a str>,
    /// The outside witness whose cosignature must be there.
    pub outside: Option<&'a WitnessKey>,
    /// On one processor: others are served meanwhile.
    pub beside: bool,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// A file is missing, or has another name or number of lines.
    Files {
        /// Which, in words.
        what: String,
    },
    /// From this entry on there is something that is no entry.
    Broken {
        /// Its number.
        entry: u64,
    },
    /// An entry is not what its leaf is the hash of.
    Edited {
        /// Its number.
        entry: u64,
    },
    /// An entry was erased, and no entry says so.
    ErasedUnsaid {
        /// Its number.
        entry: u64,
    },
    /// A line says that an entry was erased, and it stands whole: an older copy of its file was put back.
    Unerased {
        /// Its number.
        entry: u64,
    },
    /// An entry is a copy of an earlier one.
    Copy {
        /// Its number.
        entry: u64,
    },
    /// An entry is not signed by the audit key, or for another tenant, or malformed.
    Signature {
        /// Its number.
        entry: u64,
    },
    /// There is no checkpoint, or it is not signed by the log's key.
    Checkpoint {
        /// Whose: `own`, `witnessed`, `outside` or `held`.
        whose: &'static str,
        /// Why.
        cause: String,
    },
    /// The log has fewer entries than were signed for.
    RolledBack {
        /// Whose checkpoint says so: `own`, `witnessed`, `outside` or `held`.
        whose: &'static str,
        /// Entries that are there.
        found: u64,
        /// Entries that were signed for.
        signed: u64,
    },
    /// The tree is another one than was signed: an entry was replaced, or entries stand in another order.
    OtherTree {
        /// Whose checkpoint says so: `own`, `witnessed`, `outside` or `held`.
        whose: &'static str,
        /// Among the first so many entries.
        within: u64,
    },
}

impl Fault {
    /// The entry that stands whole though it was erased, where that is what is wrong.
    pub(super) fn unerased(&self) -> Option<u64> {
        match self {
            Self::Unerased { entry } => Some(*entry),
            _ => None,
        }
    }
}

/// What the outside witness cosigned last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// Its name.
    pub witness: String,
    /// Entries that it cosigned.
    pub size: u64,
    /// When, by its own clock, in seconds since 1970.
    pub at: u64,
    /// Entries that came after those.
    pub behind: u64,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// Entries that are there.
    pub entries: u64,
    /// The root over them.
    pub root: Digest,
    /// Entries that were erased by law.
    pub erased: u64,
    /// Entries that the newest checkpoint covers: the rest came after it.
    pub signed: u64,
    /// Witnesses whose cosignatures on the newest cosigned checkpoint hold.
    pub witnesses: Vec<String>,
    /// What the outside witness cosigned, where its key was given and its cosignature holds.
    pub outside: Option<Outside>,
    /// The last write is under way or was cut off: nobody was told of it.
    pub torn: bool,
    /// Everything that is wrong, in order.
    pub faults: Vec<Fault>,
}

impl Verified {
    /// True where nothing is wrong.
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

/// One file's part.
#[derive(Default)]
struct Part {
    blocks: Vec<Digest>,
    rest: Vec<Digest>,
    lines: u64,
    edited: Vec<u64>,
    erased: Vec<u64>,
    /// The numbers of the entries that these lines say were erased, each behind the line's own.
    said: Vec<(u64, u64)>,
    /// What was signed, as the first half of its SHA-256, and its number.
    signed: Vec<(u128, u64)>,
    unsigned: Vec<u64>,
    broken: bool,
    torn: bool,
}

/// Checks the log in `root`. Reads only; the service may be running.
///
/// # Errors
/// Where the files cannot be read. What is wrong *with* them is in the answer.
pub fn verify(root: &Path, keys: &PublicKeys, wanted: Wanted<'_>) -> Result<Verified, LogFailure> {
    let files = Files::new(root);
    // The checkpoints first: what is appended meanwhile only makes the log longer than they say.
    let own = read_if_any(&files.checkpoint())?;
    let cosigned = read_if_any(&files.cosigned())?;
    let outside = read_if_any(&files.outside())?;
    let mut faults = Vec::new();
    let firsts = match files.segments() {
        Ok(firsts) => firsts,
        Err(LogFailure::Damaged(what)) => {
            faults.push(Fault::Files { what });
            Vec::new()
        }
        Err(failure) => return Err(failure),
    };
    let covered = own.as_deref().and_then(|note| keys.log.verify(std::str::from_utf8(note).ok()?).ok());
    let covered = covered.map_or(0, |checkpoint| checkpoint.size);
    let scope = Scope { keys, signatures: wanted.signatures, covered, last: firsts.last().copied() };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let parts = read_parts(&files, &firsts, &scope, if wanted.beside { 1 } else { threads })?;
    let mut spine = Spine::default();
    let (mut erased, mut said, mut signed) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let (mut torn, last) = (false, firsts.len().saturating_sub(1));
    for (at, (part, &first)) in parts.into_iter().zip(&firsts).enumerate() {
        faults.extend(part.edited.into_iter().map(|entry| Fault::Edited { entry }));
        faults.extend(part.unsigned.into_iter().map(|entry| Fault::Signature { entry }));
        erased.extend(part.erased);
        said.extend(part.said.into_iter().map(|(_, entry)| entry));
        signed.extend(part.signed);
        torn |= part.torn;
        if part.broken {
            faults.push(Fault::Broken { entry: first + part.lines });
        }
        spine.append_blocks(part.blocks);
        part.rest.into_iter().for_each(|leaf| spine.append_hash(leaf));
        if at != last && part.lines != SEGMENT {
            faults.push(Fault::Files { what: format!("the file of entry {first} has {} lines", part.lines) });
            break;
        }
    }
    faults.extend(copies(signed).map(|entry| Fault::Copy { entry }));
    faults.extend(erasures(&files, firsts.last().copied(), &erased, said)?);
    let judge = Judge { files: &files, keys, spine: &spine };
    let signed = judge.own(own, &mut faults)?;
    let witnesses = judge.witnessed(cosigned, &mut faults)?;
    let outside = judge.outside(outside, wanted.outside, &mut faults)?;
    if let Some(note) = wanted.held {
        judge.note("held", note, &mut faults)?;
    }
    let size = spine.size();
    let root = spine.root_at(size, |number| block(&files, number))?;
    Ok(Verified {
        entries: size,
        root,
        erased: erased.len() as u64,
        signed,
        witnesses,
        outside,
        torn,
        faults,
    })
}

struct Scope<'a> {
    keys: &'a PublicKeys,
    signatures: bool,
    /// Entries that a checkpoint covers.
    covered: u64,
    /// The last file.
    last: Option<u64>,
}

fn read_parts(
    files: &Files,
    firsts: &[u64],
    scope: &Scope<'_>,
    threads: usize,
) -> Result<Vec<Part>, LogFailure> {
    let threads = threads.min(firsts.len().max(1));
    let (next, parts) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<(), LogFailure> {
        while let Some((at, &first)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, firsts.get(at)?)))
        {
            let part = read_part(files, first, scope)?;
            parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, part));
        }
        Ok(())
    };
    std::thread::scope(|threads_of| {
        let running: Vec<_> = (0..threads).map(|_| threads_of.spawn(work)).collect();
        running.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err(LogFailure::Stopped)))
    })?;
    let mut parts = parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    parts.sort_by_key(|(at, _)| *at);
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

fn read_part(files: &Files, first: u64, scope: &Scope<'_>) -> Result<Part, LogFailure> {
    let path = files.segment(first);
    let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
    let (mut unsigned, mut said, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    let mut payload = Vec::new();
    let mut scanned = scan(&bytes, first, |index, read| {
        let Read::Whole { jws, .. } = read else { return };
        if (scope.signatures || index >= scope.covered) && !signed(jws, scope.keys) {
            unsigned.push(index);
        }
        said.extend(says_erased(jws, &mut payload).map(|erased| (index, erased)));
        texts.extend(signing_input(jws).map(|text| (text, index)));
    });
    // A write that is under way, or was cut off, is the end of the last file.
    let erasing = files.being_erased()?;
    let torn = scanned.torn(first, scope.covered, erasing).filter(|_| scope.last == Some(first));
    if let Some(torn) = torn {
        scanned.cut(first, torn);
        let end = first + torn.lines as u64;
        unsigned.retain(|&index| index < end);
        said.retain(|&(index, _)| index < end);
        texts.retain(|&(_, index)| index < end);
    }
    let whole = scanned.leaves.len() - scanned.leaves.len() % BLOCK;
    let (blocks, rest) = scanned.leaves.split_at(whole);
    Ok(Part {
        blocks: blocks.chunks(BLOCK).map(fold).collect(),
        rest: rest.to_vec(),
        lines: scanned.leaves.len() as u64,
        edited: scanned.differ,
        erased: scanned.erased,
        said,
        signed: texts,
        unsigned,
        broken: scanned.broken.is_some(),
        torn: torn.is_some(),
    })
}

fn signed(jws: &str, keys: &PublicKeys) -> bool {
    Jws::parse(jws).and_then(|jws| jws.verify_by::<Entry>(&keys.audit, &keys.tenant)).is_ok()
}

/// What is signed, header and payload: a signature has two forms, and that has one.
fn signing_input(jws: &str) -> Option<u128> {
    let (input, _) = jws.rsplit_once('.')?;
    Digest::of(input.as_bytes()).0.first_chunk().copied().map(u128::from_be_bytes)
}

/// The number of the entry that this line says was erased. Of a million lines few are read whole: `payload` is room to look.
fn says_erased(jws: &str, payload: &mut Vec<u8>) -> Option<u64> {
    let text = jws.split('.').nth(1)?;
    payload.clear();
    BASE64_URL_SAFE_NO_PAD.decode_vec(text, payload).ok()?;
    memmem::find(payload, ENTRY_ERASED)?;
    erased_by(&Jws::parse(jws).and_then(|jws| jws.peek()).ok()?)
}

/// The numbers of the entries that repeat what an earlier one says.
fn copies(mut signed: Vec<(u128, u64)>) -> impl Iterator<Item = u64> {
    signed.sort_unstable();
    let twice: BTreeSet<u64> =
        signed.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).collect();
    twice.into_iter()
}

/// What was erased and is not said to be, and what is said to be and was not. `last` is the newest file that was read.
fn erasures(
    files: &Files,
    last: Option<u64>,
    erased: &BTreeSet<u64>,
    mut said: BTreeSet<u64>,
) -> Result<Vec<Fault>, LogFailure> {
    if !erased.is_subset(&said) {
        // The line may have been written since.
        let newer = files.segments()?.into_iter().filter(|first| Some(*first) >= last);
        for first in newer {
            said.extend(erasures_in(files, first)?);
        }
    }
    let mut faults: Vec<_> = erased.difference(&said).map(|&entry| Fault::ErasedUnsaid { entry }).collect();
    for &entry in said.difference(erased) {
        if stands(files, entry)? {
            faults.push(Fault::Unerased { entry });
        }
    }
    Ok(faults)
}

/// The numbers of the entries that lines of one file say were erased.
fn erasures_in(files: &Files, first: u64) -> Result<BTreeSet<u64>, LogFailure> {
    let (path, mut numbers, mut payload) = (files.segment(first), BTreeSet::new(), Vec::new());
    let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
    scan(&bytes, first, |_, read| {
        if let Read::Whole { jws, .. } = read {
            numbers.extend(says_erased(jws, &mut payload));
        }
    });
    Ok(numbers)
}

/// Whether an entry that is said to be erased stands whole, and nobody is at it.
fn stands(files: &Files, entry: u64) -> Result<bool, LogFailure> {
    let under_way = files.being_erased()? == Some(entry);
    Ok(!under_way && erasable(files, entry).is_ok())
}

struct Judge<'a> {
    files: &'a Files,
    keys: &'a PublicKeys,
    spine: &'a Spine,
}

impl Judge<'_> {
    fn own(&self, note: Option<Vec<u8>>, faults: &mut Vec<Fault>) -> Result<u64, LogFailure> {
        let Some(note) = note.map(String::from_utf8) else {
            if self.spine.size() > 0 {
                let cause = "there is none".to_owned();
                faults.push(Fault::Checkpoint { whose: "own", cause });
            }
            return Ok(0);
        };
        self.note("own", &note.unwrap_or_default(), faults)
    }

    /// Judges what a witness cosigned; the names of those whose cosignatures hold.
    fn witnessed(&self, note: Option<Vec<u8>>, faults: &mut Vec<Fault>) -> Result<Vec<String>, LogFailure> {
        let Some(note) = note else { return Ok(Vec::new()) };
        let note = String::from_utf8(note).unwrap_or_default();
        self.note("witnessed", &note, faults)?;
        let held = self.keys.witnesses.iter().filter(|witness| witness.verify(&note).is_ok());
        Ok(held.map(|witness| witness.name().to_owned()).collect())
    }

    /// Judges what the outside witness cosigned. Where its key was given, its cosignature must be there.
    fn outside(
        &self,
        note: Option<Vec<u8>>,
        key: Option<&WitnessKey>,
        faults: &mut Vec<Fault>,
    ) -> Result<Option<Outside>, LogFailure> {
        let whose = "outside";
        let Some(note) = note.map(|note| String::from_utf8(note).unwrap_or_default()) else {
            let missing = || Fault::Checkpoint { whose, cause: "there is none".to_owned() };
            faults.extend(key.map(|_| missing()));
            return Ok(None);
        };
        let size = self.note(whose, &note, faults)?;
        let Some(key) = key else { return Ok(None) };
        match key.verify(&note) {
            Ok(at) => {
                let behind = self.spine.size().saturating_sub(size);
                Ok(Some(Outside { witness: key.name().to_owned(), size, at, behind }))
            }
            Err(error) => {
                faults.push(Fault::Checkpoint { whose, cause: format!("its cosignature: {error}") });
                Ok(None)
            }
        }
    }

    /// Judges a checkpoint; its size, where its signature holds.
    fn note(&self, whose: &'static str, note: &str, faults: &mut Vec<Fault>) -> Result<u64, LogFailure> {
        let Checkpoint { size, root, .. } = match self.keys.log.verify(note) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                faults.push(Fault::Checkpoint { whose, cause: error.to_string() });
                return Ok(0);
            }
        };
        let found = self.spine.size();
        if size > found {
            faults.push(Fault::RolledBack { whose, found, signed: size });
        } else if self.spine.root_at(size, |number| block(self.files, number))? != root {
            faults.push(Fault::OtherTree { whose, within: size });
        }
        Ok(size)
    }
}
