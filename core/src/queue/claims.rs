//! Which photos a run has in hand. Runs may overlap: each photo is driven by one of them at a time, so that none is signed
//! twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use gauze_wire::CaptureId;
use tokio_util::sync::CancellationToken;

/// All that are in hand, of one client.
#[derive(Clone, Default)]
pub struct Claims(Arc<Mutex<HashMap<CaptureId, InHand>>>);

struct InHand {
    halted: CancellationToken,
    hold: Weak<Hold>,
}

/// Keeps a photo in hand until it is dropped: its claim has one, and each write that is under way.
pub struct Hold {
    id: CaptureId,
    claims: Claims,
}

/// A photo in hand, until this is dropped.
pub struct Claim {
    hold: Arc<Hold>,
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
        let hold = Arc::new(Hold { id, claims: self.clone() });
        held.insert(id, InHand { halted: halted.clone(), hold: Arc::downgrade(&hold) });
        Some(Claim { hold, halted })
    }

    /// Keeps a photo in hand that is: nobody takes it before this is dropped, even where the run ends.
    pub fn hold(&self, id: CaptureId) -> Option<Arc<Hold>> {
        self.held().get(&id)?.hold.upgrade()
    }

    /// Ends the transfer of a photo that was discarded.
    pub fn halt(&self, id: CaptureId) {
        if let Some(InHand { halted, .. }) = self.held().get(&id) {
            halted.cancel();
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<CaptureId, InHand>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// The photo.
    pub fn id(&self) -> CaptureId {
        self.hold.id
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.claims.held().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_stays_in_hand_while_anything_of_it_is_written() {
        let claims = Claims::default();
        let id = CaptureId::make(0, &[0; 10]);
        assert!(claims.hold(id).is_none());
        let claim = claims.take(id).unwrap();
        let writing = claims.hold(id);
        drop(claim);
        assert!(writing.is_some() && claims.take(id).is_none(), "the run has ended, the write has not");
        drop(writing);
        assert!(claims.take(id).is_some());
    }
}
