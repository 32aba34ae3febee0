//! One tenant as this gateway serves it: bundle, policy, keys. Given by the operator, never older than before.

use std::path::{Path, PathBuf};

use gauze_wire::log::NoteKey;
use gauze_wire::{Bundle, Gateway, Jws, Policy, Signed as _, Tenant, WireError};

use crate::keys::{GatewayKeys, KeysError};

/// Where a tenant's signed files are.
#[derive(Clone, Debug)]
pub struct TenantFiles {
    /// The trust bundle.
    pub bundle: PathBuf,
    /// The policy; without it the strictest holds.
    pub policy: Option<PathBuf>,
}

/// Why a tenant cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A file could not be read.
    #[error("{0} cannot be read ({1}): check the path")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The bundle does not hold.
    #[error("the trust bundle is refused ({0}): sign it again on the records side")]
    Bundle(#[source] WireError),
    /// The policy does not hold.
    #[error("the policy is refused ({0}): sign it again on the records side")]
    Policy(#[source] WireError),
    /// The bundle does not name this gateway's keys.
    #[error(
        "the trust bundle does not name this gateway: put {0} into its `gateways` (url and tenant as yours) and sign it again"
    )]
    NotNamed(String),
    /// Older than what this gateway served before.
    #[error("this bundle or policy is older than the one served before: use the newest")]
    Rollback,
    /// The keys are not usable.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl TenantError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(..) => "unreadable",
            Self::Bundle(WireError::MixedRecipients) => "mixed_recipients",
            Self::Bundle(WireError::Signature | WireError::UnknownKey) => "bundle_untrusted",
            Self::Bundle(_) => "bundle_invalid",
            Self::Policy(_) => "policy_invalid",
            Self::NotNamed(_) => "gateway_not_in_bundle",
            Self::Rollback => "rollback",
            Self::Keys(error) => error.code(),
        }
    }
}

/// A tenant in service.
pub(crate) struct Served {
    pub bundle: Bundle,
    pub bundle_jws: Jws,
    pub policy: Policy,
    pub policy_jws: Option<Jws>,
    pub gateway: Gateway,
    pub note_key: NoteKey,
}

impl Served {
    pub fn load(files: &TenantFiles, keys: &GatewayKeys) -> Result<Self, TenantError> {
        let bundle_jws = read(&files.bundle, TenantError::Bundle)?;
        let claimed: Bundle = bundle_jws.peek().map_err(TenantError::Bundle)?;
        // The operator hands over the file: it must hold together, and phones check it against their own pin.
        let bundle: Bundle =
            bundle_jws.verify(&claimed.root, &claimed.tenant).map_err(TenantError::Bundle)?;
        let named = bundle.gateways.iter().find(|named| {
            keys.public(&named.url, &bundle.tenant)
                .is_ok_and(|ours| ours.key == named.key && ours.log == named.log)
        });
        let Some(gateway) = named.cloned() else {
            let ours = keys.public("https://host:port", &bundle.tenant)?;
            return Err(TenantError::NotNamed(serde_json::to_string(&ours).unwrap_or_default()));
        };
        let beside = files.bundle.with_file_name("policy.jws");
        let path = files.policy.clone().or_else(|| beside.is_file().then_some(beside));
        let policy_jws = path.map(|path| read(&path, TenantError::Policy)).transpose()?;
        let policy = match &policy_jws {
            Some(jws) => jws.verify_by(&bundle.policy_keys, &bundle.tenant).map_err(TenantError::Policy)?,
            None => Policy::strictest(&bundle.tenant),
        };
        let note_key = keys.note_key(&gateway.url, &bundle.tenant)?;
        Ok(Self { bundle, bundle_jws, policy, policy_jws, gateway, note_key })
    }

    /// Which tenant a policy file is for, unverified: to pair files given on the command line.
    pub fn policy_tenant(path: &Path) -> Result<Tenant, TenantError> {
        let policy: Policy = read(path, TenantError::Policy)?.peek().map_err(TenantError::Policy)?;
        Ok(policy.tenant().clone())
    }

    /// Which tenant a bundle file is for, unverified.
    pub fn bundle_tenant(path: &Path) -> Result<Tenant, TenantError> {
        let bundle: Bundle = read(path, TenantError::Bundle)?.peek().map_err(TenantError::Bundle)?;
        Ok(bundle.tenant().clone())
    }

    /// Refuses what is older than `data` remembers of this tenant, and remembers what is newer.
    pub fn never_older(&self, data: &Path) -> Result<(), TenantError> {
        let path = data.join("tenants").join(format!("{}.versions", self.bundle.tenant));
        let failed = |error| TenantError::Unreadable(path.clone(), error);
        let (mut bundle, mut policy) = (0, 0);
        if let Ok(text) = std::fs::read_to_string(&path) {
            let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
            (bundle, policy) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        }
        if self.bundle.version < bundle || self.policy.version < policy {
            return Err(TenantError::Rollback);
        }
        let text = format!("{} {}\n", self.bundle.version, self.policy.version);
        crate::blobs::write_durably(&path, text.as_bytes()).map_err(failed)
    }
}

fn read(path: &Path, wrong: fn(WireError) -> TenantError) -> Result<Jws, TenantError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| TenantError::Unreadable(path.to_owned(), error))?;
    Jws::parse(text.trim()).map_err(wrong)
}
