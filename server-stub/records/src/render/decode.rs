//! From a JPEG to upright planes, at a fraction of the size (DCT scaling).

use jpeg_decoder::{CodingProcess, Decoder, Error, ImageInfo, PixelFormat};
use zeroize::Zeroizing;

use super::RenderError;
use super::plane::{Planes, Unmarked};
use super::size::{Shrink, Wanted};

/// Most bytes of one decoded picture: 89 megapixels in three colours, 67 in four.
pub(super) const MOST: usize = 256 << 20;

/// Decodes `jpeg` upright, no finer than there is room for. What the photo's profile says of its colours goes along.
pub(crate) fn decode(jpeg: &[u8], orientation: u8, wanted: Wanted) -> Result<Unmarked, RenderError> {
    decode_within(MOST, jpeg, orientation, wanted)
}

pub(super) fn decode_within(
    most: usize,
    jpeg: &[u8],
    orientation: u8,
    wanted: Wanted,
) -> Result<Unmarked, RenderError> {
    let mut decoder = Decoder::new(jpeg);
    decoder.set_max_decoding_buffer_size(most);
    decoder.read_info().map_err(why)?;
    let whole = decoder.info().ok_or(RenderError::Decode)?;
    if whole.coding_process == CodingProcess::Lossless {
        return Err(RenderError::Kind);
    }
    let size = (whole.width, whole.height);
    let finest = Shrink::finest(size, whole.pixel_format.pixel_bytes(), most);
    let shrink = wanted.of(size).max(finest);
    decoder.scale(shrink.of(whole.width), shrink.of(whole.height)).map_err(why)?;
    let pixels = Zeroizing::new(decoder.decode().map_err(why)?);
    let info = decoder.info().ok_or(RenderError::Decode)?;
    let walk = Walk::new(info.width, info.height, orientation);
    // A profile of four inks says nothing of the three lights that are made of them.
    let icc = decoder.icc_profile().filter(|_| info.pixel_format != PixelFormat::CMYK32);
    let mut planes = planes(&pixels, &info, &walk, icc).ok_or(RenderError::Kind)?;
    let upright = Walk::new(whole.width, whole.height, orientation);
    planes.whole = (edge(upright.width), edge(upright.height));
    planes.shrink = shrink;
    planes.finest = finest;
    Ok(Unmarked(planes))
}

fn why(error: Error) -> RenderError {
    match error {
        Error::Unsupported(_) => RenderError::Kind,
        Error::Format(_) | Error::Io(_) | Error::Internal(_) => RenderError::Decode,
    }
}

fn planes(pixels: &[u8], info: &ImageInfo, walk: &Walk, icc: Option<Vec<u8>>) -> Option<Planes> {
    let count = walk.width * walk.height;
    let (luma, chroma) = match info.pixel_format {
        PixelFormat::L8 if pixels.len() == count => (Zeroizing::new(pixels.to_vec()), None),
        PixelFormat::RGB24 if pixels.len() == 3 * count => split(pixels, |rgb: &[u8; 3]| *rgb),
        PixelFormat::CMYK32 if pixels.len() == 4 * count => split(pixels, lights),
        PixelFormat::L8 | PixelFormat::RGB24 | PixelFormat::CMYK32 | PixelFormat::L16 => return None,
    };
    let (luma, chroma) = (walk.upright(luma), chroma.map(|planes| planes.map(|plane| walk.upright(plane))));
    let (width, height) = (edge(walk.width), edge(walk.height));
    let (shrink, finest) = (Shrink::NONE, Shrink::NONE);
    Some(Planes { width, height, whole: (width, height), shrink, finest, luma, chroma, icc })
}

/// Red, green and blue of four inks, as browsers have them without a profile. The decoder takes them all for inverted, as Adobe
/// writes them and browsers read them, and gives them as they are meant.
#[inline]
fn lights(inks: &[u8; 4]) -> [u8; 3] {
    let left = |ink: u8| u32::from(255 - ink);
    let light = |ink| u8::try_from((left(ink) * left(inks[3]) + 127) / 255).unwrap_or(u8::MAX);
    [light(inks[0]), light(inks[1]), light(inks[2])]
}

/// An edge of a JPEG, which has sixteen bits.
pub(super) fn edge(edge: usize) -> u16 {
    u16::try_from(edge).unwrap_or(u16::MAX)
}

/// One byte a sample, rows from the top.
pub(super) type Plane = Zeroizing<Vec<u8>>;

/// JFIF's colours (ITU-T T.871), in 16-bit fixed point, of pixels of `N` bytes.
fn split<const N: usize>(pixels: &[u8], lights: impl Fn(&[u8; N]) -> [u8; 3]) -> (Plane, Option<[Plane; 2]>) {
    let (pixels, _) = pixels.as_chunks::<N>();
    let plane = || Zeroizing::new(vec![0; pixels.len()]);
    let (mut luma, mut blue, mut red) = (plane(), plane(), plane());
    let samples = luma.iter_mut().zip(blue.iter_mut()).zip(red.iter_mut());
    for (pixel, ((luma, blue), red)) in pixels.iter().zip(samples) {
        let rgb = lights(pixel);
        let [r, g, b] = rgb.map(i32::from);
        *luma = luma_of(rgb);
        *blue = byte(-11059 * r - 21709 * g + 32768 * b + (128 << 16));
        *red = byte(32768 * r - 27439 * g - 5329 * b + (128 << 16));
    }
    (luma, Some([blue, red]))
}

#[inline]
fn byte(fixed: i32) -> u8 {
    ((fixed + 0x8000) >> 16).clamp(0, 255) as u8
}

/// The luma of a pixel of three colours.
#[inline]
pub(super) fn luma_of(rgb: [u8; 3]) -> u8 {
    let [r, g, b] = rgb.map(i32::from);
    byte(19595 * r + 38470 * g + 7471 * b)
}

/// In which order stored pixels are read, so that they stand upright.
pub(super) struct Walk {
    pub(super) width: usize,
    pub(super) height: usize,
    start: isize,
    right: isize,
    down: isize,
}

impl Walk {
    /// EXIF 2.32, tag 0x0112; what is no orientation is upright.
    pub(super) fn new(width: u16, height: u16, orientation: u8) -> Self {
        let (w, h) = (i32::from(width) as isize, i32::from(height) as isize);
        let (start, right, down) = match orientation {
            2 => (w - 1, -1, w),
            3 => (w * h - 1, -1, -w),
            4 => ((h - 1) * w, 1, -w),
            5 => (0, w, 1),
            6 => ((h - 1) * w, -w, 1),
            7 => (w * h - 1, -w, -1),
            8 => (w - 1, w, -1),
            _ => (0, 1, w),
        };
        let (width, height) = (usize::from(width), usize::from(height));
        let (width, height) = if (5..=8).contains(&orientation) { (height, width) } else { (width, height) };
        Self { width, height, start, right, down }
    }

    /// A plane of stored samples, standing upright.
    pub(super) fn upright(&self, stored: Plane) -> Plane {
        if (self.start, self.right) == (0, 1) && self.down.unsigned_abs() == self.width {
            return stored;
        }
        let mut upright = Zeroizing::new(Vec::with_capacity(stored.len()));
        let mut row = self.start;
        for _ in 0..self.height {
            let mut at = row;
            for _ in 0..self.width {
                upright.push(stored[at.unsigned_abs()]);
                at += self.right;
            }
            row += self.down;
        }
        upright
    }
}
