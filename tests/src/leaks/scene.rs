//! Pictures of nothing: skin, cloth, an edge or two and something like a wound, each another way.
#![expect(clippy::cast_possible_truncation, reason = "shades and places in a picture")]

use super::distort::Chance;
use image::GrayImage;

/// The picture of that number.
pub fn scene(number: u64, width: u32, height: u32) -> GrayImage {
    let mut chance = Chance::new(number ^ 0x5CEE);
    let (light, slope) = (90.0 + 90.0 * chance.unit(), 60.0 * (chance.unit() - 0.5));
    let texture = 4.0 + 26.0 * chance.unit();
    let grain = 1.0 + 5.0 * chance.unit();
    let (weave, depth) = (14.0 + 40.0 * chance.unit(), 20.0 * chance.unit());
    let (left, top, radius) =
        (0.3 + 0.4 * chance.unit(), 0.3 + 0.4 * chance.unit(), 0.08 + 0.2 * chance.unit());
    let border = 0.15 + 0.2 * chance.unit();
    let long = width.max(height) as f32;
    GrayImage::from_fn(width, height, |column, row| {
        // In the same places whatever the size.
        let (x, y) = (column as f32 / long, row as f32 / long);
        let mut shade = light + slope * (x - y) + texture * cloud(number, x * 6.0, y * 6.0);
        let away = (x - left).hypot(y - top) / radius + 0.3 * cloud(number + 1, x * 20.0, y * 20.0);
        if away < 1.0 {
            shade -= 35.0 - 2.0 * texture * cloud(number + 2, x * 45.0, y * 45.0);
        }
        if x < border {
            shade += depth * ((x * weave * 9.0).sin() * (y * weave * 11.0).sin()) + 20.0;
        }
        shade += grain * 2.0 * (noise(number + 3, column.cast_signed(), row.cast_signed()) - 0.5);
        image::Luma([shade.clamp(4.0, 250.0) as u8])
    })
}

/// Six octaves of value noise, about -1 to 1.
fn cloud(seed: u64, x: f32, y: f32) -> f32 {
    let octave = |at: i32| {
        let fine = 2.0_f32.powi(at);
        (smooth(seed.wrapping_add(at.unsigned_abs().into()), x * fine, y * fine) - 0.5) / 1.6_f32.powi(at)
    };
    (0..6).map(octave).sum()
}

fn smooth(seed: u64, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |along: f32| along * along * (3.0 - 2.0 * along);
    let (across, down) = (ease(x - left), ease(y - top));
    let at = |right: i32, below: i32| noise(seed, left as i32 + right, top as i32 + below);
    let upper = at(0, 0) + (at(1, 0) - at(0, 0)) * across;
    let lower = at(0, 1) + (at(1, 1) - at(0, 1)) * across;
    upper + (lower - upper) * down
}

/// 0 to 1, the same each time.
fn noise(seed: u64, x: i32, y: i32) -> f32 {
    let place = u64::from(x.cast_unsigned()) << 32 | u64::from(y.cast_unsigned());
    let mut mixed = (place ^ seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 29).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ mixed >> 32) >> 8 & 0xFF_FFFF) as f32 / 16_777_216.0
}
