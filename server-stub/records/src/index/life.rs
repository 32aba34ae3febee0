//! Acts, phones' words, and proposals with what was decided here.

use gauze_attest::AppAttestKey;
use gauze_wire::{DeviceId, DeviceStatus, Jws, ProblemCode, ProposalId};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite, Transaction};

use super::{Index, IndexError, int, uint};

/// An act, or a phone's own word.
pub(crate) struct Noted {
    pub(crate) kind: &'static str,
    pub(crate) device_id: Option<DeviceId>,
    /// What the device may do from now on.
    pub(crate) status: Option<DeviceStatus>,
    /// The key that an operator said it had before.
    pub(crate) former: Option<DeviceId>,
    /// Something that waits for this side's signature.
    pub(crate) proposed: Option<ProposalId>,
    /// The device's App Attest key, where it was shown.
    pub(crate) app_attest: Option<AppAttestKey>,
}

/// A proposal as the index keeps it; what is asked for is the act at `log_index`.
pub(crate) struct ProposalRow {
    pub(crate) proposal_id: ProposalId,
    pub(crate) log_index: u64,
    pub(crate) status: String,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_why: Option<String>,
    pub(crate) decided_at: Option<Timestamp>,
    pub(crate) signed: Option<Jws>,
    pub(crate) handed_in: String,
}

/// A decision to keep.
pub(crate) struct Decided<'a> {
    pub(crate) by: &'a str,
    pub(crate) why: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) signed: Option<&'a Jws>,
}

impl ProposalRow {
    fn from_row(row: &SqliteRow) -> Result<Self, IndexError> {
        let damaged = || IndexError::Damaged("proposal");
        let at: Option<String> = row.try_get("decided_at")?;
        let signed: Option<String> = row.try_get("signed")?;
        Ok(Self {
            proposal_id: row.try_get::<String, _>("proposal_id")?.parse()?,
            log_index: uint(row.try_get("log_index")?)?,
            status: row.try_get("status")?,
            decided_by: row.try_get("decided_by")?,
            decided_why: row.try_get("decided_why")?,
            decided_at: at.map(|at| at.parse()).transpose().map_err(|_| damaged())?,
            signed: signed.map(|text| Jws::parse(&text)).transpose().map_err(|_| damaged())?,
            handed_in: row.try_get("handed_in")?,
        })
    }
}

impl Index {
    /// Whether the entry at `index` holds and is no enrolment and no photo; and of what kind.
    pub(crate) async fn noted(&self, index: u64) -> Result<Option<String>, IndexError> {
        let row = sqlx::query("SELECT kind FROM note WHERE log_index = ?")
            .bind(int(index))
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Places of notes of one kind, at most `limit` from `from`, in order.
    pub(crate) async fn notes(&self, kind: &str, from: u64, limit: u32) -> Result<Vec<u64>, IndexError> {
        let rows = sqlx::query(
            "SELECT log_index FROM note WHERE kind = ? AND log_index >= ? ORDER BY log_index LIMIT ?",
        )
        .bind(kind)
        .bind(int(from))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| uint(row.try_get(0)?)).collect()
    }

    /// Places of whatever may be a report, at most `limit` from `from`, in order: acts, phones' reports, and what came from phones that are
    /// not believed.
    pub(crate) async fn reportable(&self, from: u64, limit: u32) -> Result<Vec<u64>, IndexError> {
        let rows = sqlx::query(
            "SELECT log_index FROM (SELECT log_index FROM note WHERE kind IN ('act', 'report') AND log_index >= ?1 \
             UNION ALL SELECT log_index FROM rejected WHERE code = ?2 AND log_index >= ?1) ORDER BY log_index LIMIT ?3",
        )
        .bind(int(from))
        .bind(ProblemCode::UnknownDevice.as_str())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| uint(row.try_get(0)?)).collect()
    }

    /// One proposal.
    pub(crate) async fn proposal(&self, id: &ProposalId) -> Result<Option<ProposalRow>, IndexError> {
        let row = sqlx::query("SELECT * FROM proposal WHERE proposal_id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(ProposalRow::from_row).transpose()
    }

    /// Proposals in log order; the waiting ones, or all.
    pub(crate) async fn proposals(&self, all: bool) -> Result<Vec<ProposalRow>, IndexError> {
        let query = if all {
            "SELECT * FROM proposal ORDER BY log_index"
        } else {
            "SELECT * FROM proposal WHERE status = 'waiting' ORDER BY log_index"
        };
        let rows = sqlx::query(query).fetch_all(&self.pool).await?;
        rows.iter().map(ProposalRow::from_row).collect()
    }

    /// Decisions that the gateway has not heard of, at most `limit`, on proposals from `from` on, in log order.
    pub(crate) async fn to_hand_in(&self, from: u64, limit: u32) -> Result<Vec<ProposalRow>, IndexError> {
        let rows = sqlx::query(
            "SELECT * FROM proposal WHERE status <> 'waiting' AND handed_in = 'no' AND log_index >= ? \
             ORDER BY log_index LIMIT ?",
        )
        .bind(int(from))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(ProposalRow::from_row).collect()
    }

    /// How many proposals `by` has approved since then.
    pub(crate) async fn decided_since(&self, by: &str, since: Timestamp) -> Result<u64, IndexError> {
        // To the second: fractions are written only where there are any.
        let row = sqlx::query(
            "SELECT count(*) FROM proposal WHERE status = 'approved' AND decided_by = ? \
             AND substr(decided_at, 1, 19) >= substr(?, 1, 19)",
        )
        .bind(by)
        .bind(since.to_string())
        .fetch_one(&self.pool)
        .await?;
        uint(row.try_get(0)?)
    }

    /// Notes whether the gateway took a decision.
    pub(crate) async fn handed_in(&self, id: &ProposalId, taken: bool) -> Result<(), IndexError> {
        sqlx::query("UPDATE proposal SET handed_in = ? WHERE proposal_id = ?")
            .bind(if taken { "yes" } else { "refused" })
            .bind(id.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Keeps a decision; `false` where one was taken before.
    pub(crate) async fn decide(&self, id: &ProposalId, decided: &Decided<'_>) -> Result<bool, IndexError> {
        let done = sqlx::query(
            "UPDATE proposal SET status = ?, decided_by = ?, decided_why = ?, decided_at = ?, signed = ? \
             WHERE proposal_id = ? AND status = 'waiting'",
        )
        .bind(if decided.signed.is_some() { "approved" } else { "refused" })
        .bind(decided.by)
        .bind(decided.why)
        .bind(decided.at.to_string())
        .bind(decided.signed.map(Jws::as_str))
        .bind(id.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

pub(super) async fn write_note(
    tx: &mut Transaction<'_, Sqlite>,
    index: u64,
    noted: &Noted,
) -> Result<(), IndexError> {
    sqlx::query("INSERT INTO note (log_index, kind, device_id) VALUES (?, ?, ?)")
        .bind(int(index))
        .bind(noted.kind)
        .bind(noted.device_id.as_ref().map(|id| id.as_str()))
        .execute(&mut **tx)
        .await?;
    if let (Some(status), Some(device)) = (noted.status, &noted.device_id) {
        // Whatever the gateway says later: revoked is for good.
        sqlx::query("UPDATE device SET status = ? WHERE device_id = ? AND status <> 'revoked'")
            .bind(DeviceStatus::as_str(status))
            .bind(device.as_str())
            .execute(&mut **tx)
            .await?;
    }
    if let (Some(former), Some(device)) = (&noted.former, &noted.device_id) {
        // What is proven stays, whatever is said later.
        sqlx::query(
            "UPDATE device SET follows = ?, lineage = 'vouched' \
             WHERE device_id = ? AND lineage IN ('first', 'claimed')",
        )
        .bind(former.as_str())
        .bind(device.as_str())
        .execute(&mut **tx)
        .await?;
    }
    if let (Some(key), Some(device)) = (&noted.app_attest, &noted.device_id) {
        write_app_attest(tx, device, key).await?;
    }
    if let Some(proposal) = &noted.proposed {
        sqlx::query("INSERT OR IGNORE INTO proposal (proposal_id, log_index) VALUES (?, ?)")
            .bind(proposal.as_str())
            .bind(int(index))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Keeps a device's App Attest key as it was seen now.
async fn write_app_attest(
    tx: &mut Transaction<'_, Sqlite>,
    device_id: &DeviceId,
    key: &AppAttestKey,
) -> Result<(), IndexError> {
    sqlx::query(
        "UPDATE device SET app_attest_point = ?, app_attest_app = ?, app_attest_counter = ? WHERE device_id = ?",
    )
    .bind(key.point.as_slice())
    .bind(&key.app_id)
    .bind(key.counter)
    .bind(device_id.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
