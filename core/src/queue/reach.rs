//! Whether the gateway answers in this run, so that a ward's photos do not each wait for a dead one.
//!
//! Always: until it has answered, one photo asks at a time; after the second silence in a row nobody asks any more.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

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

    /// Leave to ask; `None` where the run has ended.
    pub async fn ask(&self) -> Option<SemaphorePermit<'_>> {
        let leave = self.asking.acquire().await.ok()?;
        (!self.is_silent()).then_some(leave)
    }

    /// Whoever answered, something did.
    pub fn answered(&self) {
        self.silences.store(0, Ordering::Relaxed);
        if !self.answered.swap(true, Ordering::Relaxed) {
            self.asking.add_permits(self.at_once.saturating_sub(1));
        }
    }

    /// Nothing did.
    pub fn silent(&self) {
        self.silences.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the run has ended because nothing answers.
    pub fn is_silent(&self) -> bool {
        self.silences.load(Ordering::Relaxed) >= MOST
    }
}
