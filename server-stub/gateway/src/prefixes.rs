//! What was hashed of parts that wait for their rest, so that a part that goes on is not read again from its beginning.
//!
//! A part whose state is not here, after a restart or because too many wait, is read again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use sha2::Sha256;

use crate::blobs::BlobName;

/// Parts whose state is kept: about 200 bytes each beside its name.
const MOST: usize = 4096;

#[derive(Default)]
pub struct Prefixes(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    states: HashMap<BlobName, (u64, Sha256)>,
    /// As they first came, each once.
    order: VecDeque<BlobName>,
}

impl Prefixes {
    /// The state over the first `length` bytes of a part, which is not kept any longer.
    pub fn take(&self, name: &BlobName, length: u64) -> Option<Sha256> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (hashed, state) = kept.states.remove(name)?;
        (hashed == length).then_some(state)
    }

    /// Keeps the state over the first `length` bytes of a part; the oldest goes where there is no room.
    pub fn keep(&self, name: &BlobName, length: u64, state: Sha256) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.states.insert(name.clone(), (length, state));
        if kept.order.contains(name) {
            return;
        }
        kept.order.push_back(name.clone());
        if kept.order.len() > MOST
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.states.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use gauze_wire::CaptureId;
    use sha2::Digest as _;

    use super::*;

    fn name(n: u64) -> BlobName {
        BlobName {
            tenant: "ward-9".parse().unwrap(),
            device_id: "A".repeat(43).parse().unwrap(),
            capture_id: CaptureId::make(n, &[0; 10]),
        }
    }

    #[test]
    fn a_state_counts_once_and_only_at_its_length() {
        let prefixes = Prefixes::default();
        let state = Sha256::new().chain_update("begun, ");
        prefixes.keep(&name(1), 7, state.clone());
        assert!(prefixes.take(&name(2), 7).is_none());
        let gone_on = prefixes.take(&name(1), 7).unwrap().chain_update("ended").finalize();
        assert_eq!(gone_on, Sha256::digest("begun, ended"));
        assert!(prefixes.take(&name(1), 7).is_none());
        prefixes.keep(&name(1), 7, state);
        assert!(prefixes.take(&name(1), 6).is_none(), "another length has other bytes");
    }

    #[test]
    fn ever_more_parts_take_no_more_room() {
        let prefixes = Prefixes::default();
        for n in 0..MOST as u64 + 10 {
            prefixes.keep(&name(n), 1, Sha256::new());
        }
        assert_eq!(prefixes.0.lock().unwrap().states.len(), MOST);
        assert!(prefixes.take(&name(0), 1).is_none());
        assert!(prefixes.take(&name(MOST as u64), 1).is_some());
    }
}
