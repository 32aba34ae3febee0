//! Takes everything out of a JPEG that is not the picture: who, where, when and with what it was taken.
//!
//! What must hold: what is accepted decodes to the same pixels as what came in; nothing survives but the
//! segments that decode the picture, its colour profile and its orientation; nothing is re-encoded or copied;
//! time is linear and memory bounded, whatever the bytes are.
//!
//! How: an allow-list over the segments of ITU-T T.81, which is walked once. Kept bytes stay where they are and
//! are named by slices; only the few segments that are cut or written anew are small copies. Orientation is
//! the one thing read from the metadata, because a wound shown upside down is a clinical hazard; where it is
//! not 1 it is written back in a segment that holds nothing else. Segments are exactly as long as what they hold, or no
//! decoder draws them; tables that no scan uses go. Where the last block ends is found by counting blocks: at once in
//! small pictures, in those that end without EOI, and behind the last restart; for the others by [`strip_fully`].
//!
//! What decoders pass over is passed over: bytes between segments, a broken head before a second SOI, a missing EOI
//! where all blocks are there.

mod bits;
mod blocks;
mod eighth;
mod error;
mod exif;
mod frame;
mod kept;
mod scan;
mod segments;
mod tables;
mod thumbnail;

use sha2::{Digest, Sha256};

use scan::Thoroughness;

pub use eighth::Eighth;
pub use error::{StripError, TooLarge, Unsupported, WrongFormat};
pub use exif::orientation_segment;

/// The largest picture that is accepted, in bytes, once it is stripped.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The largest file that is looked at, in bytes: a picture, and what a camera puts behind it.
pub const MAX_FILE: usize = 4 * MAX_BYTES;
/// The largest width and height that are accepted, in pixels.
pub const MAX_SIDE: u16 = 16_384;
/// The most pixels that are accepted: what a phone calls 200 megapixels is 16320 x 12240.
pub const MAX_PIXELS: u32 = 16_384 * 12_288;
/// The most pieces that may be kept of a picture; it has some tens. What is dropped is not counted.
pub const MAX_SEGMENTS: usize = 4096;

/// A kind of metadata that a picture can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    /// EXIF: camera, time, settings, serial numbers, maker notes.
    Exif,
    /// A position, inside EXIF.
    Gps,
    /// XMP, plain or extended.
    Xmp,
    /// Photoshop resources, where IPTC captions live.
    Iptc,
    /// A multi-picture index: further pictures hide behind the first.
    Mpf,
    /// A small copy of the picture beside the picture (JFIF or JFXX; that of EXIF counts as EXIF).
    Thumbnail,
    /// Any other application segment.
    OtherApplication,
    /// A comment.
    Comment,
    /// Bytes after the end of the picture: motion photos, further pictures, archives.
    Trailer,
    /// What decoders pass over: bytes between segments or behind the last block, tables that nothing uses.
    Junk,
}

impl Metadata {
    /// All kinds, in the order reports list them.
    pub const ALL: [Self; 10] = [
        Self::Exif,
        Self::Gps,
        Self::Xmp,
        Self::Iptc,
        Self::Mpf,
        Self::Thumbnail,
        Self::OtherApplication,
        Self::Comment,
        Self::Trailer,
        Self::Junk,
    ];

    /// A stable word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exif => "exif",
            Self::Gps => "gps",
            Self::Xmp => "xmp",
            Self::Iptc => "iptc",
            Self::Mpf => "mpf",
            Self::Thumbnail => "thumbnail",
            Self::OtherApplication => "other_application",
            Self::Comment => "comment",
            Self::Trailer => "trailer",
            Self::Junk => "junk",
        }
    }

    fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Which kinds of metadata a picture had before it was stripped. Says that it was there, never what it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MetadataSet(u16);

impl MetadataSet {
    /// Whether this kind was there.
    pub fn contains(self, kind: Metadata) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Whether there was none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds that were there.
    pub fn iter(self) -> impl Iterator<Item = Metadata> {
        Metadata::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    fn insert(&mut self, kind: Metadata) {
        self.0 |= kind.bit();
    }
}

impl FromIterator<Metadata> for MetadataSet {
    fn from_iter<T: IntoIterator<Item = Metadata>>(kinds: T) -> Self {
        let mut set = Self::default();
        kinds.into_iter().for_each(|kind| set.insert(kind));
        set
    }
}

/// A piece of a stripped picture.
enum Part<'a> {
    Kept(&'a [u8]),
    Written(Written),
}

/// A small segment that was cut or made.
struct Written {
    bytes: [u8; exif::LENGTH],
    length: usize,
}

impl Written {
    fn new(segment: &[u8]) -> Self {
        let mut bytes = [0; exif::LENGTH];
        bytes[..segment.len()].copy_from_slice(segment);
        Self { bytes, length: segment.len() }
    }
}

/// A picture without its metadata: slices of the bytes it was made from, and a few small segments.
pub struct Stripped<'a> {
    parts: Vec<Part<'a>>,
    length: u64,
    width: u16,
    height: u16,
    orientation: u8,
    had: MetadataSet,
}

impl<'a> Stripped<'a> {
    /// The length of the stripped JPEG in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Never: an accepted picture has bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Pixels across, as stored; orientation is not applied.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Pixels down, as stored; orientation is not applied.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// How to turn the stored picture to see it upright: 1 to 8, as in EXIF tag 0x0112.
    pub fn orientation(&self) -> u8 {
        self.orientation
    }

    /// What was taken out.
    pub fn had(&self) -> MetadataSet {
        self.had
    }

    /// The stripped JPEG, piece by piece, in order.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| match part {
            Part::Kept(bytes) => bytes,
            Part::Written(written) => &written.bytes[..written.length],
        })
    }

    /// SHA-256 of the stripped JPEG.
    pub fn sha256(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        self.slices().for_each(|slice| digest.update(slice));
        digest.finalize().into()
    }
}

/// Strips a JPEG, or says why it is not accepted.
///
/// Blocks are counted where that costs a capture next to nothing; [`strip_fully`] counts them all.
pub fn strip(jpeg: &[u8]) -> Result<Stripped<'_>, StripError> {
    match segments::walk(jpeg, Thoroughness::Quick) {
        // Whether all blocks are there nevertheless, only counting them tells.
        Err(StripError::Truncated | StripError::Malformed) => strip_fully(jpeg),
        Err(error) => Err(error),
        Ok(walked) => finish(walked),
    }
}

/// Draws the picture that was `kept` of a JPEG at an eighth of its size. `None` where not all of it is there, or its colours are
/// not those that cameras write: a decoder may draw something of it.
pub fn draw_eighth(jpeg: &[u8], kept: &Stripped<'_>) -> Option<Eighth> {
    let eighth = |side: u16| u32::from(side).div_ceil(8);
    // Where one picture hides another, the walks may choose differently.
    segments::draw(jpeg)
        .filter(|drawn| (drawn.width, drawn.height) == (eighth(kept.width), eighth(kept.height)))
}

/// Strips a JPEG as [`strip`] does, and counts every block: nothing is left behind the last one of any scan. Takes some
/// 15 ms for 12 megapixels.
pub fn strip_fully(jpeg: &[u8]) -> Result<Stripped<'_>, StripError> {
    finish(segments::walk(jpeg, Thoroughness::Full)?)
}

fn finish(walked: segments::Walked<'_>) -> Result<Stripped<'_>, StripError> {
    let orientation = walked.exif.map_or(1, |found| found.orientation);
    let mut parts = walked.parts;
    if orientation != 1 {
        // JFIF must stay first where it is; EXIF readers look right after it.
        let at = if walked.jfif_first { 2 } else { 1 };
        parts.insert(at, Part::Written(Written::new(&orientation_segment(orientation))));
    }
    let mut stripped = Stripped {
        parts,
        length: 0,
        width: walked.width,
        height: walked.height,
        orientation,
        had: walked.had,
    };
    stripped.length = stripped.slices().map(|slice| slice.len() as u64).sum();
    // What was cut does not count: a film behind a small picture is no large picture.
    if stripped.length > MAX_BYTES as u64 {
        return Err(StripError::TooLarge(TooLarge::Bytes));
    }
    Ok(stripped)
}
