//! Reading a bundle from a stream.
//!
//! What must hold: whatever is not exactly the bundle that [`super::Bundle`] writes, but for times and owners,
//! is refused, so that no two readers can see different things in one file; nothing is handed out before the record was
//! read and the end seen; memory is bounded by both limits and wipes itself; nothing in the archive becomes a path.

use zeroize::Zeroizing;

use super::{BLOCK, BLOCK_U64, END, MAX_PHOTO, MAX_RECORD, PADDING, PHOTO_NAME, RECORD_NAME};

/// What is wrong with a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry is not the one that belongs there, by name, kind or form of its header.
    #[error("the bundle does not hold exactly a record and a photo")]
    Entry,
    /// A header's checksum does not fit.
    #[error("a header of the bundle is damaged")]
    Checksum,
    /// An entry or the padding is larger than the format allows.
    #[error("the bundle is too large")]
    TooLarge,
    /// Something other than zeros follows an entry, be it a third entry.
    #[error("the bundle's padding is not empty")]
    Padding,
    /// The bundle ends too early, or not on a multiple of 64 KiB.
    #[error("the bundle is cut short")]
    Truncated,
}

/// What a whole bundle held.
pub struct Entries {
    /// The bytes of `photo.jpg`. Wiped on drop.
    pub photo: Zeroizing<Vec<u8>>,
    /// The bytes of `record.json`. Wiped on drop.
    pub record: Zeroizing<Vec<u8>>,
    /// The time both entries carry, in seconds since 1970.
    pub mtime_s: u64,
}

/// Takes a bundle apart as it arrives, and keeps both entries until it has ended.
pub struct Unbundler {
    state: State,
    block: [u8; BLOCK],
    photo: Zeroizing<Vec<u8>>,
    record: Zeroizing<Vec<u8>>,
    mtime_s: u64,
    total: u64,
}

#[derive(Clone, Copy)]
enum State {
    /// Collecting a header; so much of it is here.
    Header(Entry, usize),
    /// Inside an entry: so much of it, then so many zeros, are to come.
    Content(Entry, u64, u64),
    /// Zeros to the end.
    End,
    Refused(BundleError),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Photo,
    Record,
}

impl Default for Unbundler {
    fn default() -> Self {
        Self::new()
    }
}

impl Unbundler {
    /// Waits for the first byte.
    pub fn new() -> Self {
        Self {
            state: State::Header(Entry::Photo, 0),
            block: [0; BLOCK],
            photo: Zeroizing::new(Vec::new()),
            record: Zeroizing::new(Vec::new()),
            mtime_s: 0,
            total: 0,
        }
    }

    /// Takes more of the bundle.
    pub fn push(&mut self, mut input: &[u8]) -> Result<(), BundleError> {
        self.total += input.len() as u64;
        while !input.is_empty() {
            if let Err(error) = self.step(&mut input) {
                self.state = State::Refused(error);
                return Err(error);
            }
        }
        Ok(())
    }

    /// The bundle ends here.
    pub fn finish(self) -> Result<Entries, BundleError> {
        match self.state {
            State::Header(..) | State::Content(..) => return Err(BundleError::Truncated),
            State::Refused(error) => return Err(error),
            State::End => {}
        }
        let entry = |length: usize| BLOCK_U64 + (length as u64).next_multiple_of(BLOCK_U64);
        let used = entry(self.photo.len()) + entry(self.record.len()) + END;
        if self.total < used || !self.total.is_multiple_of(PADDING) {
            return Err(BundleError::Truncated);
        }
        Ok(Entries { photo: self.photo, record: self.record, mtime_s: self.mtime_s })
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<(), BundleError> {
        match self.state {
            State::Header(entry, filled) => {
                let now = take(input, (BLOCK - filled) as u64);
                self.block[filled..filled + now.len()].copy_from_slice(now);
                let filled = filled + now.len();
                self.state = if filled < BLOCK { State::Header(entry, filled) } else { self.begin(entry)? };
            }
            State::Content(entry, 0, 0) => self.state = after(entry),
            State::Content(entry, 0, padding) => {
                let now = take(input, padding);
                all_zero(now)?;
                self.state = next(entry, 0, padding - now.len() as u64);
            }
            State::Content(entry, left, padding) => {
                let now = take(input, left);
                self.kept(entry).extend_from_slice(now);
                self.state = next(entry, left - now.len() as u64, padding);
            }
            State::End => {
                // As much padding as the largest bundle could need, not an endless stream of zeros.
                if self.total > MAX_RECORD + MAX_PHOTO + 2 * PADDING {
                    return Err(BundleError::TooLarge);
                }
                all_zero(take(input, u64::MAX))?;
            }
            State::Refused(error) => return Err(error),
        }
        Ok(())
    }

    fn kept(&mut self, entry: Entry) -> &mut Vec<u8> {
        match entry {
            Entry::Photo => &mut self.photo,
            Entry::Record => &mut self.record,
        }
    }

    /// A header is complete: what follows it.
    fn begin(&mut self, entry: Entry) -> Result<State, BundleError> {
        let (name, limit) = match entry {
            Entry::Photo => (PHOTO_NAME, MAX_PHOTO),
            Entry::Record => (RECORD_NAME, MAX_RECORD),
        };
        let header = check_header(&self.block, name)?;
        if header.size > limit {
            return Err(BundleError::TooLarge);
        }
        if entry == Entry::Photo {
            self.mtime_s = header.mtime_s;
        }
        // Reserved at once: a vector that grew would leave copies behind.
        let size = usize::try_from(header.size).map_err(|_| BundleError::TooLarge)?;
        self.kept(entry).reserve_exact(size);
        let padding = header.size.next_multiple_of(BLOCK_U64) - header.size;
        Ok(next(entry, header.size, padding))
    }
}

/// The state after some of an entry was read: entries may end exactly where the input does.
fn next(entry: Entry, left: u64, padding: u64) -> State {
    if left == 0 && padding == 0 { after(entry) } else { State::Content(entry, left, padding) }
}

fn after(entry: Entry) -> State {
    match entry {
        Entry::Photo => State::Header(Entry::Record, 0),
        Entry::Record => State::End,
    }
}

fn take<'a>(input: &mut &'a [u8], at_most: u64) -> &'a [u8] {
    let count = usize::try_from(at_most).unwrap_or(usize::MAX).min(input.len());
    let (now, rest) = input.split_at(count);
    *input = rest;
    now
}

fn all_zero(bytes: &[u8]) -> Result<(), BundleError> {
    if bytes.iter().all(|&byte| byte == 0) { Ok(()) } else { Err(BundleError::Padding) }
}

struct EntryHeader {
    size: u64,
    mtime_s: u64,
}

/// A ustar header of a regular file called `name`, with nothing in the fields that could rename or redirect it.
fn check_header(block: &[u8; BLOCK], name: &str) -> Result<EntryHeader, BundleError> {
    let field = |at: usize, length: usize| &block[at..at + length];
    let checksum = octal(field(148, 8)).ok_or(BundleError::Checksum)?;
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, &byte)| if (148..156).contains(&at) { u64::from(b' ') } else { u64::from(byte) })
        .sum();
    if sum != checksum {
        return Err(BundleError::Checksum);
    }
    let (stored, rest) = field(0, 100).split_at(name.len());
    let empty = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
    let regular = block[156] == b'0';
    let unlinked = empty(field(157, 100));
    let unprefixed = empty(field(345, 155)) && empty(field(500, 12));
    let ustar = field(257, 8) == b"ustar\x0000";
    if stored != name.as_bytes() || !empty(rest) || !regular || !unlinked || !unprefixed || !ustar {
        return Err(BundleError::Entry);
    }
    let size = octal(field(124, 12)).ok_or(BundleError::Entry)?;
    let mtime_s = octal(field(136, 12)).ok_or(BundleError::Entry)?;
    Ok(EntryHeader { size, mtime_s })
}

/// Octal digits, at least one, then only NUL or space. Anything else, above all the base-256 form, is refused.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.iter().take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let (number, rest) = field.split_at(digits);
    if number.is_empty() || !rest.iter().all(|&byte| byte == 0 || byte == b' ') {
        return None;
    }
    Some(number.iter().fold(0, |sum, digit| sum * 8 + u64::from(digit - b'0')))
}
