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
    photo: &'a Stripped<'a>,
    mtime_s: u64,
}

impl<'a> Bundle<'a> {
    /// `mtime_s` is the capture time in seconds since 1970, which the unpacked files will carry.
    pub fn new(record: &'a [u8], photo: &'a Stripped<'a>, mtime_s: u64) -> Result<Self, BundleTooLarge> {
        if record.len() as u64 > MAX_RECORD {
            return Err(BundleTooLarge { entry: RECORD_NAME });
        }
        if photo.len() > MAX_PHOTO {
            return Err(BundleTooLarge { entry: PHOTO_NAME });
        }
        Ok(Self { record, photo, mtime_s })
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
        let entry = |length: u64| BLOCK_U64 + length.next_multiple_of(BLOCK_U64);
        entry(self.record.len() as u64) + entry(self.photo.len()) + END
    }

    /// Hands the bundle out in order, piece by piece.
    pub fn write<E>(&self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let record = self.record.len() as u64;
        sink(&header(RECORD_NAME, record, self.mtime_s))?;
        sink(self.record)?;
        zeros(record.next_multiple_of(BLOCK_U64) - record, sink)?;
        let photo = self.photo.len();
        sink(&header(PHOTO_NAME, photo, self.mtime_s))?;
        for slice in self.photo.slices() {
            sink(slice)?;
        }
        zeros(photo.next_multiple_of(BLOCK_U64) - photo, sink)?;
        zeros(END + self.len() - self.used(), sink)
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
