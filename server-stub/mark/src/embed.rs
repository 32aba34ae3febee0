//! Writing a mark.

use crate::gain::{Gains, upper};
use crate::key::{Event, MarkKey};
use crate::pattern::Tile;
use crate::plane::LumaMut;

/// How far a marked rendering is from the unmarked one, in decibels of peak signal to noise over luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// 46 dB: not seen at 100 %, and survives what happens to photos in messages.
    Usual,
    /// 48 dB, for those who read skin: survives less.
    Dermatology,
}

impl Strength {
    /// Decibels.
    #[must_use]
    pub fn decibels(self) -> f32 {
        match self {
            Self::Usual => 46.0,
            Self::Dermatology => 48.0,
        }
    }
}

/// Fractions of a level that are counted while the mark is added.
const PARTS: i16 = 64;

/// Writes the mark of an event into a rendering's luma. Pictures whose long edge is below 512 pixels have too few tiles to
/// be found again without the original.
pub fn embed(luma: &mut LumaMut<'_>, key: &MarkKey, event: Event, strength: Strength) {
    let tile = Tile::draw(Tile::period(luma.width.max(luma.height)), &key.amplitudes(event));
    let gains = Gains::of(luma.as_luma());
    let error = (255.0 / 10_f32.powf(strength.decibels() / 20.0)).powi(2);
    // Rounding to whole levels adds a twelfth.
    let level = ((error - 1.0 / 12.0) / gains.power()).sqrt() / Tile::UNIT;
    // Of the product with the tile's value the upper half is left.
    let gains = gains.whole(level * f32::from(PARTS) * 65_536.0);
    let mut gain = vec![0; gains.width()];
    for (y, row) in luma.bytes.chunks_exact_mut(luma.width).enumerate() {
        // Two rows share one: from row to row a gain changes by a sixteenth of the way to the next block.
        if y % 2 == 0 {
            gains.row(y, &mut gain);
        }
        for (row, gain) in row.chunks_mut(tile.period).zip(gain.chunks(tile.period)) {
            for ((pixel, add), gain) in row.iter_mut().zip(tile.row(y)).zip(gain) {
                *pixel = marked(*pixel, upper(*add, *gain));
            }
        }
    }
}

/// A pixel, and what is added to it in [`PARTS`] of a level: half of what 16 bits hold at most, so that neither sum overflows.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn marked(pixel: u8, add: i16) -> u8 {
    let sum = i16::from(pixel) * PARTS + PARTS / 2 + add;
    (sum >> PARTS.trailing_zeros()).clamp(0, 255) as u8
}
