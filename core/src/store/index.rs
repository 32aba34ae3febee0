//! The index: what the queue tried, in sled. The only file that names sled.
//!
//! Always: every row can be lost. Values are sealed with the store key (XChaCha20-Poly1305, associated data naming
//! tree and key) and name no patient. A damaged or missing index, or a lost store key, is replaced silently.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use gauze_wire::CaptureId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Progress, StoreError};
use crate::ports::{Disk, Entropy, SecretStore};

const TREE: &str = "progress";
const NONCE: usize = 24;

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

    pub fn set_progress(&self, id: CaptureId, progress: Option<Progress>) {
        self.set_or_remove(&id.to_string(), progress.map(|progress| Row { v: 1, progress }));
    }

    pub fn carried_until_ms(&self, id: CaptureId) -> Option<i64> {
        let row: CarriedRow = self.row(&carried_key(id))?;
        (row.v == 1).then_some(row.until_ms)
    }

    pub fn set_carried(&self, id: CaptureId, until_ms: Option<i64>) {
        self.set_or_remove(&carried_key(id), until_ms.map(|until_ms| CarriedRow { v: 1, until_ms }));
    }

    fn row<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let value = guarded(|| self.tree.as_ref()?.get(key).ok()?)?;
        let (nonce, sealed) = value.split_first_chunk::<NONCE>()?;
        let aad = aad(key);
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        let open = self.with_cipher(|cipher| cipher.decrypt(&XNonce::from(*nonce), payload).ok())?;
        serde_json::from_slice(&open).ok()
    }

    fn set_or_remove(&self, key: &str, row: Option<impl Serialize>) {
        match row {
            Some(row) => self.set_row(key, &row),
            None => drop(guarded(|| self.tree.as_ref()?.remove(key).ok())),
        }
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
        self.set_progress(id, None);
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
