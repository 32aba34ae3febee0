//! The last pixel: a map is moved until the pictures themselves agree.

use super::homography::{Equations, Homography};
use crate::field::{Field, real};

/// Most places that are compared.
const PLACES: usize = 60_000;
/// Blur of both pictures, and how often the map is moved, round for round.
const ROUNDS: [(f32, usize); 2] = [(2.5, 8), (1.2, 6)];

/// The moved map and how like the pictures are under it, as a correlation.
pub(super) fn polished(mut map: Homography, leak: &Field, original: &Field) -> (Homography, f32) {
    let mut likeness = 0.0;
    for (blur, times) in ROUNDS {
        let (leak, original) = (ready(leak, blur), ready(original, blur));
        likeness = compared(&map, &leak, &original, None);
        for _ in 0..times {
            let mut equations = Equations::new(8);
            compared(&map, &leak, &original, Some(&mut equations));
            let Some(step) = equations.solved() else { break };
            let scale = 2.0 / f64::from(real(leak.long_edge()));
            let scales = [scale, scale, 1.0, scale, scale, 1.0, scale * scale, scale * scale];
            let mut next = map;
            for ((part, step), scale) in next.0.iter_mut().zip(step).zip(scales) {
                *part += step * scale;
            }
            let now = compared(&next, &leak, &original, None);
            if now <= likeness {
                break;
            }
            (map, likeness) = (next, now);
        }
    }
    (map, likeness)
}

fn ready(picture: &Field, blur: f32) -> Field {
    picture.clone().whitened().blurred(blur)
}

/// Correlation over places of the leak; gathers how each part of the map would have to move.
fn compared(map: &Homography, leak: &Field, original: &Field, mut equations: Option<&mut Equations>) -> f32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
    let stride = ((real(leak.width * leak.height) / real(PLACES)).sqrt().ceil() as usize).max(1);
    let scale = f64::from(real(leak.long_edge())) / 2.0;
    let (mut product, mut here, mut there, mut seen, mut all) =
        (0.0, f32::MIN_POSITIVE, f32::MIN_POSITIVE, 0, 0);
    for row in (stride / 2..leak.height).step_by(stride) {
        for column in (stride / 2..leak.width).step_by(stride) {
            all += 1;
            let (x, y) = (real(column) + 0.5, real(row) + 0.5);
            let (u, v) = map.map((x, y));
            let Some(value) = original.at(u, v) else { continue };
            let wanted = leak.values[row * leak.width + column];
            seen += 1;
            product += value * wanted;
            here += wanted * wanted;
            there += value * value;
            let Some(equations) = equations.as_deref_mut() else { continue };
            let across = f64::from(original.nearest(u + 0.5, v) - original.nearest(u - 0.5, v));
            let down = f64::from(original.nearest(u, v + 0.5) - original.nearest(u, v - 0.5));
            let [.., g, h] = map.0;
            let (x, y) = (f64::from(x), f64::from(y));
            let depth = g * x + h * y + 1.0;
            let (across, down) = (across / depth, down / depth);
            let away = -(across * f64::from(u) + down * f64::from(v));
            let (x, y) = (x / scale, y / scale);
            equations.add(
                &[
                    across * x,
                    across * y,
                    across,
                    down * x,
                    down * y,
                    down,
                    away * x / scale,
                    away * y / scale,
                ],
                f64::from(wanted - value),
            );
        }
    }
    // What lies beside the original says nothing for the map.
    product / (here * there).sqrt() * if 10 * seen < all { 0.0 } else { 1.0 }
}
