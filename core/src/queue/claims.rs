//! Which photos a run has in hand. Runs may overlap: each photo is driven by one of them at a time, so that none is signed
//! twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_wire::CaptureId;
use tokio_util::sync::CancellationToken;

/// All that are in hand, of one client.
#[derive(Clone, Default)]
pub struct Claims(Arc<Mutex<HashMap<CaptureId, CancellationToken>>>);

/// A photo in hand, until this is dropped.
pub struct Claim {
    id: CaptureId,
    claims: Claims,
    /// Ends when the photo must not go on.
    pub halted: CancellationToken,
}

impl Claims {
    /// Takes a photo in hand; `None` where another run has it.
    pub fn take(&self, id: CaptureId) -> Option<Claim> {
        let mut held = self.held();
        if held.contains_key(&id) {
            return None;
        }
        let halted = CancellationToken::new();
        held.insert(id, halted.clone());
        Some(Claim { id, claims: self.clone(), halted })
    }

    /// Ends the transfer of a photo that was discarded.
    pub fn halt(&self, id: CaptureId) {
        if let Some(halted) = self.held().get(&id) {
            halted.cancel();
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<CaptureId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// The photo.
    pub fn id(&self) -> CaptureId {
        self.id
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.held().remove(&self.id);
    }
}
