//! Nonces of signed requests, kept until they can no longer be replayed, and across restarts.
//!
//! Each use is appended to a file without a sync: a process that dies loses nothing, because the system has the bytes;
//! a machine that dies may lose the last ones. So a journal counts only in the boot of the machine that wrote it. After
//! another boot, or without a journal, a signature counts only if it was made after this start plus the difference that
//! clocks may have: nothing that was used before can be that young. A phone is told `signature_expired` and signs anew;
//! for the first minute after a power cut its photos wait. Where the system names no boot, each use is synced instead.
//!
//! Always: a use is written down before the request counts. If it cannot be, the journal is removed, which makes the next
//! start careful, and if even that fails the request is refused. Nonces lie in two generations, each older than any
//! signature lives when it is dropped.

mod journal;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use gauze_wire::KeyId;
use gauze_wire::signature::{LIFE_S, SKEW_S};
use sha2::{Digest as _, Sha256};

use journal::Journal;

/// Uses in one generation, of all hospitals: eight times what one can bring to it, which its share of requests limits. Beyond it
/// requests wait.
const LIMIT: usize = 4_000_000;
/// From its first use on, no signature is good for longer than this.
const GENERATION_S: i64 = LIFE_S + 2 * SKEW_S + 1;

/// A use: half a SHA-256 of key and nonce.
type Mark = [u8; 16];

/// What a signature is worth.
#[derive(Debug, PartialEq, Eq)]
pub enum Use {
    /// Its first use.
    First,
    /// It was used before.
    Again,
    /// So old that it may have been used before the machine stopped.
    Doubtful,
    /// Too many are remembered already.
    Full,
}

/// The nonces that were used.
pub struct ReplayStore(Mutex<Seen>);

struct Seen {
    new: HashSet<Mark>,
    old: HashSet<Mark>,
    since_s: i64,
    /// Signatures made before this do not count.
    careful_until_s: i64,
    journal: Option<Journal>,
}

impl ReplayStore {
    /// Opens the journal under `data`. `begun` says that a gateway ran on this directory before.
    pub fn open(data: &Path, begun: bool, now_s: i64) -> io::Result<Self> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        Self::in_boot(data, boot.as_deref().map(str::trim), begun, now_s)
    }

    fn in_boot(data: &Path, boot: Option<&str>, begun: bool, now_s: i64) -> io::Result<Self> {
        let (journal, kept) = Journal::open(data, boot, now_s)?;
        let careful_until_s = if kept.is_none() && begun { now_s.saturating_add(SKEW_S) } else { i64::MIN };
        let kept = kept.unwrap_or_default();
        let since_s = kept.since_s.unwrap_or(now_s);
        let seen = Seen { new: kept.new, old: kept.old, since_s, careful_until_s, journal: Some(journal) };
        Ok(Self(Mutex::new(seen)))
    }

    /// Judges a use at `now_s` of a signature made at `created_s`; a first one is remembered once it was paid for.
    pub fn judge<E: From<io::Error>>(
        &self,
        (key, nonce): (&KeyId, &str),
        created_s: i64,
        now_s: i64,
        pay: impl FnOnce() -> Result<(), E>,
    ) -> Result<Use, E> {
        let digest = Sha256::new().chain_update(key.as_str()).chain_update(nonce).finalize();
        let mut mark = Mark::default();
        mark.copy_from_slice(&digest[..16]);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if created_s <= seen.careful_until_s {
            return Ok(Use::Doubtful);
        }
        seen.turn_over(now_s)?;
        if seen.old.contains(&mark) || seen.new.contains(&mark) {
            return Ok(Use::Again);
        }
        if seen.new.len() >= LIMIT {
            return Ok(Use::Full);
        }
        pay()?;
        seen.write(|journal| journal.append(&mark))?;
        seen.new.insert(mark);
        Ok(Use::First)
    }
}

impl Seen {
    /// Drops the old generation once the new one is as old as a signature can become.
    fn turn_over(&mut self, now_s: i64) -> io::Result<()> {
        if now_s < self.since_s.saturating_add(GENERATION_S) {
            return Ok(());
        }
        self.write(|journal| journal.turn_over(now_s))?;
        self.old = std::mem::take(&mut self.new);
        self.since_s = now_s;
        Ok(())
    }

    /// Writes; without a journal that is whole there is none, and the next start is careful.
    fn write(&mut self, write: impl FnOnce(&mut Journal) -> io::Result<()>) -> io::Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        let Err(error) = write(journal) else { return Ok(()) };
        tracing::warn!(%error, "nonces are kept in memory until the next start");
        journal.remove()?;
        self.journal = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> KeyId {
        text.repeat(43).parse().unwrap()
    }

    fn store(dir: &tempfile::TempDir, boot: Option<&str>, begun: bool, now_s: i64) -> ReplayStore {
        ReplayStore::in_boot(dir.path(), boot, begun, now_s).unwrap()
    }

    fn judged(store: &ReplayStore, by: &str, nonce: &str, (made, at): (i64, i64)) -> Use {
        store.judge((&key(by), nonce), made, at, || io::Result::Ok(())).unwrap()
    }

    fn used(store: &ReplayStore, nonce: &str, at: i64) -> Use {
        judged(store, "A", nonce, (at, at))
    }

    #[test]
    fn a_nonce_counts_once_for_one_key_until_it_expires() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir, Some("b"), false, 0);
        assert_eq!(used(&store, "n", 0), Use::First);
        assert_eq!(judged(&store, "B", "n", (0, 0)), Use::First);
        for at in [1, 420, 421, 841] {
            assert_eq!(used(&store, "n", at), Use::Again, "{at}");
        }
        assert_eq!(used(&store, "other", 842), Use::First);
        assert_eq!(used(&store, "n", 843), Use::First, "after two generations it is forgotten");
        assert_eq!(store.0.lock().unwrap().old.len(), 0);
    }

    #[test]
    fn a_use_is_paid_for_once_and_remembered_once_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir, Some("b"), false, 0);
        let broke = || Err(io::ErrorKind::QuotaExceeded.into());
        let (key, nonce) = (key("A"), "n");
        assert!(store.judge::<io::Error>((&key, nonce), 0, 0, broke).is_err());
        assert_eq!(used(&store, nonce, 0), Use::First);
        assert_eq!(store.judge::<io::Error>((&key, nonce), 0, 0, broke).unwrap(), Use::Again);
    }

    #[test]
    fn a_process_that_dies_forgets_nothing() {
        let dir = tempfile::tempdir().unwrap();
        for boot in [Some("b"), None] {
            let first = store(&dir, boot, true, 1000);
            let name = format!("{boot:?}");
            assert_eq!(used(&first, &name, 1100), Use::First);
            drop(first);
            let second = store(&dir, boot, true, 1101);
            assert_eq!(used(&second, &name, 1101), Use::Again);
            assert_eq!(used(&second, &format!("{name} later"), 1500), Use::First);
            drop(second);
            let third = store(&dir, boot, true, 1501);
            assert_eq!(used(&third, &name, 1501), Use::Again, "it lies in the old generation");
            for file in ["nonces", "nonces.old"] {
                std::fs::remove_file(dir.path().join(file)).unwrap();
            }
        }
    }

    #[test]
    fn after_another_boot_only_what_was_made_since_counts() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(used(&store(&dir, Some("first"), false, 1000), "n", 1000), Use::First);
        let after = store(&dir, Some("second"), true, 1010);
        // Whatever was used before was made at most a clock's difference after that.
        assert_eq!(judged(&after, "A", "n", (1070, 1020)), Use::Doubtful);
        assert_eq!(judged(&after, "A", "m", (1071, 1020)), Use::First);
        let again = store(&dir, Some("second"), true, 1072);
        assert_eq!(judged(&again, "A", "m", (1071, 1072)), Use::Again);
    }

    #[test]
    fn a_journal_that_is_gone_or_damaged_is_no_proof_that_nothing_was_used() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(used(&store(&dir, Some("b"), true, 0), "n", 0), Use::Doubtful);
        for damage in [&b"gauze-nonces 1 b"[..], b"\xff\n", b"gauze-nonces 2 b 0\n", b""] {
            io::Write::write_all(&mut std::fs::File::create(dir.path().join("nonces")).unwrap(), damage)
                .unwrap();
            assert_eq!(used(&store(&dir, Some("b"), true, 0), "n", 0), Use::Doubtful, "{damage:?}");
        }
    }

    #[test]
    fn a_use_that_cannot_be_written_makes_the_next_start_careful() {
        let dir = tempfile::tempdir().unwrap();
        let first = store(&dir, Some("b"), false, 0);
        // The directory in the new generation's way is a disk that does not take it.
        std::fs::create_dir(dir.path().join("nonces.new")).unwrap();
        assert_eq!(used(&first, "n", 500), Use::First);
        assert_eq!(used(&first, "n", 501), Use::Again, "it goes on in memory");
        drop(first);
        std::fs::remove_dir(dir.path().join("nonces.new")).unwrap();
        assert_eq!(used(&store(&dir, Some("b"), true, 502), "n", 502), Use::Doubtful);
    }
}
