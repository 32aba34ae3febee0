//! Corners, and what each looks like.

use super::Pair;
use crate::field::{Field, real};
use crate::spread::spread;

/// Samples on each side of a patch, and pixels between them.
const PATCH: usize = 8;
const STEP: f32 = 4.0;
/// Half of a patch, with the pixel beside it.
const MARGIN: usize = 17;
/// Most corners of a level; they are spread over cells, so that no lively spot takes all.
const CELLS: usize = 12;
const A_CELL: usize = 4;

/// A place in the whole picture, the pixels of its level for each of its own, and its patch: mean 0, length 1.
pub(super) struct Corner {
    x: f32,
    y: f32,
    scale: f32,
    patch: [f32; PATCH * PATCH],
}

/// The strongest corners of a level.
pub(super) fn corners(level: &Field, scale: f32) -> Vec<Corner> {
    if level.width.min(level.height) < 2 * MARGIN + 2 {
        return Vec::new();
    }
    let strength = strength(level);
    let smooth = level.clone().blurred(STEP / 2.0);
    let mut cells: Vec<Vec<(f32, usize, usize)>> = vec![Vec::new(); CELLS * CELLS];
    let cell_of = |at: usize, edge: usize| (at - MARGIN) * CELLS / (edge - 2 * MARGIN);
    for y in MARGIN..level.height - MARGIN {
        for x in MARGIN..level.width - MARGIN {
            let here = strength.values[y * level.width + x];
            let around = (y - 2..=y + 2)
                .flat_map(|y| &strength.values[y * level.width + x - 2..=y * level.width + x + 2]);
            if here > 0.0 && around.into_iter().all(|other| *other <= here) {
                let cell = &mut cells[cell_of(y, level.height) * CELLS + cell_of(x, level.width)];
                cell.push((here, x, y));
            }
        }
    }
    let strongest = cells.into_iter().flat_map(|mut cell| {
        cell.sort_by(|a, b| b.0.total_cmp(&a.0));
        cell.truncate(A_CELL);
        cell
    });
    strongest.filter_map(|(_, x, y)| corner(&smooth, (real(x) + 0.5, real(y) + 0.5), scale)).collect()
}

fn corner(smooth: &Field, (x, y): (f32, f32), scale: f32) -> Option<Corner> {
    let mut patch = [0.0; PATCH * PATCH];
    for (at, value) in patch.iter_mut().enumerate() {
        let along = |at: usize| (real(at) - (real(PATCH) - 1.0) / 2.0) * STEP;
        *value = smooth.nearest(x + along(at % PATCH), y + along(at / PATCH));
    }
    let mean = patch.iter().sum::<f32>() / real(patch.len());
    patch.iter_mut().for_each(|value| *value -= mean);
    let length = patch.iter().map(|value| value * value).sum::<f32>().sqrt();
    // Less than a level in each sample is noise.
    (length > real(PATCH)).then(|| {
        patch.iter_mut().for_each(|value| *value /= length);
        Corner { x: x / scale, y: y / scale, scale, patch }
    })
}

/// Harris' measure as determinant over trace, over a Gaussian of two pixels.
fn strength(level: &Field) -> Field {
    let smooth = level.clone().blurred(1.0);
    let row = level.width;
    let inner = |at: usize| {
        let (x, y) = (at % row, at / row);
        x > 0 && y > 0 && x + 1 < row && y + 1 < level.height
    };
    let slope = |step: usize| -> Vec<f32> {
        let values = &smooth.values;
        let slope = |at: usize| if inner(at) { values[at + step] - values[at - step] } else { 0.0 };
        (0..values.len()).map(slope).collect()
    };
    let (across, down) = (slope(1), slope(row));
    let product = |a: &[f32], b: &[f32]| {
        let values = a.iter().zip(b).map(|(a, b)| a * b).collect();
        Field { values, ..*level }.blurred(2.0).values
    };
    let (xx, yy, xy) = (product(&across, &across), product(&down, &down), product(&across, &down));
    let values =
        xx.iter().zip(&yy).zip(&xy).map(|((xx, yy), xy)| (xx * yy - xy * xy) / (xx + yy + 1.0)).collect();
    Field { values, ..*level }
}

/// For each corner of the leak the one of the original that is most like it.
pub(super) fn paired(leak: &[Corner], original: &[Corner], alike: f32) -> Vec<Pair> {
    spread(leak, |leak| {
        let likest = leak.iter().filter_map(|corner| {
            let alike =
                |other: &Corner| -> f32 { corner.patch.iter().zip(&other.patch).map(|(a, b)| a * b).sum() };
            original.iter().map(|other| (alike(other), other)).max_by(|a, b| a.0.total_cmp(&b.0)).map(
                |(likeness, other)| {
                    (
                        likeness,
                        Pair {
                            from: (corner.x, corner.y),
                            to: (other.x, other.y),
                            scale: corner.scale / other.scale,
                        },
                    )
                },
            )
        });
        likest.filter(|(likeness, _)| *likeness >= alike).map(|(_, pair)| pair).collect()
    })
}
