//! Judging again what was refused: which photos, and what becomes of their rows.
//!
//! Always: a verdict that changes is written together with what it rests on; whatever is not asked for stays as it was.

use gauze_wire::{Act, CaptureId, Deed, DeviceId, DeviceStatus, FilingRefusal, Jws};
use sqlx::Row as _;

use super::judged::{write_body, write_device};
use super::life::{Noted, write_note};
use super::{Index, IndexError, Judged, Kind, PhotoJudged, PhotoRow, int, uint};

/// A phone's few among all that were ever filed.
const UNBELIEVED_AGAIN: &str =
    "UPDATE photo SET again = 1 WHERE cause = 'enrolment_invalid' AND device_id = ?";

/// Again refused photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Every one.
    All,
    /// Those with this cause.
    Cause(FilingRefusal),
    /// This one.
    Photo(CaptureId),
}

impl Index {
    /// Notes that refused photos are to be judged again. How many.
    pub(crate) async fn ask_again(&self, which: Again) -> Result<u64, IndexError> {
        let (cause, photo) = match which {
            Again::All => (None, None),
            Again::Cause(cause) => (Some(cause.code()), None),
            Again::Photo(id) => (None, Some(id.to_string())),
        };
        let done = sqlx::query(
            "UPDATE photo SET again = 1 WHERE status = 'refused' AND cause = COALESCE(?, cause) \
             AND capture_id = COALESCE(?, capture_id)",
        )
        .bind(cause)
        .bind(photo)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    /// The first photo that is to be judged again.
    pub(crate) async fn next_again(&self) -> Result<Option<PhotoRow>, IndexError> {
        let row = sqlx::query("SELECT * FROM photo WHERE again = 1 ORDER BY log_index LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(PhotoRow::from_row).transpose()
    }

    /// Whether its phone, or one that is known to succeed it, has said of a photo that it will not come.
    pub(crate) async fn is_discarded(&self, row: &PhotoRow) -> Result<bool, IndexError> {
        let void = sqlx::query(
            "SELECT 1 FROM photo WHERE capture_id = ? AND chain_device = ? AND kind = 'void' AND cause IS NULL \
             AND (device_id = chain_device OR EXISTS (SELECT 1 FROM body \
             WHERE body.device_id = photo.chain_device AND body.seq = photo.seq AND body.own = 0))",
        )
        .bind(row.capture_id.to_string())
        .bind(row.chain_device.as_str())
        .fetch_optional(&self.pool)
        .await?;
        Ok(void.is_some() && row.kind != Kind::Void)
    }

    /// Leaves a photo as it is.
    pub(crate) async fn not_again(&self, row: &PhotoRow) -> Result<(), IndexError> {
        sqlx::query("UPDATE photo SET again = 0 WHERE manifest_sha256 = ?")
            .bind(row.manifest_sha256.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Where entries of this phone stand that led to nothing.
    pub(crate) async fn rejected_of(&self, device: &DeviceId) -> Result<Vec<u64>, IndexError> {
        let rows = sqlx::query("SELECT log_index FROM rejected WHERE device_id = ? ORDER BY log_index")
            .bind(device.as_str())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| uint(row.try_get(0)?)).collect()
    }

    /// What the acts before `place` say that a phone may do.
    pub(crate) async fn status_before(
        &self,
        device: &DeviceId,
        place: u64,
    ) -> Result<DeviceStatus, IndexError> {
        let rows = sqlx::query(
            "SELECT leaf.jws FROM note JOIN leaf ON leaf.idx = note.log_index WHERE note.kind = 'act' \
             AND note.device_id = ? AND note.log_index < ? ORDER BY note.log_index",
        )
        .bind(device.as_str())
        .bind(int(place))
        .fetch_all(&self.pool)
        .await?;
        let mut status = DeviceStatus::Active;
        for row in &rows {
            let act: Act = Jws::parse(row.try_get(0)?)?.peek()?;
            status = match act.deed {
                _ if status == DeviceStatus::Revoked => status,
                Deed::Suspend { .. } => DeviceStatus::Suspended,
                Deed::Resume { .. } => DeviceStatus::Active,
                Deed::Revoke { .. } => DeviceStatus::Revoked,
                Deed::Propose { .. }
                | Deed::Settle { .. }
                | Deed::Flag { .. }
                | Deed::Unflag { .. }
                | Deed::Succeed { .. }
                | Deed::Report { .. } => status,
            };
        }
        Ok(status)
    }

    /// Believes a phone by the enrolment at `place`, which had been rejected; every photo that was refused for want of it is
    /// judged again.
    pub(crate) async fn readmit(
        &self,
        place: u64,
        judged: &Judged,
        status: DeviceStatus,
    ) -> Result<(), IndexError> {
        let Judged::Enrolled { device_id, device, spent } = judged else { return Ok(()) };
        let mut tx = self.pool.begin().await?;
        sqlx::query("DELETE FROM rejected WHERE log_index = ?").bind(int(place)).execute(&mut *tx).await?;
        write_device(&mut tx, place, device_id, device, spent).await?;
        sqlx::query("UPDATE device SET status = ?, log_index = min(log_index, ?) WHERE device_id = ?")
            .bind(status.as_str())
            .bind(int(place))
            .bind(device_id.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query(UNBELIEVED_AGAIN).bind(device_id.as_str()).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Entries from this place on that led to nothing, in log order, at most `limit`.
    pub(crate) async fn rejected(&self, from: u64, limit: u32) -> Result<Vec<(u64, Jws)>, IndexError> {
        let rows = sqlx::query(
            "SELECT idx, jws FROM rejected JOIN leaf ON leaf.idx = rejected.log_index \
             WHERE log_index >= ? ORDER BY log_index LIMIT ?",
        )
        .bind(int(from))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((uint(row.try_get("idx")?)?, Jws::parse(row.try_get("jws")?)?))).collect()
    }

    /// Takes in an act or a phone's word that had been rejected.
    pub(crate) async fn readmit_note(&self, place: u64, noted: &Noted) -> Result<(), IndexError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("DELETE FROM rejected WHERE log_index = ?").bind(int(place)).execute(&mut *tx).await?;
        write_note(&mut tx, place, noted).await?;
        Ok(tx.commit().await?)
    }

    /// Writes what judging a photo again came to: the same, or it waits for a new receipt.
    pub(crate) async fn judged_again(&self, row: &PhotoRow, judged: &PhotoJudged) -> Result<(), IndexError> {
        let mut tx = self.pool.begin().await?;
        let same = judged.cause.is_some() && judged.cause == row.cause;
        let query = if same {
            "UPDATE photo SET again = 0 WHERE manifest_sha256 = ?2 AND ?1 = cause"
        } else {
            "UPDATE photo SET again = 0, status = 'waiting', was = COALESCE(cause, was), cause = ?1, receipt = NULL, gist = NULL, \
             acknowledged = 0 WHERE manifest_sha256 = ?2"
        };
        sqlx::query(query)
            .bind(judged.cause.map(FilingRefusal::code))
            .bind(row.manifest_sha256.to_string())
            .execute(&mut *tx)
            .await?;
        write_body(&mut tx, row.log_index, judged).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_phones_refused_photos_are_found_without_walking_over_all() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(&dir.path().join("index.sqlite"), true).await.unwrap();
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {UNBELIEVED_AGAIN}")))
            .bind("A")
            .fetch_all(&index.pool)
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(matches!(&*steps, [step] if step.contains("INDEX photo_unbelieved ")), "{steps:?}");
    }
}
