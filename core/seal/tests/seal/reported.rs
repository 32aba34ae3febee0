//! Pictures that cameras and uploaders were reported to make, and their relatives: what decoders pass over goes, what
//! they draw stays. The oracle is libjpeg-turbo's `djpeg`, where it is installed.

use std::io::Write as _;
use std::process::{Command, Stdio};

use gauze_seal::strip::{MAX_BYTES, Metadata, StripError, TooLarge, strip, strip_fully};

use crate::pictures::{bytes, exif, plain, segment, with_front};
use crate::shared_data;

const SECRET: &[u8] = b"SECRET-50.5007N 0.1246W";

/// What libjpeg-turbo draws; `None` if it draws nothing. The outer one where it is not installed.
#[allow(clippy::print_stdout, reason = "says which oracle is missing")]
fn drawn(jpeg: &[u8]) -> Option<Option<Vec<u8>>> {
    let child = Command::new("djpeg")
        .arg("-pnm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: djpeg is not installed");
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    let jpeg = jpeg.to_vec();
    let feeding = std::thread::spawn(move || drop(input.write_all(&jpeg)));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    Some(Some(output.stdout).filter(|pixels| !pixels.is_empty()))
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

/// Stripped it holds no planted text, draws as `as_drawn` does, and stripping again changes nothing.
fn taken_clean(name: &str, jpeg: &[u8], as_drawn: &[u8]) -> Vec<u8> {
    let quick = strip(jpeg).unwrap_or_else(|error| panic!("{name}: {error}"));
    let out = bytes(&quick);
    assert!(!holds(&out, b"SECRET"), "{name}: planted text stayed");
    assert_eq!(bytes(&strip(&out).unwrap()), out, "{name}: again");
    assert_eq!(bytes(&strip_fully(&out).unwrap()), out, "{name}: in full");
    if let Some(expected) = drawn(as_drawn) {
        assert!(expected.is_some(), "{name}: the oracle draws nothing");
        assert!(drawn(&out).unwrap() == expected, "{name}: other pixels");
    }
    out
}

fn code(jpeg: &[u8]) -> &'static str {
    strip(jpeg).map_or_else(StripError::code, |_| "accepted")
}

fn put(jpeg: &[u8], at: usize, what: &[u8]) -> Vec<u8> {
    [&jpeg[..at], what, &jpeg[at..]].concat()
}

fn find(jpeg: &[u8], marker: u8) -> usize {
    jpeg.windows(2).position(|pair| pair == [0xFF, marker]).unwrap()
}

#[test]
fn reported_pictures_are_taken_or_refused_as_expected() {
    let Some(data) = shared_data() else {
        println!("skipped: shared data not found");
        return;
    };
    let folder = data.join("12-reported");
    let index: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    for (name, expected) in index["pictures"].as_object().unwrap() {
        let jpeg = std::fs::read(folder.join("pictures").join(name)).unwrap();
        match (expected["expect"].as_str().unwrap(), strip(&jpeg)) {
            ("refused", verdict) => assert!(verdict.is_err(), "{name}"),
            ("either", Err(_)) => {}
            ("taken", Err(error)) => panic!("{name}: {error}"),
            _ => {
                // libjpeg-turbo refuses a second SOI: the picture begins there.
                let head = if name.starts_with("31a") { 46 } else { 0 };
                let out = taken_clean(name, &jpeg, &jpeg[head..]);
                let orientation = if name.starts_with("28c") { 6 } else { 1 };
                if name.starts_with("28c") || name.starts_with("18b") {
                    assert_eq!(strip(&out).unwrap().orientation(), orientation, "{name}");
                }
            }
        }
    }
}

#[test]
fn what_stands_behind_the_last_block_goes_at_any_place_and_of_any_kind() {
    for jpeg in [plain(40, 24), plain(41, 23), plain(8, 8), plain(200, 120)] {
        let eoi = jpeg.len() - 2;
        for junk in [SECRET, b"\0", b"\xFF\0SECRET", b"SECRET\xFF\xFF", b"\xFF\x01SECRET", b"\xFF\xD3SECRET"]
        {
            let out = taken_clean("before EOI", &put(&jpeg, eoi, junk), &jpeg);
            assert_eq!(out, jpeg);
            let out = taken_clean("instead of EOI", &[&jpeg[..eoi], junk].concat(), &jpeg);
            assert_eq!(out, jpeg);
        }
        let stray = [&jpeg[..eoi], SECRET, &[0xFF, 0xD9], SECRET, &[0xFF, 0x37], SECRET].concat();
        assert_eq!(taken_clean("a stray EOI", &stray, &jpeg), jpeg);
        assert!(strip(&stray).unwrap().had().contains(Metadata::Junk));
        let second = [&jpeg[..eoi], &plain(400, 240)[..]].concat();
        assert_eq!(taken_clean("a second picture instead of EOI", &second, &jpeg), jpeg);
    }
}

#[test]
fn an_eoi_may_be_missing_only_where_all_blocks_are_there() {
    let jpeg = plain(80, 48);
    let sos = find(&jpeg, 0xDA);
    let eoi = jpeg.len() - 2;
    assert_eq!(bytes(&strip(&jpeg[..eoi]).unwrap()), jpeg);
    assert_eq!(bytes(&strip(&jpeg[..=eoi]).unwrap()), jpeg);
    for length in (sos + 14..eoi - 1).step_by(7) {
        assert_eq!(code(&jpeg[..length]), "truncated", "cut to {length}");
    }
}

#[test]
fn junk_and_stray_markers_between_segments_are_passed_over() {
    let jpeg = with_front(&[segment(0xE1, &exif(true, 6))]);
    let clean = bytes(&strip(&jpeg).unwrap());
    let mut at = 2;
    let mut places = vec![2];
    while jpeg[at + 1] != 0xDA {
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        places.push(at);
    }
    for place in places {
        for junk in [SECRET, b"\0", b"\xFF\0\xFF\0SECRET", b"\xFF\x01", b"\xFF\xD0SECRET", b"SECRET\xFF\xFF"]
        {
            let out = taken_clean("between", &put(&jpeg, place, junk), &jpeg);
            assert_eq!(out, clean, "at {place}");
        }
    }
}

#[test]
fn a_length_that_is_too_small_leaves_junk_and_not_the_thumbnail() {
    let photo = plain(200, 120);
    let thumbnail = plain(16, 8);
    let mut head = segment(0xE1, &[&exif(false, 6)[..], &thumbnail[..], SECRET].concat());
    for length in [8_u16, 40, 60] {
        head[2..4].copy_from_slice(&length.to_be_bytes());
        let jpeg = put(&photo, 2, &head);
        let stripped = strip(&jpeg).unwrap();
        assert_eq!((stripped.width(), stripped.height()), (200, 120), "{length}");
        assert!(!holds(&bytes(&stripped), b"SECRET"));
    }
    assert_eq!(strip(&put(&photo, 2, &head)).unwrap().orientation(), 6, "what could be read of it counts");
    // Wherever in the thumbnail or before it the length ends.
    for length in 8..head.len() - 2 {
        head[2..4].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        let jpeg = put(&photo, 2, &head);
        let stripped = strip(&jpeg).unwrap_or_else(|error| panic!("{length}: {}", error.code()));
        assert_eq!((stripped.width(), stripped.height()), (200, 120), "{length} of {}", head.len());
        assert!(!holds(&bytes(&stripped), b"SECRET"));
        assert_eq!(bytes(&strip_fully(&jpeg).unwrap()), bytes(&stripped), "{length}");
    }
    let mut small = segment(0xE5, SECRET);
    small[3] = 4;
    assert_eq!(taken_clean("too small", &put(&photo, 2, &small), &photo), photo);
}

#[test]
fn a_broken_head_before_a_second_soi_is_left_behind() {
    let photo = plain(200, 120);
    for head in [
        &b"\xFF\xD8"[..],
        b"\xFF\xD8\xFF\xD8",
        b"\xFF\xD8\xFF\xE1\0\x10SECRET-SECRET-SECRET",
        b"\xFF\xD8SECRET",
    ] {
        assert_eq!(taken_clean("head", &[head, &photo[..]].concat(), &photo), photo);
    }
    // Half a head, with tables and a frame of its own.
    let half = &plain(80, 48)[..find(&photo, 0xC0) + 19];
    assert_eq!(taken_clean("half", &[half, &photo[..]].concat(), &photo), photo);
}

#[test]
fn segments_are_exactly_as_long_as_what_they_hold() {
    let jpeg = plain(40, 24);
    for marker in [0xC0, 0xC4, 0xDA, 0xDB] {
        let at = find(&jpeg, marker);
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        let longer = [
            &jpeg[..at],
            &segment(marker, &[&jpeg[at + 4..at + 2 + length], SECRET].concat()),
            &jpeg[at + 2 + length..],
        ];
        assert_eq!(code(&longer.concat()), "malformed", "{marker:x} longer");
        let shorter =
            [&jpeg[..at], &segment(marker, &jpeg[at + 4..at + 1 + length]), &jpeg[at + 2 + length..]];
        assert_eq!(code(&shorter.concat()), "malformed", "{marker:x} shorter");
        for jpeg in [longer.concat(), shorter.concat()] {
            assert!(drawn(&jpeg).is_none_or(|pixels| pixels.is_none()), "the oracle draws it");
        }
    }
    for payload in [&b""[..], b"\0", b"\0\0\0", b"\0\0\0\0", SECRET] {
        assert_eq!(code(&put(&jpeg, 2, &segment(0xDD, payload))), "malformed");
    }
    let dnl = segment(0xDC, &[&[0, 24][..], SECRET].concat());
    assert_eq!(taken_clean("DNL", &put(&jpeg, jpeg.len() - 2, &dnl), &jpeg), jpeg);
}

#[test]
fn tables_that_nothing_uses_go_and_those_that_are_used_stay() {
    let jpeg = plain(40, 24);
    let text: Vec<u8> = SECRET.iter().copied().cycle().take(64).collect();
    let quantisation = segment(0xDB, &[&[3][..], &text].concat());
    let wide = segment(0xDB, &[&[0x13][..], &text, &text].concat());
    let mut counts = [0; 16];
    counts[15] = 64;
    let huffman = segment(0xC4, &[&[0x13][..], &counts, &text].concat());
    let restart = segment(0xDD, b"XY");
    let none = segment(0xDD, &[0, 0]);
    let replaced = segment(0xDB, &[&[0][..], &text].concat());
    for unused in [&quantisation, &wide, &huffman, &replaced] {
        assert_eq!(taken_clean("unused", &put(&jpeg, 2, unused), &jpeg), jpeg);
    }
    let overruled = put(&jpeg, 2, &[restart, none.clone()].concat());
    assert_eq!(taken_clean("restart", &overruled, &jpeg), put(&jpeg, 2, &none));
    for unused in [&quantisation, &huffman] {
        let behind = put(&jpeg, jpeg.len() - 2, unused);
        assert_eq!(taken_clean("behind", &behind, &jpeg), jpeg);
    }
    // Two in one segment, of which one is used.
    let at = find(&jpeg, 0xDB);
    let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    let both = [&jpeg[at + 4..at + 2 + length], &[3], &text].concat();
    let mixed = [&jpeg[..at], &segment(0xDB, &both), &jpeg[at + 2 + length..]].concat();
    assert_eq!(taken_clean("mixed", &mixed, &jpeg), jpeg);
}

#[test]
fn comments_without_number_are_dropped_and_a_film_behind_the_picture_does_not_count() {
    let jpeg = plain(40, 24);
    let many = put(&jpeg, 2, &segment(0xFE, b"SECRET").repeat(50_000));
    assert_eq!(taken_clean("comments", &many, &jpeg), jpeg);
    let film = [&jpeg[..], &vec![0x42; MAX_BYTES + 1]].concat();
    assert_eq!(bytes(&strip(&film).unwrap()), jpeg);
}

#[test]
fn pictures_of_108_and_200_megapixels_are_taken_and_larger_ones_say_what_to_set() {
    let sized = |width: u16, height: u16| {
        let mut jpeg = plain(40, 24);
        let sof = find(&jpeg, 0xC0);
        jpeg[sof + 5..sof + 7].copy_from_slice(&height.to_be_bytes());
        jpeg[sof + 7..sof + 9].copy_from_slice(&width.to_be_bytes());
        strip(&jpeg).map(drop)
    };
    for (width, height) in [(12_000, 9_000), (16_320, 12_240), (12_240, 16_320), (16_384, 12_288)] {
        assert_eq!(sized(width, height), Ok(()));
    }
    for (width, height) in [(16_385, 100), (100, 16_385), (16_384, 12_289)] {
        let error = sized(width, height).unwrap_err();
        assert_eq!(error, StripError::TooLarge(TooLarge::Pixels));
        assert!(error.to_string().contains("50 megapixels"), "{error}");
    }
}

#[test]
fn orientation_counts_in_any_whole_number_type_and_only_before_the_first_scan() {
    for (kind, wide, expected) in [
        (1_u16, false, 6),
        (6, false, 6),
        (3, false, 6),
        (8, false, 6),
        (4, true, 6),
        (9, true, 6),
        (2, false, 1),
        (5, true, 1),
        (11, true, 1),
    ] {
        for little in [true, false] {
            let mut payload = exif(little, 6);
            // The second entry of the directory, which begins at 6 + 8 + 2.
            let at = 6 + 8 + 2 + 12;
            payload[at + 2..at + 4].copy_from_slice(&if little {
                kind.to_le_bytes()
            } else {
                kind.to_be_bytes()
            });
            let value: [u8; 4] = match (wide, kind) {
                (true, _) if little => 6_u32.to_le_bytes(),
                (true, _) => 6_u32.to_be_bytes(),
                (false, 1 | 6) => [6, 0, 0, 0],
                (false, _) if little => [6, 0, 0, 0],
                (false, _) => [0, 6, 0, 0],
            };
            payload[at + 8..at + 12].copy_from_slice(&value);
            let stripped = with_front(&[segment(0xE1, &payload)]);
            assert_eq!(strip(&stripped).unwrap().orientation(), expected, "type {kind}, little {little}");
        }
    }
    let jpeg = plain(40, 24);
    let late = put(&jpeg, jpeg.len() - 2, &segment(0xE1, &exif(true, 6)));
    let stripped = strip(&late).unwrap();
    assert_eq!((stripped.orientation(), bytes(&stripped)), (1, jpeg));
    assert!(stripped.had().contains(Metadata::Gps));
}

/// Through `cjpeg`, in the form that `options` ask for.
fn made(width: u32, height: u32, options: &[&str]) -> Option<Vec<u8>> {
    let pixels: Vec<u8> = (0..width * height * 3)
        .map(|at| u8::try_from((at / 3 % width / 3 + (at.wrapping_mul(2_654_435_761) >> 27)) % 256).unwrap())
        .collect();
    let mut child =
        Command::new("cjpeg").args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = child.stdin.take()?;
    let head = format!("P6 {width} {height} 255\n");
    let feeding = std::thread::spawn(move || drop(input.write_all(&[head.as_bytes(), &pixels].concat())));
    let output = child.wait_with_output().ok()?;
    feeding.join().ok()?;
    Some(output.stdout)
}

#[test]
fn blocks_are_counted_in_every_form_of_picture() {
    for options in [
        &["-quality", "92", "-sample", "2x2"][..],
        &["-quality", "75", "-sample", "2x1", "-restart", "1"],
        &["-quality", "92", "-sample", "1x1", "-optimize", "-restart", "3B"],
        &["-quality", "99", "-sample", "1x2", "-grayscale"],
        &["-progressive", "-quality", "92"],
        &["-progressive", "-quality", "60", "-sample", "2x1", "-restart", "2"],
        &["-progressive", "-grayscale"],
    ] {
        let Some(jpeg) = made(203, 117, options) else {
            println!("skipped: cjpeg is not installed");
            return;
        };
        let eoi = jpeg.len() - 2;
        let name = format!("{options:?}");
        let clean = taken_clean(&name, &jpeg, &jpeg);
        assert_eq!(taken_clean(&name, &put(&jpeg, eoi, SECRET), &jpeg), clean, "{name}");
        assert_eq!(taken_clean(&name, &[&jpeg[..eoi], SECRET].concat(), &jpeg), clean, "{name}");
        assert_eq!(code(&jpeg[..eoi - 60]), "truncated", "{name}");
        // Behind each scan and before each restart marker.
        for at in find(&jpeg, 0xDA) + 1..eoi {
            let inside =
                jpeg[at] == 0xFF && (jpeg[at + 1] & 0xF8 == 0xD0 || matches!(jpeg[at + 1], 0xC4 | 0xDA));
            if inside && jpeg[at - 1] != 0xFF {
                let planted = put(&jpeg, at, SECRET);
                let out = bytes(&strip(&planted).unwrap());
                assert!(!holds(&out, b"SECRET"), "{name} at {at}");
            }
        }
    }
}

#[test]
fn a_large_picture_is_counted_where_it_is_cheap_and_in_full_where_asked() {
    let (Some(bare), Some(restarts)) =
        (made(1600, 1200, &["-quality", "98"]), made(1600, 1200, &["-quality", "98", "-restart", "1"]))
    else {
        println!("skipped: cjpeg is not installed");
        return;
    };
    assert!(bare.len() > 512 * 1024);
    let eoi = |jpeg: &[u8]| jpeg.len() - 2;
    let planted = put(&restarts, eoi(&restarts), SECRET);
    assert_eq!(taken_clean("restarts", &planted, &restarts), restarts);
    let planted = put(&bare, eoi(&bare), SECRET);
    assert_eq!(bytes(&strip_fully(&planted).unwrap()), bare, "the records side's pass");
    assert_eq!(taken_clean("no EOI", &[&bare[..eoi(&bare)], SECRET].concat(), &bare), bare);
}

#[test]
fn a_byte_changed_anywhere_leaves_what_libjpeg_turbo_draws() {
    let jpeg = with_front(&[segment(0xE1, &exif(true, 6)), segment(0xE0, b"JFXX\0\x10SECRET")]);
    for at in 2..jpeg.len() {
        let mut changed = jpeg.clone();
        changed[at] = changed[at].wrapping_mul(7).wrapping_add(37);
        let Ok(stripped) = strip(&changed) else { continue };
        let out = bytes(&stripped);
        let Some(expected) = drawn(&changed) else { return };
        assert!(expected.is_none() || drawn(&out).unwrap() == expected, "byte {at}");
    }
}
