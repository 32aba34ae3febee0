//! Taking an erased photo out of the index: what is left is what its phone's chain and the receipts need.

use gauze_wire::{CaptureId, DeviceId, Digest};
use sqlx::Row as _;

use super::{Index, IndexError, PhotoRow};

impl Index {
    /// What there is of one photo of one phone, under whichever signature.
    pub(crate) async fn rows_of(
        &self,
        device: &DeviceId,
        capture: &CaptureId,
    ) -> Result<Vec<PhotoRow>, IndexError> {
        let rows = sqlx::query("SELECT * FROM photo WHERE capture_id = ? AND chain_device = ?")
            .bind(capture.to_string())
            .bind(device.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(PhotoRow::from_row).collect()
    }

    /// Takes a photo out. [`Index::empty_journal`] has to follow.
    pub(crate) async fn erase(&self, device: &DeviceId, capture: &CaptureId) -> Result<(), IndexError> {
        let mut tx = self.pool.begin().await?;
        for statement in [
            "DELETE FROM folk_term WHERE log_index IN (SELECT log_index FROM photo WHERE capture_id = ? AND chain_device = ?)",
            "DELETE FROM folk WHERE log_index IN (SELECT log_index FROM photo WHERE capture_id = ? AND chain_device = ?)",
            "UPDATE photo SET folk = 2, gist = NULL, again = 0 WHERE capture_id = ? AND chain_device = ?",
        ] {
            sqlx::query(statement).bind(capture.to_string()).bind(device.as_str()).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Takes what was refused out, of this very file. [`Index::empty_journal`] has to follow.
    pub(crate) async fn erase_refused(
        &self,
        (device, capture): (&DeviceId, &CaptureId),
        sha256: &Digest,
    ) -> Result<(), IndexError> {
        sqlx::query(
            "UPDATE photo SET folk = 2, gist = NULL, again = 0 WHERE capture_id = ? AND chain_device = ? AND sha256 = ?",
        )
        .bind(capture.to_string())
        .bind(device.as_str())
        .bind(sha256.to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Takes what was overwritten out of SQLite's journal too. It waits for those who read.
    pub(crate) async fn empty_journal(&self) -> Result<(), IndexError> {
        let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&self.pool).await?;
        if emptied.try_get::<i64, _>(0)? == 0 { Ok(()) } else { Err(IndexError::Read) }
    }
}
