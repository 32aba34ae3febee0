//! What the gateway cosigned of each records side's access log.

use gauze_wire::log::{Checkpoint, LogKey, Seen};
use gauze_wire::{Digest, Tenant};
use sqlx::Row as _;

use super::{Db, Write, damaged, to_i64, to_u64};

/// A pinned log, and its newest tree.
pub struct Pinned {
    pub log: LogKey,
    pub seen: Seen,
}

impl Db {
    /// What was cosigned last; read in the write that will replace it.
    pub async fn access_seen(write: &mut Write<'_>, tenant: &Tenant) -> Result<Option<Pinned>, sqlx::Error> {
        let row = sqlx::query("SELECT log, size, root FROM access_witness WHERE tenant = ?")
            .bind(tenant.as_str())
            .fetch_optional(&mut **write)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let root: Vec<u8> = row.try_get("root")?;
        let root = root.try_into().map_err(|_| damaged(gauze_wire::WireError::Malformed("root")))?;
        Ok(Some(Pinned {
            log: row.try_get::<String, _>("log")?.parse().map_err(damaged)?,
            seen: Seen { size: to_u64(row.try_get("size")?), root: Digest(root) },
        }))
    }

    /// Keeps a cosigned checkpoint as the newest.
    pub async fn keep_access(
        write: &mut Write<'_>,
        tenant: &Tenant,
        log: &LogKey,
        (checkpoint, note): (&Checkpoint, &str),
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO access_witness (tenant, log, size, root, note) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (tenant) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note",
        )
        .bind(tenant.as_str())
        .bind(log.to_string())
        .bind(to_i64(checkpoint.size))
        .bind(checkpoint.root.0.as_slice())
        .bind(note)
        .execute(&mut **write)
        .await
        .map(drop)
    }
}
