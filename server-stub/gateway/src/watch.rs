//! What a running gateway does at once about decisions that another process took: a revoked phone's transfers end.

use std::collections::HashMap;
use std::time::Duration;

use gauze_wire::{Act, DeviceId, DeviceStatus, Tenant};

use crate::app::App;

/// Well within the second that a decision may take to hold.
const EVERY: Duration = Duration::from_millis(250);

/// Looks for decisions for as long as the gateway runs.
pub(crate) async fn watch(app: App) {
    let mut watch = Watch::default();
    let mut round = tokio::time::interval(EVERY);
    loop {
        round.tick().await;
        if let Err(error) = watch.look(&app).await {
            tracing::warn!(%error, "decisions could not be looked for");
        }
    }
}

/// Up to where each tenant's decisions were acted on, and written to the program's log.
#[derive(Default)]
pub struct Watch {
    acted_on: HashMap<Tenant, i64>,
    /// The place after the last act in the log that is written already.
    written: HashMap<Tenant, u64>,
}

impl Watch {
    /// Ends the transfers of phones that have been revoked since the last look that came to its end.
    pub async fn look(&mut self, app: &App) -> Result<(), sqlx::Error> {
        for tenant in app.tenants.keys() {
            let revision = app.db.revision(tenant).await?;
            if self.acted_on.get(tenant) != Some(&revision) {
                end_revoked(app, tenant).await?;
                self.acted_on.insert(tenant.clone(), revision);
            }
            self.write_acts(app, tenant).await?;
        }
        Ok(())
    }
}

impl Watch {
    /// A line for each act since the last look, whichever process took the decision. Its reason is free text, and stays in
    /// the tenant's own log.
    async fn write_acts(&mut self, app: &App, tenant: &Tenant) -> Result<(), sqlx::Error> {
        let end = app.db.acts_end(tenant).await?;
        let written = self.written.entry(tenant.clone()).or_insert(end);
        while *written < end {
            let acts = app.db.acts_from(tenant, *written).await?;
            *written = acts.last().map_or(end, |(last, _)| last + 1);
            for (log_index, jws) in acts {
                let Ok(act) = jws.peek::<Act>() else { continue };
                let deed = act.deed.name();
                let device_id = act.deed.device_id().map(DeviceId::as_str);
                tracing::info!(%tenant, deed, device_id, operator = act.operator.as_str(), log_index, "an act");
            }
        }
        Ok(())
    }
}

async fn end_revoked(app: &App, tenant: &Tenant) -> Result<(), sqlx::Error> {
    let running: Vec<_> = {
        let transfers = app.transfers();
        transfers
            .iter()
            .filter(|(name, _)| name.tenant == *tenant)
            .map(|(n, t)| (n.clone(), t.clone()))
            .collect()
    };
    for (name, transfer) in running {
        let device = app.db.device(tenant, &name.device_id).await?;
        if device.is_some_and(|device| device.status == DeviceStatus::Revoked) {
            transfer.leave.cancel();
        }
    }
    Ok(())
}
