//! Which scales and rotations are worth a closer look: the tile repeats, so its spectrum is a comb, whatever it says and
//! wherever it begins. How much power stands on the comb costs one look-up a tooth.

use crate::key::MarkKey;
use crate::pattern::{Bin, TILE};
use crate::spectrum::Spectrum;
use crate::spread::spread;

/// A scale in pixels a unit, and a rotation in degrees.
pub(crate) type Pose = (f32, f32);

/// The poses whose combs hold most, at most so many.
pub(crate) fn promising(
    spectrum: &Spectrum,
    key: &MarkKey,
    scales: &[f32],
    angles: &[f32],
    most: usize,
) -> Vec<Pose> {
    let teeth: Vec<Bin> = key.bins().collect();
    let factors: Vec<f32> = scales.iter().map(|scale| 1.0 / (TILE * scale)).collect();
    let mut poses: Vec<(u32, Pose)> = spread(angles, |angles| {
        let looked = angles.iter().flat_map(|angle| {
            let mut sums = vec![0; factors.len()];
            for tooth in &teeth {
                spectrum.add_powers(tooth.turned(*angle), &factors, &mut sums);
            }
            sums.into_iter().zip(scales.iter().map(|scale| (*scale, *angle)))
        });
        looked.collect()
    });
    if poses.len() > most {
        poses.select_nth_unstable_by(most, |a, b| b.0.cmp(&a.0));
        poses.truncate(most);
    }
    poses.into_iter().map(|(_, pose)| pose).collect()
}
