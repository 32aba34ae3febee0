//! A picture drawn at an eighth of its size, against the means of what other decoders draw.

use std::io::Write as _;
use std::process::{Command, Stdio};

use gauze_seal::strip::{Eighth, draw_eighth, strip};
use image::ImageEncoder as _;

use crate::pictures::{decode_other, segment};

fn draw(jpeg: &[u8]) -> Option<Eighth> {
    draw_eighth(jpeg, &strip(jpeg).ok()?)
}

/// Colours that change slowly in all directions, each in another.
fn pixels(width: u32, height: u32) -> Vec<u8> {
    let of = |at: u32, side: u32| u8::try_from(40 + at * 170 / side).unwrap();
    let at = |n: u32| {
        let (x, y) = (n % width, n / width);
        [of(x, width), of(y, height), of(x + y, width + height)]
    };
    (0..width * height).flat_map(at).collect()
}

fn by_cjpeg(width: u32, height: u32, options: &[&str]) -> Option<Vec<u8>> {
    let mut child =
        Command::new("cjpeg").args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = child.stdin.take()?;
    let picture = [format!("P6 {width} {height} 255\n").as_bytes(), &pixels(width, height)].concat();
    let feeding = std::thread::spawn(move || drop(input.write_all(&picture)));
    let output = child.wait_with_output().ok()?;
    feeding.join().ok()?;
    Some(output.stdout)
}

fn by_image(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 92)
        .write_image(&pixels(width, height), width, height, image::ExtendedColorType::Rgb8)
        .unwrap();
    out
}

/// The pixel's colours: by JFIF's equations where it has some.
fn colours(drawn: &Eighth, x: u32, y: u32) -> Vec<f64> {
    let channels = if drawn.coloured { 3 } else { 1 };
    let at = (y * drawn.width + x) as usize * channels;
    match drawn.pixels[at..at + channels] {
        [luma, blue, red] => {
            let [luma, blue, red] = [f64::from(luma), f64::from(blue) - 128.0, f64::from(red) - 128.0];
            vec![luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue]
        }
        [grey] => vec![grey.into()],
        _ => panic!("one channel or three"),
    }
}

/// By how much a pixel differs at most from the mean of the eight by eight that it stands for, where all of these are there.
fn differs(jpeg: &[u8]) -> f64 {
    let drawn = draw(jpeg).unwrap();
    let (width, height, whole) = decode_other(jpeg).unwrap();
    assert_eq!((drawn.width, drawn.height), (width.div_ceil(8), height.div_ceil(8)));
    let channels = if drawn.coloured { 3 } else { 1 };
    assert_eq!(whole.len(), (width * height) as usize * channels);
    assert_eq!(drawn.pixels.len(), (drawn.width * drawn.height) as usize * channels);
    let mean = |x: u32, y: u32, channel: usize| {
        let sample = |n: u32| {
            f64::from(whole[((y * 8 + n / 8) * width + x * 8 + n % 8) as usize * channels + channel])
        };
        (0..64).map(sample).sum::<f64>() / 64.0
    };
    let mut most: f64 = 0.0;
    for (x, y) in (0..height / 8).flat_map(|y| (0..width / 8).map(move |x| (x, y))) {
        for (channel, colour) in colours(&drawn, x, y).into_iter().enumerate() {
            most = most.max((colour - mean(x, y, channel)).abs());
        }
    }
    most
}

#[test]
fn an_eighth_is_the_mean_of_what_others_draw() {
    for (width, height) in [(203, 117), (8, 8), (64, 200), (321, 40)] {
        let most = differs(&by_image(width, height));
        assert!(most < 3.0, "{width} x {height}: {most}");
    }
}

#[test]
fn every_form_of_picture_has_an_eighth() {
    for options in [
        &["-quality", "92", "-sample", "2x2"][..],
        &["-quality", "92", "-sample", "2x1", "-restart", "1"],
        &["-quality", "92", "-sample", "1x2"],
        &["-quality", "92", "-sample", "4x1"],
        &["-quality", "92", "-sample", "1x1", "-optimize", "-restart", "3B"],
        &["-quality", "99", "-grayscale"],
        // Successive approximation: first coefficients come in two scans.
        &["-progressive", "-quality", "92"],
        &["-progressive", "-quality", "92", "-sample", "2x1", "-restart", "2"],
        &["-progressive", "-grayscale"],
    ] {
        let Some(jpeg) = by_cjpeg(603, 417, options) else {
            println!("skipped: cjpeg is not installed");
            return;
        };
        // Colours of which a sample spans many pixels are mixed from two at their edge.
        let most = differs(&jpeg);
        assert!(most < 6.0, "{options:?}: {most}");
        assert!(draw(&jpeg[..jpeg.len() * 9 / 10]).is_none(), "{options:?}: not all of it is there");
    }
}

#[test]
fn a_picture_without_first_coefficients_has_no_eighth() {
    let Some(jpeg) = by_cjpeg(64, 40, &["-progressive", "-quality", "92"]) else {
        println!("skipped: cjpeg is not installed");
        return;
    };
    let scans: Vec<usize> = (0..jpeg.len() - 1).filter(|&at| jpeg[at..at + 2] == [0xFF, 0xDA]).collect();
    // Tables of other coefficients may stand behind the first scan, and stay.
    let tables =
        (scans[0] + 14..).find(|&at| jpeg[at] == 0xFF && !matches!(jpeg[at + 1], 0 | 0xD0..=0xD7)).unwrap();
    let without = [&jpeg[..scans[0]], &jpeg[tables..]].concat();
    let stripped = strip(&without).unwrap();
    assert!(draw_eighth(&without, &stripped).is_none());
}

#[test]
fn colours_that_decoders_take_in_several_ways_have_none() {
    let jpeg = by_image(40, 24);
    let adobe = |transform: u8| {
        let payload = [&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat();
        [&jpeg[..2], &segment(0xEE, &payload), &jpeg[2..]].concat()
    };
    assert!(draw(&adobe(1)).is_some());
    assert!(draw(&adobe(0)).is_none());
    let sof = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let sos = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let named = |name: [u8; 3]| {
        let mut other = jpeg.clone();
        for (at, name) in name.into_iter().enumerate() {
            other[sof + 10 + 3 * at] = name;
            other[sos + 5 + 2 * at] = name;
        }
        other
    };
    assert!(draw(&named([1, 2, 3])).is_some());
    assert!(draw(&named([0, 1, 2])).is_some());
    assert!(draw(&named(*b"RGB")).is_none());
}
