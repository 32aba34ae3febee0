//! What to paste into device management for a token that was signed here.

use std::path::Path;

use gauze_wire::{Bundle, Jws, ManagedConfiguration, Token};

use super::sign::last_signed;
use super::{BUNDLE_JWS, KeyDir, KeysError};
use crate::disk;

/// What a managed configuration is made of.
#[derive(Clone, Copy, Debug)]
pub struct Paste<'a> {
    /// The signed token's file.
    pub token: &'a Path,
    /// The gateway, where the bundle names several.
    pub gateway: Option<&'a str>,
    /// PEM of the gateway's certificate authority, where it is not a public one.
    pub ca: Option<&'a Path>,
}

/// The managed configuration for a token, by the newest bundle that was signed.
pub fn managed(keys: &KeyDir, asked: &Paste<'_>) -> Result<ManagedConfiguration, KeysError> {
    let text = |path: &Path| -> Result<String, KeysError> {
        String::from_utf8(disk::read(path)?)
            .map_err(|_| KeysError::Malformed(format!("{}: not text", path.display())))
    };
    let bundle =
        last_signed::<Bundle>(keys, BUNDLE_JWS)?.ok_or_else(|| KeysError::Missing(keys.path(BUNDLE_JWS)))?;
    let not_one = |error| KeysError::Token { file: asked.token.to_owned(), error };
    let jws = Jws::parse(text(asked.token)?.trim()).map_err(not_one)?;
    let token: Token = jws.verify_by(&bundle.policy_keys, &bundle.tenant).map_err(not_one)?;
    let gateway = match (asked.gateway, bundle.gateways.as_slice()) {
        (Some(url), _) => bundle.gateway(url).ok_or(KeysError::WhichGateway)?,
        (None, [only]) => only,
        (None, _) => return Err(KeysError::WhichGateway),
    };
    let ca = asked.ca.map(text).transpose()?;
    if let (Some(ca), Some(path)) = (&ca, asked.ca)
        && !ca.contains("-----BEGIN CERTIFICATE-----")
    {
        return Err(KeysError::NoCertificate(path.to_owned()));
    }
    Ok(ManagedConfiguration {
        gateway: gateway.url.clone(),
        tenant: bundle.tenant.clone(),
        root_sha256: keys.root_sha256()?,
        min_bundle_version: bundle.version,
        serial: token.serial,
        ca,
        of_inventory: token.inventory.is_some(),
        token: jws,
    })
}
