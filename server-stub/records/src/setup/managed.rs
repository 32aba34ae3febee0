//! What is left out on a command line because the keys directory says it, and the managed configuration of one phone.

use std::path::{Path, PathBuf};

use gauze_wire::{Bundle, ManagedConfiguration};

use super::{CA, SetupError, pretty};
use crate::disk::{self, PRIVATE};
use crate::keys::{BUNDLE_JWS, KeyDir, KeysError};

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

/// The authority's certificate that is kept beside the keys, where there is one: the public ones hold otherwise.
pub fn kept_authority(keys: &KeyDir) -> Option<PathBuf> {
    Some(keys.path(CA)).filter(|path| path.is_file())
}

/// Writes what a phone enrols with. Readable by its owner alone, because the token is leave to enrol.
///
/// # Errors
/// [`SetupError`]: the disk does not take it.
pub fn write_managed(managed: &ManagedConfiguration, out: &Path) -> Result<(), SetupError> {
    Ok(disk::replace(out, pretty(managed)?.as_bytes(), PRIVATE)?)
}
