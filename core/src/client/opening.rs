//! What opening makes of the phone's own files.
//!
//! Always: none of them keeps the client from opening. Where nothing tells any more who this phone is, its photos stay, the
//! status says why, and it enrols anew; the former key is told by the photos.

use std::sync::Arc;

use gauze_wire::{DeviceId, Tenant};

use super::{Advice, Client, ClientConfig, Enrolled, Ports};
use crate::auth::{Clocks, GatewayClient, Identity};
use crate::policy::{Trust, TrustError};
use crate::ports::TlsError;
use crate::store::{Found, StoreError};

/// Who this phone is, and why it does not know.
pub(super) fn who(config: &ClientConfig, ports: &Ports) -> (Option<Enrolled>, Option<Advice>) {
    let Found { whole, trouble } = Identity::load(&*ports.disk, &config.dir);
    let mut trouble = trouble.as_ref().map(Advice::from);
    for identity in whole {
        match believed(config, ports, identity) {
            Ok(Some(enrolled)) => return (Some(enrolled), None),
            Ok(None) => {}
            Err(advice) => trouble = trouble.or(Some(advice)),
        }
    }
    (None, trouble)
}

fn believed(config: &ClientConfig, ports: &Ports, identity: Identity) -> Result<Option<Enrolled>, Advice> {
    let trust = match Trust::load(&*ports.disk, &config.dir, &identity.tenant, &identity.gateway) {
        Ok(Some(trust)) => trust,
        Ok(None) => return Err(Advice::from(&StoreError::Damaged)),
        // It died while it enrolled at another gateway: enrolling goes on from here.
        Err(TrustError::Gateway) => {
            tracing::warn!("this phone has to finish its enrolment");
            return Ok(None);
        }
        Err(error) => return Err(Advice::from(&error)),
    };
    let gateway = connect(ports, &identity.gateway, &identity.tenant, identity.ca.as_deref());
    let gateway = gateway.map_err(|error| Advice::from(&error))?;
    Ok(Some(Enrolled { identity, trust, gateway }))
}

impl Client {
    /// Goes on with what an earlier process began. What the disk does not take now is taken up by the next run.
    pub(super) fn go_on(&self) {
        let done = [self.load_contact(), self.resume_wipe(), self.wipe_if_silent(), self.expire_reviews()];
        for error in done.into_iter().filter_map(Result::err) {
            tracing::warn!(code = error.code(), "not everything could be taken up");
        }
    }

    /// The phone that this one was: by its identity, or by its newest photo where that is lost. One that only cannot be read now is
    /// not written over.
    pub(super) fn former(&self) -> Result<Option<(DeviceId, Tenant)>, StoreError> {
        let kept = Identity::load(&*self.ports.disk, &self.config.dir).or_unread()?;
        Ok(kept.map(|kept| (kept.device_id, kept.tenant)).or_else(|| self.store.former()))
    }
}

/// The gateway at `base`, by the authorities that it is configured with.
pub(super) fn connect(
    ports: &Ports,
    base: &str,
    tenant: &Tenant,
    ca: Option<&str>,
) -> Result<Arc<GatewayClient>, TlsError> {
    Ok(Arc::new(GatewayClient {
        transport: (ports.connect)(ca)?,
        vault: ports.vault.clone(),
        clock: ports.clock.clone(),
        entropy: ports.entropy.clone(),
        base: base.to_owned(),
        tenant: tenant.clone(),
        clocks: Clocks::default(),
    }))
}
