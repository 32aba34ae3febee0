//! How old something is, by a clock that may be set back.

use jiff::{SignedDuration, Timestamp};

/// How far a clock may run back under what was just done: requests that read it side by side, and a correction.
const JITTER: SignedDuration = SignedDuration::from_secs(60);

/// Whether `since` is less than `limit` ago. What lies in the future never began: a clock that was set back gives nothing more time.
pub(crate) fn is_within(since: Timestamp, now: Timestamp, limit: SignedDuration) -> bool {
    let age = now.duration_since(since);
    age < limit && age >= -JITTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_future_has_no_time_left() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let limit = SignedDuration::from_mins(5);
        for (now, within) in [(0, true), (299, true), (300, false), (-1, true), (-60, true), (-61, false)] {
            assert_eq!(is_within(at(0), at(now), limit), within, "{now}");
        }
    }
}
