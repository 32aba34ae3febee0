//! How much of the mark a place in the picture hides: more in texture, less on smooth skin and in the dark.

use crate::plane::Luma;

/// Pixels on each side of a block.
pub(crate) const BLOCK: usize = 16;
/// Of a block every second row is looked at.
const EACH: usize = 2;
const LEAST: f32 = 0.55;
const MOST: f32 = 1.7;
/// Mean luma below which noise is seen sooner, and how far the mark goes down in black.
const DARK: f32 = 40.0;
const BLACK: f32 = 0.5;

/// A gain for each block.
pub(crate) struct Gains {
    across: usize,
    down: usize,
    values: Vec<f32>,
}

impl Gains {
    pub(crate) fn of(luma: Luma<'_>) -> Self {
        let (across, down) = (luma.width.div_ceil(BLOCK), luma.height.div_ceil(BLOCK));
        let mut values = Vec::with_capacity(across * down);
        let (mut sums, mut steps) = (vec![0_u16; luma.width], vec![0_u16; luma.width]);
        for rows in luma.bytes.chunks(BLOCK * luma.width) {
            sums.fill(0);
            steps.fill(0);
            let looked_at = rows.chunks_exact(luma.width).step_by(EACH);
            let height = looked_at.len();
            for row in looked_at {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += u16::from(*value));
                let pairs = row.iter().zip(&row[1..]);
                steps
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(sum, (one, next))| *sum += u16::from(one.abs_diff(*next)));
            }
            let total = |columns: &[u16]| columns.iter().map(|sum| u32::from(*sum)).sum::<u32>();
            for (sums, steps) in sums.chunks(BLOCK).zip(steps.chunks(BLOCK)) {
                // The step out of a block is no part of it.
                let inside = &steps[..steps.len() - 1];
                values.push(gain((total(sums), total(inside), sums.len() * height)));
            }
        }
        Self { across, down, values }
    }

    /// The mean of the squared gains: what scales the mark to its strength.
    pub(crate) fn power(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        let count = self.values.len() as f32;
        self.values.iter().map(|gain| gain * gain).sum::<f32>() / count
    }

    /// In whole numbers, `unit` for a gain of one.
    pub(crate) fn whole(&self, unit: f32) -> WholeGains {
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let whole = |gain: &f32| (gain * unit).clamp(0.0, WholeGains::MOST).round() as i16;
        WholeGains { across: self.across, down: self.down, values: self.values.iter().map(whole).collect() }
    }
}

/// Gains as whole numbers of 16 bits, of which a processor multiplies eight at once; interpolated between the blocks' centres.
pub(crate) struct WholeGains {
    across: usize,
    down: usize,
    values: Vec<i16>,
}

impl WholeGains {
    /// Twice the difference of two still has 16 bits.
    const MOST: f32 = 16_383.0;

    /// As many as [`WholeGains::row`] fills: no fewer than a row has pixels.
    pub(crate) fn width(&self) -> usize {
        self.across * BLOCK
    }

    /// The gains of a row, one for each pixel.
    pub(crate) fn row(&self, y: usize, row: &mut [i16]) {
        let (upper, lower, down) = between(y, self.down);
        let [upper, lower] = [upper, lower].map(|at| &self.values[at * self.across..][..self.across]);
        let mut blended = upper.iter().zip(lower).map(|(above, below)| blend((*above, *below), down));
        let mut left = blended.next().unwrap_or_default();
        let (head, rest) = row.split_at_mut(BLOCK / 2);
        head.fill(left);
        let (parts, tail) = rest.as_chunks_mut::<BLOCK>();
        for (part, right) in parts.iter_mut().zip(blended) {
            for (value, along) in part.iter_mut().zip(ALONG) {
                *value = blend((left, right), along);
            }
            left = right;
        }
        tail.fill(left);
    }
}

/// How far the pixels behind a block's centre are from it to the next, each in the middle of itself: 2^15 is there.
const ALONG: [i16; BLOCK] = {
    const HALF: i16 = 1 << (14 - BLOCK.trailing_zeros());
    let (mut along, mut at, mut place) = ([0; BLOCK], 0, HALF);
    while at < BLOCK {
        along[at] = place;
        (at, place) = (at + 1, place.wrapping_add(2 * HALF));
    }
    along
};

fn blend((from, to): (i16, i16), along: i16) -> i16 {
    from + upper(2 * (to - from), along)
}

/// The upper half of a product.
pub(crate) fn upper(one: i16, other: i16) -> i16 {
    ((i32::from(one) * i32::from(other)) >> 16) as i16
}

#[expect(clippy::cast_precision_loss, reason = "sums over 256 pixels")]
fn gain((sum, steps, count): (u32, u32, usize)) -> f32 {
    let (mean, activity) = (sum as f32 / count as f32, steps as f32 / count as f32);
    let dark = (mean / DARK).min(1.0);
    (LEAST + 0.16 * activity).clamp(LEAST, MOST) * (BLACK + (1.0 - BLACK) * dark)
}

/// The blocks before and behind a pixel's middle, and how far it is between their centres: 2^15 is there.
fn between(at: usize, blocks: usize) -> (usize, usize, i16) {
    let Some(behind) = (2 * at + 1).checked_sub(BLOCK) else { return (0, 0, 0) };
    let before = (behind / (2 * BLOCK)).min(blocks - 1);
    (before, (before + 1).min(blocks - 1), ALONG[behind % (2 * BLOCK) / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_those_between_the_four_blocks_around_a_pixel() {
        let (width, height) = (70, 40);
        let grain = |at: usize| ((at * 2_654_435_761) >> 7).to_le_bytes()[0] >> (at % width / 20);
        let bytes: Vec<u8> = (0..width * height).map(grain).collect();
        let gains = Gains::of(Luma::new(width, height, &bytes).unwrap());
        let whole = gains.whole(8000.0);
        let place = |at: usize, blocks: usize| {
            // In halves of a pixel from the middle of the first block.
            let (place, step) = ((2 * at + 1).saturating_sub(BLOCK), 2 * BLOCK);
            let place = place.min(step * (blocks - 1));
            (place / step, (place / step + 1).min(blocks - 1), (place % step) as f32 / step as f32)
        };
        let mut row = vec![0; whole.width()];
        for y in 0..height {
            whole.row(y, &mut row);
            for (x, found) in row.iter().take(width).enumerate() {
                let ((left, right, along), (top, bottom, down)) =
                    (place(x, gains.across), place(y, gains.down));
                let at = |x: usize, y: usize| gains.values[y * gains.across + x];
                let line = |y: usize| at(left, y) + (at(right, y) - at(left, y)) * along;
                let expected = (line(top) + (line(bottom) - line(top)) * down) * 8000.0;
                assert!((f32::from(*found) - expected).abs() < 4.0, "{x}, {y}: {found}, {expected}");
            }
        }
    }
}
