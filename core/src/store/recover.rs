//! What opening does with what a dead process left behind.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use gauze_wire::{CaptureId, Carried, DeviceId, Jws};

use super::{Entry, Head, Heads, StoreError, file, read_small};
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
    for name in disk.list(&outbox)? {
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b".new-") || bytes.starts_with(b".gone-") {
            disk.remove(&outbox.join(name))?;
        } else {
            photos.push(name);
        }
    }
    for (name, found) in photos.iter().zip(read_all(disk, &outbox, &photos)?) {
        match found {
            Found::Whole(entry) => {
                let (device, head) = entry.place();
                heads.advance(device, head);
                entries.insert(entry.capture_id, entry);
            }
            Found::Damaged(place) => {
                // Its place in the chain stays used, as far as anything in it still tells.
                if let Some((device, head)) = place {
                    heads.advance(&device, head);
                }
                damaged.push(name);
            }
        }
    }
    // The heads must outlive what is about to leave the outbox.
    if !damaged.is_empty() {
        heads.save(disk, dir)?;
    }
    for name in damaged {
        quarantine(disk, dir, name)?;
    }
    let quarantined = disk.list(&dir.join("quarantine"))?;
    let quarantined = quarantined.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    Ok(Recovered { heads, entries, quarantined })
}

/// What a directory turned out to be.
enum Found {
    /// A photo.
    Whole(Entry),
    /// Not a whole photo; its place in the chain, where anything still tells it.
    Damaged(Option<(DeviceId, Head)>),
}

/// Reads every photo's directory. Each waits for the flash more than it computes, so several are read at once.
fn read_all(disk: &dyn Disk, outbox: &Path, names: &[OsString]) -> Result<Vec<Found>, StoreError> {
    let readers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_READERS);
    let share = names.len().div_ceil(readers).max(SHARE);
    std::thread::scope(|scope| {
        let read_share = |names: &[OsString]| -> Result<Vec<Found>, StoreError> {
            names.iter().map(|name| read_photo(disk, &outbox.join(name), name)).collect()
        };
        let readers: Vec<_> =
            names.chunks(share).map(|names| scope.spawn(move || read_share(names))).collect();
        let mut all = Vec::with_capacity(names.len());
        for reader in readers {
            all.extend(reader.join().map_err(|_| StoreError::Damaged)??);
        }
        Ok(all)
    })
}

fn read_photo(disk: &dyn Disk, dir: &Path, name: &OsStr) -> Result<Found, StoreError> {
    match read_entry(disk, dir, name)? {
        Some(entry) => Ok(Found::Whole(entry)),
        None => Ok(Found::Damaged(read_place(disk, dir)?)),
    }
}

fn read_place(disk: &dyn Disk, dir: &Path) -> Result<Option<(DeviceId, Head)>, StoreError> {
    let small = |name: &str| match read_small(disk, &dir.join(name)) {
        Err(StoreError::Damaged) => Ok(None),
        other => other,
    };
    let mut carried = small(file::BODY)?.and_then(|bytes| Carried::from_bytes(&bytes).ok());
    if carried.is_none() {
        let signed = small(file::MANIFEST)?.and_then(|bytes| String::from_utf8(bytes).ok());
        let payload = signed.and_then(|text| Jws::parse(&text).ok()?.payload_bytes().ok());
        carried = payload.and_then(|bytes| Carried::from_bytes(&bytes).ok());
    }
    Ok(carried.map(|carried| (carried.body.device_id.clone(), Head::from(&carried))))
}

fn read_entry(disk: &dyn Disk, dir: &Path, name: &OsStr) -> Result<Option<Entry>, StoreError> {
    let Some(id) = name.to_str().and_then(|name| name.parse::<CaptureId>().ok()) else { return Ok(None) };
    let body = match read_small(disk, &dir.join(file::BODY)) {
        Ok(Some(body)) => body,
        Ok(None) | Err(StoreError::Damaged) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Ok(carried) = Carried::from_bytes(&body) else { return Ok(None) };
    let files = disk.list(dir)?;
    let has = |name: &str| files.iter().any(|file| file == name);
    let whole = carried.body.capture_id == id && (has(file::PHOTO) || has(file::VOID_BODY));
    Ok(whole.then(|| Entry::new(carried, &files)))
}

fn quarantine(disk: &dyn Disk, dir: &Path, name: &OsStr) -> Result<(), StoreError> {
    let quarantine = dir.join("quarantine");
    disk.prepare(&quarantine)?;
    tracing::warn!("a damaged photo was set aside");
    Ok(disk.publish(&dir.join("outbox").join(name), &quarantine.join(name))?)
}
