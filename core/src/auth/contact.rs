//! When this phone last truly heard from the hospital, and what it was told of itself.
//!
//! Always: only a standing that the gateway signed counts as hearing, and none that is older than one heard before, unless
//! that one is from a day that our own clock has not seen: a gateway whose clock once ran ahead must not stay unheard. Within
//! one start of the phone, silence is measured by the clock that never goes back, so that a wall clock that jumps wipes
//! nothing. Over a restart the wall clock is all there is, and counts for a day at most: a clock that comes up wrong must
//! not cost a ward its phone, and while a phone was off nobody could read it.

use std::path::Path;

use gauze_wire::{DeviceStatus, Name, ReviewDenied, Standing};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ports::{Clock, Disk};
use crate::store::{StoreError, Twice};

const NAME: &str = "contact.json";
/// Silence is written down this often: what a kill forgets of it.
const SAVE_EVERY_MS: u64 = 600_000;
/// Most silence that one restart counts for.
const RESTART_MS: u64 = 24 * 3_600_000;
/// A gateway's clock that is further ahead of ours was wrong, or ours is.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The newest standing, and the silence since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    v: u32,
    /// The gateway's clock in the newest standing; nothing was heard yet without it.
    at: Option<Timestamp>,
    status: DeviceStatus,
    review_denied: Option<ReviewDenied>,
    attest_by: Option<Timestamp>,
    silent_ms: u64,
    mark: Mark,
    /// How often the system said that the screen was captured.
    #[serde(default)]
    screen_captures: u64,
}

/// A moment by both clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    wall_ms: i64,
    monotonic_ms: u64,
    boot_id: Name,
}

impl Mark {
    fn now(clock: &dyn Clock) -> Self {
        let wall_ms = clock.now().as_millisecond();
        Self { wall_ms, monotonic_ms: clock.monotonic_ms(), boot_id: clock.boot_id() }
    }

    /// Milliseconds from here to `later`.
    fn until(&self, later: &Self) -> u64 {
        if self.boot_id == later.boot_id && later.monotonic_ms >= self.monotonic_ms {
            return later.monotonic_ms - self.monotonic_ms;
        }
        u64::try_from(later.wall_ms.saturating_sub(self.wall_ms)).unwrap_or(0).min(RESTART_MS)
    }
}

impl Contact {
    /// A phone that has just enrolled.
    pub fn begin(clock: &dyn Clock) -> Self {
        Self {
            v: 1,
            at: None,
            status: DeviceStatus::Active,
            review_denied: None,
            attest_by: None,
            silent_ms: 0,
            mark: Mark::now(clock),
            screen_captures: 0,
        }
    }

    /// Reads what was kept. One that is damaged is as none: silence counts from now, and the next contact tells all again. One that
    /// only cannot be read now is an error.
    pub fn load(disk: &dyn Disk, dir: &Path) -> Result<Option<Self>, StoreError> {
        Twice { disk, dir, name: NAME }.read_json().or_unread()
    }

    /// Keeps it.
    pub fn save(&self, disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(self).map_err(|_| StoreError::Damaged)?;
        Twice { disk, dir, name: NAME }.write(&bytes)
    }

    /// Forgets it.
    pub fn forget(disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        Twice { disk, dir, name: NAME }.forget()
    }

    /// Takes in a standing that holds. `false` where it is older than one heard before: somebody replays it.
    pub fn hear(&mut self, standing: &Standing, clock: &dyn Clock) -> bool {
        let now = clock.now();
        let counts = |at: &Timestamp| at.duration_since(now) <= AHEAD;
        if self.at.filter(counts).is_some_and(|at| standing.at < at) {
            return false;
        }
        self.at = Some(standing.at);
        self.status = standing.status;
        self.review_denied = standing.review_denied;
        self.attest_by = standing.attest_by;
        self.silent_ms = 0;
        self.mark = Mark::now(clock);
        true
    }

    /// Counts the silence up to now. Whether it is time to keep it.
    pub fn tick(&mut self, clock: &dyn Clock) -> bool {
        let now = Mark::now(clock);
        let passed = self.mark.until(&now);
        let restarted = now.boot_id != self.mark.boot_id;
        if passed < SAVE_EVERY_MS && !restarted {
            return false;
        }
        self.silent_ms = self.silent_ms.saturating_add(passed);
        self.mark = now;
        true
    }

    /// The screen was captured once more.
    pub fn captured(&mut self) {
        self.screen_captures = self.screen_captures.saturating_add(1);
    }

    /// How often it was.
    pub fn screen_captures(&self) -> u64 {
        self.screen_captures
    }

    /// How long nothing was heard.
    pub fn silence(&self, clock: &dyn Clock) -> SignedDuration {
        let ms = self.silent_ms.saturating_add(self.mark.until(&Mark::now(clock)));
        SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
    }

    /// The time: by the wall clock, and never less than what the gateway's clock said and has passed since.
    pub fn time(&self, clock: &dyn Clock) -> Timestamp {
        let now = clock.now();
        let heard = self.at.and_then(|at| at.saturating_add(self.silence(clock)).ok());
        heard.map_or(now, |at| at.max(now))
    }

    /// Whether the hospital has shut this phone out.
    pub fn is_revoked(&self) -> bool {
        self.status == DeviceStatus::Revoked
    }

    /// Why this phone may not show photos, as far as it was told or can tell by itself.
    pub fn review_denied(&self, grace_hours: u32, clock: &dyn Clock) -> Option<ReviewDenied> {
        let grace = SignedDuration::from_hours(grace_hours.into());
        let overdue = self.attest_by.is_some_and(|by| self.time(clock).duration_since(by) > grace);
        self.review_denied.or_else(|| overdue.then_some(ReviewDenied::AttestationOverdue))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct TwoClocks(Mutex<(i64, u64, &'static str)>);

    impl Clock for TwoClocks {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.lock().unwrap().0).unwrap()
        }
        fn monotonic_ms(&self) -> u64 {
            self.0.lock().unwrap().1
        }
        fn boot_id(&self) -> Name {
            self.0.lock().unwrap().2.parse().unwrap()
        }
    }

    const HOUR: i64 = 3600;
    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn silence_is_counted_by_the_clock_that_never_goes_back_and_over_a_restart_by_the_wall() {
        let clock = TwoClocks(Mutex::new((1_000_000, 5_000, "a")));
        let set = |wall, monotonic, boot| *clock.0.lock().unwrap() = (wall, monotonic, boot);
        let mut contact = Contact::begin(&clock);
        let hours = |contact: &Contact| contact.silence(&clock).as_hours();
        // The wall clock jumps ten years ahead, then years back: two hours have passed.
        set(1_000_000 + 87_600 * HOUR, 5_000 + HOUR_MS, "a");
        contact.tick(&clock);
        set(0, 5_000 + 2 * HOUR_MS, "a");
        assert_eq!(hours(&contact), 2);
        contact.tick(&clock);
        // Switched off for five hours.
        set(5 * HOUR, 100, "b");
        contact.tick(&clock);
        assert_eq!(hours(&contact), 7);
        // A clock set back over a restart takes nothing away.
        set(HOUR, 100, "c");
        contact.tick(&clock);
        assert_eq!(hours(&contact), 7);
        // One that comes up ten years ahead counts for a day.
        set(87_600 * HOUR, 100, "d");
        contact.tick(&clock);
        assert_eq!(hours(&contact), 31);
    }

    fn standing(at: Timestamp, status: DeviceStatus) -> Standing {
        Standing {
            v: 1,
            typ: "gauze-standing".to_owned(),
            tenant: "ward-9".parse().unwrap(),
            device_id: "A".repeat(43).parse().unwrap(),
            at,
            status,
            review_denied: None,
            attest_by: None,
            wipe: None,
        }
    }

    #[test]
    fn a_gateway_whose_clock_once_ran_ahead_is_heard_again_and_an_old_word_is_not() {
        let clock = TwoClocks(Mutex::new((1_000_000, 5_000, "a")));
        let mut contact = Contact::begin(&clock);
        let now = clock.now();
        assert!(contact.hear(&standing(now, DeviceStatus::Suspended), &clock));
        let old = standing(now - SignedDuration::from_secs(1), DeviceStatus::Active);
        assert!(!contact.hear(&old, &clock));
        let ahead = standing(now + SignedDuration::from_hours(720), DeviceStatus::Active);
        assert!(contact.hear(&ahead, &clock));
        assert!(contact.hear(&standing(now, DeviceStatus::Revoked), &clock));
        assert!(contact.is_revoked());
    }

    #[test]
    fn a_wall_clock_that_is_set_back_does_not_stop_the_time() {
        let clock = TwoClocks(Mutex::new((1_000_000, 5_000, "a")));
        let mut contact = Contact::begin(&clock);
        assert!(contact.hear(&standing(clock.now(), DeviceStatus::Active), &clock));
        *clock.0.lock().unwrap() = (0, 5_000 + 3 * HOUR_MS, "a");
        assert_eq!(contact.time(&clock).as_second(), 1_000_000 + 3 * HOUR);
    }
}
