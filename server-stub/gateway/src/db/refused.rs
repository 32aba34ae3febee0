//! What the hospital said of a photo; and what takes the place of one that it refused, or whose bytes are no longer here as they
//! were signed for.
//!
//! Always: nothing here forgets a photo that was filed.

use gauze_wire::{Jws, Manifest, Refused, Tenant};

use super::captures::names;
use super::{Capture, Db, Write, to_i64};
use crate::blobs::BlobName;

/// Asked each hour.
const DISCARDED: &str =
    "SELECT device_id, capture_id FROM capture WHERE tenant = ? AND blob = 1 AND discarded = 1 LIMIT 1000";

/// Asked each hour too. What counts for nobody ages with the rest, so that it is not looked at again.
const AGE_REFUSED: &str = "WITH old AS (SELECT device_id, capture_id, \
    SUM(CASE WHEN kind = 'void' OR released = 1 THEN 0 ELSE size END) \
    OVER (PARTITION BY device_id ORDER BY refused_at_ms, capture_id) \
    + (SELECT COALESCE(SUM(size), 0) FROM capture aged INDEXED BY capture_refused_of \
    WHERE aged.tenant = ?1 AND aged.device_id = capture.device_id \
    AND aged.refused_at_ms IS NOT NULL AND aged.filed_at_ms IS NULL AND aged.released = 0 AND aged.aged = 1 \
    AND aged.kind <> 'void') AS bytes \
    FROM capture WHERE tenant = ?1 AND refused_at_ms IS NOT NULL AND refused_at_ms < ?2 AND filed_at_ms IS NULL \
    AND aged = 0) \
    UPDATE capture SET aged = 1 WHERE tenant = ?1 AND (device_id, capture_id) IN \
    (SELECT device_id, capture_id FROM old WHERE bytes <= ?3)";

/// What the hospital said.
pub struct Outcome<'a> {
    pub jws: &'a Jws,
    /// When.
    pub at_ms: i64,
    /// Whether it filed the photo; else it refused it.
    pub filed: bool,
}

impl Capture {
    /// Whether the hospital refused it in such a way that `manifest`, of the same photo, takes its place.
    pub fn is_superseded_by(&self, manifest: &Manifest) -> bool {
        let cause =
            self.outcome.as_ref().and_then(|jws| jws.peek::<Refused>().ok()).map(|refused| refused.cause);
        match manifest {
            Manifest::Photo(_) => false,
            Manifest::Void(..) => cause.is_some(),
            Manifest::Adoption(..) => cause.is_some_and(|cause| cause.is_superseded_by_adoption()),
        }
    }
}

impl Db {
    /// Keeps the hospital's word. *Filed* replaces *refused*, never the reverse; `false` where nothing changed.
    pub async fn set_outcome(
        write: &mut Write<'_>,
        name: &BlobName,
        outcome: &Outcome<'_>,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "UPDATE capture SET outcome = ?, filed_at_ms = ?, refused_at_ms = COALESCE(refused_at_ms, ?) \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND filed_at_ms IS NULL",
        )
        .bind(outcome.jws.as_str())
        .bind(outcome.filed.then_some(outcome.at_ms))
        .bind((!outcome.filed).then_some(outcome.at_ms))
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Forgets that a photo was stored, so that it may come again or be voided.
    pub async fn reopen(write: &mut Write<'_>, name: &BlobName) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE capture SET stored = NULL, outcome = NULL, refused_at_ms = NULL, released = 0, aged = 0, discarded = 0, blob = 0, \
             ticket = NULL, ticket_expires_ms = NULL \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND filed_at_ms IS NULL",
        )
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Counts a refused photo no more: another key has signed for it, or said that it will not come, and then its bytes go.
    pub async fn release(write: &mut Write<'_>, name: &BlobName, discarded: bool) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE capture SET released = 1, discarded = discarded OR ? \
             WHERE tenant = ? AND device_id = ? AND capture_id = ? AND filed_at_ms IS NULL",
        )
        .bind(discarded)
        .bind(name.tenant.as_str())
        .bind(name.device_id.as_str())
        .bind(name.capture_id.to_string())
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// Photos of `tenant` that were discarded under a later key and whose bytes may still be here.
    pub async fn discarded(&self, tenant: &Tenant) -> Result<Vec<BlobName>, sqlx::Error> {
        names(tenant, &sqlx::query(DISCARDED).bind(tenant.as_str()).fetch_all(&self.readers).await?)
    }

    /// Counts what was refused before `before_ms` no longer towards its phone's quota, the oldest first, up to `most` bytes
    /// of each phone: the hospital's count goes on, and a phone that errs for ever must not fill it.
    pub async fn age_refused(&self, tenant: &Tenant, before_ms: i64, most: u64) -> Result<(), sqlx::Error> {
        let mut write = self.write().await?;
        sqlx::query(AGE_REFUSED)
            .bind(tenant.as_str())
            .bind(before_ms)
            .bind(to_i64(most))
            .execute(&mut *write)
            .await?;
        write.commit().await
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    use sqlx::{Row as _, SqlitePool};

    use super::*;

    const PHONES: &str = "INSERT INTO device (tenant, device_id, device_key, status, enrolment_sha256, enrolment_index) \
        VALUES ('ward-9', 'good', '', 'active', '', 0), ('ward-9', 'lost', '', 'revoked', '', 1)";
    const PHOTOS: &str = "INSERT INTO capture (tenant, device_id, capture_id, body_device, seq, body_sha256, sha256, size, \
        kind, manifest) SELECT 'ward-9', column1, column2, column1, 1, '', '', column3, 'photo', '' \
        FROM (VALUES ('good', 'refused', 1), ('good', 'waits', 10), ('good', 'filed', 100), ('lost', 'refused', 1000))";
    const SAID: &str = "UPDATE capture SET outcome = '{}' WHERE capture_id <> 'waits'";

    async fn run(pool: &SqlitePool, statements: &[&'static str]) {
        for statement in statements {
            sqlx::query(*statement).execute(pool).await.unwrap();
        }
    }

    /// What counts towards: the hospital, the phone that is used, the one that was revoked.
    async fn held(pool: &SqlitePool) -> Vec<(String, i64)> {
        let rows =
            sqlx::query("SELECT holder, bytes FROM held ORDER BY holder").fetch_all(pool).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    fn counts(all: i64, good: i64, lost: i64) -> Vec<(String, i64)> {
        vec![(String::new(), all), ("good".into(), good), ("lost".into(), lost)]
    }

    /// A database as it was before migration 62, and then as it is after it.
    async fn migrated(before: &[&'static str]) -> (tempfile::TempDir, SqlitePool) {
        let dir = tempfile::tempdir().unwrap();
        let options =
            SqliteConnectOptions::new().filename(dir.path().join("old.sqlite")).create_if_missing(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let mut migrator = sqlx::migrate!();
        let all = migrator.migrations.clone();
        migrator.migrations = all.iter().filter(|one| one.version < 62).cloned().collect();
        migrator.run(&pool).await.unwrap();
        run(&pool, before).await;
        migrator.migrations = all;
        migrator.run(&pool).await.unwrap();
        (dir, pool)
    }

    #[tokio::test]
    async fn what_was_refused_before_that_was_noted_ages_and_counts_no_more_where_its_phone_was_revoked() {
        let stored = "UPDATE capture SET stored = '{}', blob = 1";
        let filed = "UPDATE capture SET filed_at_ms = 1 WHERE capture_id = 'filed'";
        let (_dir, pool) = migrated(&[PHONES, PHOTOS, stored, SAID, filed]).await;
        assert_eq!(held(&pool).await, counts(11, 11, 0));
        let noted =
            "SELECT COUNT(*) FROM capture WHERE refused_at_ms > 1600000000000 AND capture_id = 'refused'";
        let all = "SELECT COUNT(*) FROM capture WHERE refused_at_ms IS NOT NULL OR blob = 0";
        for (question, answer) in [(noted, 2_i64), (all, 2)] {
            assert_eq!(sqlx::query_scalar::<_, i64>(question).fetch_one(&pool).await.unwrap(), answer);
        }
    }

    #[tokio::test]
    async fn what_is_refused_counts_no_more_once_its_phone_is_revoked_whichever_comes_first() {
        let (_dir, pool) = migrated(&[]).await;
        run(&pool, &[PHONES, PHOTOS, "UPDATE capture SET stored = '{}', blob = 1"]).await;
        assert_eq!(held(&pool).await, counts(1111, 111, 1000));
        run(&pool, &["UPDATE capture SET outcome = '{}', refused_at_ms = 1 WHERE capture_id = 'refused'"])
            .await;
        assert_eq!(held(&pool).await, counts(111, 111, 0));
        run(&pool, &["UPDATE capture SET aged = 1 WHERE device_id = 'good' AND capture_id = 'refused'"])
            .await;
        assert_eq!(held(&pool).await, counts(111, 110, 0));
        run(&pool, &["UPDATE device SET status = 'revoked' WHERE device_id = 'good'"]).await;
        assert_eq!(held(&pool).await, counts(110, 110, 0), "what waits is filed or refused yet");
        // What is filed after all is counted down once.
        run(&pool, &["UPDATE capture SET filed_at_ms = 2"]).await;
        assert_eq!(held(&pool).await, counts(0, 0, 0));
    }

    #[tokio::test]
    async fn what_is_asked_each_hour_walks_over_no_photo_that_was_filed() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("gateway.sqlite")).await.unwrap();
        for (query, indexes) in [
            (DISCARDED, &["INDEX capture_discarded "][..]),
            (AGE_REFUSED, &["INDEX capture_refused ", "INDEX capture_refused_of "]),
        ] {
            let plan = format!("EXPLAIN QUERY PLAN {query}");
            let plan = sqlx::query(sqlx::AssertSqlSafe(plan)).fetch_all(&db.writer).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
            for index in indexes {
                assert!(steps.iter().any(|step| step.contains(index)), "{index}: {steps:?}");
            }
            assert!(!steps.iter().any(|step| step.starts_with("SCAN capture")), "{steps:?}");
        }
    }
}
