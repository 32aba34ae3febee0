//! The tile: a periodic pattern of a few frequencies, drawn at the scale of a rendering.

use rustfft::{FftPlanner, num_complex::Complex32};

/// Units of the long edge of a rendering; a tile has 256 of them.
pub(crate) const LONG_EDGE: f32 = 2048.0;
pub(crate) const TILE: f32 = 256.0;

/// A frequency: turns for each tile to the right and downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bin {
    pub(crate) u: i32,
    pub(crate) v: i32,
}

impl Bin {
    /// As it stands in a picture rotated by so many degrees, still in turns for each tile.
    pub(crate) fn turned(self, degrees: f32) -> (f32, f32) {
        let (sin, cos) = degrees.to_radians().sin_cos();
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let (u, v) = (self.u as f32, self.v as f32);
        (u * cos - v * sin, u * sin + v * cos)
    }
}

/// A tile of `period` pixels, one value a pixel, root mean square [`Tile::UNIT`].
pub(crate) struct Tile {
    pub(crate) period: usize,
    pub(crate) values: Vec<i16>,
}

impl Tile {
    pub(crate) const UNIT: f32 = 4096.0;

    /// The least period that holds the highest frequency twice over.
    pub(crate) const LEAST_PERIOD: usize = 64;

    /// For a rendering whose long edge has so many pixels: an even number of them, so that two rows are drawn at once.
    pub(crate) fn period(long_edge: usize) -> usize {
        #[expect(clippy::cast_precision_loss, reason = "an edge has at most 16 bits")]
        let exact = long_edge as f32 * (TILE / LONG_EDGE);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an eighth of an edge")]
        let period = 2 * (exact / 2.0).round() as usize;
        period.max(Self::LEAST_PERIOD)
    }

    pub(crate) fn draw(period: usize, amplitudes: &[(Bin, [f32; 2])]) -> Self {
        let mut planner = FftPlanner::new();
        let inverse = planner.plan_fft_inverse(period);
        let wrap = |at: i32| at.rem_euclid(i32::try_from(period).unwrap_or(i32::MAX)).unsigned_abs() as usize;
        // Columns first: few hold anything.
        let reach = amplitudes.iter().map(|(bin, _)| bin.u).max().unwrap_or(0).unsigned_abs() as usize;
        let mut columns = vec![vec![Complex32::ZERO; period]; reach + 1];
        for (bin, [re, im]) in amplitudes {
            columns[bin.u.unsigned_abs() as usize][wrap(bin.v)] += Complex32::new(*re, *im);
        }
        columns.iter_mut().for_each(|column| inverse.process(column));
        // The tile is the real part; two rows go through one transform, as real and imaginary part.
        let mut values = Vec::with_capacity(period * period);
        let mut rows = vec![Complex32::ZERO; period];
        for y in (0..period).step_by(2) {
            rows.fill(Complex32::ZERO);
            for (u, column) in columns.iter().enumerate() {
                let (first, second) = (column[y], column[y + 1]);
                let i = Complex32::I;
                rows[u] += first + i * second;
                rows[(period - u) % period] += first.conj() + i * second.conj();
            }
            inverse.process(&mut rows);
            values.extend(rows.iter().map(|value| value.re));
            values.extend(rows.iter().map(|value| value.im));
        }
        let energy: f32 = values.iter().map(|value| value * value).sum();
        #[expect(clippy::cast_precision_loss, reason = "a scale")]
        let scale = Self::UNIT * (values.len() as f32 / energy.max(f32::MIN_POSITIVE)).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "floats saturate")]
        let values = values.into_iter().map(|value| (value * scale).round() as i16).collect();
        Self { period, values }
    }

    pub(crate) fn row(&self, y: usize) -> &[i16] {
        let start = y % self.period * self.period;
        &self.values[start..start + self.period]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_frequency_is_a_cosine_of_the_whole_strength() {
        let tile = Tile::draw(64, &[(Bin { u: 3, v: 2 }, [1.0, 0.0])]);
        for (at, value) in tile.values.iter().enumerate() {
            let turns = (3 * (at % 64) + 2 * (at / 64)) as f32 / 64.0;
            let expected = Tile::UNIT * 2_f32.sqrt() * (turns * std::f32::consts::TAU).cos();
            assert!((f32::from(*value) - expected).abs() < 3.0, "{at}: {value} {expected}");
        }
    }
}
