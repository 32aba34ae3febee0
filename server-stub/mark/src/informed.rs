//! Finding whose view it was with the original at hand: the leak is laid on it, what is the original's own is taken away, and
//! the events that may have been are weighed against what is left.

use crate::field::{Field, real};
use crate::key::{Event, MarkKey};
use crate::pattern::{TILE, Tile};
use crate::place::{Place, Reader};
use crate::plane::Luma;
use crate::register::{Ground, Homography};
use crate::spectrum::Spectrum;
use crate::verdict::Verdict;

/// Long edge from which an original or a leak is halved, in pixels.
const LARGE: usize = 2600;
/// Most pixels of a leak for each unit: finer ones are averaged.
const FINE: f32 = 1.5;
/// Shades that the tone curve is told apart in, and pixels that a shade needs before it is believed.
const SHADES: usize = 32;
const BELIEVED: f32 = 200.0;
/// Bands in which the original is taken away, as blurs in units, the coarse one first, and how far around a place counts.
const BANDS: [(f32, f32); 2] = [(2.0, 6.0), (0.0, 2.0)];
const AROUND: f32 = 20.0;

/// The unmarked picture that views were rendered from.
pub struct Original {
    picture: Field,
    ground: Ground,
    /// Units of the long edge, for each kind of rendering; the first is the canvas'.
    units: Vec<f32>,
}

impl Original {
    /// From its luma, and the long edges in pixels that its renderings had: they say how coarse the mark is.
    #[must_use]
    pub fn new(luma: Luma<'_>, long_edges: &[usize]) -> Self {
        let picture = halved(luma);
        let units = |edge: usize| TILE * real(edge) / real(Tile::period(edge));
        let mut all: Vec<f32> =
            long_edges.iter().filter(|edge| **edge > 0).map(|edge| units(*edge)).collect();
        if all.is_empty() {
            all.push(units(luma.width.max(luma.height)));
        }
        all.dedup();
        Self { ground: Ground::new(&picture), picture, units: all }
    }

    /// Weighs the events that the access log holds for this photo. None where the leak does not lie in this original.
    #[must_use]
    pub fn weigh(&self, leak: Luma<'_>, key: &MarkKey, events: &[Event]) -> Option<Verdict> {
        self.weigh_by(leak, std::slice::from_ref(key), events).pop()
    }

    /// The same by each of these keys, in their order; the leak is laid on the original once. Empty where it does not lie in it.
    #[must_use]
    pub fn weigh_by(&self, leak: Luma<'_>, keys: &[MarkKey], events: &[Event]) -> Vec<Verdict> {
        let upright = halved(leak);
        let mirrored =
            Field::drawn(upright.width, upright.height, |x, y| upright.nearest(real(upright.width) - x, y));
        let turned = |field: &Field| {
            Field::drawn(field.height, field.width, |x, y| field.nearest(y, real(field.height) - x))
        };
        let (mut one, mut other) = (upright, mirrored);
        for _ in 0..4 {
            for leak in [&one, &other] {
                if let Some(map) = self.ground.locate(leak) {
                    let rest = self.rest_at(leak, &map);
                    let weighed = rest.map(|rest| {
                        keys.iter().filter_map(|key| self.weigh_at(&rest, key, events)).collect()
                    });
                    return weighed.unwrap_or_default();
                }
            }
            (one, other) = (turned(&one), turned(&other));
        }
        Vec::new()
    }

    /// What the leak holds beyond the original, whatever key is looked for in it.
    fn rest_at(&self, leak: &Field, map: &Homography) -> Option<Rest> {
        let first = self.units.first()?;
        let canvas = Canvas::laid(leak, map, &self.picture, real(self.picture.long_edge()) / first)?;
        let rest = canvas.rest().whitened();
        // Positions count from the canvas' middle.
        let middle = [canvas.left + real(rest.width / 2), canvas.top + real(rest.height / 2)];
        Some(Rest { middle, spectrum: Spectrum::of(&rest, 26.5 / TILE) })
    }

    fn weigh_at(&self, rest: &Rest, key: &MarkKey, events: &[Event]) -> Option<Verdict> {
        let first = self.units.first()?;
        let reader = Reader::new(&rest.spectrum, key);
        let places = self.units.iter().map(|units| {
            // The tile begins at the original's corner.
            let shift = rest.middle.map(|edge| -edge * units / first);
            reader.refined(Place::known(first / units, shift))
        });
        let place = places.max_by(|a, b| a.score.total_cmp(&b.score))?;
        let read = reader.read(place).map(|finding| finding.event);
        let scores = reader.likenesses(place, events);
        Some(Verdict::new(read, place.score * key.own_share(), scores))
    }
}

/// What a leak holds beyond its original.
struct Rest {
    /// Where its middle lies, in units from the original's corner.
    middle: [f32; 2],
    spectrum: Spectrum,
}

/// Where a leak covers its original: both at one pixel a unit.
struct Canvas {
    left: f32,
    top: f32,
    leak: Field,
    original: Field,
}

impl Canvas {
    /// `unit` is in pixels of the original. None where they hardly overlap.
    fn laid(leak: &Field, map: &Homography, original: &Field, unit: f32) -> Option<Self> {
        let (width, height) = (real(leak.width), real(leak.height));
        let corners =
            [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)].map(|corner| map.map(corner));
        let span = |of: fn(&(f32, f32)) -> f32, edge: usize| {
            let from = corners.iter().map(of).fold(f32::MAX, f32::min).max(0.0) / unit;
            let to = corners.iter().map(of).fold(f32::MIN, f32::max).min(real(edge)) / unit;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "inside the original"
            )]
            let size = (to.floor() - from.ceil()).max(0.0) as usize;
            (from.ceil(), size)
        };
        let ((left, width), (top, height)) =
            (span(|at| at.0, original.width), span(|at| at.1, original.height));
        if width.min(height) < 64 {
            return None;
        }
        // A leak that is finer than the canvas is averaged first.
        let fine = unit / map.scale_at((real(leak.width) / 2.0, real(leak.height) / 2.0));
        let (leak, map) = if fine > FINE {
            let small = leak.shrunk(1.0 / fine);
            let factor = real(small.width) / real(leak.width);
            (small, map.after_scaled(1.0 / factor))
        } else {
            (leak.clone(), *map)
        };
        let back = map.inverse()?;
        let place = |x: f32, y: f32| ((x + left) * unit, (y + top) * unit);
        let original = Field::drawn(width, height, |x, y| {
            let (u, v) = place(x, y);
            original.nearest(u, v)
        });
        // What the leak does not cover is not a number until it is toned.
        let leak = Field::drawn(width, height, |x, y| {
            let (x, y) = back.map(place(x, y));
            leak.at(x, y).unwrap_or(f32::NAN)
        });
        Some(Self { left, top, leak, original })
    }

    /// What the leak holds beyond the original: shades are matched first, then the share that each place has of the original.
    fn rest(&self) -> Field {
        let toned = self.toned();
        let mut rest = self.leak.clone();
        // Where nothing is covered nothing is left.
        for (value, toned) in rest.values.iter_mut().zip(&toned.values) {
            if value.is_nan() {
                *value = *toned;
            }
        }
        rest = less(&rest, &rest.clone().blurred(BANDS[0].1));
        for (fine, coarse) in BANDS {
            let soft = if fine > 0.0 { toned.clone().blurred(fine) } else { toned.clone() };
            let band = less(&soft, &toned.clone().blurred(coarse));
            let common = times(&rest, &band).blurred(AROUND);
            let power = times(&band, &band).blurred(AROUND);
            for (((rest, band), common), power) in
                rest.values.iter_mut().zip(&band.values).zip(&common.values).zip(&power.values)
            {
                *rest -= band * common / (power + 0.1);
            }
        }
        rest
    }

    /// The original in the leak's shades: a straight line, and where a shade has pixels enough, their mean.
    fn toned(&self) -> Field {
        let pairs = || self.original.values.iter().zip(&self.leak.values).filter(|(_, leak)| !leak.is_nan());
        let mean = |values: &mut dyn Iterator<Item = f32>| {
            let (sum, count) =
                values.fold((0.0_f64, 0.0_f64), |(sum, count), value| (sum + f64::from(value), count + 1.0));
            #[expect(clippy::cast_possible_truncation, reason = "a shade")]
            let mean = (sum / count.max(1.0)) as f32;
            mean
        };
        let from = mean(&mut pairs().map(|(original, _)| *original));
        let to = mean(&mut pairs().map(|(_, leak)| *leak));
        let slope = mean(&mut pairs().map(|(original, leak)| (original - from) * (leak - to)))
            / (mean(&mut pairs().map(|(original, _)| (original - from).powi(2))) + 1.0);
        let line = |value: f32| to + slope * (value - from);
        let width = 256.0 / real(SHADES);
        let mut shades = [(0.0_f32, 0.0_f32); SHADES + 1];
        for (original, leak) in pairs() {
            let shade = &mut shades[nearest(original / width)];
            *shade = (shade.0 + leak - line(*original), shade.1 + 1.0);
        }
        let off = shades.map(|(sum, count)| sum / (count + BELIEVED));
        let curve = |value: &f32| {
            let at = value / width;
            let below = nearest(at.floor());
            let along = at - real(below);
            line(*value) + off[below] + (off[(below + 1).min(SHADES)] - off[below]) * along
        };
        Field { values: self.original.values.iter().map(curve).collect(), ..self.original }
    }
}

fn nearest(shade: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let shade = shade.round().clamp(0.0, real(SHADES)) as usize;
    shade
}

fn less(a: &Field, b: &Field) -> Field {
    Field { values: a.values.iter().zip(&b.values).map(|(a, b)| a - b).collect(), ..*a }
}

fn times(a: &Field, b: &Field) -> Field {
    Field { values: a.values.iter().zip(&b.values).map(|(a, b)| a * b).collect(), ..*a }
}

fn halved(luma: Luma<'_>) -> Field {
    if luma.width.max(luma.height) <= LARGE {
        return Field::of(luma);
    }
    let (width, height, bytes) = luma.halved();
    halved(Luma { width, height, bytes: &bytes })
}
