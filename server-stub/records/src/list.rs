//! What came, for people and programs. Names no patient.

use std::collections::BTreeMap;
use std::path::Path;

use gauze_wire::{
    Act, Bytes, CaptureId, Deed, DeviceId, DeviceStatus, Digest, Enrolment, FilingRefusal, Name, Report,
    ReportId, SEALED_TESTIMONY, Signed as _, Ward,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::gist::Gist;
use crate::index::{Believed, ChainState, Index, IndexError, Kind, Status};
use crate::layout::Layout;

const PAGE: u32 = 1000;

/// One photo in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name.
    pub capture_id: CaptureId,
    /// The phone that sent it.
    pub device_id: DeviceId,
    /// Position in the chain of the phone that took it.
    pub seq: u64,
    /// The phone's clock at capture.
    pub captured_at: Timestamp,
    /// Photo, void or adoption.
    pub kind: Kind,
    /// Waiting, filed or refused.
    pub status: Status,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<FilingRefusal>,
    /// Whether the photo before it is known.
    pub chain: ChainState,
    /// Length of the sealed file in bytes.
    pub size: u64,
    /// SHA-256 of the sealed file.
    pub sha256: Digest,
    /// What the record of a filed photo says, without naming anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gist: Option<Gist>,
    /// It was erased: its tombstone lies under `erased`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// Where a filed photo lies, below the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Every photo, in log order.
pub async fn list(data: &Path) -> Result<Vec<Listed>, IndexError> {
    let layout = Layout::new(data);
    let index = Index::open(&layout.index(), false).await?;
    let Some((tenant, _)) = index.bound_to().await? else { return Ok(Vec::new()) };
    let mut listed = Vec::new();
    let mut from = 0;
    loop {
        let page = index.photos(from, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        from = last.log_index + 1;
        for (row, chain) in page {
            let filed = row.status == Status::Filed && row.kind != Kind::Void && !row.erased;
            let sealed = layout.sealed(&row.binding(&tenant));
            let below = sealed.strip_prefix(data).unwrap_or(&sealed).to_string_lossy().into_owned();
            listed.push(Listed {
                capture_id: row.capture_id,
                device_id: row.device_id,
                seq: row.seq,
                captured_at: row.captured_at,
                kind: row.kind,
                status: row.status,
                cause: row.cause,
                chain,
                size: row.size,
                sha256: row.sha256,
                gist: row.gist,
                erased: row.erased,
                path: filed.then_some(below),
            });
        }
    }
    index.close().await;
    Ok(listed)
}

/// A phone whose enrolment held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedDevice {
    /// Its id.
    pub device_id: DeviceId,
    /// What it may do, as the gateway's acts say.
    pub status: DeviceStatus,
    /// Where its enrolment stands in the log.
    pub log_index: u64,
    /// What it said of itself there.
    pub model: Name,
    /// Its serial number, as it stated it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Name>,
    /// Its serial number, as its hardware attested it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested_serial: Option<String>,
    /// Where it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ward: Option<Ward>,
    /// The later phone that is, or may be, the same one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<ListedReplacement>,
}

/// A later phone that is, or may be, the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedReplacement {
    /// Its id.
    pub device_id: DeviceId,
    /// Whether more shows it than its own word or its serial number.
    pub proven: bool,
}

impl ListedDevice {
    /// Its serial number with what that rests on: the phone's hardware, or the word of its device management.
    pub fn told_serial(&self) -> Option<String> {
        match (&self.attested_serial, &self.serial) {
            (Some(attested), _) => Some(format!("{attested} (attested)")),
            (None, stated) => stated.as_ref().map(|stated| format!("{stated} (stated)")),
        }
    }

    /// What people call it: its serial number, or else its model and the beginning of its id.
    pub fn name(&self) -> String {
        self.told_serial()
            .unwrap_or_else(|| format!("{} {}", self.model, self.device_id.as_str().split_at(8).0))
    }

    /// What tells apart serial numbers, in whatever case they were stated.
    fn key(&self) -> Option<String> {
        let serial = self.attested_serial.as_deref().or(self.serial.as_ref().map(Name::as_str));
        serial.map(str::to_lowercase)
    }
}

/// Every believed phone, in log order.
pub async fn list_devices(data: &Path) -> Result<Vec<ListedDevice>, IndexError> {
    let index = Index::open(&Layout::new(data).index(), false).await?;
    let mut listed = Vec::new();
    let (mut followed, mut latest) = (BTreeMap::new(), BTreeMap::new());
    for believed in index.believed().await? {
        let Believed { device_id, status, log_index, attested_serial, follows, lineage } = believed;
        let jws = index.leaf(log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
        let Enrolment { model, serial, ward, .. } = jws.peek()?;
        if let Some(former) = follows {
            let next = ListedReplacement { device_id: device_id.clone(), proven: lineage.is_proven() };
            followed.insert(former, next);
        }
        let replaced_by = None;
        let device =
            ListedDevice { device_id, status, log_index, model, serial, attested_serial, ward, replaced_by };
        latest.extend(device.key().map(|key| (key, device.device_id.clone())));
        listed.push(device);
    }
    for device in &mut listed {
        let of_serial = device.key().and_then(|key| latest.get(&key)).filter(|id| **id != device.device_id);
        let of_serial = of_serial.map(|id| ListedReplacement { device_id: id.clone(), proven: false });
        device.replaced_by = followed.remove(&device.device_id).or(of_serial);
    }
    index.close().await;
    Ok(listed)
}

/// An act of the gateway's operators. No `Debug`: a reason is free text.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ListedAct {
    /// Its place in the log.
    pub log_index: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// What.
    pub deed: Deed,
}

/// Every act that the gateway signed, in log order.
pub async fn list_acts(data: &Path) -> Result<Vec<ListedAct>, IndexError> {
    let index = Index::open(&Layout::new(data).index(), false).await?;
    let mut listed = Vec::new();
    let mut from = 0;
    loop {
        let places = index.notes("act", from, PAGE).await?;
        let Some(last) = places.last() else { break };
        from = last + 1;
        for log_index in places {
            let jws = index.leaf(log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
            let act: Act = jws.peek()?;
            let (operator, reason) = (act.operator.as_str().to_owned(), act.reason.as_str().to_owned());
            listed.push(ListedAct { log_index, at: act.at, operator, reason, deed: act.deed });
        }
    }
    index.close().await;
    Ok(listed)
}

/// What a phone reported as gone wrong, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedReport {
    /// Its place in the log.
    pub log_index: u64,
    /// The phone that sent it.
    pub device_id: DeviceId,
    /// Its name.
    pub report_id: ReportId,
    /// Whether this hospital believes the phone.
    pub believed: bool,
    /// The hash of its entry.
    #[serde(skip)]
    pub leaf: Digest,
    /// An age file.
    pub sealed: Bytes<{ SEALED_TESTIMONY }>,
}

/// Every report of a phone, in log order.
pub async fn list_reports(data: &Path) -> Result<Vec<ListedReport>, IndexError> {
    let index = Index::open(&Layout::new(data).index(), false).await?;
    let mut listed = Vec::new();
    let mut from = 0;
    loop {
        let places = index.reportable(from, PAGE).await?;
        let Some(last) = places.last() else { break };
        from = last + 1;
        for log_index in places {
            let jws = index.leaf(log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
            if jws.typ() != Report::TYP {
                continue;
            }
            let Ok(Report { report_id, sealed, .. }) = jws.peek() else { continue };
            let believed = index.noted(log_index).await?.is_some();
            listed.push(ListedReport {
                log_index,
                device_id: jws.kid().clone(),
                report_id,
                believed,
                leaf: jws.digest(),
                sealed,
            });
        }
    }
    index.close().await;
    Ok(listed)
}
