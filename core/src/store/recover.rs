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
    /// Names of photos that cannot be read now.
    pub unreadable: Vec<String>,
}

/// More readers than this do not make flash faster.
const MOST_READERS: usize = 4;
/// Not worth a thread of their own.
const SHARE: usize = 500;

/// Reads the outbox. Removes what was never ticked, finishes what was being erased, sets aside what is damaged, and leaves
/// what cannot be read now.
pub fn recover(disk: &dyn Disk, dir: &Path) -> Result<Recovered, StoreError> {
    let outbox = dir.join("outbox");
    disk.prepare(&outbox)?;
    let mut found = Sorted { heads: Heads::load(disk, dir), ..Sorted::default() };
    let kept = found.heads.seqs();
    let photos = clear(disk, &outbox)?;
    for (name, read) in photos.iter().zip(read_all(disk, &outbox, &photos)?) {
        found.sort(name, read);
    }
    found.leave_out_unknown(kept);
    let mut unreadable = found.unreadable;
    // The heads must outlive what is about to leave the outbox.
    let mut heads = found.heads;
    let may_move = found.damaged.is_empty() || heads.save(disk, dir).is_ok();
    for name in found.damaged {
        if !may_move || quarantine(disk, dir, name).is_err() {
            unreadable.push(name.to_string_lossy().into_owned());
        }
    }
    let quarantined = disk.list(&dir.join("quarantine"))?;
    let quarantined = quarantined.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    Ok(Recovered { heads, entries: found.entries, quarantined, unreadable })
}

/// Removes what was never ticked and what was being erased; names the rest. One that the disk does not remove has a name
/// that no photo has, and goes the next time.
fn clear(disk: &dyn Disk, outbox: &Path) -> Result<Vec<OsString>, StoreError> {
    let (dead, photos): (Vec<_>, Vec<_>) = disk.list(outbox)?.into_iter().partition(|name| {
        let bytes = name.as_encoded_bytes();
        bytes.starts_with(b".new-") || bytes.starts_with(b".gone-")
    });
    for name in dead {
        if disk.remove(&outbox.join(name)).is_err() {
            tracing::warn!("what a dead process left could not be removed");
        }
    }
    Ok(photos)
}

/// What the outbox holds, as far as it was read.
#[derive(Default)]
struct Sorted<'a> {
    heads: Heads,
    entries: BTreeMap<CaptureId, Entry>,
    damaged: Vec<&'a OsStr>,
    unreadable: Vec<String>,
    /// How many photos there are in which nothing tells their place.
    placeless: u64,
    /// The places that photos tell, of each key.
    places: BTreeMap<DeviceId, Vec<u64>>,
    /// The newest photo that tells its place, and whose it is.
    newest: Option<(CaptureId, DeviceId)>,
}

impl<'a> Sorted<'a> {
    fn sort(&mut self, name: &'a OsStr, read: Found) {
        match read {
            Found::Whole(entry) => {
                let (device, head) = entry.place();
                self.keep_place(name, Some((device, head)));
                self.entries.insert(entry.capture_id, entry);
            }
            Found::Damaged(place) => {
                self.keep_place(name, place.as_ref().map(|(device, head)| (device, *head)));
                self.damaged.push(name);
            }
            Found::Unreadable(place) => {
                tracing::warn!("a photo cannot be read now; it stays, and is read again at the next start");
                self.keep_place(name, place.as_ref().map(|(device, head)| (device, *head)));
                self.unreadable.push(name.to_string_lossy().into_owned());
            }
        }
    }

    /// Its place in the chain stays used, as far as anything in it still tells.
    fn keep_place(&mut self, name: &OsStr, place: Option<(&DeviceId, Head)>) {
        match place {
            Some((device, head)) => {
                self.heads.advance(device, head);
                match self.places.get_mut(device) {
                    Some(places) => places.push(head.seq),
                    None => drop(self.places.insert(device.clone(), vec![head.seq])),
                }
                let newest = self.newest.as_ref().map(|(id, _)| *id);
                if let Some(id) = capture_id(name).filter(|id| Some(*id) > newest) {
                    self.newest = Some((id, device.clone()));
                }
            }
            None => self.placeless += u64::from(capture_id(name).is_some()),
        }
    }

    /// Each may have the place behind the newest, which no other photo may get: by its id nobody can tell, because clocks are set
    /// back. What leaves the outbox is kept in the heads first, so that a hole after `kept` is the place of one of them.
    fn leave_out_unknown(&mut self, kept: Option<BTreeMap<DeviceId, u64>>) {
        let holes = kept.map_or(0, |kept| self.holes(&kept));
        let device = self.newest.as_ref().map(|(_, device)| device).or_else(|| self.heads.only()).cloned();
        if let Some(device) = device {
            self.heads.leave_out(&device, self.placeless.saturating_sub(holes));
        }
    }

    /// Places after those that were `kept`, and before the newest, which no photo tells to be its own.
    fn holes(&mut self, kept: &BTreeMap<DeviceId, u64>) -> u64 {
        let mut holes = 0;
        for (device, places) in &mut self.places {
            places.sort_unstable();
            let mut before = kept.get(device).copied().unwrap_or(0);
            for &seq in places.iter() {
                holes += seq.saturating_sub(before).saturating_sub(1);
                before = before.max(seq);
            }
        }
        holes
    }
}

fn capture_id(name: &OsStr) -> Option<CaptureId> {
    name.to_str()?.parse().ok()
}

/// What a directory turned out to be.
enum Found {
    /// A photo.
    Whole(Entry),
    /// Not a whole photo; its place in the chain, where anything still tells it.
    Damaged(Option<(DeviceId, Head)>),
    /// Perhaps a photo: the file system failed. Its place in the chain, where anything tells it.
    Unreadable(Option<(DeviceId, Head)>),
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

/// Fails only for what is this process's trouble, and no photo's.
fn read_photo(disk: &dyn Disk, dir: &Path, name: &OsStr) -> Result<Found, StoreError> {
    match read_entry(disk, dir, name) {
        Ok(Some(entry)) => Ok(Found::Whole(entry)),
        Ok(None) => Ok(Found::Damaged(read_place(disk, dir))),
        Err(StoreError::TooManyFiles) => Err(StoreError::TooManyFiles),
        Err(_) => Ok(Found::Unreadable(read_place(disk, dir))),
    }
}

fn read_place(disk: &dyn Disk, dir: &Path) -> Option<(DeviceId, Head)> {
    let small = |name: &str| read_small(disk, &dir.join(name)).ok().flatten();
    let body = small(file::BODY).and_then(|bytes| Carried::from_bytes(&bytes).ok());
    let carried = body.or_else(|| {
        let signed = String::from_utf8(small(file::MANIFEST)?).ok()?;
        Carried::from_bytes(&Jws::parse(&signed).ok()?.payload_bytes().ok()?).ok()
    })?;
    Some((carried.body.device_id.clone(), Head::from(&carried)))
}

fn read_entry(disk: &dyn Disk, dir: &Path, name: &OsStr) -> Result<Option<Entry>, StoreError> {
    let Some(id) = capture_id(name) else { return Ok(None) };
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

/// Sets it aside, beside what has its name there already.
fn quarantine(disk: &dyn Disk, dir: &Path, name: &OsStr) -> Result<(), StoreError> {
    let quarantine = dir.join("quarantine");
    disk.prepare(&quarantine)?;
    let taken = disk.list(&quarantine)?;
    let free = (0..).map(|n| free_name(name, n)).find(|name| !taken.contains(name)).unwrap_or_default();
    tracing::warn!("a damaged photo was set aside");
    Ok(disk.publish(&dir.join("outbox").join(name), &quarantine.join(free))?)
}

fn free_name(name: &OsStr, n: u32) -> OsString {
    let mut name = name.to_os_string();
    if n > 0 {
        name.push(format!(".{n}"));
    }
    name
}
