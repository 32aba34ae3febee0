//! The nonces' files: `nonces`, the newer generation, and `nonces.old`. Each is a line, `gauze-nonces 1 BOOT SINCE`, and
//! then sixteen bytes a use. `nonces.new` is a generation that is being begun.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Mark;

const NEW: &str = "nonces";
const OLD: &str = "nonces.old";
const MAKING: &str = "nonces.new";
/// Stands for the boot where the system names none.
const NO_BOOT: &str = "-";

/// What was kept.
#[derive(Default)]
pub(super) struct Kept {
    pub new: HashSet<Mark>,
    pub old: HashSet<Mark>,
    pub since_s: Option<i64>,
}

pub(super) struct Journal {
    dir: PathBuf,
    boot: String,
    /// Whether each use is synced: the boot cannot tell whether all are there.
    syncs: bool,
    file: File,
}

impl Journal {
    /// Opens the journal of this boot, or begins one and brings nothing.
    pub fn open(dir: &Path, boot: Option<&str>, now_s: i64) -> io::Result<(Self, Option<Kept>)> {
        let boot_name = boot.unwrap_or(NO_BOOT).to_owned();
        let kept = read(dir, &boot_name)?;
        if kept.is_none() {
            clear(dir)?;
            begin(dir, &boot_name, now_s)?;
        }
        let file = File::options().append(true).open(dir.join(NEW))?;
        Ok((Self { dir: dir.to_owned(), boot: boot_name, syncs: boot.is_none(), file }, kept))
    }

    pub fn append(&mut self, mark: &Mark) -> io::Result<()> {
        self.file.write_all(mark)?;
        if self.syncs { self.file.sync_data() } else { Ok(()) }
    }

    /// The newer generation becomes the old one.
    pub fn turn_over(&mut self, now_s: i64) -> io::Result<()> {
        // Made before anything is moved: a journal is whole at every moment, or it is not there.
        write_head(&self.dir.join(MAKING), &self.boot, now_s)?;
        fs::rename(self.dir.join(NEW), self.dir.join(OLD))?;
        fs::rename(self.dir.join(MAKING), self.dir.join(NEW))?;
        self.file = File::options().append(true).open(self.dir.join(NEW))?;
        Ok(())
    }

    pub fn remove(&self) -> io::Result<()> {
        clear(&self.dir)
    }
}

/// The newer first: without it the older is no journal.
fn clear(dir: &Path) -> io::Result<()> {
    for name in [NEW, OLD] {
        match fs::remove_file(dir.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn begin(dir: &Path, boot: &str, now_s: i64) -> io::Result<()> {
    write_head(&dir.join(MAKING), boot, now_s)?;
    fs::rename(dir.join(MAKING), dir.join(NEW))
}

fn write_head(path: &Path, boot: &str, now_s: i64) -> io::Result<()> {
    crate::private::create(path)?.write_all(format!("gauze-nonces 1 {boot} {now_s}\n").as_bytes())
}

/// Nothing unless what is there is whole and of this boot.
fn read(dir: &Path, boot: &str) -> io::Result<Option<Kept>> {
    let Some((new, since_s)) = generation(&dir.join(NEW), boot)? else { return Ok(None) };
    let old = if dir.join(OLD).exists() {
        let Some((old, _)) = generation(&dir.join(OLD), boot)? else { return Ok(None) };
        old
    } else {
        HashSet::new()
    };
    Ok(Some(Kept { new, old, since_s: Some(since_s) }))
}

fn generation(path: &Path, boot: &str) -> io::Result<Option<(HashSet<Mark>, i64)>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let Some(end) = bytes.iter().take(256).position(|&b| b == b'\n') else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).unwrap_or_default();
    let since = head.strip_prefix(&format!("gauze-nonces 1 {boot} ")).and_then(|text| text.parse().ok());
    let (marks, torn) = bytes[end + 1..].as_chunks::<16>();
    let whole = torn.is_empty();
    Ok(since.filter(|_| whole).map(|since_s| (marks.iter().copied().collect(), since_s)))
}
