//! A whitened picture as one spectrum, ready to be asked for any frequency.

use crate::field::{Field, boxed, boxed_down};
use crate::spread::spread;
use rustfft::{FftPlanner, num_complex::Complex32};

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
    /// Of a whitened picture that holds frequencies up to `highest` turns a pixel.
    pub(crate) fn of(flat: &Field, highest: f32) -> Self {
        let (width, height) = (padded(flat.width), padded(flat.height));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size")]
        let reach = ((highest * real(width)).ceil() as usize + 2).min(width / 2 + 1);
        let rows = across(&flat.values, flat.width, width, reach);
        let values = down(&rows, flat.height, height, reach);
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
