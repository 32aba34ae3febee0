//! What was erased, for whoever pulls: nothing that a tombstone stands for, or a line of the access log, is fetched or filed.
//!
//! Always: what a killed process left behind its line is erased before the first photo is settled; a photo of which nobody can say now
//! whether it was erased waits, and keeps no other from being filed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_people::Remembered;
use gauze_people::keeping::Erasing;
use gauze_people::log::LogFailure;
use gauze_wire::{CaptureId, Digest};

use super::fetch::Outcome;
use super::{PullError, Puller};
use crate::access::{AccessError, log_dir, open_log};
use crate::coded::Coded;
use crate::folk::{FolkError, remove};
use crate::gateway::GatewayPort;
use crate::index::{IndexError, PhotoRow};
use crate::keeping::{Tombstone, Tombstones};
use crate::trust::Trust;

/// Lines under which files are erased that had been refused: nobody writes one while this process holds the directory.
type Lines = BTreeMap<(CaptureId, Digest), Erasing>;

/// What this process knows of erasures from before it.
#[derive(Default)]
pub(super) struct Earlier {
    /// Whether they were repeated on what a kill left, and on what a copy may have brought back.
    repeated: AtomicBool,
    /// Nothing where the access log was not read yet.
    lines: Mutex<Option<Arc<Lines>>>,
}

impl Earlier {
    fn lines(&self) -> MutexGuard<'_, Option<Arc<Lines>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<G: GatewayPort> Puller<G> {
    fn tombstones(&self, trust: &Trust) -> Tombstones {
        let (layout, tenant) = (self.layout.clone(), trust.tenant.clone());
        Tombstones { layout, tenant, believed: trust.now.bundle.records.clone().into() }
    }

    /// Once for each start: what a killed process left, and what a copy of the directory brought back, goes again. What does not go is
    /// tried with the next pull, and keeps no other photo from being filed.
    pub(super) async fn repeat_erasures(&self, trust: &Trust) {
        if self.earlier.repeated.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.learn_lines().await {
            self.earlier.repeated.store(false, Ordering::Relaxed);
            tracing::error!(code = error.code(), %error, "what was erased is not known: photos that were refused before wait, and it is tried again");
        }
        if let Err(error) = self.finish_cut_off().await {
            self.left_over(&error);
        }
        if let Err(error) = self.erase_again(trust).await {
            self.left_over(&error);
        }
    }

    /// What is left is removed with the next pull, which goes over all tombstones again.
    fn left_over(&self, error: &(impl Coded + Display)) {
        self.earlier.repeated.store(false, Ordering::Relaxed);
        tracing::error!(code = error.code(), %error, "something of an erased photo is left, and is tried again");
    }

    /// Reads them as the pages do: a line that the audit key has not signed erases nothing.
    async fn learn_lines(&self) -> Result<(), AccessError> {
        if self.earlier.lines().is_some() {
            return Ok(());
        }
        let (served, keys, now) = (self.access.get().cloned(), self.keys.clone(), self.clock.now());
        let data = self.layout.root.clone();
        let read = tokio::task::spawn_blocking(move || {
            let remembered = match served {
                Some(log) => Remembered::of(&log)?,
                None if !log_dir(&data).exists() => Remembered::default(),
                None => Remembered::of(&open_log(&keys, &data, now)?)?,
            };
            let refused =
                |(photo, erasing): &(CaptureId, Erasing)| ((*photo, erasing.sha256), erasing.clone());
            let all = remembered.keepings.erasures().filter(|(_, erasing)| erasing.refused.is_some());
            Ok::<_, AccessError>(all.map(refused).collect::<Lines>())
        });
        let lines = read.await.map_err(|_| LogFailure::Stopped)??;
        *self.earlier.lines() = Some(Arc::new(lines));
        Ok(())
    }

    /// Erases what was refused and has a line, where a kill came between the two.
    async fn finish_cut_off(&self) -> Result<(), PullError> {
        let lines = self.earlier.lines().clone().unwrap_or_default();
        if lines.is_empty() {
            return Ok(());
        }
        let folk = self.folk().await?;
        let key = self.keys.records()?;
        let erasures = lines.iter().map(|((photo, _), erasing)| (*photo, erasing.clone())).collect();
        let resumed = folk.resume(erasures, Arc::new(key)).await;
        folk.close().await;
        resumed?;
        Ok(())
    }

    async fn erase_again(&self, trust: &Trust) -> Result<(), FolkError> {
        let tombstones = self.tombstones(trust);
        let reading = tombstones.clone();
        let all = tokio::task::spawn_blocking(move || reading.all()).await;
        let all = all.map_err(|_| IndexError::Damaged("photo"))??;
        let (mut done, any) = (Ok(()), !all.is_empty());
        for lying in all {
            let removed = match lying.says {
                Ok(Some(tombstone)) => remove(&self.index, &tombstones, &tombstone).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error.into()),
            };
            done = done.and(removed);
        }
        if any {
            self.index.empty_journal().await?;
        }
        done
    }

    /// What becomes of a waiting photo that was erased, whatever its bytes would say; nothing where it was not. What lies here of it
    /// all the same, from a copy or a fetch that was under way, goes.
    pub(super) async fn stands_in_place(&self, trust: &Trust, row: &PhotoRow) -> Option<Outcome> {
        match self.tombstone_of(trust, row).await {
            Ok(Some(Tombstone { refused: Some(cause), .. })) => Some(Outcome::StaysRefused(cause)),
            Ok(Some(Tombstone { refused: None, .. })) => Some(Outcome::Erased),
            // What was never refused has no line.
            Ok(None) if self.earlier.lines().is_none() && row.was.is_some() => Some(Outcome::Missing),
            Ok(None) => None,
            // Nobody knows whether it was erased: it waits, and the others do not.
            Err(error) => {
                self.left_over(&error);
                Some(Outcome::Missing)
            }
        }
    }

    /// Where only a line says that it was erased, as in an index that was made anew, the tombstone is put.
    async fn tombstone_of(&self, trust: &Trust, row: &PhotoRow) -> Result<Option<Tombstone>, PullError> {
        let line =
            self.earlier.lines().as_ref().and_then(|lines| lines.get(&(row.capture_id, row.sha256)).cloned());
        let line = match line {
            Some(erasing) => Some((Tombstone::of(row, &trust.tenant, &erasing), self.keys.records()?)),
            None => None,
        };
        let (tombstones, row) = (self.tombstones(trust), row.clone());
        let looking = tombstones.clone();
        let looked = tokio::task::spawn_blocking(move || match (looking.standing_for(&row)?, line) {
            (None, Some((tombstone, key))) => looking.put(tombstone, &key).map(Some),
            (lies, _) => Ok(lies),
        });
        let lies = looked.await.map_err(|_| IndexError::Damaged("photo"))??;
        if let Some(tombstone) = &lies
            && let Err(error) = remove(&self.index, &tombstones, tombstone).await
        {
            self.left_over(&error);
        }
        Ok(lies)
    }
}
