//! Renderings of drawn pictures.
#![expect(clippy::cast_possible_truncation, reason = "drawn numbers are small")]

use gauze_mark::{Luma, MarkKey, Search, Strength, find};
use jpeg_decoder::Decoder;

use super::decode::decode_within;
use super::*;

const WIDTH: u16 = 1600;
const HEIGHT: u16 = 1200;

/// A picture whose corners differ: red, green, blue and white, clockwise from the top left, over grain.
fn drawn(orientation: Option<Vec<u8>>) -> Vec<u8> {
    let mut rgb = Vec::new();
    let mut grain = 7_u32;
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (grain >> 27) as u8;
            let colour = match (x < WIDTH / 2, y < HEIGHT / 2) {
                (true, true) => [200, 40, 40],
                (false, true) => [40, 180, 40],
                (false, false) => [40, 40, 200],
                (true, false) => [200, 200, 200],
            };
            rgb.extend(colour.map(|level: u8| level + noise));
        }
    }
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 92);
    if let Some(icc) = orientation {
        encoder.add_icc_profile(&icc).unwrap();
    }
    encoder.encode(&rgb, WIDTH, HEIGHT, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

struct Shown {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    icc: Option<Vec<u8>>,
}

impl Shown {
    fn of(jpeg: &[u8]) -> Self {
        let mut decoder = Decoder::new(jpeg);
        let rgb = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        let (width, height) = (usize::from(info.width), usize::from(info.height));
        Self { width, height, rgb, icc: decoder.icc_profile() }
    }

    /// Which corner colour is at a share of the picture.
    fn at(&self, x: f32, y: f32) -> &'static str {
        let (x, y) = ((self.width as f32 * x) as usize, (self.height as f32 * y) as usize);
        let from = 3 * (y * self.width + x);
        match &self.rgb[from..from + 3] {
            [r, g, b] if *r > 150 && *g > 150 && *b > 150 => "white",
            [r, g, b] if r > g && r > b => "red",
            [r, g, b] if g > r && g > b => "green",
            [..] => "blue",
        }
    }

    fn luma(&self, rows: usize) -> Vec<u8> {
        let grey = |rgb: &[u8]| {
            (0.299 * f32::from(rgb[0]) + 0.587 * f32::from(rgb[1]) + 0.114 * f32::from(rgb[2])) as u8
        };
        self.rgb.chunks_exact(3).take(rows * self.width).map(grey).collect()
    }
}

fn key() -> MarkKey {
    MarkKey::new(&[7; 32], 1)
}

fn rendered(jpeg: &[u8], orientation: u8, shrink: Shrink) -> Marked {
    decode(jpeg, orientation, Wanted::Level(shrink)).unwrap().mark(&key(), Strength::Usual, 41).unwrap()
}

#[test]
fn the_mark_for_those_who_read_skin_is_two_decibels_weaker() {
    let jpeg = drawn(None);
    let unmarked = || decode(&jpeg, 1, Wanted::Level(Shrink::NONE)).unwrap();
    let plain = unmarked();
    let away = |strength| {
        let marked = unmarked().mark(&key(), strength, 41).unwrap();
        let squares = plain.0.luma.iter().zip(marked.0.luma.iter());
        let error: f32 = squares.map(|(a, b)| f32::from(a.abs_diff(*b)).powi(2)).sum();
        10.0 * (255.0_f32.powi(2) * plain.0.luma.len() as f32 / error).log10()
    };
    let (usual, skin) = (away(Strength::Usual), away(Strength::Dermatology));
    assert!((usual - 46.0).abs() < 0.5 && (skin - 48.0).abs() < 0.5, "{usual}, {skin}");
}

#[test]
fn every_orientation_is_shown_upright() {
    let jpeg = drawn(None);
    let corners = |orientation| {
        let marked = rendered(&jpeg, orientation, Shrink::new(2).unwrap());
        let shown = Shown::of(&marked.view(&Band::draw(marked.width(), &["x"]).unwrap()).unwrap());
        [shown.at(0.2, 0.2), shown.at(0.8, 0.2), shown.at(0.8, 0.7), shown.at(0.2, 0.7)]
    };
    assert_eq!(corners(1), ["red", "green", "blue", "white"]);
    assert_eq!(corners(2), ["green", "red", "white", "blue"]);
    assert_eq!(corners(3), ["blue", "white", "red", "green"]);
    assert_eq!(corners(4), ["white", "blue", "green", "red"]);
    assert_eq!(corners(5), ["red", "white", "blue", "green"]);
    assert_eq!(corners(6), ["white", "red", "green", "blue"]);
    assert_eq!(corners(7), ["blue", "green", "red", "white"]);
    assert_eq!(corners(8), ["green", "blue", "white", "red"]);
}

#[test]
fn the_visible_line_stands_below_the_picture_and_not_on_it() {
    let jpeg = drawn(None);
    let marked = rendered(&jpeg, 1, Shrink::new(1).unwrap());
    let band =
        Band::draw(marked.width(), &["Seen by Sister Siân Łukasz", "29-Nov-2026 14:05", "for care"]).unwrap();
    let (with, without) = (
        Shown::of(&marked.view(&band).unwrap()),
        Shown::of(&marked.view(&Band::draw(marked.width(), &["x"]).unwrap()).unwrap()),
    );
    assert_eq!(with.height, usize::from(marked.height() + band.height()));
    // Chroma of the last rows of the picture is shared with the band: what is compared stands above.
    let same = 3 * with.width * (usize::from(marked.height()) - 16);
    assert_eq!(with.rgb[..same], without.rgb[..same]);
    let inked = band_ink(&band);
    assert!((0.02..0.4).contains(&inked), "{inked}");
}

/// What the line says is never a row of empty boxes: whoever draws it asks first what the font has.
#[test]
fn a_text_is_composed_and_letters_that_the_font_lacks_are_told() {
    assert_eq!(written("Sia\u{302}n, 14:05 · Łukasz"), Some("Siân, 14:05 · Łukasz".to_owned()));
    for foreign in ["Др Олена", "Ωμέγα", "x\u{302}", "李", "a\nb"] {
        assert_eq!(written(foreign), None, "{foreign:?}");
    }
}

fn band_ink(band: &Band) -> f32 {
    let pixels: Vec<u8> = (0..band.height()).flat_map(|y| band.row(y).to_vec()).collect();
    pixels.iter().filter(|luma| **luma > 128).count() as f32 / pixels.len() as f32
}

#[test]
fn a_long_line_wraps_on_a_narrow_picture() {
    let parts =
        ["Seen by Professor Wilhelmina Featherstonehaugh-Cholmondeley", "29-Nov-2026 14:05", "for care"];
    let (wide, narrow) = (Band::draw(2000, &parts).unwrap(), Band::draw(200, &parts).unwrap());
    assert_eq!((wide.height(), narrow.height()), (40 + 10 + 20, 3 * 15 + 6));
    // Nothing is drawn in the margins: nothing was cut.
    assert!((0..narrow.height()).all(|y| narrow.row(y)[196..].iter().all(|luma| *luma == 20)));
}

#[test]
fn the_mark_is_read_back_from_a_view_and_from_a_level_of_tiles() {
    let marked = rendered(&drawn(None), 6, Shrink::NONE);
    let shown = Shown::of(&marked.view(&Band::draw(marked.width(), &["x"]).unwrap()).unwrap());
    let rows = usize::from(marked.height());
    let luma = shown.luma(rows);
    let found = find(Luma::new(shown.width, rows, &luma).unwrap(), &key(), Search::default());
    assert_eq!(found.map(|found| found.event.number()), Some(41));

    let mut whole = vec![0; usize::from(marked.width()) * rows];
    for row in 0..3 {
        for column in 0..3 {
            let area = Area::tile(&marked, column, row).unwrap();
            let tile = Shown::of(&marked.tile(area).unwrap());
            for (y, line) in tile.luma(tile.height).chunks(tile.width).enumerate() {
                let at =
                    (usize::from(row) * 512 + y) * usize::from(marked.width()) + usize::from(column) * 512;
                whole[at..at + tile.width].copy_from_slice(line);
            }
        }
    }
    let found =
        find(Luma::new(usize::from(marked.width()), rows, &whole).unwrap(), &key(), Search::default());
    assert_eq!(found.map(|found| found.event.number()), Some(41));
    assert!(Area::tile(&marked, 3, 0).is_none() && Area::tile(&marked, 200, 0).is_none());
}

#[test]
fn the_colour_profile_goes_along() {
    let icc: Vec<u8> = (0..3000_u32).map(|at| at as u8).collect();
    let marked = rendered(&drawn(Some(icc.clone())), 1, Shrink::new(2).unwrap());
    let view = marked.view(&Band::draw(marked.width(), &["x"]).unwrap()).unwrap();
    assert_eq!(Shown::of(&view).icc, Some(icc.clone()));
    let tile = marked.tile(Area::tile(&marked, 0, 0).unwrap()).unwrap();
    assert_eq!(Shown::of(&tile).icc, Some(icc));
}

#[test]
fn the_smallest_level_that_fills_the_screen_is_taken() {
    for (long, screen, exponent) in
        [(4032, 1008, 2), (4032, 1009, 1), (4032, 9000, 0), (4032, 1, 3), (700, 1400, 0)]
    {
        assert_eq!(Shrink::filling(long, screen).exponent(), exponent);
    }
}

/// The picture of [`drawn`] in four inks, as Adobe writes them: with a transform and without.
fn inked(colours: jpeg_encoder::ColorType) -> Vec<u8> {
    let inks = |rgb: &[u8]| {
        let left = 255 - rgb.iter().max().unwrap();
        // The lightest channel has no ink of its own: what it lacks is black.
        let ink = |light: u8| 255 - (u32::from(light) * 255 / u32::from(255 - left).max(1)) as u8;
        [ink(rgb[0]), ink(rgb[1]), ink(rgb[2]), left]
    };
    let inked: Vec<u8> = Shown::of(&drawn(None)).rgb.chunks_exact(3).flat_map(inks).collect();
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 95);
    encoder.add_icc_profile(&[7; 300]).unwrap();
    encoder.encode(&inked, WIDTH, HEIGHT, colours).unwrap();
    out
}

#[test]
fn a_picture_in_four_inks_is_shown_in_its_colours_and_marked() {
    let rgb = rendered(&drawn(None), 1, Shrink::NONE);
    for colours in [jpeg_encoder::ColorType::Cmyk, jpeg_encoder::ColorType::CmykAsYcck] {
        let jpeg = inked(colours);
        let marked = rendered(&jpeg, 1, Shrink::NONE);
        let [ours, theirs] = [&marked, &rgb].map(|marked| marked.0.chroma.as_ref().unwrap());
        let planes = [(&marked.0.luma, &rgb.0.luma), (&ours[0], &theirs[0]), (&ours[1], &theirs[1])];
        for (ours, theirs) in planes {
            let apart = ours.iter().zip(theirs.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
            assert!(apart as f32 / (ours.len() as f32) < 4.0, "{apart} in {}", ours.len());
        }
        let shown = Shown::of(&marked.view(&Band::draw(marked.width(), &["x"]).unwrap()).unwrap());
        let rows = usize::from(marked.height());
        let found = find(Luma::new(shown.width, rows, &shown.luma(rows)).unwrap(), &key(), Search::default());
        assert_eq!(found.map(|found| found.event.number()), Some(41));
        assert_eq!(shown.icc, None, "a profile of inks is none of lights");
        let small = rendered(&jpeg, 6, Shrink::new(2).unwrap());
        let shown = Shown::of(&small.view(&Band::draw(small.width(), &["x"]).unwrap()).unwrap());
        assert_eq!([shown.at(0.2, 0.2), shown.at(0.8, 0.2)], ["white", "red"]);
    }
}

#[test]
fn what_is_too_large_for_every_pixel_is_shown_as_fine_as_there_is_room() {
    let room = usize::from(WIDTH) * usize::from(HEIGHT) * 3;
    for (jpeg, most, exponent) in [
        (drawn(None), room, 0),
        (drawn(None), room - 1, 1),
        (drawn(None), room / 16, 2),
        (inked(jpeg_encoder::ColorType::Cmyk), room, 1),
    ] {
        let finest = Shrink::new(exponent).unwrap();
        for wanted in [Wanted::Level(Shrink::NONE), Wanted::Screen(9000)] {
            let marked =
                decode_within(most, &jpeg, 1, wanted).unwrap().mark(&key(), Strength::Usual, 41).unwrap();
            assert_eq!((marked.shrink(), marked.finest()), (finest, finest));
            assert_eq!(marked.whole(), (WIDTH, HEIGHT));
            assert_eq!(marked.width(), finest.of(WIDTH));
        }
        let small = decode_within(most, &jpeg, 1, Wanted::Screen(200))
            .unwrap()
            .mark(&key(), Strength::Usual, 41)
            .unwrap();
        assert_eq!((small.shrink().exponent(), small.finest()), (3, finest));
    }
    // The largest that a phone may send, in three colours and in four.
    for (bytes_a_pixel, exponent) in [(3, 1), (4, 1)] {
        assert_eq!(Shrink::finest((16384, 12288), bytes_a_pixel, 256 << 20).exponent(), exponent);
    }
}

#[test]
fn what_cannot_be_shown_says_so() {
    // Two components are a JPEG that no decoder of ours knows.
    let mut two = drawn(None);
    let frame = two.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    two.splice(frame + 2..frame + 19, [0, 14, 8, 4, 176, 6, 64, 2, 1, 17, 0, 2, 17, 1]);
    assert_eq!(decode(&two, 1, Wanted::Level(Shrink::NONE)).err(), Some(RenderError::Kind));
    let mut jpeg = drawn(None);
    assert_eq!(decode(&jpeg[..300], 1, Wanted::Level(Shrink::NONE)).err(), Some(RenderError::Decode));
    jpeg.truncate(0);
    assert_eq!(decode(&jpeg, 1, Wanted::Level(Shrink::NONE)).err(), Some(RenderError::Decode));
    let unmarked = decode(&drawn(None), 1, Wanted::Screen(200)).unwrap();
    assert_eq!(unmarked.mark(&key(), Strength::Usual, 1 << 40).err(), Some(RenderError::Event));
}

/// The pixels of a picture in another kind of file, with all colours that it can have.
fn saved(format: image::ImageFormat, rgb: &image::RgbImage, colours: u8) -> Vec<u8> {
    let picture = image::DynamicImage::from(rgb.clone());
    let picture = match colours {
        0 => picture.to_luma8().into(),
        1 => picture.to_rgba8().into(),
        2 => picture,
        3 => picture.to_luma16().into(),
        4 => picture.to_luma_alpha16().into(),
        5 => picture.to_rgb16().into(),
        _ => picture.to_rgba16().into(),
    };
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

#[test]
fn what_screens_and_browsers_save_is_compared_as_a_photo_is() {
    let jpeg = drawn(None);
    let shown = Shown::of(&jpeg);
    let rgb = image::RgbImage::from_raw(WIDTH.into(), HEIGHT.into(), shown.rgb).unwrap();
    let files = [image::ImageFormat::Png, image::ImageFormat::WebP]
        .map(|format| [1, 2].map(|colours| saved(format, &rgb, colours)));
    // A JPEG is made smaller as it is decoded, the others by means of squares.
    let (whole, small) = (Wanted::Level(Shrink::NONE), Wanted::Screen(500));
    for (wanted, orientation, apart_at_most) in
        [(whole, 1, 0.0), (small, 1, 3.0), (small, 3, 3.0), (small, 6, 3.0), (small, 8, 3.0)]
    {
        let theirs = decode(&jpeg, orientation, wanted).unwrap();
        for file in files.iter().flatten() {
            let ours = compared(file, orientation, wanted).unwrap();
            assert_eq!(ours.whole(), theirs.whole());
            assert_eq!((ours.0.width, ours.0.height), (theirs.0.width, theirs.0.height));
            let apart = ours.0.luma.iter().zip(theirs.0.luma.iter()).map(|(a, b)| a.abs_diff(*b));
            let mean = apart.map(u64::from).sum::<u64>() as f32 / ours.0.luma.len() as f32;
            assert!(mean <= apart_at_most, "{:?}, {orientation}: {mean}", &file[..4]);
        }
    }
    // With sixteen bits a colour it is the same picture; without colours, nearly.
    let small = image::imageops::crop_imm(&rgb, 700, 500, 200, 200).to_image();
    let read = |colours| compared(&saved(image::ImageFormat::Png, &small, colours), 6, whole).unwrap();
    let plain = read(2);
    for (colours, apart_at_most) in [(5, 0), (6, 0), (0, 20), (3, 20), (4, 20)] {
        let apart = read(colours).0.luma.iter().zip(plain.0.luma.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(apart.unwrap() <= apart_at_most, "{colours}: {apart:?}");
    }
}

#[test]
fn a_picture_from_elsewhere_that_cannot_be_read_says_so() {
    let small = image::RgbImage::from_pixel(3, 5, image::Rgb([9, 9, 9]));
    for format in [image::ImageFormat::Png, image::ImageFormat::WebP] {
        let whole = saved(format, &small, 2);
        assert!(compared(&whole, 6, Wanted::Screen(500)).is_ok());
        for length in 0..whole.len() * 3 / 4 {
            assert!(compared(&whole[..length], 1, Wanted::Screen(500)).is_err(), "{format:?}, {length}");
        }
    }
    // Its head promises far more than there is.
    let mut vast = saved(image::ImageFormat::Png, &image::RgbImage::new(1, 1), 2);
    vast[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let crc = crc(&vast[12..29]);
    vast[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(compared(&vast, 1, Wanted::Screen(500)).err(), Some(RenderError::Kind));
}

/// PNG's check of a chunk (ISO/IEC 15948, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let shifted = |crc: u32| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shifted(crc)))
}
