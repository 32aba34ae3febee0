//! Every file and every message, changed: refused, nothing erased, the cause shown.
//!
//! What counts as refused: the photo is still on the phone, in its outbox or set aside, and the phone says why it does
//! not move; or it reached the hospital all the same, whole. Nothing in between.

mod bundle;
mod gateway;
mod life;
mod messages;
mod phone_files;
mod records;
mod rows;
mod scene;
mod servers;

use std::path::{Path, PathBuf};

use gauze_records::Status;
use gauze_tests::pictures::picture;
use gauze_tests::size::quick_or;
use gauze_wire::{CaptureId, Digest};

use super::dice::Dice;
use crate::fixture::{Phone, Ward, context};

/// One way to change bytes.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Flip,
    Cut,
    Double,
    Swap,
}

pub const CHANGES: [Change; 4] = [Change::Flip, Change::Cut, Change::Double, Change::Swap];

/// How often each change is tried on one file or message, each time elsewhere.
pub fn places() -> u64 {
    quick_or(1, 25)
}

impl Change {
    /// Other bytes than these; `None` where that changes nothing.
    pub fn of(self, bytes: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
        let (reach, most) = match bytes.len() {
            0 => return None,
            few @ 1..8 => (few, few),
            many => (many - 4, many / 4),
        };
        let (at, length) = (dice.below(reach), 1 + dice.below(most));
        let end = (at + length).min(bytes.len());
        let mut changed = bytes.to_vec();
        match self {
            Self::Flip => changed[at] ^= 1 << dice.below(8),
            Self::Cut => changed.truncate(at),
            Self::Double => drop(changed.splice(end..end, bytes[at..end].iter().copied())),
            Self::Swap => changed[at..end].reverse(),
        }
        (changed != bytes).then_some(changed)
    }
}

/// A photo, and the sealed bytes that must survive.
pub struct Taken {
    pub id: CaptureId,
    pub sha256: Digest,
}

pub fn take(phone: &Phone, n: u32) -> Taken {
    let id = phone.client().capture(&picture(n, 64, 48).unwrap(), context()).unwrap().capture_id;
    Taken { id, sha256: Digest::of(&std::fs::read(phone.file(id, "photo.age")).unwrap()) }
}

impl Taken {
    /// Whether the hospital has it, whole.
    pub async fn is_filed(&self, ward: &Ward) -> bool {
        let listed =
            if ward.path("records/index.sqlite").exists() { ward.listed().await } else { Vec::new() };
        let mut rows = listed.iter().filter(|row| row.capture_id == self.id && row.status == Status::Filed);
        let filed = rows.next().is_some_and(|row| row.sha256 == self.sha256);
        assert!(rows.next().is_none(), "filed once");
        filed
    }

    /// Whether its sealed bytes, or `instead` of them, are anywhere on the phone.
    pub fn is_kept(&self, phone: &Phone, instead: Option<Digest>) -> bool {
        let is_it = |path: &PathBuf| {
            let found = std::fs::read(path).map(|bytes| Digest::of(&bytes)).ok();
            found == Some(self.sha256) || (instead.is_some() && found == instead)
        };
        files(&phone.dir).iter().any(is_it)
    }

    /// The code that the phone shows for it.
    pub fn cause(&self, phone: &Phone) -> Option<&'static str> {
        let status = phone.client().status();
        if status.quarantined > 0 {
            return Some("quarantined");
        }
        let photo = phone.client().list().unwrap().into_iter().find(|photo| photo.capture_id == self.id)?;
        match photo.stage {
            gauze_core::Stage::Refused => Some("refused"),
            _ => photo.progress.map(|progress| progress.trouble.code()),
        }
    }
}

/// Every file below `dir`, in order.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub fn put(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), bytes).unwrap();
}

pub fn copy_dir(from: &Path, to: &Path) {
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(&path, &target).unwrap();
    }
}
