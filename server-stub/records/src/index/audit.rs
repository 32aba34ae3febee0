//! Reading the index back for an audit.

use gauze_attest::Lineage;
use gauze_wire::{CaptureId, DeviceId, DeviceStatus, Digest, PublicKey};
use sqlx::Row as _;

use super::{Index, IndexError, PhotoRow, int, uint};

/// A phone whose enrolment held.
pub(crate) struct Believed {
    pub(crate) device_id: DeviceId,
    /// What it may do.
    pub(crate) status: DeviceStatus,
    /// Where its enrolment stands.
    pub(crate) log_index: u64,
    pub(crate) attested_serial: Option<String>,
    /// Its id before, and what that rests on.
    pub(crate) follows: Option<DeviceId>,
    pub(crate) lineage: Lineage,
}

impl Index {
    /// The photo of one manifest.
    pub(crate) async fn photo(&self, manifest: &Digest) -> Result<Option<PhotoRow>, IndexError> {
        let row = sqlx::query("SELECT * FROM photo WHERE manifest_sha256 = ?")
            .bind(manifest.to_string())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(PhotoRow::from_row).transpose()
    }

    /// What there is of one photo: its manifest, and what was signed for it besides.
    pub(crate) async fn photos_of(&self, capture: &CaptureId) -> Result<Vec<PhotoRow>, IndexError> {
        let rows = sqlx::query("SELECT * FROM photo WHERE capture_id = ?")
            .bind(capture.to_string())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(PhotoRow::from_row).collect()
    }

    /// How many photos there are of entries before `size`.
    pub(crate) async fn photo_count(&self, size: u64) -> Result<u64, IndexError> {
        let row = sqlx::query("SELECT count(*) FROM photo WHERE log_index < ?")
            .bind(int(size))
            .fetch_one(&self.pool)
            .await?;
        uint(row.try_get(0)?)
    }

    /// Whether anything is said of entries that were not judged: each verdict moves on in the transaction that writes it.
    pub(crate) async fn has_rows_ahead(&self) -> Result<bool, IndexError> {
        let row = sqlx::query(
            "WITH judged (place) AS (SELECT COALESCE((SELECT CAST(value AS INTEGER) FROM state WHERE name = 'judged'), 0)) \
             SELECT EXISTS (SELECT 1 FROM photo, judged WHERE log_index >= place) \
             OR EXISTS (SELECT 1 FROM rejected, judged WHERE log_index >= place) \
             OR EXISTS (SELECT 1 FROM note, judged WHERE log_index >= place) \
             OR EXISTS (SELECT 1 FROM device, judged WHERE log_index >= place)",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Whether the entry at `index` was found to lead to nothing.
    pub(crate) async fn is_rejected(&self, index: u64) -> Result<bool, IndexError> {
        let row = sqlx::query("SELECT 1 FROM rejected WHERE log_index = ?")
            .bind(int(index))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// The believed phones of entries before `size`: id, key, the entry that made them believed.
    pub(crate) async fn devices(&self, size: u64) -> Result<Vec<(DeviceId, PublicKey, u64)>, IndexError> {
        let rows = sqlx::query("SELECT device_id, key, log_index FROM device WHERE log_index < ?")
            .bind(int(size))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let key: PublicKey =
                    serde_json::from_str(row.try_get("key")?).map_err(|_| IndexError::Damaged("device"))?;
                let device_id = row.try_get::<String, _>("device_id")?.parse()?;
                Ok((device_id, key, uint(row.try_get("log_index")?)?))
            })
            .collect()
    }

    /// Every believed phone, in log order.
    pub(crate) async fn believed(&self) -> Result<Vec<Believed>, IndexError> {
        let query = "SELECT device_id, status, log_index, attested_serial, follows, lineage FROM device ORDER BY log_index";
        let rows = sqlx::query(query).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let follows: Option<String> = row.try_get("follows")?;
                Ok(Believed {
                    device_id: row.try_get::<String, _>("device_id")?.parse()?,
                    status: row.try_get::<String, _>("status")?.parse()?,
                    log_index: uint(row.try_get("log_index")?)?,
                    attested_serial: row.try_get("attested_serial")?,
                    follows: follows.map(|id| id.parse()).transpose()?,
                    lineage: row
                        .try_get::<String, _>("lineage")?
                        .parse()
                        .map_err(|_| IndexError::Damaged("device"))?,
                })
            })
            .collect()
    }
}
