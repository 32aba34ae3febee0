//! What somebody says that went wrong: sealed before it is kept, and opened inside the hospital alone.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{ReportId, Text, WireError};

/// Largest sealed report: its text, and a stanza for each of 16 recipients.
pub const SEALED_REPORT: usize = 48 << 10;

/// Whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It did: somebody saw, changed or lost what they should not have.
    Breach,
    /// It nearly did.
    NearMiss,
}

/// What is sealed. JSON, read strictly. No `Debug`: it may name a patient.
///
/// One text is one report, however often it is sent and sealed: its id is random, so that two reports which say the same are two, and
/// that the hash of the text tells nobody what it says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Format version: 1.
    pub v: u32,
    /// Names it, from before it was sent.
    pub report_id: ReportId,
    /// Whether it happened.
    pub kind: Happened,
    /// What.
    pub what: Text<2048>,
    /// Whose photos or data.
    pub whose: Text<200>,
    /// The phone, as far as somebody knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Text<128>>,
    /// When somebody noticed (RFC 3339, UTC).
    pub noticed_at: Timestamp,
}

impl Incident {
    /// The text that is sealed.
    ///
    /// # Errors
    /// [`WireError`]: it cannot be written.
    pub fn to_text(&self) -> Result<Vec<u8>, WireError> {
        serde_json::to_vec(self).map_err(|_| WireError::Malformed("incident"))
    }

    /// What was sealed.
    ///
    /// # Errors
    /// [`WireError`]: it is not one, or of another version.
    pub fn read(text: &[u8]) -> Result<Self, WireError> {
        let incident: Self = serde_json::from_slice(text).map_err(|_| WireError::Malformed("incident"))?;
        if incident.v == 1 { Ok(incident) } else { Err(WireError::Field("v")) }
    }
}

/// A day and perhaps a time as somebody typed them, by the clocks of a zone; without a time the day's first moment.
pub fn noticed(day: &str, time: &str, zone: &TimeZone) -> Option<Timestamp> {
    let day: Date = day.trim().parse().ok()?;
    let time = match time.trim() {
        "" => Time::midnight(),
        time => Time::strptime("%H:%M", time).ok()?,
    };
    zone.to_timestamp(day.to_datetime(time)).ok()
}

/// What a clock says in its zone, for whoever types a time that is read by it.
pub fn clock_says(now: Timestamp, zone: &TimeZone) -> String {
    let named = zone.iana_name().map(|name| format!("{name}, ")).unwrap_or_default();
    let now = now.to_zoned_datetime(zone.clone());
    format!("{} ({named}UTC{})", now.strftime("%d-%b-%Y %H:%M"), now.strftime("%:z"))
}

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::*;

    #[test]
    fn a_time_that_somebody_typed_is_read_by_the_clocks_of_the_zone_that_is_named_beside_it() {
        let east = TimeZone::fixed(Offset::from_hours(9).unwrap());
        let west = TimeZone::fixed(Offset::from_hours(-5).unwrap());
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (zone, time, expected) in [
            (&TimeZone::UTC, "14:05", "2026-11-23T14:05:00Z"),
            (&east, "14:05", "2026-11-23T05:05:00Z"),
            (&west, " 14:05 ", "2026-11-23T19:05:00Z"),
            (&east, "", "2026-11-22T15:00:00Z"),
            (&west, "", "2026-11-23T05:00:00Z"),
        ] {
            assert_eq!(noticed("2026-11-23", time, zone), Some(at(expected)), "{time}");
        }
        for (day, time) in
            [("yesterday", ""), ("2026-11-31", ""), ("2026-11-23", "25:00"), ("2026-11-23", "9")]
        {
            assert_eq!(noticed(day, time, &east), None, "{day} {time}");
        }
        let now = at("2026-11-23T23:30:00Z");
        assert_eq!(clock_says(now, &east), "24-Nov-2026 08:30 (UTC+09:00)");
        assert_eq!(clock_says(now, &TimeZone::UTC), "23-Nov-2026 23:30 (UTC, UTC+00:00)");
    }
}
