//! Fences of the signed policy: where and when photos are to be taken and seen, and what is not allowed elsewhere.
//!
//! A phone judges areas and hours and says on which side of a fence it is, never where. The records side judges networks and
//! hours. Fences that forbid the same are alternatives: whoever is inside one of them is where they should be.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{Choice, Name, Text, WireError};

const FENCES: usize = 32;
const AREAS: usize = 16;
const CORNERS: RangeInclusive<usize> = 3..=128;
const RADIUS_M: RangeInclusive<u32> = 25..=50_000;
const NETWORKS: usize = 64;
const HOURS: usize = 16;
const EXEMPT: usize = 500;
const DEGREE_E7: i32 = 10_000_000;

/// What is not allowed outside a fence. Each mode includes the ones before it, but for the sentence of `warn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceMode {
    /// The record says on which side the phone was.
    Record,
    /// The phone also says so to whoever holds it.
    Warn,
    /// Nothing is exported and no link is made.
    BlockExport,
    /// No photo is shown.
    BlockView,
    /// No photo is taken, but by the exempt teams.
    BlockCapture,
}

/// A position (WGS 84) in ten-millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Latitude: -900000000 to 900000000.
    pub lat_e7: i32,
    /// Longitude: -1800000000 to 1800000000.
    pub lon_e7: i32,
}

/// A part of the earth's surface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Area {
    /// All within a distance of a place.
    Circle {
        /// Its centre.
        centre: Position,
        /// Its radius in metres: 25 to 50,000.
        radius_m: u32,
    },
    /// All within these corners, in order, the last joined to the first: 3 to 128.
    Polygon(Vec<Position>),
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// When a fence is in force, by the local clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// On which days it begins: at least one.
    pub days: Vec<Day>,
    /// From this minute of the day: 0 to 1439.
    pub from: u16,
    /// Until before this minute: 0 to 1440; not after `from` is the next day's.
    pub until: u16,
}

impl Hours {
    /// Whether `minute` of `day` lies in these hours.
    pub fn hold(&self, day: Day, minute: u16) -> bool {
        let begins = |day: Day| self.days.contains(&day);
        if self.from < self.until {
            begins(day) && (self.from..self.until).contains(&minute)
        } else {
            (begins(day) && minute >= self.from) || (begins(day.before()) && minute < self.until)
        }
    }

    fn check(&self) -> bool {
        !self.days.is_empty() && self.days.len() <= 7 && self.from < 1440 && self.until <= 1440
    }
}

impl Day {
    const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The day with this number: Monday is 0, counted on without end.
    pub fn numbered(monday_zero: usize) -> Self {
        Self::ALL[monday_zero % 7]
    }

    fn before(self) -> Self {
        Self::numbered(self as usize + 6)
    }
}

/// A network: `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Text<64>", into = "Text<64>")]
pub struct IpBlock {
    text: Text<64>,
    address: IpAddr,
    bits: u8,
}

impl TryFrom<Text<64>> for IpBlock {
    type Error = WireError;

    fn try_from(text: Text<64>) -> Result<Self, WireError> {
        let form = "an address, a slash and the number of its fixed bits, such as 10.0.0.0/8";
        let wrong = WireError::Expected { field: "fences.networks", form };
        let (address, bits) = text.as_str().split_once('/').ok_or_else(|| wrong.clone())?;
        let address: IpAddr = address.parse().map_err(|_| wrong.clone())?;
        let bits = bits.parse().map_err(|_| wrong.clone())?;
        let block = Self { text, address, bits };
        let width = if address.is_ipv4() { 32 } else { 128 };
        if bits > width || number(address) != block.masked(address) {
            return Err(wrong);
        }
        let form = "addresses that a browser can have, IPv4 ones as themselves, such as 10.0.0.0/8";
        if block.is_nobodys() {
            Err(WireError::Expected { field: "fences.networks", form })
        } else {
            Ok(block)
        }
    }
}

impl From<IpBlock> for Text<64> {
    fn from(block: IpBlock) -> Self {
        block.text
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl IpBlock {
    /// As the policy spells it.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Whether `address` lies in it; an IPv4 address that came over IPv6 counts as itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && self.masked(address) == number(self.address)
    }

    /// Whether nobody comes from any of its addresses, so that everybody would be outside.
    fn is_nobodys(&self) -> bool {
        match self.address {
            IpAddr::V4(v4) => {
                let none = v4.is_unspecified() || v4.is_broadcast();
                (self.bits >= 4 && v4.is_multicast()) || (self.bits == 32 && none)
            }
            IpAddr::V6(v6) => {
                let mapped = self.bits >= 96 && v6.to_ipv4_mapped().is_some();
                mapped || (self.bits >= 8 && v6.is_multicast()) || (self.bits == 128 && v6.is_unspecified())
            }
        }
    }

    fn masked(&self, address: IpAddr) -> u128 {
        let mask = if self.bits == 0 { 0 } else { u128::MAX << (128 - u32::from(self.bits)) };
        number(address) & mask
    }
}

/// One fence. `Debug` shows its id and mode.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FenceRule {
    /// What records call it.
    pub id: Name,
    /// What people call it: 1 to 128 bytes of UTF-8.
    pub words: Text<128>,
    /// What is not allowed outside.
    pub mode: FenceMode,
    /// Where it is, for phones: at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Area>,
    /// Where it is, for browsers: at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpBlock>,
    /// When it is in force: at most 16; always, where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<Hours>,
    /// Teams that take photos outside it, such as community nurses: codes of `lists.teams`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exempt_teams: Vec<Name>,
}

impl FenceRule {
    /// Whether it is in force at `minute` of `day`, by the local clock.
    pub fn in_force(&self, day: Day, minute: u16) -> bool {
        self.hours.is_empty() || self.hours.iter().any(|hours| hours.hold(day, minute))
    }

    fn check(&self) -> Result<(), WireError> {
        let expected = |field, form| Err(WireError::Expected { field, form });
        if self.areas.is_empty() && self.networks.is_empty() {
            return expected("fences.areas", "at least one area or one network");
        }
        if self.areas.len() > AREAS || !self.areas.iter().all(Area::check) {
            return expected(
                "fences.areas",
                "at most 16, each a circle of 25 to 50000 metres or a polygon of 3 to 128 corners on the earth",
            );
        }
        if !self.areas.iter().all(Area::holds_something) {
            return expected(
                "fences.areas",
                "polygons that surround something and whose sides do not cross: name the corners in the order of a walk around it",
            );
        }
        if self.networks.len() > NETWORKS {
            return expected("fences.networks", "at most 64");
        }
        if self.hours.len() > HOURS || !self.hours.iter().all(Hours::check) {
            return expected("fences.hours", "at most 16, each with a day, from 0 to 1439, until 0 to 1440");
        }
        if self.exempt_teams.len() > EXEMPT {
            return expected("fences.exempt_teams", "at most 500");
        }
        Ok(())
    }
}

impl fmt::Debug for FenceRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FenceRule").field("id", &self.id).field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Area {
    fn check(&self) -> bool {
        match self {
            Self::Circle { centre, radius_m } => centre.check() && RADIUS_M.contains(radius_m),
            Self::Polygon(corners) => CORNERS.contains(&corners.len()) && corners.iter().all(Position::check),
        }
    }

    /// Whether somebody can be inside, and inside is one place. A first corner that stands again as the last does no harm.
    fn holds_something(&self) -> bool {
        match self {
            Self::Circle { .. } => true,
            Self::Polygon(corners) => surrounds(corners),
        }
    }
}

/// Exact: as flat as a phone draws it, seen from the first corner.
fn surrounds(corners: &[Position]) -> bool {
    type Point = (i128, i128);
    let origin = corners.first().map_or(0, |corner| i128::from(corner.lon_e7));
    let (half, round) = (180 * i128::from(DEGREE_E7), 360 * i128::from(DEGREE_E7));
    let flat = |corner: &Position| -> Point {
        ((i128::from(corner.lon_e7) - origin + half).rem_euclid(round) - half, corner.lat_e7.into())
    };
    let points: Vec<Point> = corners.iter().map(flat).collect();
    let sides: Vec<(Point, Point)> =
        points.iter().copied().zip(points.iter().copied().cycle().skip(1)).collect();
    let side_of = |&(from, to): &(Point, Point), at: Point| {
        ((to.0 - from.0) * (at.1 - from.1) - (to.1 - from.1) * (at.0 - from.0)).signum()
    };
    let parts = |one, other: &(Point, Point)| side_of(one, other.0) * side_of(one, other.1) < 0;
    let crosses = |one, other| parts(one, other) && parts(other, one);
    let twice_the_area: i128 = sides.iter().map(|(from, to)| from.0 * to.1 - from.1 * to.0).sum();
    twice_the_area != 0
        && !sides.iter().enumerate().any(|(at, one)| sides[at + 1..].iter().any(|other| crosses(one, other)))
}

impl Position {
    fn check(&self) -> bool {
        self.lat_e7.unsigned_abs() <= 90 * DEGREE_E7.unsigned_abs()
            && self.lon_e7.unsigned_abs() <= 180 * DEGREE_E7.unsigned_abs()
    }

    /// Latitude and longitude in degrees.
    pub fn degrees(self) -> (f64, f64) {
        (f64::from(self.lat_e7) / f64::from(DEGREE_E7), f64::from(self.lon_e7) / f64::from(DEGREE_E7))
    }
}

/// Checks all fences of a policy; exempt teams stand in its list, where it has one.
pub(crate) fn check(fences: &[FenceRule], teams: &[Choice]) -> Result<(), WireError> {
    let mut ids: Vec<&str> = fences.iter().map(|fence| fence.id.as_str()).collect();
    ids.sort_unstable();
    if fences.len() > FENCES || ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(WireError::Expected { field: "fences", form: "at most 32, each with an id of its own" });
    }
    let listed = |team: &Name| teams.is_empty() || teams.iter().any(|choice| choice.code == *team);
    if !fences.iter().flat_map(|fence| &fence.exempt_teams).all(listed) {
        return Err(WireError::Expected { field: "fences.exempt_teams", form: "codes of lists.teams" });
    }
    fences.iter().try_for_each(FenceRule::check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn fence() -> Value {
        json!({
            "id": "site-a", "words": "Site A", "mode": "block_view",
            "areas": [{"circle": {"centre": {"lat_e7": 558600000, "lon_e7": -40250000}, "radius_m": 300}}],
            "networks": ["10.0.0.0/8"], "hours": [{"days": ["mon"], "from": 480, "until": 1080}],
        })
    }

    fn judged(change: impl FnOnce(&mut Value)) -> Result<(), String> {
        let mut value = fence();
        change(&mut value);
        let rule: FenceRule = serde_json::from_value(value).map_err(|error| error.to_string())?;
        check(&[rule], &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn fences_that_no_phone_could_judge_are_refused_by_their_field() {
        assert_eq!(judged(|_| ()), Ok(()));
        type Change = fn(&mut Value);
        let wrong: [(&str, Change); 9] = [
            ("areas", |fence| (fence["areas"], fence["networks"]) = (json!([]), json!([]))),
            ("areas", |fence| fence["areas"][0]["circle"]["radius_m"] = 24.into()),
            ("areas", |fence| fence["areas"][0]["circle"]["centre"]["lat_e7"] = 900_000_001.into()),
            ("areas", |fence| fence["areas"][0] = json!({"polygon": [{"lat_e7": 0, "lon_e7": 0}]})),
            ("networks", |fence| fence["networks"][0] = "10.0.0.1/8".into()),
            ("networks", |fence| fence["networks"][0] = "10.0.0.0/33".into()),
            ("hours", |fence| fence["hours"][0]["days"] = json!([])),
            ("hours", |fence| fence["hours"][0]["until"] = 1441.into()),
            ("colour", |fence| fence["colour"] = "red".into()),
        ];
        for (field, change) in wrong {
            let refused = judged(change).unwrap_err();
            assert!(refused.contains(field), "{field}: {refused}");
        }
        let rule: FenceRule = serde_json::from_value(fence()).unwrap();
        assert!(check(&[rule.clone(), rule], &[]).is_err(), "one id for two");
    }

    #[test]
    fn fences_that_nobody_could_be_inside_of_are_refused_with_what_to_write() {
        let network = |text: &str| judged(|fence| fence["networks"][0] = text.into());
        for nobodys in [
            "::ffff:10.0.0.0/104",
            "::ffff:0:0/96",
            "224.0.0.0/4",
            "ff02::/16",
            "0.0.0.0/32",
            "::/128",
            "255.255.255.255/32",
        ] {
            let refused = network(nobodys).unwrap_err();
            assert!(
                refused.contains("fences.networks") && refused.contains("10.0.0.0/8"),
                "{nobodys}: {refused}"
            );
        }
        for somebodys in ["0.0.0.0/0", "::/0", "::/80", "::1/128", "127.0.0.0/8", "223.0.0.0/8", "fe80::/10"]
        {
            assert_eq!(network(somebodys), Ok(()), "{somebodys}");
        }

        let polygon = |corners: &[(i32, i32)]| {
            let corners: Vec<_> =
                corners.iter().map(|(lat, lon)| json!({"lat_e7": lat, "lon_e7": lon})).collect();
            judged(|fence| fence["areas"] = json!([{"polygon": corners}]))
        };
        let far = 1_799_999_000;
        for (told, corners) in [
            ("one point", &[(5, 5), (5, 5), (5, 5)][..]),
            ("a line", &[(0, 0), (10, 10), (20, 20)]),
            ("there and back", &[(0, 0), (10, 3), (20, 20), (10, 3)]),
            ("a bow of two equal halves", &[(0, 0), (10, 10), (10, 0), (0, 10)]),
            ("a bow", &[(0, 0), (30, 10), (10, 0), (0, 10)]),
            ("a bow over the date line", &[(0, far), (3000, -far), (1000, far), (0, -far)]),
        ] {
            let refused = polygon(corners).unwrap_err();
            assert!(refused.contains("fences.areas") && refused.contains("walk around"), "{told}: {refused}");
        }
        for (told, corners) in [
            ("a triangle", &[(0, 0), (0, 10), (10, 0)][..]),
            ("one that turns the other way", &[(0, 0), (10, 0), (0, 10)]),
            ("one that is closed by hand", &[(0, 0), (0, 10), (10, 10), (10, 0), (0, 0)]),
            ("a hook", &[(0, 0), (0, 30), (20, 30), (20, 10), (10, 10), (10, 20), (5, 20), (5, 0)]),
            ("one over the date line", &[(0, far), (0, -far), (1000, -far), (1000, far)]),
        ] {
            assert_eq!(polygon(corners), Ok(()), "{told}");
        }
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
        let hours = |from, until| Hours { days: vec![Day::Sun], from, until };
        let night = hours(1320, 360);
        assert!(night.hold(Day::Sun, 1320) && night.hold(Day::Mon, 359));
        assert!(!night.hold(Day::Mon, 360) && !night.hold(Day::Sun, 100) && !night.hold(Day::Sun, 1319));
        assert!(hours(0, 1440).hold(Day::Sun, 1439) && !hours(0, 1440).hold(Day::Mon, 0));
    }

    #[test]
    fn a_network_holds_its_own_addresses() {
        let block = |text: &str| IpBlock::try_from(Text::try_from(text.to_owned()).unwrap()).unwrap();
        let address = |text: &str| text.parse().unwrap();
        assert!(block("10.0.0.0/8").contains(address("10.255.0.1")));
        assert!(block("10.0.0.0/8").contains(address("::ffff:10.1.2.3")));
        assert!(!block("10.0.0.0/8").contains(address("11.0.0.0")));
        assert!(block("2001:db8::/32").contains(address("2001:db8:1::1")));
        assert!(
            !block("::/0").contains(address("10.0.0.1")) && block("0.0.0.0/0").contains(address("1.2.3.4"))
        );
    }
}
