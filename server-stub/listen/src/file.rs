//! Files that people name: read up to a limit, and named when they do not read.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A file that somebody named cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read ({source}): {}", path.display(), disk_step(source))]
pub struct FileError {
    /// Which.
    pub path: PathBuf,
    /// How.
    #[source]
    pub source: io::Error,
}

/// Reads `path`, at most `limit` bytes of it: a device or a wrong huge file fills no memory.
///
/// # Errors
/// [`FileError`]: it is not there, is not ours, is no file, or is longer.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(|source| FileError { path: path.to_owned(), source })?;
    read_at_most(file, path, limit)
}

/// Reads what is open already, and which people call `path`.
///
/// # Errors
/// [`FileError`]: it breaks off, or is longer than `limit`.
pub fn read_at_most(open: impl Read, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let failed = |source| FileError { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let read = open.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if read as u64 > limit { Err(failed(io::ErrorKind::FileTooLarge.into())) } else { Ok(bytes) }
}

/// What helps where a file or a directory cannot be used.
pub fn disk_step(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free space and run it again",
        io::ErrorKind::ReadOnlyFilesystem => "it is mounted read-only: name a place that can be written",
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "run this as the user who owns it, or let this user read it",
        io::ErrorKind::IsADirectory => "name a file in that directory",
        io::ErrorKind::NotADirectory => "a part of that path is a file: check it",
        io::ErrorKind::FileTooLarge => "it is too large to be the right file: check the path",
        _ => "check the disk",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &Path) -> String {
        read_file(path, 100).unwrap_err().to_string()
    }

    #[test]
    fn each_trouble_names_the_file_and_has_its_own_step() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        File::create(&file).unwrap();
        assert_eq!(read_file(&file, 0).unwrap(), b"");
        assert!(told(&dir.path().join("none")).ends_with("check the path"));
        assert!(told(dir.path()).ends_with("name a file in that directory"));
        assert!(told(&file.join("b")).ends_with("is a file: check it"));
        assert!(told(Path::new("/dev/zero")).contains("too large to be the right file"));
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let denied = FileError { path: file.clone(), source: denied }.to_string();
        assert!(
            denied.starts_with(&file.display().to_string()) && denied.contains("as the user who owns it")
        );
    }
}
