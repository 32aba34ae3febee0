use std::ffi::OsString;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

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
pub trait DiskWrite: Write + Seek + Send {
    /// Returns when the bytes are on the medium (`fsync`; `F_FULLFSYNC` on Apple).
    fn sync(&mut self) -> io::Result<()>;
    /// Lets the system start moving these bytes to the medium, where it can be asked to, and does not wait: the later
    /// `sync` is shorter. Promises nothing.
    fn start_sync(&mut self, _from: u64, _length: u64) {}
}

/// A file being read.
pub trait DiskRead: Read + Seek + Send {}

/// The few file operations that promises rest on. Every one that returns is durable, except bytes not yet synced.
pub trait Disk: Send + Sync {
    /// How `dir` is protected; makes it where it is missing.
    fn prepare(&self, dir: &Path) -> io::Result<Protection>;
    /// Makes a directory for what `publish` will give its name: its present name need not last.
    fn begin(&self, dir: &Path) -> io::Result<()>;
    /// Creates a new file, with the directories above it.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskWrite>>;
    /// Opens a file.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskRead>>;
    /// Returns when the entries of a directory are on the medium.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Renames `from`, which has been synced, to `to`, and syncs the directory above `to`.
    fn publish(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file or a whole directory and syncs the directory above; a missing one is no error.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// The names in a directory; none where it is missing.
    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>>;
}

/// A sync of a file that is under way: what else a capture needs is made, and waits for the medium, meanwhile (ADR 0023).
pub struct Syncing {
    file: Arc<Mutex<Box<dyn DiskWrite>>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Syncing {
    /// Of a file whose bytes are all written.
    pub fn begin(file: Box<dyn DiskWrite>) -> Self {
        let file = Arc::new(Mutex::new(file));
        let shared = file.clone();
        Self { file, thread: thread::Builder::new().spawn(move || sync(&shared)).ok() }
    }

    /// Returns when the bytes are on the medium. Where the system gave no thread, the sync begins only now.
    pub fn end(self) -> io::Result<()> {
        match self.thread {
            Some(thread) => thread.join().unwrap_or_else(|_| Err(io::Error::other("a sync did not end"))),
            None => sync(&self.file),
        }
    }
}

fn sync(file: &Mutex<Box<dyn DiskWrite>>) -> io::Result<()> {
    file.lock().unwrap_or_else(PoisonError::into_inner).sync()
}

/// Whether it says that no more files can be opened: EMFILE and ENFILE have no [`io::ErrorKind`].
pub fn no_more_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
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
    let put = || match disk.publish(&fresh, path) {
        // A directory has the name, which no file of ours ever had: it moves aside.
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            let mut aside = path.file_name().unwrap_or_default().to_os_string();
            aside.push(".damaged");
            let aside = path.with_file_name(aside);
            disk.remove(&aside)?;
            disk.publish(path, &aside)?;
            disk.publish(&fresh, path)
        }
        put => put,
    };
    match written.and_then(|()| put()) {
        Ok(()) => Ok(()),
        Err(error) => {
            // A full disk must not keep what it could not hold.
            let _ = disk.remove(&fresh);
            Err(error)
        }
    }
}
