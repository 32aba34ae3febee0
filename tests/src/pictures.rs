//! What the camera gives: a directory's files, or generated 12-megapixel samples that carry EXIF and GPS.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use image::{ExtendedColorType, ImageEncoder as _, codecs::jpeg::JpegEncoder};

const SAMPLES: u32 = 6;
const WIDTH: u32 = 4000;
const HEIGHT: u32 = 3000;

/// The regular files of a directory, by name.
pub fn read_dir(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    anyhow::ensure!(!files.is_empty(), "{} holds no regular files", dir.display());
    files.sort();
    files.iter().map(|file| Ok(std::path::absolute(file)?)).collect()
}

/// Writes the samples.
pub fn samples(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(dir)?;
    (1..=SAMPLES)
        .map(|n| {
            let path = dir.join(format!("wound-{n}.jpg"));
            let mut file = std::fs::File::create(&path)?;
            file.write_all(&picture(n, WIDTH, HEIGHT)?)?;
            Ok(path)
        })
        .collect()
}

/// A picture as a phone's camera gives it: EXIF with model and position, and something like a wound.
pub fn picture(n: u32, width: u32, height: u32) -> anyhow::Result<Vec<u8>> {
    Ok(with_exif(&draw(n, width, height)?))
}

/// A JPEG of exactly `bytes` bytes: a small picture whose last scan goes on and on. Whoever does not decode it takes it for
/// a large one.
pub fn picture_of(bytes: usize) -> anyhow::Result<Vec<u8>> {
    let mut jpeg = picture(1, 64, 48)?;
    let end = jpeg.split_off(jpeg.len() - 2);
    let mut grain = 0x9e37_79b9_u32;
    let scan = std::iter::repeat_with(|| {
        grain ^= grain << 13;
        grain ^= grain >> 17;
        grain ^= grain << 5;
        // No byte of it begins a marker.
        (grain & 0x7f) as u8
    });
    let rest = bytes.checked_sub(jpeg.len() + end.len()).context("smaller than the smallest picture")?;
    jpeg.extend(scan.take(rest));
    jpeg.extend(end);
    Ok(jpeg)
}

/// Something like skin with something like a wound on it, with enough grain to weigh as much as a photo.
fn draw(n: u32, width: u32, height: u32) -> anyhow::Result<Vec<u8>> {
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    let (centre_x, centre_y) = (width / 4 + width / 20 * n, height / 4 + height / 20 * n);
    let mut grain = 0x9e37_79b9_u32.wrapping_mul(n + 1);
    for y in 0..height {
        for x in 0..width {
            grain ^= grain << 13;
            grain ^= grain >> 17;
            grain ^= grain << 5;
            let noise = (grain & 15) as u8;
            let (dx, dy) = (x.abs_diff(centre_x) / 3, y.abs_diff(centre_y) / 2);
            let inside = u64::from(dx).pow(2) + u64::from(dy).pow(2) < u64::from(width / 13).pow(2);
            let [r, g, b] = if inside { [150, 40, 44] } else { [214, 168, 146] };
            pixels.extend([r + noise, g + noise, b + noise]);
        }
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 88).write_image(
        &pixels,
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(jpeg)
}

/// The camera and the place that every picture's EXIF names, as they stand in the file: what each is, and its bytes.
pub fn whereabouts() -> [(&'static str, Vec<u8>); 3] {
    let degrees = |values: [(u32, u32); 3]| -> Vec<u8> {
        values.iter().flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()].concat()).collect()
    };
    [
        ("the camera", b"DemoPhone 1\0".to_vec()),
        ("the latitude", degrees([(55, 1), (46, 1), (3000, 100)])),
        ("the longitude", degrees([(4, 1), (2, 1), (1200, 100)])),
    ]
}

/// Adds an EXIF segment with a camera model and a position, as a phone would (little-endian TIFF, IFD0 and GPS IFD).
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    let offset = |value: u32| value.to_le_bytes();
    // TIFF header at 0, IFD0 at 8 with two entries (30 bytes), GPS IFD at 38 with four entries (54 bytes), then data.
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend(entry(0x0110, 2, 12, offset(92)));
    tiff.extend(entry(0x8825, 4, 1, offset(38)));
    tiff.extend([0; 4]);
    tiff.extend(4_u16.to_le_bytes());
    tiff.extend(entry(1, 2, 2, *b"N\0\0\0"));
    tiff.extend(entry(2, 5, 3, offset(104)));
    tiff.extend(entry(3, 2, 2, *b"W\0\0\0"));
    tiff.extend(entry(4, 5, 3, offset(128)));
    tiff.extend([0; 4]);
    tiff.extend(whereabouts().into_iter().flat_map(|(_, bytes)| bytes));
    let mut segment = b"Exif\0\0".to_vec();
    segment.extend(tiff);
    let length = u16::try_from(segment.len() + 2).expect("a small segment");
    [&jpeg[..2], &[0xff, 0xe1], &length.to_be_bytes(), &segment, &jpeg[2..]].concat()
}
