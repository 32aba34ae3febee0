//! On which side of the policy's fences this phone is.
//!
//! Always: a position is held in memory for as long as it counts, and nothing but a fence's id, a side and a certainty leaves this
//! module. Not to know is normal: it forbids nothing.

use gauze_wire::{Area, Day, Fence, FenceMode, FenceRule, FenceVerdict, Name, Policy, Position};
use jiff::Timestamp;
use serde::Deserialize;

/// Metres in a degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// What a system calls accuracy is the radius that holds 68 % of positions; this is how many standard deviations that is.
const ACCURACY_SIGMA: f64 = 1.515;
/// A position counts in full for this long, then less and less until the second.
const FRESH_MS: f64 = 60_000.0;
const STALE_MS: f64 = 600_000.0;
/// One of this accuracy counts in full, of the second not at all.
const FINE_M: f64 = 100.0;
const COARSE_M: f64 = 2_000.0;
/// Nobody who photographs wounds moves faster, in metres a second.
const FASTEST: f64 = 100.0;
/// What a position counts that came faster.
const IMPLAUSIBLE: f64 = 0.2;
/// Less is unknown, in percent.
const SURE: u8 = 75;

/// Where the phone is, as its system says. No `Debug`.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// Latitude in degrees (WGS 84).
    pub latitude: f64,
    /// Longitude in degrees.
    pub longitude: f64,
    /// Radius in metres that holds the true position with 68 % probability.
    pub accuracy_m: f64,
    /// How old it is, in milliseconds.
    #[serde(default)]
    pub age_ms: u32,
    /// Whether the system says that a program made it up.
    #[serde(default)]
    pub mock: bool,
    /// The local clock's distance from UTC, in minutes, for a fence's hours.
    #[serde(default)]
    pub utc_offset_minutes: i16,
}

/// A fix, and when it was true on the clock that never goes back.
#[derive(Clone, Copy)]
struct Seen {
    fix: Fix,
    at_ms: f64,
}

/// The last positions. No `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Whereabouts {
    last: Option<Seen>,
    /// The last came from the one before faster than anybody moves.
    leapt: bool,
}

/// What the policy's fences say of a photo that is taken where this phone is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the photo's record says; nothing where no fence is in force.
    pub fence: Option<Fence>,
    /// What whoever takes it is told; nothing where all is well.
    pub outside: Option<Outside>,
}

/// The phone is outside of every fence that blocks capture, or of every fence that warns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// `BlockCapture`, where no photo is taken here; `Warn`, where one is, and its record says so.
    pub mode: FenceMode,
    /// Where it is as it should be: the fences' words.
    pub words: String,
}

impl Whereabouts {
    /// Takes in a fix; one that is no place on earth is none.
    pub fn take_in(&mut self, fix: Fix, now_ms: u64) {
        let on_earth = fix.latitude.abs() <= 90.0 && fix.longitude.abs() <= 180.0;
        if !on_earth || !fix.accuracy_m.is_finite() || fix.accuracy_m < 0.0 {
            *self = Self::default();
            return;
        }
        let seen = Seen { fix, at_ms: now_ms as f64 - f64::from(fix.age_ms) };
        // Providers tell at once what each of them knew last.
        if self.last.is_some_and(|last| seen.at_ms < last.at_ms) {
            return;
        }
        self.leapt = self.last.is_some_and(|before| before.leap_to(&seen));
        self.last = Some(seen);
    }

    /// Judges every fence of `policy` that is in force, for a photo of `team`.
    pub fn judge(&self, policy: &Policy, team: Option<&Name>, now: Timestamp, now_ms: u64) -> Place {
        let judged = self.sides(policy, now, now_ms);
        let exempt = |rule: &FenceRule| {
            // Whoever names no team may be of an exempt one.
            team.map_or(!rule.exempt_teams.is_empty(), |team| rule.exempt_teams.contains(team))
        };
        let capture = |rule: &FenceRule| rule.mode == FenceMode::BlockCapture;
        let free = judged.iter().any(|judged| capture(judged.rule) && exempt(judged.rule));
        let blocked = outside_all(&judged, capture).filter(|_| !free);
        let warned = outside_all(&judged, |rule| rule.mode == FenceMode::Warn);
        let likely = || {
            let verdicts = [FenceVerdict::Inside, FenceVerdict::Unknown, FenceVerdict::Outside];
            verdicts
                .into_iter()
                .find_map(|verdict| judged.iter().find(|judged| judged.fence.verdict == verdict))
        };
        // Whoever is warned is told that the record says so.
        let told = warned.as_ref().and_then(|warned| warned.first().copied()).or_else(likely);
        let outside = |mode| move |fences: Vec<&Judged<'_>>| Outside { mode, words: words(&fences) };
        Place {
            fence: told.map(|judged| judged.fence.clone()),
            outside: blocked
                .map(outside(FenceMode::BlockCapture))
                .or_else(|| warned.map(outside(FenceMode::Warn))),
        }
    }

    /// Where photos may be looked at, where it is not here.
    pub fn looked_at_elsewhere(&self, policy: &Policy, now: Timestamp, now_ms: u64) -> Option<String> {
        let judged = self.sides(policy, now, now_ms);
        outside_all(&judged, |rule| rule.mode >= FenceMode::BlockView).map(|fences| words(&fences))
    }

    fn sides<'a>(&self, policy: &'a Policy, now: Timestamp, now_ms: u64) -> Vec<Judged<'a>> {
        let areas = policy.fences.iter().filter(|rule| !rule.areas.is_empty());
        areas.filter_map(|rule| self.side_of(rule, now, now_ms)).collect()
    }

    fn side_of<'a>(&self, rule: &'a FenceRule, now: Timestamp, now_ms: u64) -> Option<Judged<'a>> {
        let fence = |verdict, sure| Judged { rule, fence: Fence { id: rule.id.clone(), verdict, sure } };
        let Some(seen) = &self.last else {
            // Hours cannot be told without the local clock's distance either.
            return rule.hours.is_empty().then(|| fence(FenceVerdict::Unknown, 0));
        };
        let (day, minute) = local(now, seen.fix.utc_offset_minutes);
        if !rule.in_force(day, minute) {
            return None;
        }
        let (inside, sure) = sureness(seen.inside(rule), self.weight(seen, now_ms));
        let verdict = match inside {
            _ if sure < SURE => FenceVerdict::Unknown,
            true => FenceVerdict::Inside,
            false => FenceVerdict::Outside,
        };
        Some(fence(verdict, sure))
    }

    /// How much a position counts: 1 in full, 0 not at all.
    fn weight(&self, seen: &Seen, now_ms: u64) -> f64 {
        let falling = |value: f64, full: f64, none: f64| ((none - value) / (none - full)).clamp(0.0, 1.0);
        let real = if seen.fix.mock { 0.0 } else { 1.0 };
        let leapt = if self.leapt { IMPLAUSIBLE } else { 1.0 };
        let age = now_ms as f64 - seen.at_ms;
        real * leapt * falling(age, FRESH_MS, STALE_MS) * falling(seen.fix.accuracy_m, FINE_M, COARSE_M)
    }
}

struct Judged<'a> {
    rule: &'a FenceRule,
    fence: Fence,
}

/// Those of `judged` that ask for something, where the phone is outside of them all: fences that ask for the same are alternatives.
fn outside_all<'a, 'b>(
    judged: &'b [Judged<'a>],
    asks: impl Fn(&FenceRule) -> bool,
) -> Option<Vec<&'b Judged<'a>>> {
    let asking: Vec<_> = judged.iter().filter(|judged| asks(judged.rule)).collect();
    let outside = |judged: &&Judged<'_>| judged.fence.verdict == FenceVerdict::Outside;
    (!asking.is_empty() && asking.iter().all(outside)).then_some(asking)
}

fn words(fences: &[&Judged<'_>]) -> String {
    fences.iter().map(|judged| judged.rule.words.as_str()).collect::<Vec<_>>().join(", ")
}

/// Which side is the likelier, and how sure that is in percent.
#[expect(clippy::cast_possible_truncation, reason = "a percentage from 50 to 100")]
fn sureness(inside: f64, weight: f64) -> (bool, u8) {
    let inside = 0.5 + (inside - 0.5) * weight;
    let sure = (inside.max(1.0 - inside) * 100.0).floor();
    (inside >= 0.5, sure as u8)
}

fn local(now: Timestamp, utc_offset_minutes: i16) -> (Day, u16) {
    let minutes = now.as_second().div_euclid(60) + i64::from(utc_offset_minutes);
    // 1 January 1970 was a Thursday.
    let day = usize::try_from((minutes.div_euclid(1440) + 3).rem_euclid(7)).unwrap_or(0);
    (Day::numbered(day), u16::try_from(minutes.rem_euclid(1440)).unwrap_or(0))
}

impl Seen {
    /// The probability of being inside of any area, where each boundary is nearly straight against the position's error.
    fn inside(&self, rule: &FenceRule) -> f64 {
        let deviation = (self.fix.accuracy_m / ACCURACY_SIGMA).max(1.0);
        let depth = rule.areas.iter().map(|area| self.depth(area)).fold(f64::NEG_INFINITY, f64::max);
        // The logistic curve nearest to the normal distribution: 1 % off at most.
        1.0 / (1.0 + (-1.702 * depth / deviation).exp())
    }

    /// Metres from the boundary, positive inside.
    fn depth(&self, area: &Area) -> f64 {
        match area {
            Area::Circle { centre, radius_m } => {
                let (east, north) = self.metres_to(*centre);
                f64::from(*radius_m) - east.hypot(north)
            }
            Area::Polygon(corners) => {
                depth_in(&corners.iter().map(|c| self.metres_to(*c)).collect::<Vec<_>>())
            }
        }
    }

    /// East and north of here, on a plane that touches the earth here.
    fn metres_to(&self, position: Position) -> (f64, f64) {
        let (latitude, longitude) = position.degrees();
        let east = (longitude - self.fix.longitude + 540.0).rem_euclid(360.0) - 180.0;
        let north = latitude - self.fix.latitude;
        (east * DEGREE_M * self.fix.latitude.to_radians().cos(), north * DEGREE_M)
    }

    /// Whether nobody moves as fast as from here to there, errors taken off.
    fn leap_to(&self, next: &Self) -> bool {
        let degrees = |fix: &Fix| (fix.latitude, fix.longitude);
        let ((from_lat, from_lon), (to_lat, to_lon)) = (degrees(&self.fix), degrees(&next.fix));
        let east = ((to_lon - from_lon + 540.0).rem_euclid(360.0) - 180.0) * from_lat.to_radians().cos();
        let metres = east.hypot(to_lat - from_lat) * DEGREE_M;
        let surely = metres - 2.0 * (self.fix.accuracy_m + next.fix.accuracy_m);
        let seconds = ((next.at_ms - self.at_ms) / 1000.0).max(1.0);
        surely / seconds > FASTEST
    }
}

/// Metres of the origin from the boundary of a polygon, positive inside (even-odd rule).
fn depth_in(corners: &[(f64, f64)]) -> f64 {
    let next = corners.iter().cycle().skip(1);
    let mut nearest = f64::INFINITY;
    let mut inside = false;
    for (&(x1, y1), &(x2, y2)) in corners.iter().zip(next) {
        let (dx, dy) = (x2 - x1, y2 - y1);
        let length = dx * dx + dy * dy;
        let along = if length == 0.0 { 0.0 } else { (-(x1 * dx + y1 * dy) / length).clamp(0.0, 1.0) };
        nearest = nearest.min((x1 + along * dx).hypot(y1 + along * dy));
        if (y1 > 0.0) != (y2 > 0.0) && x1 - y1 * dx / dy > 0.0 {
            inside = !inside;
        }
    }
    if inside { nearest } else { -nearest }
}

#[cfg(test)]
mod tests;
