//! The tenant's Merkle log (RFC 6962): leaves in order, and the hash of every complete subtree, so that appending, the
//! root and an inclusion proof each read a handful of rows.

use std::collections::BTreeMap;

use gauze_wire::log::{self, Checkpoint, Span, Subtree, Tree};
use gauze_wire::{Digest, EntryKind, Jws, LogEntry, Proof, Tenant, WireError};
use jiff::Timestamp;
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

    /// The newest checkpoint that the records side cosigned.
    pub async fn cosigned_last(&self, tenant: &Tenant) -> Result<Option<String>, sqlx::Error> {
        let newest = cosigned(&mut *self.readers.acquire().await?, tenant).await?;
        Ok(newest.map(|(_, note)| note))
    }

    /// Keeps a cosigned checkpoint, and that reports under it were handed over; an older one changes nothing.
    pub async fn keep_cosigned(
        &self,
        tenant: &Tenant,
        (size, note): (u64, &str),
        now_ms: i64,
    ) -> Result<(), sqlx::Error> {
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
        sqlx::query(
            "UPDATE act SET handed_at_ms = ? WHERE tenant = ? AND deed = 'report' AND idx < ? AND handed_at_ms IS NULL",
        )
        .bind(now_ms)
        .bind(tenant.as_str())
        .bind(to_i64(size))
        .execute(&mut *write)
        .await?;
        write.commit().await
    }
}

/// Appends a signed text and proves its place in the tree it makes.
pub async fn append(
    write: &mut Write<'_>,
    served: &Served,
    (kind, jws): (EntryKind, &Jws),
    now: Timestamp,
) -> Result<Proof, sqlx::Error> {
    let tenant = &served.bundle.tenant;
    let index = size(write, tenant).await?;
    sqlx::query("INSERT INTO leaf (tenant, idx, kind, jws, at_ms) VALUES (?, ?, ?, ?, ?)")
        .bind(tenant.as_str())
        .bind(to_i64(index))
        .bind(kind_name(kind))
        .bind(jws.as_str())
        .bind(now.as_millisecond())
        .execute(&mut **write)
        .await?;
    let mut tree = tree(write, tenant, index).await?;
    for (place, hash) in log::append(&mut tree, &jws.digest()) {
        put(write, tenant, place, &hash).await?;
    }
    let (size, root) = (tree.size(), tree.root());
    let inclusion = inclusion(write, tenant, index, size).await?;
    crate::meters::log_size(tenant.as_str(), size);
    Ok(Proof { log_index: index, inclusion, checkpoint: sign(served, size, root) })
}

async fn inclusion(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, sqlx::Error> {
    let nodes = nodes(db, tenant, &log::needed(index, size)).await?;
    log::inclusion(index, size, &nodes).ok_or(sqlx::Error::RowNotFound)
}

/// Proves a leaf anew: in the tree of a checkpoint that was kept, or in the present one.
pub(super) async fn prove(
    db: &mut SqliteConnection,
    served: &Served,
    index: u64,
    kept: Option<(u64, String)>,
) -> Result<Proof, sqlx::Error> {
    let tenant = &served.bundle.tenant;
    let (size, checkpoint) = match kept {
        Some(kept) => kept,
        None => {
            let size = size(db, tenant).await?;
            (size, sign(served, size, root(db, tenant, size).await?))
        }
    };
    Ok(Proof { log_index: index, inclusion: inclusion(db, tenant, index, size).await?, checkpoint })
}

/// The newest checkpoint that the records side cosigned, and the size of its tree.
pub(super) async fn cosigned(
    db: &mut SqliteConnection,
    tenant: &Tenant,
) -> Result<Option<(u64, String)>, sqlx::Error> {
    let row: Option<(i64, String)> = sqlx::query_as("SELECT size, note FROM cosigned WHERE tenant = ?")
        .bind(tenant.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.map(|(size, note)| (to_u64(size), note)))
}

/// The signed text of one leaf.
pub(super) async fn entry_at(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    index: u64,
) -> Result<Jws, sqlx::Error> {
    let text: String = sqlx::query_scalar("SELECT jws FROM leaf WHERE tenant = ? AND idx = ?")
        .bind(tenant.as_str())
        .bind(to_i64(index))
        .fetch_one(db)
        .await?;
    Jws::parse(&text).map_err(damaged)
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
    place: Subtree,
    hash: &Digest,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO node (tenant, level, idx, hash) VALUES (?, ?, ?, ?)")
        .bind(tenant.as_str())
        .bind(place.level)
        .bind(to_i64(place.index))
        .bind(hash.0.as_slice())
        .execute(db)
        .await
        .map(drop)
}

async fn nodes(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    places: &[Subtree],
) -> Result<BTreeMap<Subtree, Digest>, sqlx::Error> {
    let mut nodes = BTreeMap::new();
    for place in places {
        let hash: Vec<u8> =
            sqlx::query_scalar("SELECT hash FROM node WHERE tenant = ? AND level = ? AND idx = ?")
                .bind(tenant.as_str())
                .bind(place.level)
                .bind(to_i64(place.index))
                .fetch_one(&mut *db)
                .await?;
        let hash: [u8; 32] = hash.try_into().map_err(|_| damaged(WireError::Malformed("node")))?;
        nodes.insert(*place, Digest(hash));
    }
    Ok(nodes)
}

/// The tree of `size` leaves, by its right edge.
async fn tree(db: &mut SqliteConnection, tenant: &Tenant, size: u64) -> Result<Tree, sqlx::Error> {
    let places = Span::whole(size).subtrees();
    let nodes = nodes(db, tenant, &places).await?;
    let hashes = places.iter().filter_map(|place| nodes.get(place).copied()).collect();
    Tree::from_edge(size, hashes).map_err(damaged)
}

async fn root(db: &mut SqliteConnection, tenant: &Tenant, size: u64) -> Result<Digest, sqlx::Error> {
    Ok(tree(db, tenant, size).await?.root())
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
        EntryKind::Report => "report",
        EntryKind::Other => "other",
    }
}

fn kind_from(name: &str) -> EntryKind {
    match name {
        "enrolment" => EntryKind::Enrolment,
        "photo" => EntryKind::Photo,
        "void" => EntryKind::Void,
        "adoption" => EntryKind::Adoption,
        "act" => EntryKind::Act,
        "reattestation" => EntryKind::Reattestation,
        "wiped" => EntryKind::Wiped,
        "report" => EntryKind::Report,
        _ => EntryKind::Other,
    }
}
