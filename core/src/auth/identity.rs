//! Who this phone is, once enrolled. Holds no secret.

use std::cell::OnceCell;
use std::path::Path;

use gauze_wire::{DeviceId, Follows, PublicKey, Signer, Tenant, Ward, WireError};
use serde::{Deserialize, Serialize};

use crate::ports::{Disk, KeyVault, VaultError};
use crate::store::{Found, StoreError, Twice};

const NAME: &str = "identity.json";

/// The phone's enrolment, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub v: u32,
    pub tenant: Tenant,
    pub gateway: String,
    pub ca: Option<String>,
    pub min_bundle_version: u64,
    pub device_id: DeviceId,
    pub follows: Option<Follows>,
    /// Where it is used, as was said when it enrolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<Ward>,
}

impl Identity {
    pub fn load(disk: &dyn Disk, dir: &Path) -> Found<Self> {
        Twice { disk, dir, name: NAME }.read_json()
    }

    pub fn save(&self, disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(self).map_err(|_| StoreError::Damaged)?;
        Twice { disk, dir, name: NAME }.write(&bytes)
    }

    pub fn forget(disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        Twice { disk, dir, name: NAME }.forget()
    }
}

/// The vault's device key as a signer.
pub struct VaultSigner<'a> {
    vault: &'a dyn KeyVault,
    public: PublicKey,
    /// What the vault said when it did not sign: signing itself can only say that it failed.
    refused: OnceCell<VaultError>,
}

impl<'a> VaultSigner<'a> {
    /// Signs with the key that the vault holds now.
    pub fn new(vault: &'a dyn KeyVault) -> Result<Self, VaultError> {
        Ok(Self { vault, public: vault.device_key()?, refused: OnceCell::new() })
    }

    /// Why it did not sign.
    pub fn why(&self) -> VaultError {
        self.refused.get().copied().unwrap_or(VaultError::Unavailable)
    }
}

impl Signer for VaultSigner<'_> {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        let signature = self.vault.sign(message).map_err(|error| {
            let _first = self.refused.set(error);
            WireError::Signature
        })?;
        // Hardware that answers with something else must not send it: a bad signature wedges the photo.
        self.public.verify(message, &signature)?;
        Ok(signature)
    }
}
