use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// How the system protects a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// As documented: readable after first unlock, kept out of backups.
    Held,
    /// Part of backups, or of another protection class: nothing may be kept there.
    Wrong,
    /// The phone has not been unlocked since it started: try again later.
    NotYetUnlocked,
}

/// A file being written.
pub trait DiskWrite: Write + Send {
    /// Returns when the bytes are on the medium (`fsync`; `F_FULLFSYNC` on Apple).
    fn sync(&mut self) -> io::Result<()>;
}

/// A file being read.
pub trait DiskRead: Read + Seek + Send {}

/// The few file operations that promises rest on. Every one that returns is durable, except bytes not yet synced.
pub trait Disk: Send + Sync {
    /// How `dir` is protected; makes it where it is missing.
    fn prepare(&self, dir: &Path) -> io::Result<Protection>;
    /// Creates a new file, with the directories above it.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskWrite>>;
    /// Opens a file.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskRead>>;
    /// Renames `from`, whose entries are synced first, to `to`, and syncs the directory above `to`.
    fn publish(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file or a whole directory and syncs the directory above; a missing one is no error.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// The entries of a directory; none where it is missing.
    fn list(&self, dir: &Path) -> io::Result<Vec<PathBuf>>;
}

/// Replaces a small file durably: a new file beside it, synced, renamed over it.
pub fn write_durably(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let fresh = path.with_file_name(name);
    disk.remove(&fresh)?;
    let written = disk.create(&fresh).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync()
    });
    match written.and_then(|()| disk.publish(&fresh, path)) {
        Ok(()) => Ok(()),
        Err(error) => {
            // A full disk must not keep what it could not hold.
            let _ = disk.remove(&fresh);
            Err(error)
        }
    }
}
