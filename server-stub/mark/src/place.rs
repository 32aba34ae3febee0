//! How a tile may lie in a picture, how far that place stands out, and the number that is read there.

use crate::comb::Pose;
use crate::finding::Finding;
use crate::key::{Carrier, Event, MarkKey};
use crate::pattern::{Bin, TILE};
use crate::spectrum::Spectrum;
use rustfft::{Fft, FftPlanner, num_complex::Complex32};
use std::f32::consts::TAU;
use std::sync::Arc;

/// Positions of the tile that are looked at, in each direction.
const SHIFTS: usize = 64;
/// Frequencies to the right, with zero.
const COLUMNS: usize = 27;
/// How far the sequence of the event that was read must stand out by itself, in standard deviations: one in 160 of those
/// whose check agreed by chance does, and one in a hundred of the weakest true ones does not.
const OWN: f32 = 2.5;

/// How a tile may lie in the picture: pixels a unit, degrees, mirrored or not, and where it begins, in units from the middle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    scale: f32,
    degrees: f32,
    mirrored: bool,
    shift: [f32; 2],
    pub(crate) score: f32,
}

impl Place {
    /// Where it is known to be, upright.
    pub(crate) fn known(scale: f32, shift: [f32; 2]) -> Self {
        Self { scale, degrees: 0.0, mirrored: false, shift, score: 0.0 }
    }
}

/// Reads places in one spectrum.
pub(crate) struct Reader<'a> {
    spectrum: &'a Spectrum,
    key: &'a MarkKey,
    inverse: Arc<dyn Fft<f32>>,
}

/// Room for one look.
pub(crate) struct Eye {
    field: Vec<Complex32>,
    row: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(spectrum: &'a Spectrum, key: &'a MarkKey) -> Self {
        Self { spectrum, key, inverse: FftPlanner::new().plan_fft_inverse(SHIFTS) }
    }

    pub(crate) fn eye(&self) -> Eye {
        Eye {
            field: vec![Complex32::ZERO; COLUMNS * SHIFTS],
            row: vec![Complex32::ZERO; SHIFTS],
            scratch: vec![Complex32::ZERO; self.inverse.get_inplace_scratch_len()],
        }
    }

    /// The likeliest position in a pose.
    pub(crate) fn look(&self, (scale, degrees): Pose, mirrored: bool, eye: &mut Eye) -> Place {
        let pose = Place { scale, degrees, mirrored, shift: [0.0; 2], score: 0.0 };
        let read = self.sync(pose);
        eye.field.fill(Complex32::ZERO);
        let wrap = |at: i32| at.rem_euclid(64).unsigned_abs() as usize;
        for (carrier, value) in self.key.sync.iter().zip(&read) {
            let Bin { u, v } = carrier.bin;
            eye.field[wrap(u) * SHIFTS + wrap(v)] = *value;
        }
        self.inverse.process_with_scratch(&mut eye.field, &mut eye.scratch);
        // The sum is the real part; two rows go through one transform, as real and imaginary part.
        let mut best = (0.0, 0, 0);
        for y in (0..SHIFTS).step_by(2) {
            eye.row.fill(Complex32::ZERO);
            for u in 0..COLUMNS {
                let (first, second) = (eye.field[u * SHIFTS + y], eye.field[u * SHIFTS + y + 1]);
                eye.row[u] += first + Complex32::I * second;
                eye.row[(SHIFTS - u) % SHIFTS] += first.conj() + Complex32::I * second.conj();
            }
            self.inverse.process_with_scratch(&mut eye.row, &mut eye.scratch);
            for (x, value) in eye.row.iter().enumerate() {
                let (top, down) = if value.re >= value.im { (value.re, y) } else { (value.im, y + 1) };
                if top > best.0 {
                    best = (top, x, down);
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "below the number of shifts")]
        let units = |at: usize| at as f32 * TILE / SHIFTS as f32;
        Place { shift: [units(best.1), units(best.2)], score: best.0 / 2.0 / deviation(&read), ..pose }
    }

    /// What stands at the constant frequencies, against what the key puts there.
    fn sync(&self, place: Place) -> Vec<Complex32> {
        let read = self.read_at(self.key.sync.iter().map(|carrier| carrier.bin), place);
        let expected = |carrier: &Carrier| Complex32::new(carrier.signs[0], -carrier.signs[1]);
        read.zip(&self.key.sync).map(|(value, carrier)| value * expected(carrier)).collect()
    }

    fn read_at(&self, bins: impl Iterator<Item = Bin>, place: Place) -> impl Iterator<Item = Complex32> {
        let (sin, cos) = place.degrees.to_radians().sin_cos();
        let turns = 1.0 / (TILE * place.scale);
        let side = if place.mirrored { -1.0 } else { 1.0 };
        bins.map(move |bin| {
            #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
            let (u, v) = (bin.u as f32 * turns, bin.v as f32 * turns);
            self.spectrum.at(side * (u * cos - v * sin), u * sin + v * cos)
        })
    }

    /// Score of an exact place, in the measure of [`Reader::look`].
    fn score(&self, place: Place) -> f32 {
        let read = self.sync(place);
        let shifts = self.key.sync.iter().map(|carrier| shifted(carrier.bin, place.shift));
        let sum: f32 = shifts.zip(&read).map(|(shift, value)| (*value * shift).re).sum();
        sum / deviation(&read)
    }

    /// Reads the number and believes it if its check agrees, and the sequence that the event has for itself is there too.
    pub(crate) fn read(&self, place: Place) -> Option<Finding> {
        let bins = self.key.coded.iter().map(|carrier| carrier.bin);
        let event = self.key.read(crate::code::decode(&self.key.gather(&self.at(bins, place))))?;
        let own = self.at(self.key.accusing.iter().copied(), place);
        (self.key.likeness(event, &own) >= OWN).then_some(Finding {
            event,
            score: place.score,
            scale: place.scale,
            degrees: place.degrees,
            mirrored: place.mirrored,
        })
    }

    /// How far the sequences of these events stand out, each in standard deviations of an innocent event.
    pub(crate) fn likenesses(&self, place: Place, events: &[Event]) -> Vec<(Event, f32)> {
        let own = self.at(self.key.accusing.iter().copied(), place);
        events.iter().map(|event| (*event, self.key.likeness(*event, &own))).collect()
    }

    /// What stands at frequencies as the key put it there.
    fn at(&self, bins: impl Iterator<Item = Bin> + Clone, place: Place) -> Vec<[f32; 2]> {
        let shifted = bins.clone().map(|bin| shifted(bin, place.shift));
        let values = self.read_at(bins, place).zip(shifted).map(|(value, shift)| value * shift);
        values.map(|value| [value.re, value.im]).collect()
    }

    /// Climbs to a place's top.
    pub(crate) fn refined(&self, mut place: Place) -> Place {
        place.score = self.score(place);
        let mut step = 1.0;
        while step > 0.06 {
            let moves = [
                (0.0, 0.0, 1.5 * step, 0.0),
                (0.0, 0.0, 0.0, 1.5 * step),
                (0.0006 * step, 0.0, 0.0, 0.0),
                (0.0, 0.05 * step, 0.0, 0.0),
            ];
            let mut climbed = false;
            for (scale, degrees, across, down) in moves {
                for sign in [-1.0, 1.0] {
                    let mut next = Place {
                        scale: place.scale * (1.0 + sign * scale),
                        degrees: place.degrees + sign * degrees,
                        shift: [place.shift[0] + sign * across, place.shift[1] + sign * down],
                        ..place
                    };
                    next.score = self.score(next);
                    if next.score > place.score {
                        (place, climbed) = (next, true);
                    }
                }
            }
            if !climbed {
                step /= 2.0;
            }
        }
        place
    }
}

/// Undoes the phase that a tile's position gave a frequency.
fn shifted(bin: Bin, shift: [f32; 2]) -> Complex32 {
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let turns = (bin.u as f32 * shift[0] + bin.v as f32 * shift[1]) / TILE;
    Complex32::from_polar(1.0, TAU * turns.fract())
}

/// Standard deviation of the score over all positions.
fn deviation(read: &[Complex32]) -> f32 {
    (read.iter().map(Complex32::norm_sqr).sum::<f32>() / 2.0).sqrt() + f32::MIN_POSITIVE
}
