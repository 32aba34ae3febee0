//! The walk over a JPEG's segments: what is kept, what is cut, what is refused.

use memchr::memchr_iter;

use super::eighth::Eighth;
use super::exif::{self, Found};
use super::frame::{Frame, Scan};
use super::kept::{Item, Kept};
use super::scan::{Progress, Thoroughness, data_end};
use super::tables::Tables;
use super::{
    MAX_FILE, Metadata, MetadataSet, Part, StripError, TooLarge, Unsupported, WrongFormat, thumbnail,
};

/// What the walk found.
pub(super) struct Walked<'a> {
    /// SOI first, alone.
    pub(super) parts: Vec<Part<'a>>,
    /// Whether the second part is a JFIF segment.
    pub(super) jfif_first: bool,
    pub(super) width: u16,
    pub(super) height: u16,
    /// The first EXIF segment before the first scan that could be read.
    pub(super) exif: Option<Found>,
    pub(super) had: MetadataSet,
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// Walks the file, from SOI to the end of the picture.
pub(super) fn walk(jpeg: &[u8], thoroughness: Thoroughness) -> Result<Walked<'_>, StripError> {
    picture(jpeg, thoroughness)?.walked()
}

/// Walks the file as [`walk`] does, and draws the picture small. `None` where not all of it is there, or no eighth can be drawn.
pub(super) fn draw(jpeg: &[u8]) -> Option<Eighth> {
    let Ended { frame, progress, adobe, .. } = picture(jpeg, Thoroughness::Drawn).ok()?;
    Eighth::of(&frame, &progress.drawn()?, adobe)
}

fn picture(jpeg: &[u8], thoroughness: Thoroughness) -> Result<Ended<'_>, StripError> {
    if jpeg.len() > MAX_FILE {
        return Err(StripError::TooLarge(TooLarge::Bytes));
    }
    if !jpeg.starts_with(&[0xFF, SOI]) {
        return Err(StripError::NotJpeg(WrongFormat::recognise(jpeg)));
    }
    let first = Walk::new(jpeg, 2, None, MetadataSet::default(), thoroughness).run();
    let mut best = match thumbnail::behind_one_cut(jpeg) {
        Some((at, found)) => {
            let had = [Metadata::Exif, Metadata::Junk].into_iter().collect();
            let next = Walk::new(jpeg, at, found, had, thoroughness).run();
            larger(first, next)?
        }
        None => first?,
    };
    // Behind a broken head stands a second beginning, and it may have been that of a thumbnail: the largest counts.
    let mut again = best.began_again;
    while again {
        let next = Walk::new(jpeg, best.end, best.exif, best.had, thoroughness).run();
        let Ok(next) = next else { break };
        again = next.frame.pixels() > best.frame.pixels();
        if again {
            best = next;
        }
    }
    Ok(best)
}

/// The first that was walked to its end, unless the other is larger.
fn larger<'a>(
    first: Result<Ended<'a>, StripError>,
    other: Result<Ended<'a>, StripError>,
) -> Result<Ended<'a>, StripError> {
    match (first, other) {
        (Ok(first), Ok(other)) => Ok(if other.frame.pixels() > first.frame.pixels() { other } else { first }),
        (Err(_), Ok(other)) => Ok(other),
        (first, Err(_)) => first,
    }
}

struct Walk<'a> {
    jpeg: &'a [u8],
    at: usize,
    kept: Kept,
    tables: Tables,
    frame: Option<Frame>,
    progress: Progress,
    thoroughness: Thoroughness,
    exif: Option<Found>,
    /// Which colour transform an Adobe segment names.
    adobe: Option<u8>,
    had: MetadataSet,
    began_again: bool,
}

/// A picture that was walked to its end.
struct Ended<'a> {
    jpeg: &'a [u8],
    kept: Kept,
    tables: Tables,
    frame: Frame,
    progress: Progress,
    exif: Option<Found>,
    adobe: Option<u8>,
    had: MetadataSet,
    began_again: bool,
    end: usize,
}

impl<'a> Walk<'a> {
    fn new(
        jpeg: &'a [u8],
        at: usize,
        exif: Option<Found>,
        had: MetadataSet,
        thoroughness: Thoroughness,
    ) -> Self {
        Self {
            jpeg,
            at,
            kept: Kept::default(),
            tables: Tables::default(),
            frame: None,
            progress: Progress::default(),
            thoroughness,
            exif,
            adobe: None,
            had,
            began_again: false,
        }
    }

    fn run(mut self) -> Result<Ended<'a>, StripError> {
        loop {
            let start = self.at;
            let step = match self.marker() {
                Ok(EOI) => return self.end(true),
                Ok(marker) => self.segment(marker),
                Err(error) => Err(error),
            };
            if let Err(error) = step {
                // Whatever stands behind a whole picture is no part of it, and nothing that it lacks.
                self.at = start;
                return if self.is_whole() { self.end(false) } else { Err(error) };
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.frame.as_ref().is_some_and(|frame| self.progress.is_whole(frame))
    }

    /// The next marker's code; leaves `at` behind it. Decoders pass over what stands before it, and so do we.
    fn marker(&mut self) -> Result<u8, StripError> {
        let rest = &self.jpeg[self.at..];
        for found in memchr_iter(0xFF, rest) {
            match rest.get(found + 1) {
                None => break,
                Some(0x00 | 0xFF) => {}
                Some(&code) => {
                    if rest[..found].iter().any(|&byte| byte != 0xFF) {
                        self.had.insert(Metadata::Junk);
                    }
                    self.at += found + 2;
                    return Ok(code);
                }
            }
        }
        Err(StripError::Truncated)
    }

    /// Handles one segment; `at` is behind its marker.
    fn segment(&mut self, marker: u8) -> Result<(), StripError> {
        match marker {
            // TEM and restarts without data: decoders pass over them.
            0x01 | 0xD0..=0xD7 => {
                self.had.insert(Metadata::Junk);
                Ok(())
            }
            SOI => self.begin_again(),
            // Reserved codes and JPG extensions: no decoder knows how long they are.
            0x00 | 0x02..=0xBF | 0xC8 | EOI | 0xF0..=0xFD | 0xFF => Err(StripError::Malformed),
            // Lossless, hierarchical, arithmetic frames; DAC; DHP and EXP.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCF | 0xDE | 0xDF => {
                Err(StripError::Unsupported(Unsupported::Coding))
            }
            0xC0..=0xC2 => {
                let payload = self.payload()?;
                if self.frame.is_some() {
                    return Err(StripError::Malformed);
                }
                self.frame = Some(Frame::read(payload, marker == 0xC2)?);
                self.kept.push(self.whole(payload.len()))
            }
            0xC4 | 0xDB | 0xDD => {
                let payload = self.payload()?;
                let from = self.at - payload.len();
                let definitions = self.tables.read(marker, payload, from)?;
                self.kept.push(Item::Tables { marker, segment: from - 4..self.at, definitions })
            }
            // DNL: the frame has said the height, and decoders keep to it.
            0xDC => {
                self.payload()?;
                self.had.insert(Metadata::Junk);
                Ok(())
            }
            SOS => {
                let payload = self.payload()?;
                self.scan(payload)
            }
            0xE0..=0xEF => {
                let payload = self.payload()?;
                self.application(marker, payload)
            }
            0xFE => {
                self.payload()?;
                self.had.insert(Metadata::Comment);
                Ok(())
            }
        }
    }

    /// A second SOI: what came before was a broken head.
    fn begin_again(&mut self) -> Result<(), StripError> {
        if self.progress.began() {
            return Err(StripError::Malformed);
        }
        self.kept = Kept::default();
        self.tables = Tables::default();
        self.frame = None;
        self.adobe = None;
        self.began_again = true;
        self.had.insert(Metadata::Junk);
        Ok(())
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

    /// The segment that ends here as it is, from its marker on.
    fn whole(&self, payload: usize) -> Item {
        Item::Range(self.at - payload - 4..self.at)
    }

    /// Keeps a scan: its header, then its data, as far as its blocks go.
    fn scan(&mut self, payload: &[u8]) -> Result<(), StripError> {
        let frame = self.frame.as_ref().ok_or(StripError::Malformed)?;
        let scan = Scan::read(payload, frame)?;
        self.tables.use_for(frame, &scan)?;
        self.kept.push(self.whole(payload.len()))?;
        let data = self.at..data_end(self.jpeg, self.at);
        let ended = data.end < self.jpeg.len();
        let counted = self.progress.take(self.jpeg, frame, &scan, &self.tables, &data, self.thoroughness);
        for range in counted.kept {
            self.kept.push(Item::Range(range))?;
        }
        if counted.cut {
            self.had.insert(Metadata::Junk);
        }
        self.at = data.end;
        if ended || counted.complete { Ok(()) } else { Err(StripError::Truncated) }
    }

    fn application(&mut self, marker: u8, payload: &'a [u8]) -> Result<(), StripError> {
        // What says how to draw stands before the first scan, or no reader looks.
        let early = !self.progress.began();
        let kind = match marker {
            0xE0 if early && payload.starts_with(b"JFIF\0") => return self.jfif(payload),
            0xE0 if payload.starts_with(b"JFXX\0") => Metadata::Thumbnail,
            0xE1 if payload.starts_with(b"Exif\0") => {
                // What comes first wins, as in other readers; what cannot be read does not count.
                self.exif = self.exif.or_else(|| exif::read(payload).filter(|_| early));
                if exif::read(payload).is_some_and(|found| found.has_gps) {
                    self.had.insert(Metadata::Gps);
                }
                Metadata::Exif
            }
            0xE1 if payload.starts_with(b"http://ns.adobe.com/x") => Metadata::Xmp,
            // The profile's name, then the chunk's number and their count.
            0xE2 if early && payload.starts_with(b"ICC_PROFILE\0") && payload.len() >= 14 => {
                return self.kept.push(self.whole(payload.len()));
            }
            0xE2 if payload.starts_with(b"MPF\0") => Metadata::Mpf,
            0xED if payload.starts_with(b"Photoshop 3.0\0") => Metadata::Iptc,
            0xEE if early && payload.starts_with(b"Adobe") && payload.len() >= 12 => {
                return self.adobe(payload);
            }
            _ => Metadata::OtherApplication,
        };
        self.had.insert(kind);
        Ok(())
    }

    /// Keeps the first JFIF header, without its thumbnail.
    fn jfif(&mut self, payload: &[u8]) -> Result<(), StripError> {
        if payload.len() < 14 || self.kept.has_jfif() {
            self.had.insert(Metadata::OtherApplication);
            return Ok(());
        }
        if payload.len() > 14 || payload[12..14] != [0, 0] {
            self.had.insert(Metadata::Thumbnail);
        }
        let mut segment = [0; 18];
        segment[..4].copy_from_slice(&[0xFF, 0xE0, 0, 16]);
        segment[4..16].copy_from_slice(&payload[..12]);
        self.kept.jfif(&segment)
    }

    /// Keeps an Adobe segment's twelve bytes: they say which colour transform to undo.
    fn adobe(&mut self, payload: &[u8]) -> Result<(), StripError> {
        if payload.len() > 12 {
            self.had.insert(Metadata::OtherApplication);
        }
        self.adobe = Some(payload[11]);
        let mut segment = [0; 16];
        segment[..4].copy_from_slice(&[0xFF, 0xEE, 0, 14]);
        segment[4..].copy_from_slice(&payload[..12]);
        self.kept.write(&segment)
    }

    /// The picture ends here; `marked` says whether by its EOI.
    fn end(mut self, marked: bool) -> Result<Ended<'a>, StripError> {
        let frame = self.frame.filter(|_| self.progress.began()).ok_or(StripError::Malformed)?;
        if self.at < self.jpeg.len() {
            self.had.insert(Metadata::Trailer);
        }
        if marked {
            // Fill bytes may stand inside a marker; the last two are the marker.
            self.kept.push(Item::Range(self.at - 2..self.at))?;
        } else {
            self.kept.write(&[0xFF, EOI])?;
        }
        Ok(Ended {
            jpeg: self.jpeg,
            kept: self.kept,
            tables: self.tables,
            frame,
            progress: self.progress,
            exif: self.exif,
            adobe: self.adobe,
            had: self.had,
            began_again: self.began_again,
            end: self.at,
        })
    }
}

impl<'a> Ended<'a> {
    fn walked(mut self) -> Result<Walked<'a>, StripError> {
        let jfif_first = self.kept.jfif_first();
        let (parts, dropped) = self.kept.into_parts(self.jpeg, &self.tables)?;
        if dropped {
            self.had.insert(Metadata::Junk);
        }
        let (width, height) = (self.frame.width, self.frame.height);
        Ok(Walked { parts, jfif_first, width, height, exif: self.exif, had: self.had })
    }
}
