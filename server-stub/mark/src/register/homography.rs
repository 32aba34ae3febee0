//! Projective maps of the plane, and the one that most pairs of places agree on.

/// Unknowns of a map without and with perspective.
const AFFINE: usize = 6;
const PROJECTIVE: usize = 8;

/// Maps places `(x, y)` to `((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1))`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Homography(pub(super) [f64; 8]);

/// A place in the leak, the place in the original that looks like it, and the original's pixels for each of the leak's.
pub(super) struct Pair {
    pub(super) from: (f32, f32),
    pub(super) to: (f32, f32),
    pub(super) scale: f32,
}

impl Homography {
    #[expect(clippy::cast_possible_truncation, reason = "places in a picture")]
    pub(crate) fn map(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let [a, b, c, d, e, f, g, h] = self.0;
        let (x, y) = (f64::from(x), f64::from(y));
        let depth = g * x + h * y + 1.0;
        (((a * x + b * y + c) / depth) as f32, ((d * x + e * y + f) / depth) as f32)
    }

    /// The map back; none where it has none.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h] = self.0;
        let last = a * e - b * d;
        let parts = [
            e - f * h,
            c * h - b,
            b * f - c * e,
            f * g - d,
            a - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
        ];
        (last.abs() > 1e-12).then(|| Self(parts.map(|part| part / last)))
    }

    /// Length in the original of a pixel of the leak.
    pub(crate) fn scale_at(&self, (x, y): (f32, f32)) -> f32 {
        let (here, right, down) = (self.map((x, y)), self.map((x + 1.0, y)), self.map((x, y + 1.0)));
        let (ax, ay, bx, by) = (right.0 - here.0, right.1 - here.1, down.0 - here.0, down.1 - here.1);
        (ax * by - ay * bx).abs().sqrt()
    }

    /// Onto an original of another size.
    pub(crate) fn then_scaled(&self, scale: f32) -> Self {
        let [a, b, c, d, e, f, g, h] = self.0;
        let by = f64::from(scale);
        Self([a * by, b * by, c * by, d * by, e * by, f * by, g, h])
    }

    /// From a leak of another size, of which this one's is so many times the size.
    pub(crate) fn after_scaled(&self, scale: f32) -> Self {
        let [a, b, c, d, e, f, g, h] = self.0;
        let by = f64::from(scale);
        Self([a * by, b * by, c, d * by, e * by, f, g * by, h * by])
    }
}

/// The map that most pairs agree on; none where fewer than `least` do. Each pair by itself says scale and position, if nothing
/// is rotated; those near what one says are fitted, then nearer and nearer ones.
pub(super) fn agreed(pairs: &[Pair], least: usize) -> Option<Homography> {
    let followers = |first: &Pair| pairs.iter().filter(|pair| follows(first, pair)).count();
    let first = pairs.iter().max_by_key(|first| followers(first))?;
    let mut near: Vec<&Pair> = pairs.iter().filter(|pair| follows(first, pair)).collect();
    if near.len() < least {
        return None;
    }
    let mut map = fitted(&near, AFFINE)?;
    for tolerance in [24.0, 16.0, 10.0, 6.0, 4.0, 3.0, 3.0] {
        near = pairs.iter().filter(|pair| off(&map, pair) < tolerance * pair.scale.max(1.0)).collect();
        if near.len() < least {
            return None;
        }
        // Few pairs, or far ones, hold no perspective.
        let held = near.len() >= 4 * least && tolerance <= 10.0;
        map = fitted(&near, if held { PROJECTIVE } else { AFFINE })?;
    }
    Some(map)
}

fn off(map: &Homography, pair: &Pair) -> f32 {
    let (x, y) = map.map(pair.from);
    (x - pair.to.0).hypot(y - pair.to.1)
}

/// Whether a pair lies where another says, within a few pixels and an eighth of the way: seven degrees of rotation.
fn follows(first: &Pair, pair: &Pair) -> bool {
    let (x, y) = (pair.from.0 - first.from.0, pair.from.1 - first.from.1);
    let (u, v) = (pair.to.0 - first.to.0, pair.to.1 - first.to.1);
    let alike = (pair.scale / first.scale).ln().abs() < 0.3;
    alike && (u - x * first.scale).hypot(v - y * first.scale) < first.scale * (6.0 + x.hypot(y) / 8.0)
}

/// Least squares over pairs: affine with six unknowns, projective with eight.
fn fitted(pairs: &[&Pair], unknowns: usize) -> Option<Homography> {
    // Places count from the middle in hundreds, so that the equations are well scaled.
    let count = pairs.len() as f64;
    let mean = |place: fn(&Pair) -> f32| pairs.iter().map(|pair| f64::from(place(pair))).sum::<f64>() / count;
    let (x0, y0) = (mean(|pair| pair.from.0), mean(|pair| pair.from.1));
    let (u0, v0) = (mean(|pair| pair.to.0), mean(|pair| pair.to.1));
    const HUNDRED: f64 = 100.0;
    let mut equations = Equations::new(unknowns);
    for pair in pairs {
        let (x, y) = ((f64::from(pair.from.0) - x0) / HUNDRED, (f64::from(pair.from.1) - y0) / HUNDRED);
        let (u, v) = ((f64::from(pair.to.0) - u0) / HUNDRED, (f64::from(pair.to.1) - v0) / HUNDRED);
        equations.add(&[x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u);
        equations.add(&[0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v);
    }
    let solved = equations.solved()?;
    let [a, b, c, d, e, f, g, h] = solved;
    // Back to pixels from the corner: to' = u0 + 100 H((from - (x0, y0)) / 100).
    let (g, h) = (g / HUNDRED, h / HUNDRED);
    let depth = 1.0 - g * x0 - h * y0;
    let row = |a: f64, b: f64, c: f64, at: f64| {
        let whole = [a + at * g, b + at * h, c * HUNDRED - a * x0 - b * y0 + at * depth];
        whole.map(|part| part / depth)
    };
    let ([a, b, c], [d, e, f]) = (row(a, b, c, u0), row(d, e, f, v0));
    Some(Homography([a, b, c, d, e, f, g / depth, h / depth]))
}

/// Normal equations of at most eight unknowns.
pub(super) struct Equations {
    unknowns: usize,
    left: [[f64; 8]; 8],
    right: [f64; 8],
}

impl Equations {
    pub(super) fn new(unknowns: usize) -> Self {
        Self { unknowns, left: [[0.0; 8]; 8], right: [0.0; 8] }
    }

    pub(super) fn add(&mut self, row: &[f64; 8], value: f64) {
        for (at, left) in self.left.iter_mut().enumerate().take(self.unknowns) {
            for (sum, other) in left.iter_mut().zip(row).take(self.unknowns) {
                *sum += row[at] * other;
            }
            self.right[at] += row[at] * value;
        }
    }

    /// By Gauss' elimination; unknowns that were not asked for are zero.
    pub(super) fn solved(mut self) -> Option<[f64; 8]> {
        let size = self.unknowns;
        for at in 0..size {
            let pivot =
                (at..size).max_by(|a, b| self.left[*a][at].abs().total_cmp(&self.left[*b][at].abs()))?;
            self.left.swap(at, pivot);
            self.right.swap(at, pivot);
            if self.left[at][at].abs() < 1e-12 {
                return None;
            }
            for below in at + 1..size {
                let factor = self.left[below][at] / self.left[at][at];
                for column in at..size {
                    self.left[below][column] -= factor * self.left[at][column];
                }
                self.right[below] -= factor * self.right[at];
            }
        }
        let mut solved = [0.0; 8];
        for at in (0..size).rev() {
            let known: f64 = (at + 1..size).map(|column| self.left[at][column] * solved[column]).sum();
            solved[at] = (self.right[at] - known) / self.left[at][at];
        }
        Some(solved)
    }
}
