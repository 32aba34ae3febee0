//! The distortions.
#![expect(clippy::cast_possible_truncation, reason = "shades and edges, clamped")]

use std::io::Cursor;

use image::{GrayImage, ImageFormat, codecs::jpeg::JpegEncoder, imageops};

/// As a message sends it.
pub fn jpeg(picture: &GrayImage, quality: u8) -> GrayImage {
    let mut bytes = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture);
    let decoded = encoded.and_then(|()| image::load(Cursor::new(bytes), ImageFormat::Jpeg));
    decoded.map_or_else(|_| GrayImage::new(1, 1), |decoded| decoded.to_luma8())
}

/// As browsers and messengers save it.
pub fn webp(picture: &GrayImage, quality: f32) -> GrayImage {
    let colours: Vec<u8> = picture.iter().flat_map(|value| [*value; 3]).collect();
    let encoder = webp::Encoder::from_rgb(&colours, picture.width(), picture.height());
    let decoded = encoder.encode_simple(false, quality).ok();
    let decoded = decoded.and_then(|bytes| image::load(Cursor::new(&*bytes), ImageFormat::WebP).ok());
    decoded.map_or_else(|| GrayImage::new(1, 1), |decoded| decoded.to_luma8())
}

/// To a multiple of its size.
pub fn resized(picture: &GrayImage, factor: f32) -> GrayImage {
    let edge = |edge: u32| ((edge as f32 * factor) as u32).max(1);
    imageops::resize(picture, edge(picture.width()), edge(picture.height()), imageops::FilterType::Triangle)
}

/// An `nth` of each edge, from anywhere.
pub fn crop(picture: &GrayImage, nth: u32, number: u64) -> GrayImage {
    let mut chance = Chance::new(number);
    let (width, height) = (picture.width() / nth, picture.height() / nth);
    let mut begin = |edge: u32, part: u32| (chance.unit() * (edge - part) as f32) as u32;
    let (left, top) = (begin(picture.width(), width), begin(picture.height(), height));
    imageops::crop_imm(picture, left, top, width, height).to_image()
}

/// A square of so many pixels, from anywhere.
pub fn scrap(picture: &GrayImage, edge: u32, number: u64) -> GrayImage {
    let mut chance = Chance::new(number);
    let mut begin = |whole: u32| (chance.unit() * whole.saturating_sub(edge) as f32) as u32;
    let (left, top) = (begin(picture.width()), begin(picture.height()));
    imageops::crop_imm(picture, left, top, edge, edge).to_image()
}

/// Clockwise, about the middle.
pub fn rotated(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (x0, y0) = (picture.width() as f32 / 2.0, picture.height() as f32 / 2.0);
    drawn(picture.width(), picture.height(), |x, y| {
        let (x, y) = (x - x0, y - y0);
        at(picture, cos * x + sin * y + x0, cos * y - sin * x + y0)
    })
}

/// Shades changed by a curve from 0 to 1.
pub fn toned(picture: &GrayImage, curve: impl Fn(f32) -> f32) -> GrayImage {
    let mut picture = picture.clone();
    picture.iter_mut().for_each(|value| *value = curve(f32::from(*value) / 255.0).clamp(0.0, 255.0) as u8);
    jpeg(&picture, 80)
}

/// Another colour temperature: the luma of skin of that luma whose red and blue were taken by these factors.
pub fn warmed(picture: &GrayImage, [red, blue]: [f32; 2]) -> GrayImage {
    toned(picture, |value| {
        let level = value * 255.0;
        let light = |value: f32| value.clamp(0.0, 255.0);
        let [r, g, b] = [light((level + 22.0) * red), light(level - 8.0), light((level - 18.0) * blue)];
        0.299 * r + 0.587 * g + 0.114 * b
    })
}

/// Gaussian noise of so many levels.
pub fn noisy(picture: &GrayImage, levels: f32, number: u64) -> GrayImage {
    let mut chance = Chance::new(number);
    let mut picture = picture.clone();
    picture
        .iter_mut()
        .for_each(|value| *value = (f32::from(*value) + levels * chance.normal()).clamp(0.0, 255.0) as u8);
    picture
}

/// A screenshot of a page that shows the picture, at some zoom, gamma and gain, with the page around it.
pub fn screenshot(picture: &GrayImage, number: u64) -> GrayImage {
    let mut chance = Chance::new(number);
    let small = resized(picture, 0.55 + 0.45 * chance.unit());
    let (gamma, gain) = (0.85 + 0.3 * chance.unit(), 0.9 + 0.15 * chance.unit());
    let mut page = GrayImage::from_pixel(small.width() + 260, small.height() + 180, image::Luma([238]));
    for (column, row, pixel) in small.enumerate_pixels() {
        let value = (f32::from(pixel.0[0]) / 255.0).powf(gamma) * 255.0 * gain;
        page.put_pixel(column + 200, row + 90, image::Luma([value.clamp(0.0, 255.0) as u8]));
    }
    jpeg(&page, 60 + (25.0 * chance.unit()) as u8)
}

/// A photo of a screen: held at an angle, a little out of focus, with the beat of the screen's grid, another gamma, and noise.
pub fn screen(picture: &GrayImage, number: u64) -> GrayImage {
    let mut chance = Chance::new(number);
    let mut about = |most: f32| most * (2.0 * chance.unit() - 1.0);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (sin, cos) = about(3.0).to_radians().sin_cos();
    let (lean, tilt, zoom) = (about(0.08) / width, about(0.08) / height, 1.0 + about(0.08));
    let (right, down, gamma, beat) =
        (about(0.02) * width, about(0.02) * height, 1.0 + about(0.15), about(0.4));
    let seen = drawn(picture.width(), picture.height(), |x, y| {
        let (x, y) = (x - width / 2.0, y - height / 2.0);
        let depth = (1.0 + lean * x + tilt * y) / zoom;
        let (u, v) = (
            (cos * x + sin * y) / depth + width / 2.0 + right,
            (cos * y - sin * x) / depth + height / 2.0 + down,
        );
        let moire = 5.0 * ((2.1 + 0.1 * beat) * u + beat * v).sin() * ((2.05 - 0.1 * beat) * v).cos();
        255.0 * (at(picture, u, v) / 255.0).powf(gamma) * 0.9 + 8.0 + moire
    });
    noisy(&imageops::blur(&seen, 0.8), 3.0, number)
}

/// The mean of several people's copies.
pub fn averaged(copies: &[GrayImage]) -> GrayImage {
    let Some(first) = copies.first() else { return GrayImage::new(1, 1) };
    let mean =
        |at: usize| copies.iter().map(|copy| f32::from(copy.as_raw()[at])).sum::<f32>() / copies.len() as f32;
    let bytes = (0..first.len()).map(|at| mean(at).round() as u8).collect();
    GrayImage::from_raw(first.width(), first.height(), bytes).unwrap_or_else(|| first.clone())
}

fn drawn(width: u32, height: u32, draw: impl Fn(f32, f32) -> f32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        image::Luma([(draw(x as f32 + 0.5, y as f32 + 0.5) + 0.5).clamp(0.0, 255.0) as u8])
    })
}

/// Between the nearest four pixels; a dark room outside.
fn at(picture: &GrayImage, x: f32, y: f32) -> f32 {
    let (x, y) = (x - 0.5, y - 0.5);
    let (width, height) = picture.dimensions();
    if x < 0.0 || y < 0.0 || x >= (width - 1) as f32 || y >= (height - 1) as f32 {
        return 25.0;
    }
    let (left, top) = (x as u32, y as u32);
    let (across, down) = (x - left as f32, y - top as f32);
    let pixel = |right: u32, below: u32| f32::from(picture.get_pixel(left + right, top + below).0[0]);
    let upper = pixel(0, 0) + (pixel(1, 0) - pixel(0, 0)) * across;
    let lower = pixel(0, 1) + (pixel(1, 1) - pixel(0, 1)) * across;
    upper + (lower - upper) * down
}

/// Numbers that look drawn and are the same each time (xorshift).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(number: u64) -> Self {
        let mut chance = Self(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..8 {
            chance.unit();
        }
        chance
    }

    /// 0 to 1.
    pub(super) fn unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / 16_777_216.0
    }

    /// Mean 0, deviation 1: the sum of twelve.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}
