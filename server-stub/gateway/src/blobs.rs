//! Sealed photos as files. A whole one is under `blobs/`, and appears there by a rename after it was synced; what is
//! still arriving is under `incoming/`. Names come from parsed ids alone.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use gauze_wire::{CaptureId, DeviceId, Tenant};

/// One photo's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobName {
    pub tenant: Tenant,
    pub device_id: DeviceId,
    pub capture_id: CaptureId,
}

pub struct Blobs {
    data: PathBuf,
}

impl Blobs {
    pub fn open(data: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(data.join("incoming"))?;
        fs::create_dir_all(data.join("blobs"))?;
        Ok(Self { data })
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
    pub fn complete(&self, name: &BlobName) -> io::Result<()> {
        let whole = self.whole(name);
        let dir = whole.parent().unwrap_or(&self.data);
        make_dirs(dir)?;
        fs::rename(self.part(name), &whole)?;
        sync_dir(dir)
    }

    /// Forgets what has arrived so far.
    pub fn discard_part(&self, name: &BlobName) -> io::Result<()> {
        missing_is_fine(fs::remove_file(self.part(name)))
    }

    /// Deletes a whole photo.
    pub fn delete(&self, name: &BlobName) -> io::Result<()> {
        missing_is_fine(fs::remove_file(self.whole(name)))
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

fn make_dirs(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().unwrap_or(Path::new("."));
    make_dirs(above)?;
    match fs::create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_dir(above),
    }
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Replaces a small file durably.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    make_dirs(dir)?;
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_dir(dir)
}
