//! The provider's keys with their dates, in a file under `--data`: what a photo's clinician is proven by, years later.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_signin::keys_seen::{KeyMemory, KeysSeen};
use gauze_signin::outward::Soon;
use gauze_signin::phones::Seen;
use jiff::Timestamp;

use crate::access::AccessError;
use crate::disk::{self, DiskError, PUBLIC};

/// `people/provider-keys.json` under the data directory.
fn keys_file(data: &Path) -> PathBuf {
    data.join("people/provider-keys.json")
}

/// Keys in a file.
pub struct KeysKept {
    path: PathBuf,
    seen: Arc<Mutex<KeysSeen>>,
}

fn locked(seen: &Mutex<KeysSeen>) -> MutexGuard<'_, KeysSeen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KeysKept {
    /// Reads what was kept.
    ///
    /// # Errors
    /// [`AccessError`]: what does not read is never begun anew, since old photos are proven by it.
    pub fn open(data: &Path) -> Result<Self, AccessError> {
        let path = keys_file(data);
        let seen = match disk::read_if_any(&path)? {
            Some(bytes) => KeysSeen::parse(&bytes)
                .map_err(|error| AccessError::Malformed { path: path.clone(), cause: error.to_string() })?,
            None => KeysSeen::default(),
        };
        Ok(Self { path, seen: Arc::new(Mutex::new(seen)) })
    }
}

fn write(path: &Path, seen: &KeysSeen) -> Result<(), DiskError> {
    let text = seen.to_json().map_err(|error| DiskError { path: path.to_owned(), source: error.into() })?;
    disk::make_dirs(disk::parent(path))?;
    disk::replace(path, &text, PUBLIC)
}

impl KeyMemory for KeysKept {
    fn saw<'a>(&'a self, issuer: &'a str, jwks: &'a [u8], at: Timestamp) -> Soon<'a, ()> {
        Box::pin(async move {
            let news = {
                let mut seen = locked(&self.seen);
                // Keys that do not read were refused before.
                seen.saw(issuer, jwks, at).ok().map(|()| seen.clone())
            };
            let (Some(news), path) = (news, self.path.clone()) else { return };
            // Nobody is kept from signing in by it: the next look writes them again.
            match tokio::task::spawn_blocking(move || write(&path, &news)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(code = error.code(), %error, "the provider's keys are not kept")
                }
                Err(error) => tracing::error!(%error, "the provider's keys are not kept"),
            }
        })
    }

    fn of(&self, issuer: &str) -> Vec<Seen> {
        locked(&self.seen).of(issuer)
    }
}
