//! Whom the puller believes: the bundle under the pinned root, the policy under the bundle, its own keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_seal::age::{Identity, Recipient};
use gauze_wire::log::NoteKey;
use gauze_wire::{
    Bundle, Gateway, Jws, Policy, RecipientState, Signer as _, SoftwareKey, Tenant, WireError, accept_bundle,
};

use crate::coded::Coded;
use crate::disk;
use crate::keys::{BUNDLE_JWS, KeyDir, KeysError, POLICY_JWS};

/// Why the keys, the bundle and the policy do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Keys could not be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// No bundle was signed yet.
    #[error("no bundle has been signed: {} is not there", .0.display())]
    NoBundle(PathBuf),
    /// The bundle is not one of the pinned root.
    #[error("the bundle is not believed: {0}")]
    Bundle(#[source] WireError),
    /// The policy is not one of the bundle's policy keys.
    #[error("the policy is not believed: {0}")]
    Policy(#[source] WireError),
    /// The bundle does not name the gateway.
    #[error("the bundle names no gateway {0}")]
    UnknownGateway(String),
    /// The bundle does not name one of our own keys.
    #[error("the bundle does not name this {0} key")]
    KeyNotNamed(&'static str),
    /// Photos are sealed to a recipient whose identity is not here.
    #[error("no identity here opens what is sealed to active recipient {0}")]
    IdentityMissing(String),
}

impl Coded for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::NoBundle(_) => "no_bundle",
            Self::Bundle(_) => "bundle_untrusted",
            Self::Policy(_) => "policy_untrusted",
            Self::UnknownGateway(_) => "unknown_gateway",
            Self::KeyNotNamed(_) => "key_not_named",
            Self::IdentityMissing(_) => "identity_missing",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.next_step(),
            Self::NoBundle(_) => "Sign one with sign-bundle, or give --bundle.",
            Self::Bundle(_) => "Use a bundle that the root of this keys directory signed.",
            Self::Policy(_) => "Sign the policy again with sign-policy.",
            Self::UnknownGateway(_) => "Give --gateway one of the bundle's gateway URLs.",
            Self::KeyNotNamed(_) => "Put its public half into the bundle and sign a higher version.",
            Self::IdentityMissing(_) => "Add the identity to tenant-identity.txt, or retire the recipient.",
        }
    }
}

/// All of it, checked.
pub(crate) struct Trust {
    pub(crate) tenant: Tenant,
    pub(crate) bundle: Bundle,
    pub(crate) bundle_jws: Jws,
    pub(crate) policy: Policy,
    pub(crate) gateway: Gateway,
    pub(crate) records: SoftwareKey,
    pub(crate) witness: NoteKey,
    /// Shared with the threads that open photos.
    pub(crate) identities: Arc<[Identity]>,
}

impl Trust {
    /// Reads and checks keys, the newest bundle (or the one at `bundle`) and the newest policy.
    pub(crate) fn load(keys: &KeyDir, bundle: Option<&Path>, url: &str) -> Result<Self, TrustError> {
        let tenant = keys.tenant()?;
        let path = bundle.map_or_else(|| keys.path(BUNDLE_JWS), Path::to_owned);
        let bytes = disk::read_if_any(&path).map_err(KeysError::from)?;
        let text = bytes.ok_or(TrustError::NoBundle(path))?;
        let malformed = || TrustError::Bundle(WireError::Malformed("bundle"));
        let text = String::from_utf8(text).map_err(|_| malformed())?;
        let bundle_jws = Jws::parse(text.trim()).map_err(TrustError::Bundle)?;
        let (bundle, _) =
            accept_bundle(&bundle_jws, &tenant, &keys.root_sha256()?, None, 0).map_err(TrustError::Bundle)?;
        let policy = match keys.signed(POLICY_JWS)? {
            Some(jws) => jws.verify_by(&bundle.policy_keys, &tenant).map_err(TrustError::Policy)?,
            None => Policy::strictest(&tenant),
        };
        let gateway =
            bundle.gateway(url).cloned().ok_or_else(|| TrustError::UnknownGateway(url.to_owned()))?;
        let records = keys.records()?;
        if !bundle.records.contains(&records.public_key()) {
            return Err(TrustError::KeyNotNamed("records"));
        }
        let witness = keys.witness()?;
        if !bundle.witnesses.contains(&witness.witness_key()) {
            return Err(TrustError::KeyNotNamed("witness"));
        }
        let identities: Arc<[Identity]> = keys.identities()?.into();
        check_identities(&bundle, &identities)?;
        Ok(Self { tenant, bundle, bundle_jws, policy, gateway, records, witness, identities })
    }
}

/// Without the identity every photo would be refused as one that does not open, for good.
fn check_identities(bundle: &Bundle, identities: &[Identity]) -> Result<(), TrustError> {
    let ours: Vec<Recipient> = identities.iter().map(Identity::to_recipient).collect();
    for entry in &bundle.recipients {
        let held = entry.recipient.parse::<Recipient>().is_ok_and(|named| ours.contains(&named));
        match entry.state {
            RecipientState::Active if !held => {
                let shown = entry.recipient.chars().take(24).collect();
                return Err(TrustError::IdentityMissing(shown));
            }
            RecipientState::Retired if !held => {
                tracing::debug!(since = %entry.since, "a retired recipient's identity is not here");
            }
            RecipientState::Active | RecipientState::Retired => {}
        }
    }
    Ok(())
}
