//! How sharp and how well lit a photo is, judged of the photo itself before it is sealed.
//!
//! Always: the same numbers for the same bytes, in whole numbers alone; what was drawn is wiped. It is judged in its middle half, drawn
//! small: a photo of 3072 pixels and more at an eighth of its size, where a smear over less than a block of eight pixels counts for
//! nothing; a smaller one as its decoder scales it to 512 pixels at least.
//!
//! How: where brightness goes over an edge in one step, its second differences are twice as large as its first ones (as sums of
//! squares); over n steps, two nths. That asks how wide edges are and not how many there are: skin has few. It is judged across and
//! down, and the duller of the two counts: a hand that shook smears one way alone. Where nothing changes, nothing is said.

use gauze_seal::strip::strip;
use gauze_wire::Fitness;

use super::small::Small;

/// Brightness that is neither too dark nor too bright.
const MID_GREY: u64 = 118;
const WHITE: u64 = 255;
/// An edge that is three and a third drawn pixels wide is at 120, from where on the apps call a photo sharp: still photos of real phones
/// have 160 and more; smeared over 32 of their pixels 60 to 130, so that not each of them is told; over 64 less than 120.
const SCALE: u64 = 200;
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
        Some((SCALE * self.second).checked_div(self.first)?.min(SHARPEST))
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
    use std::path::PathBuf;

    use jpeg_encoder::{ColorType, Encoder};

    use super::*;

    const SIZE: (u16, u16) = (3200, 800);

    fn picture(brightness: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        let (width, height) = (u32::from(SIZE.0), u32::from(SIZE.1));
        let pixels: Vec<u8> = (0..width * height).map(|n| brightness(n % width, n / width)).collect();
        let mut out = Vec::new();
        Encoder::new(&mut out, 95).encode(&pixels, SIZE.0, SIZE.1, ColorType::Luma).unwrap();
        out
    }

    /// Pixels a side.
    const STONE: u32 = 40;

    /// Which stones lie under so many pixels, and under how many of them each.
    fn under(from: u32, pixels: u32) -> impl Iterator<Item = (u32, u32)> {
        let to = from + pixels;
        let most = move |stone: u32| ((stone + 1) * STONE).min(to) - (stone * STONE).max(from);
        (from / STONE..=(to - 1) / STONE).map(move |stone| (stone, most(stone)))
    }

    /// A mosaic of stones, each of a brightness of its own, smeared over so many pixels.
    fn smeared(across: u32, down: u32) -> Vec<u8> {
        let stone = |(x, y): (u32, u32)| (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761) >> 25;
        picture(|x, y| {
            let stones = under(x, across)
                .flat_map(|(x, wide)| under(y, down).map(move |(y, high)| ((x, y), wide * high)));
            let sum: u32 = stones.map(|(at, pixels)| stone(at) * pixels).sum();
            u8::try_from(60 + sum / (across * down)).unwrap()
        })
    }

    fn sharpness(jpeg: &[u8]) -> u16 {
        judge(jpeg).unwrap().sharpness
    }

    #[test]
    fn a_photo_that_was_shaken_in_any_one_direction_is_dull_and_a_still_one_is_not() {
        let still = sharpness(&smeared(1, 1));
        assert!(still > 300, "{still}");
        for (across, down) in [(64, 1), (1, 64), (64, 64)] {
            let shaken = sharpness(&smeared(across, down));
            assert!(shaken < 120, "{across}, {down}: {shaken}");
        }
        let stripes = sharpness(&picture(|_, y| if (y / STONE).is_multiple_of(2) { 60 } else { 180 }));
        assert!(stripes > 300, "nothing changes across, which says nothing: {stripes}");
    }

    /// Of real cameras, by the shared data where it is there: those that are large enough for their blocks, and show anything.
    fn photos() -> Vec<Vec<u8>> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let beside = || here.ancestors().map(|up| up.join("shared/data")).find(|path| path.is_dir());
        let data = std::env::var_os("GAUZE_SHARED_DATA").map(PathBuf::from).or_else(beside);
        let Some(folder) = data.map(|data| data.join("06-photos/phones")) else { return Vec::new() };
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let read = files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "jpg"));
        let large = |jpeg: &Vec<u8>| strip(jpeg).is_ok_and(|photo| photo.width().max(photo.height()) >= 3072);
        let photos = read.map(|file| std::fs::read(file).unwrap()).filter(large);
        let some = photos.filter(|jpeg| image::load_from_memory(jpeg).is_ok() && sharpness(jpeg) > 0).take(5);
        let some: Vec<_> = some.collect();
        assert!(!some.is_empty(), "none of {} files is large enough", files.len());
        some
    }

    #[test]
    fn photos_of_real_phones_are_sharp_and_are_not_once_they_are_smeared() {
        const SMEAR: usize = 64;
        for (at, jpeg) in photos().iter().enumerate() {
            let still = sharpness(jpeg);
            assert!(still >= 120, "{at}: {still}");
            let luma = image::load_from_memory(jpeg).unwrap().to_luma8();
            let mut smeared = Vec::with_capacity(luma.len());
            for row in luma.chunks_exact(luma.width() as usize) {
                let mut sum: usize = 0;
                for x in 0..row.len() {
                    sum += usize::from(row[x]);
                    sum -= x.checked_sub(SMEAR).map_or(0, |gone| usize::from(row[gone]));
                    smeared.push(u8::try_from(sum / SMEAR.min(x + 1)).unwrap());
                }
            }
            let mut shaken = Vec::new();
            let (width, height) = (luma.width().try_into().unwrap(), luma.height().try_into().unwrap());
            Encoder::new(&mut shaken, 95).encode(&smeared, width, height, ColorType::Luma).unwrap();
            let shaken = sharpness(&shaken);
            assert!(shaken < 120, "{at}: {shaken} of {still}");
        }
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
        let pixels: Vec<u8> =
            (0..640 * 480).flat_map(|n| if n / 9 % 2 == 0 { [200, 90, 40] } else { [20; 3] }).collect();
        Encoder::new(&mut small, 95).encode(&pixels, 640, 480, ColorType::Rgb).unwrap();
        assert!(judge(&small).unwrap().sharpness > 300);
        assert_eq!(judge(b"no picture"), None);
    }
}
