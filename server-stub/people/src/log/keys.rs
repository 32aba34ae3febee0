//! The log's keys: one signs entries, one signs checkpoints.

use std::fmt;
use std::sync::Arc;

use gauze_wire::log::{LogKey, NoteKey, WitnessKey};
use gauze_wire::{PublicKey, Signer, Tenant};
use serde::{Deserialize, Serialize};

/// The private halves. Shared by all requests.
#[derive(Clone)]
pub struct LogKeys {
    /// Whose log.
    pub tenant: Tenant,
    /// Signs entries (ES256).
    pub audit: Arc<dyn Signer + Send + Sync>,
    /// Signs checkpoints (Ed25519); its name is the log's origin.
    pub note: Arc<NoteKey>,
}

impl fmt::Debug for LogKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogKeys").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// The origin of a tenant's access log.
pub(crate) fn origin(tenant: &Tenant) -> String {
    format!("{tenant}/access")
}

impl LogKeys {
    /// The name that a tenant's checkpoint key carries: the log's origin.
    pub fn origin(tenant: &Tenant) -> String {
        origin(tenant)
    }

    /// The public halves.
    pub fn public(&self) -> PublicKeys {
        PublicKeys {
            tenant: self.tenant.clone(),
            audit: vec![self.audit.public_key()],
            log: self.note.log_key(),
            witnesses: Vec::new(),
        }
    }
}

/// All that anybody needs to check the log without us. JSON form: `access-keys.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKeys {
    /// Whose log.
    pub tenant: Tenant,
    /// The keys that ever signed entries, as JWKs.
    pub audit: Vec<PublicKey>,
    /// The key that signs checkpoints.
    pub log: LogKey,
    /// Witnesses whose cosignatures count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<WitnessKey>,
}
