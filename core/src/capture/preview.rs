//! A small picture for the review list, made from memory and never from or to a plaintext file.

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{ImageInfo, PixelFormat};
use zeroize::{Zeroize as _, Zeroizing};

use super::pixels::{Decoded, NotDecoded, decode};
use crate::store::StoreError;

/// Longest side of a preview in pixels.
pub const PREVIEW_SIDE: u16 = 512;
const QUALITY: u8 = 80;
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
    let side = PREVIEW_SIDE;
    let Decoded { pixels, info, .. } =
        decode(jpeg, (side, side)).map_err(|NotDecoded| PreviewError::Decoder)?;
    let mut picture = to_image(pixels, &info).ok_or(PreviewError::Decoder)?;
    let side = u32::from(side);
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
