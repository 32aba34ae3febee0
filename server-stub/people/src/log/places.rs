//! Where entries lie, by the photo and the patient that they are about: whoever asks who has looked reads those lines and no others.
//!
//! Always: it holds no word of an entry but ids that name nobody; each line is judged by its leaf again when it is read.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use gauze_wire::Jws;

use super::entry::{Entry, Kind};
use super::failure::LogFailure;
use super::files::{Files, SEGMENT};
use super::line::{self, Read};
use super::read::Kept;

/// One line: its number, where in its file it begins, and how long it is without its line feed.
#[derive(Clone, Copy, Debug)]
struct Place {
    index: u64,
    offset: u64,
    length: u32,
}

/// Places of a log's entries, in memory: the log is read once, and then what was written since.
#[derive(Debug)]
pub struct Places {
    files: Files,
    /// Entries taken in.
    taken: u64,
    /// Where the next line begins in its file.
    offset: u64,
    about: HashMap<String, Vec<Place>>,
}

fn damaged(index: u64) -> LogFailure {
    LogFailure::Damaged(format!("entry {index}: no line of the log"))
}

/// A file from `offset` on.
fn behind(path: &Path, offset: u64) -> Result<Vec<u8>, LogFailure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(offset))?;
        file.read_to_end(&mut bytes)
    });
    read.map(|_| bytes).map_err(LogFailure::disk(path))
}

fn entry(read: Option<Read<'_>>, index: u64) -> Result<Option<Entry>, LogFailure> {
    match read {
        Some(Read::Whole { jws, .. }) => {
            let entry = Jws::parse(jws).and_then(|jws| jws.peek());
            entry.map(Some).map_err(|error| LogFailure::Damaged(format!("entry {index}: {error}")))
        }
        Some(Read::Erased { .. }) => Ok(None),
        Some(Read::Differs { .. }) | None => Err(damaged(index)),
    }
}

impl Places {
    /// Of the log in `root`; nothing is read yet.
    pub fn new(root: &Path) -> Self {
        Self { files: Files::new(root), taken: 0, offset: 0, about: HashMap::new() }
    }

    /// Takes in what was written since, up to entry number `size`: [`super::AccessLog::size`], below which all is on disk.
    ///
    /// # Errors
    /// Where it cannot be read, or is no line: what came before it counts.
    pub fn catch_up(&mut self, size: u64) -> Result<(), LogFailure> {
        while self.taken < size {
            let first = self.taken - self.taken % SEGMENT;
            if self.taken == first {
                self.offset = 0;
            }
            let bytes = behind(&self.files.segment(first), self.offset)?;
            let mut lines = bytes.split_inclusive(|&byte| byte == b'\n');
            while self.taken < size.min(first + SEGMENT) {
                let whole = lines.next().and_then(|line| line.strip_suffix(b"\n"));
                let line = whole.ok_or_else(|| damaged(self.taken))?;
                let entry = entry(line::read(line), self.taken)?;
                let length = u32::try_from(line.len()).map_err(|_| damaged(self.taken))?;
                self.note(entry, Place { index: self.taken, offset: self.offset, length });
                self.taken += 1;
                self.offset += u64::from(length) + 1;
            }
        }
        Ok(())
    }

    fn note(&mut self, entry: Option<Entry>, place: Place) {
        let Some(about) = entry.and_then(|entry| entry.about) else { return };
        let photo = about.id.filter(|_| about.kind == Kind::Photo);
        for id in photo.into_iter().chain(about.patient.map(|patient| patient.0)) {
            self.about.entry(id).or_default().push(place);
        }
    }

    /// Hands each entry about a photo or a patient to `each`, newest first, until it breaks off.
    ///
    /// # Errors
    /// Where one of them cannot be read.
    pub fn newest(
        &self,
        about: &str,
        mut each: impl FnMut(Kept) -> ControlFlow<()>,
    ) -> Result<(), LogFailure> {
        let mut open: Option<(u64, File)> = None;
        for place in self.about.get(about).into_iter().flatten().rev() {
            let first = place.index - place.index % SEGMENT;
            let path = self.files.segment(first);
            let file = match open.take() {
                Some((known, file)) if known == first => file,
                _ => File::open(&path).map_err(LogFailure::disk(&path))?,
            };
            let mut line = vec![0; usize::try_from(place.length).unwrap_or_default()];
            file.read_exact_at(&mut line, place.offset).map_err(LogFailure::disk(&path))?;
            open = Some((first, file));
            let entry = entry(line::read(&line), place.index)?;
            if each(Kept { index: place.index, entry }).is_break() {
                break;
            }
        }
        Ok(())
    }
}
