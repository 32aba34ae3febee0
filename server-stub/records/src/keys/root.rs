//! The tenant root gives way to another: made ahead, named by a bundle of the old one, then put in its place.
//!
//! Always: bundles of a former root are believed up to the one by which it handed over, and no later ones; a hand-over that was cut
//! short is finished by asking for it again.

use std::fs;

use gauze_wire::{
    Bundle, Digest, Jws, PublicKey, Signer as _, SoftwareKey, Tenant, WireError, accept_bundle,
};
use serde::Serialize;
use zeroize::Zeroizing;

use super::make::key;
use super::{BUNDLE_JWS, KeyDir, KeysError, ROOT, ROOT_SHA256};
use crate::disk::{self, PRIVATE, PUBLIC, at};

const NEXT_ROOT: &str = "next-root.pem";
/// A line for each: fingerprint, and the version of the bundle by which it handed over.
const FORMER_ROOTS: &str = "former-roots.txt";

/// A hand-over that was made.
#[derive(Clone, Debug, Serialize)]
pub struct HandedOver {
    /// Signs bundles from now on: goes into `bundle.json`.
    pub root: PublicKey,
    /// Its fingerprint: goes into managed configuration.
    pub root_sha256: Digest,
    /// The one before.
    pub former_sha256: Digest,
    /// The bundle by which it handed over.
    pub version: u64,
}

/// Whose bundles the holder of a keys directory believes.
pub(crate) struct Roots {
    current: Digest,
    former: Vec<(Digest, u64)>,
}

impl Roots {
    /// Whether it signs, or signed, bundles that count.
    pub(crate) fn knows(&self, root: &Digest) -> bool {
        self.current == *root || self.former.iter().any(|(former, _)| former == root)
    }

    /// The bundle, where its root counts for its version.
    pub(crate) fn believe(&self, jws: &Jws, tenant: &Tenant) -> Result<Bundle, WireError> {
        let claimed: Bundle = jws.peek()?;
        let signed_by = claimed.root.fingerprint();
        let handed_over = |(root, last): &(Digest, u64)| *root == signed_by && claimed.version <= *last;
        let root = if self.former.iter().any(handed_over) { signed_by } else { self.current };
        accept_bundle(jws, tenant, &root, None, 0).map(|(bundle, _)| bundle)
    }
}

impl KeyDir {
    /// Makes the root that is to take over, or finds the one that was made: its fingerprint, for the `next_root` of a bundle.
    ///
    /// # Errors
    /// [`KeysError`]: the directory cannot be read or written, or the key there is damaged.
    pub fn next_root(&self) -> Result<Digest, KeysError> {
        if self.next()?.is_none() {
            let pem = Zeroizing::new(key()?.to_pem()?);
            disk::create(&self.path(NEXT_ROOT), pem.as_bytes(), PRIVATE)?;
        }
        let made = self.next()?.ok_or(KeysError::NoNextRoot)?;
        Ok(made.public_key().fingerprint())
    }

    /// Puts the next root in the place of the one whose newest bundle names it.
    ///
    /// # Errors
    /// [`KeysError::NoNextRoot`]: none was made; [`KeysError::NotNamed`]: no signed bundle names it yet; others where the directory cannot be
    /// read or written.
    pub fn hand_over(&self) -> Result<HandedOver, KeysError> {
        let last: Option<Bundle> = self.signed(BUNDLE_JWS)?.map(|jws| jws.peek()).transpose()?;
        let Some(next) = self.next()? else { return self.handed_over(last) };
        let root = next.public_key();
        let root_sha256 = root.fingerprint();
        let named = last.filter(|bundle| bundle.next_root == Some(root_sha256));
        let last = named.ok_or(KeysError::NotNamed(root_sha256))?;
        let (former_sha256, version) = (last.root.fingerprint(), last.version);
        let mut former = self.former()?;
        if former.last() != Some(&(former_sha256, version)) {
            former.push((former_sha256, version));
            let text: String = former.iter().map(|(root, last)| format!("{root} {last}\n")).collect();
            disk::replace(&self.path(FORMER_ROOTS), text.as_bytes(), PUBLIC)?;
        }
        disk::replace(&self.path(ROOT_SHA256), format!("{root_sha256}\n").as_bytes(), PUBLIC)?;
        let in_place = self.path(ROOT);
        if in_place.exists() {
            let kept = self.path(&format!("former-root-of-bundle-{version}.pem"));
            fs::rename(&in_place, &kept).map_err(at(&in_place))?;
        }
        let next = self.path(NEXT_ROOT);
        fs::rename(&next, &in_place).map_err(at(&next))?;
        disk::sync_dir(disk::parent(&in_place))?;
        Ok(HandedOver { root, root_sha256, former_sha256, version })
    }

    /// The hand-over that is made already, and after which nothing was signed: told again to whoever did not hear of it.
    fn handed_over(&self, last: Option<Bundle>) -> Result<HandedOver, KeysError> {
        let last = last.ok_or(KeysError::NoNextRoot)?;
        let root = self.root()?.public_key();
        let (root_sha256, former) = (root.fingerprint(), (last.root.fingerprint(), last.version));
        if last.next_root != Some(root_sha256) || self.former()?.last() != Some(&former) {
            return Err(KeysError::NoNextRoot);
        }
        Ok(HandedOver { root, root_sha256, former_sha256: former.0, version: former.1 })
    }

    pub(crate) fn roots(&self) -> Result<Roots, KeysError> {
        Ok(Roots { current: self.root_sha256()?, former: self.former()? })
    }

    fn next(&self) -> Result<Option<SoftwareKey>, KeysError> {
        if !self.path(NEXT_ROOT).exists() {
            return Ok(None);
        }
        self.parse(NEXT_ROOT, |text| SoftwareKey::from_pem(text).ok()).map(Some)
    }

    fn former(&self) -> Result<Vec<(Digest, u64)>, KeysError> {
        if !self.path(FORMER_ROOTS).exists() {
            return Ok(Vec::new());
        }
        let line = |line: &str| {
            let (root, last) = line.split_once(' ')?;
            Some((root.parse().ok()?, last.parse().ok()?))
        };
        self.parse(FORMER_ROOTS, |text| text.lines().map(line).collect())
    }
}
