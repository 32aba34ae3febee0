//! What devices' hardware showed: when last, what it may not fall below again, which certificates it rests on.

use gauze_attest::{AppAttestKey, BootState, PatchLevels, SecurityLevel, Shown};
use gauze_wire::{DeviceId, Platform, Tenant};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::{Db, Write, damaged, to_i64, to_u64};

fn number(value: Option<u64>) -> Option<i64> {
    value.map(to_i64)
}

/// What a device showed before: what it shows again is judged by it.
#[derive(Debug, PartialEq, Eq)]
pub struct ShownBefore {
    pub platform: Platform,
    /// Nothing where it showed none.
    pub patches: Option<PatchLevels>,
    pub app_attest: Option<AppAttestKey>,
}

fn app_attest(row: &SqliteRow) -> Result<Option<AppAttestKey>, sqlx::Error> {
    let Some(point) = row.try_get::<Option<&[u8]>, _>("app_attest_point")? else { return Ok(None) };
    Ok(Some(AppAttestKey {
        point: point.try_into().map_err(damaged)?,
        app_id: row.try_get("app_attest_app")?,
        counter: row.try_get("app_attest_counter")?,
    }))
}

impl Db {
    /// What a device showed last.
    pub async fn shown_before(
        &self,
        tenant: &Tenant,
        device: &DeviceId,
    ) -> Result<Option<ShownBefore>, sqlx::Error> {
        shown_in(&mut *self.readers.acquire().await?, tenant, device).await
    }

    /// What a device showed last, as the write in progress sees it.
    pub async fn shown_now(
        write: &mut Write<'_>,
        tenant: &Tenant,
        device: &DeviceId,
    ) -> Result<Option<ShownBefore>, sqlx::Error> {
        shown_in(write, tenant, device).await
    }

    /// Keeps evidence that held.
    pub async fn attested(
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
        shown: &Shown,
        now_ms: i64,
    ) -> Result<(), sqlx::Error> {
        let (key, patches) = (shown.app_attest.as_ref(), shown.patches.unwrap_or_default());
        sqlx::query(
            "UPDATE device SET attested_at_ms = ?, attest_refused = NULL, os_version = ?, patch_level = ?, \
             vendor_patch = ?, boot_patch = ?, level = coalesce(?, level), boot_state = coalesce(?, boot_state), \
             app_attest_point = coalesce(?, app_attest_point), app_attest_app = coalesce(?, app_attest_app), \
             app_attest_counter = coalesce(?, app_attest_counter) WHERE tenant = ? AND device_id = ?",
        )
        .bind(now_ms)
        .bind(patches.os_version.map(|level| level.to_string()))
        .bind(patches.system.map(|level| level.to_string()))
        .bind(number(patches.vendor))
        .bind(number(patches.boot))
        .bind(shown.level.map(SecurityLevel::as_str))
        .bind(shown.boot.map(BootState::as_str))
        .bind(key.map(|key| key.point.as_slice()))
        .bind(key.map(|key| key.app_id.as_str()))
        .bind(key.map(|key| key.counter))
        .bind(tenant.as_str())
        .bind(device.as_str())
        .execute(&mut **write)
        .await?;
        for serial in &shown.serials {
            sqlx::query(
                "INSERT INTO device_certificate (tenant, serial, device_id) VALUES (?, ?, ?) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(tenant.as_str())
            .bind(serial)
            .bind(device.as_str())
            .execute(&mut **write)
            .await?;
        }
        Ok(())
    }

    /// Keeps why evidence that was shown again did not hold.
    pub async fn attest_refused(
        write: &mut Write<'_>,
        (tenant, device): (&Tenant, &DeviceId),
        code: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE device SET attest_refused = ? WHERE tenant = ? AND device_id = ?")
            .bind(code)
            .bind(tenant.as_str())
            .bind(device.as_str())
            .execute(&mut **write)
            .await
            .map(drop)
    }

    /// At most `limit` different certificate serials after `after`.
    pub async fn serials(
        &self,
        tenant: &Tenant,
        after: &str,
        limit: u32,
    ) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(
            "SELECT DISTINCT serial FROM device_certificate WHERE tenant = ? AND serial > ? \
             ORDER BY serial LIMIT ?",
        )
        .bind(tenant.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
    }

    /// Devices whose chain holds this certificate.
    pub async fn devices_with(&self, tenant: &Tenant, serial: &str) -> Result<Vec<DeviceId>, sqlx::Error> {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT device_id FROM device_certificate WHERE tenant = ? AND serial = ?")
                .bind(tenant.as_str())
                .bind(serial)
                .fetch_all(&self.readers)
                .await?;
        ids.iter().map(|id| id.parse().map_err(damaged)).collect()
    }
}

async fn shown_in(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    device: &DeviceId,
) -> Result<Option<ShownBefore>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT platform, os_version, patch_level, vendor_patch, boot_patch, app_attest_point, app_attest_app, \
         app_attest_counter FROM device WHERE tenant = ? AND device_id = ?",
    )
    .bind(tenant.as_str())
    .bind(device.as_str())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let text = |column: &str| -> Result<Option<u64>, sqlx::Error> {
        Ok(row.try_get::<Option<String>, _>(column)?.and_then(|text| text.parse().ok()))
    };
    let number = |column: &str| -> Result<Option<u64>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(to_u64))
    };
    let levels = PatchLevels {
        os_version: text("os_version")?,
        system: text("patch_level")?,
        vendor: number("vendor_patch")?,
        boot: number("boot_patch")?,
    };
    let platform: Option<String> = row.try_get("platform")?;
    // A phone that enrolled before there was a register showed no hardware.
    let platform = platform.map_or(Ok(Platform::Desktop), |name| serde_json::from_value(name.into()));
    Ok(Some(ShownBefore {
        platform: platform.map_err(damaged)?,
        patches: (levels != PatchLevels::default()).then_some(levels),
        app_attest: app_attest(&row)?,
    }))
}
