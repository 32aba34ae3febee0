//! Reading a log's entries, and proving one, without writing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_wire::log::{Checkpoint, inclusion_spans, verify_inclusion};
use gauze_wire::{Digest, Jws, WireError};

use super::blocks::block;
use super::entry::Entry;
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, Scan, read_if_any, scan};
use super::keys::PublicKeys;
use super::line::{self, Read};
use super::spine::Spine;

/// An entry that was read, its signature not judged.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its number.
    pub index: u64,
    /// What it says; nothing where it was erased.
    pub entry: Option<Entry>,
}

/// Hands each entry of the log in `root` to `each`, oldest first.
///
/// # Errors
/// Where the files cannot be read, or hold something that is no entry.
pub fn read_entries(root: &Path, mut each: impl FnMut(Kept)) -> Result<(), LogFailure> {
    let segments = Segments::of(root)?;
    segments.firsts.iter().try_for_each(|&first| segments.read(first, &mut each))
}

/// As [`read_entries`], newest first, until `each` breaks off: older files are not read then.
///
/// # Errors
/// As there, of what was read.
pub fn read_newest(root: &Path, mut each: impl FnMut(Kept) -> ControlFlow<()>) -> Result<(), LogFailure> {
    let segments = Segments::of(root)?;
    for &first in segments.firsts.iter().rev() {
        let mut kept = Vec::new();
        segments.read(first, |one| kept.push(one))?;
        if kept.into_iter().rev().try_for_each(&mut each).is_break() {
            break;
        }
    }
    Ok(())
}

/// The log's files, to be read while another thread or process may write the last of them.
pub(super) struct Segments {
    files: Files,
    firsts: Vec<u64>,
    /// Entries that a checkpoint covers, as its text says: none of them is still being written.
    signed: u64,
}

impl Segments {
    pub(super) fn of(root: &Path) -> Result<Self, LogFailure> {
        let files = Files::new(root);
        let note = read_if_any(&files.checkpoint())?.and_then(|note| String::from_utf8(note).ok());
        let size = note.as_deref().and_then(|note| note.lines().nth(1)?.parse().ok());
        // Behind the checkpoint: what it covers is then in the files.
        let firsts = files.segments()?;
        Ok(Self { files, firsts, signed: size.unwrap_or(0) })
    }

    pub(super) fn firsts(&self) -> &[u64] {
        &self.firsts
    }

    pub(super) fn read(&self, first: u64, mut each: impl FnMut(Kept)) -> Result<(), LogFailure> {
        let mut damaged = None;
        self.scan(first, |index, read| match read {
            Read::Erased { .. } => each(Kept { index, entry: None }),
            Read::Whole { jws, .. } => match Jws::parse(jws).and_then(|jws| jws.peek()) {
                Ok(entry) => each(Kept { index, entry: Some(entry) }),
                Err(error) => damaged = damaged.take().or(Some((index, error.to_string()))),
            },
            Read::Differs { .. } => {
                damaged = damaged.take().or(Some((index, "not what its leaf is the hash of".to_owned())));
            }
        })?;
        match damaged {
            Some((index, cause)) => Err(LogFailure::Damaged(format!("entry {index}: {cause}"))),
            None => Ok(()),
        }
    }

    /// The lines of a file. What is no line is damage, but for the last write at the end of the last file.
    fn scan(&self, first: u64, each: impl FnMut(u64, Read<'_>)) -> Result<Scan, LogFailure> {
        let path = self.files.segment(first);
        let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
        let scanned = scan(&bytes, first, each);
        let lines = scanned.leaves.len() as u64;
        let last = self.firsts.last() == Some(&first);
        let torn = last && scanned.torn(first, self.signed, None).is_some();
        if (scanned.broken.is_some() && !torn) || (!last && lines != SEGMENT) {
            return Err(LogFailure::Damaged(format!("entry {}: no line of the log", first + lines)));
        }
        Ok(scanned)
    }
}

/// A proof that one entry is in the log, for somebody who has the public keys and nothing else: C2SP `tlog-proof`. Its
/// `extra` is the salt and the entry.
///
/// # Errors
/// [`LogFailure::NoEntry`] where the newest checkpoint does not cover the entry.
pub fn prove(root: &Path, keys: &PublicKeys, index: u64) -> Result<String, LogFailure> {
    let mut proofs = prove_all(root, keys, &BTreeSet::from([index]))?;
    proofs.remove(&index).ok_or(LogFailure::NoEntry(index))
}

/// The same of several entries, with one reading of the log.
///
/// # Errors
/// [`LogFailure::NoEntry`] where the newest checkpoint does not cover one of them.
pub fn prove_all(
    root: &Path,
    keys: &PublicKeys,
    indexes: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, String>, LogFailure> {
    let files = Files::new(root);
    let Some(&last) = indexes.last() else { return Ok(BTreeMap::new()) };
    let (note, checkpoint) = newest(&files, keys, last)?.ok_or(LogFailure::NoEntry(last))?;
    let (spine, mut extras) = gather(root, indexes)?;
    let mut proofs = BTreeMap::new();
    for &index in indexes {
        let spans = inclusion_spans(index, checkpoint.size).filter(|_| checkpoint.size <= spine.size());
        let hashes =
            spine.hashes(&spans.ok_or(LogFailure::NoEntry(index))?, |number| block(&files, number))?;
        let mut text = "c2sp.org/tlog-proof@v1\n".to_owned();
        if let Some(extra) = extras.remove(&index) {
            text.push_str(&format!("extra {}\n", BASE64_STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {index}\n"));
        hashes.iter().for_each(|hash| text.push_str(&format!("{}\n", BASE64_STANDARD.encode(hash.0))));
        text.push('\n');
        text.push_str(&note);
        proofs.insert(index, text);
    }
    Ok(proofs)
}

/// The cosigned checkpoint where it covers the entry, else our own.
fn newest(files: &Files, keys: &PublicKeys, index: u64) -> Result<Option<(String, Checkpoint)>, LogFailure> {
    for path in [files.cosigned(), files.checkpoint()] {
        let Some(note) = read_if_any(&path)? else { continue };
        let damaged = |cause: String| LogFailure::Damaged(format!("{}: {cause}", path.display()));
        let note = String::from_utf8(note).map_err(|error| damaged(error.to_string()))?;
        let checkpoint = keys.log.verify(&note).map_err(|error| damaged(error.to_string()))?;
        if checkpoint.size > index {
            return Ok(Some((note, checkpoint)));
        }
    }
    Ok(None)
}

type Extras = BTreeMap<u64, Vec<u8>>;

fn gather(root: &Path, indexes: &BTreeSet<u64>) -> Result<(Spine, Extras), LogFailure> {
    let (mut spine, mut extras) = (Spine::default(), Extras::new());
    let segments = Segments::of(root)?;
    for &first in &segments.firsts {
        let scanned = segments.scan(first, |number, read| {
            if let Read::Whole { salt, jws, .. } = read
                && indexes.contains(&number)
            {
                extras.insert(number, [salt.as_slice(), jws.as_bytes()].concat());
            }
        })?;
        scanned.leaves.into_iter().for_each(|leaf| spine.append_hash(leaf));
    }
    Ok((spine, extras))
}

/// What a proof proves.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The entry's number.
    pub index: u64,
    /// The entry, its signature judged.
    pub entry: Entry,
    /// The tree it is in.
    pub checkpoint: Checkpoint,
    /// Witnesses that cosigned that tree.
    pub witnesses: Vec<String>,
}

/// Judges a `tlog-proof` by the public keys alone.
///
/// # Errors
/// Where it is malformed, or a signature or hash does not hold.
pub fn check_proof(proof: &str, keys: &PublicKeys) -> Result<Proven, WireError> {
    let malformed = || WireError::Malformed("tlog-proof");
    let rest = proof.strip_prefix("c2sp.org/tlog-proof@v1\nextra ").ok_or_else(malformed)?;
    let (extra, rest) = rest.split_once("\nindex ").ok_or_else(malformed)?;
    let (body, note) = rest.split_once("\n\n").ok_or_else(malformed)?;
    let mut lines = body.lines();
    let index: u64 = lines.next().and_then(|line| line.parse().ok()).ok_or_else(malformed)?;
    let hash = |line| BASE64_STANDARD.decode(line).ok()?.try_into().ok().map(Digest);
    let hashes: Vec<Digest> = lines.map(hash).collect::<Option<_>>().ok_or_else(malformed)?;
    let extra = BASE64_STANDARD.decode(extra).map_err(|_| malformed())?;
    let (salt, jws) = extra.split_first_chunk::<32>().ok_or_else(malformed)?;
    let checkpoint = keys.log.verify(note)?;
    verify_inclusion(&checkpoint, index, &line::leaf(salt, jws), &hashes)?;
    let text = std::str::from_utf8(jws).map_err(|_| malformed())?;
    let entry = Jws::parse(text)?.verify_by(&keys.audit, &keys.tenant)?;
    let held = keys.witnesses.iter().filter(|witness| witness.verify(note).is_ok());
    let witnesses = held.map(|witness| witness.name().to_owned()).collect();
    Ok(Proven { index, entry, checkpoint, witnesses })
}
