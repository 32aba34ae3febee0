//! Where a leak lies in its original: corners that look alike (Harris 1988; patches as Brown, Szeliski and Winder 2005), one
//! projective map that most of them agree on, then the map that makes the pictures themselves agree (Lucas and Kanade 1981).

mod corners;
mod homography;
mod polish;

pub(crate) use homography::Homography;

use crate::field::{Field, real};
use corners::{Corner, corners};
use homography::Pair;

/// Long edge to which a leak is shrunk before it is registered.
const LEAK: f32 = 1024.0;
/// Ratio of two levels of a pyramid, and the long edge that ends it.
const LEVEL: f32 = 1.25;
const SMALLEST: f32 = 60.0;
/// Least likeness of two corners that are taken for the same.
const ALIKE: f32 = 0.75;
/// Fewest corners that must agree.
const AGREED: usize = 7;
/// How like the pictures must be once they lie on each other, as correlation of their whitened pixels.
const SAME: f32 = 0.25;

/// An original, ready to have leaks laid on it.
pub(crate) struct Ground {
    levels: Vec<(f32, Field)>,
    corners: Vec<Corner>,
}

impl Ground {
    pub(crate) fn new(original: &Field) -> Self {
        let levels = pyramid(original);
        let corners = levels.iter().flat_map(|(scale, level)| corners(level, *scale)).collect();
        Self { levels, corners }
    }

    /// The map from places in the leak to places in the original; none where it does not lie in it.
    pub(crate) fn locate(&self, leak: &Field) -> Option<Homography> {
        let small = (LEAK / real(leak.long_edge())).min(1.0);
        let base = leak.shrunk(small);
        let small = real(base.width) / real(leak.width);
        let found: Vec<Corner> =
            pyramid(&base).iter().flat_map(|(scale, level)| corners(level, *scale)).collect();
        let pairs = corners::paired(&found, &self.corners, ALIKE);
        let map = homography::agreed(&pairs, AGREED)?;
        // The level of the original that is as coarse as the leak.
        let middle = (real(base.width) / 2.0, real(base.height) / 2.0);
        let wanted = 1.0 / map.scale_at(middle);
        let apart = |scale: f32| (scale / wanted).ln().abs();
        let (scale, level) = self.levels.iter().min_by(|a, b| apart(a.0).total_cmp(&apart(b.0)))?;
        let map = map.then_scaled(*scale);
        let (map, likeness) = polish::polished(map, &base, level);
        (likeness >= SAME).then(|| map.then_scaled(1.0 / scale).after_scaled(small))
    }
}

fn pyramid(picture: &Field) -> Vec<(f32, Field)> {
    let mut levels = vec![(1.0, picture.clone())];
    while let Some((_, last)) = levels.last().filter(|(_, last)| real(last.long_edge()) / LEVEL >= SMALLEST) {
        let next = last.shrunk(1.0 / LEVEL);
        levels.push((real(next.width) / real(picture.width), next));
    }
    levels
}
