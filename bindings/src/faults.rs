//! Misbehaviour on request, for the tests of the other languages.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use gauze_core::adapters::{FileDisk, SystemClock};
use gauze_core::ports::{Clock, Disk, DiskRead, DiskWrite, Protection};
use gauze_core::wire::Name;
use jiff::{SignedDuration, Timestamp};

static WRONG_BY_S: AtomicI64 = AtomicI64::new(0);
static FULL: AtomicBool = AtomicBool::new(false);

/// Panics, as a bug would.
#[uniffi::export]
pub fn panic_now() {
    panic!("asked to");
}

/// The wall clock of every client in this process is so many seconds ahead from now on.
#[uniffi::export]
pub fn set_clock_wrong(seconds: i64) {
    WRONG_BY_S.store(seconds, Ordering::Relaxed);
}

/// Whether the disk of every client in this process takes nothing more from now on.
#[uniffi::export]
pub fn set_disk_full(full: bool) {
    FULL.store(full, Ordering::Relaxed);
}

pub(crate) fn disk() -> Arc<dyn Disk> {
    Arc::new(FaultDisk)
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(FaultClock)
}

struct FaultClock;

impl Clock for FaultClock {
    fn now(&self) -> Timestamp {
        let wrong_by = SignedDuration::from_secs(WRONG_BY_S.load(Ordering::Relaxed));
        SystemClock.now().saturating_add(wrong_by).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn monotonic_ms(&self) -> u64 {
        SystemClock.monotonic_ms()
    }

    fn boot_id(&self) -> Name {
        SystemClock.boot_id()
    }
}

struct FaultDisk;

fn unless_full() -> io::Result<()> {
    if FULL.load(Ordering::Relaxed) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
}

impl Disk for FaultDisk {
    fn prepare(&self, dir: &Path) -> io::Result<Protection> {
        FileDisk.prepare(dir)
    }

    fn begin(&self, dir: &Path) -> io::Result<()> {
        unless_full().and_then(|()| FileDisk.begin(dir))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskWrite>> {
        unless_full().and_then(|()| FileDisk.create(path))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskRead>> {
        FileDisk.open(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        FileDisk.sync_dir(dir)
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        FileDisk.publish(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        FileDisk.remove(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        FileDisk.list(dir)
    }
}
