//! What was hashed of parts that wait for their rest, so that a part that goes on is not read again from its beginning.
//!
//! A part whose state is not here, after a restart or because too many wait, is read again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use sha2::Sha256;

use crate::blobs::BlobName;

/// Parts whose state is kept: about 200 bytes each beside its name.
const MOST: usize = 4096;

#[derive(Default)]
pub struct Prefixes(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    states: HashMap<BlobName, State>,
    /// Those that are kept and no others, by their numbers: the lowest was kept first.
    order: BTreeMap<u64, BlobName>,
    next: u64,
}

struct State {
    number: u64,
    length: u64,
    hash: Sha256,
}

impl Kept {
    fn remove(&mut self, name: &BlobName) -> Option<State> {
        let state = self.states.remove(name)?;
        self.order.remove(&state.number);
        Some(state)
    }
}

impl Prefixes {
    /// The state over the first `length` bytes of a part, which is not kept any longer.
    pub fn take(&self, name: &BlobName, length: u64) -> Option<Sha256> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(name).filter(|state| state.length == length).map(|state| state.hash)
    }

    /// Keeps the state over the first `length` bytes of a part; the oldest goes where there is no room.
    pub fn keep(&self, name: &BlobName, length: u64, hash: Sha256) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(name);
        let number = kept.next;
        kept.next += 1;
        kept.states.insert(name.clone(), State { number, length, hash });
        kept.order.insert(number, name.clone());
        if kept.order.len() > MOST
            && let Some((_, oldest)) = kept.order.pop_first()
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

    #[test]
    fn parts_that_were_finished_push_out_none_that_waits() {
        let prefixes = Prefixes::default();
        prefixes.keep(&name(0), 1, Sha256::new());
        for n in 1..=2 * MOST as u64 {
            prefixes.keep(&name(n), 1, Sha256::new());
            assert!(prefixes.take(&name(n), 1).is_some());
        }
        assert_eq!(prefixes.0.lock().unwrap().order.len(), 1);
        assert!(prefixes.take(&name(0), 1).is_some());
        assert!(prefixes.0.lock().unwrap().order.is_empty());
    }

    #[test]
    fn a_part_that_goes_on_is_kept_once_and_as_the_newest() {
        let prefixes = Prefixes::default();
        for n in 0..MOST as u64 {
            prefixes.keep(&name(n), 1, Sha256::new());
        }
        prefixes.keep(&name(0), 2, Sha256::new());
        prefixes.keep(&name(MOST as u64), 1, Sha256::new());
        assert_eq!(prefixes.0.lock().unwrap().order.len(), MOST);
        assert!(prefixes.take(&name(1), 1).is_none(), "the oldest by now");
        assert!(prefixes.take(&name(0), 2).is_some());
    }
}
