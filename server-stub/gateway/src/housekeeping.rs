//! What the gateway does by itself: delete photos some days after they were filed, and parts nobody waits for; and finish
//! photos that were whole when the process died and that nobody asked for since.
//!
//! The bytes of what the hospital refused stay: it may file it yet. Towards its phone's quota it counts no longer by then, as
//! long as that is not more than the phone may hold at once.

use gauze_wire::{ProblemCode, Tenant};
use jiff::SignedDuration;

use crate::app::App;
use crate::refusal::RequestRefusal;
use crate::routes::finish_if_whole;
use crate::tenant::Served;

/// One round. Returns how many photos and parts were deleted.
pub async fn clean(app: &App) -> Result<u64, CleanError> {
    let mut deleted = 0;
    for (tenant, served) in app.tenants.iter() {
        deleted += delete_filed(app, tenant, served).await?;
        deleted += settle_ended(app, tenant).await?;
    }
    Ok(deleted + delete_parts(app).await?)
}

async fn delete_filed(app: &App, tenant: &Tenant, served: &Served) -> Result<u64, CleanError> {
    let mut deleted = delete_discarded(app, tenant).await?;
    let keep = SignedDuration::from_hours(24 * i64::from(served.in_force().policy.keep_days));
    let before = app.clock.now().saturating_sub(keep).map_err(|_| CleanError)?;
    // As much again as it may hold at once.
    let most = served.in_force().policy.max_device_bytes;
    app.db.age_refused(tenant, before.as_millisecond(), most).await.map_err(said)?;
    loop {
        let names = app.db.filed_before(tenant, before.as_millisecond()).await.map_err(said)?;
        if names.is_empty() {
            return Ok(deleted);
        }
        for name in &names {
            app.blobs.delete(name).map_err(said)?;
        }
        app.db.blobs_deleted(&names).await.map_err(said)?;
        deleted += names.len() as u64;
    }
}

/// What a phone discarded under a later key goes with its void; a process that died in between left it.
async fn delete_discarded(app: &App, tenant: &Tenant) -> Result<u64, CleanError> {
    let mut deleted = 0;
    loop {
        let names = app.db.discarded(tenant).await.map_err(said)?;
        if names.is_empty() {
            return Ok(deleted);
        }
        for name in &names {
            deleted += u64::from(app.blobs.whole(name).is_file());
            app.blobs.delete(name).map_err(said)?;
        }
        app.db.blobs_deleted(&names).await.map_err(said)?;
    }
}

/// What lies here whole without a receipt gets one, or goes where its phone was revoked.
async fn settle_ended(app: &App, tenant: &Tenant) -> Result<u64, CleanError> {
    let (mut deleted, mut unsettled) = (0, Vec::new());
    loop {
        let names = app.db.ended(tenant).await.map_err(said)?;
        if names.is_empty() {
            app.db.look_again(&unsettled).await.map_err(said)?;
            return Ok(deleted);
        }
        for name in names.iter().filter(|name| app.blobs.whole(name).is_file()) {
            match finish_if_whole(&app.take_turn(name).await).await {
                Ok(()) => {}
                Err(RequestRefusal::Problem(ProblemCode::DeviceRefused)) => deleted += 1,
                // One that cannot be settled keeps nothing else from being cleaned up; it is looked at again in an hour.
                Err(_) => {
                    tracing::warn!(capture_id = %name.capture_id, "whole here, and still without a receipt");
                    unsettled.push(name.clone());
                }
            }
        }
        app.db.looked_at(&names).await.map_err(said)?;
    }
}

async fn delete_parts(app: &App) -> Result<u64, CleanError> {
    let (mut deleted, now) = (0, app.clock.now());
    for name in app.blobs.parts().map_err(said)? {
        let capture = app.db.capture(&name).await.map_err(said)?;
        let wanted = capture.is_some_and(|capture| {
            capture.stored.is_none()
                && capture.ticket_expires_ms.is_some_and(|expires| expires > now.as_millisecond())
        });
        if !wanted {
            app.blobs.discard_part(&name).map_err(said)?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// A round did not get to its end; the cause is in the log, and the next round goes on.
#[derive(Debug, thiserror::Error)]
#[error("housekeeping did not finish; it goes on with the next round")]
pub struct CleanError;

fn said(error: impl Into<RequestRefusal>) -> CleanError {
    let _logged: RequestRefusal = error.into();
    CleanError
}
