//! Setting a hospital up: keys, bundle and policy in one go, from the one file that its gateway wrote, and the one file that the
//! gateway gets for it.
//!
//! Always: keys that are there are used and never overwritten; cut off anywhere, the same call again goes on from there and writes
//! the same answer; a call that asks for something else than what is signed changes nothing.

mod authority;
mod begun;
mod check;
mod error;
mod managed;

use std::path::{Path, PathBuf};

use gauze_listen::host_of;
use gauze_wire::{
    AndroidApp, AndroidRules, AppleApp, AppleRules, Digest, GatewayIntroduction, HospitalAnswer, Policy,
    Tenant,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::disk::{self, PUBLIC};
use crate::keys::{
    BUNDLE_JWS, KeyDir, KeysError, POLICY_JWS, RecipientKind, TENANT, make, sign_bundle, sign_policy,
};

pub use check::{CheckOptions, Pages, check};
pub use error::SetupError;
pub use managed::{default_gateway, kept_authority, write_managed};

/// The certificate authority of a trial, or the copy of the hospital's own, in the keys directory.
pub const CA: &str = "ca.pem";
/// Hours that Google's list of revoked certificates may be old.
const STATUS_LIST_HOURS: u32 = 24;
/// Days since the oldest patch level that a phone may have, and how many more with a flag.
const PATCH_DAYS: (u32, u32) = (90, 14);

/// What a hospital is set up with.
pub struct Setup<'a> {
    /// The keys directory: a new one, or one that `keygen` made.
    pub keys: &'a Path,
    /// What `gauze-gateway init` wrote.
    pub gateway: &'a Path,
    /// What the gateway gets.
    pub out: &'a Path,
    /// What photos will be sealed to.
    pub recipients: RecipientKind,
    /// A trial on test data: a certificate authority of its own, and simulated phones may enrol.
    pub trial: bool,
    /// The hospital's certificate authority, to keep beside the keys.
    pub ca: Option<&'a Path>,
    /// Android apps that may enrol.
    pub android: Vec<AndroidApp>,
    /// iOS apps that may enrol.
    pub apple: Vec<AppleApp>,
}

/// What was set up.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Done {
    /// Whose.
    pub tenant: Tenant,
    /// Fingerprint of the tenant root: goes into managed configuration.
    pub root_sha256: Digest,
    /// The gateway's address.
    pub gateway: String,
    /// The name that the gateway's certificate has to be for.
    pub host: String,
    /// What the gateway gets.
    pub answer: PathBuf,
    /// Whether the gateway's certificate is in it.
    pub certificate: bool,
    /// Whether the policy lets any phone in.
    pub enrols: bool,
}

/// Makes and signs everything.
///
/// # Errors
/// [`SetupError`]; what was made before stays, and the next call goes on from there.
pub fn set_up(setup: &Setup<'_>, now: Timestamp) -> Result<Done, SetupError> {
    let told = introduction(setup.gateway)?;
    let ca = setup.ca.map(|path| disk::read(path).map(|pem| (path, pem))).transpose()?;
    if let Some((path, pem)) = &ca {
        crate::https::authorities(pem).map_err(|_| SetupError::Authority((*path).to_owned()))?;
    }
    let keys = KeyDir::new(setup.keys);
    if !keys.path(TENANT).exists() {
        make(setup.keys, &told.tenant, setup.recipients, now)?;
    }
    if keys.tenant()? != told.tenant {
        return Err(KeysError::OtherTenant.into());
    }
    let set_up = begun::judge(setup, &keys, &told)?;
    let host = host_of(&told.gateway.url).to_owned();
    let certificate = match ca {
        Some((_, pem)) => {
            disk::replace(&keys.path(CA), &pem, PUBLIC)?;
            None
        }
        None if setup.trial && set_up => authority::kept(&keys)?,
        None if setup.trial => Some(authority::certify(&keys, &told.tls_key, &host, now)?),
        None => None,
    };
    let policy = sign_both(setup, &keys, &told, now)?;
    let signed = |name: &str| keys.signed(name)?.ok_or_else(|| KeysError::Missing(keys.path(name)));
    let answer = HospitalAnswer {
        tenant: told.tenant.clone(),
        bundle: signed(BUNDLE_JWS)?,
        policy: signed(POLICY_JWS)?,
        certificate: certificate.clone(),
    };
    disk::replace(setup.out, pretty(&answer)?.as_bytes(), PUBLIC)?;
    Ok(Done {
        tenant: told.tenant,
        root_sha256: keys.root_sha256()?,
        gateway: told.gateway.url,
        host,
        answer: setup.out.to_owned(),
        certificate: certificate.is_some(),
        enrols: policy.allow_software_keys || policy.android.is_some() || policy.apple.is_some(),
    })
}

/// The policy first: who has a bundle is set up.
fn sign_both(
    setup: &Setup<'_>,
    keys: &KeyDir,
    told: &GatewayIntroduction,
    now: Timestamp,
) -> Result<Policy, SetupError> {
    let (bundle, policy) = (keys.path("bundle.json"), keys.path("policy.json"));
    let policy = match keys.signed(POLICY_JWS)? {
        Some(signed) => signed.peek().map_err(KeysError::from)?,
        None => {
            edit(&policy, |policy| recommend(setup, policy))?;
            sign_policy(keys, &policy, &keys.path(POLICY_JWS), now)?
        }
    };
    if keys.signed(BUNDLE_JWS)?.is_none() {
        edit(&bundle, |bundle| bundle["gateways"] = json!([told.gateway]))?;
        sign_bundle(keys, &bundle, &keys.path(BUNDLE_JWS), now)?;
    }
    Ok(policy)
}

/// The template is as strict as recommended; who may enrol is added.
fn recommend(setup: &Setup<'_>, policy: &mut Value) {
    if setup.trial {
        policy["allow_software_keys"] = json!(true);
    }
    if !setup.android.is_empty() {
        let rules = AndroidRules::for_apps(setup.android.clone());
        let (most, grace) = PATCH_DAYS;
        policy["android"] = json!(AndroidRules {
            max_patch_days: Some(most),
            patch_grace_days: grace,
            status_list_hours: Some(STATUS_LIST_HOURS),
            ..rules
        });
    }
    if !setup.apple.is_empty() {
        policy["apple"] = json!(AppleRules::for_apps(setup.apple.clone()));
    }
    if !setup.android.is_empty() || !setup.apple.is_empty() {
        policy["v"] = json!(2);
    }
}

fn introduction(path: &Path) -> Result<GatewayIntroduction, SetupError> {
    let bytes = disk::read(path)?;
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&bytes)).map_err(|error| {
        SetupError::Introduction(path.to_owned(), format!("{}: {}", error.path(), error.inner()))
    })
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) -> Result<(), SetupError> {
    let malformed = |error: serde_json::Error| KeysError::Malformed(format!("{}: {error}", path.display()));
    let mut value: Value = serde_json::from_slice(&disk::read(path)?).map_err(malformed)?;
    change(&mut value);
    Ok(disk::replace(path, pretty(&value)?.as_bytes(), PUBLIC)?)
}

fn pretty(value: &impl serde::Serialize) -> Result<String, KeysError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| KeysError::Malformed(error.to_string()))?;
    Ok(text + "\n")
}
