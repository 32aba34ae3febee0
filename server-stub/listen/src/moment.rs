//! Moments that people type.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// A day and perhaps a time, in this machine's zone; without a time its first moment. Nothing where it is none.
pub fn moment(day: &str, time: &str) -> Option<Timestamp> {
    let day: Date = day.trim().parse().ok()?;
    let time = match time.trim() {
        "" => Time::midnight(),
        time => Time::strptime("%H:%M", time).ok()?,
    };
    TimeZone::system().to_timestamp(day.to_datetime(time)).ok()
}
