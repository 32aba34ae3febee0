//! Bundle and policy, asked of the gateway.

use gauze_wire::{Bundle, Digest, Handovers, Jws, WireError};

use super::{EnrolError, GatewayClient};
use crate::policy::{Offered, TrustError};

/// As what the gateway serves what the hospital signed.
const JOSE: &str = "application/jose";

impl GatewayClient {
    /// What the gateway serves of trust; nothing where it serves none. The bundles by which roots handed over are asked for only where the one in force is not
    /// signed by `pinned`.
    pub async fn offered(&self, pinned: &Digest) -> Result<Option<Offered>, EnrolError> {
        let Some(bundle) = self.fetch("bundle", JOSE).await? else { return Ok(None) };
        let bundle = Jws::parse(bundle.trim()).map_err(TrustError::Bundle)?;
        let signed_by = bundle.peek::<Bundle>().map_err(TrustError::Bundle)?.root.fingerprint();
        let handovers = if signed_by == *pinned { Vec::new() } else { self.handovers().await? };
        let policy = self.fetch("policy", JOSE).await?;
        let policy = policy.map(|text| Jws::parse(text.trim())).transpose().map_err(TrustError::Policy)?;
        Ok(Some(Offered { handovers, bundle, policy }))
    }

    async fn handovers(&self) -> Result<Vec<Jws>, EnrolError> {
        let Some(text) = self.fetch("handovers", "application/json").await? else { return Ok(Vec::new()) };
        let malformed = |_| TrustError::Bundle(WireError::Malformed("handovers"));
        let served: Handovers = serde_json::from_str(&text).map_err(malformed)?;
        Ok(served.bundles)
    }
}
