//! Where a phone stands: what it may do, why it may not show photos, what is asked of it.

use gauze_wire::{DeviceStatus, Jws, Life, ReviewDenied, Signed as _, Standing, WipeOrder};
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::db::Registered;
use crate::refusal::RequestRefusal;
use crate::tenant::Served;

/// The flag of a device whose certificate was revoked after it enrolled.
pub(crate) const CERTIFICATE_REVOKED: &str = "certificate_revoked";

/// When the device must have shown its evidence again.
pub(crate) fn attest_by(device: &Registered, life: &Life) -> Option<Timestamp> {
    let every = SignedDuration::from_hours(life.attest_every_hours.into());
    device.attested_at.filter(|_| life.attest_every_hours > 0).map(|at| at + every)
}

/// Why the device may not show photos, if it may not. It uploads even so, unless it is revoked.
pub(crate) fn review_denied(device: &Registered, life: &Life, now: Timestamp) -> Option<ReviewDenied> {
    match device.status {
        DeviceStatus::Revoked => return Some(ReviewDenied::Revoked),
        DeviceStatus::Suspended => return Some(ReviewDenied::Suspended),
        DeviceStatus::Active => {}
    }
    if device.wipe_order.is_some() || device.is_wiped() {
        return Some(ReviewDenied::Wiped);
    }
    if device.flags.iter().any(|flag| flag == CERTIFICATE_REVOKED) {
        return Some(ReviewDenied::CertificateRevoked);
    }
    let due = attest_by(device, life)?;
    let grace = SignedDuration::from_hours(life.attest_grace_hours.into());
    if now >= due && device.attest_refused.is_some() {
        return Some(ReviewDenied::AttestationRefused);
    }
    (now > due + grace).then_some(ReviewDenied::AttestationOverdue)
}

/// Whether the phone's own word names this very order: a wipe by any other cause, or by an earlier order, answers none.
fn is_answered(device: &Registered, order: &Jws) -> bool {
    order
        .peek::<WipeOrder>()
        .is_ok_and(|order| device.wipe_answered.as_deref() == Some(order.order_id.as_str()))
}

/// What the phone is told, signed.
pub(crate) fn standing(app: &App, served: &Served, device: &Registered) -> Result<Jws, RequestRefusal> {
    let (now, life) = (app.clock.now(), served.in_force().policy.life());
    let standing = Standing {
        v: 1,
        typ: Standing::TYP.to_owned(),
        tenant: served.bundle.tenant.clone(),
        device_id: device.device_id.clone(),
        at: now,
        status: device.status,
        review_denied: review_denied(device, &life, now),
        attest_by: attest_by(device, &life),
        wipe: device.wipe_order.clone().filter(|order| !is_answered(device, order)),
    };
    Ok(Jws::sign(&standing, app.keys.receipts())?)
}
