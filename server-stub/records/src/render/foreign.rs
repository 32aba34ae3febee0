//! Pictures that come from elsewhere, to be compared and not shown: JPEG as a photo, and PNG and WebP, as screenshots and
//! browsers save them.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageFormat, Limits};
use zeroize::Zeroizing;

use super::RenderError;
use super::decode::{MOST, Walk, decode, edge, luma_of};
use super::plane::{Planes, Unmarked};
use super::size::{Shrink, Wanted};

/// Decodes a picture of one of the three kinds upright; of PNG and WebP its luma alone.
pub(crate) fn compared(bytes: &[u8], orientation: u8, wanted: Wanted) -> Result<Unmarked, RenderError> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => {
            let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits());
            luma(decoder.map_err(|_| RenderError::Decode)?, orientation, wanted)
        }
        Ok(ImageFormat::WebP) => {
            let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|_| RenderError::Decode)?;
            decoder.set_limits(limits()).map_err(|_| RenderError::Kind)?;
            luma(decoder, orientation, wanted)
        }
        Ok(_) | Err(_) => decode(bytes, orientation, wanted),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST as u64);
    limits.max_image_width = Some(u16::MAX.into());
    limits.max_image_height = Some(u16::MAX.into());
    limits
}

fn luma(decoder: impl ImageDecoder, orientation: u8, wanted: Wanted) -> Result<Unmarked, RenderError> {
    let (width, height) = decoder.dimensions();
    let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(RenderError::Kind);
    };
    let (colours, length) = (decoder.color_type(), usize::try_from(decoder.total_bytes()));
    let length = length.ok().filter(|length| *length <= MOST).ok_or(RenderError::Kind)?;
    let mut pixels = Zeroizing::new(vec![0; length]);
    decoder.read_image(&mut pixels).map_err(|_| RenderError::Decode)?;
    let plain = Zeroizing::new(grey(&pixels, colours).ok_or(RenderError::Kind)?);
    let shrink = wanted.of((width, height));
    let (small, across) = (smaller(&plain, usize::from(width), 1 << shrink.exponent()), shrink.of(width));
    let walk = Walk::new(across, shrink.of(height), orientation);
    let whole = Walk::new(width, height, orientation);
    Ok(Unmarked(Planes {
        width: edge(walk.width),
        height: edge(walk.height),
        whole: (edge(whole.width), edge(whole.height)),
        shrink,
        finest: Shrink::NONE,
        luma: walk.upright(small),
        chroma: None,
        icc: None,
    }))
}

/// Luma over white; of sixteen bits a colour the upper eight.
#[expect(clippy::host_endian_bytes, reason = "the decoders write samples as this machine has them")]
fn grey(pixels: &[u8], colours: ColorType) -> Option<Vec<u8>> {
    let upper = || {
        let level = |deep: &[u8]| u16::from_ne_bytes([deep[0], deep[1]]).to_be_bytes()[0];
        Zeroizing::new(pixels.chunks_exact(2).map(level).collect::<Vec<u8>>())
    };
    let over = |level: u8, alpha: u8| {
        let (level, alpha) = (u16::from(level), u16::from(alpha));
        u8::try_from((level * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
    };
    Some(match colours {
        ColorType::L8 => pixels.to_vec(),
        ColorType::La8 => pixels.chunks_exact(2).map(|la| over(la[0], la[1])).collect(),
        ColorType::Rgb8 => pixels.chunks_exact(3).map(|rgb| luma_of([rgb[0], rgb[1], rgb[2]])).collect(),
        ColorType::Rgba8 => {
            let one = |rgba: &[u8]| over(luma_of([rgba[0], rgba[1], rgba[2]]), rgba[3]);
            pixels.chunks_exact(4).map(one).collect()
        }
        ColorType::L16 => return grey(&upper(), ColorType::L8),
        ColorType::La16 => return grey(&upper(), ColorType::La8),
        ColorType::Rgb16 => return grey(&upper(), ColorType::Rgb8),
        ColorType::Rgba16 => return grey(&upper(), ColorType::Rgba8),
        _ => return None,
    })
}

/// The mean of each square of `factor` pixels; at the right and below of what is left of one.
fn smaller(plain: &[u8], width: usize, factor: usize) -> Zeroizing<Vec<u8>> {
    let mut small = Zeroizing::new(Vec::with_capacity(plain.len() / (factor * factor) + 1));
    for rows in plain.chunks(width * factor) {
        let high = rows.len() / width;
        for left in (0..width).step_by(factor) {
            let wide = factor.min(width - left);
            let sum = |row: &[u8]| row[left..left + wide].iter().copied().map(usize::from).sum::<usize>();
            let (sum, count) = (rows.chunks_exact(width).map(sum).sum::<usize>(), high * wide);
            small.push(u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX));
        }
    }
    small
}
