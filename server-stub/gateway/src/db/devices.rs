//! Enrolled devices and spent tokens.

use gauze_wire::{DeviceId, Digest, PublicKey, Tenant, TokenId};
use sqlx::Row as _;

use super::{Db, Write, damaged, to_i64, to_u64};

/// What a device may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStatus {
    /// Everything.
    Active,
    /// Upload, but not enrol or review.
    Suspended,
    /// Nothing.
    Revoked,
}

/// An enrolled device.
#[derive(Clone, Debug)]
pub struct Device {
    pub device_id: DeviceId,
    pub key: PublicKey,
    pub status: DeviceStatus,
}

/// A device to enrol.
pub struct NewDevice<'a> {
    pub tenant: &'a Tenant,
    pub device_id: &'a DeviceId,
    pub key: &'a PublicKey,
    pub evidence: &'a Digest,
    pub log_index: u64,
    /// The phone's device id before this one.
    pub follows: Option<&'a DeviceId>,
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
        let status = match row.try_get("status")? {
            "active" => DeviceStatus::Active,
            "suspended" => DeviceStatus::Suspended,
            _ => DeviceStatus::Revoked,
        };
        let key = serde_json::from_str(row.try_get("device_key")?).map_err(damaged)?;
        Ok(Some(Device { device_id: id.clone(), key, status }))
    }

    /// The ids that this phone says it had before, newest first.
    pub async fn predecessors(
        &self,
        tenant: &Tenant,
        device: &DeviceId,
    ) -> Result<Vec<DeviceId>, sqlx::Error> {
        let ids: Vec<String> = sqlx::query_scalar(
            "WITH RECURSIVE line (id, n) AS (\
             SELECT follows, 1 FROM device WHERE tenant = ?1 AND device_id = ?2 UNION \
             SELECT device.follows, n + 1 FROM device JOIN line ON device_id = id \
             WHERE tenant = ?1 AND n < 16) \
             SELECT id FROM line WHERE id IS NOT NULL ORDER BY n",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .fetch_all(&self.readers)
        .await?;
        ids.iter().map(|id| id.parse().map_err(damaged)).collect()
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

    /// Keeps what a phone last said of itself.
    pub async fn heard(
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
        (highest_seq, unsent): (u64, u64),
        now_ms: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE device SET highest_seq = MAX(highest_seq, ?), unsent = ?, heard_at_ms = ? \
             WHERE tenant = ? AND device_id = ?",
        )
        .bind(to_i64(highest_seq))
        .bind(to_i64(unsent))
        .bind(now_ms)
        .bind(tenant.as_str())
        .bind(device.as_str())
        .execute(&mut **write)
        .await
        .map(drop)
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

    /// Enrols a device; `false` where its key is enrolled already.
    pub async fn add_device(write: &mut Write<'_>, new: &NewDevice<'_>) -> Result<bool, sqlx::Error> {
        let key = serde_json::to_string(new.key).map_err(damaged)?;
        let done = sqlx::query(
            "INSERT INTO device (tenant, device_id, device_key, enrolment_sha256, enrolment_index, follows) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(new.tenant.as_str())
        .bind(new.device_id.as_str())
        .bind(key)
        .bind(new.evidence.to_string())
        .bind(to_i64(new.log_index))
        .bind(new.follows.map(DeviceId::as_str))
        .execute(&mut **write)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
