//! Erasing a photo: its tombstone first, then everything of it.
//!
//! Always: the line of the access log is written before anybody gets here; from the tombstone on the photo is gone for
//! whoever asks, and what a killed process or a failing disk left is removed by [`Folk::resume`] or by the next pull.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use gauze_people::keeping::Erasing;
use gauze_wire::{BirthDate, CaptureId, DeviceId, Digest, Signer};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Folk, FolkError, Found};
use crate::gist::Gist;
use crate::index::{Index, IndexError, PhotoRow, Status};
use crate::keeping::{Facts, Retention, Tombstone, Tombstones};

type Key = (DeviceId, CaptureId);

/// What has its tombstone and is not all removed yet.
#[derive(Default)]
pub(super) struct Unfinished(Mutex<BTreeMap<Key, ()>>);

impl Unfinished {
    fn with<T>(&self, change: impl FnOnce(&mut BTreeMap<Key, ()>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Removes everything of a photo that has a tombstone, and takes it out of the index, whose journal is to be emptied then. It may
/// be repeated at any time.
pub(crate) async fn remove(
    index: &Index,
    tombstones: &Tombstones,
    tombstone: &Tombstone,
) -> Result<(), FolkError> {
    let (device, capture) = (&tombstone.device_id, &tombstone.capture_id);
    let mut rows = index.rows_of(device, capture).await?;
    rows.retain(|row| tombstone.stands_for(row));
    let never_filed = tombstone.refused.is_some();
    if never_filed && rows.iter().any(|row| row.status == Status::Filed) {
        // Its phone was told that the hospital has it: `verify` names that, and people decide.
        return Ok(());
    }
    let known = rows.iter().all(|row| row.erased);
    let work = tombstones.clone();
    let sweep = move || if never_filed { work.sweep_refused(&rows) } else { work.sweep(&rows) };
    let swept = tokio::task::spawn_blocking(sweep).await;
    let swept = swept.map_err(|_| IndexError::Damaged("photo"))?;
    // A file that does not go keeps nobody finding the photo.
    match (known, never_filed) {
        (true, _) => {}
        (false, true) => index.erase_refused((device, capture), &tombstone.sha256).await?,
        (false, false) => index.erase(device, capture).await?,
    }
    Ok(swept?)
}

/// What goes under a line. It names the very file: another phone's photo of the same name stays. What was refused goes under the name
/// of each phone that signed for it.
fn goes(mut rows: Vec<PhotoRow>, erasing: &Erasing) -> Vec<PhotoRow> {
    rows.retain(|row| row.sha256 == erasing.sha256);
    if erasing.refused.is_none() {
        rows.truncate(1);
    }
    rows.sort_by_key(|row| (row.chain_device.clone(), row.status != Status::Filed));
    rows.dedup_by_key(|row| row.chain_device.clone());
    rows
}

/// A photo whose time is over. No `Debug`: its label names a patient.
#[derive(Clone)]
pub struct Over {
    /// The photo.
    pub found: Found,
    /// Since when it need not be kept.
    pub since: Timestamp,
}

impl Folk {
    pub(crate) fn tombstones(&self) -> Tombstones {
        Tombstones {
            layout: self.files.layout.clone(),
            tenant: self.files.tenant.clone(),
            believed: self.files.believed.clone(),
        }
    }

    /// The sealed file of a photo, as its manifest names it.
    pub async fn sealed_as(&self, found: &Found) -> Result<Digest, FolkError> {
        Ok(self.row(found).await?.sha256)
    }

    async fn row(&self, found: &Found) -> Result<PhotoRow, FolkError> {
        Ok(self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?)
    }

    /// Erases a photo, under a line that is written. Whoever asked may go: what was begun is finished.
    pub async fn erase(
        &self,
        capture: CaptureId,
        erasing: Erasing,
        key: Arc<dyn Signer + Send + Sync>,
    ) -> Result<(), FolkError> {
        let folk = self.clone();
        let work = async move { folk.erase_now(capture, &erasing, key).await };
        tokio::spawn(work).await.map_err(|_| IndexError::Damaged("photo"))?
    }

    async fn erase_now(
        &self,
        capture: CaptureId,
        erasing: &Erasing,
        key: Arc<dyn Signer + Send + Sync>,
    ) -> Result<(), FolkError> {
        let rows = goes(self.index.photos_of(&capture).await?, erasing);
        if rows.is_empty() {
            return Err(IndexError::Damaged("photo").into());
        }
        for row in rows {
            self.erase_row(row, erasing, key.clone()).await?;
        }
        Ok(())
    }

    async fn erase_row(
        &self,
        row: PhotoRow,
        erasing: &Erasing,
        key: Arc<dyn Signer + Send + Sync>,
    ) -> Result<(), FolkError> {
        let capture = row.capture_id;
        let under = self.amends.begin(i64::try_from(row.log_index).unwrap_or(i64::MAX)).await;
        let (device, tombstones) = (row.chain_device.clone(), self.tombstones());
        self.unfinished.with(|all| all.insert((device.clone(), capture), ()));
        let tombstone = Tombstone::of(&row, &self.files.tenant, erasing);
        let writing = tombstones.clone();
        let put = tokio::task::spawn_blocking(move || writing.put(tombstone, &*key));
        let tombstone = put.await.map_err(|_| IndexError::Damaged("photo"))??;
        let removed = remove(&self.index, &tombstones, &tombstone).await;
        // Also where a file does not go: what the index held of it is in its journal still.
        self.index.empty_journal().await?;
        removed?;
        self.unfinished.with(|all| all.remove(&(device, capture)));
        drop(under);
        Ok(())
    }

    /// Whether an erasure of this process failed on its way.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished.with(|all| !all.is_empty())
    }

    /// Finishes what was cut off anywhere behind its line, each whatever becomes of the others. How many.
    ///
    /// # Errors
    /// The first: some are not finished.
    pub async fn resume(
        &self,
        erasures: Vec<(CaptureId, Erasing)>,
        key: Arc<dyn Signer + Send + Sync>,
    ) -> Result<u64, FolkError> {
        let (mut resumed, mut failed) = (0, None);
        for (capture, erasing) in erasures {
            match self.finish(capture, erasing, &key).await {
                Ok(did) => resumed += u64::from(did),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(resumed), Err)
    }

    /// Whether there was anything left to do.
    async fn finish(
        &self,
        capture: CaptureId,
        erasing: Erasing,
        key: &Arc<dyn Signer + Send + Sync>,
    ) -> Result<bool, FolkError> {
        let rows = goes(self.index.photos_of(&capture).await?, &erasing);
        let left = rows.iter().any(|row| {
            let key_of = (row.chain_device.clone(), capture);
            let failed = self.unfinished.with(|all| all.contains_key(&key_of));
            let tombstone = Tombstone::of(row, &self.files.tenant, &erasing);
            failed || !row.erased || !self.tombstones().lies(&tombstone)
        });
        if left {
            self.erase(capture, erasing, key.clone()).await?;
        }
        Ok(left)
    }

    /// The photo of a reference, as receipts and the access log name it.
    pub async fn by_reference(&self, capture: &CaptureId) -> Result<Option<Found>, FolkError> {
        let row = sqlx::query(
            "SELECT folk.* FROM photo JOIN folk USING (log_index) WHERE photo.capture_id = ? LIMIT 1",
        )
        .bind(capture.to_string())
        .fetch_optional(&self.read)
        .await?;
        row.as_ref().map(|row| self.found(row)).transpose()
    }

    /// From when on a photo need not be kept; nothing where not all of its record is known: whom it shows, and where, decides by
    /// which rule, and what is not known never makes a term shorter.
    pub async fn kept_until(&self, found: &Found, rules: &Retention) -> Result<Option<Timestamp>, FolkError> {
        let row = sqlx::query("SELECT gist FROM photo WHERE log_index = ? AND folk = 1")
            .bind(found.log_index)
            .fetch_optional(&self.read)
            .await?;
        row.map_or(Ok(None), |row| ends(rules, found, &row))
    }

    /// At most `limit` photos whose time is over, the oldest first; `skip` leaves out those that are kept all the same.
    pub async fn over(
        &self,
        rules: &Retention,
        now: Timestamp,
        limit: usize,
        skip: impl Fn(&CaptureId) -> bool,
    ) -> Result<Vec<Over>, FolkError> {
        let (mut over, mut behind) = (Vec::new(), (i64::MIN, i64::MIN));
        let youngest = rules.youngest(now).as_millisecond();
        loop {
            let rows = sqlx::query(
                "SELECT folk.*, photo.gist AS gist FROM folk JOIN photo USING (log_index) \
                 WHERE photo.folk = 1 AND taken_ms <= ? AND (taken_ms, folk.log_index) > (?, ?) ORDER BY taken_ms, folk.log_index LIMIT ?",
            )
            .bind(youngest)
            .bind(behind.0)
            .bind(behind.1)
            .bind(PAGE)
            .fetch_all(&self.read)
            .await?;
            for row in &rows {
                let found = self.found(row)?;
                behind = (row.try_get("taken_ms")?, found.log_index);
                let since = ends(rules, &found, row)?.filter(|since| *since <= now);
                if let Some(since) = since.filter(|_| !skip(&found.capture_id)) {
                    over.push(Over { found, since });
                    if over.len() == limit {
                        return Ok(over);
                    }
                }
            }
            if rows.len() < PAGE as usize {
                return Ok(over);
            }
        }
    }
}

/// Rows read at once.
const PAGE: u32 = 500;

fn ends(rules: &Retention, found: &Found, row: &SqliteRow) -> Result<Option<Timestamp>, FolkError> {
    let gist: Option<String> = row.try_get("gist")?;
    let Some(gist) = gist.and_then(|text| serde_json::from_str::<Gist>(&text).ok()) else { return Ok(None) };
    let born: Option<BirthDate> = found.label.patient.as_ref().map(|patient| patient.dob);
    let site = gist.site.as_ref().map(gauze_wire::Name::as_str);
    Ok(Some(rules.ends(&Facts { team: found.team.as_deref(), site, born, taken: found.taken })))
}
