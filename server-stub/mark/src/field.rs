//! A picture as numbers. Places are continuous: the middle of the first pixel lies at (0.5, 0.5).

use crate::plane::Luma;

/// Standard deviation of the blur whose rest is looked at, and of the one that says how lively a place is, in pixels.
const BLUR: f32 = 6.0;
const LIVELY: f32 = 12.0;
/// What stands out more than this, in deviations, is an edge of the picture.
const CLIP: f32 = 2.2;

/// One number a pixel, rows from the top.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<f32>,
}

impl Field {
    pub(crate) fn of(luma: Luma<'_>) -> Self {
        let values = luma.rows().flatten().map(|value| f32::from(*value)).collect();
        Self { width: luma.width, height: luma.height, values }
    }

    pub(crate) fn drawn(width: usize, height: usize, draw: impl Fn(f32, f32) -> f32) -> Self {
        let places = (0..width * height).map(|at| (real(at % width) + 0.5, real(at / width) + 0.5));
        Self { width, height, values: places.map(|(x, y)| draw(x, y)).collect() }
    }

    pub(crate) fn long_edge(&self) -> usize {
        self.width.max(self.height)
    }

    /// Three box blurs in both directions, close to a Gaussian.
    pub(crate) fn blurred(mut self, deviation: f32) -> Self {
        blur(&mut self.values, self.width, deviation);
        self
    }

    /// Smaller, by a factor of at most one.
    pub(crate) fn shrunk(&self, factor: f32) -> Self {
        let smooth = if factor < 0.9 { self.clone().blurred(0.4 / factor) } else { self.clone() };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "smaller than it was")]
        let edge = |edge: usize| ((real(edge) * factor).round() as usize).max(1);
        let (width, height) = (edge(self.width), edge(self.height));
        let (across, down) = (real(self.width) / real(width), real(self.height) / real(height));
        Self::drawn(width, height, |x, y| smooth.nearest(x * across, y * down))
    }

    /// Between the nearest four; nothing outside.
    pub(crate) fn at(&self, x: f32, y: f32) -> Option<f32> {
        let inside = x >= 0.5 && y >= 0.5 && x <= real(self.width) - 0.5 && y <= real(self.height) - 0.5;
        inside.then(|| self.nearest(x, y))
    }

    /// Between the nearest four; outside as at the edge.
    pub(crate) fn nearest(&self, x: f32, y: f32) -> f32 {
        let x = (x - 0.5).clamp(0.0, real(self.width - 1));
        let y = (y - 0.5).clamp(0.0, real(self.height - 1));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the picture")]
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (across, down) = (x - real(left), y - real(top));
        let row = |y: usize| {
            let row = &self.values[y * self.width..][..self.width];
            row[left] + (row[right] - row[left]) * across
        };
        let upper = row(top);
        upper + (row(bottom) - upper) * down
    }

    /// What is left without coarse shapes, in units of how lively the place is.
    pub(crate) fn whitened(self) -> Self {
        let mut coarse = self.values.clone();
        blur(&mut coarse, self.width, BLUR);
        let mut rest: Vec<f32> =
            self.values.iter().zip(&coarse).map(|(value, coarse)| value - coarse).collect();
        let mut power: Vec<f32> = rest.iter().map(|value| value * value).collect();
        blur(&mut power, self.width, LIVELY);
        for (value, power) in rest.iter_mut().zip(&power) {
            *value = (*value / (power + 0.5).sqrt()).clamp(-CLIP, CLIP);
        }
        Self { values: rest, ..self }
    }
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub(crate) fn real(size: usize) -> f32 {
    size as f32
}

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

/// The mean over `radius` on each side, along a line.
pub(crate) fn boxed(from: &[f32], to: &mut [f32], radius: usize) {
    let last = from.len() - 1;
    let count = real(2 * radius + 1);
    let mut sum: f32 = (0..=2 * radius).map(|at| from[at.saturating_sub(radius).min(last)]).sum();
    for (at, value) in to.iter_mut().enumerate() {
        *value = sum / count;
        sum += from[(at + radius + 1).min(last)] - from[at.saturating_sub(radius)];
    }
}

/// The mean over `radius` rows on each side.
pub(crate) fn boxed_down(from: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let row = |y: usize| &from[y.min(height - 1) * width..][..width];
    let count = real(2 * radius + 1);
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
