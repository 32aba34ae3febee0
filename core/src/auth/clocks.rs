//! What answers tell of time: by how much the gateway's clock differs, and when to come again.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// A clock that is further from ours is believed for what was refused by it, and for nothing after: whoever breaks TLS
/// must not collect requests that are signed for next year.
const FAR_MS: i64 = 24 * 3_600_000;
/// The longest that anybody may ask a phone to wait: a wrong date in an answer must not stop a ward for a day.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// The gateway's clock less ours, in milliseconds.
#[derive(Default)]
pub struct Clocks {
    believed_ms: AtomicI64,
    told_ms: AtomicI64,
}

impl Clocks {
    /// Takes in a `Gauze-Time`. `false` where there is none that reads.
    pub fn learn(&self, time: Option<&str>, now: Timestamp) -> bool {
        let Some(server) = time.and_then(|text| text.parse::<Timestamp>().ok()) else { return false };
        let offset_ms = server.as_millisecond() - now.as_millisecond();
        self.told_ms.store(offset_ms, Ordering::Relaxed);
        if offset_ms.abs() <= FAR_MS {
            self.believed_ms.store(offset_ms, Ordering::Relaxed);
        }
        true
    }

    /// The gateway's time when ours is `now`, as far as it is believed.
    pub fn believed(&self, now: Timestamp) -> Timestamp {
        shifted(now, &self.believed_ms)
    }

    /// The same as the last answer told it.
    pub fn told(&self, now: Timestamp) -> Timestamp {
        shifted(now, &self.told_ms)
    }
}

fn shifted(now: Timestamp, by_ms: &AtomicI64) -> Timestamp {
    now.saturating_add(SignedDuration::from_millis(by_ms.load(Ordering::Relaxed))).unwrap_or(now)
}

/// How long a `Retry-After` (RFC 9110, section 10.2.3) asks to wait, an hour at most: whole seconds, or an HTTP date.
pub fn retry_after(text: &str, now: Timestamp) -> Option<SignedDuration> {
    let wait = match text.trim().parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(seconds.into()),
        Err(_) => jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp().duration_since(now),
    };
    Some(wait.clamp(SignedDuration::ZERO, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_as_seconds_and_as_a_date_and_is_bounded() {
        let now: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
        let wait = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait(" 0 "), Some(0));
        assert_eq!(wait("Sun, 29 Nov 2026 10:02:00 GMT"), Some(120));
        assert_eq!(wait("Sun, 29 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!(wait("Sun, 28 Nov 2027 10:02:00 GMT"), Some(3600));
        assert_eq!(wait("4294967295"), Some(3600));
        for unread in ["", "soon", "-1", "1.5", "99999999999999999999"] {
            assert_eq!(wait(unread), None, "{unread:?}");
        }
    }

    #[test]
    fn a_far_clock_is_believed_for_what_it_refused_and_for_nothing_after() {
        let now: Timestamp = "2026-11-29T10:00:00Z".parse().unwrap();
        let clocks = Clocks::default();
        assert!(clocks.learn(Some("2026-11-29T11:00:00.250Z"), now));
        assert!(clocks.learn(Some("2027-11-29T10:00:00.000Z"), now));
        assert_eq!(clocks.told(now).to_string(), "2027-11-29T10:00:00Z");
        assert_eq!(clocks.believed(now).to_string(), "2026-11-29T11:00:00.25Z");
        assert!(!clocks.learn(Some("Sun, 29 Nov 2026 10:02:00 GMT"), now), "a `Date` is nobody's word");
        assert!(!clocks.learn(None, now));
    }
}
