//! The log as it was seen: leaves, complete subtrees, and the newest checkpoint we cosigned.

use std::collections::BTreeMap;

use gauze_wire::log::{Span, Subtree, Tree, needed};
use gauze_wire::{Digest, Jws};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteExecutor};

use super::{Index, IndexError, int, uint};

/// Roots of complete subtrees. One that was complete stays as it is.
pub(crate) type Nodes = BTreeMap<Subtree, Digest>;

fn digest(row: &SqliteRow, column: &str) -> Result<Digest, IndexError> {
    Ok(row.try_get::<String, _>(column)?.parse()?)
}

impl Index {
    /// The newest checkpoint that was cosigned, as the whole note.
    pub(crate) async fn cosigned(&self) -> Result<Option<String>, IndexError> {
        self.state("cosigned").await
    }

    /// From here on the leaves under this note are believed.
    pub(crate) async fn set_cosigned(&self, note: &str) -> Result<(), IndexError> {
        self.set_state("cosigned", note).await
    }

    /// Whether the gateway has taken this very note.
    pub(crate) async fn cosignature_sent(&self, note: &str) -> Result<bool, IndexError> {
        Ok(self.state("cosignature_sent").await?.as_deref() == Some(note))
    }

    /// The gateway has taken it.
    pub(crate) async fn set_cosignature_sent(&self, note: &str) -> Result<(), IndexError> {
        self.set_state("cosignature_sent", note).await
    }

    /// The next leaf to judge.
    pub(crate) async fn judged(&self) -> Result<u64, IndexError> {
        self.number("judged").await
    }

    /// From the leaf at `judged` on something counts that is not kept yet; or from where it was first noted.
    pub(crate) async fn note_news(&self, judged: u64) -> Result<u64, IndexError> {
        match self.state("news_since").await? {
            Some(_) => self.number("news_since").await,
            None => {
                self.set_state("news_since", &judged.to_string()).await?;
                Ok(judged)
            }
        }
    }

    /// There is nothing that is not kept.
    pub(crate) async fn forget_news(&self) -> Result<(), IndexError> {
        sqlx::query("DELETE FROM state WHERE name = 'news_since'").execute(&self.pool).await?;
        Ok(())
    }

    /// Adds leaves and the subtrees that they complete, believed by nobody yet.
    pub(crate) async fn stage(
        &self,
        leaves: &[(u64, &Jws)],
        nodes: &[(Subtree, Digest)],
    ) -> Result<(), IndexError> {
        let mut tx = self.pool.begin().await?;
        for (index, jws) in leaves {
            sqlx::query("INSERT INTO leaf (idx, jws) VALUES (?, ?)")
                .bind(int(*index))
                .bind(jws.as_str())
                .execute(&mut *tx)
                .await?;
        }
        for (place, hash) in nodes {
            sqlx::query("INSERT INTO node (level, idx, hash) VALUES (?, ?, ?)")
                .bind(place.level)
                .bind(int(place.index))
                .bind(hash.to_string())
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Forgets what was staged at or past `size`.
    pub(crate) async fn unstage(&self, size: u64) -> Result<(), IndexError> {
        let mut tx = self.pool.begin().await?;
        let leaves = sqlx::query("DELETE FROM leaf WHERE idx >= ?").bind(int(size)).execute(&mut *tx).await?;
        // Nodes are staged with their leaves; to look for them is to read the whole tree.
        if leaves.rows_affected() > 0 {
            sqlx::query("DELETE FROM node WHERE ((idx + 1) << level) > ?")
                .bind(int(size))
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// The tree of `size` leaves by its right edge.
    pub(crate) async fn tree(&self, size: u64) -> Result<Tree, IndexError> {
        let places = Span::whole(size).subtrees();
        let nodes = self.nodes(&places).await?;
        let hashes: Option<Vec<Digest>> = places.iter().map(|place| nodes.get(place).copied()).collect();
        Ok(Tree::from_edge(size, hashes.ok_or(IndexError::Damaged("node"))?)?)
    }

    /// The inclusion proof of a leaf in the tree of `size`. `known` keeps what was read: leaves beside one another share most.
    pub(crate) async fn inclusion(
        &self,
        index: u64,
        size: u64,
        known: &mut Nodes,
    ) -> Result<Vec<Digest>, IndexError> {
        let missing: Vec<Subtree> =
            needed(index, size).into_iter().filter(|place| !known.contains_key(place)).collect();
        known.extend(self.nodes(&missing).await?);
        gauze_wire::log::inclusion(index, size, known).ok_or(IndexError::Damaged("node"))
    }

    async fn nodes(&self, places: &[Subtree]) -> Result<Nodes, IndexError> {
        let mut nodes = Nodes::new();
        for place in places {
            let row = sqlx::query("SELECT hash FROM node WHERE level = ? AND idx = ?")
                .bind(place.level)
                .bind(int(place.index))
                .fetch_optional(&self.pool)
                .await?;
            if let Some(row) = row {
                nodes.insert(*place, digest(&row, "hash")?);
            }
        }
        Ok(nodes)
    }

    /// A stored leaf.
    pub(crate) async fn leaf(&self, index: u64) -> Result<Option<Jws>, IndexError> {
        leaf(&self.pool, index).await
    }

    /// At most `limit` stored leaves from `from`, in order.
    pub(crate) async fn leaves(&self, from: u64, limit: u32) -> Result<Vec<(u64, Jws)>, IndexError> {
        leaves(&self.pool, from, limit).await
    }
}

pub(super) async fn leaf(db: impl SqliteExecutor<'_>, index: u64) -> Result<Option<Jws>, IndexError> {
    Ok(leaves(db, index, 1).await?.pop().filter(|(at, _)| *at == index).map(|(_, jws)| jws))
}

async fn leaves(db: impl SqliteExecutor<'_>, from: u64, limit: u32) -> Result<Vec<(u64, Jws)>, IndexError> {
    let rows = sqlx::query("SELECT idx, jws FROM leaf WHERE idx >= ? ORDER BY idx LIMIT ?")
        .bind(int(from))
        .bind(limit)
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| {
            let jws = Jws::parse(&row.try_get::<String, _>("jws")?);
            Ok((uint(row.try_get("idx")?)?, jws.map_err(|_| IndexError::Damaged("leaf"))?))
        })
        .collect()
}
