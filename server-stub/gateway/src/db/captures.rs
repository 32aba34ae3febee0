//! Photos as the gateway knows them: manifest, open address, receipts.

use gauze_wire::{
    Binding, CaptureId, CaptureState, DeviceId, Digest, EntryKind, Filed, Jws, Signed as _, Tenant,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{Db, Write, damaged, to_i64, to_u64};
use crate::blobs::BlobName;

/// Asked each hour: it must not walk over photos that wait to be filed, nor over those long gone.
const FILED_BEFORE: &str = "SELECT device_id, capture_id FROM capture \
    WHERE tenant = ? AND blob = 1 AND filed_at_ms IS NOT NULL AND filed_at_ms < ? LIMIT 1000";

/// Asked each hour too.
const ENDED: &str = "SELECT device_id, capture_id FROM capture INDEXED BY capture_ended \
    WHERE tenant = ? AND stored IS NULL AND (ticket IS NULL OR expired = 1) AND looked_at = 0 LIMIT 1000";

/// A photo, or its void.
#[derive(Clone, Debug)]
pub struct Capture {
    pub name: BlobName,
    pub kind: EntryKind,
    pub body_sha256: Digest,
    pub sha256: Digest,
    pub size: u64,
    pub manifest: Jws,
    pub ticket_expires_ms: Option<i64>,
    pub stored: Option<Jws>,
    pub outcome: Option<Jws>,
}

impl Capture {
    /// What a phone is told of it, once stored.
    pub fn state(&self) -> Option<CaptureState> {
        let stored = self.stored.clone()?;
        let outcome = self.outcome.clone();
        Some(CaptureState { capture_id: self.name.capture_id, stored, outcome, manifest: None })
    }

    /// The same for a phone that asks with this manifest.
    pub fn state_for(&self, asked: &Jws) -> Option<CaptureState> {
        let manifest = Some(&self.manifest).filter(|held| *held != asked).cloned();
        Some(CaptureState { manifest, ..self.state()? })
    }

    /// Whether the hospital has filed it.
    pub fn is_filed(&self) -> bool {
        self.outcome.as_ref().is_some_and(|jws| jws.typ() == Filed::TYP)
    }

    /// What its receipts must repeat.
    pub fn binding(&self) -> Binding {
        Binding {
            tenant: self.name.tenant.clone(),
            device_id: self.name.device_id.clone(),
            capture_id: self.name.capture_id,
            manifest_sha256: self.manifest.digest(),
            sha256: self.sha256,
            size: self.size,
        }
    }
}

/// A manifest that is taken in.
pub struct NewCapture<'a> {
    pub name: &'a BlobName,
    pub body_device: &'a DeviceId,
    pub seq: u64,
    pub body_sha256: &'a Digest,
    pub sha256: &'a Digest,
    pub size: u64,
    pub kind: EntryKind,
    pub manifest: &'a Jws,
}

/// What a device and its tenant hold here that the hospital has not filed.
pub struct Held {
    /// Photos with an open address.
    pub open: u64,
    /// Bytes of the device.
    pub device: u64,
    /// Bytes of the whole tenant.
    pub tenant: u64,
}

const COLUMNS: &str = "tenant, device_id, capture_id, kind, body_sha256, sha256, size, manifest, \
                       ticket_expires_ms, stored, outcome";

fn capture(row: &SqliteRow) -> Result<Capture, sqlx::Error> {
    let text = |column: &str| row.try_get::<&str, _>(column);
    let jws = |column: &str| -> Result<Option<Jws>, sqlx::Error> {
        row.try_get::<Option<&str>, _>(column)?.map(Jws::parse).transpose().map_err(damaged)
    };
    Ok(Capture {
        name: BlobName {
            tenant: text("tenant")?.parse().map_err(damaged)?,
            device_id: text("device_id")?.parse().map_err(damaged)?,
            capture_id: text("capture_id")?.parse().map_err(damaged)?,
        },
        kind: match text("kind")? {
            "void" => EntryKind::Void,
            "adoption" => EntryKind::Adoption,
            _ => EntryKind::Photo,
        },
        body_sha256: text("body_sha256")?.parse().map_err(damaged)?,
        sha256: text("sha256")?.parse().map_err(damaged)?,
        size: to_u64(row.try_get("size")?),
        manifest: Jws::parse(text("manifest")?).map_err(damaged)?,
        ticket_expires_ms: row.try_get("ticket_expires_ms")?,
        stored: jws("stored")?,
        outcome: jws("outcome")?,
    })
}

fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Void => "void",
        EntryKind::Adoption => "adoption",
        EntryKind::Photo
        | EntryKind::Enrolment
        | EntryKind::Act
        | EntryKind::Reattestation
        | EntryKind::Wiped
        | EntryKind::Report
        | EntryKind::Other => "photo",
    }
}

impl Db {
    /// The photo with this name.
    pub async fn capture(&self, name: &BlobName) -> Result<Option<Capture>, sqlx::Error> {
        capture_in(&mut *self.readers.acquire().await?, name).await
    }

    /// The photo with this name, as the write in progress sees it.
    pub async fn capture_now(write: &mut Write<'_>, name: &BlobName) -> Result<Option<Capture>, sqlx::Error> {
        capture_in(write, name).await
    }

    /// The photo that this ticket is for.
    pub async fn capture_by_ticket(&self, ticket: &Digest) -> Result<Option<Capture>, sqlx::Error> {
        let query = format!("SELECT {COLUMNS} FROM capture WHERE ticket = ?");
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(ticket.0.as_slice())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(capture).transpose()
    }

    /// The body that a phone itself has signed for this place in its chain.
    pub async fn body_at(
        write: &mut Write<'_>,
        tenant: &Tenant,
        device: &DeviceId,
        seq: u64,
    ) -> Result<Option<Digest>, sqlx::Error> {
        let hash: Option<String> = sqlx::query_scalar(
            "SELECT body_sha256 FROM capture \
             WHERE tenant = ?1 AND body_device = ?2 AND seq = ?3 AND device_id = ?2 LIMIT 1",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .bind(to_i64(seq))
        .fetch_optional(&mut **write)
        .await?;
        hash.map(|hash| hash.parse().map_err(damaged)).transpose()
    }

    /// How many voids this device has signed, counted up to `most`.
    pub async fn voids(&self, tenant: &Tenant, device: &DeviceId, most: u32) -> Result<u32, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM (SELECT 1 FROM capture WHERE tenant = ? AND device_id = ? AND kind = 'void' LIMIT ?)",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .bind(most)
        .fetch_one(&self.readers)
        .await
    }

    /// What is held beside `name`: stored and not filed, or still allowed to arrive. Read off running totals, so that a
    /// request costs the same whatever waits.
    pub async fn held(write: &mut Write<'_>, name: &BlobName, now_ms: i64) -> Result<Held, sqlx::Error> {
        Self::expire(write, &name.tenant, now_ms).await?;
        let row = sqlx::query(
            "SELECT COALESCE((SELECT tickets FROM open_ticket WHERE tenant = ?1 AND holder = ?2), 0) AS open, \
             COALESCE((SELECT bytes FROM open_ticket WHERE tenant = ?1 AND holder = ?2), 0) \
             + COALESCE((SELECT bytes FROM held WHERE tenant = ?1 AND holder = ?2), 0) AS device, \
             COALESCE((SELECT bytes FROM open_ticket WHERE tenant = ?1 AND holder = ''), 0) \
             + COALESCE((SELECT bytes FROM held WHERE tenant = ?1 AND holder = ''), 0) AS tenant, \
             (SELECT size FROM capture WHERE tenant = ?1 AND device_id = ?2 AND capture_id = ?3 \
             AND stored IS NULL AND ticket IS NOT NULL AND expired = 0) AS own",
        )
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .fetch_one(&mut **write)
        .await?;
        let own: Option<i64> = row.try_get("own")?;
        let beside = |column: &str, own: i64| -> Result<u64, sqlx::Error> {
            Ok(to_u64(row.try_get::<i64, _>(column)? - own))
        };
        let bytes = own.unwrap_or(0);
        Ok(Held {
            open: beside("open", own.map_or(0, |_| 1))?,
            device: beside("device", bytes)?,
            tenant: beside("tenant", bytes)?,
        })
    }

    /// Takes what has expired out of the totals. The address stays known, so that whoever uses it hears why it is dead.
    async fn expire(write: &mut Write<'_>, tenant: &Tenant, now_ms: i64) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE capture SET expired = 1 \
             WHERE tenant = ? AND stored IS NULL AND ticket IS NOT NULL AND expired = 0 AND ticket_expires_ms <= ?",
        )
        .bind(tenant.as_str())
        .bind(now_ms)
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Takes in a manifest, or replaces the one of a photo that has not arrived (a void, or a signature anew).
    pub async fn put_capture(write: &mut Write<'_>, new: &NewCapture<'_>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO capture (tenant, device_id, capture_id, body_device, seq, body_sha256, sha256, size, \
             kind, manifest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (tenant, device_id, capture_id) DO UPDATE SET kind = excluded.kind, \
             manifest = excluded.manifest, ticket = NULL, looked_at = 0 WHERE capture.stored IS NULL",
        )
        .bind(new.name.tenant.as_str())
        .bind(new.name.device_id.as_str())
        .bind(new.name.capture_id.to_string())
        .bind(new.body_device.as_str())
        .bind(to_i64(new.seq))
        .bind(new.body_sha256.to_string())
        .bind(new.sha256.to_string())
        .bind(to_i64(new.size))
        .bind(kind_name(new.kind))
        .bind(new.manifest.as_str())
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Gives a photo a new ticket; the old one is dead.
    pub async fn set_ticket(
        write: &mut Write<'_>,
        name: &BlobName,
        ticket: &Digest,
        expires_ms: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE capture SET ticket = ?, ticket_expires_ms = ?, expired = 0, looked_at = 0 \
             WHERE tenant = ? AND device_id = ? AND capture_id = ?",
        )
        .bind(ticket.0.as_slice())
        .bind(expires_ms)
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Makes the address of a photo that has not arrived dead: another one takes its place.
    pub async fn close_ticket(write: &mut Write<'_>, name: &BlobName) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE capture SET ticket = NULL, ticket_expires_ms = NULL \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND stored IS NULL",
        )
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Keeps the *stored* receipt of a photo that had none.
    pub async fn set_stored(
        write: &mut Write<'_>,
        name: &BlobName,
        (stored, at_ms): (&Jws, i64),
        has_blob: bool,
    ) -> Result<(), sqlx::Error> {
        let done = sqlx::query(
            "UPDATE capture SET stored = ?, stored_at_ms = ?, blob = ? \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND stored IS NULL",
        )
        .bind(stored.as_str())
        .bind(at_ms)
        .bind(has_blob)
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await?;
        // Whoever has the turn at the photo is alone; a second receipt for it would be a second leaf.
        if done.rows_affected() == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
    }

    /// Photos of `tenant` that were filed before `before_ms` and whose bytes are still here.
    pub async fn filed_before(&self, tenant: &Tenant, before_ms: i64) -> Result<Vec<BlobName>, sqlx::Error> {
        let rows =
            sqlx::query(FILED_BEFORE).bind(tenant.as_str()).bind(before_ms).fetch_all(&self.readers).await?;
        names(tenant, &rows)
    }

    /// Photos of `tenant` that have no receipt and no address to come to any more and that nobody has looked at since this process
    /// began: some of them, and again others once these were looked at.
    pub async fn ended(&self, tenant: &Tenant) -> Result<Vec<BlobName>, sqlx::Error> {
        names(tenant, &sqlx::query(ENDED).bind(tenant.as_str()).fetch_all(&self.readers).await?)
    }

    /// These need not be looked at again by this process.
    pub async fn looked_at(&self, photos: &[BlobName]) -> Result<(), sqlx::Error> {
        self.note_all("UPDATE capture SET looked_at = 1", photos).await
    }

    /// These are to be looked at again.
    pub async fn look_again(&self, photos: &[BlobName]) -> Result<(), sqlx::Error> {
        self.note_all("UPDATE capture SET looked_at = 0", photos).await
    }

    /// Looks at all that has ended once more: a process that died may have left it whole.
    pub async fn look_anew(&self) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE capture SET looked_at = 0 WHERE looked_at = 1")
            .execute(&self.writer)
            .await
            .map(drop)
    }

    /// Notes that photos' bytes are gone.
    pub async fn blobs_deleted(&self, photos: &[BlobName]) -> Result<(), sqlx::Error> {
        self.note_all("UPDATE capture SET blob = 0", photos).await
    }

    /// One change of many photos, in one commit.
    async fn note_all(&self, change: &'static str, photos: &[BlobName]) -> Result<(), sqlx::Error> {
        if photos.is_empty() {
            return Ok(());
        }
        let query = format!("{change} WHERE tenant = ? AND device_id = ? AND capture_id = ?");
        let mut write = self.write().await?;
        for name in photos {
            sqlx::query(sqlx::AssertSqlSafe(query.as_str()))
                .bind(name.tenant.as_str())
                .bind(name.device_id.as_str())
                .bind(name.capture_id.to_string())
                .execute(&mut *write)
                .await?;
        }
        write.commit().await
    }
}

pub(super) fn names(tenant: &Tenant, rows: &[SqliteRow]) -> Result<Vec<BlobName>, sqlx::Error> {
    let name = |row: &SqliteRow| {
        let capture_id: &str = row.try_get("capture_id")?;
        let device_id: &str = row.try_get("device_id")?;
        Ok(BlobName {
            tenant: tenant.clone(),
            device_id: device_id.parse().map_err(damaged)?,
            capture_id: capture_id.parse::<CaptureId>().map_err(damaged)?,
        })
    };
    rows.iter().map(name).collect()
}

async fn capture_in(db: &mut SqliteConnection, name: &BlobName) -> Result<Option<Capture>, sqlx::Error> {
    let query =
        format!("SELECT {COLUMNS} FROM capture WHERE tenant = ? AND device_id = ? AND capture_id = ?");
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(capture).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn photos_to_delete_are_found_without_walking_over_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("gateway.sqlite")).await.unwrap();
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {FILED_BEFORE}")))
            .bind("ward-9")
            .bind(0_i64)
            .fetch_all(&db.readers)
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(matches!(&*steps, [step] if step.contains("INDEX capture_filed ")), "{steps:?}");
    }
}
