//! What the strip keeps, drops, writes and refuses, on pictures made for the purpose.

use gauze_seal::strip::{
    MAX_BYTES, MAX_SEGMENTS, Metadata, StripError, TooLarge, Unsupported, WrongFormat, strip,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::pictures::{bytes, decode_image, decode_other, exif, front_segments, plain, segment, with_front};

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRETNAME</x:xmpmeta>";

fn code(jpeg: &[u8]) -> &'static str {
    strip(jpeg).map_or_else(StripError::code, |_| "accepted")
}

/// Where the SOF0 segment of `plain` begins.
fn sof(jpeg: &[u8]) -> usize {
    jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap()
}

#[test]
fn a_clean_picture_passes_byte_for_byte() {
    let jpeg = plain(40, 24);
    let stripped = strip(&jpeg).unwrap();
    assert_eq!(bytes(&stripped), jpeg);
    assert!(stripped.had().is_empty());
    assert_eq!((stripped.width(), stripped.height(), stripped.orientation()), (40, 24, 1));
    assert_eq!(stripped.sha256()[..], Sha256::digest(&jpeg)[..]);
    assert_eq!(stripped.slices().count(), 3, "neighbours are one slice");
}

#[test]
fn every_kind_of_metadata_goes_and_the_pixels_stay() {
    // Extended XMP: its name, a digest, length and offset, then text.
    let extended = [&b"http://ns.adobe.com/xmp/extension/\0"[..], &[b'0'; 40], b"SECRETNAME"].concat();
    let thumbnail = [&b"JFIF\0\x01\x02\0\0\x01\0\x01\x02\x01"[..], b"RGBRGB"].concat();
    let jpeg = [
        with_front(&[
            segment(0xE1, &exif(true, 1)),
            segment(0xE1, XMP),
            segment(0xE1, &extended),
            segment(0xE0, &thumbnail),
            segment(0xE0, b"JFXX\0\x10SECRETNAME"),
            segment(0xE2, b"MPF\0SECRETNAME"),
            segment(0xE2, b"ICC_PROFILE\0\x01\x01PROFILE"),
            segment(0xE2, b"FPXR\0SECRETNAME"),
            segment(0xE5, b"SECRETNAME"),
            segment(0xED, b"Photoshop 3.0\0SECRETNAME"),
            segment(0xEF, b"SECRETNAME"),
            segment(0xFE, b"SECRETNAME"),
        ]),
        b"SECRETNAME behind the end".to_vec(),
    ]
    .concat();
    let stripped = strip(&jpeg).unwrap();
    let out = bytes(&stripped);
    let had: Vec<&str> = stripped.had().iter().map(Metadata::name).collect();
    assert_eq!(
        had,
        ["exif", "gps", "xmp", "iptc", "mpf", "thumbnail", "other_application", "comment", "trailer"]
    );
    for secret in [&b"SECRET"[..], b"Cam", b"Exif", b"RGB", b"adobe.com"] {
        assert!(!out.windows(secret.len()).any(|window| window == secret), "{secret:?}");
    }
    let markers: Vec<u8> = front_segments(&out).iter().map(|(marker, _)| *marker).collect();
    assert_eq!(markers[..2], [0xE0, 0xE2], "one JFIF, then the colour profile");
    assert_eq!(markers.iter().filter(|marker| **marker == 0xE0).count(), 1);
    assert_eq!(decode_image(&jpeg).map(drop), Ok(()));
    assert!(decode_image(&out) == decode_image(&jpeg));
    assert!(decode_other(&out) == decode_other(&jpeg));
    assert_eq!(bytes(&strip(&out).unwrap()), out, "stripping again changes nothing");
}

#[test]
fn orientation_is_read_in_both_byte_orders_and_written_alone() {
    use image::ImageDecoder;
    for little in [true, false] {
        for orientation in 2..=8_u16 {
            let jpeg = with_front(&[segment(0xE1, &exif(little, orientation))]);
            let stripped = strip(&jpeg).unwrap();
            assert_eq!(u16::from(stripped.orientation()), orientation);
            let out = bytes(&stripped);
            let segments = front_segments(&out);
            let (marker, payload) = if segments[0].0 == 0xE0 { &segments[1] } else { &segments[0] };
            assert_eq!(*marker, 0xE1);
            assert_eq!(payload.len(), 32);
            assert!(payload.starts_with(b"Exif\0\0MM\0*"));
            let mut decoder = image::codecs::jpeg::JpegDecoder::new(std::io::Cursor::new(&out)).unwrap();
            let seen = decoder.orientation().unwrap();
            assert_eq!(seen.to_exif(), u8::try_from(orientation).unwrap());
            assert!(decode_other(&out) == decode_other(&jpeg));
            assert_eq!(bytes(&strip(&out).unwrap()), out, "stripping again changes nothing");
        }
    }
}

#[test]
fn the_fresh_exif_stands_behind_a_leading_jfif_and_else_behind_soi() {
    let jpeg = with_front(&[segment(0xE1, &exif(false, 6))]);
    let first_two =
        |out: &[u8]| front_segments(out).iter().take(2).map(|(marker, _)| *marker).collect::<Vec<_>>();
    assert_eq!(first_two(&bytes(&strip(&jpeg).unwrap())), [0xE0, 0xE1]);
    let clean = plain(40, 24);
    assert_eq!(clean[2..4], [0xFF, 0xE0]);
    let without_jfif = [&clean[..2], &segment(0xE1, &exif(false, 6)), &clean[20..]].concat();
    assert_eq!(first_two(&bytes(&strip(&without_jfif).unwrap()))[0], 0xE1);
}

#[test]
fn the_first_exif_that_can_be_read_decides_the_orientation() {
    let of = |segments: &[Vec<u8>]| strip(&with_front(segments)).unwrap().orientation();
    assert_eq!(of(&[segment(0xE1, &exif(true, 8)), segment(0xE1, &exif(true, 3))]), 8);
    assert_eq!(of(&[segment(0xE1, b"Exif\0\0XX*\0"), segment(0xE1, &exif(true, 3))]), 3);
    assert_eq!(of(&[segment(0xE1, b"Exif\0"), segment(0xE1, &exif(true, 3))]), 3);
    for nonsense in [0, 9, 255, 256 + 6, 0xFFFF] {
        assert_eq!(of(&[segment(0xE1, &exif(false, nonsense))]), 1, "{nonsense}");
    }
    let mut cut = exif(true, 5);
    cut.truncate(6 + 8 + 2 + 24);
    assert_eq!(of(&[segment(0xE1, &cut)]), 5, "a directory that runs past the end is read as far as it goes");
}

#[test]
fn adobe_is_kept_to_the_twelve_bytes_that_change_colours() {
    let adobe = |transform: u8| [&b"Adobe\0\x64\0\0\0\0"[..], &[transform], b"SECRET"].concat();
    for transform in [0, 1] {
        let jpeg = with_front(&[segment(0xEE, &adobe(transform))]);
        let stripped = strip(&jpeg).unwrap();
        let out = bytes(&stripped);
        assert!(stripped.had().contains(Metadata::OtherApplication));
        assert!(front_segments(&out).contains(&(0xEE, adobe(transform)[..12].to_vec())));
        assert!(decode_image(&out) == decode_image(&jpeg));
        assert!(decode_other(&out) == decode_other(&jpeg));
    }
    let short = with_front(&[segment(0xEE, b"Adobe\0\x64")]);
    assert!(front_segments(&bytes(&strip(&short).unwrap())).iter().all(|(marker, _)| *marker != 0xEE));
}

#[test]
fn fill_bytes_before_markers_are_dropped() {
    let jpeg = plain(40, 24);
    let eoi = jpeg.len() - 2;
    let filled = [&jpeg[..2], &[0xFF; 5], &jpeg[2..eoi], &[0xFF, 0xFF], &jpeg[eoi..]].concat();
    assert_eq!(bytes(&strip(&filled).unwrap()), jpeg);
}

#[test]
fn what_is_not_a_jpeg_is_named_and_the_next_step_said() {
    for (bytes, format, hint) in [
        (&b"\0\0\0\x18ftypheic"[..], WrongFormat::Heif, "Most Compatible"),
        (b"\0\0\0\x18ftypavif", WrongFormat::Heif, "JPEG"),
        (b"\x89PNG\r\n\x1a\n", WrongFormat::Png, "screenshot"),
        (b"RIFF\0\0\0\0WEBPVP8 ", WrongFormat::WebP, "JPEG"),
        (b"GIF89a", WrongFormat::Gif, "JPEG"),
        (b"II*\0\x08\0\0\0", WrongFormat::Tiff, "raw"),
        (b"MM\0*\0\0\0\x08", WrongFormat::Tiff, "raw"),
        (b"%PDF-1.7", WrongFormat::Unknown, "JPEG"),
        (b"", WrongFormat::Unknown, "JPEG"),
        (b"\xFF", WrongFormat::Unknown, "JPEG"),
        (b"\n\xFF\xD8\xFF\xD9", WrongFormat::Unknown, "JPEG"),
    ] {
        let error = strip(bytes).err().unwrap();
        assert_eq!(error, StripError::NotJpeg(format));
        assert_eq!(error.code(), "not_jpeg");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[test]
fn a_picture_cut_at_any_byte_is_truncated() {
    let jpeg = with_front(&[segment(0xE1, &exif(true, 6)), segment(0xFE, b"comment")]);
    // Its last block ends right before EOI, which may be missing.
    for length in 2..jpeg.len() - 2 {
        assert_eq!(code(&jpeg[..length]), "truncated", "cut to {length}");
    }
}

#[test]
fn a_segment_that_no_decoder_knows_is_malformed() {
    let jpeg = plain(40, 24);
    let after_soi = |junk: &[u8]| [&jpeg[..2], junk, &jpeg[2..]].concat();
    for junk in [
        &[0xFF, 0x02, 0, 2][..],
        &[0xFF, 0xBF, 0, 2],
        &[0xFF, 0xC8, 0, 2],
        &[0xFF, 0xF0, 0, 2],
        &[0xFF, 0xFD, 0, 2],
        &[0xFF, 0xFE, 0, 0],
        &[0xFF, 0xFE, 0, 1],
        &[0xFF, 0xD9],
    ] {
        assert_eq!(code(&after_soi(junk)), "malformed", "{junk:x?}");
    }
    assert_eq!(code(&[0xFF, 0xD8, 0xFF, 0xD9]), "malformed");
    let sof = sof(&jpeg);
    let frame = jpeg[sof..sof + 19].to_vec();
    let twice = [&jpeg[..sof], &frame, &jpeg[sof..]].concat();
    assert_eq!(code(&twice), "malformed", "a second SOF");
    let without = [&jpeg[..sof], &jpeg[sof + 19..]].concat();
    assert_eq!(code(&without), "malformed", "SOS before SOF");
    let sos = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let unscanned = [&jpeg[..sos], &[0xFF, 0xD9]].concat();
    assert_eq!(code(&unscanned), "malformed", "EOI without SOS");
    let profile = segment(0xE2, b"ICC_PROFILE\0\x01\x01");
    let pieces = after_soi(&[profile, segment(0xFE, b"")].concat().repeat(MAX_SEGMENTS));
    assert_eq!(code(&pieces), "malformed", "endless pieces");
}

#[test]
fn frames_are_refused_by_what_is_wrong_with_them() {
    let jpeg = plain(40, 24);
    let sof = sof(&jpeg);
    let changed = |changes: &[(usize, u8)]| {
        let mut copy = jpeg.clone();
        changes.iter().for_each(|(at, value)| copy[sof + at] = *value);
        strip(&copy).map(drop)
    };
    assert_eq!(changed(&[]), Ok(()));
    assert_eq!(changed(&[(1, 0xC1)]), Ok(()), "extended");
    assert_eq!(changed(&[(1, 0xC2)]), Ok(()), "progressive, as far as the segments say");
    for marker in [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCC, 0xCD, 0xCE, 0xCF, 0xDE, 0xDF] {
        let refused = Err(StripError::Unsupported(Unsupported::Coding));
        assert_eq!(changed(&[(1, marker)]), refused, "{marker:x}");
    }
    assert_eq!(changed(&[(4, 12)]), Err(StripError::Unsupported(Unsupported::Precision)));
    assert_eq!(changed(&[(5, 0), (6, 0)]), Err(StripError::Unsupported(Unsupported::HeightMissing)));
    assert_eq!(changed(&[(7, 0), (8, 0)]), Err(StripError::Malformed));
    assert_eq!(changed(&[(9, 0)]), Err(StripError::Malformed));
    assert_eq!(changed(&[(9, 4)]), Err(StripError::Malformed));
    assert_eq!(changed(&[(11, 0x05)]), Err(StripError::Malformed), "no sampling");
    assert_eq!(changed(&[(12, 4)]), Err(StripError::Malformed), "no such table");
}

#[test]
fn size_is_judged_by_what_is_kept_and_time_is_linear() {
    let jpeg = plain(40, 24);
    let profile = segment(0xE2, &[&b"ICC_PROFILE\0\x01\x01"[..], &[0; 65_000]].concat()).repeat(1100);
    let heavy = [&jpeg[..2], &profile, &jpeg[2..]].concat();
    assert_eq!(strip(&heavy).err(), Some(StripError::TooLarge(TooLarge::Bytes)));
    let mut large = vec![0; MAX_BYTES];
    large[..jpeg.len()].copy_from_slice(&jpeg);
    let stripped = strip(&large).unwrap();
    assert_eq!(bytes(&stripped), jpeg);
    // All fill and all data: linear, or this test would not end.
    large.fill(0xFF);
    large[1] = 0xD8;
    assert_eq!(code(&large), "truncated");
    let sos = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    large[..sos + 14].copy_from_slice(&jpeg[..sos + 14]);
    assert_eq!(code(&large), "truncated");
    large[sos + 14..].fill(0);
    for pair in large[sos + 14..].chunks_exact_mut(2) {
        pair.copy_from_slice(&[0xFF, 0xD0]);
    }
    assert_eq!(code(&large), "truncated");
}

#[test]
fn of_a_great_many_scans_the_first_are_followed() {
    let jpeg = plain(8, 8);
    let sos = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let scan = &jpeg[sos..sos + 16];
    // Were tables made for each of the four million, this test would not end.
    let many = scan.repeat((MAX_BYTES - sos - 2) / scan.len());
    assert_eq!(code(&[&jpeg[..sos], &many].concat()), "truncated");
    let ended = [&jpeg[..sos], &many, &[0xFF, 0xD9]].concat();
    assert_eq!(strip(&ended).unwrap().len(), ended.len() as u64, "what is not followed is kept");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = strip(&bytes);
        let _ = strip(&[&[0xFF, 0xD8, 0xFF][..], &bytes].concat());
    }

    #[test]
    fn a_damaged_picture_is_refused_or_stripped_once_and_for_all(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let mut jpeg = with_front(&[segment(0xE1, &exif(true, 6)), segment(0xE1, XMP)]);
        for (at, value) in damage {
            let at = at.index(jpeg.len());
            jpeg[at] = value;
        }
        if let Ok(stripped) = strip(&jpeg) {
            let out = bytes(&stripped);
            prop_assert!(bytes(&strip(&out).unwrap()) == out);
        }
    }
}
