//! How like a rendering is to the pixels that it was made of.
//!
//! Mean SSIM (Wang, Bovik, Sheikh and Simoncelli 2004) of the luma over blocks of 8 x 8 pixels, and the mean difference
//! of the colours. Whole numbers up to each block's quotient, so that every phone decides alike.

use super::pixels::Decoded;

/// Mean SSIM of what is kept; `docs/compression.md` argues it.
pub(super) const LEAST_SSIM: f64 = 0.98;
/// Mean difference of each colour difference signal, in steps of 8 bits.
const MOST_CHROMA: f64 = 2.5;
const BLOCK: usize = 8;

/// Whether `made` is what `pixels` (of `size`, `channels` bytes each) looked like.
pub(super) fn is_like(pixels: &[u8], made: &Decoded, size: (u16, u16), channels: usize) -> bool {
    let same = (made.info.width, made.info.height) == size && made.pixels.len() == pixels.len();
    let (width, height) = (usize::from(size.0), usize::from(size.1));
    if !same || width < BLOCK || height < BLOCK {
        return false;
    }
    let before = Plane { pixels, width, channels };
    let after = Plane { pixels: &made.pixels, width, channels };
    ssim(&before, &after, height) >= LEAST_SSIM && chroma(&before, &after) <= MOST_CHROMA
}

struct Plane<'a> {
    pixels: &'a [u8],
    width: usize,
    channels: usize,
}

impl Plane<'_> {
    /// Luma by the weights of ITU-R BT.601, in 256ths, rounded.
    fn luma(pixel: &[u8]) -> u32 {
        match *pixel {
            [red, green, blue] => {
                (77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue) + 128) >> 8
            }
            [grey, ..] => u32::from(grey),
            [] => 0,
        }
    }

    /// A row of a block.
    fn row(&self, x: usize, y: usize) -> impl Iterator<Item = u32> {
        let from = (y * self.width + x) * self.channels;
        self.pixels[from..from + BLOCK * self.channels].chunks_exact(self.channels).map(Self::luma)
    }
}

fn ssim(before: &Plane<'_>, after: &Plane<'_>, height: usize) -> f64 {
    let (mut sum, mut blocks) = (0.0, 0_u32);
    for y in (0..=height - BLOCK).step_by(BLOCK) {
        for x in (0..=before.width - BLOCK).step_by(BLOCK) {
            sum += block(before, after, x, y);
            blocks += 1;
        }
    }
    sum / f64::from(blocks)
}

/// SSIM of one block, by its sums: all are whole numbers below 2^31.
fn block(before: &Plane<'_>, after: &Plane<'_>, x: usize, y: usize) -> f64 {
    let [mut a, mut b, mut aa, mut bb, mut ab] = [0_u32; 5];
    for y in y..y + BLOCK {
        for (p, q) in before.row(x, y).zip(after.row(x, y)) {
            a += p;
            b += q;
            aa += p * p;
            bb += q * q;
            ab += p * q;
        }
    }
    const COUNT: f64 = (BLOCK * BLOCK) as f64;
    const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
    const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
    let [a, b, aa, bb, ab] = [a, b, aa, bb, ab].map(|sum| f64::from(sum) / COUNT);
    let (spread_a, spread_b, together) = (aa - a * a, bb - b * b, ab - a * b);
    ((2.0 * a * b + C1) * (2.0 * together + C2)) / ((a * a + b * b + C1) * (spread_a + spread_b + C2))
}

/// Mean of what red and blue each differ by, once the luma is taken out.
fn chroma(before: &Plane<'_>, after: &Plane<'_>) -> f64 {
    if before.channels != 3 {
        return 0.0;
    }
    let pairs = before.pixels.chunks_exact(3).zip(after.pixels.chunks_exact(3));
    let sums = pairs.fold([0_u64; 2], |[red, blue], (p, q)| {
        let shift = Plane::luma(p).cast_signed() - Plane::luma(q).cast_signed();
        let differs = |at: usize| (i32::from(p[at]) - i32::from(q[at]) - shift).unsigned_abs();
        [red + u64::from(differs(0)), blue + u64::from(differs(2))]
    });
    let pixels = (before.pixels.len() / 3).max(1) as f64;
    sums.into_iter().map(|sum| sum as f64 / pixels).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use jpeg_decoder::{CodingProcess, ImageInfo, PixelFormat};

    use super::*;

    fn picture() -> Vec<u8> {
        (0..64 * 64_u32)
            .flat_map(|n| [n * 7 % 251, n / 64 * 3, n % 64 * 4].map(|value| value.to_le_bytes()[0]))
            .collect()
    }

    fn decoded(pixels: Vec<u8>) -> Decoded {
        let info = ImageInfo {
            width: 64,
            height: 64,
            pixel_format: PixelFormat::RGB24,
            coding_process: CodingProcess::DctSequential,
        };
        Decoded { pixels, info, icc: None }
    }

    #[test]
    fn a_picture_is_like_itself_and_not_like_one_that_lost_its_detail_its_colour_or_its_size() {
        let before = picture();
        let like = |after: Vec<u8>| is_like(&before, &decoded(after), (64, 64), 3);
        assert!(like(before.clone()));
        assert!(!like(vec![128; before.len()]));
        let mut shifted = before.clone();
        shifted.chunks_exact_mut(3).for_each(|pixel| pixel[0] = pixel[0].saturating_add(12));
        assert!(!like(shifted));
        assert!(!is_like(&before, &decoded(before.clone()), (32, 128), 3));
        assert!(!like(before[..before.len() - 3].to_vec()));
    }
}
