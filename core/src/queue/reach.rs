//! Whether the gateway answers in this run, so that a ward's photos, and what is asked besides, do not each wait for a dead one.
//!
//! Always: until it has answered, one photo asks at a time; after the second silence in a row nothing asks any more.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::trouble::of_call;
use crate::auth::Unanswered;
use crate::ports::TransportError;
use crate::store::Trouble;

/// After so many silences in a row a run ends.
const MOST: u32 = 2;

/// What one run has heard of the gateway.
pub struct Reach {
    asking: Semaphore,
    answered: AtomicBool,
    silences: AtomicU32,
    at_once: usize,
}

impl Reach {
    /// Of a run that asks for so many photos at once, once the gateway has answered.
    pub fn new(at_once: usize) -> Self {
        let asking = Semaphore::new(1);
        Self { asking, answered: AtomicBool::new(false), silences: AtomicU32::new(0), at_once }
    }

    /// Leave for a photo to ask; `None` where the run has ended.
    pub async fn ask(&self) -> Option<SemaphorePermit<'_>> {
        let leave = self.asking.acquire().await.ok()?;
        (!self.is_silent()).then_some(leave)
    }

    /// Asks what is no photo's own question, unless the run has ended.
    pub(crate) async fn asks<T>(
        &self,
        question: impl Future<Output = Result<T, Unanswered>>,
    ) -> Result<T, Unanswered> {
        if self.is_silent() {
            return Err(TransportError::Unreachable.into());
        }
        // A run goes by this again and again: its own future stays small.
        let answer = Box::pin(question).await;
        self.hears(answer.as_ref().err().map(|unanswered| of_call(&unanswered.error)));
        answer
    }

    /// Takes in how a question ended.
    pub fn hears(&self, trouble: Option<Trouble>) {
        match trouble {
            Some(Trouble::Offline) => self.silent(),
            // Whoever answered, something did.
            None
            | Some(
                Trouble::Certificate(_)
                | Trouble::Between(_)
                | Trouble::Receipt
                | Trouble::Gateway(_)
                | Trouble::Hospital(_),
            ) => self.answered(),
            // What failed here tells nothing of the gateway.
            Some(
                Trouble::KeyUnavailable
                | Trouble::KeyGone
                | Trouble::StorageFull
                | Trouble::StorageReadOnly
                | Trouble::StorageDenied
                | Trouble::TooManyFiles
                | Trouble::Storage
                | Trouble::Damaged,
            ) => {}
        }
    }

    fn answered(&self) {
        self.silences.store(0, Ordering::Relaxed);
        if !self.answered.swap(true, Ordering::Relaxed) {
            self.asking.add_permits(self.at_once.saturating_sub(1));
        }
    }

    /// Nothing answered.
    pub fn silent(&self) {
        self.silences.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the run has ended because nothing answers.
    pub fn is_silent(&self) -> bool {
        self.silences.load(Ordering::Relaxed) >= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_on_the_phone_is_neither_a_silence_nor_an_answer() {
        for trouble in [
            Trouble::KeyUnavailable,
            Trouble::KeyGone,
            Trouble::StorageFull,
            Trouble::StorageReadOnly,
            Trouble::StorageDenied,
            Trouble::TooManyFiles,
            Trouble::Storage,
            Trouble::Damaged,
        ] {
            let reach = Reach::new(4);
            for _ in 0..3 {
                reach.hears(Some(trouble));
            }
            reach.hears(Some(Trouble::Offline));
            assert!(!reach.is_silent(), "{trouble:?} is no silence");
            reach.hears(Some(trouble));
            assert_eq!(reach.asking.available_permits(), 1, "{trouble:?} is no answer");
            reach.hears(Some(Trouble::Offline));
            assert!(reach.is_silent(), "{trouble:?} is no answer");
        }
    }
}
