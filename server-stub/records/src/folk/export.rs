//! What leaves with a photo: the phone's own word for it, our receipt, and the sealed file for another's key.

use std::convert::Infallible;
use std::fs::File;
use std::io::Read as _;

use gauze_people::Logged;
use gauze_people::action::act;
use gauze_seal::age::{Opener, Recipients, Sealer, StreamError, Unwrap};
use gauze_wire::{Consent, DeviceId, Digest, Jws, Tenant};
use sha2::{Digest as _, Sha256};

use super::opening::check;
use super::{Folk, FolkError, Found, Opening};
use crate::blind::LabelError;
use crate::disk::at;
use crate::entropy::SystemEntropy;
use crate::index::IndexError;

/// What stands for a photo in what proves a case: hashes alone.
pub(crate) struct Concerned {
    /// The phone that sent it.
    pub(crate) device_id: DeviceId,
    /// The manifest's place in the gateway's log.
    pub(crate) log_index: u64,
    /// The hash of the sealed file.
    pub(crate) sealed: Digest,
    /// The hash of the phone's manifest.
    pub(crate) manifest: Digest,
    /// The hash of our receipt.
    pub(crate) filed: Option<Digest>,
}

/// What was signed about a photo, by others and by us.
pub(crate) struct Papers {
    /// Whose.
    pub(crate) tenant: Tenant,
    /// The phone that sent it.
    pub(crate) device_id: DeviceId,
    /// The phone's manifest.
    pub(crate) manifest: Jws,
    /// Our receipt, with the manifest's place in the gateway's log.
    pub(crate) filed: Jws,
    /// How the phone's key came to be known.
    pub(crate) enrolment: Option<Jws>,
}

impl Folk {
    /// The consent that a record holds: to decide by, before anything is allowed. It shows nothing.
    pub(crate) async fn consent(&self, found: &Found) -> Result<Option<Consent>, FolkError> {
        Ok(self.standing(found).await?.1.now.consent)
    }

    /// What stands for a photo in what proves a case; it shows nothing of the photo.
    pub(crate) async fn concerned(
        &self,
        found: &Found,
        _logged: &Logged<act::CaseEvidence>,
    ) -> Result<Concerned, FolkError> {
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        let manifest = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
        Ok(Concerned {
            device_id: row.device_id,
            log_index: row.log_index,
            sealed: row.sha256,
            manifest: manifest.digest(),
            filed: row.receipt.map(|receipt| receipt.digest()),
        })
    }

    /// What was signed about a photo.
    pub(crate) async fn papers(
        &self,
        found: &Found,
        logged: &Logged<act::Export>,
    ) -> Result<Papers, FolkError> {
        check(found, &Opening::of(logged).ok_or(FolkError::OtherPhoto)?)?;
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        let manifest = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
        let enrolment = match self.index.enrolled_at(&row.device_id).await? {
            Some(at) => self.index.leaf(at).await?,
            None => None,
        };
        Ok(Papers {
            tenant: self.files.tenant.clone(),
            device_id: row.device_id,
            manifest,
            filed: row.receipt.ok_or(IndexError::Damaged("receipt"))?,
            enrolment,
        })
    }

    /// What seals the photo and its record, as the phone sealed them, to somebody else's key, in memory of one chunk at a time. Nothing
    /// is handed on unless the file is the one that the phone signed. It blocks.
    pub(crate) async fn reseal(
        &self,
        found: &Found,
        opening: &Opening,
        recipients: Recipients,
    ) -> Result<impl FnOnce() -> Result<Vec<u8>, FolkError> + Send + use<>, FolkError> {
        check(found, opening)?;
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        let files = self.files.clone();
        let path = files.layout.sealed(&row.binding(&files.tenant));
        Ok(move || {
            let damaged = || FolkError::from(IndexError::Damaged("photo"));
            let keys: Vec<&dyn Unwrap> =
                files.identities.iter().map(|identity| identity as &dyn Unwrap).collect();
            let mut opener = Opener::new(&keys);
            let (mut sealer, _) =
                Sealer::new(&recipients, &mut SystemEntropy).map_err(|_| LabelError::Entropy)?;
            let (mut sealed, mut digest) = (Vec::new(), Sha256::new());
            let mut keep = |bytes: &[u8]| {
                sealed.extend_from_slice(bytes);
                Ok::<_, Infallible>(())
            };
            let mut file = File::open(&path).map_err(at(&path))?;
            let mut buffer = vec![0; 64 * 1024];
            let lost = |_: StreamError<Infallible>| damaged();
            loop {
                let read = file.read(&mut buffer).map_err(at(&path))?;
                let some = buffer.get(..read).unwrap_or_default();
                if some.is_empty() {
                    break;
                }
                digest.update(some);
                opener.push(some, &mut |plain| sealer.push(plain, &mut keep)).map_err(lost)?;
            }
            opener.finish(&mut |plain| sealer.push(plain, &mut keep)).map_err(lost)?;
            match sealer.finish(&mut keep) {
                Ok(_) => {}
                Err(never) => match never {},
            }
            if Digest(digest.finalize().into()) == row.sha256 { Ok(sealed) } else { Err(damaged()) }
        })
    }
}
