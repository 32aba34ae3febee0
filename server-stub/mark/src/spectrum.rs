//! A suspect picture as one whitened spectrum, ready to be asked for any frequency.

use crate::plane::Luma;
use crate::spread::spread;
use rustfft::{FftPlanner, num_complex::Complex32};

/// Standard deviation of the blur whose rest is looked at, and of the one that says how lively a place is, in pixels.
const BLUR: f32 = 6.0;
const LIVELY: f32 = 12.0;
/// What stands out more than this, in deviations, is an edge of the picture.
const CLIP: f32 = 2.2;
/// Frequencies on each side over which a frequency is compared with its neighbours.
const NEIGHBOURS: usize = 12;
/// Least edge of the zero-padded transform.
const LEAST: usize = 256;

/// The half of the spectrum with frequencies to the right, up to the highest that is asked for; each value divided by what
/// is usual around it, so that none is larger than one. Positions count from the picture's middle.
pub(crate) struct Spectrum {
    width: usize,
    height: usize,
    reach: usize,
    /// Column by column.
    values: Vec<Complex32>,
    /// The squares of the values, 255 for one.
    powers: Vec<u8>,
}

impl Spectrum {
    /// Of a picture that holds frequencies up to `highest` turns a pixel.
    pub(crate) fn of(luma: Luma<'_>, highest: f32) -> Self {
        let flat = whitened(luma);
        let (width, height) = (padded(luma.width), padded(luma.height));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size")]
        let reach = ((highest * real(width)).ceil() as usize + 2).min(width / 2 + 1);
        let rows = across(&flat, luma.width, width, reach);
        let values = down(&rows, luma.height, height, reach);
        let mut spectrum = Self { width, height, reach, values, powers: Vec::new() };
        spectrum.level();
        spectrum
    }

    /// Divides each value by what is usual around it.
    fn level(&mut self) {
        let mut usual: Vec<f32> = self.values.iter().map(Complex32::norm_sqr).collect();
        let mut line = Vec::new();
        for column in usual.chunks_exact_mut(self.height) {
            line.clear();
            line.extend_from_slice(column);
            boxed(&line, column, NEIGHBOURS);
        }
        let usual = boxed_down(&usual, self.height, self.reach, NEIGHBOURS);
        for (value, usual) in self.values.iter_mut().zip(usual) {
            *value /= value.norm() + usual.sqrt() + f32::MIN_POSITIVE;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 255")]
        let power = |value: &Complex32| (value.norm_sqr() * 255.0) as u8;
        self.powers = self.values.iter().map(power).collect();
    }

    /// The transform at a frequency in turns a pixel, interpolated between the nearest four; zero beyond its reach.
    pub(crate) fn at(&self, x: f32, y: f32) -> Complex32 {
        let (x, y, turned) = if x < 0.0 { (-x, -y, true) } else { (x, y, false) };
        let (x, y) = (x * real(self.width), y * real(self.height));
        let (left, top) = (x.floor(), y.floor());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
        let column = left as usize;
        if column + 1 >= self.reach {
            return Complex32::ZERO;
        }
        let rows = [self.row(top), self.row(top + 1.0)];
        let (along, down) = (x - left, y - top);
        let pick = |row: usize| {
            let at = column * self.height + row;
            self.values[at] * (1.0 - along) + self.values[at + self.height] * along
        };
        let value = pick(rows[0]) * (1.0 - down) + pick(rows[1]) * down;
        if turned { value.conj() } else { value }
    }

    /// Adds to each sum the power nearest to a frequency times its factor.
    pub(crate) fn add_powers(&self, (x, y): (f32, f32), factors: &[f32], sums: &mut [u32]) {
        let (x, y) = if x < 0.0 { (-x, -y) } else { (x, y) };
        let (x, y) = (x * real(self.width), y * real(self.height));
        for (factor, sum) in factors.iter().zip(sums) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
            let column = (x * factor + 0.5) as usize;
            if column < self.reach {
                let row = self.row((y * factor).round());
                *sum += u32::from(self.powers[column * self.height + row]);
            }
        }
    }

    fn row(&self, at: f32) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "below the size")]
        let at = at as i32;
        let row = if at < 0 { self.height.wrapping_add_signed(at as isize) } else { at as usize };
        row.min(self.height - 1)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size")]
fn real(size: usize) -> f32 {
    size as f32
}

/// The least size of two or three times a power of two that is twice an edge.
fn padded(edge: usize) -> usize {
    let size = (2 * edge).next_power_of_two().max(LEAST);
    if size / 4 * 3 >= 2 * edge { size / 4 * 3 } else { size }
}

/// Where a pixel stands when positions count from the middle of an edge.
fn centred(at: usize, edge: usize, padded: usize) -> usize {
    (at + padded - edge / 2) % padded
}

/// Each row's transform; two real rows go through one.
fn across(flat: &[f32], edge: usize, width: usize, reach: usize) -> Vec<Complex32> {
    let transform = FftPlanner::new().plan_fft_forward(width);
    let pairs: Vec<&[f32]> = flat.chunks(2 * edge).collect();
    spread(&pairs, |pairs| {
        let mut scratch = vec![Complex32::ZERO; transform.get_inplace_scratch_len()];
        let mut field = vec![Complex32::ZERO; width];
        let mut rows = Vec::with_capacity(pairs.len() * 2 * reach);
        for pair in pairs {
            field.fill(Complex32::ZERO);
            for (at, value) in pair.iter().enumerate() {
                let place = &mut field[centred(at % edge, edge, width)];
                if at < edge { place.re = *value } else { place.im = *value }
            }
            transform.process_with_scratch(&mut field, &mut scratch);
            let parts = (0..reach).map(|u| (field[u], field[(width - u) % width].conj()));
            rows.extend(parts.clone().map(|(value, opposite)| (value + opposite) * 0.5));
            if pair.len() > edge {
                let turn = Complex32::new(0.0, -0.5);
                rows.extend(parts.map(|(value, opposite)| (value - opposite) * turn));
            }
        }
        rows
    })
}

/// The columns' transforms.
fn down(rows: &[Complex32], edge: usize, height: usize, reach: usize) -> Vec<Complex32> {
    /// Columns that are gathered at once.
    const ABREAST: usize = 16;
    let transform = FftPlanner::new().plan_fft_forward(height);
    let starts: Vec<usize> = (0..reach).step_by(ABREAST).collect();
    spread(&starts, |starts| {
        let mut scratch = vec![Complex32::ZERO; transform.get_inplace_scratch_len()];
        let mut columns = Vec::new();
        for start in starts {
            let count = ABREAST.min(reach - start);
            let mut field = vec![Complex32::ZERO; count * height];
            for (y, row) in rows.chunks_exact(reach).enumerate() {
                let at = centred(y, edge, height);
                for (column, value) in row[*start..start + count].iter().enumerate() {
                    field[column * height + at] = *value;
                }
            }
            transform.process_with_scratch(&mut field, &mut scratch);
            columns.append(&mut field);
        }
        columns
    })
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
