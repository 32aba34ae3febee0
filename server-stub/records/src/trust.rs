//! Whom the puller believes: the bundle under the pinned root, the policy under the bundle, its own keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_attest::{Basis, Roots, StatusList};
use gauze_seal::age::{Identity, Recipient};
use gauze_wire::log::NoteKey;
use gauze_wire::{
    Bundle, Gateway, Jws, Policy, RecipientState, Signer as _, SoftwareKey, Tenant, WireError, accept_bundle,
};

use jiff::Timestamp;

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
    /// The status list cannot be used.
    #[error("the status list cannot be used: {0}")]
    StatusList(String),
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
            Self::StatusList(_) => "status_list_invalid",
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
            Self::StatusList(_) => "Fetch it again, or leave --status-list out.",
            Self::IdentityMissing(_) => "Add the identity to tenant-identity.txt, or retire the recipient.",
        }
    }
}

/// All of it, checked.
pub(crate) struct Trust {
    /// Google's status list, where this side was given one.
    status: Option<StatusList>,
    pub(crate) tenant: Tenant,
    pub(crate) bundle: Bundle,
    pub(crate) bundle_jws: Jws,
    /// What evidence is judged by.
    policy: Policy,
    pub(crate) gateway: Gateway,
    pub(crate) records: SoftwareKey,
    pub(crate) witness: NoteKey,
    /// Shared with the threads that open photos.
    pub(crate) identities: Arc<[Identity]>,
}

impl Trust {
    /// Reads and checks keys, the newest bundle (or the one at `bundle`) and the newest policy.
    pub(crate) fn load(
        keys: &KeyDir,
        bundle: Option<&Path>,
        url: &str,
        status: Option<&Path>,
    ) -> Result<Self, TrustError> {
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
        let status = status.map(read_status).transpose()?;
        let policy = judged_by(policy, status.is_some());
        Ok(Self { tenant, bundle, bundle_jws, policy, gateway, records, witness, identities, status })
    }

    /// What evidence is judged by.
    pub(crate) fn basis<'a>(&'a self, roots: &'a Roots) -> Basis<'a> {
        Basis { bundle: &self.bundle, policy: &self.policy, status: self.status.as_ref(), roots }
    }
}

/// The list at `path`; the file's own time says when it was current.
fn read_status(path: &Path) -> Result<StatusList, TrustError> {
    let unreadable = |error: std::io::Error| TrustError::StatusList(error.to_string());
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified()).map_err(unreadable)?;
    let at = Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH);
    StatusList::parse(&bytes, at).map_err(|error| TrustError::StatusList(error.to_string()))
}

/// That the list be young is the gateway's to keep, which has it when a phone enrols. A records side that has none does
/// not refuse the phones that the gateway let in by it.
fn judged_by(mut policy: Policy, has_list: bool) -> Policy {
    if let (Some(android), false) = (&mut policy.android, has_list) {
        android.status_list_hours = None;
    }
    policy
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

#[cfg(test)]
mod tests {
    use gauze_wire::AndroidRules;

    use super::*;

    #[test]
    fn a_side_without_a_status_list_refuses_no_phone_for_want_of_one() {
        let rules = AndroidRules { status_list_hours: Some(24), ..AndroidRules::for_apps(Vec::new()) };
        let strictest = Policy::strictest(&"ward-9".parse().unwrap());
        let policy = Policy { android: Some(rules), ..strictest };
        let hours = |has_list| judged_by(policy.clone(), has_list).android.unwrap().status_list_hours;
        assert_eq!((hours(true), hours(false)), (Some(24), None));
    }

    #[test]
    fn a_status_list_is_read_with_its_files_own_time_and_a_broken_one_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(read_status(file.path()), Err(TrustError::StatusList(_))));
        std::io::Write::write_all(&mut file.as_file(), br#"{"entries":{"ab":{"status":"REVOKED"}}}"#)
            .unwrap();
        let list = read_status(file.path()).unwrap();
        let modified = file.as_file().metadata().unwrap().modified().unwrap();
        assert!(list.judge(["ab"]).is_err() && list.fetched_at() == Timestamp::try_from(modified).unwrap());
    }
}
