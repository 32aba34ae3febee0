//! What a running gateway does at once about decisions that another process took: a revoked phone's transfers end.

use std::collections::HashMap;
use std::time::Duration;

use gauze_wire::{DeviceStatus, Tenant};

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

/// Up to where each tenant's decisions were acted on.
#[derive(Default)]
pub struct Watch(HashMap<Tenant, i64>);

impl Watch {
    /// Ends the transfers of phones that have been revoked since the last look that came to its end.
    pub async fn look(&mut self, app: &App) -> Result<(), sqlx::Error> {
        for tenant in app.tenants.keys() {
            let revision = app.db.revision(tenant).await?;
            if self.0.get(tenant) != Some(&revision) {
                end_revoked(app, tenant).await?;
                self.0.insert(tenant.clone(), revision);
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
