//! The chains of all phones, rebuilt from the signed bodies: in a database of its own that SQLite keeps in a temporary file
//! where it grows, so that a million photos need no more memory than a thousand.

use gauze_wire::Carried;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row as _, SqlitePool};

use super::Gap;
use crate::chain::is_broken;
use crate::index::{IndexError, NEIGHBOURS, neighbours_of};

/// Gaps read at once.
const PAGE: u32 = 1000;

/// Bodies by phone, place, and whether the phone itself signed it.
pub(super) struct Chains {
    pool: SqlitePool,
}

impl Chains {
    /// No chain yet.
    pub(super) async fn begin() -> Result<Self, IndexError> {
        // Without a name it is a file that only this process sees, and that is gone with it.
        let options = SqliteConnectOptions::new()
            .filename("")
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        for statement in [
            "CREATE TABLE body (device_id TEXT, seq INTEGER, own INTEGER, hash TEXT, prev TEXT, capture_id TEXT, \
             PRIMARY KEY (device_id, seq, own)) WITHOUT ROWID",
            "CREATE INDEX body_capture ON body (device_id, capture_id)",
        ] {
            sqlx::query(statement).execute(&pool).await?;
        }
        Ok(Self { pool })
    }

    /// Whether the body contradicts what came before it in the log.
    pub(super) async fn is_broken(&self, carried: &Carried, own: bool) -> Result<bool, IndexError> {
        let body = &carried.body;
        let follows = body.follows.as_ref().filter(|follows| follows.seq > 0);
        let rows = sqlx::query(NEIGHBOURS)
            .bind(body.device_id.as_str())
            .bind(int(body.seq))
            .bind(own)
            .bind(body.capture_id.to_string())
            .bind(follows.map(|follows| follows.device_id.as_str()))
            .bind(follows.map(|follows| int(follows.seq)))
            .fetch_all(&self.pool)
            .await?;
        Ok(is_broken(carried, &neighbours_of(&rows)?))
    }

    /// Gives the body its place.
    pub(super) async fn add(&self, carried: &Carried, own: bool) -> Result<(), IndexError> {
        let body = &carried.body;
        sqlx::query(
            "INSERT OR IGNORE INTO body (device_id, seq, own, hash, prev, capture_id) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(body.device_id.as_str())
        .bind(int(body.seq))
        .bind(own)
        .bind(carried.hash.to_string())
        .bind(body.prev.map(|prev| prev.to_string()))
        .bind(body.capture_id.to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Places below the highest known one of each phone that nothing holds.
    pub(super) async fn gaps(&self) -> Result<Vec<Gap>, IndexError> {
        let mut gaps = Vec::new();
        loop {
            let rows = sqlx::query(
                "SELECT device_id, before, seq FROM (SELECT device_id, seq, \
                 LAG(seq, 1, 0) OVER (PARTITION BY device_id ORDER BY seq) AS before FROM body) \
                 WHERE seq - before > 1 ORDER BY device_id, seq LIMIT ? OFFSET ?",
            )
            .bind(PAGE)
            .bind(int(gaps.len() as u64))
            .fetch_all(&self.pool)
            .await?;
            for row in &rows {
                let number = |column: &str| -> Result<u64, IndexError> {
                    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| IndexError::Damaged("numbers"))
                };
                gaps.push(Gap {
                    device_id: row.try_get::<String, _>("device_id")?.parse()?,
                    first: number("before")? + 1,
                    last: number("seq")? - 1,
                });
            }
            if rows.len() < PAGE as usize {
                return Ok(gaps);
            }
        }
    }

    pub(super) async fn end(self) {
        self.pool.close().await;
    }
}

/// Below 2^53, as every body was read.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
