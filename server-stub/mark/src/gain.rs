//! How much of the mark a place in the picture hides: more in texture, less on smooth skin and in the dark.

use crate::plane::Luma;

/// Pixels on each side of a block.
pub(crate) const BLOCK: usize = 16;
const LEAST: f32 = 0.55;
const MOST: f32 = 1.7;
/// Mean luma below which noise is seen sooner, and how far the mark goes down in black.
const DARK: f32 = 40.0;
const BLACK: f32 = 0.5;

/// A gain for each block, interpolated between their centres.
pub(crate) struct Gains {
    across: usize,
    down: usize,
    values: Vec<f32>,
}

impl Gains {
    pub(crate) fn of(luma: Luma<'_>) -> Self {
        let (across, down) = (luma.width.div_ceil(BLOCK), luma.height.div_ceil(BLOCK));
        let mut values = Vec::with_capacity(across * down);
        for rows in luma.bytes.chunks(BLOCK * luma.width) {
            let mut sums = vec![(0_u32, 0_u32, 0_u32); across];
            for row in rows.chunks_exact(luma.width) {
                for (block, sums) in row.chunks(BLOCK).zip(&mut sums) {
                    let sum: u32 = block.iter().map(|value| u32::from(*value)).sum();
                    let steps: u32 = block.windows(2).map(|pair| u32::from(pair[0].abs_diff(pair[1]))).sum();
                    *sums = (sums.0 + sum, sums.1 + steps, sums.2 + u32::try_from(block.len()).unwrap_or(0));
                }
            }
            values.extend(sums.into_iter().map(gain));
        }
        Self { across, down, values }
    }

    /// The mean of the squared gains: what scales the mark to its strength.
    pub(crate) fn power(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a mean")]
        let count = self.values.len() as f32;
        self.values.iter().map(|gain| gain * gain).sum::<f32>() / count
    }

    /// The gains of a row, one for each pixel.
    pub(crate) fn row(&self, y: usize, row: &mut [f32]) {
        let (upper, lower, down) = between(y, self.down);
        let blend = |at: usize| {
            let (above, below) =
                (self.values[upper * self.across + at], self.values[lower * self.across + at]);
            above + (below - above) * down
        };
        let half = BLOCK / 2;
        let (first, last) = (blend(0), blend(self.across - 1));
        let head = half.min(row.len());
        row[..head].fill(first);
        let mut left = first;
        for at in 1..self.across {
            let right = blend(at);
            let from = half + (at - 1) * BLOCK;
            let to = (from + BLOCK).min(row.len());
            let Some(part) = row.get_mut(from..to) else { break };
            for (x, value) in part.iter_mut().enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "below the block's size")]
                let along = (x as f32 + 0.5) / BLOCK as f32;
                *value = left + (right - left) * along;
            }
            left = right;
        }
        let tail = (half + (self.across - 1) * BLOCK).min(row.len());
        row[tail..].fill(last);
    }
}

#[expect(clippy::cast_precision_loss, reason = "sums over 256 pixels")]
fn gain((sum, steps, count): (u32, u32, u32)) -> f32 {
    let (mean, activity) = (sum as f32 / count as f32, steps as f32 / count as f32);
    let dark = (mean / DARK).min(1.0);
    (LEAST + 0.16 * activity).clamp(LEAST, MOST) * (BLACK + (1.0 - BLACK) * dark)
}

/// The blocks before and behind a pixel's middle, and how far it is between their centres.
fn between(at: usize, blocks: usize) -> (usize, usize, f32) {
    let twice = 2 * at + 1;
    let before = twice.saturating_sub(BLOCK) / (2 * BLOCK);
    let before = before.min(blocks - 1);
    let behind = (before + 1).min(blocks - 1);
    if twice < BLOCK {
        return (0, 0, 0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "below twice the block's size")]
    let along = ((twice - BLOCK) % (2 * BLOCK)) as f32 / (2 * BLOCK) as f32;
    (before, behind, along)
}
