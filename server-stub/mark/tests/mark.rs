//! The mark in pictures that are drawn here: read back after what messages do to photos, and never read where there is none.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says where; shades of grey"
)]

use gauze_mark::{Event, Luma, LumaMut, MarkKey, Search, Strength, embed, find};
use image::{GrayImage, ImageFormat, codecs::jpeg::JpegEncoder, imageops};
use std::io::Cursor;

/// Something like skin and cloth: slow shades, a few edges, and grain.
fn scene(width: u32, height: u32) -> GrayImage {
    let mut grain = 1_u32;
    GrayImage::from_fn(width, height, |x, y| {
        grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (x as f32, y as f32);
        let shade = 128.0 + 50.0 * (x / 310.0).sin() + 30.0 * (y / 170.0).cos();
        let edge = if (x / 90.0 + (y / 70.0).sin()).fract() < 0.2 { 25.0 } else { 0.0 };
        image::Luma([(shade + edge + (grain >> 28) as f32 - 8.0) as u8])
    })
}

fn marked(key: &MarkKey, event: Event, strength: Strength) -> GrayImage {
    let mut picture = scene(1600, 1200);
    embed(&mut LumaMut::new(1600, 1200, &mut picture).unwrap(), key, event, strength);
    picture
}

fn found(picture: &GrayImage, key: &MarkKey, search: Search) -> Option<Event> {
    let (width, height) = picture.dimensions();
    let luma = Luma::new(width as usize, height as usize, picture).unwrap();
    find(luma, key, search).map(|finding| finding.event)
}

fn jpeg(picture: &GrayImage, quality: u8) -> GrayImage {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).unwrap();
    image::load(Cursor::new(bytes), ImageFormat::Jpeg).unwrap().to_luma8()
}

/// Straight, and only about the scale that is so: quick without optimisation.
fn near(scale: f32) -> Search {
    Search { scales: (scale * 0.99, scale * 1.01), degrees: 0.0, mirrored: false }
}

const SCALE: f32 = 1600.0 / 2048.0;

#[test]
fn a_mark_is_read_after_compression_resizing_and_cropping() {
    let (key, event) = (MarkKey::new(&[1; 32], 1), Event::new(0xAB_CDEF_0123).unwrap());
    let picture = marked(&key, event, Strength::Usual);
    assert_eq!(found(&picture, &key, near(SCALE)), Some(event));
    assert_eq!(found(&jpeg(&picture, 50), &key, near(SCALE)), Some(event));
    let half = imageops::resize(&picture, 800, 600, imageops::FilterType::Triangle);
    assert_eq!(found(&jpeg(&half, 80), &key, near(SCALE / 2.0)), Some(event));
    let part = imageops::crop_imm(&picture, 333, 222, 800, 600).to_image();
    assert_eq!(found(&jpeg(&part, 85), &key, near(SCALE)), Some(event));
    let mirror = imageops::flip_horizontal(&picture);
    assert_eq!(found(&mirror, &key, Search { mirrored: true, ..near(SCALE) }), Some(event));
}

#[test]
fn nobody_is_named_by_a_picture_without_a_mark_or_with_anothers() {
    let (key, event) = (MarkKey::new(&[1; 32], 1), Event::new(7).unwrap());
    assert_eq!(found(&scene(1600, 1200), &key, near(SCALE)), None);
    let picture = marked(&key, event, Strength::Usual);
    for other in [MarkKey::new(&[2; 32], 1), MarkKey::new(&[1; 32], 2)] {
        assert_eq!(found(&picture, &other, near(SCALE)), None);
    }
}

#[test]
fn a_mark_is_as_strong_as_was_asked_and_the_same_each_time() {
    let (key, event) = (MarkKey::new(&[3; 32], 1), Event::new(42).unwrap());
    for strength in [Strength::Usual, Strength::Dermatology] {
        let picture = marked(&key, event, strength);
        assert_eq!(picture, marked(&key, event, strength));
        let plain = scene(1600, 1200);
        let error: f32 =
            picture.iter().zip(plain.iter()).map(|(a, b)| f32::from(a.abs_diff(*b)).powi(2)).sum();
        let decibels = 10.0 * (255.0_f32.powi(2) * plain.len() as f32 / error).log10();
        assert!((decibels - strength.decibels()).abs() < 0.3, "{decibels}");
    }
}

#[test]
fn pictures_of_any_size_are_marked_and_searched() {
    let (key, event) = (MarkKey::new(&[4; 32], 1), Event::new(1).unwrap());
    for (width, height) in [(1, 1), (2, 700), (17, 9), (640, 15), (333, 257)] {
        let mut picture = scene(width, height);
        embed(
            &mut LumaMut::new(width as usize, height as usize, &mut picture).unwrap(),
            &key,
            event,
            Strength::Usual,
        );
        assert!(found(&picture, &key, near(0.3)).is_none_or(|read| read == event), "{width}x{height}");
    }
    assert!(Luma::new(0, 1, &[]).is_err() && Luma::new(2, 2, &[0; 3]).is_err());
    assert!(Event::new(1 << 40).is_none());
}
