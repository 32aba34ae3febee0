//! Managed configuration: neither secret nor authenticated. It points; it does not prove.

use gauze_wire::{Digest, Jws, Name, Tenant};
use serde::Deserialize;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManagedError {
    /// Not the documented JSON.
    #[error("the managed configuration cannot be read ({0}): correct it in the device management")]
    Malformed(String),
    /// The gateway is not `https://host[:port]`.
    #[error("the gateway must be an https:// address without a path: correct it in the device management")]
    Gateway,
}

impl ManagedError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "configuration_invalid",
            Self::Gateway => "gateway_invalid",
        }
    }
}

/// What device management gives a phone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Managed {
    /// The gateway's base URL.
    pub gateway: String,
    /// The tenant.
    pub tenant: Tenant,
    /// Fingerprint of the tenant root: 64 hex digits.
    pub root_sha256: Digest,
    /// Oldest trust bundle that may be used.
    pub min_bundle_version: u64,
    /// The enrolment token.
    pub token: Jws,
    /// PEM of the certificate authorities that the gateway's certificate may come from; the public ones otherwise.
    #[serde(default)]
    pub ca: Option<String>,
    /// The phone's serial number, where the management system fills it in.
    #[serde(default)]
    pub serial: Option<Name>,
}

impl Managed {
    /// Reads the JSON form.
    pub fn from_json(text: &str) -> Result<Self, ManagedError> {
        let mut managed: Self =
            serde_json::from_str(text).map_err(|error| ManagedError::Malformed(error.to_string()))?;
        while managed.gateway.ends_with('/') {
            managed.gateway.pop();
        }
        let host = managed.gateway.strip_prefix("https://").ok_or(ManagedError::Gateway)?;
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            return Err(ManagedError::Gateway);
        }
        Ok(managed)
    }
}
