//! What came, for people and programs. Names no patient.

use std::path::Path;

use gauze_wire::{CaptureId, DeviceId, Digest, Refusal};
use jiff::Timestamp;
use serde::Serialize;

use crate::index::{ChainState, Index, IndexError, Kind, Status};
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
    pub cause: Option<Refusal>,
    /// Whether the photo before it is known.
    pub chain: ChainState,
    /// Length of the sealed file in bytes.
    pub size: u64,
    /// SHA-256 of the sealed file.
    pub sha256: Digest,
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
            let filed = row.status == Status::Filed && row.kind != Kind::Void;
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
                path: filed.then_some(below),
            });
        }
    }
    index.close().await;
    Ok(listed)
}
