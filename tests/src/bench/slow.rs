//! A model of a slow disk: every sync takes [`MORE`] longer, and those that are begun at once wait at once.

use std::ffi::OsString;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use gauze_core::adapters::FileDisk;
use gauze_core::ports::{Disk, DiskRead, DiskWrite, Protection};

/// What a sync takes longer than on the disk below.
pub const MORE: Duration = Duration::from_millis(10);

pub struct SlowDisk;

struct Slow(Box<dyn DiskWrite>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Slow {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl DiskWrite for Slow {
    fn sync(&mut self) -> io::Result<()> {
        sleep(MORE);
        self.0.sync()
    }

    fn start_sync(&mut self, from: u64, length: u64) {
        self.0.start_sync(from, length);
    }
}

impl Disk for SlowDisk {
    fn prepare(&self, dir: &Path) -> io::Result<Protection> {
        FileDisk.prepare(dir)
    }

    fn begin(&self, dir: &Path) -> io::Result<()> {
        FileDisk.begin(dir)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskWrite>> {
        Ok(Box::new(Slow(FileDisk.create(path)?)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskRead>> {
        FileDisk.open(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        sleep(MORE);
        FileDisk.sync_dir(dir)
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        sleep(MORE);
        FileDisk.publish(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        FileDisk.remove(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        FileDisk.list(dir)
    }
}
