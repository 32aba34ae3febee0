//! Nonces of signed requests, kept until they can no longer be replayed. In memory: a restart forgets them, and
//! signatures outlive that by at most six minutes.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use gauze_wire::KeyId;

/// More than any hospital's phones send in six minutes; beyond it requests are refused, never let through.
const LIMIT: usize = 1_000_000;

#[derive(Default)]
pub struct ReplayStore(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    nonces: HashSet<(KeyId, String)>,
    by_expiry: BTreeMap<i64, Vec<(KeyId, String)>>,
}

impl ReplayStore {
    /// Whether this nonce is new; remembers it until `until_s`.
    pub fn first_use(&self, key: &KeyId, nonce: &str, until_s: i64, now_s: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let live = seen.by_expiry.split_off(&now_s);
        let dead = std::mem::replace(&mut seen.by_expiry, live);
        for pair in dead.into_values().flatten() {
            seen.nonces.remove(&pair);
        }
        let pair = (key.clone(), nonce.to_owned());
        if seen.nonces.len() >= LIMIT || !seen.nonces.insert(pair.clone()) {
            return false;
        }
        seen.by_expiry.entry(until_s).or_default().push(pair);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_counts_once_for_one_key_until_it_expires() {
        let store = ReplayStore::default();
        let key = |text: &str| text.repeat(43).parse::<KeyId>().unwrap();
        assert!(store.first_use(&key("A"), "n", 10, 0));
        assert!(!store.first_use(&key("A"), "n", 10, 9));
        assert!(store.first_use(&key("B"), "n", 10, 9));
        assert!(store.first_use(&key("A"), "n", 30, 20));
        assert_eq!(store.0.lock().unwrap().nonces.len(), 1);
    }
}
