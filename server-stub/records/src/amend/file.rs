//! Where amendments lie, and reading them back.

use std::path::PathBuf;
use std::sync::Arc;

use gauze_seal::age::{Identity, Recipients, Unwrap, open_small, seal_small};
use gauze_wire::{CaptureId, DeviceId, Digest, Jws, PublicKey, Record, Signer, Tenant, WireError};

use super::statement::Amendment;
use crate::coded::Coded;
use crate::disk::{self, DiskError, PRIVATE};
use crate::entropy::SystemEntropy;
use crate::layout::Layout;

/// Why an amendment was not written, or those that are there cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// It breaks a rule.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Somebody else was faster.
    #[error("somebody else amended this photo a moment ago")]
    Overtaken,
    /// A patient stands in the record and was not confirmed.
    #[error("the patient was not confirmed by two identifiers")]
    Unconfirmed,
    /// It could not be sealed.
    #[error("the amendment could not be sealed")]
    Sealing,
    /// A file is not the amendment that belongs there.
    #[error("amendment {0} of this photo is not as it was signed")]
    Damaged(u32),
}

impl Coded for AmendError {
    fn code(&self) -> &'static str {
        match self {
            Self::Disk(error) => error.code(),
            Self::Wire(_) => "amendment_invalid",
            Self::Overtaken => "amendment_overtaken",
            Self::Unconfirmed => "amendment_unconfirmed",
            Self::Sealing => "amendment_not_sealed",
            Self::Damaged(_) => "amendment_damaged",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Disk(error) => error.next_step(),
            Self::Wire(_) => "Correct the field and send it again.",
            Self::Overtaken => "Look at the photo again: what they wrote may be what you meant.",
            Self::Unconfirmed => "Compare two identifiers with the patient and tick them.",
            Self::Sealing => "Check tenant-identity.txt and try again.",
            Self::Damaged(_) => "Keep the directory as it is and restore the file from its backup.",
        }
    }
}

/// A record, what was put right, and what it comes to. No `Debug`.
pub(crate) struct Amended {
    /// As the phone sealed it.
    pub(crate) original: Record,
    /// In their order.
    pub(crate) amendments: Vec<Amendment>,
    /// As it stands.
    pub(crate) now: Record,
    /// SHA-256 of the newest amendment, or of the manifest.
    pub(crate) last: Digest,
}

fn path(layout: &Layout, device: &DeviceId, capture: &CaptureId, number: u32) -> PathBuf {
    layout.amended(device).join(format!("{capture}.{number:04}.age"))
}

/// How many amendments of a photo are there, whatever is in them.
pub(crate) fn amendments_of(layout: &Layout, device: &DeviceId, capture: &CaptureId) -> u32 {
    let there = |number| path(layout, device, capture, number).exists();
    let count = (0..).take_while(|&number| there(number + 1) || there(number + 2)).count();
    count.try_into().unwrap_or(u32::MAX)
}

/// The files of amendments.
#[derive(Clone)]
pub(crate) struct AmendmentFiles {
    pub(crate) layout: Layout,
    pub(crate) tenant: Tenant,
    pub(crate) identities: Arc<[Identity]>,
    /// Records keys whose amendments count.
    pub(crate) believed: Arc<[PublicKey]>,
}

impl AmendmentFiles {
    fn path(&self, device: &DeviceId, capture: &CaptureId, number: u32) -> PathBuf {
        path(&self.layout, device, capture, number)
    }

    /// The record as it stands.
    pub(crate) fn stand(&self, original: Record, manifest: Digest) -> Result<Amended, AmendError> {
        let mut amended = self.unamended(original, manifest);
        for number in 1.. {
            let path = self.path(&amended.original.device_id, &amended.original.capture_id, number);
            let Some(sealed) = disk::read_if_any(&path)? else {
                // None of them is ever taken away: behind a gap they would count as if it had not been.
                let next = self.path(&amended.original.device_id, &amended.original.capture_id, number + 1);
                if disk::read_if_any(&next)?.is_some() {
                    return Err(AmendError::Damaged(number));
                }
                break;
            };
            let (amendment, digest) = self.read(&sealed).ok_or(AmendError::Damaged(number))?;
            let belongs = amendment.number == number
                && amendment.prev == amended.last
                && amendment.device_id == amended.original.device_id
                && amendment.capture_id == amended.original.capture_id;
            if !belongs {
                return Err(AmendError::Damaged(number));
            }
            amendment.apply(&mut amended.now);
            amended.amendments.push(amendment);
            amended.last = digest;
        }
        Ok(amended)
    }

    /// How many amendments of a photo are there, whatever is in them.
    pub(crate) fn count(&self, device: &DeviceId, capture: &CaptureId) -> u32 {
        amendments_of(&self.layout, device, capture)
    }

    fn unamended(&self, original: Record, manifest: Digest) -> Amended {
        Amended { now: original.clone(), original, amendments: Vec::new(), last: manifest }
    }

    fn read(&self, sealed: &[u8]) -> Option<(Amendment, Digest)> {
        let keys: Vec<&dyn Unwrap> = self.identities.iter().map(|identity| identity as &dyn Unwrap).collect();
        let opened = open_small(&keys, sealed).ok()?;
        let jws = Jws::parse(std::str::from_utf8(&opened).ok()?).ok()?;
        let amendment = jws.verify_by(&self.believed, &self.tenant).ok()?;
        Some((amendment, jws.digest()))
    }

    /// Signs, seals and writes the next amendment of `standing`; it is durable when this returns.
    pub(crate) fn write(
        &self,
        standing: &Amended,
        amendment: &Amendment,
        key: &dyn Signer,
    ) -> Result<(), AmendError> {
        if amendment.prev != standing.last {
            return Err(AmendError::Overtaken);
        }
        if amendment.unconfirmed(&standing.now) {
            return Err(AmendError::Unconfirmed);
        }
        let mut record = standing.now.clone();
        amendment.apply(&mut record);
        record.check()?;
        let jws = Jws::sign(amendment, key)?;
        let recipients = Recipients::new(self.identities.first().map(Identity::to_recipient))
            .map_err(|_| AmendError::Sealing)?;
        let sealed = seal_small(&recipients, &mut SystemEntropy, jws.as_str().as_bytes())
            .map_err(|_| AmendError::Sealing)?;
        let path = self.path(&amendment.device_id, &amendment.capture_id, amendment.number);
        self.layout.make(disk::parent(&path))?;
        match disk::create(&path, &sealed, PRIVATE) {
            Err(error) if error.source.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(AmendError::Overtaken)
            }
            written => Ok(written?),
        }
    }
}
