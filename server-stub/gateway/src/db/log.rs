//! The tenant's Merkle log (RFC 6962): leaves in order, and the hash of every complete subtree, so that appending, the
//! root and an inclusion proof each read a handful of rows.

use gauze_wire::log::{Checkpoint, leaf_hash, node_hash};
use gauze_wire::{Digest, EntryKind, Jws, LogEntry, Proof, Tenant};
use sqlx::{Row as _, SqliteConnection};

use super::{Db, Write, damaged, to_i64, to_u64};
use crate::tenant::Served;

impl Db {
    /// Number of leaves.
    pub async fn log_size(&self, tenant: &Tenant) -> Result<u64, sqlx::Error> {
        size(&mut *self.readers.acquire().await?, tenant).await
    }

    /// The signed checkpoint of the present tree.
    pub async fn checkpoint(&self, served: &Served) -> Result<String, sqlx::Error> {
        // One transaction, so that size and root are of one tree.
        let mut read = self.readers.begin().await?;
        let tenant = &served.bundle.tenant;
        let size = size(&mut read, tenant).await?;
        let root = root(&mut read, tenant, size).await?;
        Ok(sign(served, size, root))
    }

    /// The root of the tree when it had `size` leaves.
    pub async fn root_at(&self, tenant: &Tenant, size: u64) -> Result<Digest, sqlx::Error> {
        root(&mut *self.readers.acquire().await?, tenant, size).await
    }

    /// Entries from `from`, in order.
    pub async fn entries(
        &self,
        tenant: &Tenant,
        from: u64,
        limit: u32,
    ) -> Result<Vec<LogEntry>, sqlx::Error> {
        let rows =
            sqlx::query("SELECT idx, kind, jws FROM leaf WHERE tenant = ? AND idx >= ? ORDER BY idx LIMIT ?")
                .bind(tenant.as_str())
                .bind(to_i64(from))
                .bind(limit)
                .fetch_all(&self.readers)
                .await?;
        rows.iter()
            .map(|row| {
                Ok(LogEntry {
                    index: to_u64(row.try_get("idx")?),
                    kind: kind_from(row.try_get("kind")?),
                    jws: Jws::parse(row.try_get("jws")?).map_err(damaged)?,
                })
            })
            .collect()
    }

    /// Keeps a cosigned checkpoint; an older one changes nothing.
    pub async fn keep_cosigned(&self, tenant: &Tenant, size: u64, note: &str) -> Result<(), sqlx::Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO cosigned (tenant, size, note) VALUES (?, ?, ?) \
             ON CONFLICT (tenant) DO UPDATE SET size = excluded.size, note = excluded.note \
             WHERE excluded.size >= cosigned.size",
        )
        .bind(tenant.as_str())
        .bind(to_i64(size))
        .bind(note)
        .execute(&mut *write)
        .await?;
        write.commit().await
    }
}

/// Appends a signed text and proves its place in the tree it makes.
pub async fn append(
    write: &mut Write<'_>,
    served: &Served,
    kind: EntryKind,
    jws: &Jws,
) -> Result<Proof, sqlx::Error> {
    let tenant = &served.bundle.tenant;
    let index = size(write, tenant).await?;
    sqlx::query("INSERT INTO leaf (tenant, idx, kind, jws) VALUES (?, ?, ?, ?)")
        .bind(tenant.as_str())
        .bind(to_i64(index))
        .bind(kind_name(kind))
        .bind(jws.as_str())
        .execute(&mut **write)
        .await?;
    let mut hash = leaf_hash(&jws.digest());
    let (mut level, mut at) = (0, index);
    loop {
        put(write, tenant, level, at, &hash).await?;
        if at & 1 == 0 {
            break;
        }
        let left = node(write, tenant, level, at - 1).await?;
        hash = node_hash(&left, &hash);
        (level, at) = (level + 1, at >> 1);
    }
    let size = index + 1;
    let root = root(write, tenant, size).await?;
    let inclusion = inclusion(write, tenant, index, size).await?;
    crate::meters::log_size(tenant.as_str(), size);
    Ok(Proof { log_index: index, inclusion, checkpoint: sign(served, size, root) })
}

fn sign(served: &Served, size: u64, root: Digest) -> String {
    let origin = served.gateway.log.name().to_owned();
    served.note_key.sign(&Checkpoint { origin, size, root })
}

async fn size(db: &mut SqliteConnection, tenant: &Tenant) -> Result<u64, sqlx::Error> {
    let last: Option<i64> = sqlx::query_scalar("SELECT MAX(idx) FROM leaf WHERE tenant = ?")
        .bind(tenant.as_str())
        .fetch_one(db)
        .await?;
    Ok(last.map_or(0, |last| to_u64(last) + 1))
}

async fn put(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    level: u32,
    at: u64,
    hash: &Digest,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO node (tenant, level, idx, hash) VALUES (?, ?, ?, ?)")
        .bind(tenant.as_str())
        .bind(level)
        .bind(to_i64(at))
        .bind(hash.0.as_slice())
        .execute(db)
        .await
        .map(drop)
}

async fn node(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    level: u32,
    at: u64,
) -> Result<Digest, sqlx::Error> {
    let hash: Vec<u8> =
        sqlx::query_scalar("SELECT hash FROM node WHERE tenant = ? AND level = ? AND idx = ?")
            .bind(tenant.as_str())
            .bind(level)
            .bind(to_i64(at))
            .fetch_one(db)
            .await?;
    let hash: [u8; 32] = hash.try_into().map_err(|_| damaged(gauze_wire::WireError::Malformed("node")))?;
    Ok(Digest(hash))
}

/// The complete subtrees of a tree of `size` leaves, left to right: `(level, index)`.
fn peaks(size: u64) -> Vec<(u32, u64)> {
    let mut peaks = Vec::new();
    let mut start = 0;
    for level in (0..64).rev() {
        let width = 1_u64 << level;
        if size & width != 0 {
            peaks.push((level, start >> level));
            start += width;
        }
    }
    peaks
}

async fn root(db: &mut SqliteConnection, tenant: &Tenant, size: u64) -> Result<Digest, sqlx::Error> {
    fold(db, tenant, &peaks(size)).await.map(|root| root.unwrap_or_else(|| Digest::of(b"")))
}

/// The hash over neighbouring subtrees, joined from the right.
async fn fold(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    peaks: &[(u32, u64)],
) -> Result<Option<Digest>, sqlx::Error> {
    let mut joined: Option<Digest> = None;
    for &(level, at) in peaks.iter().rev() {
        let left = node(db, tenant, level, at).await?;
        joined = Some(joined.map_or(left, |right| node_hash(&left, &right)));
    }
    Ok(joined)
}

async fn inclusion(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, sqlx::Error> {
    let peaks = peaks(size);
    let mut proof = Vec::new();
    let home = peaks.iter().position(|&(level, at)| index >> level == at);
    let Some(home) = home else { return Ok(proof) };
    for level in 0..peaks[home].0 {
        proof.push(node(db, tenant, level, (index >> level) ^ 1).await?);
    }
    proof.extend(fold(db, tenant, &peaks[home + 1..]).await?);
    for &(level, at) in peaks[..home].iter().rev() {
        proof.push(node(db, tenant, level, at).await?);
    }
    Ok(proof)
}

fn kind_name(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Enrolment => "enrolment",
        EntryKind::Photo => "photo",
        EntryKind::Void => "void",
        EntryKind::Adoption => "adoption",
        EntryKind::Act => "act",
        EntryKind::Reattestation => "reattestation",
        EntryKind::Wiped => "wiped",
    }
}

fn kind_from(name: &str) -> EntryKind {
    match name {
        "enrolment" => EntryKind::Enrolment,
        "void" => EntryKind::Void,
        "adoption" => EntryKind::Adoption,
        "act" => EntryKind::Act,
        "reattestation" => EntryKind::Reattestation,
        "wiped" => EntryKind::Wiped,
        _ => EntryKind::Photo,
    }
}
