//! Lines about strangers, who may come as often as they like.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// So many lines a minute. The others are counted.
pub struct Pace {
    a_minute: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    since: Option<Instant>,
    asked: u64,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paced {
    /// It is written, and so is how many were not in the minute before, where that is not 0.
    Written { left_out: u64 },
    /// It is counted alone.
    Counted,
}

impl Pace {
    /// At most so many lines a minute.
    pub fn new(a_minute: u64) -> Self {
        Self { a_minute, state: Mutex::default() }
    }

    /// Whether a line about `what` is written; says first how many were not in the minute before.
    pub fn permits(&self, what: &str) -> bool {
        match self.take_at(crate::clock::instant()) {
            Paced::Counted => return false,
            Paced::Written { left_out: 0 } => {}
            Paced::Written { left_out } => {
                tracing::warn!(what, left_out, "strangers came too often to write a line each")
            }
        }
        true
    }

    fn take_at(&self, now: Instant) -> Paced {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left_out = 0;
        if state.since.is_none_or(|since| now.duration_since(since) >= MINUTE) {
            left_out = state.asked.saturating_sub(self.a_minute);
            *state = State { since: Some(now), asked: 0 };
        }
        state.asked += 1;
        if state.asked > self.a_minute { Paced::Counted } else { Paced::Written { left_out } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_is_written_in_a_minute_is_counted_and_said_in_the_next() {
        let (pace, start) = (Pace::new(2), crate::clock::instant());
        let taken: Vec<_> = (0..5).map(|_| pace.take_at(start)).collect();
        let first = Paced::Written { left_out: 0 };
        assert_eq!(taken, [first, first, Paced::Counted, Paced::Counted, Paced::Counted]);
        assert_eq!(pace.take_at(start + MINUTE), Paced::Written { left_out: 3 });
        assert_eq!(pace.take_at(start + MINUTE), first);
    }
}
