//! What operators reported, as far as the gateway knows it: where each stands in the log, and when the records side had it.

use gauze_wire::{Act, Digest, Jws, Tenant};
use jiff::Timestamp;
use sqlx::Row as _;

use super::{Db, Write, damaged, to_i64, to_u64};

/// A report as the gateway knows it. What it says is not among it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportView {
    /// Its place in the log.
    pub log_index: u64,
    /// When it was made and by whom; nothing where its entry is damaged.
    pub made: Option<(Timestamp, String)>,
    /// When the records side had it.
    pub handed_over: Option<Timestamp>,
}

impl Db {
    /// Where the report that says this stands already.
    pub async fn reported_at(
        write: &mut Write<'_>,
        tenant: &Tenant,
        said: &Digest,
    ) -> Result<Option<u64>, sqlx::Error> {
        let index: Option<i64> =
            sqlx::query_scalar("SELECT idx FROM act WHERE tenant = ? AND said_sha256 = ?")
                .bind(tenant.as_str())
                .bind(said.to_string())
                .fetch_optional(&mut **write)
                .await?;
        Ok(index.map(to_u64))
    }

    /// Notes what the report at `index` says, by its hash.
    pub async fn note_reported(
        write: &mut Write<'_>,
        tenant: &Tenant,
        index: u64,
        said: &Digest,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE act SET said_sha256 = ? WHERE tenant = ? AND idx = ?")
            .bind(said.to_string())
            .bind(tenant.as_str())
            .bind(to_i64(index))
            .execute(&mut **write)
            .await
            .map(drop)
    }

    /// The acts by which something was reported, newest first; one that is damaged hides none of the others.
    pub async fn reports(&self, tenant: &Tenant, limit: u32) -> Result<Vec<ReportView>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT act.idx, jws, handed_at_ms FROM act LEFT JOIN leaf ON leaf.tenant = act.tenant AND leaf.idx = act.idx \
             WHERE act.tenant = ? AND act.deed = 'report' ORDER BY act.idx DESC LIMIT ?",
        )
        .bind(tenant.as_str())
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let jws: Option<&str> = row.try_get("jws")?;
                let act: Option<Act> = jws.and_then(|jws| Jws::parse(jws).ok()?.peek().ok());
                let handed: Option<i64> = row.try_get("handed_at_ms")?;
                Ok(ReportView {
                    log_index: to_u64(row.try_get("idx")?),
                    made: act.map(|act| (act.at, act.operator.as_str().to_owned())),
                    handed_over: handed.map(Timestamp::from_millisecond).transpose().map_err(damaged)?,
                })
            })
            .collect()
    }
}
