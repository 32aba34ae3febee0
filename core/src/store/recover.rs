//! What opening does with what a dead process left behind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gauze_wire::{CaptureId, Carried, Jws};

use super::{Entry, Heads, StoreError, file, read_small};
use crate::ports::Disk;

pub struct Recovered {
    pub heads: Heads,
    pub entries: BTreeMap<CaptureId, Entry>,
    pub quarantined: Vec<String>,
}

/// More readers than this do not make flash faster.
const MOST_READERS: usize = 4;
/// Not worth a thread of their own.
const SHARE: usize = 500;

/// Reads the outbox. Removes what was never ticked, finishes what was being erased, sets aside what is damaged.
pub fn recover(disk: &dyn Disk, dir: &Path) -> Result<Recovered, StoreError> {
    let outbox = dir.join("outbox");
    disk.prepare(&outbox)?;
    let mut heads = Heads::load(disk, dir)?;
    let mut entries = BTreeMap::new();
    let mut damaged = Vec::new();
    let mut photos = Vec::new();
    for path in disk.list(&outbox)? {
        let name = file_name(&path);
        if name.starts_with(".new-") || name.starts_with(".gone-") {
            disk.remove(&path)?;
        } else {
            photos.push((path, name));
        }
    }
    for (path, found) in read_all(disk, photos)? {
        match found {
            Found::Whole(carried, files) => {
                heads.advance(&carried);
                let entry = Entry::new(carried, &files);
                entries.insert(entry.capture_id, entry);
            }
            Found::Damaged(place) => {
                // Its place in the chain stays used, as far as anything in it still tells.
                if let Some(carried) = place {
                    heads.advance(&carried);
                }
                damaged.push(path);
            }
        }
    }
    // The heads must outlive what is about to leave the outbox.
    if !damaged.is_empty() {
        heads.save(disk, dir)?;
    }
    for path in damaged {
        quarantine(disk, dir, &path)?;
    }
    let quarantined = file_names(disk, &dir.join("quarantine"))?;
    Ok(Recovered { heads, entries, quarantined })
}

/// What a directory turned out to be.
enum Found {
    /// A photo, and the names of its files.
    Whole(Carried, Vec<String>),
    /// Not a whole photo; its body, where anything still tells it.
    Damaged(Option<Carried>),
}

/// Reads every photo's directory. Each waits for the flash more than it computes, so several are read at once.
fn read_all(disk: &dyn Disk, photos: Vec<(PathBuf, String)>) -> Result<Vec<(PathBuf, Found)>, StoreError> {
    let readers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_READERS);
    let share = photos.len().div_ceil(readers).max(SHARE);
    std::thread::scope(|scope| {
        let read_share = |photos: &[(PathBuf, String)]| -> Result<Vec<_>, StoreError> {
            photos.iter().map(|(path, name)| Ok((path.clone(), read_photo(disk, path, name)?))).collect()
        };
        let readers: Vec<_> =
            photos.chunks(share).map(|photos| scope.spawn(move || read_share(photos))).collect();
        let mut all = Vec::with_capacity(photos.len());
        for reader in readers {
            all.extend(reader.join().map_err(|_| StoreError::Damaged)??);
        }
        Ok(all)
    })
}

fn read_photo(disk: &dyn Disk, path: &Path, name: &str) -> Result<Found, StoreError> {
    match read_entry(disk, path, name)? {
        Some((carried, files)) => Ok(Found::Whole(carried, files)),
        None => Ok(Found::Damaged(read_place(disk, path)?)),
    }
}

fn read_place(disk: &dyn Disk, path: &Path) -> Result<Option<Carried>, StoreError> {
    let small = |name: &str| match read_small(disk, &path.join(name)) {
        Err(StoreError::Damaged) => Ok(None),
        other => other,
    };
    let body = small(file::BODY)?.and_then(|bytes| Carried::from_bytes(&bytes).ok());
    if body.is_some() {
        return Ok(body);
    }
    let signed = small(file::MANIFEST)?.and_then(|bytes| String::from_utf8(bytes).ok());
    let payload = signed.and_then(|text| Jws::parse(&text).ok()?.payload_bytes().ok());
    Ok(payload.and_then(|bytes| Carried::from_bytes(&bytes).ok()))
}

fn read_entry(
    disk: &dyn Disk,
    path: &Path,
    name: &str,
) -> Result<Option<(Carried, Vec<String>)>, StoreError> {
    let Ok(id) = name.parse::<CaptureId>() else { return Ok(None) };
    let body = match read_small(disk, &path.join(file::BODY)) {
        Ok(Some(body)) => body,
        Ok(None) | Err(StoreError::Damaged) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Ok(carried) = Carried::from_bytes(&body) else { return Ok(None) };
    let files = file_names(disk, path)?;
    let has = |name: &str| files.iter().any(|file| file == name);
    let whole = carried.body.capture_id == id && (has(file::PHOTO) || has(file::VOID_BODY));
    Ok(whole.then_some((carried, files)))
}

fn quarantine(disk: &dyn Disk, dir: &Path, path: &Path) -> Result<(), StoreError> {
    let quarantine = dir.join("quarantine");
    disk.prepare(&quarantine)?;
    tracing::warn!("a damaged photo was set aside");
    Ok(disk.publish(path, &quarantine.join(file_name(path)))?)
}

pub fn file_names(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, StoreError> {
    Ok(disk.list(dir)?.iter().map(|path| file_name(path)).collect())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
