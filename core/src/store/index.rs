//! The index: what the queue tried, in sled. The only file that names sled.
//!
//! Always: every row can be lost. Values are sealed with the store key (XChaCha20-Poly1305, associated data naming
//! tree and key) and name no patient. A damaged or missing index, or a lost store key, is replaced silently.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use gauze_wire::CaptureId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Progress, StoreError, lock};
use crate::ports::{Disk, Entropy, SecretStore};
use crate::stack::leaving_nothing_on;

const TREE: &str = "progress";
const NONCE: usize = 24;
/// How often sled's own threads are given a moment to let go of a store that was just closed. Usually one is enough.
const MOMENTS: u32 = 500;
const MOMENT: Duration = Duration::from_millis(2);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    v: u32,
    progress: Progress,
}

/// How the key of a photo's second row ends: until when the operating system has its file.
const CARRIED: &str = "/carried";

/// The row of whoever is signed in.
const SESSION: &str = "session";

/// The row of which notices were read here, and by whom.
const NOTICES_READ: &str = "notices_read";

/// What enciphering one row may leave on the stack, the key among it, in bytes.
const CIPHER_STACK: usize = 16 * 1024;

fn carried_key(id: CaptureId) -> String {
    format!("{id}{CARRIED}")
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CarriedRow {
    v: u32,
    /// Wall clock in milliseconds since 1970.
    until_ms: i64,
}

/// What a row tells of its photo.
pub enum Known {
    /// How far the queue got.
    Progress(Progress),
    /// Until when the operating system has the file: wall clock in milliseconds since 1970.
    CarriedUntil(i64),
}

pub struct Index {
    tree: Option<sled::Tree>,
    /// On the heap, and wiped as it goes: a cipher that moved would leave it on the stack. Once it was forgotten nothing is kept.
    key: Mutex<Option<Zeroizing<Vec<u8>>>>,
    entropy: Arc<dyn Entropy>,
}

impl Index {
    /// Opens the index with the store key from `secrets`, or a fresh one where there is none. Never fails for what is
    /// in it: a damaged one is moved to `index.damaged` and begun anew. One that only cannot be opened now is left as it is,
    /// and gone without.
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
        let tree = match open_tree(dir) {
            Err(Shut::Damaged) => set_aside(dir, disk).ok().and_then(|()| open_tree(dir).ok()),
            opened => opened.ok(),
        };
        if tree.is_none() {
            tracing::warn!("the index cannot be opened; going on without it");
        }
        Ok(Self { tree, key: Mutex::new(Some(key)), entropy })
    }

    /// All that it knows, up to where sled fails. A row that cannot be opened is passed over.
    pub fn rows(&self) -> Vec<(CaptureId, Known)> {
        let mut rows = Vec::new();
        guarded(|| {
            let sealed = self.tree.as_ref()?.iter().map_while(Result::ok);
            rows.extend(sealed.filter_map(|(key, value)| self.row(&key, &value)));
            Some(())
        });
        rows
    }

    pub fn set_progress(&self, id: CaptureId, progress: Option<Progress>) {
        self.set_or_remove(&id.to_string(), progress.map(|progress| Row { v: 1, progress }));
    }

    pub fn set_carried(&self, id: CaptureId, until_ms: Option<i64>) {
        self.set_or_remove(&carried_key(id), until_ms.map(|until_ms| CarriedRow { v: 1, until_ms }));
    }

    /// Keeps who is signed in, or forgets it.
    pub fn set_session(&self, session: Option<&impl Serialize>) {
        self.set_or_remove(SESSION, session);
    }

    /// Who is signed in.
    pub fn session<T: DeserializeOwned>(&self) -> Option<T> {
        self.one(SESSION)
    }

    /// Keeps which notices were read here.
    pub fn set_notices_read(&self, read: &impl Serialize) {
        self.set_row(NOTICES_READ, read);
    }

    /// Which notices were read here.
    pub fn notices_read<T: DeserializeOwned>(&self) -> Option<T> {
        self.one(NOTICES_READ)
    }

    fn one<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let value = guarded(|| self.tree.as_ref()?.get(key).ok()?)?;
        serde_json::from_slice(&self.opened(key, &value)?).ok()
    }

    /// What a row holds, if it is ours and whole.
    fn opened(&self, key: &str, value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = value.split_first_chunk::<NONCE>()?;
        let aad = aad(key);
        let payload = Payload { msg: sealed, aad: aad.as_bytes() };
        self.with_cipher(|cipher| cipher.decrypt(&XNonce::from(*nonce), payload).ok()).map(Zeroizing::new)
    }

    fn row(&self, key: &[u8], value: &[u8]) -> Option<(CaptureId, Known)> {
        let key = str::from_utf8(key).ok()?;
        let open = self.opened(key, value)?;
        let (v, id, known) = if let Some(id) = key.strip_suffix(CARRIED) {
            let row: CarriedRow = serde_json::from_slice(&open).ok()?;
            (row.v, id, Known::CarriedUntil(row.until_ms))
        } else {
            let row: Row = serde_json::from_slice(&open).ok()?;
            (row.v, key, Known::Progress(row.progress))
        };
        Some((id.parse().ok()?, known)).filter(|_| v == 1)
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
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn with_cipher<T>(&self, work: impl FnOnce(&XChaCha20Poly1305) -> Option<T>) -> Option<T> {
        let key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key.as_ref()?;
        leaving_nothing_on::<CIPHER_STACK, _>(|| work(&XChaCha20Poly1305::new_from_slice(key).ok()?))
    }
}

fn aad(key: &str) -> String {
    format!("gauze-index/v1\0{TREE}\0{key}")
}

/// sled may panic on files it does not like; the index is never worth a crash.
fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}

/// Why the index does not open.
enum Shut {
    /// The cause may pass, and says nothing of what is in it: somebody holds it, or [`StoreError`] has a name for it.
    ForNow,
    Damaged,
}

fn open_tree(dir: &Path) -> Result<sled::Tree, Shut> {
    if !was_let_go(dir) {
        return Err(Shut::ForNow);
    }
    let config = sled::Config::new().path(dir).cache_capacity(16 << 20).flush_every_ms(Some(1000));
    match catch_unwind(AssertUnwindSafe(|| config.open()?.open_tree(TREE))) {
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(sled::Error::Io(error))) => match error.into() {
            StoreError::Io(_) => Err(Shut::Damaged),
            _ => Err(Shut::ForNow),
        },
        Ok(Err(_)) | Err(_) => Err(Shut::Damaged),
    }
}

/// Waits for sled's lock, which its threads keep a little longer than the store's last handle ([sled 1289]): a lock that
/// is held says nothing of damage. On phones sled takes none.
///
/// [sled 1289]: https://github.com/spacejam/sled/issues/1289
fn was_let_go(dir: &Path) -> bool {
    let file = dir.join("db");
    (0..MOMENTS).any(|_| {
        let held = lock::is_held(&file);
        if held {
            thread::sleep(MOMENT);
        }
        !held
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
