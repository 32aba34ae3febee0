//! Files that survive a power cut: written aside, synced, renamed, and the directory synced.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use gauze_listen::{FileError, read_file};

/// Largest file that is read whole: a list of revoked certificates.
const SMALL: u64 = 64 << 20;
/// Largest text that fills in a whole file of the hospital's, in bytes.
pub(crate) const TEXT: usize = 256 << 10;

/// Something on disk failed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct DiskError {
    /// Which file or directory.
    pub path: PathBuf,
    /// How.
    #[source]
    pub source: io::Error,
}

impl DiskError {
    /// `storage_full` where space is the matter, else `disk`.
    pub fn code(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "storage_full",
            _ => "disk",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "Free space and run it again.",
            io::ErrorKind::NotFound => "Check the path.",
            io::ErrorKind::PermissionDenied => "Run it as the user who owns the file.",
            io::ErrorKind::IsADirectory => "Name a file in it.",
            io::ErrorKind::NotADirectory => "A part of that path is a file: check it.",
            io::ErrorKind::AlreadyExists => "Something is there already: choose another name.",
            io::ErrorKind::FileTooLarge => "It is too large to be the right file: check the path.",
            _ => "Check the disk.",
        }
    }
}

impl From<FileError> for DiskError {
    fn from(FileError { path, source }: FileError) -> Self {
        Self { path, source }
    }
}

/// Names the path in an I/O error.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> DiskError + '_ {
    move |source| DiskError { path: path.to_owned(), source }
}

/// Readable by the owner alone.
pub(crate) const PRIVATE: u32 = 0o600;
/// Readable by all: signed and public.
pub(crate) const PUBLIC: u32 = 0o644;

pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        Some(_) | None => Path::new("."),
    }
}

/// Makes a directory entry durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), DiskError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))
}

/// Makes `dir` and what leads to it, private, and durable.
pub(crate) fn make_dirs(dir: &Path) -> Result<(), DiskError> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = parent(dir);
    if above != Path::new(".") {
        make_dirs(above)?;
    }
    make_dir(dir)
}

/// Makes `dir` where it is not there yet, private, and its name durable in any case: who made it may have been killed
/// before the sync.
pub(crate) fn make_dir(dir: &Path) -> Result<(), DiskError> {
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        Err(error) => return Err(at(dir)(error)),
    }
    sync_dir(parent(dir))
}

/// So a file begins that is not whole yet.
pub(crate) const NEW: &str = ".new-";

fn written(path: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(NEW)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(parent(path))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Puts `bytes` at `path`, in place of what is there.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), DiskError> {
    let file = written(path, bytes, mode).map_err(at(path))?;
    file.persist(path).map_err(|error| at(path)(error.error))?;
    sync_dir(parent(path))
}

/// Puts `bytes` at `path`, where nothing may be.
pub(crate) fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), DiskError> {
    let file = written(path, bytes, mode).map_err(at(path))?;
    file.persist_noclobber(path).map_err(|error| at(path)(error.error))?;
    sync_dir(parent(path))
}

/// Moves a synced file to `to`, in place of what is there.
pub(crate) fn move_to(file: tempfile::NamedTempFile, to: &Path) -> Result<(), DiskError> {
    file.persist(to).map_err(|error| at(to)(error.error))?;
    sync_dir(parent(to))
}

/// Reads a small file, whatever it turns out to be.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, DiskError> {
    Ok(read_file(path, SMALL)?)
}

/// Reads a small file; nothing where there is none.
pub(crate) fn read_if_any(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    match read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
