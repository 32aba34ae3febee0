//! Acts in the log by what they are about, and proposals with what became of them.

use gauze_wire::{Deed, DeviceId, Digest, Jws, ProposalId, Tenant, Wanted, Wiped};
use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{Db, Write, damaged, to_i64, to_u64};

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    /// The hospital has not decided.
    Waiting,
    /// It has signed.
    Approved,
    /// It has refused.
    Refused,
}

impl ProposalStatus {
    /// Its name, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }
}

/// Something the hospital was asked to sign.
#[derive(Clone, Serialize)]
pub struct Proposal {
    /// Its name.
    pub proposal_id: ProposalId,
    /// Where it stands.
    pub status: ProposalStatus,
    /// What is asked for.
    pub wanted: Wanted,
    /// Who asked.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Its place in the log.
    pub log_index: u64,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Why so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_why: Option<String>,
    /// When the decision came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// What the hospital signed. A token is leave to enrol: show it to nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Jws>,
}

/// A decision to keep.
pub struct Settled<'a> {
    pub proposal_id: &'a ProposalId,
    pub operator: &'a str,
    pub reason: &'a str,
    pub signed: Option<&'a Jws>,
    pub now_ms: i64,
}

const COLUMNS: &str = "proposal_id, status, wanted, operator, reason, at_ms, idx, decided_by, decided_why, \
                       decided_at_ms, signed";
const MOST: u32 = 200;

fn proposal(row: &SqliteRow) -> Result<Proposal, sqlx::Error> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let time = |ms: Option<i64>| ms.map(Timestamp::from_millisecond).transpose().map_err(damaged);
    Ok(Proposal {
        proposal_id: row.try_get::<&str, _>("proposal_id")?.parse().map_err(damaged)?,
        status: match row.try_get("status")? {
            "approved" => ProposalStatus::Approved,
            "refused" => ProposalStatus::Refused,
            _ => ProposalStatus::Waiting,
        },
        wanted: serde_json::from_str(row.try_get("wanted")?).map_err(damaged)?,
        operator: row.try_get("operator")?,
        reason: row.try_get("reason")?,
        at: time(row.try_get("at_ms")?)?.ok_or(sqlx::Error::RowNotFound)?,
        log_index: to_u64(row.try_get("idx")?),
        decided_by: text("decided_by")?,
        decided_why: text("decided_why")?,
        decided_at: time(row.try_get("decided_at_ms")?)?,
        signed: text("signed")?.map(|jws| Jws::parse(&jws)).transpose().map_err(damaged)?,
    })
}

impl Db {
    /// Notes that the leaf at `index` is an act.
    pub async fn add_act(
        write: &mut Write<'_>,
        tenant: &Tenant,
        index: u64,
        deed: &Deed,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO act (tenant, idx, deed, device_id, proposal_id) VALUES (?, ?, ?, ?, ?)")
            .bind(tenant.as_str())
            .bind(to_i64(index))
            .bind(deed.name())
            .bind(deed.device_id().map(DeviceId::as_str))
            .bind(deed.proposal_id().map(ProposalId::as_str))
            .execute(&mut **write)
            .await
            .map(drop)
    }

    /// The place in the log after the newest act; 0 where there is none.
    pub async fn acts_end(&self, tenant: &Tenant) -> Result<u64, sqlx::Error> {
        let newest: Option<i64> = sqlx::query_scalar("SELECT MAX(idx) FROM act WHERE tenant = ?")
            .bind(tenant.as_str())
            .fetch_one(&self.readers)
            .await?;
        Ok(newest.map_or(0, |newest| to_u64(newest).saturating_add(1)))
    }

    /// Acts from this place in the log on, oldest first, a page at most.
    pub async fn acts_from(&self, tenant: &Tenant, from: u64) -> Result<Vec<(u64, Jws)>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT act.idx, jws FROM act JOIN leaf ON leaf.tenant = act.tenant AND leaf.idx = act.idx \
             WHERE act.tenant = ? AND act.idx >= ? ORDER BY act.idx LIMIT ?",
        )
        .bind(tenant.as_str())
        .bind(to_i64(from))
        .bind(MOST)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| Ok((to_u64(row.try_get("idx")?), Jws::parse(row.try_get("jws")?).map_err(damaged)?)))
            .collect()
    }

    /// The newest acts, newest first; of one device where it is named, and before `before` in the log.
    pub async fn acts(
        &self,
        tenant: &Tenant,
        device: Option<&DeviceId>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Jws)>, sqlx::Error> {
        let about = if device.is_some() { "act.device_id = ?2 AND" } else { "" };
        let query = format!(
            "SELECT act.idx, jws FROM act JOIN leaf ON leaf.tenant = act.tenant AND leaf.idx = act.idx \
             WHERE act.tenant = ?1 AND {about} act.idx < ?3 ORDER BY act.idx DESC LIMIT ?4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(tenant.as_str())
            .bind(device.map(DeviceId::as_str))
            .bind(before.map_or(i64::MAX, to_i64))
            .bind(limit.min(MOST))
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| Ok((to_u64(row.try_get("idx")?), Jws::parse(row.try_get("jws")?).map_err(damaged)?)))
            .collect()
    }

    /// Keeps a proposal whose act is at `index`.
    pub async fn add_proposal(
        write: &mut Write<'_>,
        tenant: &Tenant,
        proposal: &Proposal,
    ) -> Result<(), sqlx::Error> {
        let device = match &proposal.wanted {
            Wanted::Wipe { device_id, .. } => Some(device_id.as_str()),
            Wanted::Token { .. } | Wanted::Policy { .. } => None,
        };
        sqlx::query(
            "INSERT INTO proposal (tenant, proposal_id, kind, wanted, device_id, operator, reason, at_ms, idx) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(tenant.as_str())
        .bind(proposal.proposal_id.as_str())
        .bind(proposal.wanted.kind())
        .bind(serde_json::to_string(&proposal.wanted).map_err(damaged)?)
        .bind(device)
        .bind(&proposal.operator)
        .bind(&proposal.reason)
        .bind(proposal.at.as_millisecond())
        .bind(to_i64(proposal.log_index))
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// One proposal.
    pub async fn proposal(&self, tenant: &Tenant, id: &ProposalId) -> Result<Option<Proposal>, sqlx::Error> {
        proposal_in(&mut *self.readers.acquire().await?, tenant, id).await
    }

    /// One proposal, as the write in progress sees it.
    pub async fn proposal_now(
        write: &mut Write<'_>,
        tenant: &Tenant,
        id: &ProposalId,
    ) -> Result<Option<Proposal>, sqlx::Error> {
        proposal_in(write, tenant, id).await
    }

    /// Proposals of one kind, newest first, before `before` in the log.
    pub async fn proposals(
        &self,
        tenant: &Tenant,
        kind: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Proposal>, sqlx::Error> {
        let query = format!(
            "SELECT {COLUMNS} FROM proposal WHERE tenant = ? AND kind = ? AND idx < ? ORDER BY idx DESC LIMIT ?"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(tenant.as_str())
            .bind(kind)
            .bind(before.map_or(i64::MAX, to_i64))
            .bind(limit.min(MOST))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(proposal).collect()
    }

    /// The newest proposal to wipe this device.
    pub async fn wipe_proposal(
        write: &mut Write<'_>,
        tenant: &Tenant,
        device: &DeviceId,
    ) -> Result<Option<Proposal>, sqlx::Error> {
        let query = format!(
            "SELECT {COLUMNS} FROM proposal WHERE tenant = ? AND device_id = ? ORDER BY idx DESC LIMIT 1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(tenant.as_str())
            .bind(device.as_str())
            .fetch_optional(&mut **write)
            .await?;
        row.as_ref().map(proposal).transpose()
    }

    /// The policies that the hospital signed of what was proposed here, with their versions, the newest first.
    pub async fn signed_policies(&self, tenant: &Tenant) -> Result<Vec<(u64, Jws)>, sqlx::Error> {
        // Not by the time of the decision: a clock that once ran ahead would make an older one the newest for good.
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT CAST(json_extract(wanted, '$.policy.version') AS INTEGER) AS version, signed FROM proposal \
             WHERE tenant = ? AND kind = 'policy' AND status = 'approved' ORDER BY version DESC, idx DESC",
        )
        .bind(tenant.as_str())
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|(version, jws)| Ok((to_u64(version), Jws::parse(&jws).map_err(damaged)?)))
            .collect()
    }

    /// Keeps what the hospital decided; `false` where it had decided before.
    pub async fn settle(
        write: &mut Write<'_>,
        tenant: &Tenant,
        settled: &Settled<'_>,
    ) -> Result<bool, sqlx::Error> {
        let status = if settled.signed.is_some() { "approved" } else { "refused" };
        let done = sqlx::query(
            "UPDATE proposal SET status = ?, decided_by = ?, decided_why = ?, decided_at_ms = ?, signed = ? \
             WHERE tenant = ? AND proposal_id = ? AND status = 'waiting'",
        )
        .bind(status)
        .bind(settled.operator)
        .bind(settled.reason)
        .bind(settled.now_ms)
        .bind(settled.signed.map(Jws::as_str))
        .bind(tenant.as_str())
        .bind(settled.proposal_id.as_str())
        .execute(&mut **write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a device its wipe order.
    pub async fn set_wipe_order(
        write: &mut Write<'_>,
        tenant: &Tenant,
        device: &DeviceId,
        order: &Jws,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE device SET wipe_order = ? WHERE tenant = ? AND device_id = ?")
            .bind(order.as_str())
            .bind(tenant.as_str())
            .bind(device.as_str())
            .execute(&mut **write)
            .await
            .map(drop)
    }

    /// Keeps a phone's word that it was wiped, known by the digest of what it signed; `false` where it was heard before.
    pub async fn hear_wiped(
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
        (word, wiped): (&Digest, &Wiped),
        now_ms: i64,
    ) -> Result<bool, sqlx::Error> {
        let news = sqlx::query("INSERT INTO wiped_word VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(tenant.as_str())
            .bind(device.as_str())
            .bind(word.to_string())
            .execute(&mut **write)
            .await?;
        if news.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "UPDATE device SET wiped_at_ms = ?, wiped_cause = ?, wipe_answered = coalesce(?, wipe_answered) \
             WHERE tenant = ? AND device_id = ?",
        )
        .bind(now_ms)
        .bind(wiped.cause.as_str())
        .bind(wiped.order_id.as_ref().map(ProposalId::as_str))
        .bind(tenant.as_str())
        .bind(device.as_str())
        .execute(&mut **write)
        .await?;
        Ok(true)
    }
}

async fn proposal_in(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    id: &ProposalId,
) -> Result<Option<Proposal>, sqlx::Error> {
    let query = format!("SELECT {COLUMNS} FROM proposal WHERE tenant = ? AND proposal_id = ?");
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(proposal).transpose()
}
