//! What phones reported as gone wrong: which leaf, and whether the hospital has it.

use gauze_wire::{DeviceId, Digest, Jws, Proof, ReportId, Tenant};
use sqlx::{Row as _, SqliteConnection};

use super::log::{cosigned, entry_at, prove};
use super::{Db, Write, damaged, to_i64, to_u64};
use crate::tenant::Served;

/// A report that is in the log.
pub struct KnownReport {
    /// SHA-256 of the payload that the phone signed.
    pub payload: Digest,
    /// Its place.
    pub log_index: u64,
}

/// A report that is taken in.
pub struct NewReport<'a> {
    pub report_id: &'a ReportId,
    pub payload: &'a Digest,
    pub log_index: u64,
    pub revoked: bool,
}

impl Db {
    /// What came from this phone under this name.
    pub async fn report(
        &self,
        whose: (&Tenant, &DeviceId),
        id: &ReportId,
    ) -> Result<Option<KnownReport>, sqlx::Error> {
        report_in(&mut *self.readers.acquire().await?, whose, id).await
    }

    /// The same, as the write in progress sees it.
    pub async fn report_now(
        write: &mut Write<'_>,
        whose: (&Tenant, &DeviceId),
        id: &ReportId,
    ) -> Result<Option<KnownReport>, sqlx::Error> {
        report_in(write, whose, id).await
    }

    /// Keeps which leaf it is.
    pub async fn add_report(
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
        new: &NewReport<'_>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO phone_report (tenant, device_id, report_id, payload_sha256, idx, revoked) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .bind(new.report_id.as_str())
        .bind(new.payload.to_string())
        .bind(to_i64(new.log_index))
        .bind(new.revoked)
        .execute(&mut **write)
        .await
        .map(drop)
    }

    /// How many came from this phone since it was revoked.
    pub async fn reports_of_revoked(
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
    ) -> Result<u32, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM phone_report WHERE tenant = ? AND device_id = ? AND revoked = 1",
        )
        .bind(tenant.as_str())
        .bind(device.as_str())
        .fetch_one(&mut **write)
        .await
    }

    /// The leaf at a place, proven under the newest checkpoint that the hospital cosigned; under the present one where that has not come
    /// so far.
    pub async fn proven(&self, served: &Served, log_index: u64) -> Result<(Jws, Proof), sqlx::Error> {
        let tenant = &served.bundle.tenant;
        // One transaction, so that leaf, size and root are of one tree.
        let mut read = self.readers.begin().await?;
        let jws = entry_at(&mut read, tenant, log_index).await?;
        let cosigned = cosigned(&mut read, tenant).await?.filter(|(size, _)| *size > log_index);
        let proof = prove(&mut read, served, log_index, cosigned).await?;
        Ok((jws, proof))
    }
}

async fn report_in(
    db: &mut SqliteConnection,
    (tenant, device): (&Tenant, &DeviceId),
    id: &ReportId,
) -> Result<Option<KnownReport>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT payload_sha256, idx FROM phone_report WHERE tenant = ? AND device_id = ? AND report_id = ?",
    )
    .bind(tenant.as_str())
    .bind(device.as_str())
    .bind(id.as_str())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let payload = row.try_get::<&str, _>("payload_sha256")?.parse().map_err(damaged)?;
    Ok(Some(KnownReport { payload, log_index: to_u64(row.try_get("idx")?) }))
}
