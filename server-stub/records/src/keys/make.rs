//! Makes a tenant's keys and the templates of what is signed with them.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use gauze_seal::age::Identity;
use gauze_wire::log::NoteKey;
use gauze_wire::{Digest, Life, Policy, PublicKey, Signer as _, SoftwareKey, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::{IDENTITY, KeysError, POLICY, RECORDS, ROOT, ROOT_SHA256, TENANT, WITNESS, write_note_key};
use crate::disk::{self, PRIVATE, PUBLIC, at};
use crate::entropy::{SystemEntropy, random};

/// How long a bundle stays fresh in the template.
const FRESH: SignedDuration = SignedDuration::from_hours(24 * 365);

/// What photos will be sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientKind {
    /// `mlkem768x25519`.
    PostQuantum,
    /// `X25519`.
    Classical,
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// Whose.
    pub tenant: Tenant,
    /// Fingerprint of the tenant root: goes into managed configuration.
    pub root_sha256: Digest,
    /// What photos will be sealed to.
    pub recipient: String,
}

pub(super) fn key() -> Result<SoftwareKey, KeysError> {
    loop {
        // The few byte strings that are no scalar are drawn again.
        if let Ok(key) = SoftwareKey::from_bytes(&Zeroizing::new(random::<32>()?)) {
            return Ok(key);
        }
    }
}

/// Makes all keys of `tenant` in `dir`, which must not exist or be empty.
pub fn make(dir: &Path, tenant: &Tenant, kind: RecipientKind, now: Timestamp) -> Result<Made, KeysError> {
    let occupied = || KeysError::Exists(dir.to_owned());
    if let Ok(mut entries) = fs::read_dir(dir)
        && entries.next().is_some()
    {
        return Err(occupied());
    }
    let above = match dir.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        Some(_) | None => Path::new("."),
    };
    disk::make_dirs(above)?;
    let aside = tempfile::Builder::new()
        .prefix(".keys-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(above)
        .map_err(at(above))?;
    let made = write_all(aside.path(), tenant, kind, now)?;
    disk::sync_dir(aside.path())?;
    match fs::rename(aside.path(), dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => return Err(occupied()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(occupied()),
        Err(error) => return Err(at(dir)(error).into()),
    }
    // Renamed: there is nothing left to remove.
    let _ = aside.keep();
    disk::sync_dir(above)?;
    Ok(made)
}

fn write_all(dir: &Path, tenant: &Tenant, kind: RecipientKind, now: Timestamp) -> Result<Made, KeysError> {
    let (root, policy, records) = (key()?, key()?, key()?);
    for (name, key) in [(ROOT, &root), (POLICY, &policy), (RECORDS, &records)] {
        disk::create(&dir.join(name), Zeroizing::new(key.to_pem()?).as_bytes(), PRIVATE)?;
    }
    let seed = Zeroizing::new(random::<32>()?);
    let witness = NoteKey::from_bytes(&format!("{tenant}/witness"), &seed)?;
    disk::create(&dir.join(WITNESS), write_note_key(&witness, &seed).as_bytes(), PRIVATE)?;
    let identity = match kind {
        RecipientKind::PostQuantum => Identity::make_mlkem768x25519(&mut SystemEntropy)?,
        RecipientKind::Classical => Identity::make_x25519(&mut SystemEntropy)?,
    };
    let recipient = identity.to_recipient().to_string();
    let file = Zeroizing::new(format!(
        "# created: {now}\n# public key: {recipient}\n{}\n",
        *identity.to_secret_text()
    ));
    disk::create(&dir.join(IDENTITY), file.as_bytes(), PRIVATE)?;

    let root_sha256 = root.public_key().fingerprint();
    disk::create(&dir.join(ROOT_SHA256), format!("{root_sha256}\n").as_bytes(), PUBLIC)?;
    disk::create(&dir.join(TENANT), format!("{tenant}\n").as_bytes(), PUBLIC)?;
    let named = Named { root: root.public_key(), policy: policy.public_key(), records: records.public_key() };
    let bundle = bundle_template(tenant, &named, &witness, &recipient, now);
    disk::create(&dir.join("bundle.json"), pretty(&bundle)?.as_bytes(), PUBLIC)?;
    disk::create(&dir.join("policy.json"), pretty(&policy_template(tenant)?)?.as_bytes(), PUBLIC)?;
    Ok(Made { tenant: tenant.clone(), root_sha256, recipient })
}

struct Named {
    root: PublicKey,
    policy: PublicKey,
    records: PublicKey,
}

fn bundle_template(
    tenant: &Tenant,
    named: &Named,
    witness: &NoteKey,
    recipient: &str,
    now: Timestamp,
) -> serde_json::Value {
    json!({
        "tenant": tenant,
        "version": 1,
        "fresh_until": now + FRESH,
        "root": named.root,
        "recipients": [{ "recipient": recipient, "state": "active", "since": now }],
        "gateways": [],
        "records": [named.records],
        "witnesses": [witness.witness_key()],
        "policy_keys": [named.policy],
    })
}

fn policy_template(tenant: &Tenant) -> Result<serde_json::Value, KeysError> {
    let policy = Policy { version: 1, life: Some(Life::RECOMMENDED), ..Policy::strictest(tenant) };
    let mut value = serde_json::to_value(policy).map_err(|error| KeysError::Malformed(error.to_string()))?;
    if let Some(fields) = value.as_object_mut() {
        for filled_at_signing in ["v", "typ", "issued_at"] {
            fields.remove(filled_at_signing);
        }
    }
    Ok(value)
}

fn pretty(value: &serde_json::Value) -> Result<String, KeysError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| KeysError::Malformed(error.to_string()))?;
    Ok(text + "\n")
}
