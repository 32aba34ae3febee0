//! Bundle and policy, asked for again.
//!
//! Always: what came is judged by what is in force when it came, not when it was asked for, so that neither an older bundle
//! nor a laxer limit wins over what device management or another run has brought in between.

use gauze_wire::Jws;

use super::{Client, Enrolled};
use crate::auth::{CallError, EnrolError};
use crate::policy::TrustError;

/// Bundle and policy are asked for again after this long.
const RENEW_EVERY_MS: u64 = 60_000;

/// What the gateway serves.
struct Served {
    bundle: Jws,
    policy: Option<Jws>,
}

impl Client {
    /// Renews bundle and policy where it is time; answers what is in force.
    pub(super) async fn renew(&self, enrolled: Enrolled) -> Enrolled {
        let now_ms = self.ports.clock.monotonic_ms();
        let last = self.state().renewed_ms.replace(now_ms);
        if last.is_some_and(|last| now_ms.saturating_sub(last) < RENEW_EVERY_MS) {
            return enrolled;
        }
        let renewed = match fetch(&enrolled).await {
            Ok(Some(served)) => self.believe_served(&enrolled, &served).map_err(EnrolError::from),
            Ok(None) => return enrolled,
            Err(error) => Err(error),
        };
        match renewed {
            Ok(renewed) => {
                self.state().trust_refused = None;
                self.begin_review();
                renewed
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "bundle and policy stay as they are");
                let mut state = self.state();
                // Nothing was learnt: the next run asks again.
                state.renewed_ms = None;
                if let EnrolError::Trust(refused) = &error {
                    state.trust_refused = Some(refused.into());
                }
                enrolled
            }
        }
    }

    fn believe_served(&self, asked_for: &Enrolled, served: &Served) -> Result<Enrolled, TrustError> {
        let mut state = self.state();
        let same = |current: &&mut Enrolled| current.identity.device_id == asked_for.identity.device_id;
        let Some(current) = state.enrolled.as_mut().filter(same) else { return Ok(asked_for.clone()) };
        let minimum = current.identity.min_bundle_version;
        let trust = current.trust.renew(&served.bundle, served.policy.as_ref(), minimum)?;
        if let Err(error) = trust.save(&*self.ports.disk, &self.config.dir) {
            tracing::warn!(code = error.code(), "the newer bundle was not kept");
        }
        current.trust = trust;
        Ok(current.clone())
    }
}

async fn fetch(enrolled: &Enrolled) -> Result<Option<Served>, EnrolError> {
    let gateway = &enrolled.gateway;
    let parse = |text: String| Jws::parse(text.trim());
    let Some(bundle) = gateway.fetch("bundle").await? else { return Ok(None) };
    let bundle = parse(bundle).map_err(TrustError::Bundle)?;
    let policy = match gateway.fetch("policy").await {
        Ok(policy) => policy.map(parse).transpose().map_err(TrustError::Policy)?,
        Err(CallError::Refused(_)) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Some(Served { bundle, policy }))
}
