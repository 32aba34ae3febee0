//! Finding a mark without the original: scale, rotation and position by the key's constant frequencies, then the number.

use crate::key::{Carrier, Event, MarkKey};
use crate::pattern::{Bin, TILE};
use crate::plane::Luma;
use crate::spectrum::{Window, windows};
use rustfft::{Fft, FftPlanner, num_complex::Complex32};
use std::f32::consts::TAU;
use std::sync::Arc;

/// Ratio of two neighbouring scales that are looked at: over 2048 units the highest frequency slips by an eighth of a turn.
const SCALE_RATIO: f32 = 1.0012;
/// Degrees between two rotations that are looked at.
const DEGREES: f32 = 0.1;
/// Standard deviations from which a place is worth decoding.
const WORTH: f32 = 5.2;
/// Places that are decoded in one picture at the most. The keyed check lets one in 2^24 pass by chance.
const TRIES: usize = 10;
/// Positions of the tile that are looked at, in each direction.
const SHIFTS: usize = 64;
/// Long edge from which a picture is halved before it is looked at, in pixels.
const LARGE: usize = 2600;

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Pixels of the suspect picture for each of the 2048 units of the marked rendering's long edge, from and to.
    pub scales: (f32, f32),
    /// Rotation in both directions, in degrees.
    pub degrees: f32,
    /// Also as seen in a mirror.
    pub mirrored: bool,
}

impl Default for Search {
    fn default() -> Self {
        Self { scales: (0.2, 2.5), degrees: 3.0, mirrored: true }
    }
}

/// A mark that was read, and its check agreed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Whose view it was.
    pub event: Event,
    /// How far the place stood out from chance, in standard deviations of the other places.
    pub score: f32,
    /// Pixels for each unit.
    pub scale: f32,
    /// Rotation, clockwise.
    pub degrees: f32,
    /// The picture is mirrored.
    pub mirrored: bool,
}

/// Looks for the mark of a key. The search tries the picture as it is first, then rotated, then mirrored.
#[must_use]
pub fn find(luma: Luma<'_>, key: &MarkKey, search: Search) -> Option<Finding> {
    if luma.width.max(luma.height) > LARGE {
        let (width, height, bytes) = halved(luma);
        let half = Luma { width, height, bytes: &bytes };
        let (from, to) = search.scales;
        let found = find(half, key, Search { scales: (from / 2.0, to / 2.0), ..search })?;
        return Some(Finding { scale: found.scale * 2.0, ..found });
    }
    let upright = sought(luma, key, search);
    if upright.is_some() || !search.mirrored {
        return upright;
    }
    let turned: Vec<u8> = luma.rows().flat_map(|row| row.iter().rev().copied()).collect();
    let found = sought(Luma { bytes: &turned, ..luma }, key, search)?;
    Some(Finding { mirrored: true, ..found })
}

fn sought(luma: Luma<'_>, key: &MarkKey, search: Search) -> Option<Finding> {
    let lowest = search.scales.0.max(0.2);
    let windows = windows(luma, (26.5 / (TILE * lowest)).min(0.5));
    let reader = Reader { windows: &windows, key, inverse: FftPlanner::new().plan_fft_inverse(SHIFTS) };
    #[expect(clippy::cast_possible_truncation, reason = "a few hundred")]
    let steps = (search.degrees / DEGREES).round() as i32;
    let straight = reader.best(search.scales, &[0.0]);
    if let Some(found) = straight.into_iter().find_map(|place| reader.read(place)) {
        return Some(found);
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let angles: Vec<f32> =
        (-steps..=steps).filter(|step| *step != 0).map(|step| step as f32 * DEGREES).collect();
    if angles.is_empty() {
        return None;
    }
    reader.best(search.scales, &angles).into_iter().find_map(|place| reader.read(place))
}

/// How a tile may lie in the picture: pixels a unit, degrees, and where it begins, in units.
#[derive(Debug, Clone, Copy)]
struct Place {
    scale: f32,
    degrees: f32,
    shift: [f32; 2],
    score: f32,
}

struct Reader<'a> {
    windows: &'a [Window],
    key: &'a MarkKey,
    inverse: Arc<dyn Fft<f32>>,
}

impl Reader<'_> {
    /// The places that stand out most, at so many scales and angles.
    fn best(&self, (from, to): (f32, f32), angles: &[f32]) -> Vec<Place> {
        let mut scales = vec![from];
        while let Some(last) = scales.last().filter(|last| **last < to) {
            scales.push(last * SCALE_RATIO);
        }
        let tasks: Vec<_> =
            angles.iter().flat_map(|angle| scales.iter().map(move |scale| (*scale, *angle))).collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let mut places: Vec<Place> = std::thread::scope(|scope| {
            let parts: Vec<_> = tasks
                .chunks(tasks.len().div_ceil(workers).max(1))
                .map(|part| {
                    scope.spawn(move || part.iter().map(|(scale, angle)| self.look(*scale, *angle)).collect())
                })
                .collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|_| Vec::new())).collect()
        });
        places.retain(|place| place.score >= WORTH);
        places.sort_by(|a, b| b.score.total_cmp(&a.score));
        places.truncate(TRIES);
        places
    }

    /// The likeliest position at a scale and angle.
    fn look(&self, scale: f32, degrees: f32) -> Place {
        let read = self.sync(scale, degrees);
        let mut field = vec![Complex32::ZERO; SHIFTS * SHIFTS];
        let wrap = |at: i32| at.rem_euclid(64).unsigned_abs() as usize;
        for (carrier, value) in self.key.sync.iter().zip(&read) {
            let Bin { u, v } = carrier.bin;
            field[wrap(u) * SHIFTS + wrap(v)] = *value;
        }
        // Columns of no frequency stay empty.
        self.inverse.process(&mut field[..27 * SHIFTS]);
        let mut turned = vec![Complex32::ZERO; SHIFTS * SHIFTS];
        for u in 0..27 {
            for y in 0..SHIFTS {
                turned[y * SHIFTS + u] = field[u * SHIFTS + y];
            }
        }
        self.inverse.process(&mut turned);
        let (at, score) = turned
            .iter()
            .enumerate()
            .map(|(at, value)| (at, value.re))
            .fold((0, f32::MIN), |best, next| if next.1 > best.1 { next } else { best });
        #[expect(clippy::cast_precision_loss, reason = "below the number of shifts")]
        let units = |at: usize| at as f32 * TILE / SHIFTS as f32;
        Place {
            scale,
            degrees,
            shift: [units(at % SHIFTS), units(at / SHIFTS)],
            score: score / deviation(&read),
        }
    }

    /// What stands at the constant frequencies, against what the key puts there.
    fn sync(&self, scale: f32, degrees: f32) -> Vec<Complex32> {
        let mut read = self.carriers(&self.key.sync, scale, degrees);
        let mut sizes: Vec<f32> = read.iter().map(|value| value.norm()).collect();
        let middle = sizes.len() / 2;
        let typical = *sizes.select_nth_unstable_by(middle, f32::total_cmp).1 + f32::MIN_POSITIVE;
        for (value, carrier) in read.iter_mut().zip(&self.key.sync) {
            let expected = Complex32::new(carrier.signs[0], -carrier.signs[1]);
            *value = *value * expected / (value.norm() + typical);
        }
        read
    }

    fn carriers(&self, carriers: &[Carrier], scale: f32, degrees: f32) -> Vec<Complex32> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let turns = 1.0 / (TILE * scale);
        #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
        let frequency = |bin: Bin| {
            let (u, v) = (bin.u as f32 * turns, bin.v as f32 * turns);
            (u * cos - v * sin, u * sin + v * cos)
        };
        carriers
            .iter()
            .map(|carrier| {
                let (x, y) = frequency(carrier.bin);
                let parts = self.windows.iter().map(|window| {
                    let phase = -TAU * (x * window.left + y * window.top).fract();
                    window.at(x, y) * Complex32::from_polar(1.0, phase)
                });
                parts.sum()
            })
            .collect()
    }

    /// Score of an exact place, in the measure of [`Reader::look`].
    fn score(&self, place: Place) -> f32 {
        let read = self.sync(place.scale, place.degrees);
        let sum: f32 = self
            .key
            .sync
            .iter()
            .zip(&read)
            .map(|(carrier, value)| (*value * shifted(carrier.bin, place.shift)).re)
            .sum();
        sum / deviation(&read)
    }

    /// Climbs to the place's top, reads the number there and believes it if its check agrees.
    fn read(&self, place: Place) -> Option<Finding> {
        let place = self.refined(place);
        let values = self.carriers(&self.key.coded, place.scale, place.degrees);
        let mean = values.iter().map(|value| value.norm()).sum::<f32>() / values.len() as f32;
        let read: Vec<[f32; 2]> = self
            .key
            .coded
            .iter()
            .zip(values)
            .map(|(carrier, value)| {
                let value = value * shifted(carrier.bin, place.shift) / (value.norm() + mean);
                [value.re, value.im]
            })
            .collect();
        let event = self.key.read(crate::code::decode(&self.key.gather(&read)))?;
        Some(Finding {
            event,
            score: place.score,
            scale: place.scale,
            degrees: place.degrees,
            mirrored: false,
        })
    }

    fn refined(&self, mut place: Place) -> Place {
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
                        score: 0.0,
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

fn halved(luma: Luma<'_>) -> (usize, usize, Vec<u8>) {
    let (width, height) = (luma.width / 2, luma.height / 2);
    let mut bytes = Vec::with_capacity(width * height);
    for pair in luma.bytes.chunks_exact(2 * luma.width).take(height) {
        let (upper, lower) = pair.split_at(luma.width);
        bytes.extend(upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(upper, lower)| {
            let sum: u16 = upper.iter().chain(lower).map(|value| u16::from(*value)).sum();
            #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
            let mean = ((sum + 2) / 4) as u8;
            mean
        }));
    }
    (width, height, bytes)
}
