//! The log's files: `entries/000000000000.log` and so on, 65,536 lines each, named by the number of their first line.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use gauze_wire::Digest;
use gauze_wire::log::leaf_hash;

use super::failure::LogFailure;
use super::line::{self, Read};

/// Lines of a file; fewer where this module tests itself.
pub(super) const SEGMENT: u64 = if cfg!(test) { 1 << 9 } else { 1 << 16 };
/// The newest checkpoint, as this side signed it.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// The newest checkpoint that a witness cosigned.
pub const COSIGNED: &str = "cosigned";

/// The newest checkpoint that an outside witness cosigned.
pub const OUTSIDE: &str = "outside";

/// The directory of a log.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) root: PathBuf,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Leaf hashes, in order.
    pub(super) leaves: Vec<Digest>,
    /// Where each line begins.
    pub(super) offsets: Vec<u64>,
    /// Numbers of erased lines.
    pub(super) erased: Vec<u64>,
    /// Numbers of lines whose entry is not what their leaf is the hash of.
    pub(super) differ: Vec<u64>,
    /// Length up to the end of the last line.
    pub(super) whole: u64,
    /// Where something begins that is no line, if anything.
    pub(super) broken: Option<u64>,
    /// Where the last write began that left a good first line.
    began: u64,
}

/// The end of a file that a power cut tore, or that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Torn {
    /// How many lines of the file are before it.
    pub(super) lines: usize,
    /// Where it begins.
    pub(super) offset: u64,
}

impl Scan {
    /// What of the last write is not whole; nothing where all is well, or where a later write shows that it once was.
    /// `first` is the number of the first line, `signed` how many entries a checkpoint covers, `erasing` an entry that
    /// is being overwritten.
    pub(super) fn torn(&self, first: u64, signed: u64, erasing: Option<u64>) -> Option<Torn> {
        let differs = self.differ.iter().find(|&&index| Some(index) != erasing);
        let line = differs.map_or(self.leaves.len() as u64, |index| index - first);
        let lines = usize::try_from(line).ok()?;
        let offset = self.offsets.get(lines).copied().or(self.broken)?;
        (offset >= self.began && first + line >= signed).then_some(Torn { lines, offset })
    }

    /// Forgets what was torn.
    pub(super) fn cut(&mut self, first: u64, torn: Torn) {
        self.leaves.truncate(torn.lines);
        self.offsets.truncate(torn.lines);
        self.whole = torn.offset;
        self.broken = None;
        let before = |index: &u64| *index < first + torn.lines as u64;
        self.differ.retain(before);
        self.erased.retain(before);
    }
}

/// Reads the lines of a file whose first has the number `first`, and hands each to `each`.
pub(super) fn scan(bytes: &[u8], first: u64, mut each: impl FnMut(u64, Read<'_>)) -> Scan {
    let mut found = Scan::default();
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map(|length| at + length);
        let Some((end, read)) = end.and_then(|end| Some((end, line::read(&bytes[at..end])?))) else {
            found.broken = Some(at as u64);
            found.began = found.began.max(last_begin(bytes, at));
            break;
        };
        let index = first + found.leaves.len() as u64;
        let leaf = match read {
            Read::Whole { leaf, .. } => leaf,
            Read::Erased { leaf } => {
                found.erased.push(index);
                leaf
            }
            Read::Differs { leaf } => {
                found.differ.push(index);
                leaf
            }
        };
        if bytes[at] == line::BEGINS && !matches!(read, Read::Differs { .. }) {
            found.began = at as u64;
        }
        found.leaves.push(leaf_hash(&leaf));
        found.offsets.push(at as u64);
        each(index, read);
        at = end + 1;
        found.whole = at as u64;
    }
    found
}

/// Where the last write began behind `from`, where lines are no longer one behind the other; 0 for none.
fn last_begin(bytes: &[u8], from: usize) -> u64 {
    let (mut at, mut last) = (from, 0);
    for rest in bytes[from..].split(|&b| b == b'\n') {
        let whole = matches!(line::read(rest), Some(Read::Whole { .. } | Read::Erased { .. }));
        if whole && rest[0] == line::BEGINS {
            last = at as u64;
        }
        at += rest.len() + 1;
    }
    last
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(super) fn entries(&self) -> PathBuf {
        self.root.join("entries")
    }

    pub(super) fn segment(&self, first: u64) -> PathBuf {
        self.entries().join(format!("{first:012}.log"))
    }

    /// What a start needs of a whole file.
    pub(super) fn index(&self, first: u64) -> PathBuf {
        self.root.join(format!("index-{first:012}"))
    }

    pub(super) fn checkpoint(&self) -> PathBuf {
        self.root.join(CHECKPOINT)
    }

    pub(super) fn cosigned(&self) -> PathBuf {
        self.root.join(COSIGNED)
    }

    pub(super) fn outside(&self) -> PathBuf {
        self.root.join(OUTSIDE)
    }

    /// The number of an entry that is being erased.
    pub(super) fn erasing(&self) -> PathBuf {
        self.root.join("erasing")
    }

    /// That number, if any.
    pub(super) fn being_erased(&self) -> Result<Option<u64>, LogFailure> {
        let bytes = read_if_any(&self.erasing())?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok()))
    }

    /// Removes a small file, durably.
    pub(super) fn remove(&self, path: &Path) -> Result<(), LogFailure> {
        fs::remove_file(path).map_err(LogFailure::disk(path))?;
        sync_dir(&self.root)
    }

    /// First numbers of the files that are there, in order; a file of another name is damage.
    pub(super) fn segments(&self) -> Result<Vec<u64>, LogFailure> {
        let dir = self.entries();
        let mut firsts = Vec::new();
        for entry in fs::read_dir(&dir).map_err(LogFailure::disk(&dir))? {
            let name = entry.map_err(LogFailure::disk(&dir))?.file_name();
            let first = name.to_str().and_then(|name| name.strip_suffix(".log")).and_then(|n| n.parse().ok());
            firsts.push(
                first.ok_or_else(|| LogFailure::Damaged(format!("{} is no file of it", name.display())))?,
            );
        }
        firsts.sort_unstable();
        for (at, &first) in firsts.iter().enumerate() {
            if first != at as u64 * SEGMENT {
                return Err(LogFailure::Damaged(format!(
                    "the file of entry {} is missing",
                    at as u64 * SEGMENT
                )));
            }
        }
        Ok(firsts)
    }

    /// Makes the directories, durably.
    pub(super) fn make(&self) -> Result<(), LogFailure> {
        for dir in [self.root.clone(), self.entries()] {
            fs::create_dir_all(&dir).map_err(LogFailure::disk(&dir))?;
            sync_dir(&dir)?;
            if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                sync_dir(parent)?;
            }
        }
        Ok(())
    }

    /// Puts bytes in place of a small file, durably.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), LogFailure> {
        let aside = path.with_extension("new");
        let written = File::create(&aside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(LogFailure::disk(&aside))?;
        fs::rename(&aside, path).map_err(LogFailure::disk(path))?;
        sync_dir(&self.root)
    }
}

pub(super) fn sync_dir(dir: &Path) -> Result<(), LogFailure> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(LogFailure::disk(dir))
}

pub(super) fn read_if_any(path: &Path) -> Result<Option<Vec<u8>>, LogFailure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LogFailure::disk(path)(error)),
    }
}
