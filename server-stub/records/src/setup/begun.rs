//! What an earlier run left, beside what this one asks for: the same goes on, anything else is told and changed by hand.

use gauze_wire::{Bundle, GatewayIntroduction, Policy, Signer as _};
use serde_json::Value;

use super::{Setup, SetupError};
use crate::disk;
use crate::keys::{BUNDLE_JWS, KeyDir, KeysError, POLICY_JWS};

/// Whether the hospital is set up already, and just so.
pub(super) fn judge(
    setup: &Setup<'_>,
    keys: &KeyDir,
    told: &GatewayIntroduction,
) -> Result<bool, SetupError> {
    let bundle: Option<Bundle> =
        keys.signed(BUNDLE_JWS)?.map(|signed| signed.peek()).transpose().map_err(KeysError::from)?;
    let root = keys.root_sha256()?;
    let by = bundle.as_ref().map(|bundle| bundle.root.fingerprint());
    if let Some(by) = by.filter(|by| *by != root) {
        let path = keys.path(BUNDLE_JWS);
        let handed_over = keys.roots()?.knows(&by);
        return Err(if handed_over { SetupError::HandingOver(path) } else { SetupError::OtherKeys(path) });
    }
    let signers = match &bundle {
        Some(bundle) => bundle.policy_keys.clone(),
        None => vec![keys.policy()?.public_key()],
    };
    let policy: Option<Policy> =
        keys.signed(POLICY_JWS)?.map(|signed| signed.verify_by(&signers, &told.tenant)).transpose().map_err(
            |_| match bundle {
                Some(_) => SetupError::OtherPolicyKeys(keys.path(POLICY_JWS)),
                None => SetupError::OtherKeys(keys.path(POLICY_JWS)),
            },
        )?;
    let same_policy = policy.as_ref().is_none_or(|policy| asks_for(setup, policy));
    if let Some(bundle) = &bundle {
        let named = bundle.gateways.iter().any(|gateway| {
            gateway.url == told.gateway.url
                && gateway.key == told.gateway.key
                && gateway.log == told.gateway.log
        });
        if !named || !same_policy || policy.is_none() {
            return Err(SetupError::SetUp(keys.path(BUNDLE_JWS)));
        }
        return Ok(true);
    }
    if !same_policy {
        return Err(SetupError::Otherwise(keys.path(POLICY_JWS)));
    }
    // A template that an earlier run with `--trial` has edited, or that somebody has.
    if policy.is_none() && !setup.trial && lets_simulated_phones_in(keys)? {
        return Err(SetupError::Otherwise(keys.path("policy.json")));
    }
    Ok(false)
}

/// Whether a signed policy is what these options ask for.
fn asks_for(setup: &Setup<'_>, policy: &Policy) -> bool {
    let android = policy.android.as_ref().map_or(&[][..], |rules| &rules.apps);
    let apple = policy.apple.as_ref().map_or(&[][..], |rules| &rules.apps);
    policy.allow_software_keys == setup.trial && android == setup.android && apple == setup.apple
}

fn lets_simulated_phones_in(keys: &KeyDir) -> Result<bool, SetupError> {
    let template: Value = serde_json::from_slice(&disk::read(&keys.path("policy.json"))?).unwrap_or_default();
    Ok(template["allow_software_keys"] == Value::Bool(true))
}
