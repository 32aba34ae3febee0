//! Signs bundles, policies and enrolment tokens.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use gauze_seal::age::{Recipient, Recipients, RecipientsError};
use gauze_wire::{Bundle, Jws, Name, Policy, Signed, Signer as _, Tenant, Token, TokenId, WireError};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{BUNDLE_JWS, KeyDir, KeysError, POLICY_JWS};
use crate::disk::{self, PRIVATE, PUBLIC};
use crate::entropy::random;

/// Longest life of a token, in hours.
pub const MAX_TOKEN_HOURS: u32 = 24;

/// A file that somebody wrote, so that what is wrong with it can be told by field and line.
struct Draft {
    path: PathBuf,
    text: String,
}

impl Draft {
    fn read(path: &Path) -> Result<Self, KeysError> {
        let text = String::from_utf8(disk::read(path)?);
        let path = path.to_owned();
        let text = text.map_err(|_| KeysError::Malformed(format!("{}: it is not UTF-8", path.display())))?;
        Ok(Self { path, text })
    }

    fn malformed(&self, told: impl Display) -> KeysError {
        KeysError::Malformed(format!("{}: {told}", self.path.display()))
    }

    /// Fills what may be left out, behind what is there, then reads strictly.
    fn complete<T: Signed>(&self, now: Timestamp) -> Result<T, KeysError> {
        let fields: Map<String, Value> =
            serde_json::from_str(&self.text).map_err(|error| self.malformed(error))?;
        let mut text = self.text.trim_end().strip_suffix('}').unwrap_or_default().to_owned();
        let mut comma = if fields.is_empty() { "" } else { "," };
        for (name, value) in defaults::<T>(now) {
            if !fields.contains_key(name) {
                text.push_str(&format!("{comma}\"{name}\":{value}"));
                comma = ",";
            }
        }
        text.push('}');
        let payload: T = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text))
            .map_err(|error| {
                let told = format!("{}: {}", error.path(), error.inner());
                // serde's own words for one object where a list is wanted help nobody.
                let hint = if told.contains("map, expected a sequence") {
                    ": put [ and ] around the object"
                } else {
                    ""
                };
                self.malformed(told + hint)
            })?;
        typed(payload).map_err(|_| self.malformed(format!("typ is not {}", T::TYP)))
    }

    /// The limit that `payload` breaks, with the line of its field.
    fn check<T: Signed>(&self, payload: &T) -> Result<(), KeysError> {
        let Err(error) = payload.holds() else { return Ok(()) };
        let (WireError::Field(field) | WireError::Expected { field, .. }) = error else {
            return Err(KeysError::Unfit { file: self.path.clone(), error });
        };
        let key = format!("\"{}\"", field.rsplit('.').next().unwrap_or(field));
        let file = self.path.clone();
        Err(match self.text.lines().position(|line| line.contains(&key)) {
            Some(at) => KeysError::Limit { file, error, line: at + 1 },
            None => KeysError::Unfit { file, error },
        })
    }
}

/// What may be left out of a file.
fn defaults<T: Signed>(now: Timestamp) -> [(&'static str, Value); 3] {
    [("v", 1.into()), ("typ", T::TYP.into()), ("issued_at", now.to_string().into())]
}

/// Fills what may be left out, then reads strictly.
fn complete<T: Signed>(mut fields: Map<String, Value>, now: Timestamp) -> Result<T, KeysError> {
    for (name, value) in defaults::<T>(now) {
        fields.entry(name).or_insert(value);
    }
    let payload: T = serde_json::from_value(Value::Object(fields))
        .map_err(|error| KeysError::Malformed(error.to_string()))?;
    typed(payload)
}

fn typed<T: Signed>(payload: T) -> Result<T, KeysError> {
    if payload.shape().typ == T::TYP { Ok(payload) } else { Err(KeysError::Malformed("typ".to_owned())) }
}

fn check_tenant(keys: &KeyDir, tenant: &Tenant) -> Result<(), KeysError> {
    if keys.tenant()? == *tenant { Ok(()) } else { Err(KeysError::OtherTenant) }
}

fn check_version(given: u64, last: Option<u64>) -> Result<(), KeysError> {
    match last {
        Some(last) if given <= last => Err(KeysError::Rollback { given, last }),
        Some(_) | None => Ok(()),
    }
}

/// Remembers the object as the newest first, so that no version is ever signed twice; then hands it out.
fn publish(keys: &KeyDir, name: &str, jws: &Jws, out: &Path) -> Result<(), KeysError> {
    let text = format!("{}\n", jws.as_str());
    disk::replace(&keys.path(name), text.as_bytes(), PUBLIC)?;
    Ok(disk::replace(out, text.as_bytes(), PUBLIC)?)
}

/// Signs the bundle in `input` with the root; `out` gets the JWS.
pub fn sign_bundle(keys: &KeyDir, input: &Path, out: &Path, now: Timestamp) -> Result<Bundle, KeysError> {
    let root = keys.root()?;
    let draft = Draft::read(input)?;
    let bundle: Bundle = draft.complete(now)?;
    check_tenant(keys, &bundle.tenant)?;
    if bundle.root != root.public_key() {
        return Err(KeysError::OtherRoot);
    }
    if bundle.gateways.is_empty() {
        return Err(KeysError::NoGateway);
    }
    check_recipients(&bundle)?;
    draft.check(&bundle)?;
    let last = last_signed::<Bundle>(keys, BUNDLE_JWS)?;
    check_version(bundle.version, last.map(|last| last.version))?;
    publish(keys, BUNDLE_JWS, &Jws::sign(&bundle, &root)?, out)?;
    Ok(bundle)
}

fn check_recipients(bundle: &Bundle) -> Result<(), KeysError> {
    let mut parsed = Vec::new();
    for (at, entry) in bundle.recipients.iter().enumerate() {
        match entry.recipient.parse::<Recipient>() {
            Ok(recipient @ (Recipient::X25519(_) | Recipient::MlKem768X25519(_))) => parsed.push(recipient),
            Ok(Recipient::P256Tag(_)) | Err(_) => return Err(KeysError::Recipient(at)),
        }
    }
    let active = bundle.active_recipients().filter_map(|text| text.parse().ok());
    match Recipients::new(active) {
        Err(RecipientsError::MixedRecipients) => Err(KeysError::MixedRecipients),
        Ok(_) | Err(RecipientsError::Empty | RecipientsError::TooMany) => Ok(()),
    }
}

/// Unjudged: the keys directory is the operator's own, and the key may have been changed since.
pub(super) fn last_signed<T: Signed>(keys: &KeyDir, name: &str) -> Result<Option<T>, KeysError> {
    let Some(jws) = keys.signed(name)? else { return Ok(None) };
    jws.peek().map(Some).map_err(|_| KeysError::Unusable(keys.path(name)))
}

/// Signs the policy in `input` with the policy key; `out` gets the JWS.
pub fn sign_policy(keys: &KeyDir, input: &Path, out: &Path, now: Timestamp) -> Result<Policy, KeysError> {
    let key = keys.policy()?;
    let draft = Draft::read(input)?;
    let policy: Policy = draft.complete(now)?;
    check_tenant(keys, &policy.tenant)?;
    draft.check(&policy)?;
    let last = last_signed::<Policy>(keys, POLICY_JWS)?;
    check_version(policy.version, last.map(|last| last.version))?;
    publish(keys, POLICY_JWS, &Jws::sign(&policy, &key)?, out)?;
    Ok(policy)
}

/// Signs a policy whose fields were proposed: tenant and version are filled in where they are missing. Signing the very
/// same again, because the process died before the first was told, gives the first.
pub fn sign_policy_fields(
    keys: &KeyDir,
    mut fields: Map<String, Value>,
    now: Timestamp,
) -> Result<Jws, KeysError> {
    let key = keys.policy()?;
    let last = last_signed::<Policy>(keys, POLICY_JWS)?;
    let next = last.as_ref().map_or(1, |last| last.version + 1);
    fields.entry("tenant").or_insert(keys.tenant()?.as_str().into());
    fields.entry("version").or_insert(next.into());
    let policy: Policy = complete(fields, now)?;
    check_tenant(keys, &policy.tenant)?;
    policy.holds()?;
    if let Some(last) = last {
        let again = Policy { issued_at: policy.issued_at, ..last.clone() };
        if again == policy {
            return keys.signed(POLICY_JWS)?.ok_or_else(|| KeysError::Unusable(keys.path(POLICY_JWS)));
        }
        check_version(policy.version, Some(last.version))?;
    }
    let jws = Jws::sign(&policy, &key)?;
    disk::replace(&keys.path(POLICY_JWS), format!("{}\n", jws.as_str()).as_bytes(), PUBLIC)?;
    Ok(jws)
}

/// A token that was signed.
#[derive(Clone, Debug, Serialize)]
pub struct SignedToken {
    /// Its name.
    pub token_id: TokenId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The one phone it is for.
    pub serial: Option<Name>,
}

/// Signs a token that lives `hours`; `out` gets the JWS, readable by its owner alone.
pub fn sign_token(
    keys: &KeyDir,
    out: &Path,
    hours: u32,
    serial: Option<Name>,
    now: Timestamp,
) -> Result<SignedToken, KeysError> {
    if !(1..=MAX_TOKEN_HOURS).contains(&hours) {
        return Err(KeysError::Hours);
    }
    let token = Token {
        v: 1,
        typ: Token::TYP.to_owned(),
        tenant: keys.tenant()?,
        token_id: TokenId::make(random()?),
        issued_at: now,
        expires_at: now + SignedDuration::from_hours(hours.into()),
        serial,
        inventory: None,
    };
    let jws = Jws::sign(&token, &keys.policy()?)?;
    disk::replace(out, format!("{}\n", jws.as_str()).as_bytes(), PRIVATE)?;
    Ok(SignedToken { token_id: token.token_id, expires_at: token.expires_at, serial: token.serial })
}
