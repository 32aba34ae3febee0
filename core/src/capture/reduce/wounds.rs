//! The floor of quality, measured over wounds inside their masks: what `docs/compression.md` states.

use std::path::PathBuf;

use image::{GrayImage, RgbImage};

use super::*;

/// Worst picture's mean SSIM, worst and 95th percentile CIEDE2000, of the lowest quality that a policy may state.
const LEAST_SSIM: f64 = 0.98;
const MOST_COLOUR: f64 = 1.5;
const MOST_COLOUR_95: f64 = 3.0;

fn shared_data() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("GAUZE_SHARED_DATA") {
        return Some(PathBuf::from(path)).filter(|path| path.is_dir());
    }
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|up| up.join("shared/data")).find(|path| path.is_dir())
}

/// Every wound that has a mask.
fn wounds() -> Vec<(RgbImage, GrayImage)> {
    let Some(folder) = shared_data().map(|data| data.join("06-photos/wounds")) else {
        return Vec::new();
    };
    let mut masks: Vec<_> =
        std::fs::read_dir(folder.join("masks")).unwrap().map(|it| it.unwrap().path()).collect();
    masks.sort();
    let open = |mask: &PathBuf| {
        let picture = image::open(folder.join(mask.file_name().unwrap())).unwrap();
        (picture.to_rgb8(), image::open(mask).unwrap().to_luma8())
    };
    masks.iter().map(open).collect()
}

/// What a rendering at `quality` keeps of one wound: SSIM, mean and 95th percentile of CIEDE2000.
fn kept(picture: &RgbImage, mask: &GrayImage, quality: u8) -> [f64; 3] {
    let size = (u16::try_from(picture.width()).unwrap(), u16::try_from(picture.height()).unwrap());
    let pixels = Zeroizing::new(picture.as_raw().clone());
    let small = Small { pixels, size, kind: Form::of(PixelFormat::RGB24).unwrap(), icc: None };
    let made = decode(&small.encode(quality, 1).unwrap(), size).unwrap();
    let after = RgbImage::from_raw(picture.width(), picture.height(), made.pixels).unwrap();
    let wound = |x, y| mask.get_pixel(x, y).0[0] > 127;
    let mut colours: Vec<f64> = picture
        .enumerate_pixels()
        .filter(|(x, y, _)| wound(*x, *y))
        .map(|(x, y, pixel)| colour::difference(pixel.0, after.get_pixel(x, y).0))
        .collect();
    colours.sort_by(f64::total_cmp);
    let mean = colours.iter().sum::<f64>() / colours.len() as f64;
    [ssim(picture, &after, wound), mean, colours[colours.len() * 95 / 100]]
}

/// Mean SSIM of the luma over windows of 8 x 8, every four pixels, whose middle lies in the wound.
fn ssim(before: &RgbImage, after: &RgbImage, wound: impl Fn(u32, u32) -> bool) -> f64 {
    let luma = |image: &RgbImage, x, y| {
        let [red, green, blue] = image.get_pixel(x, y).0.map(f64::from);
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    let mut windows = Vec::new();
    for y in (0..before.height() - 7).step_by(4) {
        for x in (0..before.width() - 7).step_by(4).filter(|x| wound(x + 4, y + 4)) {
            let mut sums = [0.0; 5];
            for (i, j) in (0..8).flat_map(|i| (0..8).map(move |j| (i, j))) {
                let (p, q) = (luma(before, x + i, y + j), luma(after, x + i, y + j));
                [p, q, p * p, q * q, p * q]
                    .iter()
                    .zip(&mut sums)
                    .for_each(|(value, sum)| *sum += value / 64.0);
            }
            let [a, b, aa, bb, ab] = sums;
            let together = 2.0 * (ab - a * b) + 58.5225;
            windows.push(
                (2.0 * a * b + 6.5025) * together
                    / ((a * a + b * b + 6.5025) * (aa - a * a + bb - b * b + 58.5225)),
            );
        }
    }
    windows.iter().sum::<f64>() / windows.len() as f64
}

#[test]
fn the_lowest_quality_keeps_wounds_above_the_floor_and_the_next_lower_would_not() {
    let wounds = wounds();
    if wounds.is_empty() {
        return;
    }
    assert!(wounds.len() >= 10);
    let worst = |quality| {
        let all = wounds.iter().map(|(picture, mask)| kept(picture, mask, quality));
        all.fold([1.0_f64, 0.0, 0.0], |[a, b, c], [x, y, z]| [a.min(x), b.max(y), c.max(z)])
    };
    let [ssim, colour, colour_95] = worst(90);
    assert!(ssim >= LEAST_SSIM, "{ssim}");
    assert!(colour <= MOST_COLOUR, "{colour}");
    assert!(colour_95 <= MOST_COLOUR_95, "{colour_95}");
    let [ssim, colour, colour_95] = worst(85);
    assert!(ssim < LEAST_SSIM && colour > MOST_COLOUR && colour_95 > MOST_COLOUR_95);
}

mod colour {
    //! CIEDE2000 (ISO/CIE 11664-6) of two sRGB colours.

    fn lab(pixel: [u8; 3]) -> [f64; 3] {
        let linear = |value: u8| match f64::from(value) / 255.0 {
            dark if dark <= 0.040_45 => dark / 12.92,
            value => ((value + 0.055) / 1.055).powf(2.4),
        };
        let [r, g, b] = pixel.map(linear);
        let x = (0.412_456_4 * r + 0.357_576_1 * g + 0.180_437_5 * b) / 0.950_47;
        let y = 0.212_672_9 * r + 0.715_152_2 * g + 0.072_175 * b;
        let z = (0.019_333_9 * r + 0.119_192 * g + 0.950_304_1 * b) / 1.088_83;
        let root = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
        let [x, y, z] = [x, y, z].map(root);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    pub(super) fn difference(one: [u8; 3], other: [u8; 3]) -> f64 {
        of_lab(lab(one), lab(other))
    }

    fn weight(chroma: f64) -> f64 {
        (chroma.powi(7) / (chroma.powi(7) + 25_f64.powi(7))).sqrt()
    }

    pub(super) fn of_lab([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
        let g = 0.5 * (1.0 - weight(f64::midpoint(a1.hypot(b1), a2.hypot(b2))));
        let (a1, a2) = (a1 * (1.0 + g), a2 * (1.0 + g));
        let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
        let hue = |a: f64, b: f64| b.atan2(a).to_degrees().rem_euclid(360.0);
        let (h1, h2) = (hue(a1, b1), hue(a2, b2));
        let turn = if c1 * c2 == 0.0 { 0.0 } else { (h2 - h1 + 540.0).rem_euclid(360.0) - 180.0 };
        let h = if c1 * c2 == 0.0 { h1 + h2 } else { (h1 + turn / 2.0).rem_euclid(360.0) };
        let (l, c) = (f64::midpoint(l1, l2) - 50.0, f64::midpoint(c1, c2));
        let cos = |degrees: f64| degrees.to_radians().cos();
        let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0)
            - 0.2 * cos(4.0 * h - 63.0);
        let lightness = (l2 - l1) / (1.0 + 0.015 * l * l / (20.0 + l * l).sqrt());
        let chroma = (c2 - c1) / (1.0 + 0.045 * c);
        let hue = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin() / (1.0 + 0.015 * c * t);
        let blue = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
        let turned = -(2.0 * blue).to_radians().sin() * 2.0 * weight(c);
        (lightness * lightness + chroma * chroma + hue * hue + turned * chroma * hue).sqrt()
    }

    /// Sharma, Wu and Dalal 2005, table 1: pairs 1, 7, 17 and 25.
    #[test]
    fn differences_are_those_of_the_published_table() {
        let pairs = [
            ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
            ([50.0, 0.0, 0.0], [50.0, -1.0, 2.0], 2.3669),
            ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
            ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
        ];
        for (one, other, expected) in pairs {
            assert!((of_lab(one, other) - expected).abs() < 5e-5, "{}", of_lab(one, other));
        }
    }
}
