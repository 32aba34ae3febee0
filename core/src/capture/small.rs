//! A photo drawn small, in memory, and wiped wherever it lay.

use gauze_seal::strip::{Stripped, draw_eighth};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::PixelFormat;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zeroize::{Zeroize as _, Zeroizing};

use super::pixels::{Decoded, decode};

/// Longest side of a preview in pixels.
pub(super) const PREVIEW_SIDE: u16 = 512;
/// A picture whose eighth has so many pixels at its longest side needs no decoder: from 3072 on.
const ENOUGH: u16 = PREVIEW_SIDE / 4 * 3;

/// A small picture, and what its bytes are. Wiped on drop.
pub(super) struct Small {
    picture: DynamicImage,
    colours: ColorType,
}

impl Small {
    /// As small as it comes out of its blocks or its decoder; as stored, not turned. `photo` is what was kept of `jpeg`.
    pub(super) fn drawn(jpeg: &[u8], photo: &Stripped<'_>) -> Option<Self> {
        Self::from_blocks(jpeg, photo).or_else(|| Self::decoded(jpeg))
    }

    /// By the blocks' means, where they are pixels enough.
    pub(super) fn from_blocks(jpeg: &[u8], photo: &Stripped<'_>) -> Option<Self> {
        if photo.width().max(photo.height()) < ENOUGH * 8 {
            return None;
        }
        let mut eighth = draw_eighth(jpeg, photo)?;
        let pixels = std::mem::take(&mut *eighth.pixels);
        let (width, height) = (eighth.width, eighth.height);
        if eighth.coloured {
            let picture = RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)?;
            Some(Self { picture, colours: ColorType::Ycbcr })
        } else {
            let picture = GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)?;
            Some(Self { picture, colours: ColorType::Luma })
        }
    }

    /// By a decoder that scales. It also draws what is not all there.
    fn decoded(jpeg: &[u8]) -> Option<Self> {
        let Decoded { pixels, info, .. } = decode(jpeg, (PREVIEW_SIDE, PREVIEW_SIDE)).ok()?;
        let (width, height) = (u32::from(info.width), u32::from(info.height));
        let (picture, colours) = match info.pixel_format {
            PixelFormat::RGB24 => {
                (RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)?, ColorType::Rgb)
            }
            PixelFormat::L8 => {
                (GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)?, ColorType::Luma)
            }
            // Phones do not make these; the records side shows them.
            PixelFormat::L16 | PixelFormat::CMYK32 => return None,
        };
        Some(Self { picture, colours })
    }

    /// Pixels across and down.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.picture.width() as usize, self.picture.height() as usize)
    }

    /// Brightness alone, row by row.
    pub(super) fn luma(&self) -> Zeroizing<Vec<u8>> {
        let (pixels, (width, height)) = (self.picture.as_bytes(), self.size());
        let brightness = |pixel: &[u8]| match (self.colours, pixel) {
            // Of JFIF.
            (ColorType::Rgb, &[red, green, blue]) => {
                let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
                u8::try_from((sum + 500) / 1000).unwrap_or(u8::MAX)
            }
            _ => pixel[0],
        };
        let channels = (pixels.len() / (width * height).max(1)).max(1);
        Zeroizing::new(pixels.chunks_exact(channels).map(brightness).collect())
    }

    /// To a preview's size, where it is larger.
    pub(super) fn shrink(&mut self) {
        let side = u32::from(PREVIEW_SIDE);
        if self.picture.width().max(self.picture.height()) > side {
            self.becomes(self.picture.thumbnail(side, side));
        }
    }

    /// Upright, as EXIF's orientation says.
    pub(super) fn turn(&mut self, orientation: u8) {
        let upright = Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms);
        match upright {
            Orientation::Rotate90 | Orientation::Rotate90FlipH => self.becomes(self.picture.rotate90()),
            Orientation::Rotate270 | Orientation::Rotate270FlipH => self.becomes(self.picture.rotate270()),
            in_place => self.picture.apply_orientation(in_place),
        }
        if matches!(upright, Orientation::Rotate90FlipH | Orientation::Rotate270FlipH) {
            self.picture.apply_orientation(Orientation::FlipHorizontal);
        }
    }

    pub(super) fn encode(&self, quality: u8) -> Option<Zeroizing<Vec<u8>>> {
        let [width, height] =
            [self.picture.width(), self.picture.height()].map(|side| u16::try_from(side).ok());
        let mut out = Zeroizing::new(Vec::with_capacity(256 * 1024));
        let mut encoder = Encoder::new(&mut *out, quality);
        encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
        encoder.encode(self.picture.as_bytes(), width?, height?, self.colours).ok()?;
        Some(out)
    }

    fn becomes(&mut self, picture: DynamicImage) {
        wipe(&mut std::mem::replace(&mut self.picture, picture));
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        wipe(&mut self.picture);
    }
}

fn wipe(picture: &mut DynamicImage) {
    match picture {
        DynamicImage::ImageRgb8(pixels) => pixels.zeroize(),
        DynamicImage::ImageLuma8(pixels) => pixels.zeroize(),
        // [`Small`] makes no other kind.
        _ => {}
    }
}
