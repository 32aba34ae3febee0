//! The bundle: a `tar` (ustar, POSIX.1-1988) of exactly `photo.jpg` and `record.json`.
//!
//! What must hold: the entries come in that order, so that a photo can be sealed while its hash, which the record
//! names, is still being taken; all the rest is zero; the whole is a multiple of 64 KiB, which hides the photo's exact
//! size from whoever sees only the sealed file. Any `tar` command unpacks it.
//!
//! How: [`Bundle`] lays the parts out as small owned headers and borrowed slices, so nothing of the photo is
//! copied; [`Unbundler`] reads the same back from a stream, strictly, and hands nothing out before all of it was read.

mod reader;

pub use reader::{BundleError, Entries, Unbundler};

use crate::strip::{MAX_BYTES, Stripped};

/// The first entry.
pub const PHOTO_NAME: &str = "photo.jpg";
/// The second entry.
pub const RECORD_NAME: &str = "record.json";
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
    /// [`PHOTO_NAME`] or [`RECORD_NAME`].
    pub entry: &'static str,
}

/// A bundle about to be written. Borrows all that is in it.
pub struct Bundle<'a> {
    outline: Outline<'a>,
    record: &'a [u8],
}

/// The photo's part of a bundle; the record that stands behind it need not be known yet.
#[derive(Clone, Copy)]
pub(crate) struct Outline<'a> {
    photo: &'a Stripped<'a>,
    mtime_s: u64,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(photo: &'a Stripped<'a>, mtime_s: u64) -> Result<Self, BundleTooLarge> {
        if photo.len() > MAX_PHOTO {
            return Err(BundleTooLarge { entry: PHOTO_NAME });
        }
        Ok(Self { photo, mtime_s })
    }

    /// The length of the photo's entry, which comes first, in bytes.
    pub(crate) fn photo_entry(&self) -> u64 {
        BLOCK_U64 + self.photo.len().next_multiple_of(BLOCK_U64)
    }

    fn photo_header(&self) -> [u8; BLOCK] {
        header(PHOTO_NAME, self.photo.len(), self.mtime_s)
    }

    /// Copies the photo's entry from `from` on, which must have so much of it left.
    pub(crate) fn copy(&self, from: u64, out: &mut [u8]) {
        match from.checked_sub(BLOCK_U64) {
            // All but the first chunk: no header is made for them.
            Some(from) => copy(self.photo.slices(), from, out),
            None => copy(std::iter::once(&self.photo_header()[..]).chain(self.photo.slices()), from, out),
        }
    }

    /// The whole bundle.
    pub(crate) fn with(self, record: &'a [u8]) -> Result<Bundle<'a>, BundleTooLarge> {
        if record.len() as u64 > MAX_RECORD {
            return Err(BundleTooLarge { entry: RECORD_NAME });
        }
        Ok(Bundle { outline: self, record })
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
    pub fn new(photo: &'a Stripped<'a>, record: &'a [u8], mtime_s: u64) -> Result<Self, BundleTooLarge> {
        Outline::new(photo, mtime_s)?.with(record)
    }

    /// The length of the whole, in bytes.
    pub fn len(&self) -> u64 {
        self.used().next_multiple_of(PADDING)
    }

    /// Never: there is always a header.
    pub fn is_empty(&self) -> bool {
        false
    }

    fn used(&self) -> u64 {
        self.outline.photo_entry() + BLOCK_U64 + (self.record.len() as u64).next_multiple_of(BLOCK_U64) + END
    }

    fn record_header(&self) -> [u8; BLOCK] {
        header(RECORD_NAME, self.record.len() as u64, self.outline.mtime_s)
    }

    /// Copies the bytes from `from` on; beyond the bundle's end there are zeros.
    pub(crate) fn copy(&self, from: u64, out: &mut [u8]) {
        let Outline { photo, .. } = self.outline;
        let (photo_header, record_header) = (self.outline.photo_header(), self.record_header());
        let padding = &ZEROS[..padding(photo.len())];
        let photo = std::iter::once(&photo_header[..]).chain(photo.slices());
        copy(photo.chain([padding, &record_header[..], self.record]), from, out);
    }

    /// Hands the bundle out in order, piece by piece.
    pub fn write<E>(&self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let Outline { photo, .. } = self.outline;
        sink(&self.outline.photo_header())?;
        for slice in photo.slices() {
            sink(slice)?;
        }
        sink(&ZEROS[..padding(photo.len())])?;
        sink(&self.record_header())?;
        sink(self.record)?;
        sink(&ZEROS[..padding(self.record.len() as u64)])?;
        zeros(END + self.len() - self.used(), sink)
    }
}

/// How many zeros follow an entry's content: fewer than a block.
fn padding(length: u64) -> usize {
    // Below 512 whatever the width.
    usize::try_from(length.next_multiple_of(BLOCK_U64) - length).unwrap_or_default()
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
