//! Whom the puller believes: the bundle under the pinned root, the policy under the bundle, its own keys.
//!
//! Always: a verdict here stands until a person asks for another, so a status list that is old, or does not read, condemns no
//! phone. That it be young is the gateway's to keep, which has the phone before it and can say: try again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gauze_seal::age::{Identity, Recipient};
use gauze_wire::log::NoteKey;
use gauze_wire::{Bundle, Jws, RecipientState, Signer as _, SoftwareKey, Tenant, WireError};

use jiff::Timestamp;

use crate::blind::FolkKeys;
use crate::coded::Coded as _;
use crate::disk;
use crate::in_force::{InForce, KeptList};
use crate::keys::{BUNDLE_JWS, IDENTITY, INVENTORY_JWS, KeyDir, KeysError, POLICY_JWS};
pub use crate::mistrust::TrustError;

/// All of it, checked.
pub(crate) struct Trust {
    pub(crate) tenant: Tenant,
    /// What entries of today are judged by.
    pub(crate) now: Arc<InForce>,
    pub(crate) records: SoftwareKey,
    pub(crate) witness: NoteKey,
    /// Shared with the threads that open photos.
    pub(crate) identities: Arc<[Identity]>,
    /// Of the first identity: what the index for people is written with.
    pub(crate) folk: Arc<FolkKeys>,
}

impl Trust {
    /// Reads and checks keys, the newest bundle (or the one at `bundle`) and the newest policy.
    pub(crate) fn load(
        keys: &KeyDir,
        bundle: Option<&Path>,
        url: &str,
        status: Option<KeptList>,
    ) -> Result<Self, TrustError> {
        let tenant = keys.tenant()?;
        let path = bundle.map_or_else(|| keys.path(BUNDLE_JWS), Path::to_owned);
        let bytes = disk::read_if_any(&path).map_err(KeysError::from)?;
        let text = bytes.ok_or(TrustError::NoBundle(path))?;
        let malformed = || TrustError::Bundle(WireError::Malformed("bundle"));
        let text = String::from_utf8(text).map_err(|_| malformed())?;
        let bundle_jws = Jws::parse(text.trim()).map_err(TrustError::Bundle)?;
        let bundle = keys.roots()?.believe(&bundle_jws, &tenant).map_err(TrustError::Bundle)?;
        let policy = keys.signed(POLICY_JWS)?;
        let inventory = keys.signed(INVENTORY_JWS)?;
        let now = InForce::new((bundle, bundle_jws), policy, status, url)?.with_inventory(inventory);
        let bundle = &now.bundle;
        let records = keys.records()?;
        if !bundle.records.contains(&records.public_key()) {
            return Err(TrustError::KeyNotNamed("records"));
        }
        let witness = keys.witness()?;
        if !bundle.witnesses.contains(&witness.witness_key()) {
            return Err(TrustError::KeyNotNamed("witness"));
        }
        let identities: Arc<[Identity]> = keys.identities()?.into();
        check_identities(bundle, &identities)?;
        let folk = identities.first().map(|identity| Arc::new(FolkKeys::of(identity)));
        let folk = folk.ok_or_else(|| KeysError::Unusable(keys.path(IDENTITY)))?;
        Ok(Self { folk, tenant, now: Arc::new(now), records, witness, identities })
    }
}

/// The status list of a file that is replaced while we run: the newest that could be read.
pub(crate) struct StatusFile {
    path: PathBuf,
    last: Mutex<KeptList>,
}

impl StatusFile {
    /// To begin with, the file has to read.
    pub(crate) fn open(path: &Path) -> Result<Self, TrustError> {
        let list = read_status(path)?;
        Ok(Self { path: path.to_owned(), last: Mutex::new(list) })
    }

    /// Reads the file anew; what does not read leaves the one before in force.
    pub(crate) fn newest(&self) -> KeptList {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match read_status(&self.path) {
            Ok(list) => *last = list,
            Err(error) => {
                let of = last.list.fetched_at();
                tracing::error!(code = error.code(), %of, "{error}: the one before stays in force; fetch it again");
            }
        }
        last.clone()
    }
}

/// The list at `path`; the file's own time says when it was current.
fn read_status(path: &Path) -> Result<KeptList, TrustError> {
    let bytes = disk::read(path)?;
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified()).map_err(disk::at(path))?;
    let at = Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH);
    KeptList::parse(bytes, at)
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
    use super::*;

    #[test]
    fn a_status_list_is_read_with_its_files_own_time_and_a_broken_one_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(read_status(file.path()), Err(TrustError::StatusList(_))));
        std::io::Write::write_all(&mut file.as_file(), br#"{"entries":{"ab":{"status":"REVOKED"}}}"#)
            .unwrap();
        let list = read_status(file.path()).unwrap().list;
        let modified = file.as_file().metadata().unwrap().modified().unwrap();
        assert!(list.judge(["ab"]).is_err() && list.fetched_at() == Timestamp::try_from(modified).unwrap());
    }

    #[test]
    fn a_status_list_that_does_not_read_any_more_leaves_the_one_before_in_force() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let write = |text: &[u8]| {
            file.as_file().set_len(0).unwrap();
            std::os::unix::fs::FileExt::write_all_at(file.as_file(), text, 0).unwrap();
        };
        write(br#"{"entries":{"ab":{"status":"REVOKED"}}}"#);
        let status = StatusFile::open(file.path()).unwrap();
        write(br#"{"entries":{"ab":{"sta"#);
        assert!(status.newest().list.judge(["ab"]).is_err());
        write(br#"{"entries":{"cd":{"status":"REVOKED"}}}"#);
        assert!(status.newest().list.judge(["ab"]).is_ok() && status.newest().list.judge(["cd"]).is_err());
    }
}
