//! Enrolled devices and spent tokens, as requests need them.

use std::sync::PoisonError;

use gauze_attest::AttestedDevice;
use gauze_wire::signature::SKEW_S;
use gauze_wire::{Attestation, DeviceId, DeviceStatus, Digest, Holding, PublicKey, Tenant, TokenId};
use sqlx::Row as _;

use super::{Db, Write, damaged, to_i64, to_u64};

/// What a phone says of itself is written at most this often where it says nothing new.
const HEARD_EVERY_MS: i64 = 60_000;

/// More captured screens than that one phone does not say at once.
const MOST_CAPTURES: u64 = 1_000_000;

/// Asked at each enrolment: whoever types a serial number minds no case, and it must not walk over all devices.
const IS_SUSPENDED: &str = "SELECT EXISTS (SELECT 1 FROM device WHERE tenant = ?1 AND device_id = ?2 AND status = 'suspended') \
    OR EXISTS (SELECT 1 FROM device INDEXED BY device_serial WHERE tenant = ?1 AND serial COLLATE NOCASE IN (?3, ?4) \
    AND status = 'suspended') OR EXISTS (SELECT 1 FROM device INDEXED BY device_attested_serial \
    WHERE tenant = ?1 AND attested_serial COLLATE NOCASE IN (?3, ?4) \
    AND attested_serial IS NOT NULL AND status = 'suspended')";

/// An enrolled device.
#[derive(Clone, Debug)]
pub struct Device {
    pub device_id: DeviceId,
    pub key: PublicKey,
    pub status: DeviceStatus,
}

/// What a phone says of itself.
#[derive(Clone)]
pub struct Heartbeat {
    pub tenant: Tenant,
    pub device_id: DeviceId,
    pub holding: Holding,
    /// When, by the phone's own clock.
    pub said_at_s: i64,
    pub at_ms: i64,
}

/// What a phone says it holds, in whichever request.
pub struct Said {
    pub highest_seq: u64,
    pub unsent: u64,
    /// Where the request has it.
    pub screen_captures: Option<u64>,
    /// When, by the phone's own clock.
    pub at_s: i64,
}

/// A phone's count of captured screens, as far as it is believed: no count of its choice makes a number that is none.
fn counted(screen_captures: u64) -> i64 {
    to_i64(screen_captures.min(MOST_CAPTURES))
}

/// What is said to have been said later than this was said while our clock ran ahead.
fn horizon_s(now_ms: i64) -> i64 {
    now_ms.div_euclid(1000).saturating_add(SKEW_S)
}

/// A device to enrol.
pub struct NewDevice<'a> {
    pub tenant: &'a Tenant,
    pub device: &'a AttestedDevice,
    pub evidence: &'a Digest,
    pub log_index: u64,
    pub now_ms: i64,
}

impl Db {
    /// The device with this id.
    pub async fn device(&self, tenant: &Tenant, id: &DeviceId) -> Result<Option<Device>, sqlx::Error> {
        let row = sqlx::query("SELECT device_key, status FROM device WHERE tenant = ? AND device_id = ?")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let status = row.try_get::<&str, _>("status")?.parse().map_err(damaged)?;
        let key = serde_json::from_str(row.try_get("device_key")?).map_err(damaged)?;
        Ok(Some(Device { device_id: id.clone(), key, status }))
    }

    /// What a device may do, as the write in progress sees it.
    pub async fn status_now(
        write: &mut Write<'_>,
        tenant: &Tenant,
        id: &DeviceId,
    ) -> Result<Option<DeviceStatus>, sqlx::Error> {
        let status: Option<String> =
            sqlx::query_scalar("SELECT status FROM device WHERE tenant = ? AND device_id = ?")
                .bind(tenant.as_str())
                .bind(id.as_str())
                .fetch_optional(&mut **write)
                .await?;
        status.map(|status| status.parse().map_err(damaged)).transpose()
    }

    /// Whether a suspended device has this id, or said or attested one of these serial numbers: such a phone does not enrol again.
    pub async fn is_suspended(
        write: &mut Write<'_>,
        tenant: &Tenant,
        (id, [said, attested]): (Option<&DeviceId>, [Option<&str>; 2]),
    ) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(IS_SUSPENDED)
            .bind(tenant.as_str())
            .bind(id.map(DeviceId::as_str))
            .bind(said)
            .bind(attested)
            .fetch_one(&mut **write)
            .await
    }

    /// Where this very evidence stands in the log, if it was accepted before.
    pub async fn enrolled_as(&self, tenant: &Tenant, evidence: &Digest) -> Result<Option<u64>, sqlx::Error> {
        let index: Option<i64> = sqlx::query_scalar(
            "SELECT enrolment_index FROM device WHERE tenant = ? AND enrolment_sha256 = ?",
        )
        .bind(tenant.as_str())
        .bind(evidence.to_string())
        .fetch_optional(&self.readers)
        .await?;
        Ok(index.map(to_u64))
    }

    /// Keeps what a phone last said of itself; `false` where something newer was heard before. What comes late was true once: a `seq` that
    /// was used stays used, and nothing else changes. Of two in the same second the one that counts fewer captured screens is the older.
    pub async fn heard(
        &self,
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
        said: &Said,
        now_ms: i64,
    ) -> Result<bool, sqlx::Error> {
        sqlx::query(
            "UPDATE device SET highest_seq = ?3 WHERE tenant = ?1 AND device_id = ?2 AND highest_seq < ?3",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .bind(to_i64(said.highest_seq))
        .execute(&mut **write)
        .await?;
        if self.is_late((tenant, device), said.at_s, now_ms) {
            return Ok(false);
        }
        let done = sqlx::query(
            "UPDATE device SET unsent = ?3, heard_at_ms = ?4, said_at_s = ?5 WHERE tenant = ?1 AND device_id = ?2 \
             AND (said_at_s < ?5 OR said_at_s > ?6 OR (said_at_s = ?5 AND screen_captures_said <= COALESCE(?7, screen_captures_said)))",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .bind(to_i64(said.unsent))
        .bind(now_ms)
        .bind(said.at_s)
        .bind(horizon_s(now_ms))
        .bind(said.screen_captures.map(counted))
        .execute(&mut **write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Hears what is no news: no write is worth that, but what was said before it comes late from now on.
    pub fn heard_again(&self, (tenant, device): (&Tenant, &DeviceId), said_at_s: i64, now_ms: i64) {
        if !self.is_late((tenant, device), said_at_s, now_ms) {
            let mut again = self.heard_again.lock().unwrap_or_else(PoisonError::into_inner);
            again.insert((tenant.clone(), device.clone()), said_at_s);
        }
    }

    /// Whether the phone said later what was no news.
    fn is_late(&self, (tenant, device): (&Tenant, &DeviceId), said_at_s: i64, now_ms: i64) -> bool {
        let again = self.heard_again.lock().unwrap_or_else(PoisonError::into_inner);
        let last = again.get(&(tenant.clone(), device.clone())).filter(|last| **last <= horizon_s(now_ms));
        last.is_some_and(|last| said_at_s < *last)
    }

    /// Whether what a phone says it holds is worth a write. A phone that asks often and says nothing new costs none. When it was heard
    /// counts for nothing where that lies in the future.
    pub async fn is_news(
        &self,
        (tenant, device): (&Tenant, &DeviceId),
        holding: &Holding,
        now_ms: i64,
    ) -> Result<bool, sqlx::Error> {
        let news: Option<bool> = sqlx::query_scalar(
            "SELECT highest_seq < ?3 OR unsent IS NOT ?4 OR app_version IS NOT ?5 \
             OR screen_captures_said IS NOT ?7 OR COALESCE(heard_at_ms, 0) NOT BETWEEN ?6 AND ?8 FROM device WHERE tenant = ?1 AND device_id = ?2",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .bind(to_i64(holding.highest_seq))
        .bind(to_i64(holding.unsent))
        .bind(holding.app_version.as_str())
        .bind(now_ms - HEARD_EVERY_MS)
        .bind(counted(holding.screen_captures))
        .bind(now_ms)
        .fetch_optional(&self.readers)
        .await?;
        Ok(news == Some(true))
    }

    /// Keeps what many phones say they hold, in one commit. A screen that was captured is a line of the log once that is kept.
    pub async fn hear_all(&self, words: &[Heartbeat]) -> Result<(), sqlx::Error> {
        let mut write = self.write().await?;
        let mut captured = Vec::new();
        for Heartbeat { tenant, device_id, holding, said_at_s, at_ms } in words {
            let said = Said {
                highest_seq: holding.highest_seq,
                unsent: holding.unsent,
                screen_captures: Some(holding.screen_captures),
                at_s: *said_at_s,
            };
            if !self.heard(&mut write, (tenant, device_id), &said, *at_ms).await? {
                continue;
            }
            sqlx::query("UPDATE device SET app_version = ?1 WHERE tenant = ?2 AND device_id = ?3 AND app_version IS NOT ?1")
                .bind(holding.app_version.as_str())
                .bind(tenant.as_str())
                .bind(device_id.as_str())
                .execute(&mut *write)
                .await?;
            let said = counted(holding.screen_captures);
            let times = Self::screen_captured(&mut write, (tenant, device_id), said, *at_ms).await?;
            captured.extend(times.map(|times| (tenant, device_id, times)));
        }
        write.commit().await?;
        for (tenant, device_id, times) in captured {
            tracing::info!(%tenant, %device_id, times, "a phone's screen was captured");
        }
        Ok(())
    }

    /// Adds what a phone's count of captured screens grew by; how often in all, where it grew. One that counts from nothing again
    /// takes nothing back.
    async fn screen_captured(
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
        said: i64,
        now_ms: i64,
    ) -> Result<Option<u64>, sqlx::Error> {
        let times: Option<i64> = sqlx::query_scalar(
            "UPDATE device SET screen_captures = screen_captures + ?3 - iif(?3 < screen_captures_said, 0, screen_captures_said), \
             screen_captured_at_ms = iif(?3 > 0, ?4, screen_captured_at_ms), screen_captures_said = ?3 \
             WHERE tenant = ?1 AND device_id = ?2 AND screen_captures_said IS NOT ?3 RETURNING screen_captures",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .bind(said)
        .bind(now_ms)
        .fetch_optional(&mut **write)
        .await?;
        Ok(times.filter(|_| said > 0).map(to_u64))
    }

    /// Spends a token; `false` where it was spent before.
    pub async fn spend_token(
        write: &mut Write<'_>,
        tenant: &Tenant,
        token: &TokenId,
        evidence: &Digest,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query(
            "INSERT INTO spent_token (tenant, token_id, enrolment_sha256) VALUES (?, ?, ?) \
             ON CONFLICT DO NOTHING",
        )
        .bind(tenant.as_str())
        .bind(token.as_str())
        .bind(evidence.to_string())
        .execute(&mut **write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// How many enrolled with this token.
    pub async fn enrolled_with(&self, tenant: &Tenant, token: &TokenId) -> Result<u64, sqlx::Error> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM device WHERE tenant = ? AND token_id = ?")
            .bind(tenant.as_str())
            .bind(token.as_str())
            .fetch_one(&self.readers)
            .await?;
        Ok(to_u64(count))
    }

    /// The serial numbers, attested or else stated, that enrolled with a token for many.
    pub async fn serials_with(&self, tenant: &Tenant, token: &TokenId) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT COALESCE(attested_serial, serial) FROM device WHERE tenant = ? AND token_id = ? \
             AND COALESCE(attested_serial, serial) IS NOT NULL",
        )
        .bind(tenant.as_str())
        .bind(token.as_str())
        .fetch_all(&self.readers)
        .await
    }

    /// Enrols a device; `false` where its key is enrolled already.
    pub async fn add_device(write: &mut Write<'_>, new: &NewDevice<'_>) -> Result<bool, sqlx::Error> {
        let (enrolment, token) = (new.device.enrolment(), new.device.token());
        let key = serde_json::to_string(new.device.device_key()).map_err(damaged)?;
        let platform = serde_json::to_value(enrolment.platform).map_err(damaged)?;
        let follows = enrolment.follows.as_ref().map(|follows| follows.device_id.as_str());
        let done = sqlx::query(
            "INSERT INTO device (tenant, device_id, device_key, enrolment_sha256, enrolment_index, follows, \
             platform, model, serial, ward, app_version, enrolled_at_ms, attested_at_ms, token_id, level, lineage, \
             attested_serial) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(new.tenant.as_str())
        .bind(new.device.device_id().as_str())
        .bind(key)
        .bind(new.evidence.to_string())
        .bind(to_i64(new.log_index))
        .bind(follows)
        .bind(platform.as_str())
        .bind(enrolment.model.as_str())
        .bind(enrolment.serial.as_ref().map(|serial| serial.as_str()))
        .bind(enrolment.ward.as_ref().map(|ward| ward.as_str()))
        .bind(enrolment.app_version.as_str())
        .bind(new.now_ms)
        .bind(new.now_ms)
        .bind(token.token_id.as_str())
        .bind(level(&enrolment.attestation))
        .bind(new.device.lineage().as_str())
        .bind(new.device.shown().serial.as_deref())
        .execute(&mut **write)
        .await?;
        if done.rows_affected() == 1 {
            let device_id = new.device.device_id();
            Self::attested(write, (new.tenant, &device_id), new.device.shown(), new.now_ms).await?;
        }
        Ok(done.rows_affected() == 1)
    }
}

/// Where a key lives, as its attestation says.
fn level(attestation: &Attestation) -> &'static str {
    match attestation {
        Attestation::Software { .. } => "software",
        Attestation::AndroidKey { .. } | Attestation::FreshAndroidKey { .. } => "android_key",
        Attestation::AppAttest { .. } | Attestation::AppAttestAssertion { .. } => "app_attest",
        Attestation::AppAttestUnavailable { .. } => "app_attest_unavailable",
    }
}

#[cfg(test)]
impl Db {
    /// So many phones of one ward, named by their numbers.
    pub async fn crowd(&self, many: u32) {
        sqlx::query(
            "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?) \
             INSERT INTO device (tenant, device_id, device_key, enrolment_sha256, enrolment_index) \
             SELECT 'ward-9', substr(replace(hex(zeroblob(22)), '0', 'A') || n, -43), '{}', '', 0 FROM n",
        )
        .bind(many)
        .execute(&self.writer)
        .await
        .unwrap();
    }

    /// From now on nothing of a phone can be written.
    pub async fn forget_devices(&self) {
        sqlx::query("DROP TABLE device").execute(&self.writer).await.unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_suspended_serial_is_found_in_any_case_and_without_walking_over_all_devices() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("gateway.sqlite")).await.unwrap();
        db.crowd(10).await;
        let ward: Tenant = "ward-9".parse().unwrap();
        for (column, known, other) in
            [("serial", "R58N-30a", "r58n-30A"), ("attested_serial", "f17X", "F17x")]
        {
            let change = format!(
                "UPDATE device SET status = 'suspended', {column} = '{known}' \
                 WHERE device_id = (SELECT device_id FROM device WHERE status = 'active' LIMIT 1)"
            );
            sqlx::query(sqlx::AssertSqlSafe(change)).execute(&db.writer).await.unwrap();
            let mut write = db.write().await.unwrap();
            for serials in [[Some(other), None], [None, Some(other)], [Some(known), None]] {
                assert!(Db::is_suspended(&mut write, &ward, (None, serials)).await.unwrap(), "{serials:?}");
            }
            let another = [Some("R58N-30"), None];
            assert!(!Db::is_suspended(&mut write, &ward, (None, another)).await.unwrap());
        }
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {IS_SUSPENDED}")))
            .fetch_all(&db.readers)
            .await
            .unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        for index in [
            "INDEX device_serial (tenant=? AND serial=?)",
            "INDEX device_attested_serial (tenant=? AND attested_serial=?)",
        ] {
            assert!(steps.iter().any(|step| step.contains(index)), "{index}: {steps:?}");
        }
        assert!(!steps.iter().any(|step| step.starts_with("SCAN device")), "{steps:?}");
    }
}
