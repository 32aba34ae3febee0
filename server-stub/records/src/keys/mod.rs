//! The records side's keys, and what is signed with them.
//!
//! Always: private keys are files of mode 0600 in one directory that [`make`] writes whole or not at all; versions
//! of bundle and policy only rise over the last one signed here; what is signed has been checked as a reader would.

mod access;
mod error;
mod inventory;
mod make;
mod paste;
mod root;
mod sign;
mod table;

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_seal::age::{Identity, parse_identity_file};
use gauze_wire::log::NoteKey;
use gauze_wire::{Digest, Jws, SoftwareKey, Tenant};
use zeroize::Zeroizing;

use crate::disk;

pub use error::KeysError;
pub use inventory::{
    Imported, LeftOut, MAX_INVENTORY_DAYS, SignedInventory, Why, WithToken, import, sign_inventory,
};
pub use make::{Made, RecipientKind, make};
pub use paste::{Paste, managed};
pub use root::HandedOver;
pub(crate) use root::Roots;
pub use sign::{MAX_TOKEN_HOURS, SignedToken, sign_bundle, sign_policy, sign_policy_fields, sign_token};

/// The offline root.
pub const ROOT: &str = "root.pem";
/// Signs policies and tokens.
pub const POLICY: &str = "policy.pem";
/// Signs pull requests and receipts.
pub const RECORDS: &str = "records.pem";
/// Cosigns checkpoints.
pub const WITNESS: &str = "witness.key";
/// Signs entries of the access log.
pub const AUDIT: &str = "audit.pem";
/// Signs checkpoints of the access log.
pub const ACCESS: &str = "access.key";
/// Opens photos.
pub const IDENTITY: &str = "tenant-identity.txt";
/// The root's fingerprint, hex.
pub const ROOT_SHA256: &str = "root-sha256.txt";
/// The tenant's name.
pub const TENANT: &str = "tenant.txt";
/// The newest bundle signed.
pub const BUNDLE_JWS: &str = "bundle.jws";
/// The newest policy signed.
pub const POLICY_JWS: &str = "policy.jws";
/// The newest inventory signed.
pub const INVENTORY_JWS: &str = "inventory.jws";
/// The newest inventory token signed.
pub const INVENTORY_TOKEN: &str = "inventory-token.jws";

/// A directory of keys.
#[derive(Clone, Debug)]
pub struct KeyDir {
    dir: PathBuf,
}

impl KeyDir {
    /// The keys in `dir`; nothing is read yet.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Where a file of it lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn text(&self, name: &str) -> Result<Zeroizing<String>, KeysError> {
        let path = self.path(name);
        let bytes = disk::read_if_any(&path)?.ok_or_else(|| KeysError::Missing(path.clone()))?;
        let mut bytes = Zeroizing::new(bytes);
        let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|_| KeysError::Unusable(path))?;
        Ok(Zeroizing::new(text))
    }

    fn parse<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, KeysError> {
        parse(self.text(name)?.trim()).ok_or_else(|| KeysError::Unusable(self.path(name)))
    }

    /// Whose keys these are.
    pub fn tenant(&self) -> Result<Tenant, KeysError> {
        self.parse(TENANT, |text| text.parse().ok())
    }

    /// The root's fingerprint.
    pub fn root_sha256(&self) -> Result<Digest, KeysError> {
        self.parse(ROOT_SHA256, |text| text.parse().ok())
    }

    /// The tenant root.
    pub fn root(&self) -> Result<SoftwareKey, KeysError> {
        self.parse(ROOT, |text| SoftwareKey::from_pem(text).ok())
    }

    /// The policy key.
    pub fn policy(&self) -> Result<SoftwareKey, KeysError> {
        self.parse(POLICY, |text| SoftwareKey::from_pem(text).ok())
    }

    /// The records key.
    pub fn records(&self) -> Result<SoftwareKey, KeysError> {
        self.parse(RECORDS, |text| SoftwareKey::from_pem(text).ok())
    }

    /// The witness key.
    pub fn witness(&self) -> Result<NoteKey, KeysError> {
        self.parse(WITNESS, read_note_key)
    }

    /// The tenant's age identities.
    pub fn identities(&self) -> Result<Vec<Identity>, KeysError> {
        self.parse(IDENTITY, |text| parse_identity_file(text).ok())
    }

    /// The newest signed object in `name`, unjudged.
    pub fn signed(&self, name: &str) -> Result<Option<Jws>, KeysError> {
        match disk::read_if_any(&self.path(name))? {
            None => Ok(None),
            Some(_) => self.parse(name, |text| Jws::parse(text).ok()).map(Some),
        }
    }
}

/// C2SP signer key text: `PRIVATE+KEY+NAME+HASH+KEY`, the key being a type byte and the seed.
fn write_note_key(key: &NoteKey, seed: &[u8; 32]) -> Zeroizing<String> {
    write_signer(&key.witness_key().to_string(), COSIGNS, seed)
}

/// The type byte of a witness's key.
const COSIGNS: u8 = 0x04;
/// The type byte of a log's key.
const SIGNS: u8 = 0x01;

fn write_signer(public: &str, kind: u8, seed: &[u8; 32]) -> Zeroizing<String> {
    // Name and hash hold no plus; the base64 after them may.
    let named = public.splitn(3, '+').take(2).collect::<Vec<_>>().join("+");
    let mut secret = Zeroizing::new(vec![kind]);
    secret.extend_from_slice(seed);
    Zeroizing::new(format!("PRIVATE+KEY+{named}+{}\n", *Zeroizing::new(BASE64_STANDARD.encode(&*secret))))
}

fn read_note_key(text: &str) -> Option<NoteKey> {
    read_signer(text, COSIGNS)
}

fn read_signer(text: &str, kind: u8) -> Option<NoteKey> {
    // Base64 may hold a plus: the first two are the separators.
    let mut parts = text.strip_prefix("PRIVATE+KEY+")?.splitn(3, '+');
    let (name, hash, secret) = (parts.next()?, parts.next()?, parts.next()?);
    let secret = Zeroizing::new(BASE64_STANDARD.decode(secret).ok()?);
    let (&found, seed) = secret.split_first()?;
    if found != kind {
        return None;
    }
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).ok()?);
    let key = NoteKey::from_bytes(name, &seed).ok()?;
    let public = if kind == SIGNS { key.log_key().to_string() } else { key.witness_key().to_string() };
    public.starts_with(&format!("{name}+{hash}+")).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_key_survives_its_file() {
        for n in 0..64 {
            let key = NoteKey::from_bytes("ward-9/witness", &[n; 32]).unwrap();
            let text = write_note_key(&key, &[n; 32]);
            let again = read_note_key(text.trim()).unwrap();
            assert_eq!(again.witness_key(), key.witness_key());
            assert!(read_note_key(&text.trim().replace("ward-9", "ward-8")).is_none());
        }
    }
}
