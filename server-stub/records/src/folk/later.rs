//! Photos of which no row could be made, and in which round each is tried again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Most rounds between two tries: an hour, where a round comes every fifteen seconds.
const MOST: u64 = 240;

/// What is tried later. Each failure doubles the rounds until the next try.
#[derive(Default)]
pub(super) struct Later(Mutex<State>);

#[derive(Default)]
struct State {
    round: u64,
    /// Failures so far, and the round of the next try.
    photos: HashMap<u64, (u32, u64)>,
}

impl Later {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another round begins.
    pub(super) fn begin(&self) {
        self.with(|state| state.round += 1);
    }

    /// Whether it is this photo's turn.
    pub(super) fn due(&self, log_index: u64) -> bool {
        self.with(|state| state.photos.get(&log_index).is_none_or(|(_, next)| *next <= state.round))
    }

    /// It failed; in how many rounds it is tried again.
    pub(super) fn failed(&self, log_index: u64) -> u64 {
        self.with(|state| {
            let (failures, next) = state.photos.entry(log_index).or_default();
            let wait = 1_u64.checked_shl(*failures).unwrap_or(MOST).min(MOST);
            *failures = failures.saturating_add(1);
            *next = state.round + wait;
            wait
        })
    }

    /// It succeeded, or something about it changed.
    pub(super) fn forget(&self, log_index: u64) {
        self.with(|state| state.photos.remove(&log_index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_up_to_an_hour() {
        let later = Later::default();
        assert!(later.due(3));
        let waits: Vec<u64> = (0..70).map(|_| later.failed(3)).collect();
        assert_eq!(waits[..9], [1, 2, 4, 8, 16, 32, 64, 128, 240]);
        assert!(waits[9..].iter().all(|wait| *wait == MOST));
        assert!(!later.due(3) && later.due(4));
        (0..MOST).for_each(|_| later.begin());
        assert!(later.due(3));
        later.failed(3);
        later.forget(3);
        assert!(later.due(3));
    }
}
