//! The index: what the queue tried, in sled. The only file that names sled.
//!
//! Always: every row can be lost. Values are sealed with the store key (XChaCha20-Poly1305, associated data naming
//! tree and key) and name no patient. A damaged or missing index, or a lost store key, is replaced silently.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use gauze_wire::{CaptureId, ProblemCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::StoreError;
use crate::ports::{Disk, Entropy, SecretStore};

const TREE: &str = "progress";
const NONCE: usize = 24;

/// Why a photo is not moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "code", rename_all = "snake_case")]
pub enum Trouble {
    /// No connection to the gateway.
    Offline,
    /// The gateway's certificate does not hold.
    Certificate,
    /// The device key did not sign.
    KeyUnavailable,
    /// The device key is gone: enrol again.
    KeyGone,
    /// The phone's storage failed.
    Storage,
    /// The sealed file no longer matches its manifest.
    Damaged,
    /// A receipt did not hold.
    Receipt,
    /// The gateway refused, with its code.
    Gateway(ProblemCode),
}

impl Trouble {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Offline => "unreachable",
            Self::Certificate => "certificate_invalid",
            Self::KeyUnavailable => "key_unavailable",
            Self::KeyGone => "key_gone",
            Self::Storage => "storage_failed",
            Self::Damaged => "damaged",
            Self::Receipt => "receipt_invalid",
            Self::Gateway(code) => code.as_str(),
        }
    }

    /// What to do next, for the person who holds the phone.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Offline => "the gateway cannot be reached: check the network; the photo waits here",
            Self::Certificate => "the gateway's certificate does not hold: check `ca` in the configuration",
            Self::KeyUnavailable => "the device key did not sign: try again",
            Self::KeyGone => "the device key is gone: enrol again with a new token; the photo waits here",
            Self::Storage => "the phone's storage failed: free some space and try again",
            Self::Damaged => "the sealed file was damaged on this phone: it is kept; report this to IT",
            Self::Receipt => "the gateway's receipt does not hold: report this to IT; the photo stays",
            Self::Gateway(code) => code.next_step(),
        }
    }
}

/// How far the queue got with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Attempts since it last moved.
    pub attempts: u32,
    /// Not before this wall clock, in milliseconds since 1970; `None` waits for a person.
    pub not_before_ms: Option<i64>,
    /// What stopped it.
    pub trouble: Trouble,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    v: u32,
    progress: Progress,
}

/// Key of a photo's second row: until when the operating system has its file.
fn carried_key(id: CaptureId) -> String {
    format!("{id}/carried")
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CarriedRow {
    v: u32,
    /// Wall clock in milliseconds since 1970.
    until_ms: i64,
}

pub struct Index {
    tree: Option<sled::Tree>,
    /// Gone once its key was forgotten: from then on nothing is kept.
    cipher: Mutex<Option<XChaCha20Poly1305>>,
    entropy: Arc<dyn Entropy>,
}

impl Index {
    /// Opens the index with the store key from `secrets`, or a fresh one where there is none. Never fails for what is
    /// in it: a damaged one is moved to `index.damaged` and begun anew.
    pub fn open(
        dir: &Path,
        disk: &dyn Disk,
        secrets: &dyn SecretStore,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let kept = secrets.load().ok().flatten().filter(|key| key.len() == 32);
        let key = match kept {
            Some(key) => key,
            None => {
                let mut fresh = Zeroizing::new(vec![0; 32]);
                entropy.fill(&mut fresh)?;
                if secrets.keep(&fresh).is_err() {
                    tracing::warn!("the store key could not be kept; the index starts anew next time");
                }
                fresh
            }
        };
        let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(|_| StoreError::Damaged)?;
        let tree = match open_tree(dir) {
            Some(tree) => Some(tree),
            None => {
                set_aside(dir, disk)?;
                open_tree(dir)
            }
        };
        if tree.is_none() {
            tracing::warn!("the index cannot be opened; going on without it");
        }
        Ok(Self { tree, cipher: Mutex::new(Some(cipher)), entropy })
    }

    pub fn progress(&self, id: CaptureId) -> Option<Progress> {
        let row: Row = self.row(&id.to_string())?;
        (row.v == 1).then_some(row.progress)
    }

    pub fn set_progress(&self, id: CaptureId, progress: Progress) {
        self.set_row(&id.to_string(), &Row { v: 1, progress });
    }

    pub fn carried_until_ms(&self, id: CaptureId) -> Option<i64> {
        let row: CarriedRow = self.row(&carried_key(id))?;
        (row.v == 1).then_some(row.until_ms)
    }

    pub fn set_carried(&self, id: CaptureId, until_ms: Option<i64>) {
        let key = carried_key(id);
        match until_ms {
            Some(until_ms) => self.set_row(&key, &CarriedRow { v: 1, until_ms }),
            None => drop(guarded(|| self.tree.as_ref()?.remove(key).ok())),
        }
    }

    fn row<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let value = guarded(|| self.tree.as_ref()?.get(key).ok()?)?;
        let (nonce, sealed) = value.split_first_chunk::<NONCE>()?;
        let aad = aad(key);
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        let open = self.with_cipher(|cipher| cipher.decrypt(&XNonce::from(*nonce), payload).ok())?;
        serde_json::from_slice(&open).ok()
    }

    fn set_row(&self, key: &str, row: &impl Serialize) {
        let mut nonce = [0; NONCE];
        let Ok(open) = serde_json::to_vec(row) else { return };
        if self.entropy.fill(&mut nonce).is_err() {
            return;
        }
        let aad = aad(key);
        let payload = Payload { msg: &open, aad: aad.as_bytes() };
        let sealed = self.with_cipher(|cipher| cipher.encrypt(&XNonce::from(nonce), payload).ok());
        let Some(sealed) = sealed else { return };
        let value = [nonce.as_slice(), &sealed].concat();
        guarded(|| self.tree.as_ref()?.insert(key, value).ok());
    }

    pub fn forget(&self, id: CaptureId) {
        guarded(|| self.tree.as_ref()?.remove(id.to_string()).ok());
        self.set_carried(id, None);
    }

    /// Clears it, and forgets its key.
    pub fn clear(&self) {
        guarded(|| self.tree.as_ref()?.clear().ok());
        *self.cipher.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn with_cipher<T>(&self, work: impl FnOnce(&XChaCha20Poly1305) -> Option<T>) -> Option<T> {
        work(self.cipher.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?)
    }
}

fn aad(key: &str) -> String {
    format!("gauze-index/v1\0{TREE}\0{key}")
}

/// sled may panic on files it does not like; the index is never worth a crash.
fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}

fn open_tree(dir: &Path) -> Option<sled::Tree> {
    guarded(|| {
        let config = sled::Config::new().path(dir).cache_capacity(16 << 20).flush_every_ms(Some(1000));
        config.open().ok()?.open_tree(TREE).ok()
    })
}

fn set_aside(dir: &Path, disk: &dyn Disk) -> Result<(), StoreError> {
    let aside = dir.with_extension("damaged");
    disk.remove(&aside)?;
    match disk.publish(dir, &aside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
