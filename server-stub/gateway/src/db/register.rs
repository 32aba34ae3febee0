//! The register: every device with all that is known of it, searched by index and read page by page.

use gauze_attest::Lineage;
use gauze_wire::{DeviceId, DeviceStatus, Jws, Tenant};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::lineage::{Basis, Replacement};
use super::search::{COLUMNS, DeviceSearch, LAST, MOST};
use super::told_status::{ToldStatus, WIPED};
use super::{Db, Write, damaged, to_u64};

/// Characters of a short name.
const SHORT: usize = 8;

/// A device as the register knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Its id.
    pub device_id: DeviceId,
    /// What it may do.
    pub status: DeviceStatus,
    /// Its status as people are told it, for programs too.
    told_status: ToldStatus,
    /// Platform, model, serial and program version, as it said when it enrolled (the version: when last heard from).
    pub platform: Option<String>,
    /// Model name.
    pub model: Option<String>,
    /// Serial number, where it was known: stated by device management.
    pub serial: Option<String>,
    /// Serial number that its hardware attested.
    pub attested_serial: Option<String>,
    /// Where it is used, as device management said when it enrolled.
    pub ward: Option<String>,
    /// Program version.
    pub app_version: Option<String>,
    /// When it enrolled.
    pub enrolled_at: Option<Timestamp>,
    /// The token it enrolled with.
    pub token_id: Option<String>,
    /// The phone's id before this one.
    pub follows: Option<DeviceId>,
    /// The id that this phone has now, where it enrolled again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Replacement>,
    /// What its token was asked for, where that was here: most often the ward.
    pub asked_for: Option<String>,
    /// What that rests on: `first` (there is none), `claimed`, `signed`, `same_serial`, `vouched`.
    #[serde(serialize_with = "lineage_name")]
    pub lineage: Lineage,
    /// Where its key lives, as it was attested: `trusted_environment`, `strong_box`; elsewhere what was shown: `software`,
    /// `app_attest`, `app_attest_unavailable`.
    pub level: Option<String>,
    /// Operating system version, as attested.
    pub os_version: Option<String>,
    /// Patch level, as attested.
    pub patch_level: Option<String>,
    /// Verified boot state, as attested: `verified`, `self_signed`.
    pub boot_state: Option<String>,
    /// When its evidence last held.
    pub attested_at: Option<Timestamp>,
    /// Why the evidence it showed last was refused.
    pub attest_refused: Option<String>,
    /// When it was last heard from.
    pub heard_at: Option<Timestamp>,
    /// Highest `seq` it said it had used.
    pub highest_seq: u64,
    /// Photos that it said it had not sent.
    pub unsent: u64,
    /// How often it said that its screen was captured.
    pub screen_captures: u64,
    /// When it last said so anew.
    pub screen_captured_at: Option<Timestamp>,
    /// Whether it enrolled by the hospital's list: what it spent was its serial number's share of the token.
    #[serde(skip)]
    pub of_inventory: bool,
    /// Whether its serial number was taken off that list since, and it is still let in: as [`crate::admin::Admin`] compares them.
    pub serial_retired: bool,
    /// What speaks against it, by code.
    pub flags: Vec<String>,
    /// The newest wipe order, signed.
    #[serde(skip)]
    pub wipe_order: Option<Jws>,
    /// The wipe order that it said it had carried out.
    pub wipe_answered: Option<String>,
    /// When it said that it was wiped, by whatever cause.
    pub wiped_at: Option<Timestamp>,
    /// By which: `order`, `offline`, `asked`; not known of a word from before this was kept.
    pub wiped_cause: Option<String>,
    #[serde(skip)]
    wiped: bool,
}

impl Registered {
    /// The serial number that people know it by: what its hardware attested, or else what was stated.
    pub fn known_serial(&self) -> Option<&str> {
        self.attested_serial.as_deref().or(self.serial.as_deref())
    }

    /// The same as people are told it: with what it rests on.
    pub fn told_serial(&self) -> Option<String> {
        match (&self.attested_serial, &self.serial) {
            (Some(attested), _) => Some(format!("{attested} (attested)")),
            (None, stated) => stated.as_ref().map(|stated| format!("{stated} (stated)")),
        }
    }

    /// What people call it: its serial number, and the short name that no other phone has.
    pub fn name(&self) -> String {
        let short = short(&self.device_id);
        match self.known_serial() {
            Some(serial) => format!("{serial} ({short})"),
            None => format!("{short} (serial number not known)"),
        }
    }

    /// Where people know it to be: the ward that device management named, or else what its token was asked for.
    pub fn known_ward(&self) -> Option<&str> {
        self.ward.as_deref().or(self.asked_for.as_deref())
    }

    /// Whether another id has taken its place, by more than that one's own word.
    pub fn is_replaced(&self) -> bool {
        self.replaced_by.as_ref().is_some_and(|next| next.basis == Basis::Proven)
    }

    /// Whether it was wiped for good. One that only heard nothing for too long shows photos again, of those that it takes from then
    /// on.
    pub fn is_wiped(&self) -> bool {
        self.wiped
    }

    /// Its status as people are told it.
    pub fn told_status(&self) -> ToldStatus {
        self.told_status
    }
}

/// As much of an id as people compare and type.
pub fn short(id: &DeviceId) -> &str {
    id.as_str().get(..SHORT).unwrap_or(id.as_str())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn lineage_name<S: Serializer>(lineage: &Lineage, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(lineage.as_str())
}

/// Devices in the order that was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct DevicePage {
    /// The devices.
    pub devices: Vec<Registered>,
    /// Ask for more `after` this one; absent where there are no more.
    pub next: Option<DeviceId>,
}

/// How many devices there are of each status, as people are told it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeviceCounts {
    /// May do everything.
    pub active: u64,
    /// Were wiped, and may send what is still on them.
    pub wiped: u64,
    /// May upload only.
    pub suspended: u64,
    /// May nothing.
    pub revoked: u64,
}

fn registered(row: &SqliteRow) -> Result<Registered, sqlx::Error> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column);
    let id = |column: &str| -> Result<Option<DeviceId>, sqlx::Error> {
        text(column)?.map(|id| id.parse().map_err(damaged)).transpose()
    };
    let time = |column: &str| -> Result<Option<Timestamp>, sqlx::Error> {
        let ms: Option<i64> = row.try_get(column)?;
        ms.map(Timestamp::from_millisecond).transpose().map_err(damaged)
    };
    let status: DeviceStatus = row.try_get::<&str, _>("status")?.parse().map_err(damaged)?;
    let wiped = row.try_get("is_wiped")?;
    Ok(Registered {
        device_id: id("device_id")?.ok_or(sqlx::Error::RowNotFound)?,
        status,
        told_status: ToldStatus::of(status, wiped),
        platform: text("platform")?,
        model: text("model")?,
        serial: text("serial")?,
        attested_serial: text("attested_serial")?,
        ward: text("ward")?,
        app_version: text("app_version")?,
        enrolled_at: time("enrolled_at_ms")?,
        token_id: text("token_id")?,
        follows: id("follows")?,
        replaced_by: text("next")?.map(|next| Replacement::read(&next)).transpose()?,
        asked_for: text("asked_for")?,
        lineage: row.try_get::<&str, _>("lineage")?.parse().map_err(damaged)?,
        level: text("level")?,
        os_version: text("os_version")?,
        patch_level: text("patch_level")?,
        boot_state: text("boot_state")?,
        attested_at: time("attested_at_ms")?,
        attest_refused: text("attest_refused")?,
        heard_at: time("heard_at_ms")?,
        highest_seq: to_u64(row.try_get("highest_seq")?),
        unsent: to_u64(row.try_get("unsent")?),
        screen_captures: to_u64(row.try_get("screen_captures")?),
        screen_captured_at: time("screen_captured_at_ms")?,
        of_inventory: row.try_get("of_inventory")?,
        serial_retired: false,
        flags: text("flags")?.map(|flags| flags.split(',').map(str::to_owned).collect()).unwrap_or_default(),
        wipe_order: text("wipe_order")?.map(|jws| Jws::parse(&jws)).transpose().map_err(damaged)?,
        wipe_answered: text("wipe_answered")?,
        wiped_at: time("wiped_at_ms")?,
        wiped_cause: text("wiped_cause")?,
        wiped,
    })
}

impl Db {
    /// One page of the devices that match.
    pub async fn search(&self, tenant: &Tenant, search: &DeviceSearch) -> Result<DevicePage, sqlx::Error> {
        let rows = search.run(&mut *self.readers.acquire().await?, tenant, "").await?;
        let mut devices = rows.iter().map(registered).collect::<Result<Vec<_>, _>>()?;
        let limit = search.limit.unwrap_or(50).clamp(1, MOST) as usize;
        let more = devices.len() > limit;
        devices.truncate(limit);
        let next = devices.last().filter(|_| more).map(|last| last.device_id.clone());
        Ok(DevicePage { devices, next })
    }

    /// How SQLite goes about a search, line by line.
    #[cfg(test)]
    pub async fn search_plan(
        &self,
        tenant: &Tenant,
        search: &DeviceSearch,
    ) -> Result<Vec<String>, sqlx::Error> {
        let rows = search.run(&mut *self.readers.acquire().await?, tenant, "EXPLAIN QUERY PLAN ").await?;
        rows.iter().map(|row| row.try_get("detail")).collect()
    }

    /// One device.
    pub async fn registered(
        &self,
        tenant: &Tenant,
        id: &DeviceId,
    ) -> Result<Option<Registered>, sqlx::Error> {
        registered_in(&mut *self.readers.acquire().await?, tenant, id).await
    }

    /// One device, as the write in progress sees it.
    pub async fn registered_now(
        write: &mut Write<'_>,
        tenant: &Tenant,
        id: &DeviceId,
    ) -> Result<Option<Registered>, sqlx::Error> {
        registered_in(write, tenant, id).await
    }

    /// At most two ids that begin with `prefix`.
    pub async fn ids_with_prefix(&self, tenant: &Tenant, prefix: &str) -> Result<Vec<DeviceId>, sqlx::Error> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT device_id FROM device WHERE tenant = ? AND device_id >= ? AND device_id < ? LIMIT 2",
        )
        .bind(tenant.as_str())
        .bind(prefix)
        .bind(format!("{prefix}{LAST}"))
        .fetch_all(&self.readers)
        .await?;
        ids.iter().map(|id| id.parse().map_err(damaged)).collect()
    }

    /// The device that enrolled with this token.
    pub async fn device_by_token(
        &self,
        tenant: &Tenant,
        token: &str,
    ) -> Result<Option<DeviceId>, sqlx::Error> {
        let id: Option<String> = sqlx::query_scalar(
            "SELECT device_id FROM spent_token JOIN device ON device.tenant = spent_token.tenant \
             AND device.enrolment_sha256 = spent_token.enrolment_sha256 \
             WHERE spent_token.tenant = ? AND spent_token.token_id = ?",
        )
        .bind(tenant.as_str())
        .bind(token)
        .fetch_optional(&self.readers)
        .await?;
        id.map(|id| id.parse().map_err(damaged)).transpose()
    }

    /// How many there are.
    pub async fn counts(&self, tenant: &Tenant) -> Result<DeviceCounts, sqlx::Error> {
        let wiped = ToldStatus::Wiped.condition();
        let query = format!(
            "SELECT status, COUNT(*) FROM device WHERE tenant = ?1 GROUP BY status \
             UNION ALL SELECT 'wiped', COUNT(*) FROM device WHERE tenant = ?1 AND {wiped}"
        );
        let rows: Vec<(String, i64)> =
            sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(tenant.as_str()).fetch_all(&self.readers).await?;
        let mut counts = DeviceCounts::default();
        for (status, count) in rows {
            match status.parse::<ToldStatus>().map_err(damaged)? {
                ToldStatus::Active => counts.active = to_u64(count),
                ToldStatus::Wiped => counts.wiped = to_u64(count),
                ToldStatus::Suspended => counts.suspended = to_u64(count),
                ToldStatus::Revoked => counts.revoked = to_u64(count),
            }
        }
        // Until here they are among the active ones too.
        counts.active = counts.active.saturating_sub(counts.wiped);
        Ok(counts)
    }

    /// Changes what a device may do. A device that is revoked has no open upload address, and a running gateway is told.
    pub async fn set_status(
        write: &mut Write<'_>,
        tenant: &Tenant,
        id: &DeviceId,
        status: DeviceStatus,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE device SET status = ? WHERE tenant = ? AND device_id = ?")
            .bind(status.as_str())
            .bind(tenant.as_str())
            .bind(id.as_str())
            .execute(&mut **write)
            .await?;
        if status == DeviceStatus::Revoked {
            sqlx::query(
                "UPDATE capture SET ticket = NULL WHERE tenant = ? AND device_id = ? AND stored IS NULL \
                 AND ticket IS NOT NULL",
            )
            .bind(tenant.as_str())
            .bind(id.as_str())
            .execute(&mut **write)
            .await?;
        }
        sqlx::query("INSERT INTO revision VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1")
            .bind(tenant.as_str())
            .execute(&mut **write)
            .await
            .map(drop)
    }

    /// Rises whenever a device's status changes, whichever process changed it.
    pub async fn revision(&self, tenant: &Tenant) -> Result<i64, sqlx::Error> {
        let n: Option<i64> = sqlx::query_scalar("SELECT n FROM revision WHERE tenant = ?")
            .bind(tenant.as_str())
            .fetch_optional(&self.readers)
            .await?;
        Ok(n.unwrap_or(0))
    }

    /// Sets or removes a flag; `false` where nothing changed.
    pub async fn set_flag(
        write: &mut Write<'_>,
        (tenant, id): (&Tenant, &DeviceId),
        code: &str,
        since_ms: Option<i64>,
    ) -> Result<bool, sqlx::Error> {
        let query = match since_ms {
            Some(ms) => sqlx::query(
                "INSERT INTO device_flag (tenant, device_id, code, since_ms) VALUES (?, ?, ?, ?) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(tenant.as_str())
            .bind(id.as_str())
            .bind(code)
            .bind(ms),
            None => sqlx::query("DELETE FROM device_flag WHERE tenant = ? AND device_id = ? AND code = ?")
                .bind(tenant.as_str())
                .bind(id.as_str())
                .bind(code),
        };
        Ok(query.execute(&mut **write).await?.rows_affected() == 1)
    }
}

async fn registered_in(
    db: &mut SqliteConnection,
    tenant: &Tenant,
    id: &DeviceId,
) -> Result<Option<Registered>, sqlx::Error> {
    let query =
        format!("SELECT {COLUMNS}, {WIPED} AS is_wiped FROM device WHERE tenant = ? AND device_id = ?");
    let row = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(tenant.as_str())
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(registered).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Sort;

    #[tokio::test]
    async fn a_search_reads_no_table_from_end_to_end() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("gateway.sqlite")).await.unwrap();
        let tenant: Tenant = "ward-9".parse().unwrap();
        for text in [None, Some("Pixel".to_owned())] {
            for status in ToldStatus::ALL.map(Some).into_iter().chain([None]) {
                for (flagged, sort) in [(false, Sort::Id), (true, Sort::Serial), (true, Sort::Heard)] {
                    let search =
                        DeviceSearch { text: text.clone(), status, flagged, sort, ..DeviceSearch::default() };
                    let plan = db.search_plan(&tenant, &search).await.unwrap();
                    let scans: Vec<_> = plan.iter().filter(|step| step.starts_with("SCAN device")).collect();
                    assert!(!plan.is_empty() && scans.is_empty(), "{plan:?}");
                }
            }
        }
    }
}
