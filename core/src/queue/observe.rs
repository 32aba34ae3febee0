//! Who hears what happens to photos, and for how long.
//!
//! Always: dropping or cancelling a [`Subscription`] ends it; an observer is called without a lock held, so it may
//! subscribe and cancel from inside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use gauze_wire::CaptureId;

use super::machine::State;

/// Hears of every photo that moves or stops. Called from the runtime's threads; must not block.
pub type Observer = dyn Fn(CaptureId, State) + Send + Sync;

#[derive(Default)]
struct Registry {
    last: u64,
    observers: BTreeMap<u64, Arc<Observer>>,
}

/// Everybody who listens.
#[derive(Clone, Default)]
pub(crate) struct Observers(Arc<Mutex<Registry>>);

impl Observers {
    pub fn subscribe(&self, observer: Arc<Observer>) -> Subscription {
        let mut registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        registry.last += 1;
        let id = registry.last;
        registry.observers.insert(id, observer);
        Subscription { registry: Arc::downgrade(&self.0), id }
    }

    pub fn tell(&self, id: CaptureId, state: State) {
        let observers: Vec<_> = {
            let registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            registry.observers.values().cloned().collect()
        };
        for observer in observers {
            observer(id, state);
        }
    }
}

/// An observer's place; it hears nothing after this is cancelled or dropped.
#[derive(Debug)]
#[must_use = "dropping it ends it"]
pub struct Subscription {
    registry: Weak<Mutex<Registry>>,
    id: u64,
}

impl Subscription {
    /// Ends it. A call that is under way on another thread may still be heard.
    pub fn cancel(&self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.lock().unwrap_or_else(PoisonError::into_inner).observers.remove(&self.id);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("observers", &self.observers.len()).finish()
    }
}
