//! Pictures made for the tests, and the decoders that judge them.

use gauze_seal::strip::Stripped;
use image::ImageEncoder;

pub fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap();
    [&[0xFF, marker][..], &length.to_be_bytes(), payload].concat()
}

/// A JPEG as the image crate writes it: SOI, JFIF, tables, SOF0, SOS, data, EOI.
pub fn plain(width: u32, height: u32) -> Vec<u8> {
    let pixels: Vec<u8> = (0..width * height * 3)
        .map(|at| u8::try_from((at.wrapping_mul(2_654_435_761) >> 13) % 256).unwrap())
        .collect();
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 85)
        .write_image(&pixels, width, height, image::ExtendedColorType::Rgb8)
        .unwrap();
    out
}

/// `plain` with segments put in behind SOI.
pub fn with_front(segments: &[Vec<u8>]) -> Vec<u8> {
    let jpeg = plain(40, 24);
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

/// The payload of an EXIF segment: camera, orientation, a GPS directory and a thumbnail pointer.
pub fn exif(little: bool, orientation: u16) -> Vec<u8> {
    let u16b = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let u32b = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&u16b(tag)[..], &u16b(kind), &u32b(count), &value].concat()
    };
    let short = |value: u16| {
        let mut field = [0; 4];
        field[..2].copy_from_slice(&u16b(value));
        field
    };
    let mut out = b"Exif\0\0".to_vec();
    out.extend_from_slice(if little { b"II" } else { b"MM" });
    out.extend_from_slice(&u16b(42));
    out.extend_from_slice(&u32b(8));
    out.extend_from_slice(&u16b(3));
    out.extend(entry(0x010F, 2, 4, *b"Cam\0"));
    out.extend(entry(0x0112, 3, 1, short(orientation)));
    out.extend(entry(0x8825, 4, 1, u32b(50)));
    out.extend_from_slice(&u32b(0));
    out.extend_from_slice(b"GPSSECRETPOSITION");
    out
}

pub fn bytes(stripped: &Stripped<'_>) -> Vec<u8> {
    let out = stripped.slices().collect::<Vec<_>>().concat();
    assert_eq!(out.len() as u64, stripped.len());
    out
}

pub type Pixels = Result<(u32, u32, Vec<u8>), String>;

/// What the image crate (zune-jpeg) draws, or how it fails.
pub fn decode_image(jpeg: &[u8]) -> Pixels {
    let mut reader = image::ImageReader::new(std::io::Cursor::new(jpeg));
    reader.set_format(image::ImageFormat::Jpeg);
    let picture = reader.decode().map_err(|error| error.to_string())?;
    Ok((picture.width(), picture.height(), picture.into_bytes()))
}

/// What jpeg-decoder draws, or how it fails.
pub fn decode_other(jpeg: &[u8]) -> Pixels {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let info = decoder.info().unwrap();
    Ok((u32::from(info.width), u32::from(info.height), pixels))
}

/// Whether a decoder that draws the one draws the other alike. What it does not draw, it may draw stripped.
pub fn draws_alike(decode: fn(&[u8]) -> Pixels, before: &[u8], after: &[u8]) -> bool {
    let drawn = decode(before);
    drawn.is_err() || decode(after) == drawn
}

/// Marker codes and payloads up to SOS, read by other code than the strip's.
pub fn front_segments(jpeg: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut at = 2;
    let mut out = Vec::new();
    loop {
        assert_eq!(jpeg[at], 0xFF);
        let (marker, length) = (jpeg[at + 1], usize::from(jpeg[at + 2]) << 8 | usize::from(jpeg[at + 3]));
        out.push((marker, jpeg[at + 4..at + 2 + length].to_vec()));
        at += 2 + length;
        if marker == 0xDA {
            return out;
        }
    }
}
