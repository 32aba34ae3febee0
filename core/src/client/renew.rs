//! Bundle and policy, asked for again.
//!
//! Always: what came is judged by what is in force when it came, not when it was asked for, so that neither an older bundle
//! nor a laxer limit wins over what device management or another run has brought in between.

use super::{Client, Enrolled};
use crate::auth::EnrolError;
use crate::policy::{Offered, TrustError};
use crate::queue::of_call;
use crate::queue::reach::Reach;
use crate::store::Trouble;

/// Bundle and policy are asked for again after this long.
const RENEW_EVERY_MS: u64 = 60_000;

impl Client {
    /// Renews bundle and policy where it is time; answers what is in force. A gateway that is silent here has been silent once in this run.
    pub(super) async fn renew(&self, enrolled: Enrolled, reach: &Reach) -> Enrolled {
        let now_ms = self.ports.clock.monotonic_ms();
        let last = self.state().renewed_ms.replace(now_ms);
        if last.is_some_and(|last| now_ms.saturating_sub(last) < RENEW_EVERY_MS) {
            return enrolled;
        }
        let renewed = match enrolled.gateway.offered(&enrolled.trust.root).await {
            Ok(Some(offered)) => self.take_offered(&enrolled, &offered).map_err(EnrolError::from),
            Ok(None) => return enrolled,
            Err(error) => Err(error),
        };
        match renewed {
            Ok(renewed) => {
                self.state().trust_refused = None;
                self.begin_review().await;
                renewed
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "bundle and policy stay as they are");
                let mut state = self.state();
                // Nothing was learnt: the next run asks again.
                state.renewed_ms = None;
                match &error {
                    EnrolError::Trust(refused) => state.trust_refused = Some(refused.into()),
                    EnrolError::Call(call) if of_call(call) == Trouble::Offline => reach.silent(),
                    _ => {}
                }
                enrolled
            }
        }
    }

    fn take_offered(&self, asked_for: &Enrolled, offered: &Offered) -> Result<Enrolled, TrustError> {
        let mut state = self.state();
        let same = |current: &&mut Enrolled| current.identity.device_id == asked_for.identity.device_id;
        let Some(current) = state.enrolled.as_mut().filter(same) else { return Ok(asked_for.clone()) };
        let minimum = current.identity.min_bundle_version;
        let trust = current.trust.renew(offered, minimum)?;
        if let Err(error) = trust.save(&*self.ports.disk, &self.config.dir) {
            tracing::warn!(code = error.code(), "the newer bundle was not kept");
        }
        current.trust = trust;
        Ok(current.clone())
    }
}
