//! [`Disk`] on a file system.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::ports::{Disk, DiskRead, DiskWrite, Protection};

/// The file system. On phones the shell gives directories their protection class before it opens the client.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileDisk;

struct Written(File);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Written {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl DiskWrite for Written {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }

    // Linux writes dirty pages out when it is told that they are not needed; `sync_file_range` has no safe binding.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn start_sync(&mut self, from: u64, length: u64) {
        let length = std::num::NonZeroU64::new(length);
        let _ = rustix::fs::fadvise(&self.0, from, length, rustix::fs::Advice::DontNeed);
    }
}

struct Opened(File);

impl Read for Opened {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Seek for Opened {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl DiskRead for Opened {}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn make_dirs(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().unwrap_or(Path::new("/"));
    make_dirs(above)?;
    match make_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_dir(above),
    }
}

fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir)?.sync_all()
}

fn above(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

impl Disk for FileDisk {
    fn prepare(&self, dir: &Path) -> io::Result<Protection> {
        make_dirs(&std::path::absolute(dir)?)?;
        Ok(Protection::Held)
    }

    fn begin(&self, dir: &Path) -> io::Result<()> {
        make_dirs(above(dir))?;
        make_dir(dir)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskWrite>> {
        make_dirs(above(path))?;
        let file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
        Ok(Box::new(Written(file)))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskRead>> {
        Ok(Box::new(Opened(File::open(path)?)))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        sync_dir(dir)
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        sync_dir(above(to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        match removed {
            Ok(()) => sync_dir(above(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        match fs::read_dir(dir) {
            Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
