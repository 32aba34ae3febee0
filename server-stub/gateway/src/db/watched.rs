//! What monitoring asks: how much waits, who is silent, what lies around.

use gauze_wire::signature::SKEW_S;
use gauze_wire::{Jws, Tenant, Token};
use jiff::Timestamp;
use sqlx::Row as _;

use super::told_status::{ToldStatus, WIPED};
use super::{Db, damaged, to_u64};

const HOUR_MS: i64 = 3_600_000;
/// A phone that was not heard from for so long is silent.
const SILENT_MS: i64 = 7 * 24 * HOUR_MS;
/// And so is one that said it holds photos, for so long.
const HOLDS_MS: i64 = 24 * HOUR_MS;
/// No token lives longer.
const TOKEN_MS: i64 = 31 * 24 * HOUR_MS;

/// One tenant at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Photos with a receipt that the hospital has neither filed nor refused.
    pub waiting: u64,
    /// When the oldest of them came (Unix time in milliseconds), where one waits.
    pub oldest_ms: Option<i64>,
    /// Phones by status, as people are told it.
    pub phones: Vec<(ToldStatus, u64)>,
    /// Active phones that were not heard from for a week.
    pub silent: u64,
    /// Phones that said they hold photos, and were not heard from for a day.
    pub silent_holding: u64,
    /// Tokens that are signed, live, and were not used.
    pub tokens_unused: u64,
    /// What was asked of the hospital and is not decided.
    pub proposals_waiting: u64,
    /// Leaves of the log, whichever process appended them.
    pub log_size: u64,
    /// Leaves of the log that no witness has cosigned.
    pub unwitnessed: u64,
    /// When the oldest of them was appended (Unix time in milliseconds), where one waits and it is known.
    pub unwitnessed_ms: Option<i64>,
}

impl Watched {
    /// The date of what waits, where that is yet to come: for how long it has waited is not known then.
    pub fn ahead(&self, now: Timestamp) -> Option<Timestamp> {
        let dated = [self.unwitnessed_ms, self.oldest_ms].into_iter().flatten();
        let dated = dated.filter_map(|at| Timestamp::from_millisecond(at).ok());
        dated.filter(|at| at.duration_since(now).as_secs() > SKEW_S).max()
    }
}

impl Db {
    /// Looks at one tenant.
    pub async fn watched(&self, tenant: &Tenant, now_ms: i64) -> Result<Watched, sqlx::Error> {
        let counts = self.counts(tenant).await?;
        let (waiting, oldest_ms) = self.waiting(tenant).await?;
        let log_size = self.log_size(tenant).await?;
        // One that was silent too long goes on with its key, and may fall silent again.
        let silent = format!("{} AND heard_at_ms < ?2", ToldStatus::Active.condition());
        let holding = format!("status <> 'revoked' AND NOT {WIPED} AND unsent > 0 AND heard_at_ms < ?2");
        let proposals = "SELECT COUNT(*) FROM proposal WHERE tenant = ? AND status = 'waiting'";
        let cosigned = "SELECT COALESCE(MAX(size), 0) FROM cosigned WHERE tenant = ?";
        let oldest = "SELECT at_ms FROM leaf WHERE tenant = ?1 AND idx = \
             (SELECT COALESCE(MAX(size), 0) FROM cosigned WHERE tenant = ?1)";
        let oldest = sqlx::query_scalar(oldest).bind(tenant.as_str()).fetch_optional(&self.readers).await?;
        Ok(Watched {
            waiting,
            oldest_ms,
            phones: vec![
                (ToldStatus::Active, counts.active),
                (ToldStatus::Wiped, counts.wiped),
                (ToldStatus::Suspended, counts.suspended),
                (ToldStatus::Revoked, counts.revoked),
            ],
            silent: self.unheard(tenant, &silent, now_ms - SILENT_MS).await?,
            silent_holding: self.unheard(tenant, &holding, now_ms - HOLDS_MS).await?,
            tokens_unused: self.tokens_unused(tenant, now_ms).await?,
            proposals_waiting: self.number(proposals, tenant).await?,
            log_size,
            unwitnessed: log_size.saturating_sub(self.number(cosigned, tenant).await?),
            unwitnessed_ms: oldest.flatten(),
        })
    }

    async fn waiting(&self, tenant: &Tenant) -> Result<(u64, Option<i64>), sqlx::Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS n, MIN(stored_at_ms) AS oldest FROM capture \
             WHERE tenant = ? AND stored IS NOT NULL AND outcome IS NULL AND kind <> 'void'",
        )
        .bind(tenant.as_str())
        .fetch_one(&self.readers)
        .await?;
        Ok((to_u64(row.try_get("n")?), row.try_get("oldest")?))
    }

    async fn number(&self, query: &'static str, tenant: &Tenant) -> Result<u64, sqlx::Error> {
        let n: i64 = sqlx::query_scalar(query).bind(tenant.as_str()).fetch_one(&self.readers).await?;
        Ok(to_u64(n))
    }

    async fn unheard(&self, tenant: &Tenant, which: &str, before_ms: i64) -> Result<u64, sqlx::Error> {
        let query = format!("SELECT COUNT(*) FROM device WHERE tenant = ?1 AND {which}");
        let n: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .bind(tenant.as_str())
            .bind(before_ms)
            .fetch_one(&self.readers)
            .await?;
        Ok(to_u64(n))
    }

    async fn tokens_unused(&self, tenant: &Tenant, now_ms: i64) -> Result<u64, sqlx::Error> {
        let signed: Vec<String> = sqlx::query_scalar(
            "SELECT signed FROM proposal WHERE tenant = ?1 AND kind = 'token' AND status = 'approved' \
             AND at_ms > ?2 AND signed IS NOT NULL AND NOT EXISTS (SELECT 1 FROM spent_token \
             WHERE spent_token.tenant = ?1 AND spent_token.token_id = proposal.proposal_id)",
        )
        .bind(tenant.as_str())
        .bind(now_ms - TOKEN_MS)
        .fetch_all(&self.readers)
        .await?;
        let mut live = 0;
        for jws in &signed {
            let token: Token = Jws::parse(jws).and_then(|jws| jws.peek()).map_err(damaged)?;
            live += u64::from(token.expires_at.as_millisecond() > now_ms);
        }
        Ok(live)
    }
}
