//! Sign-ins that have begun, each tied to one browser by a cookie, each ended once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::age::is_within;
use crate::provider::Begun;
use crate::random::{self, NoEntropy};

/// How long a person may take at the provider.
const LIVES: SignedDuration = SignedDuration::from_mins(10);
/// Most at once: the oldest gives way.
const MOST: usize = 10_000;

/// Those that have begun.
#[derive(Debug, Default)]
pub struct Beginnings(Mutex<HashMap<[u8; 32], Begun>>);

impl Beginnings {
    /// Keeps one; the cookie that ends it.
    ///
    /// # Errors
    /// Where the system gives no randomness.
    pub fn keep(&self, begun: Begun) -> Result<String, NoEntropy> {
        let cookie = random::token::<32>()?;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, other| is_within(other.at, begun.at, LIVES));
        if held.len() >= MOST
            && let Some(oldest) = held.iter().min_by_key(|(_, other)| other.at).map(|(key, _)| *key)
        {
            held.remove(&oldest);
        }
        held.insert(Sha256::digest(&cookie).into(), begun);
        Ok(cookie)
    }

    /// Gives one up.
    pub fn take(&self, cookie: &str, now: Timestamp) -> Option<Begun> {
        let key: [u8; 32] = Sha256::digest(cookie).into();
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key)?;
        is_within(begun.at, now, LIVES).then_some(begun)
    }
}
