//! What is left out on a command line because the keys directory says it, and the managed configuration of one phone.

use std::path::Path;

use gauze_wire::{Bundle, Digest, Jws, Name, Tenant};
use serde::Serialize;

use super::{CA, SetupError, pretty};
use crate::disk::{self, PRIVATE};
use crate::keys::{BUNDLE_JWS, KeyDir, KeysError};

/// Managed configuration for one phone, as a file.
#[derive(Serialize)]
pub struct ManagedFile {
    /// The gateway's base URL.
    pub gateway: String,
    /// The tenant.
    pub tenant: Tenant,
    /// Fingerprint of the tenant root.
    pub root_sha256: Digest,
    /// Oldest trust bundle that may be used.
    pub min_bundle_version: u64,
    /// The token.
    pub token: Jws,
    /// The phone's serial number, where the token names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Name>,
    /// PEM of the authority, where it is kept beside the keys: the public ones hold otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
}

fn bundle(keys: &KeyDir) -> Result<Bundle, KeysError> {
    let signed = keys.signed(BUNDLE_JWS)?.ok_or_else(|| KeysError::Missing(keys.path(BUNDLE_JWS)))?;
    signed.peek().map_err(|_| KeysError::Unusable(keys.path(BUNDLE_JWS)))
}

/// The gateway's address where the bundle names one alone.
///
/// # Errors
/// [`SetupError::WhichGateway`], or the keys do not read.
pub fn default_gateway(keys: &KeyDir) -> Result<String, SetupError> {
    match bundle(keys)?.gateways.as_slice() {
        [one] => Ok(one.url.clone()),
        several => Err(SetupError::WhichGateway(several.len())),
    }
}

/// Writes what a phone enrols with: the token that was signed, and all that the keys directory knows beside it. Readable by its owner
/// alone, because the token is leave to enrol.
///
/// # Errors
/// [`SetupError`]: no bundle was signed, it names several gateways, or the disk does not take it.
pub fn write_managed(
    keys: &KeyDir,
    token: &Path,
    serial: Option<Name>,
    out: &Path,
) -> Result<(), SetupError> {
    let text = disk::read(token)?;
    let unusable = |_| KeysError::Unusable(token.to_owned());
    let token = Jws::parse(String::from_utf8_lossy(&text).trim()).map_err(unusable)?;
    let ca = disk::read_if_any(&keys.path(CA))?;
    let managed = ManagedFile {
        gateway: default_gateway(keys)?,
        tenant: keys.tenant()?,
        root_sha256: keys.root_sha256()?,
        min_bundle_version: bundle(keys)?.version,
        token,
        serial,
        ca: ca.map(|pem| String::from_utf8_lossy(&pem).into_owned()),
    };
    Ok(disk::replace(out, pretty(&managed)?.as_bytes(), PRIVATE)?)
}
