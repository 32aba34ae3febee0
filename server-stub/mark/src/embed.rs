//! Writing a mark.

use crate::gain::Gains;
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

/// Writes the mark of an event into a rendering's luma. Pictures whose long edge is below 512 pixels have too few tiles to
/// be found again without the original.
pub fn embed(luma: &mut LumaMut<'_>, key: &MarkKey, event: Event, strength: Strength) {
    let tile = Tile::draw(Tile::period(luma.width.max(luma.height)), &key.amplitudes(event));
    let gains = Gains::of(luma.as_luma());
    let error = (255.0 / 10_f32.powf(strength.decibels() / 20.0)).powi(2);
    // Rounding to whole levels adds a twelfth.
    let level = ((error - 1.0 / 12.0) / gains.power()).sqrt() / Tile::UNIT;
    let mut gain = vec![0.0; luma.width];
    for (y, row) in luma.bytes.chunks_exact_mut(luma.width).enumerate() {
        gains.row(y, &mut gain);
        let pattern = tile.row(y);
        for (row, gain) in row.chunks_mut(tile.period).zip(gain.chunks(tile.period)) {
            for ((pixel, add), gain) in row.iter_mut().zip(pattern).zip(gain) {
                let marked = f32::from(*pixel) + f32::from(*add) * (gain * level) + 0.5;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "clamped to a byte"
                )]
                let marked = marked.clamp(0.0, 255.0) as i32 as u8;
                *pixel = marked;
            }
        }
    }
}
