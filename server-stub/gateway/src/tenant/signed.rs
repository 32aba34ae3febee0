//! A bundle's and a policy's file, read; and what is wrong with one that does not read.

use std::path::Path;

use gauze_listen::read_file;
use gauze_wire::{Bundle, Jws, Policy, Signed, Tenant, WireError};
use serde::Deserialize;

use super::error::{Flaw, SignedFile, TenantError};

/// Largest bundle or policy file that is read.
const LIMIT: u64 = 1 << 20;

/// What a bundle's file holds: those that hand over, and the one in force.
pub(super) type Bundles = (Vec<Jws>, (Bundle, Jws));

impl SignedFile {
    /// Which of the two was signed, by what its bytes say of themselves; neither, where they are something else.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let first = std::str::from_utf8(bytes).ok()?.trim().lines().next()?.trim();
        match Jws::parse(first).ok()?.typ() {
            Bundle::TYP => Some(Self::Bundle),
            Policy::TYP => Some(Self::Policy),
            _ => None,
        }
    }

    /// Whose a file is, unverified: to pair files given on the command line.
    pub(crate) fn tenant(self, path: &Path) -> Result<Tenant, TenantError> {
        match self {
            Self::Bundle => bundles_of(path).map(|(_, (bundle, _))| bundle.tenant),
            Self::Policy => policy_of(path).map(|policy| policy.tenant),
        }
    }

    /// The version of a file, unverified.
    pub(super) fn version(self, path: &Path) -> Result<u64, TenantError> {
        match self {
            Self::Bundle => bundles_of(path).map(|(_, (bundle, _))| bundle.version),
            Self::Policy => policy_of(path).map(|policy| policy.version),
        }
    }

    /// Why one of `path` does not hold; `jws`, where it reads as one.
    pub(super) fn wrong(self, path: &Path, error: WireError, jws: Option<&Jws>) -> TenantError {
        let told = |jws| match self {
            Self::Bundle => why::<Bundle>(jws, &error),
            Self::Policy => why::<Policy>(jws, &error),
        };
        let (why, is_newer) = jws.map_or_else(|| (error.to_string(), false), told);
        let flaw = Flaw { file: path.to_owned(), error, why };
        match self {
            _ if is_newer => TenantError::Newer(self, flaw),
            Self::Policy if flaw.error == WireError::UnknownKey => TenantError::PolicyKey(flaw),
            _ => TenantError::Refused(self, flaw),
        }
    }
}

pub(super) fn bundles_of(path: &Path) -> Result<Bundles, TenantError> {
    let wrong = |error, jws: Option<&Jws>| SignedFile::Bundle.wrong(path, error, jws);
    let text = text(path, SignedFile::Bundle)?;
    let mut handovers = Vec::new();
    let mut held: Option<(Bundle, Jws)> = None;
    for line in text.trim().lines() {
        let jws = Jws::parse(line.trim()).map_err(|error| wrong(error, None))?;
        let bundle = verified(&jws).map_err(|error| wrong(error, Some(&jws)))?;
        if let Some((before, handover)) = held.replace((bundle.clone(), jws)) {
            if before.next_root != Some(bundle.root.fingerprint()) || before.tenant != bundle.tenant {
                let (before, after) = (before.version, bundle.version);
                return Err(TenantError::Handover { file: path.to_owned(), before, after });
            }
            handovers.push(handover);
        }
    }
    let in_force = held.ok_or_else(|| wrong(WireError::Malformed("bundle"), None))?;
    Ok((handovers, in_force))
}

pub(super) fn signed_policy(path: &Path) -> Result<Jws, TenantError> {
    let text = text(path, SignedFile::Policy)?;
    Jws::parse(text.trim()).map_err(|error| SignedFile::Policy.wrong(path, error, None))
}

fn policy_of(path: &Path) -> Result<Policy, TenantError> {
    let jws = signed_policy(path)?;
    jws.peek().map_err(|error| SignedFile::Policy.wrong(path, error, Some(&jws)))
}

/// Whole, and signed by the root that it names.
pub(super) fn verified(jws: &Jws) -> Result<Bundle, WireError> {
    let claimed: Bundle = jws.peek()?;
    jws.verify(&claimed.root, &claimed.tenant)
}

/// What does not hold of a signed object, as exactly as it can be said, and whether a newer program signed it: none that signs writes
/// what it does not know itself.
pub(super) fn why<T: Signed>(jws: &Jws, error: &WireError) -> (String, bool) {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    if jws.typ() != T::TYP {
        return (error.to_string(), false);
    }
    let json = jws.payload_bytes().unwrap_or_default();
    let is_newer = serde_json::from_slice::<Version>(&json).is_ok_and(|read| read.v > *T::VERSIONS.end());
    match serde_json::from_slice::<T>(&json) {
        Ok(_) => (error.to_string(), is_newer),
        Err(unread) => {
            let why = unread.to_string();
            let is_unknown = why.starts_with("unknown field") || why.starts_with("unknown variant");
            (why, is_newer || is_unknown)
        }
    }
}

fn text(path: &Path, what: SignedFile) -> Result<String, TenantError> {
    let bytes = read_file(path, LIMIT)?;
    String::from_utf8(bytes).map_err(|_| what.wrong(path, WireError::Malformed("signed object"), None))
}
