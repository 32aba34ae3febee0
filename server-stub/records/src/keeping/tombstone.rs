//! What stands in place of a photo that was erased.

use std::path::PathBuf;

use gauze_people::EntryId;
use gauze_people::context::ReasonCode;
use gauze_people::keeping::Erasing;
use gauze_people::person::PersonId;
use gauze_wire::{CaptureId, DeviceId, Digest, FilingRefusal, Shape, Signed, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::{PhotoRow, Status};
use crate::layout::Layout;

/// Signed by the records key, `typ` `gauze-erased`. It names no patient, and says nothing of what the photo showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-erased`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone that took it.
    pub device_id: DeviceId,
    /// The photo.
    pub capture_id: CaptureId,
    /// SHA-256 of the sealed file, as manifest and receipt name it.
    pub sha256: Digest,
    /// Its length.
    pub size: u64,
    /// When (RFC 3339, UTC).
    pub at: Timestamp,
    /// By whom, as the access log names people.
    pub by: PersonId,
    /// Who had asked for it; absent where it went because its time was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<PersonId>,
    /// On which ground.
    pub ground: ReasonCode,
    /// SHA-256 of the rules of retention in force, as they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Digest>,
    /// Why the photo had been refused; absent where it was filed. Such a photo stays refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<FilingRefusal>,
    /// The number of its line of the access log.
    pub line: u64,
    /// The id of that line.
    pub entry: EntryId,
}

impl Signed for Tombstone {
    const TYP: &'static str = "gauze-erased";

    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}

impl Tombstone {
    /// Where it lies.
    pub(crate) fn path(&self, layout: &Layout) -> PathBuf {
        match self.refused {
            None => layout.tombstone(&self.device_id, &self.capture_id),
            Some(_) => layout.tombstone_of_refused(&self.device_id, &self.capture_id, &self.sha256),
        }
    }

    /// Whether it stands in place of what this row is of. Of a photo that was never filed it says nothing of another file that
    /// somebody signed for under the same name: the phone's own may come yet.
    pub(crate) fn stands_for(&self, row: &PhotoRow) -> bool {
        self.refused.is_none() || self.sha256 == row.sha256
    }

    /// Of a photo, as its manifest and its line say.
    pub(crate) fn of(row: &PhotoRow, tenant: &Tenant, erasing: &Erasing) -> Self {
        Self {
            v: 1,
            typ: Self::TYP.to_owned(),
            tenant: tenant.clone(),
            device_id: row.chain_device.clone(),
            capture_id: row.capture_id,
            sha256: row.sha256,
            size: row.size,
            at: erasing.at,
            by: erasing.by.clone(),
            asked_by: erasing.asked_by.clone(),
            ground: erasing.ground,
            retention: erasing.rules,
            refused: erasing.refused.filter(|_| row.status != Status::Filed),
            line: erasing.line,
            entry: erasing.entry.clone(),
        }
    }
}
