//! Files and directories for the gateway's own eyes: 0600 and 0700, whatever the process's umask says.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// A file's permissions.
pub const FILE: u32 = 0o600;
const DIR: u32 = 0o700;

/// Makes a directory and those above it. One that is there already is closed to others, if it is ours.
pub fn dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIR).create(path)?;
    close(path, DIR)
}

/// Makes one directory where there is none.
pub fn new_dir(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(DIR).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Begins a file anew, to be written.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE).open(path)?;
    // One that was there keeps the permissions that it had.
    file.set_permissions(fs::Permissions::from_mode(FILE))?;
    Ok(file)
}

/// Makes a file where there is none, for a library that opens it by itself.
pub fn touch(path: &Path) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(FILE).open(path)?;
    close(path, FILE)
}

fn close(path: &Path, mode: u32) -> io::Result<()> {
    if fs::metadata(path)?.permissions().mode() & 0o777 & !mode == 0 {
        return Ok(());
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(mode)) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            tracing::warn!(path = %path.display(), "others may read here, and it belongs to somebody else: close it to them");
            Ok(())
        }
        other => other,
    }
}
