//! The two files that a gateway and the hospital exchange by hand when a gateway is set up. Neither is secret, neither is signed as
//! a whole: whoever carries them is trusted with it, and what is signed inside is judged like anywhere else.

use serde::{Deserialize, Serialize};

use crate::{Gateway, Jws, PublicKey, Tenant};

/// `gateway.json`: what a gateway says of itself, carried inside. JSON, read strictly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayIntroduction {
    /// For whom.
    pub tenant: Tenant,
    /// As the bundle's `gateways` will have it.
    pub gateway: Gateway,
    /// The key that its certificate is for.
    pub tls_key: PublicKey,
}

/// `hospital.json`: what the hospital answers, carried to the gateway. JSON, read strictly.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HospitalAnswer {
    /// Who.
    pub tenant: Tenant,
    /// The trust bundle, which names the gateway.
    pub bundle: Jws,
    /// The policy.
    pub policy: Jws,
    /// A certificate for the gateway's `tls_key`, PEM: in a trial, where the hospital's side is its own authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}
