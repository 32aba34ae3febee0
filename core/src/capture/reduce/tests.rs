use gauze_seal::strip::strip;

use super::*;

const RULE: Reduction = Reduction { max_megapixels: 1, quality_floor: 90 };

/// A sharp picture with a little grain, as a camera saves it.
fn camera(width: u16, height: u16) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..u32::from(height) {
        for x in 0..u32::from(width) {
            let grain = (x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B)) >> 28;
            let shade = (x / 16 % 128 + y / 24 % 64 + grain / 4).to_le_bytes()[0];
            pixels.extend([shade.saturating_add(60), shade, shade / 2]);
        }
    }
    let mut made = Vec::new();
    Encoder::new(&mut made, 97).encode(&pixels, width, height, ColorType::Rgb).unwrap();
    made
}

fn sizes(marker: Option<FoundMarker>, rule: Reduction, jpeg: &[u8]) -> Option<(u16, u16)> {
    target(&strip(jpeg).unwrap(), rule, marker.as_ref())
}

#[test]
fn a_rendering_is_the_picture_within_its_limit_and_the_same_each_time() {
    let jpeg = camera(1400, 1050);
    let photo = strip(&jpeg).unwrap();
    let made = reduce(&photo, RULE, None).unwrap();
    let small = strip(&made).unwrap();
    let pixels = u32::from(small.width()) * u32::from(small.height());
    assert!((980_000..=1_000_000).contains(&pixels), "{} x {}", small.width(), small.height());
    assert!(small.had().is_empty() && small.len() == made.len() as u64, "nothing in it to strip");
    assert!(small.len() * 10 <= photo.len() * 9);
    assert_eq!(*reduce(&photo, RULE, None).unwrap(), *made);
}

#[test]
fn what_is_small_enough_or_saves_too_little_stays_as_the_camera_made_it() {
    assert!(sizes(None, RULE, &camera(1150, 860)).is_none());
    let jpeg = camera(1170, 870);
    assert!(sizes(None, RULE, &jpeg).is_some());
    let perfect = Reduction { quality_floor: 100, ..RULE };
    assert!(reduce(&strip(&jpeg).unwrap(), perfect, None).is_none());
}

#[test]
fn a_millimetre_keeps_ten_pixels_where_a_marker_tells() {
    let jpeg = camera(1400, 1050);
    let at = |scale_nm| sizes(Some(FoundMarker { scale_nm, tilt_mdeg: 0 }), RULE, &jpeg);
    assert_eq!(at(60_000), sizes(None, RULE, &jpeg), "fine enough for the whole reduction");
    assert_eq!(at(90_000), Some((1260, 945)));
    assert_eq!(at(100_000), None);
    assert_eq!(at(250_000), None);
    let marker = FoundMarker { scale_nm: 90_000, tilt_mdeg: 7 };
    assert_eq!(scaled(marker, 1400, 1260), FoundMarker { scale_nm: 100_000, tilt_mdeg: 7 });
}

#[test]
fn what_cannot_be_decoded_within_bounds_stays_as_the_camera_made_it() {
    let mut jpeg = camera(1400, 1050);
    jpeg.truncate(jpeg.len() / 2);
    jpeg.extend([0xFF, 0xD9]);
    if let Ok(photo) = strip(&jpeg) {
        assert!(reduce(&photo, RULE, None).is_none());
    }
}
