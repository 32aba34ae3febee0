//! When a photo is asked for again that came wrong, or not at all because something else answered. Pure.
//!
//! Always: no photo is given up; what waits is in memory alone, so that a puller that starts asks for everything at once.

use std::collections::HashMap;

use gauze_wire::Digest;
use jiff::{SignedDuration, Timestamp};

/// The first pause.
const FIRST: SignedDuration = SignedDuration::from_secs(30);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);

struct Wait {
    pause: SignedDuration,
    until: Timestamp,
}

/// Pauses by manifest.
#[derive(Default)]
pub(super) struct Patience(HashMap<Digest, Wait>);

impl Patience {
    /// Whether the photo may be asked for.
    pub(super) fn is_due(&self, photo: &Digest, now: Timestamp) -> bool {
        // A clock that was set back must not lengthen a pause.
        self.0.get(photo).is_none_or(|wait| now >= wait.until || wait.until.duration_since(now) > wait.pause)
    }

    /// It did not come: the next pause is twice as long.
    pub(super) fn failed(&mut self, photo: Digest, now: Timestamp) {
        let pause = self.0.get(&photo).map_or(FIRST, |wait| (wait.pause * 2).min(LONGEST));
        let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        self.0.insert(photo, Wait { pause, until });
    }

    /// It came.
    pub(super) fn came(&mut self, photo: &Digest) {
        self.0.remove(photo);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_hours_and_end_when_the_photo_comes() {
        let (photo, mut patience, mut now) =
            (Digest::of(b"photo"), Patience::default(), Timestamp::UNIX_EPOCH);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            assert!(patience.is_due(&photo, now));
            patience.failed(photo, now);
            let until = patience.0[&photo].until;
            assert!(!patience.is_due(&photo, until - SignedDuration::from_secs(1)));
            pauses.push(until.duration_since(now).as_secs());
            now = until;
        }
        assert_eq!((pauses[0], pauses[1], pauses[11]), (30, 60, 6 * 3600));
        patience.failed(photo, now);
        assert!(patience.is_due(&photo, Timestamp::UNIX_EPOCH), "a clock that was set back");
        patience.came(&photo);
        assert!(patience.is_due(&photo, now));
    }
}
