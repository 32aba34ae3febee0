//! One photo as the files in its directory tell it.

use std::ffi::OsString;

use gauze_wire::{CaptureId, Carried, DeviceId, Digest};
use jiff::Timestamp;

use super::{Head, Progress, file};

/// Where a photo stands, read off its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On flash, not yet signed.
    Unsigned,
    /// Signed; the gateway has not said that it holds it.
    Signed,
    /// The gateway holds it.
    Stored,
    /// The hospital has filed it; it is about to be erased.
    Filed,
    /// The hospital refused it; it stays.
    Refused,
}

impl Stage {
    /// Whether the gateway does not have it yet.
    pub fn is_unsent(self) -> bool {
        match self {
            Self::Unsigned | Self::Signed => true,
            Self::Stored | Self::Filed | Self::Refused => false,
        }
    }
}

/// What is to be sent for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The photo.
    Photo,
    /// The statement that it was discarded.
    Void,
}

/// A photo on the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub capture_id: CaptureId,
    /// The key it was captured under.
    pub device_id: DeviceId,
    /// Position in that key's chain.
    pub seq: u64,
    /// Wall clock at capture.
    pub captured_at: Timestamp,
    /// Length of the sealed file in bytes.
    pub size: u64,
    /// SHA-256 of the sealed file.
    pub sha256: Digest,
    /// SHA-256 of the body.
    pub body_hash: Digest,
    /// What is to be sent.
    pub kind: Kind,
    /// Where it stands.
    pub stage: Stage,
    /// Whether it can be reviewed on this phone.
    pub reviewable: bool,
    /// Whether a preview is kept.
    pub previewed: bool,
    /// What stops it, where the index knows.
    pub progress: Option<Progress>,
    /// Until when the operating system has the file, where the index knows: wall clock in milliseconds since 1970.
    pub carried_until_ms: Option<i64>,
}

impl Entry {
    pub(super) fn new(carried: Carried, files: &[OsString]) -> Self {
        let Carried { body, hash } = carried;
        let mut entry = Self {
            capture_id: body.capture_id,
            device_id: body.device_id,
            seq: body.seq,
            captured_at: body.captured_at,
            size: body.size,
            sha256: body.sha256,
            body_hash: hash,
            kind: Kind::Photo,
            stage: Stage::Unsigned,
            reviewable: false,
            previewed: false,
            progress: None,
            carried_until_ms: None,
        };
        entry.read_stage(files);
        entry
    }

    /// Whether a person may still discard it: the gateway does not have it, or the hospital would not.
    pub fn can_be_voided(&self) -> bool {
        match self.stage {
            Stage::Unsigned | Stage::Signed => true,
            Stage::Refused => self.kind == Kind::Photo,
            Stage::Stored | Stage::Filed => false,
        }
    }

    /// Its place in the chain of its key.
    pub(super) fn place(&self) -> (&DeviceId, Head) {
        (&self.device_id, Head { seq: self.seq, head: self.body_hash })
    }

    pub(super) fn read_stage(&mut self, files: &[OsString]) {
        let has = |name: &str| files.iter().any(|file| file == name);
        self.kind = if has(file::VOID_BODY) { Kind::Void } else { Kind::Photo };
        let signed = match self.kind {
            Kind::Photo => has(file::MANIFEST) || has(file::ADOPTION),
            Kind::Void => has(file::VOID),
        };
        self.stage = if has(file::FILED) {
            Stage::Filed
        } else if has(file::REFUSED) {
            Stage::Refused
        } else if has(file::STORED) {
            Stage::Stored
        } else if signed {
            Stage::Signed
        } else {
            Stage::Unsigned
        };
        self.reviewable = has(file::REVIEW);
        self.previewed = has(file::PREVIEW);
    }
}
