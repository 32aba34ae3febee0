//! A small picture for the review list, made from memory and never from or to a plaintext file.

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{CodingProcess, Decoder, ImageInfo, PixelFormat};
use zeroize::{Zeroize as _, Zeroizing};

use crate::store::StoreError;

/// Longest side of a preview in pixels.
pub const PREVIEW_SIDE: u16 = 512;
const QUALITY: u8 = 80;
/// A progressive picture is whole in memory before it is scaled: 16-bit coefficients of all components.
const COEFFICIENTS: u64 = 128 << 20;
/// Cameras and editors make some ten; each goes over all coefficients again.
const SCANS: usize = 100;

/// Why there is no preview. The photo itself is not touched by it.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// Local review is off, or has ended for this photo.
    #[error("this photo cannot be reviewed on this phone")]
    NotReviewable,
    /// The bytes are not those that were captured.
    #[error("these are not the bytes of that photo")]
    OtherPhoto,
    /// The phone is locked and no longer remembers the photo: unlock it.
    #[error("unlock the phone to make the preview")]
    Locked,
    /// The decoder did not manage it.
    #[error("the photo has no preview: its picture cannot be decoded")]
    Decoder,
    /// No random bytes to seal with.
    #[error("no random numbers: try again")]
    Entropy,
    /// The storage did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PreviewError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotReviewable => "review_off",
            Self::OtherPhoto => "other_photo",
            Self::Locked => "locked",
            Self::Decoder => "no_preview",
            Self::Entropy => "no_entropy",
            Self::Store(error) => error.code(),
        }
    }
}

/// Decodes at a fraction of the size (DCT scaling), turns upright, encodes small.
pub fn make_preview(jpeg: &[u8], orientation: u8) -> Result<Zeroizing<Vec<u8>>, PreviewError> {
    let mut decoder = Decoder::new(jpeg);
    decoder.set_max_decoding_buffer_size(256 << 20);
    decoder.read_info().map_err(|_| PreviewError::Decoder)?;
    let frame = decoder.info().ok_or(PreviewError::Decoder)?;
    if frame.coding_process == CodingProcess::DctProgressive && is_too_costly(&frame, jpeg) {
        return Err(PreviewError::Decoder);
    }
    decoder.scale(PREVIEW_SIDE, PREVIEW_SIDE).map_err(|_| PreviewError::Decoder)?;
    let pixels = decoder.decode().map_err(|_| PreviewError::Decoder)?;
    let info = decoder.info().ok_or(PreviewError::Decoder)?;
    let mut picture = to_image(pixels, &info).ok_or(PreviewError::Decoder)?;
    let side = u32::from(PREVIEW_SIDE);
    if picture.width().max(picture.height()) > side {
        let small = picture.thumbnail(side, side);
        wipe(std::mem::replace(&mut picture, small));
    }
    let upright = image::metadata::Orientation::from_exif(orientation);
    picture.apply_orientation(upright.unwrap_or(image::metadata::Orientation::NoTransforms));
    let mut out = Zeroizing::new(Vec::with_capacity(256 * 1024));
    let encoded = JpegEncoder::new_with_quality(&mut *out, QUALITY).encode_image(&picture);
    wipe(picture);
    encoded.map_err(|_| PreviewError::Decoder)?;
    Ok(out)
}

fn is_too_costly(frame: &ImageInfo, jpeg: &[u8]) -> bool {
    let components = frame.pixel_format.pixel_bytes() as u64;
    let coefficients = u64::from(frame.width) * u64::from(frame.height) * components * 2;
    // Within entropy-coded data 0xFF is always followed by 0 or a restart marker.
    let scans = memchr::memmem::find_iter(jpeg, &[0xFF, 0xDA]).take(SCANS + 1).count();
    coefficients > COEFFICIENTS || scans > SCANS
}

fn to_image(pixels: Vec<u8>, info: &ImageInfo) -> Option<DynamicImage> {
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    match info.pixel_format {
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        // Phones do not make these; the records side shows them.
        PixelFormat::L16 | PixelFormat::CMYK32 => None,
    }
}

fn wipe(picture: DynamicImage) {
    match picture {
        DynamicImage::ImageRgb8(pixels) => pixels.into_raw().zeroize(),
        DynamicImage::ImageLuma8(pixels) => pixels.into_raw().zeroize(),
        // `to_image` makes no other kind.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progressive_picture_that_would_fill_the_memory_or_take_minutes_has_no_preview() {
        let of = |side| ImageInfo {
            width: side,
            height: side,
            pixel_format: PixelFormat::RGB24,
            coding_process: CodingProcess::DctProgressive,
        };
        let scans = |n| [0xFF, 0xDA].repeat(n);
        assert!(!is_too_costly(&of(4000), &scans(SCANS)));
        assert!(is_too_costly(&of(12_000), &scans(1)));
        assert!(is_too_costly(&of(u16::MAX), &scans(1)));
        assert!(is_too_costly(&of(100), &scans(SCANS + 1)));
    }
}
