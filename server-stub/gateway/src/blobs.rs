//! Sealed photos as files. A whole one is under `blobs/`, and appears there by a rename after it was synced; what is
//! still arriving is under `incoming/`. Names come from parsed ids alone.
//!
//! A process may die between a rename, or the making of a directory, and its sync. So whatever is found here counts only
//! once this process has synced it.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gauze_wire::{CaptureId, DeviceId, Tenant};

use crate::private;

/// One photo's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobName {
    pub tenant: Tenant,
    pub device_id: DeviceId,
    pub capture_id: CaptureId,
}

pub struct Blobs {
    data: PathBuf,
    sync: fn(&Path) -> io::Result<()>,
    /// Directories that this process knows to outlive a power cut.
    lasting: Mutex<HashSet<PathBuf>>,
}

/// That a photo is whole and outlives a power cut: nothing less gets a receipt.
#[must_use]
pub struct Durable(());

impl Blobs {
    pub fn open(data: PathBuf) -> io::Result<Self> {
        private::dir(&data)?;
        private::dir(&data.join("incoming"))?;
        private::dir(&data.join("blobs"))?;
        Ok(Self { data, sync: sync_dir, lasting: Mutex::default() })
    }

    /// Where a whole photo is.
    pub fn whole(&self, name: &BlobName) -> PathBuf {
        let dir = self.data.join("blobs").join(name.tenant.as_str()).join(name.device_id.as_str());
        dir.join(format!("{}.age", name.capture_id))
    }

    /// Where an arriving photo is.
    pub fn part(&self, name: &BlobName) -> PathBuf {
        let file = format!("{}.{}.{}.part", name.tenant, name.device_id, name.capture_id);
        self.data.join("incoming").join(file)
    }

    /// How many bytes of it are here.
    pub fn offset(&self, name: &BlobName, size: u64) -> io::Result<u64> {
        if self.whole(name).is_file() {
            return Ok(size);
        }
        match fs::metadata(self.part(name)) {
            Ok(meta) => Ok(meta.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Makes a part that was synced the whole photo, durably.
    pub fn complete(&self, name: &BlobName) -> io::Result<Durable> {
        let whole = self.whole(name);
        self.make_lasting(whole.parent().unwrap_or(&self.data))?;
        fs::rename(self.part(name), &whole)?;
        self.keep(name)
    }

    /// Makes what was found whole durable.
    pub fn keep(&self, name: &BlobName) -> io::Result<Durable> {
        let whole = self.whole(name);
        let dir = whole.parent().unwrap_or(&self.data);
        self.make_lasting(dir)?;
        (self.sync)(dir).map(Durable)
    }

    fn make_lasting(&self, dir: &Path) -> io::Result<()> {
        let lasting = || self.lasting.lock().unwrap_or_else(PoisonError::into_inner);
        if dir == self.data || (lasting().contains(dir) && dir.is_dir()) {
            return Ok(());
        }
        let above = dir.parent().unwrap_or(&self.data);
        self.make_lasting(above)?;
        private::new_dir(dir)?;
        (self.sync)(above)?;
        lasting().insert(dir.to_owned());
        Ok(())
    }

    /// Forgets what has arrived so far.
    pub fn discard_part(&self, name: &BlobName) -> io::Result<()> {
        missing_is_fine(fs::remove_file(self.part(name)))
    }

    /// Deletes a whole photo.
    pub fn delete(&self, name: &BlobName) -> io::Result<()> {
        missing_is_fine(fs::remove_file(self.whole(name)))
    }

    /// Keeps what does not read as it was signed for, out of the way of what comes in its place.
    pub fn put_aside(&self, name: &BlobName) -> io::Result<()> {
        let whole = self.whole(name);
        missing_is_fine(fs::rename(&whole, whole.with_extension("damaged")))
    }

    /// Names of the parts that are here.
    pub fn parts(&self) -> io::Result<Vec<BlobName>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.data.join("incoming"))? {
            let file = entry?.file_name().to_string_lossy().into_owned();
            let mut words = file.strip_suffix(".part").unwrap_or_default().split('.');
            let (Some(tenant), Some(device), Some(capture)) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            if let (Ok(tenant), Ok(device_id), Ok(capture_id)) =
                (tenant.parse(), device.parse(), capture.parse())
            {
                names.push(BlobName { tenant, device_id, capture_id });
            }
        }
        Ok(names)
    }
}

fn missing_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The directory above `gateway` has no name: it is this one.
fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir)?.sync_all()
}

/// Replaces a small file durably, in a directory that is made where its own is there.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    private::new_dir(dir)?;
    sync_dir(dir.parent().unwrap_or(Path::new(".")))?;
    let fresh = path.with_extension("new");
    let mut file = private::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    thread_local! {
        static SYNCED: RefCell<Vec<PathBuf>> = RefCell::default();
    }

    fn note(dir: &Path) -> io::Result<()> {
        SYNCED.with_borrow_mut(|synced| synced.push(dir.to_owned()));
        Ok(())
    }

    /// Which directories `work` synced, in order, as names under the data directory.
    fn synced(data: &Path, work: impl FnOnce() -> io::Result<Durable>) -> Vec<String> {
        SYNCED.take();
        let _durable = work().unwrap();
        let inside = |dir: PathBuf| dir.strip_prefix(data).unwrap().to_string_lossy().into_owned();
        SYNCED.take().into_iter().map(inside).collect()
    }

    fn name(n: u64) -> BlobName {
        BlobName {
            tenant: "ward-9".parse().unwrap(),
            device_id: "A".repeat(43).parse().unwrap(),
            capture_id: CaptureId::make(n, &[0; 10]),
        }
    }

    #[test]
    fn what_a_process_left_that_died_before_it_synced_is_synced_down_to_the_photo_before_it_counts() {
        let dir = tempfile::tempdir().unwrap();
        let mut blobs = Blobs::open(dir.path().to_owned()).unwrap();
        blobs.sync = note;
        let (ward, phone) = ("blobs/ward-9".to_owned(), format!("blobs/ward-9/{}", "A".repeat(43)));
        fs::create_dir_all(dir.path().join(&phone)).unwrap();
        File::create(blobs.whole(&name(1))).unwrap();
        let all = ["".to_owned(), "blobs".to_owned(), ward, phone.clone()];
        assert_eq!(synced(dir.path(), || blobs.keep(&name(1))), all);
        // Directories once in this process, a rename each time.
        for n in [2, 3] {
            File::create(blobs.part(&name(n))).unwrap();
            assert_eq!(synced(dir.path(), || blobs.complete(&name(n))), std::slice::from_ref(&phone));
        }
    }
}
