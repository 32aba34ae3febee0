//! The bundle: a `tar` (ustar, POSIX.1-1988) of exactly `record.json` and `photo.jpg`.
//!
//! What must hold: the entries come in that order, so that a reader knows what it is told about a photo before
//! the photo arrives; all the rest is zero; the whole is a multiple of 64 KiB, which hides the photo's exact
//! size from whoever sees only the sealed file. Any `tar` command unpacks it.
//!
//! How: [`Bundle`] lays the parts out as small owned headers and borrowed slices, so nothing of the photo is
//! copied; [`Unbundler`] reads the same back from a stream, strictly, holding no more than the record.

mod reader;

pub use reader::{BundleError, Entries, UnbundleError, Unbundler};

use crate::strip::{MAX_BYTES, Stripped};

/// The first entry.
pub const RECORD_NAME: &str = "record.json";
/// The second entry.
pub const PHOTO_NAME: &str = "photo.jpg";
/// The largest record, in bytes.
pub const MAX_RECORD: u64 = 64 * 1024;
/// The largest photo, in bytes: what the strip accepts, and room for the segment it may add.
pub const MAX_PHOTO: u64 = MAX_BYTES as u64 + 4096;
/// A bundle's length is a multiple of this, in bytes.
pub const PADDING: u64 = 64 * 1024;

const BLOCK: usize = 512;
const BLOCK_U64: u64 = BLOCK as u64;
/// POSIX ends an archive with two zero blocks.
const END: u64 = 2 * BLOCK_U64;

static ZEROS: [u8; 4096] = [0; 4096];

/// One entry is larger than the format allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{entry} is too large for a bundle")]
pub struct BundleTooLarge {
    /// [`RECORD_NAME`] or [`PHOTO_NAME`].
    pub entry: &'static str,
}

/// A bundle about to be written. Borrows all that is in it.
pub struct Bundle<'a> {
    record: &'a [u8],
    outline: Outline<'a>,
}

/// A bundle whose record is not written yet; only its length is known.
#[derive(Clone, Copy)]
pub(crate) struct Outline<'a> {
    record: u64,
    photo: &'a Stripped<'a>,
    mtime_s: u64,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(record: usize, photo: &'a Stripped<'a>, mtime_s: u64) -> Result<Self, BundleTooLarge> {
        let record = record as u64;
        if record > MAX_RECORD {
            return Err(BundleTooLarge { entry: RECORD_NAME });
        }
        if photo.len() > MAX_PHOTO {
            return Err(BundleTooLarge { entry: PHOTO_NAME });
        }
        Ok(Self { record, photo, mtime_s })
    }

    /// The length of the whole bundle, in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.used().next_multiple_of(PADDING)
    }

    /// The record's length that was announced.
    pub(crate) fn record(&self) -> u64 {
        self.record
    }

    /// The length of the record's entry, which comes first.
    pub(crate) fn record_entry(&self) -> u64 {
        BLOCK_U64 + self.record.next_multiple_of(BLOCK_U64)
    }

    fn used(&self) -> u64 {
        self.record_entry() + BLOCK_U64 + self.photo.len().next_multiple_of(BLOCK_U64) + END
    }

    fn photo_header(&self) -> [u8; BLOCK] {
        header(PHOTO_NAME, self.photo.len(), self.mtime_s)
    }

    /// Copies the bytes from `from` on; beyond the bundle's end there are zeros. Without the record that is possible
    /// behind its entry only.
    pub(crate) fn copy(&self, record: Option<&[u8]>, from: u64, out: &mut [u8]) {
        let photo_header = self.photo_header();
        let photo = std::iter::once(&photo_header[..]).chain(self.photo.slices());
        let Some(record) = record else {
            return copy(photo, from.saturating_sub(self.record_entry()), out);
        };
        let header = header(RECORD_NAME, self.record, self.mtime_s);
        let padding = &ZEROS[..record.len().next_multiple_of(BLOCK) - record.len()];
        copy([&header[..], record, padding].into_iter().chain(photo), from, out);
    }
}

/// Passes over the slices before `from` each time: they are few, and their number is bounded.
fn copy<'a>(slices: impl Iterator<Item = &'a [u8]>, mut from: u64, mut out: &mut [u8]) {
    for slice in slices {
        let skipped = usize::try_from(from).unwrap_or(usize::MAX).min(slice.len());
        from -= skipped as u64;
        let slice = &slice[skipped..];
        let (now, rest) = out.split_at_mut(slice.len().min(out.len()));
        now.copy_from_slice(&slice[..now.len()]);
        out = rest;
    }
    out.fill(0);
}

impl<'a> Bundle<'a> {
    /// `mtime_s` is the capture time in seconds since 1970, which the unpacked files will carry.
    pub fn new(record: &'a [u8], photo: &'a Stripped<'a>, mtime_s: u64) -> Result<Self, BundleTooLarge> {
        Ok(Self { record, outline: Outline::new(record.len(), photo, mtime_s)? })
    }

    /// The length of the whole, in bytes.
    pub fn len(&self) -> u64 {
        self.outline.len()
    }

    /// Never: there is always a header.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Hands the bundle out in order, piece by piece.
    pub fn write<E>(&self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let Outline { record, photo, mtime_s } = self.outline;
        sink(&header(RECORD_NAME, record, mtime_s))?;
        sink(self.record)?;
        zeros(record.next_multiple_of(BLOCK_U64) - record, sink)?;
        sink(&self.outline.photo_header())?;
        for slice in photo.slices() {
            sink(slice)?;
        }
        zeros(photo.len().next_multiple_of(BLOCK_U64) - photo.len(), sink)?;
        zeros(END + self.len() - self.outline.used(), sink)
    }
}

fn zeros<E>(mut count: u64, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    while count > 0 {
        let now = usize::try_from(count).unwrap_or(usize::MAX).min(ZEROS.len());
        sink(&ZEROS[..now])?;
        count -= now as u64;
    }
    Ok(())
}

fn header(name: &str, size: u64, mtime_s: u64) -> [u8; BLOCK] {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).expect("our names are short and relative");
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    // Eleven octal digits hold the year 2242; a clock beyond that is wrong, and a wider field is not ustar.
    header.set_mtime(mtime_s.min(0o777_7777_7777));
    header.set_cksum();
    *header.as_bytes()
}
