//! A suspect picture as spectra of overlapping windows, whitened, ready to be asked for any frequency.

use crate::plane::Luma;
use rustfft::{Fft, FftPlanner, num_complex::Complex32};
use std::sync::Arc;

/// Pixels on each side of a window, and of its zero-padded transform.
pub(crate) const WINDOW: usize = 512;
pub(crate) const PADDED: usize = 1024;
const STEP: usize = 300;
/// Standard deviation of the blur whose rest is looked at, and of the one that says how lively a place is, in pixels.
const BLUR: f32 = 6.0;
const LIVELY: f32 = 12.0;
/// What stands out more than this, in deviations, is an edge of the picture.
const CLIP: f32 = 2.2;

/// A window's spectrum: the half with frequencies to the right, up to the highest that is asked for.
pub(crate) struct Window {
    pub(crate) left: f32,
    pub(crate) top: f32,
    rows: Vec<Complex32>,
    reach: usize,
}

impl Window {
    /// The transform at a frequency in turns a pixel, interpolated between the nearest four; zero beyond its reach.
    pub(crate) fn at(&self, x: f32, y: f32) -> Complex32 {
        let (x, y, turned) = if x < 0.0 { (-x, -y, true) } else { (x, y, false) };
        #[expect(clippy::cast_precision_loss, reason = "a size")]
        let padded = PADDED as f32;
        let (x, y) = (x * padded, y * padded);
        let (left, top) = (x.floor(), y.floor());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
        let column = left as usize;
        if column + 1 >= self.reach {
            return Complex32::ZERO;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below the size")]
        let row = |offset: i32| (top as i32 + offset).rem_euclid(PADDED as i32).unsigned_abs() as usize;
        let (across, down) = (x - left, y - top);
        let pick = |row: usize| {
            let at = row * self.reach + column;
            self.rows[at] * (1.0 - across) + self.rows[at + 1] * across
        };
        let value = pick(row(0)) * (1.0 - down) + pick(row(1)) * down;
        if turned { value.conj() } else { value }
    }
}

/// All windows of a picture that holds frequencies up to `highest` turns a pixel.
pub(crate) fn windows(luma: Luma<'_>, highest: f32) -> Vec<Window> {
    let flat = whitened(luma);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a size"
    )]
    let reach = ((highest * PADDED as f32).ceil() as usize + 2).min(PADDED / 2 + 1);
    let starts = |edge: usize| -> Vec<usize> {
        let last = edge.saturating_sub(WINDOW);
        let steps = last.div_ceil(STEP).max(1);
        if last == 0 { vec![0] } else { (0..=steps).map(|at| at * last / steps).collect() }
    };
    let (across, down) = (starts(luma.width), starts(luma.height));
    let places: Vec<_> = down.iter().flat_map(|y| across.iter().map(|x| (*x, *y))).collect();
    let transform = FftPlanner::new().plan_fft_forward(PADDED);
    // Two real windows go through one transform.
    places
        .chunks(2)
        .flat_map(|pair| {
            let spectrum = transformed(&flat, luma, pair, &transform);
            (0..pair.len()).map(|which| half(&spectrum, which, pair[which], reach)).collect::<Vec<_>>()
        })
        .collect()
}

fn transformed(
    flat: &[f32],
    luma: Luma<'_>,
    places: &[(usize, usize)],
    transform: &Arc<dyn Fft<f32>>,
) -> Vec<Complex32> {
    let mut field = vec![Complex32::ZERO; PADDED * PADDED];
    for (which, (left, top)) in places.iter().enumerate() {
        let (width, height) = ((luma.width - left).min(WINDOW), (luma.height - top).min(WINDOW));
        for y in 0..height {
            let from = (top + y) * luma.width + left;
            for (x, value) in flat[from..from + width].iter().enumerate() {
                let place = &mut field[y * PADDED + x];
                if which == 0 { place.re = *value } else { place.im = *value }
            }
        }
    }
    // Rows below the window are empty.
    transform.process(&mut field[..WINDOW * PADDED]);
    let mut turned = vec![Complex32::ZERO; PADDED * PADDED];
    transpose(&field, &mut turned);
    transform.process(&mut turned);
    turned
}

fn transpose(from: &[Complex32], to: &mut [Complex32]) {
    const SQUARE: usize = 16;
    for top in (0..PADDED).step_by(SQUARE) {
        for left in (0..PADDED).step_by(SQUARE) {
            for y in top..top + SQUARE {
                for x in left..left + SQUARE {
                    to[x * PADDED + y] = from[y * PADDED + x];
                }
            }
        }
    }
}

/// One of the two windows that went through a transform together; the spectrum is transposed.
fn half(spectrum: &[Complex32], which: usize, (left, top): (usize, usize), reach: usize) -> Window {
    let mut rows = vec![Complex32::ZERO; PADDED * reach];
    for v in 0..PADDED {
        for u in 0..reach {
            let value = spectrum[u * PADDED + v];
            let opposite = spectrum[(PADDED - u) % PADDED * PADDED + (PADDED - v) % PADDED].conj();
            rows[v * reach + u] = match which {
                0 => (value + opposite) * 0.5,
                _ => (value - opposite) * Complex32::new(0.0, -0.5),
            };
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "an edge has at most 16 bits")]
    Window { left: left as f32, top: top as f32, rows, reach }
}

/// What is left of the luma without its coarse shapes, in units of how lively the place is.
fn whitened(luma: Luma<'_>) -> Vec<f32> {
    let plain: Vec<f32> = luma.rows().flatten().map(|value| f32::from(*value)).collect();
    let mut coarse = plain.clone();
    blur(&mut coarse, luma.width, BLUR);
    let mut rest: Vec<f32> = plain.iter().zip(&coarse).map(|(value, coarse)| value - coarse).collect();
    let mut power: Vec<f32> = rest.iter().map(|value| value * value).collect();
    blur(&mut power, luma.width, LIVELY);
    for (value, power) in rest.iter_mut().zip(&power) {
        *value = (*value / (power + 0.5).sqrt()).clamp(-CLIP, CLIP);
    }
    rest
}

/// Three box blurs in both directions, close to a Gaussian.
fn blur(values: &mut Vec<f32>, width: usize, deviation: f32) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
    let radius = ((deviation * deviation * 4.0 + 1.0).sqrt() / 2.0).round() as usize;
    let height = values.len() / width;
    let mut line = Vec::new();
    for row in values.chunks_exact_mut(width) {
        for _ in 0..3 {
            line.clear();
            line.extend_from_slice(row);
            boxed(&line, row, radius);
        }
    }
    // Columns as sums of whole rows, so that memory is walked in order.
    for _ in 0..3 {
        *values = boxed_down(values, width, height, radius);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few pixels")]
fn boxed(from: &[f32], to: &mut [f32], radius: usize) {
    let last = from.len() - 1;
    let count = (2 * radius + 1) as f32;
    let mut sum: f32 = (0..=2 * radius).map(|at| from[at.saturating_sub(radius).min(last)]).sum();
    for (at, value) in to.iter_mut().enumerate() {
        *value = sum / count;
        sum += from[(at + radius + 1).min(last)] - from[at.saturating_sub(radius)];
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few pixels")]
fn boxed_down(from: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let row = |y: usize| &from[y.min(height - 1) * width..][..width];
    let count = (2 * radius + 1) as f32;
    let mut sums = vec![0.0; width];
    for y in 0..=2 * radius {
        sums.iter_mut().zip(row(y.saturating_sub(radius))).for_each(|(sum, value)| *sum += value);
    }
    let mut to = Vec::with_capacity(from.len());
    for y in 0..height {
        to.extend(sums.iter().map(|sum| sum / count));
        let (enter, leave) = (row(y + radius + 1), row(y.saturating_sub(radius)));
        for ((sum, enter), leave) in sums.iter_mut().zip(enter).zip(leave) {
            *sum += enter - leave;
        }
    }
    to
}
