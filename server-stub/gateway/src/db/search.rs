//! Which devices, and in what order: every part of a search goes through an index of the tenant.

use gauze_wire::{DeviceId, Tenant};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::told_status::{ToldStatus, WIPED};

/// After every character that an id, a serial, a model or a ward may hold; in an order, of those who have none.
pub(super) const LAST: char = char::MAX;
/// All that is told of a device.
pub(super) const COLUMNS: &str = "device_id, status, platform, model, serial, attested_serial, ward, app_version, enrolled_at_ms, token_id, follows, lineage, \
    level, os_version, patch_level, boot_state, attested_at_ms, attest_refused, heard_at_ms, highest_seq, unsent, \
    wipe_order, wipe_answered, wiped_at_ms, wiped_cause, screen_captures, screen_captured_at_ms, (SELECT group_concat(code) FROM device_flag WHERE device_flag.tenant = device.tenant \
    AND device_flag.device_id = device.device_id) AS flags, \
    (token_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM spent_token WHERE spent_token.tenant = device.tenant \
    AND spent_token.token_id = device.token_id)) AS of_inventory, \
    (SELECT reason FROM proposal WHERE proposal.tenant = device.tenant AND proposal_id = device.token_id) AS asked_for, \
    COALESCE((SELECT next.device_id || ' ' || next.lineage FROM device AS next INDEXED BY device_follows WHERE next.tenant = device.tenant \
    AND next.follows = device.device_id AND next.follows IS NOT NULL ORDER BY next.enrolled_at_ms DESC LIMIT 1), \
    (SELECT next.device_id || ' first' FROM device AS next INDEXED BY device_attested_serial WHERE next.tenant = device.tenant \
    AND next.attested_serial = COALESCE(device.attested_serial, device.serial) COLLATE NOCASE AND next.attested_serial IS NOT NULL \
    AND next.enrolment_index > device.enrolment_index ORDER BY next.enrolment_index DESC LIMIT 1), \
    (SELECT next.device_id || ' first' FROM device AS next INDEXED BY device_serial WHERE next.tenant = device.tenant \
    AND next.serial = COALESCE(device.attested_serial, device.serial) COLLATE NOCASE AND next.attested_serial IS NULL \
    AND next.enrolment_index > device.enrolment_index ORDER BY next.enrolment_index DESC LIMIT 1)) AS next";
/// Longest page.
pub(super) const MOST: u32 = 200;

/// In what order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By id.
    #[default]
    Id,
    /// By serial number; those without one last.
    Serial,
    /// By ward, or else by what the token was asked for, and then by serial number.
    Ward,
    /// Those not heard from for longest first.
    Heard,
    /// Those that hold most photos first.
    Unsent,
}

impl Sort {
    /// What is compared, the smallest first; the id decides between equals.
    fn key(self) -> &'static str {
        match self {
            Self::Id => "''",
            Self::Serial => "COALESCE(lower(COALESCE(attested_serial, serial)), '\u{10ffff}')",
            Self::Ward => {
                "COALESCE(lower(ward), (SELECT lower(reason) FROM proposal WHERE proposal.tenant = device.tenant \
                 AND proposal_id = device.token_id), '\u{10ffff}') || ' ' || COALESCE(lower(COALESCE(attested_serial, serial)), '\u{10ffff}')"
            }
            Self::Heard => "COALESCE(heard_at_ms, 0)",
            Self::Unsent => "-unsent",
        }
    }
}

/// Which devices.
#[derive(Clone, Debug, Default)]
pub struct DeviceSearch {
    /// What id, serial (stated or attested), model or ward begins with, or what the token was asked for holds; each but
    /// the id with A to Z in either case.
    pub text: Option<String>,
    /// Told to be of this status alone.
    pub status: Option<ToldStatus>,
    /// With a flag alone.
    pub flagged: bool,
    /// With photos that it said it had not sent alone.
    pub unsent: bool,
    /// Without those that enrolled again under another id.
    pub current: bool,
    /// In what order.
    pub sort: Sort,
    /// After this device: the last of the page before.
    pub after: Option<DeviceId>,
    /// At most so many, up to 200.
    pub limit: Option<u32>,
}

impl DeviceSearch {
    fn sql(&self) -> String {
        let key = self.sort.key();
        let mut sql = "SELECT device_id FROM device WHERE tenant = ?1".to_owned();
        if self.after.is_some() {
            sql.push_str(&match self.sort {
                Sort::Id => " AND device_id > ?2".to_owned(),
                _ => format!(
                    " AND ({key}, device_id) > (SELECT {key}, device_id FROM device WHERE tenant = ?1 AND device_id = ?2)"
                ),
            });
        }
        if let Some(status) = self.status {
            sql.push_str(" AND ");
            sql.push_str(&status.condition());
        }
        if self.text.is_some() {
            sql.push_str(
                " AND device_id IN (\
                 SELECT device_id FROM device WHERE tenant = ?1 AND device_id >= ?3 AND device_id < ?4 UNION \
                 SELECT device_id FROM device WHERE tenant = ?1 AND serial >= ?3 COLLATE NOCASE \
                 AND serial < ?4 COLLATE NOCASE UNION \
                 SELECT device_id FROM device WHERE tenant = ?1 AND attested_serial IS NOT NULL \
                 AND attested_serial >= ?3 COLLATE NOCASE AND attested_serial < ?4 COLLATE NOCASE UNION \
                 SELECT device_id FROM device WHERE tenant = ?1 AND model >= ?3 COLLATE NOCASE \
                 AND model < ?4 COLLATE NOCASE UNION \
                 SELECT device_id FROM device WHERE tenant = ?1 AND ward IS NOT NULL AND ward >= ?3 COLLATE NOCASE \
                 AND ward < ?4 COLLATE NOCASE UNION \
                 SELECT used.device_id FROM proposal JOIN spent_token ON spent_token.tenant = ?1 AND spent_token.token_id = proposal_id \
                 JOIN device AS used ON used.tenant = ?1 AND used.enrolment_sha256 = spent_token.enrolment_sha256 \
                 WHERE proposal.tenant = ?1 AND kind = 'token' AND instr(lower(reason), lower(?3)) > 0)",
            );
        }
        if self.flagged {
            sql.push_str(" AND device_id IN (SELECT device_id FROM device_flag WHERE tenant = ?1)");
        }
        if self.unsent {
            sql.push_str(" AND unsent > 0");
        }
        if self.current {
            sql.push_str(
                " AND NOT EXISTS (SELECT 1 FROM device AS next INDEXED BY device_follows WHERE next.tenant = ?1 \
                 AND next.follows = device.device_id AND next.follows IS NOT NULL AND next.lineage <> 'claimed')",
            );
        }
        let order = if self.sort == Sort::Id { String::new() } else { format!("{key}, ") };
        // All that is told of a device is read for those of the page alone.
        format!(
            "SELECT {COLUMNS}, {WIPED} AS is_wiped FROM device WHERE tenant = ?1 AND device_id IN ({sql} \
             ORDER BY {order}device_id LIMIT ?5) ORDER BY {order}device_id"
        )
    }

    pub(super) async fn run(
        &self,
        db: &mut SqliteConnection,
        tenant: &Tenant,
        prefix: &str,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let limit = self.limit.unwrap_or(50).clamp(1, MOST);
        let text = self.text.as_deref().unwrap_or_default();
        sqlx::query(sqlx::AssertSqlSafe(format!("{prefix}{}", self.sql())))
            .bind(tenant.as_str())
            .bind(self.after.as_ref().map_or("", DeviceId::as_str))
            .bind(text)
            .bind(format!("{text}{LAST}"))
            .bind(limit + 1)
            .fetch_all(db)
            .await
    }
}
