//! Which photo is being amended now, so that no row that was made of an older state counts as the newest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// Amendments one after the other, and what a refill must know of them.
#[derive(Default)]
pub(super) struct Amends {
    line: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<Seen>,
}

/// How far amendments had come at some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Beginnings and ends so far.
    changes: u64,
    /// The photo that is being amended.
    now: Option<i64>,
}

impl Seen {
    /// Whether this photo is being amended: what is made of it now may be of either state.
    pub(super) fn amends(self, log_index: u64) -> bool {
        self.now.is_some_and(|now| now.cast_unsigned() == log_index)
    }
}

/// One amendment under way; dropped, it has ended.
pub(super) struct Under {
    amends: Arc<Amends>,
    _turn: OwnedMutexGuard<()>,
}

impl Amends {
    fn state(&self) -> MutexGuard<'_, Seen> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its turn.
    pub(super) async fn begin(self: &Arc<Self>, log_index: i64) -> Under {
        let turn = self.line.clone().lock_owned().await;
        let mut state = self.state();
        *state = Seen { changes: state.changes.wrapping_add(1), now: Some(log_index) };
        Under { amends: self.clone(), _turn: turn }
    }

    pub(super) fn seen(&self) -> Seen {
        *self.state()
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        let mut state = self.amends.state();
        *state = Seen { changes: state.changes.wrapping_add(1), now: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refill_sees_that_an_amendment_began_or_ended_meanwhile() {
        let amends = Arc::new(Amends::default());
        let before = amends.seen();
        let under = amends.begin(7).await;
        let within = amends.seen();
        assert!(before != within && within.amends(7) && !within.amends(8) && !before.amends(7));
        drop(under);
        assert!(amends.seen() != within && amends.seen() != before);
        assert!(!amends.seen().amends(7));
    }
}
