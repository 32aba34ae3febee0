//! Finding a mark without the original: scale, rotation and position by the key's constant frequencies, then the number.

use crate::comb::{Pose, promising};
use crate::field::Field;
use crate::finding::Finding;
use crate::key::MarkKey;
use crate::pattern::{LONG_EDGE, TILE};
use crate::place::{Place, Reader};
use crate::plane::Luma;
use crate::spectrum::Spectrum;
use crate::spread::spread;

/// Ratio of two neighbouring scales that are looked at: over 2048 units the highest frequency slips by an eighth of a turn.
const SCALE_RATIO: f32 = 1.0012;
/// Degrees between two rotations that are looked at.
const DEGREES: f32 = 0.1;
/// Rotated poses that are looked at closely.
const CLOSELY: usize = 6000;
/// Standard deviations from which a place is worth decoding.
const WORTH: f32 = 5.2;
/// Places that are decoded at the most, of the straight ones and of the rotated ones. The keyed check lets one in 2^24 pass.
const TRIES: usize = 6;
/// Long edge from which a picture is halved before it is looked at, in pixels.
const LARGE: usize = 2600;
/// Least pixels for each unit that can hold the mark's highest frequency.
const LEAST_SCALE: f32 = 0.2;

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
        Self { scales: (LEAST_SCALE, 2.5), degrees: 3.0, mirrored: true }
    }
}

/// Looks for the mark of a key. The search tries the picture straight first, as it is and mirrored, then rotated.
#[must_use]
pub fn find(luma: Luma<'_>, key: &MarkKey, search: Search) -> Option<Finding> {
    if luma.width.max(luma.height) > LARGE {
        let (width, height, bytes) = luma.halved();
        let half = Luma { width, height, bytes: &bytes };
        let (from, to) = search.scales;
        let found = find(half, key, Search { scales: (from / 2.0, to / 2.0), ..search })?;
        return Some(Finding { scale: found.scale * 2.0, ..found });
    }
    let lowest = search.scales.0.max(LEAST_SCALE);
    let spectrum = Spectrum::of(&Field::of(luma).whitened(), (26.5 / (TILE * lowest)).min(0.5));
    let reader = Reader::new(&spectrum, key);
    let scales = scales(search.scales, luma.width.max(luma.height));
    let straight: Vec<Pose> = scales.iter().map(|scale| (*scale, 0.0)).collect();
    let read = |poses: &[Pose]| {
        best(&reader, poses, search.mirrored).into_iter().find_map(|place| reader.read(reader.refined(place)))
    };
    if let Some(found) = read(&straight) {
        return Some(found);
    }
    let angles = angles(search.degrees);
    if angles.is_empty() {
        return None;
    }
    read(&promising(&spectrum, key, &scales, &angles, CLOSELY))
}

/// The scales that are told apart in a picture whose long edge has so many pixels: the fewer units it shows, the coarser.
fn scales((from, to): (f32, f32), long_edge: usize) -> Vec<f32> {
    #[expect(clippy::cast_precision_loss, reason = "an edge")]
    let long_edge = long_edge as f32;
    let mut scales = vec![from];
    while let Some(last) = scales.last().copied().filter(|last| *last < to) {
        let shown = (long_edge / last).clamp(LONG_EDGE / 8.0, LONG_EDGE);
        scales.push(last * SCALE_RATIO.powf(LONG_EDGE / shown));
    }
    scales
}

fn angles(degrees: f32) -> Vec<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "a few dozen")]
    let steps = (degrees / DEGREES).round() as i32;
    #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
    let angle = |step: i32| step as f32 * DEGREES;
    (-steps..=steps).filter(|step| *step != 0).map(angle).collect()
}

/// The places that stand out most in these poses.
fn best(reader: &Reader<'_>, poses: &[Pose], mirrored: bool) -> Vec<Place> {
    let sides: &[bool] = if mirrored { &[false, true] } else { &[false] };
    let mut places = spread(poses, |poses| {
        let mut eye = reader.eye();
        let sided = poses.iter().flat_map(|pose| sides.iter().map(move |side| (*pose, *side)));
        let looked = sided.map(|(pose, mirrored)| reader.look(pose, mirrored, &mut eye));
        looked.filter(|place| place.score >= WORTH).collect()
    });
    places.sort_by(|a, b| b.score.total_cmp(&a.score));
    places.truncate(TRIES);
    places
}
