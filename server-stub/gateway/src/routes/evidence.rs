//! What enrolment and evidence shown again share: what they are judged by, their challenge, their flags.

use gauze_attest::{Basis, Shown, StatusList};
use gauze_wire::{Deed, DeviceId, Digest, Name, Policy, ProblemCode, Tenant};

use crate::acts::{By, Clerk};
use crate::app::App;
use crate::db::{Db, Write};
use crate::refusal::RequestRefusal;
use crate::tenant::Served;

/// What evidence is judged by.
pub fn basis<'a>(
    app: &'a App,
    served: &'a Served,
    policy: &'a Policy,
    status: Option<&'a StatusList>,
) -> Basis<'a> {
    Basis { bundle: &served.bundle, policy, inventory: None, status, roots: &app.roots, former_serial: None }
}

/// Spends a challenge that was issued to this tenant's phones and is still open.
pub fn spend_challenge(app: &App, tenant: &Tenant, challenge: &Digest) -> Result<(), RequestRefusal> {
    let good = app.challenges.spend(tenant, challenge, app.clock.now());
    if good { Ok(()) } else { Err(ProblemCode::ChallengeInvalid.into()) }
}

/// Flags what did not hold and policy let pass, each once.
pub async fn flag(
    app: &App,
    served: &Served,
    write: &mut Write<'_>,
    device_id: &DeviceId,
    shown: &Shown,
) -> Result<(), RequestRefusal> {
    let clerk = Clerk { served, keys: &app.keys, now: app.clock.now() };
    for fault in &shown.flags {
        let Ok(code) = fault.code().parse::<Name>() else { continue };
        let since = Some(clerk.now.as_millisecond());
        if Db::set_flag(write, (&served.bundle.tenant, device_id), code.as_str(), since).await? {
            let deed = Deed::Flag { device_id: device_id.clone(), code };
            clerk.record(write, &By::gateway("policy let it pass"), deed).await?;
        }
    }
    Ok(())
}
