//! Which keys were one phone's, one after another, and what of a chain is missing by that.

use gauze_attest::Lineage;
use gauze_wire::{CaptureId, CaptureState, DeviceId, Jws, Tenant};
use serde::Serialize;
use sqlx::{Row as _, SqliteConnection};

use super::{Db, Write, damaged, to_u64};

/// A later enrolment that is, or may be, the same phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replacement {
    /// Its id.
    pub device_id: DeviceId,
    /// What that rests on.
    pub basis: Basis,
}

/// What it rests on that a later enrolment is the same phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// More than its own word.
    Proven,
    /// Its own word.
    Claimed,
    /// That it has the same serial number: it says nothing of another id before.
    Serial,
}

impl Replacement {
    /// Reads the id and what it rests on, as `COLUMNS` has them.
    pub(super) fn read(next: &str) -> Result<Self, sqlx::Error> {
        let (id, lineage) = next.split_once(' ').ok_or(sqlx::Error::RowNotFound)?;
        let lineage: Lineage = lineage.parse().map_err(damaged)?;
        let basis = match lineage {
            Lineage::First => Basis::Serial,
            Lineage::Claimed => Basis::Claimed,
            Lineage::Signed | Lineage::SameSerial | Lineage::Vouched => Basis::Proven,
        };
        Ok(Self { device_id: id.parse().map_err(damaged)?, basis })
    }
}

/// Re-enrolments of one phone that are followed.
const GENERATIONS: u32 = 16;

/// The word of a former key, its hardware's serial number or an operator.
const PROVEN: &str = "lineage IN ('signed', 'same_serial', 'vouched')";

/// A phone that lost its key still waits for the outcome of what the old key sent: its claim is enough to ask.
const STATES: &str = "WITH RECURSIVE line (id, n) AS (SELECT ?2, 0 UNION \
    SELECT device.follows, n + 1 FROM device JOIN line ON device_id = id \
    WHERE tenant = ?1 AND n < 16 AND follows IS NOT NULL) \
    SELECT capture.capture_id, stored, outcome FROM json_each(?3) AS asked CROSS JOIN line \
    CROSS JOIN capture ON capture.tenant = ?1 AND capture.device_id = line.id AND capture.capture_id = asked.value \
    WHERE stored IS NOT NULL ORDER BY asked.key, line.n";

impl Db {
    /// The ids that this phone had before, newest first: those that are proven to be its own, or also those it only says it had.
    pub async fn predecessors(
        &self,
        tenant: &Tenant,
        device: &DeviceId,
        claims_too: bool,
    ) -> Result<Vec<DeviceId>, sqlx::Error> {
        predecessors_in(&mut *self.readers.acquire().await?, tenant, device, claims_too).await
    }

    /// The receipts of those of `captures` that are held, in their order: the phone's own, and what its former keys sent. One query,
    /// however many are asked for and whatever keys there were.
    pub async fn states(
        &self,
        tenant: &Tenant,
        device: &DeviceId,
        captures: &[CaptureId],
    ) -> Result<Vec<CaptureState>, sqlx::Error> {
        let asked: Vec<String> = captures.iter().map(ToString::to_string).collect();
        let rows = sqlx::query(STATES)
            .bind(tenant.as_str())
            .bind(device.as_str())
            .bind(serde_json::to_string(&asked).map_err(damaged)?)
            .fetch_all(&self.readers)
            .await?;
        let mut states: Vec<CaptureState> = Vec::new();
        for row in &rows {
            let capture_id: CaptureId = row.try_get::<&str, _>("capture_id")?.parse().map_err(damaged)?;
            // The newest key's comes first.
            if states.last().is_some_and(|state| state.capture_id == capture_id) {
                continue;
            }
            let outcome: Option<&str> = row.try_get("outcome")?;
            states.push(CaptureState {
                capture_id,
                stored: Jws::parse(row.try_get("stored")?).map_err(damaged)?,
                outcome: outcome.map(Jws::parse).transpose().map_err(damaged)?,
                manifest: None,
            });
        }
        Ok(states)
    }

    /// The serial number that the hardware of this device attested when it enrolled.
    pub async fn attested_serial(
        &self,
        tenant: &Tenant,
        device: &DeviceId,
    ) -> Result<Option<String>, sqlx::Error> {
        let serial: Option<Option<String>> =
            sqlx::query_scalar("SELECT attested_serial FROM device WHERE tenant = ? AND device_id = ?")
                .bind(tenant.as_str())
                .bind(device.as_str())
                .fetch_optional(&self.readers)
                .await?;
        Ok(serial.flatten())
    }

    /// Keeps an operator's word that `device` is the phone that was `former`. `false` where that is proven already, nothing where
    /// it would close a circle or where another former key is proven.
    pub async fn vouch(
        write: &mut Write<'_>,
        tenant: &Tenant,
        device: &DeviceId,
        former: &DeviceId,
    ) -> Result<Option<bool>, sqlx::Error> {
        let known = predecessors_in(&mut *write, tenant, device, false).await?;
        if let Some(newest) = known.first() {
            return Ok((newest == former).then_some(false));
        }
        let before = predecessors_in(&mut *write, tenant, former, false).await?;
        if device == former || before.contains(device) {
            return Ok(None);
        }
        sqlx::query("UPDATE device SET follows = ?, lineage = ? WHERE tenant = ? AND device_id = ?")
            .bind(former.as_str())
            .bind(Lineage::Vouched.as_str())
            .bind(tenant.as_str())
            .bind(device.as_str())
            .execute(&mut **write)
            .await?;
        Ok(Some(true))
    }

    /// Places of the device's chain up to `highest` that nothing here holds, as ranges. What the device signed itself counts, and
    /// what a later key of the same phone signed for it: any other phone can name a place of this one.
    pub async fn gaps(
        &self,
        tenant: &Tenant,
        device: &DeviceId,
        highest: u64,
    ) -> Result<Vec<(u64, u64)>, sqlx::Error> {
        let query = format!(
            "WITH RECURSIVE phone (id, n) AS (SELECT ?2, 0 UNION \
             SELECT device.device_id, n + 1 FROM device JOIN phone ON device.follows = id \
             WHERE device.tenant = ?1 AND {PROVEN} AND n < {GENERATIONS}) \
             SELECT DISTINCT seq FROM capture WHERE tenant = ?1 AND body_device = ?2 AND stored IS NOT NULL \
             AND device_id IN (SELECT id FROM phone) ORDER BY seq"
        );
        let held: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .bind(tenant.as_str())
            .bind(device.as_str())
            .fetch_all(&self.readers)
            .await?;
        let mut gaps = Vec::new();
        let mut next = 1;
        for seq in held.into_iter().map(to_u64).chain([highest.saturating_add(1)]) {
            if seq > next && next <= highest {
                gaps.push((next, seq.min(highest + 1) - 1));
            }
            next = next.max(seq.saturating_add(1));
        }
        Ok(gaps)
    }
}

async fn predecessors_in(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    device: &DeviceId,
    claims_too: bool,
) -> Result<Vec<DeviceId>, sqlx::Error> {
    let counts = if claims_too { "follows IS NOT NULL" } else { PROVEN };
    let query = format!(
        "WITH RECURSIVE line (id, n) AS (\
         SELECT follows, 1 FROM device WHERE tenant = ?1 AND device_id = ?2 AND {counts} UNION \
         SELECT device.follows, n + 1 FROM device JOIN line ON device_id = id \
         WHERE tenant = ?1 AND n < {GENERATIONS} AND {counts}) \
         SELECT id FROM line WHERE id IS NOT NULL ORDER BY n"
    );
    let ids: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
        .bind(tenant.as_str())
        .bind(device.as_str())
        .fetch_all(db)
        .await?;
    ids.iter().map(|id| id.parse().map_err(damaged)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_phones_receipts_are_found_by_their_names_and_none_is_walked_over() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("gateway.sqlite")).await.unwrap();
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {STATES}")))
            .bind("ward-9")
            .bind("A")
            .bind("[]")
            .fetch_all(&db.readers)
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(steps.iter().any(|step| step.starts_with("SEARCH capture USING PRIMARY KEY")), "{steps:?}");
        assert!(
            !steps.iter().any(|step| step.starts_with("SCAN capture") || step.starts_with("SCAN device"))
        );
    }
}
