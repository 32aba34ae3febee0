//! What monitoring reads at the moment when it asks: the gauges that stand in the database, on the disk and in signed files.

use gauze_wire::Tenant;
use jiff::Timestamp;

use crate::app::App;
use crate::meters;
use crate::tenant::Served;

/// All counters and gauges as text, measured now.
pub async fn measured(app: &App) -> String {
    if let Ok(disk) = rustix::fs::statvfs(&*app.data) {
        meters::set("gauze_disk_free_bytes", disk.f_bavail.saturating_mul(disk.f_frsize));
        meters::set("gauze_disk_size_bytes", disk.f_blocks.saturating_mul(disk.f_frsize));
    }
    for (tenant, served) in app.tenants.iter() {
        if let Err(error) = measure(app, tenant, served).await {
            tracing::error!(%tenant, %error, "what waits could not be measured");
        }
    }
    meters::text()
}

async fn measure(app: &App, tenant: &Tenant, served: &Served) -> Result<(), sqlx::Error> {
    let now = app.clock.now();
    let now_ms = now.as_millisecond();
    let watched = app.db.watched(tenant, now_ms).await?;
    for (status, count) in &watched.phones {
        meters::phones(tenant, status.as_str(), *count);
    }
    if let Some(ahead) = watched.ahead(now) {
        tracing::warn!(%tenant, %ahead, "what waits for the hospital is dated in the future, and no wait is counted until then: set the clock");
    }
    let waited_ms = watched.oldest_ms.map_or(0, |oldest| now_ms.saturating_sub(oldest));
    for (name, value) in [
        ("gauze_photos_waiting", watched.waiting),
        ("gauze_oldest_photo_waiting_seconds", u64::try_from(waited_ms / 1000).unwrap_or(0)),
        ("gauze_phones_silent", watched.silent),
        ("gauze_phones_silent_holding_photos", watched.silent_holding),
        ("gauze_tokens_unused", watched.tokens_unused),
        ("gauze_proposals_waiting", watched.proposals_waiting),
        ("gauze_log_size", watched.log_size),
        ("gauze_log_unwitnessed", watched.unwitnessed),
        ("gauze_records_last_heard_timestamp_seconds", seconds(app.records_heard.last(tenant))),
        ("gauze_bundle_fresh_until_timestamp_seconds", seconds(served.bundle.fresh_until)),
        ("gauze_policy_signed", u64::from(served.in_force().jws.is_some())),
    ] {
        meters::set_of(tenant, name, value);
    }
    Ok(())
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or(0)
}
