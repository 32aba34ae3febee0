//! The chains of all phones, rebuilt from the signed bodies: in a database of its own that SQLite keeps in a temporary file
//! where it grows, so that a million photos need no more memory than a thousand.

use gauze_wire::Carried;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row as _, SqlitePool};

use super::Gap;
use crate::chain::is_broken;
use crate::index::{IndexError, NEIGHBOURS, int, neighbours_of};

/// Gaps read at once.
const PAGE: u32 = 1000;

const GAPS: &str = "SELECT device_id, before, seq FROM (SELECT device_id, seq, \
    LAG(seq, 1, 0) OVER (PARTITION BY device_id ORDER BY seq) AS before FROM body WHERE (device_id, seq) >= (?1, ?2)) \
    WHERE seq - before > 1 AND (device_id, seq) > (?1, ?2) ORDER BY device_id, seq LIMIT ?3";

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
             log_index INTEGER, late INTEGER, PRIMARY KEY (device_id, seq, own)) WITHOUT ROWID",
            "CREATE INDEX body_capture ON body (device_id, capture_id)",
        ] {
            sqlx::query(statement).execute(&pool).await?;
        }
        Ok(Self { pool })
    }

    /// Whether the body at `place` contradicts what came before it in the log; with `late`, also what was let in only once a
    /// person had asked.
    pub(super) async fn is_broken(
        &self,
        place: u64,
        (carried, own): (&Carried, bool),
        late: bool,
    ) -> Result<bool, IndexError> {
        let body = &carried.body;
        let follows = body.follows.as_ref().filter(|follows| follows.seq > 0);
        let asked = match late {
            true => NEIGHBOURS.to_owned(),
            false => format!("WITH body AS (SELECT * FROM main.body WHERE late = 0) {NEIGHBOURS}"),
        };
        let rows = sqlx::query(sqlx::AssertSqlSafe(asked))
            .bind(body.device_id.as_str())
            .bind(int(body.seq))
            .bind(own)
            .bind(body.capture_id.to_string())
            .bind(follows.map(|follows| follows.device_id.as_str()))
            .bind(follows.map(|follows| int(follows.seq)))
            .bind(int(place))
            .fetch_all(&self.pool)
            .await?;
        Ok(is_broken(carried, &neighbours_of(&rows)?))
    }

    /// Gives the body its place. One that was let in late had none where another held it by then.
    pub(super) async fn add(
        &self,
        place: u64,
        (carried, own): (&Carried, bool),
        late: bool,
    ) -> Result<(), IndexError> {
        let body = &carried.body;
        sqlx::query(
            "INSERT INTO body (device_id, seq, own, hash, prev, capture_id, log_index, late) VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET hash = excluded.hash, prev = excluded.prev, capture_id = excluded.capture_id, \
             log_index = excluded.log_index, late = 0 WHERE body.late = 1 AND excluded.late = 0",
        )
        .bind(body.device_id.as_str())
        .bind(int(body.seq))
        .bind(own)
        .bind(carried.hash.to_string())
        .bind(body.prev.map(|prev| prev.to_string()))
        .bind(body.capture_id.to_string())
        .bind(int(place))
        .bind(late)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Places below the highest known one of each phone that nothing holds.
    pub(super) async fn gaps(&self) -> Result<Vec<Gap>, IndexError> {
        let (mut gaps, mut device, mut seq) = (Vec::new(), String::new(), 0_i64);
        loop {
            // From the last one read on, which the first one needs before it.
            let rows = sqlx::query(GAPS).bind(&device).bind(seq).bind(PAGE).fetch_all(&self.pool).await?;
            if let Some(last) = rows.last() {
                (device, seq) = (last.try_get("device_id")?, last.try_get("seq")?);
            }
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
