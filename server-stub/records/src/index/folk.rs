//! Filling the index for people: with what is filed, as it is filed, and again where something is missing.

use gauze_wire::DeviceId;
use sqlx::{Row as _, SqliteConnection};

use super::{Index, IndexError, PhotoRow, int, uint};
use crate::blind::{Blind, Entry};

/// Photos put in by one transaction where many are missing.
const BATCH: u32 = 64;

/// Puts a photo in, in the transaction that files it, or in place of what stood there. One photo under two signatures stands
/// in it once, under the first. What was made of an older state of its record, with fewer amendments, never takes the place of a newer
/// one. A photo of whose amendments some cannot be read is to be made again, and one that was erased never stands in it again.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    log_index: i64,
    entry: &Entry,
) -> Result<(), sqlx::Error> {
    let written = sqlx::query(
        "INSERT INTO folk (log_index, handle, capture_id, patient, team, taken_ms, amended, label)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM photo WHERE log_index = ?1 AND folk = 2)
         ON CONFLICT (handle) DO UPDATE SET patient = excluded.patient, amended = excluded.amended, label = excluded.label
         WHERE log_index = excluded.log_index AND excluded.amended >= folk.amended",
    )
    .bind(log_index)
    .bind(&entry.handle.as_bytes()[..])
    .bind(entry.capture_id.to_string())
    .bind(entry.patient.as_ref().map(|patient| &patient.as_bytes()[..]))
    .bind(entry.team.as_deref())
    .bind(entry.taken_ms)
    .bind(entry.amended)
    .bind(&entry.label)
    .execute(&mut *connection)
    .await?;
    if written.rows_affected() == 1 {
        put_terms(connection, log_index, &entry.terms).await?;
    }
    sqlx::query("UPDATE photo SET folk = ? WHERE log_index = ? AND folk <> 2")
        .bind(!entry.damaged)
        .bind(log_index)
        .execute(connection)
        .await?;
    Ok(())
}

async fn put_terms(
    connection: &mut SqliteConnection,
    log_index: i64,
    terms: &[Blind],
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM folk_term WHERE log_index = ?")
        .bind(log_index)
        .execute(&mut *connection)
        .await?;
    for term in terms {
        sqlx::query("INSERT OR IGNORE INTO folk_term (term, log_index) VALUES (?, ?)")
            .bind(&term.as_bytes()[..])
            .bind(log_index)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

impl Index {
    /// Lets the index for people begin anew where it was made with other keys. Whether it did.
    pub(crate) async fn folk_under(&self, fingerprint: &Blind) -> Result<bool, IndexError> {
        let fingerprint = fingerprint.to_string();
        let mut tx = self.pool.begin().await?;
        let known: Option<String> = sqlx::query("SELECT value FROM state WHERE name = 'folk'")
            .fetch_optional(&mut *tx)
            .await?
            .map(|row| row.try_get(0))
            .transpose()?;
        if known.as_ref() == Some(&fingerprint) {
            return Ok(false);
        }
        sqlx::raw_sql("DELETE FROM folk; DELETE FROM folk_term; UPDATE photo SET folk = 0 WHERE folk = 1")
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT OR REPLACE INTO state (name, value) VALUES ('folk', ?)")
            .bind(fingerprint)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(known.is_some())
    }

    /// Some filed photos that are not in the index for people, from log index `from`.
    pub(crate) async fn without_folk(&self, from: u64) -> Result<Vec<PhotoRow>, IndexError> {
        let rows = sqlx::query(
            "SELECT * FROM photo WHERE status = 'filed' AND kind <> 'void' AND folk = 0 AND log_index >= ?
             ORDER BY log_index LIMIT ?",
        )
        .bind(int(from))
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(PhotoRow::from_row).collect()
    }

    /// Puts photos in that were filed before, unless they are no longer what they were made of. `still` is asked while nobody
    /// else can write. Whether they were put in.
    pub(crate) async fn add_folk(
        &self,
        entries: &[(u64, Entry)],
        still: impl FnOnce() -> bool,
    ) -> Result<bool, IndexError> {
        let mut tx = self.pool.begin().await?;
        if !still() {
            return Ok(false);
        }
        for (log_index, entry) in entries {
            put(&mut tx, int(*log_index), entry).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// This photo's row is to be made again: its record is about to be amended.
    pub(crate) async fn doubt_folk(&self, log_index: i64) -> Result<(), IndexError> {
        sqlx::query("UPDATE photo SET folk = 0 WHERE log_index = ? AND folk <> 2")
            .bind(log_index)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The row of one photo.
    pub(crate) async fn photo_at(&self, log_index: i64) -> Result<Option<PhotoRow>, IndexError> {
        let row = sqlx::query("SELECT * FROM photo WHERE log_index = ?")
            .bind(log_index)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(PhotoRow::from_row).transpose()
    }

    /// Somebody of its team has looked at this photo.
    pub(crate) async fn folk_seen(&self, log_index: i64) -> Result<(), IndexError> {
        sqlx::query("UPDATE folk SET seen = 1 WHERE log_index = ? AND seen = 0")
            .bind(log_index)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// What one of the hospital's people is called now, sealed, under what stands for them.
    pub(crate) async fn name_staff(&self, badge: &str, sealed: &str) -> Result<(), IndexError> {
        sqlx::query("INSERT OR REPLACE INTO staff (person, name) VALUES (?, ?)")
            .bind(badge)
            .bind(sealed)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The log index under which a phone was believed.
    pub(crate) async fn enrolled_at(&self, device: &DeviceId) -> Result<Option<u64>, IndexError> {
        let row = sqlx::query("SELECT log_index FROM device WHERE device_id = ?")
            .bind(device.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| uint(row.try_get(0)?)).transpose()
    }

    /// The same, with the serial number that the phone's hardware attested.
    pub(crate) async fn enrolled_as(
        &self,
        device: &DeviceId,
    ) -> Result<Option<(u64, Option<String>)>, IndexError> {
        let row = sqlx::query("SELECT log_index, attested_serial FROM device WHERE device_id = ?")
            .bind(device.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok((uint(row.try_get(0)?)?, row.try_get(1)?))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use gauze_seal::age::Identity;

    use super::*;
    use crate::blind::FolkKeys;
    use crate::entropy::SystemEntropy;

    async fn state(index: &Index) -> (i64, Vec<u8>, i64) {
        let row = sqlx::query("SELECT amended, label, (SELECT COUNT(*) FROM folk_term) FROM folk")
            .fetch_one(&index.pool)
            .await
            .unwrap();
        (row.get(0), row.get(1), row.get(2))
    }

    fn entry(keys: &FolkKeys, amended: u32, words: &[u8]) -> Entry {
        let capture_id: gauze_wire::CaptureId = "01930000-0000-7000-8000-000000000001".parse().unwrap();
        let handle = keys.term("photo", "one");
        let terms = vec![keys.term("term", &format!("{amended}"))];
        let label = words.to_vec();
        Entry {
            handle,
            capture_id,
            patient: None,
            team: None,
            taken_ms: 0,
            amended,
            label,
            terms,
            damaged: false,
        }
    }

    #[tokio::test]
    async fn what_was_made_of_an_older_state_never_takes_the_place_of_a_newer() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(&dir.path().join("index.sqlite"), true).await.unwrap();
        let keys = FolkKeys::of(&Identity::make_x25519(&mut SystemEntropy).unwrap());
        // A refill made this one before the amendment, and comes to write it behind the one that was made after.
        let (older, newer) = (entry(&keys, 0, b"older"), entry(&keys, 1, b"newer"));
        assert!(index.add_folk(&[(1, newer)], || true).await.unwrap());
        let newest = state(&index).await;
        assert!(index.add_folk(&[(1, older)], || true).await.unwrap());
        assert_eq!(state(&index).await, newest);
        assert!(index.add_folk(&[(1, entry(&keys, 1, b"again"))], || true).await.unwrap());
        assert_eq!(state(&index).await.1, b"again");
        assert!(!index.add_folk(&[(1, entry(&keys, 2, b"meanwhile"))], || false).await.unwrap());
        assert_eq!(state(&index).await.1, b"again");
        assert!(index.add_folk(&[(1, entry(&keys, 2, b"behind"))], || true).await.unwrap());
        index.close().await;
    }
}
