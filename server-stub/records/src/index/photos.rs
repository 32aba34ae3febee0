//! Photos: waiting, filed or refused, with their receipts.

use gauze_wire::{Binding, CaptureId, DeviceId, Digest, FilingRefusal, Jws, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Index, IndexError, folk, int, uint};
use crate::blind::Entry;
use crate::gist::Gist;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// The word as stored and printed.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            fn from_word(word: &str) -> Option<Self> {
                [$(Self::$variant,)*].into_iter().find(|variant| variant.as_str() == word)
            }
        }
    };
}

words! {
    /// What kind of manifest.
    Kind {
        /// A photo by the phone that took it.
        Photo = "photo",
        /// A photo that will not come.
        Void = "void",
        /// A photo signed for by the phone's next key.
        Adoption = "adoption",
    }
}

words! {
    /// How far it has come.
    Status {
        /// Verified or refused on paper; the receipt is still to be made.
        Waiting = "waiting",
        /// Opened, durable, receipted. A void counts as filed.
        Filed = "filed",
        /// Refused, receipted.
        Refused = "refused",
    }
}

/// Whether the place before it in its phone's chain is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainState {
    /// It is, or there is none.
    Ok,
    /// It has not come.
    Gap,
    /// The body contradicts the chain and is not part of it.
    Broken,
    /// The phone is not believed, so there is no chain.
    Unknown,
}

impl ChainState {
    /// The word as printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Gap => "gap",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

/// One photo as the index knows it.
#[derive(Clone, Debug)]
pub(crate) struct PhotoRow {
    pub(crate) manifest_sha256: Digest,
    pub(crate) log_index: u64,
    pub(crate) kind: Kind,
    pub(crate) device_id: DeviceId,
    pub(crate) capture_id: CaptureId,
    pub(crate) chain_device: DeviceId,
    pub(crate) seq: u64,
    pub(crate) captured_at: Timestamp,
    pub(crate) sha256: Digest,
    pub(crate) size: u64,
    pub(crate) status: Status,
    pub(crate) cause: Option<FilingRefusal>,
    /// What it was refused for before it was judged again.
    pub(crate) was: Option<FilingRefusal>,
    pub(crate) receipt: Option<Jws>,
    /// Of a filed photo.
    pub(crate) gist: Option<Gist>,
    /// It was erased: nothing of it is here.
    pub(crate) erased: bool,
}

/// What became of one photo, with the receipt that says so.
pub(crate) struct Settled {
    pub(crate) log_index: u64,
    pub(crate) manifest_sha256: Digest,
    /// Why it was refused, if it was.
    pub(crate) cause: Option<FilingRefusal>,
    pub(crate) receipt: Jws,
    /// What the record of a filed photo says.
    pub(crate) gist: Option<Gist>,
    /// Whether nobody has to hear of it.
    pub(crate) moot: bool,
    /// The photo that will not come, by the phone that took it: where this is a void that was filed.
    pub(crate) ends: Option<(DeviceId, CaptureId)>,
    /// The same for the index for people.
    pub(crate) entry: Option<Entry>,
    /// It has a tombstone, and is not here.
    pub(crate) erased: bool,
}

/// `photo.folk` of a photo that was erased.
const ERASED: i64 = 2;

/// Asked after each batch: it must not walk over all that was ever filed.
const UNACKNOWLEDGED: &str =
    "SELECT * FROM photo WHERE status <> 'waiting' AND acknowledged = 0 AND log_index >= ?
     ORDER BY log_index LIMIT ?";

impl PhotoRow {
    /// What a receipt for it repeats.
    pub(crate) fn binding(&self, tenant: &Tenant) -> Binding {
        Binding {
            tenant: tenant.clone(),
            device_id: self.device_id.clone(),
            capture_id: self.capture_id,
            manifest_sha256: self.manifest_sha256,
            sha256: self.sha256,
            size: self.size,
        }
    }

    pub(super) fn from_row(row: &SqliteRow) -> Result<Self, IndexError> {
        let damaged = || IndexError::Damaged("photo");
        let text = |column: &str| row.try_get::<String, _>(column);
        let cause = |column: &str| -> Result<Option<FilingRefusal>, IndexError> {
            let code: Option<String> = row.try_get(column)?;
            code.map(|code| serde_json::from_value(code.into()).map_err(|_| damaged())).transpose()
        };
        let receipt: Option<String> = row.try_get("receipt")?;
        let gist: Option<String> = row.try_get("gist")?;
        Ok(Self {
            manifest_sha256: text("manifest_sha256")?.parse()?,
            log_index: uint(row.try_get("log_index")?)?,
            kind: Kind::from_word(&text("kind")?).ok_or_else(damaged)?,
            device_id: text("device_id")?.parse()?,
            capture_id: text("capture_id")?.parse()?,
            chain_device: text("chain_device")?.parse()?,
            seq: uint(row.try_get("seq")?)?,
            captured_at: text("captured_at")?.parse().map_err(|_| damaged())?,
            sha256: text("sha256")?.parse()?,
            size: uint(row.try_get("size")?)?,
            status: Status::from_word(&text("status")?).ok_or_else(damaged)?,
            cause: cause("cause")?,
            was: cause("was")?,
            receipt: receipt.map(|text| Jws::parse(&text)).transpose()?,
            gist: gist.map(|text| serde_json::from_str(&text).map_err(|_| damaged())).transpose()?,
            erased: row.try_get::<i64, _>("folk")? == ERASED,
        })
    }
}

impl Index {
    /// At most `limit` photos without a receipt, from log index `from`, in log order.
    pub(crate) async fn waiting(&self, from: u64, limit: u32) -> Result<Vec<PhotoRow>, IndexError> {
        let rows = sqlx::query(
            "SELECT * FROM photo WHERE status = 'waiting' AND log_index >= ? ORDER BY log_index LIMIT ?",
        )
        .bind(int(from))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(PhotoRow::from_row).collect()
    }

    /// Makes photos filed or refused, each once, together with their receipts: all of them or none. One that was erased while it was
    /// fetched gets no gist again.
    pub(crate) async fn settle(&self, settled: &[Settled]) -> Result<(), IndexError> {
        let mut tx = self.pool.begin().await?;
        for one in settled {
            let gist = one.gist.as_ref().and_then(|gist| serde_json::to_string(gist).ok());
            let status = if one.cause.is_some() { Status::Refused } else { Status::Filed };
            sqlx::query(
                "UPDATE photo SET status = ?, cause = ?, receipt = ?, gist = CASE folk WHEN 2 THEN NULL ELSE ? END, acknowledged = ? \
                 WHERE manifest_sha256 = ? AND status = 'waiting'",
            )
            .bind(status.as_str())
            .bind(one.cause.map(FilingRefusal::code))
            .bind(one.receipt.as_str())
            .bind(gist)
            .bind(one.moot)
            .bind(one.manifest_sha256.to_string())
            .execute(&mut *tx)
            .await?;
            if one.erased {
                sqlx::query("UPDATE photo SET folk = ? WHERE manifest_sha256 = ?")
                    .bind(ERASED)
                    .bind(one.manifest_sha256.to_string())
                    .execute(&mut *tx)
                    .await?;
            } else if let Some(entry) = &one.entry {
                folk::put(&mut tx, int(one.log_index), entry).await?;
            }
            let Some((device, capture)) = &one.ends else { continue };
            // Nobody waits for what was said of it before; but the phone's next key for what it filed itself.
            sqlx::query(
                "UPDATE photo SET acknowledged = 1, again = 0 WHERE capture_id = ? AND chain_device = ? \
                 AND kind <> 'void' AND status <> 'waiting' AND (status = 'refused' OR device_id = chain_device)",
            )
            .bind(capture.to_string())
            .bind(device.as_str())
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// At most `limit` photos from log index `from` whose receipt the gateway has not taken.
    pub(crate) async fn unacknowledged(&self, from: u64, limit: u32) -> Result<Vec<PhotoRow>, IndexError> {
        let rows = sqlx::query(UNACKNOWLEDGED).bind(int(from)).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(PhotoRow::from_row).collect()
    }

    /// The gateway has taken these receipts.
    pub(crate) async fn acknowledge(&self, rows: &[PhotoRow]) -> Result<(), IndexError> {
        let mut tx = self.pool.begin().await?;
        for row in rows {
            sqlx::query("UPDATE photo SET acknowledged = 1 WHERE manifest_sha256 = ?")
                .bind(row.manifest_sha256.to_string())
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Every photo from log index `from`, in log order, with the state of its chain.
    pub(crate) async fn photos(
        &self,
        from: u64,
        limit: u32,
    ) -> Result<Vec<(PhotoRow, ChainState)>, IndexError> {
        let rows = sqlx::query(
            "SELECT photo.*, body.hash IS NOT NULL AS chained,
                CASE WHEN photo.seq > 1
                     THEN EXISTS (SELECT 1 FROM body b WHERE b.device_id = photo.chain_device AND b.seq = photo.seq - 1)
                     WHEN body.follows_seq > 0
                     THEN EXISTS (SELECT 1 FROM body b
                                  WHERE b.device_id = body.follows_device AND b.seq = body.follows_seq)
                     ELSE 1 END AS linked
             FROM photo LEFT JOIN body ON body.device_id = photo.chain_device AND body.seq = photo.seq
                AND body.own = (photo.kind <> 'adoption')
             WHERE photo.log_index >= ? ORDER BY photo.log_index LIMIT ?",
        )
        .bind(int(from))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let photo = PhotoRow::from_row(row)?;
                let chain = match photo.cause {
                    Some(FilingRefusal::ChainBroken) => ChainState::Broken,
                    Some(FilingRefusal::EnrolmentInvalid | FilingRefusal::ManifestInvalid) => {
                        ChainState::Unknown
                    }
                    Some(
                        FilingRefusal::DigestMismatch
                        | FilingRefusal::DidNotOpen
                        | FilingRefusal::MixedRecipients
                        | FilingRefusal::BundleInvalid
                        | FilingRefusal::RecordMismatch
                        | FilingRefusal::PhotoMismatch,
                    )
                    | None => match (row.try_get("chained")?, row.try_get("linked")?) {
                        (true, true) => ChainState::Ok,
                        (true, false) => ChainState::Gap,
                        (false, _) => ChainState::Unknown,
                    },
                };
                Ok((photo, chain))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn unacknowledged_photos_are_found_without_walking_over_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(&dir.path().join("index.sqlite"), true).await.unwrap();
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {UNACKNOWLEDGED}")))
            .bind(0_i64)
            .bind(1_i64)
            .fetch_all(&index.pool)
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(matches!(&*steps, [step] if step.contains("INDEX photo_unacknowledged ")), "{steps:?}");
    }
}
