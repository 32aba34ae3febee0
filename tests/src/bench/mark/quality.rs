//! What the mark changes in a picture: noise, structure, colour.
#![expect(clippy::cast_possible_truncation, reason = "shades, clamped")]

use gauze_mark::{LumaMut, MarkKey, Strength, embed};
use image::RgbImage;

use super::{Pictures, VIEW, event};
use crate::Arguments;
use crate::row::{Goal, print, skip};

/// The lowest twentieth of the pictures: peak signal to noise of luma, structural similarity of luma (Wang et al. 2004, blocks of
/// eight), and the 95th percentile and the largest of the colour difference over the pixels of the middle, where a wound is
/// (CIEDE2000, highest twentieth).
pub(super) fn measure(arguments: &Arguments, pictures: &Pictures, key: &MarkKey) -> anyhow::Result<()> {
    let (mut noise, mut structure) = (Vec::new(), Vec::new());
    let (mut colour, mut most) = (Vec::new(), Vec::new());
    for number in 0..pictures.count(arguments, 100) {
        let (Some(plain), Some(event)) = (pictures.colours(number, VIEW), event(number)) else { continue };
        let before: Vec<[f32; 3]> = plain.pixels().map(|pixel| split(pixel.0)).collect();
        let levels = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        let luma: Vec<u8> = before.iter().map(|[luma, ..]| levels(*luma)).collect();
        let mut marked = luma.clone();
        let mut target = LumaMut::new(plain.width() as usize, plain.height() as usize, &mut marked)?;
        embed(&mut target, key, event, Strength::Usual);
        noise.push(peak(&luma, &marked));
        structure.push(similarity(&luma, &marked, plain.width() as usize));
        let (usual, largest) = difference(&plain, &before, &marked);
        colour.push(usual);
        most.push(largest);
    }
    if noise.is_empty() {
        skip("mark_quality", "no picture that is read here");
        return Ok(());
    }
    let of = noise.len();
    let unit = |unit: &str| format!("{unit}, of {of}");
    print("mark_quality_psnr", (twentieth(&mut noise), &unit("dB")), None, Some(Goal::AtLeast(46.0)));
    print("mark_quality_ssim", (twentieth(&mut structure), &unit("SSIM")), None, Some(Goal::AtLeast(0.98)));
    colour.iter_mut().chain(&mut most).for_each(|value| *value = -*value);
    print("mark_quality_ciede2000", (-twentieth(&mut colour), &unit("dE00")), None, Some(Goal::AtMost(1.2)));
    print("mark_quality_ciede2000_most", (-twentieth(&mut most), &unit("dE00")), None, None);
    Ok(())
}

fn twentieth(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 20]
}

fn peak(a: &[u8], b: &[u8]) -> f64 {
    let error: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0_f64.powi(2) * a.len() as f64 / error.max(1.0)).log10()
}

fn similarity(a: &[u8], b: &[u8], width: usize) -> f64 {
    const BLOCK: usize = 8;
    let (c1, c2) = ((0.01_f64 * 255.0).powi(2), (0.03_f64 * 255.0).powi(2));
    let (mut sum, mut blocks) = (0.0, 0.0);
    for top in (0..(a.len() / width).saturating_sub(BLOCK - 1)).step_by(BLOCK) {
        for left in (0..width.saturating_sub(BLOCK - 1)).step_by(BLOCK) {
            let (mut x, mut y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for at in (0..BLOCK * BLOCK).map(|at| (top + at / BLOCK) * width + left + at % BLOCK) {
                let (one, other) = (f64::from(a[at]), f64::from(b[at]));
                (x, y, xx, yy, xy) =
                    (x + one, y + other, xx + one * one, yy + other * other, xy + one * other);
            }
            let count = (BLOCK * BLOCK) as f64;
            let (x, y) = (x / count, y / count);
            let (xx, yy, xy) = (xx / count - x * x, yy / count - y * y, xy / count - x * y);
            sum += (2.0 * x * y + c1) * (2.0 * xy + c2) / ((x * x + y * y + c1) * (xx + yy + c2));
            blocks += 1.0;
        }
    }
    sum / f64::max(blocks, 1.0)
}

/// The 95th percentile and the most, of every pixel of the middle half of each edge.
fn difference(plain: &RgbImage, before: &[[f32; 3]], marked: &[u8]) -> (f64, f64) {
    let (width, height) = plain.dimensions();
    let middle = |at: u32, edge: u32| (edge / 4..edge - edge / 4).contains(&at);
    let mut all: Vec<f64> = plain
        .enumerate_pixels()
        .zip(before)
        .zip(marked)
        .filter(|(((x, y, _), _), _)| middle(*x, width) && middle(*y, height))
        .map(|(((_, _, pixel), [_, blue, red]), luma)| {
            apart(lab(pixel.0.map(f32::from)), lab(joined(f32::from(*luma), *blue, *red)))
        })
        .collect();
    all.sort_by(f64::total_cmp);
    (all.get(all.len() * 95 / 100).copied().unwrap_or_default(), all.last().copied().unwrap_or_default())
}

/// JFIF's colours (ITU-T T.871), chroma about zero.
fn split([r, g, b]: [u8; 3]) -> [f32; 3] {
    let [r, g, b] = [r, g, b].map(f32::from);
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    [luma, (b - luma) / 1.772, (r - luma) / 1.402]
}

fn joined(luma: f32, blue: f32, red: f32) -> [f32; 3] {
    [luma + 1.402 * red, luma - 0.344_14 * blue - 0.714_14 * red, luma + 1.772 * blue]
        .map(|value| value.round().clamp(0.0, 255.0))
}

/// CIELAB of sRGB, D65.
fn lab(colour: [f32; 3]) -> [f64; 3] {
    let [r, g, b] = colour.map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    let curve = |value: f64| if value > 0.008_856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 };
    let x = curve((0.412_456 * r + 0.357_576 * g + 0.180_437 * b) / 0.950_47);
    let y = curve(0.212_673 * r + 0.715_152 * g + 0.072_175 * b);
    let z = curve((0.019_334 * r + 0.119_192 * g + 0.950_304 * b) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000 (Sharma, Wu and Dalal 2005).
fn apart([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
    let seventh = |chroma: f64| (chroma.powi(7) / (chroma.powi(7) + 25.0_f64.powi(7))).sqrt();
    let grey = 0.5 * (1.0 - seventh((a1.hypot(b1) + a2.hypot(b2)) / 2.0));
    let (a1, a2) = (a1 * (1.0 + grey), a2 * (1.0 + grey));
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue = |a: f64, b: f64| b.atan2(a).to_degrees().rem_euclid(360.0);
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let turn = if c1 * c2 == 0.0 { 0.0 } else { (h2 - h1 + 180.0).rem_euclid(360.0) - 180.0 };
    let dh = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin();
    let (l, c) = (f64::midpoint(l1, l2), f64::midpoint(c1, c2));
    let h = if c1 * c2 == 0.0 { h1 + h2 } else { (h1 + turn / 2.0).rem_euclid(360.0) };
    let cos = |factor: f64, shift: f64| (factor * h + shift).to_radians().cos();
    let t =
        1.0 - 0.17 * cos(1.0, -30.0) + 0.24 * cos(2.0, 0.0) + 0.32 * cos(3.0, 6.0) - 0.20 * cos(4.0, -63.0);
    let square = (l - 50.0).powi(2);
    let (sl, sc, sh) = (1.0 + 0.015 * square / (20.0 + square).sqrt(), 1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let turned = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let rt = -2.0 * seventh(c) * (2.0 * turned).to_radians().sin();
    let (dl, dc, dh) = ((l2 - l1) / sl, (c2 - c1) / sc, dh / sh);
    (dl * dl + dc * dc + dh * dh + rt * dc * dh).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_difference_is_that_of_the_published_pairs() {
        // Sharma, Wu and Dalal 2005, table 1: pairs 1, 7, 17 and 25.
        for (one, other, expected) in [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
            ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
            ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
        ] {
            assert!((apart(one, other) - expected).abs() < 1e-3, "{one:?}");
        }
    }
}
