//! Where the records side keeps its access log, its policies and its list of roles, under `--data`.
//!
//! `access/` is the log; `access/keys.json` all that somebody else needs to check it; `people/policies.cedar` and
//! `people/roles.json` what was last put in force. Without those two the shipped policies and no grants hold.

mod error;

use std::path::{Path, PathBuf};

use gauze_people::Roles;
use gauze_people::log::{AccessLog, COSIGNED, OUTSIDE, PublicKeys, Verified, Wanted, verify};
use gauze_people::roles::{Grants, PolicySet, SHIPPED};
use gauze_wire::log::{Checkpoint, WitnessKey};
use jiff::Timestamp;

use crate::disk::{self, PUBLIC};
use crate::keys::KeyDir;

pub use error::AccessError;

/// Where the log is.
pub fn log_dir(data: &Path) -> PathBuf {
    data.join("access")
}

fn keys_file(data: &Path) -> PathBuf {
    log_dir(data).join("keys.json")
}

/// The policies of this hospital; where it has none of its own, the shipped ones.
pub fn policies_file(data: &Path) -> PathBuf {
    data.join("people/policies.cedar")
}

/// The list of roles.
pub fn roles_file(data: &Path) -> PathBuf {
    data.join("people/roles.json")
}

/// Opens the log to write, after checking its tree, and puts its public keys beside it.
///
/// # Errors
/// [`AccessError`]: nothing may be shown then.
pub fn open_log(keys: &KeyDir, data: &Path, at: Timestamp) -> Result<AccessLog, AccessError> {
    let log = AccessLog::open(&log_dir(data), keys.log_keys()?, at)?;
    // What cannot be read is never replaced: without the keys of before nobody checks the lines of before.
    let before: Option<PublicKeys> = json_if_any(&keys_file(data))?;
    let mut public = log.public_keys();
    if let Some(before) = before {
        // Keys that signed before, and witnesses, stay.
        public.audit.extend(before.audit.into_iter().filter(|key| *key != log.public_keys().audit[0]));
        public.witnesses = before.witnesses;
    }
    put_public_keys(data, &public)?;
    Ok(log)
}

pub(crate) fn put_public_keys(data: &Path, keys: &PublicKeys) -> Result<(), AccessError> {
    let text = serde_json::to_string_pretty(keys)
        .map_err(|error| AccessError::Malformed { path: keys_file(data), cause: error.to_string() })?;
    Ok(disk::replace(&keys_file(data), format!("{text}\n").as_bytes(), PUBLIC)?)
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, AccessError> {
    let bytes = disk::read(path)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| AccessError::Malformed { path: path.to_owned(), cause: error.to_string() })
}

/// Nothing where there is no such file; one that cannot be read is no absent one.
fn json_if_any<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, AccessError> {
    let Some(bytes) = disk::read_if_any(path)? else { return Ok(None) };
    let read = serde_json::from_slice(&bytes);
    read.map(Some).map_err(|error| AccessError::Malformed { path: path.to_owned(), cause: error.to_string() })
}

fn cosigned_file(data: &Path) -> PathBuf {
    log_dir(data).join(COSIGNED)
}

/// What the gateway cosigned last, as far as it is remembered here.
///
/// # Errors
/// [`AccessError`].
pub fn cosigned(data: &Path, keys: &PublicKeys) -> Result<Option<Checkpoint>, AccessError> {
    let path = cosigned_file(data);
    let Some(bytes) = disk::read_if_any(&path)? else { return Ok(None) };
    let malformed = |cause: String| AccessError::Malformed { path: path.clone(), cause };
    let note = String::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    keys.log.verify(&note).map(Some).map_err(|error| malformed(error.to_string()))
}

/// Keeps what the gateway cosigned, and its key among the public ones.
pub(crate) fn keep_cosigned(data: &Path, note: &str, witness: WitnessKey) -> Result<(), AccessError> {
    disk::replace(&cosigned_file(data), note.as_bytes(), PUBLIC)?;
    let mut public = public_keys(data)?;
    if !public.witnesses.contains(&witness) {
        public.witnesses.push(witness);
        put_public_keys(data, &public)?;
    }
    Ok(())
}

/// The note that the outside witness cosigned last, as far as it is remembered here.
///
/// # Errors
/// [`AccessError`].
pub(crate) fn outside(data: &Path) -> Result<Option<String>, AccessError> {
    let path = log_dir(data).join(OUTSIDE);
    let Some(bytes) = disk::read_if_any(&path)? else { return Ok(None) };
    let note = String::from_utf8(bytes);
    note.map(Some).map_err(|error| AccessError::Malformed { path, cause: error.to_string() })
}

/// Keeps what the outside witness cosigned.
pub(crate) fn keep_outside(data: &Path, note: &str) -> Result<(), AccessError> {
    Ok(disk::replace(&log_dir(data).join(OUTSIDE), note.as_bytes(), PUBLIC)?)
}

/// Public keys from a file that somebody was handed.
///
/// # Errors
/// [`AccessError`].
pub fn public_keys_in(file: &Path) -> Result<PublicKeys, AccessError> {
    json(file)
}

/// Public keys as they lie beside the log.
///
/// # Errors
/// [`AccessError`].
pub fn public_keys(data: &Path) -> Result<PublicKeys, AccessError> {
    json(&keys_file(data))
}

/// The whole log, checked by its public keys, while others are served.
///
/// # Errors
/// [`AccessError`]: it cannot be read. What is wrong with it is in the answer.
pub fn verified(data: &Path) -> Result<Verified, AccessError> {
    let wanted = Wanted { beside: true, ..Wanted::default() };
    Ok(verify(&log_dir(data), &public_keys(data)?, wanted)?)
}

/// Reads a policy file and checks it strictly.
///
/// # Errors
/// [`AccessError`].
pub fn policy_set(file: Option<&Path>) -> Result<PolicySet, AccessError> {
    let Some(file) = file else { return Ok(PolicySet::parse(SHIPPED)?) };
    policies(file, disk::read(file)?)
}

fn policies(file: &Path, bytes: Vec<u8>) -> Result<PolicySet, AccessError> {
    let text = String::from_utf8(bytes);
    let text =
        text.map_err(|error| AccessError::Malformed { path: file.to_owned(), cause: error.to_string() })?;
    Ok(PolicySet::parse(&text)?)
}

/// The policies in force: the hospital's own, or the shipped ones.
///
/// # Errors
/// [`AccessError`]: a file that does not hold puts nothing in force.
pub fn roles(data: &Path) -> Result<Roles, AccessError> {
    let own = policies_file(data);
    let set = match disk::read_if_any(&own)? {
        Some(bytes) => policies(&own, bytes)?,
        None => policy_set(None)?,
    };
    Ok(Roles::of(set))
}

/// The list of roles; empty where there is none.
///
/// # Errors
/// [`AccessError`].
pub fn grants(data: &Path) -> Result<Grants, AccessError> {
    let grants: Grants = json_if_any(&roles_file(data))?.unwrap_or_default();
    grants.check()?;
    Ok(grants)
}

#[cfg(test)]
mod tests;
