//! How sharp and how well lit a photo is, judged of the photo itself before it is sealed.
//!
//! Always: the same numbers for the same bytes, in whole numbers alone; what was drawn is wiped. It is judged in its middle half, at
//! an eighth of its size: what is smeared over less than a block of eight pixels counts for nothing.
//!
//! How: where brightness goes over an edge in one step, its second differences are twice as large as its first ones; over
//! n steps, two nths. That is judged across and down, and the duller of the two counts: a hand that shook smears one way
//! alone. A direction in which nothing changes says nothing.

use gauze_seal::strip::strip;
use gauze_wire::Fitness;

use super::small::Small;

/// Brightness that is neither too dark nor too bright.
const MID_GREY: u64 = 118;
const WHITE: u64 = 255;
/// An edge of one step: what is asked of a photo begins at 120, as of the apps' frames.
const SHARPEST: u64 = 1000;

/// Judges a photo. `None` where nothing can be drawn of it.
pub fn judge(jpeg: &[u8]) -> Option<Fitness> {
    let photo = strip(jpeg).ok()?;
    let small = Small::drawn(jpeg, &photo)?;
    let (width, height) = small.size();
    let luma = small.luma();
    let at = |x: usize, y: usize| i64::from(luma[y * width + x]);
    let (mut count, mut sum) = (0_u64, 0_u64);
    let (mut across, mut down) = (Edges::default(), Edges::default());
    for y in middle(height) {
        for x in middle(width) {
            count += 1;
            sum += at(x, y).unsigned_abs();
            across.add([at(x - 1, y), at(x, y), at(x + 1, y)]);
            down.add([at(x, y - 1), at(x, y), at(x, y + 1)]);
        }
    }
    let sharpness = [across, down].iter().filter_map(Edges::sharpness).min().unwrap_or(0);
    let exposure = exposure(sum.checked_div(count)?);
    Some(Fitness { sharpness: u16::try_from(sharpness).ok()?, exposure, marker: None })
}

/// The middle half of a side, without what has no neighbours.
fn middle(side: usize) -> std::ops::Range<usize> {
    let edge = side / 4;
    edge.max(1)..(side - edge).min(side - 1)
}

/// How brightness changes in one direction.
#[derive(Default)]
struct Edges {
    first: u64,
    second: u64,
}

impl Edges {
    fn add(&mut self, [before, here, after]: [i64; 3]) {
        self.first += (here - before).unsigned_abs().pow(2);
        self.second += (2 * here - before - after).unsigned_abs().pow(2);
    }

    fn sharpness(&self) -> Option<u64> {
        Some((SHARPEST / 2 * self.second).checked_div(self.first)?.min(SHARPEST))
    }
}

/// How far the mean is from mid grey: from -1000 at black to 1000 at white.
fn exposure(mean: u64) -> i16 {
    let (off, most) = (mean.abs_diff(MID_GREY), if mean < MID_GREY { MID_GREY } else { WHITE - MID_GREY });
    let far = i16::try_from(1000 * off / most).unwrap_or(1000);
    if mean < MID_GREY { -far } else { far }
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};

    use super::*;

    const SIZE: (u16, u16) = (3200, 2400);

    fn picture(brightness: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        let (width, height) = (u32::from(SIZE.0), u32::from(SIZE.1));
        let pixels: Vec<u8> = (0..width * height).map(|n| brightness(n % width, n / width)).collect();
        let mut out = Vec::new();
        Encoder::new(&mut out, 95).encode(&pixels, SIZE.0, SIZE.1, ColorType::Luma).unwrap();
        out
    }

    /// A mosaic of stones of 40 pixels, each of a brightness of its own.
    fn stones(x: u32, y: u32) -> u32 {
        (x / 40 * 7919 + y / 40 * 104_729).wrapping_mul(2_654_435_761) >> 25
    }

    /// The mosaic, smeared over so many pixels across or down.
    fn smeared(across: u32, down: u32) -> Vec<u8> {
        let steps = 8;
        picture(|x, y| {
            let sum: u32 = (0..steps).map(|n| stones(x + across * n / steps, y + down * n / steps)).sum();
            u8::try_from(60 + sum / steps).unwrap()
        })
    }

    fn sharpness(jpeg: &[u8]) -> u16 {
        judge(jpeg).unwrap().sharpness
    }

    #[test]
    fn a_photo_that_was_shaken_in_any_one_direction_is_dull_and_a_still_one_is_not() {
        let still = sharpness(&smeared(0, 0));
        assert!(still > 600, "{still}");
        for (across, down) in [(160, 0), (0, 160), (160, 160)] {
            let shaken = sharpness(&smeared(across, down));
            assert!(shaken * 3 < still, "{across}, {down}: {shaken} of {still}");
        }
        let stripes = sharpness(&picture(|_, y| if y / 40 % 2 == 0 { 60 } else { 180 }));
        assert!(stripes > 600, "nothing changes across, which says nothing: {stripes}");
    }

    #[test]
    fn exposure_goes_from_black_to_white_and_is_right_at_mid_grey() {
        for (grey, expected) in [(0, -1000), (59, -500), (118, 0), (255, 1000)] {
            let fitness = judge(&picture(|_, _| grey)).unwrap();
            assert!(fitness.exposure.abs_diff(expected) < 20, "{grey}: {}", fitness.exposure);
            assert_eq!(fitness.marker, None);
        }
    }

    #[test]
    fn a_small_photo_is_judged_and_what_cannot_be_drawn_is_not() {
        let mut small = Vec::new();
        let pixels: Vec<u8> = (0..640 * 480).flat_map(|n| if n / 9 % 2 == 0 { [200, 90, 40] } else { [20; 3] }).collect();
        Encoder::new(&mut small, 95).encode(&pixels, 640, 480, ColorType::Rgb).unwrap();
        assert!(judge(&small).unwrap().sharpness > 300);
        assert_eq!(judge(b"no picture"), None);
    }
}
