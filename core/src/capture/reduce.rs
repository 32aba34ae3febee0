//! A smaller rendering of a picture, made before it is sealed, where the signed policy asks for one.
//!
//! Always: it is the same picture, whole: decoded again it is like what was encoded (`likeness`), its orientation and
//! colour profile stay, and it holds nothing that [`strip`](gauze_seal::strip::strip) would remove. Where that fails, or
//! little would be saved, there is none and the camera's own bytes are sealed. `docs/compression.md` argues the limits.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use gauze_seal::strip::{Stripped, orientation_segment};
use gauze_wire::{FoundMarker, Reduction};
use jpeg_decoder::PixelFormat;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zeroize::{Zeroize as _, Zeroizing};

use super::likeness::is_like;
use super::pixels::{Decoded, decode};

/// A millimetre spans ten pixels at least, where a marker says how many it spans: nanometres a pixel.
const COARSEST_NM: u64 = 100_000;
/// Tried in turn where the policy's is not enough for a picture.
const QUALITIES: [u8; 4] = [90, 93, 96, 100];
/// A rendering that saves less than a tenth is not worth what it loses.
const WORTH: (u64, u64) = (9, 10);

/// Makes the rendering, or says by `None` that the camera's own is to be sealed.
pub(super) fn reduce(
    photo: &Stripped<'_>,
    rule: Reduction,
    marker: Option<&FoundMarker>,
) -> Option<Zeroizing<Vec<u8>>> {
    let target = target(photo, rule, marker)?;
    let jpeg = Zeroizing::new(photo.slices().collect::<Vec<_>>().concat());
    let small = Small::make(&jpeg, target)?;
    drop(jpeg);
    let qualities = QUALITIES.into_iter().filter(|&quality| quality > rule.quality_floor);
    for quality in [rule.quality_floor].into_iter().chain(qualities) {
        let made = small.encode(quality, photo.orientation())?;
        if made.len() as u64 * WORTH.1 > photo.len() * WORTH.0 {
            return None;
        }
        if is_like(&small.pixels, &decode(&made, target).ok()?, target, small.kind.channels) {
            return Some(made);
        }
    }
    None
}

/// How large the rendering is to be, in pixels across and down.
fn target(photo: &Stripped<'_>, rule: Reduction, marker: Option<&FoundMarker>) -> Option<(u16, u16)> {
    let (width, height) = (u64::from(photo.width()), u64::from(photo.height()));
    let most = u64::from(rule.max_megapixels) * 1_000_000;
    if width * height <= most {
        return None;
    }
    // Both sides shrink alike: to the largest width whose height keeps the picture within its limit.
    let mut across = (most * width / height).isqrt();
    if let Some(marker) = marker {
        across = across.max((width * u64::from(marker.scale_nm)).div_ceil(COARSEST_NM));
    }
    let down = across * height / width;
    if across >= width || down == 0 {
        return None;
    }
    Some((u16::try_from(across).ok()?, u16::try_from(down).ok()?))
}

/// The scale that a marker gives in a rendering `to` pixels across of a picture `from` pixels across.
pub(super) fn scaled(marker: FoundMarker, from: u16, to: u16) -> FoundMarker {
    let (from, to) = (u64::from(from), u64::from(to.max(1)));
    let scale_nm = (u64::from(marker.scale_nm) * from + to / 2) / to;
    FoundMarker { scale_nm: u32::try_from(scale_nm).unwrap_or(u32::MAX), ..marker }
}

/// What pixels are, for each of the libraries.
#[derive(Clone, Copy)]
struct Form {
    channels: usize,
    resized: PixelType,
    encoded: ColorType,
}

impl Form {
    fn of(format: PixelFormat) -> Option<Self> {
        match format {
            PixelFormat::RGB24 => {
                Some(Self { channels: 3, resized: PixelType::U8x3, encoded: ColorType::Rgb })
            }
            PixelFormat::L8 => Some(Self { channels: 1, resized: PixelType::U8, encoded: ColorType::Luma }),
            // Phones do not make these; they stay as they are.
            PixelFormat::L16 | PixelFormat::CMYK32 => None,
        }
    }
}

/// The pixels of the rendering. Wiped on drop.
struct Small {
    pixels: Zeroizing<Vec<u8>>,
    size: (u16, u16),
    kind: Form,
    icc: Option<Vec<u8>>,
}

impl Small {
    fn make(jpeg: &[u8], size: (u16, u16)) -> Option<Self> {
        let Decoded { pixels, info, icc } = decode(jpeg, size).ok()?;
        let pixels = Zeroizing::new(pixels);
        let kind = Form::of(info.pixel_format)?;
        let from = ImageRef::new(info.width.into(), info.height.into(), &pixels, kind.resized).ok()?;
        let mut to = Image::new(size.0.into(), size.1.into(), kind.resized);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        let resized = Resizer::new().resize(&from, &mut to, &options);
        let mut small = to.into_vec();
        if resized.is_err() {
            small.zeroize();
            return None;
        }
        Some(Self { pixels: Zeroizing::new(small), size, kind, icc })
    }

    /// Colour at full resolution: halving it costs wounds more colour than a lower quality does.
    fn encode(&self, quality: u8, orientation: u8) -> Option<Zeroizing<Vec<u8>>> {
        let mut made = Zeroizing::new(Vec::with_capacity(self.pixels.len() / 4));
        let mut encoder = Encoder::new(&mut *made, quality);
        encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
        if orientation != 1 {
            encoder.add_app_segment(1, orientation_segment(orientation)[4..].to_vec()).ok()?;
        }
        if let Some(icc) = &self.icc {
            encoder.add_icc_profile(icc).ok()?;
        }
        encoder.encode(&self.pixels, self.size.0, self.size.1, self.kind.encoded).ok()?;
        Some(made)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wounds;
