//! The walk over a JPEG's segments: what is kept, what is cut, what is refused.

use memchr::memchr_iter;

use super::exif::{self, Found};
use super::{
    MAX_BYTES, MAX_SEGMENTS, MAX_SIDE, Metadata, MetadataSet, Part, StripError, TooLarge, Unsupported,
    Written, WrongFormat,
};

/// What the walk found.
pub(super) struct Walked<'a> {
    /// SOI first, alone.
    pub(super) parts: Vec<Part<'a>>,
    /// Whether the second part is a JFIF segment.
    pub(super) jfif_first: bool,
    pub(super) frame: Frame,
    /// The first EXIF segment that could be read.
    pub(super) exif: Option<Found>,
    pub(super) had: MetadataSet,
}

/// The picture's size as stored, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: u16,
    pub(super) height: u16,
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// Walks the file once, from SOI to the first EOI.
pub(super) fn walk(jpeg: &[u8]) -> Result<Walked<'_>, StripError> {
    if jpeg.len() > MAX_BYTES {
        return Err(StripError::TooLarge(TooLarge::Bytes));
    }
    if !jpeg.starts_with(&[0xFF, SOI]) {
        return Err(StripError::NotJpeg(WrongFormat::recognise(jpeg)));
    }
    let mut walk = Walk {
        jpeg,
        at: 2,
        parts: vec![Part::Kept(&jpeg[..2])],
        open: None,
        jfif: None,
        frame: None,
        scanned: false,
        exif: None,
        had: MetadataSet::default(),
    };
    for _ in 0..MAX_SEGMENTS {
        let marker = walk.marker()?;
        if marker == EOI {
            return walk.end();
        }
        walk.segment(marker)?;
    }
    Err(StripError::Malformed)
}

struct Walk<'a> {
    jpeg: &'a [u8],
    at: usize,
    parts: Vec<Part<'a>>,
    /// A kept range that may still grow: neighbours become one slice.
    open: Option<(usize, usize)>,
    /// Where among the parts the JFIF segment went.
    jfif: Option<usize>,
    frame: Option<Frame>,
    scanned: bool,
    exif: Option<Found>,
    had: MetadataSet,
}

impl<'a> Walk<'a> {
    /// The next marker's code; leaves `at` behind it. Fill bytes before it are legal and not kept.
    fn marker(&mut self) -> Result<u8, StripError> {
        let rest = &self.jpeg[self.at..];
        match rest.first() {
            None => return Err(StripError::Truncated),
            Some(0xFF) => {}
            Some(_) => return Err(StripError::Malformed),
        }
        let fill = rest.iter().take_while(|&&byte| byte == 0xFF).count();
        let code = *rest.get(fill).ok_or(StripError::Truncated)?;
        self.at += fill + 1;
        Ok(code)
    }

    /// Handles one segment; `at` is behind its marker.
    fn segment(&mut self, marker: u8) -> Result<(), StripError> {
        match marker {
            // Stuffing, TEM, reserved codes, JPG extensions, RSTn, a second SOI: none may stand here.
            0x00..=0xBF | 0xC8 | 0xD0..=SOI | EOI | 0xF0..=0xFD | 0xFF => Err(StripError::Malformed),
            // Lossless, hierarchical, arithmetic frames; DAC; DHP and EXP.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCF | 0xDE | 0xDF => {
                Err(StripError::Unsupported(Unsupported::Coding))
            }
            0xC0..=0xC2 => {
                let payload = self.payload()?;
                self.frame(payload)?;
                self.keep(payload.len());
                Ok(())
            }
            // DHT, DQT, DNL, DRI.
            0xC4 | 0xDB..=0xDD => {
                let payload = self.payload()?;
                self.keep(payload.len());
                Ok(())
            }
            SOS => {
                let payload = self.payload()?;
                self.scan(payload)
            }
            0xE0..=0xEF => {
                let payload = self.payload()?;
                self.application(marker, payload);
                Ok(())
            }
            0xFE => {
                self.payload()?;
                self.had.insert(Metadata::Comment);
                Ok(())
            }
        }
    }

    /// The bytes a segment's length field spans; leaves `at` behind them.
    fn payload(&mut self) -> Result<&'a [u8], StripError> {
        let rest = &self.jpeg[self.at..];
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(StripError::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let payload = rest.get(..length.checked_sub(2).ok_or(StripError::Malformed)?);
        let payload = payload.ok_or(StripError::Truncated)?;
        self.at += length;
        Ok(payload)
    }

    /// Keeps the segment that ends here as it is, from its marker on.
    fn keep(&mut self, payload: usize) {
        let start = self.at - payload - 4;
        self.keep_range(start, self.at);
    }

    fn keep_range(&mut self, start: usize, end: usize) {
        match &mut self.open {
            Some((_, open_end)) if *open_end == start => *open_end = end,
            Some(_) | None => {
                self.close();
                self.open = Some((start, end));
            }
        }
    }

    fn close(&mut self) {
        if let Some((start, end)) = self.open.take() {
            self.parts.push(Part::Kept(&self.jpeg[start..end]));
        }
    }

    fn write(&mut self, segment: &[u8]) {
        self.close();
        self.parts.push(Part::Written(Written::new(segment)));
    }

    fn frame(&mut self, payload: &[u8]) -> Result<(), StripError> {
        if self.frame.is_some() {
            return Err(StripError::Malformed);
        }
        let (fixed, components) = payload.split_first_chunk::<6>().ok_or(StripError::Malformed)?;
        let [precision, h0, h1, w0, w1, count] = *fixed;
        let height = u16::from_be_bytes([h0, h1]);
        let width = u16::from_be_bytes([w0, w1]);
        if count == 0 || width == 0 || components.len() != 3 * usize::from(count) {
            return Err(StripError::Malformed);
        }
        if precision != 8 {
            return Err(StripError::Unsupported(Unsupported::Precision));
        }
        if height == 0 {
            return Err(StripError::Unsupported(Unsupported::HeightMissing));
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(StripError::TooLarge(TooLarge::Pixels));
        }
        self.frame = Some(Frame { width, height });
        Ok(())
    }

    /// Keeps a scan: its header, then everything up to a marker that ends entropy-coded data.
    fn scan(&mut self, payload: &[u8]) -> Result<(), StripError> {
        let count = payload.first().map_or(0, |&count| usize::from(count));
        if self.frame.is_none() || count == 0 || payload.len() != 4 + 2 * count {
            return Err(StripError::Malformed);
        }
        let start = self.at - payload.len() - 4;
        self.scanned = true;
        let rest = &self.jpeg[self.at..];
        // Where fill bytes before a marker begin.
        let mut fill = None;
        for found in memchr_iter(0xFF, rest) {
            let first = fill.take().unwrap_or(found);
            match rest.get(found + 1) {
                None => return Err(StripError::Truncated),
                Some(0xFF) => fill = Some(first),
                // A stuffed byte or a restart: still inside.
                Some(0x00 | 0xD0..=0xD7) => {}
                Some(_) => {
                    self.at += first;
                    self.keep_range(start, self.at);
                    return Ok(());
                }
            }
        }
        Err(StripError::Truncated)
    }

    fn application(&mut self, marker: u8, payload: &'a [u8]) {
        let kind = match marker {
            0xE0 if payload.starts_with(b"JFIF\0") => return self.jfif(payload),
            0xE0 if payload.starts_with(b"JFXX\0") => Metadata::Thumbnail,
            0xE1 if payload.starts_with(b"Exif\0") => {
                // What comes first wins, as in other readers; what cannot be read does not count.
                self.exif = self.exif.or_else(|| exif::read(payload));
                Metadata::Exif
            }
            0xE1 if payload.starts_with(b"http://ns.adobe.com/x") => Metadata::Xmp,
            // The profile's name, then the chunk's number and their count.
            0xE2 if payload.starts_with(b"ICC_PROFILE\0") && payload.len() >= 14 => {
                return self.keep(payload.len());
            }
            0xE2 if payload.starts_with(b"MPF\0") => Metadata::Mpf,
            0xED if payload.starts_with(b"Photoshop 3.0\0") => Metadata::Iptc,
            0xEE if payload.starts_with(b"Adobe") && payload.len() >= 12 => return self.adobe(payload),
            _ => Metadata::OtherApplication,
        };
        self.had.insert(kind);
    }

    /// Keeps the first JFIF header, without its thumbnail.
    fn jfif(&mut self, payload: &[u8]) {
        if payload.len() < 14 || self.jfif.is_some() {
            return self.had.insert(Metadata::OtherApplication);
        }
        if payload.len() > 14 || payload[12..14] != [0, 0] {
            self.had.insert(Metadata::Thumbnail);
        }
        let mut segment = [0; 18];
        segment[..4].copy_from_slice(&[0xFF, 0xE0, 0, 16]);
        segment[4..16].copy_from_slice(&payload[..12]);
        self.write(&segment);
        self.jfif = Some(self.parts.len() - 1);
    }

    /// Keeps an Adobe segment's twelve bytes: they say which colour transform to undo.
    fn adobe(&mut self, payload: &[u8]) {
        if payload.len() > 12 {
            self.had.insert(Metadata::OtherApplication);
        }
        let mut segment = [0; 16];
        segment[..4].copy_from_slice(&[0xFF, 0xEE, 0, 14]);
        segment[4..].copy_from_slice(&payload[..12]);
        self.write(&segment);
    }

    /// EOI was read.
    fn end(mut self) -> Result<Walked<'a>, StripError> {
        let Some(frame) = self.frame.filter(|_| self.scanned) else {
            return Err(StripError::Malformed);
        };
        if self.at < self.jpeg.len() {
            self.had.insert(Metadata::Trailer);
        }
        self.keep_range(self.at - 2, self.at);
        self.close();
        Ok(Walked {
            jfif_first: self.jfif == Some(1),
            parts: self.parts,
            frame,
            exif: self.exif,
            had: self.had,
        })
    }
}
