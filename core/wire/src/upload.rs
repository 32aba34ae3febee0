//! Tickets: what a phone asks before it sends, and what it asks afterwards.
//!
//! `POST /v1/TENANT/uploads` (signed request) takes an [`UploadRequest`] and answers [`UploadAnswer`]. A repeated
//! request for the same photo answers with the present state; the same id with another digest is a conflict.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CaptureId, Jws, Name};

/// Asks to send one photo, or reports a void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadRequest {
    /// The manifest, void or adoption.
    pub manifest: Jws,
    /// Highest `seq` the phone has used.
    pub highest_seq: u64,
    /// Photos without a *stored* receipt on the phone.
    pub unsent: u64,
}

/// Where a photo stands at the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum UploadAnswer {
    /// Send it: `201 Created`.
    Ticket {
        /// Absolute URL for exactly this digest and size; 128 random bits; never logged.
        upload_url: String,
        /// Seven days from now (RFC 3339, UTC).
        expires_at: Timestamp,
        /// Bytes already held.
        offset: u64,
    },
    /// Held: `200 OK`.
    Held(Box<CaptureState>),
}

/// Receipts that exist for one photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureState {
    /// The photo.
    pub capture_id: CaptureId,
    /// The *stored* receipt.
    pub stored: Jws,
    /// The *filed* or *refused* receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Jws>,
    /// The manifest that these are of, where the phone asked with another one for the same photo: its hardware signs differently each time,
    /// and it may have lost the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Jws>,
}

/// Asks for receipts: `POST /v1/TENANT/status` (signed request).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusQuery {
    /// At most 100 photos of the asking phone.
    pub captures: Vec<CaptureId>,
    /// What the phone holds. With it the phone hears where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holding: Option<Holding>,
}

/// What a phone holds, as it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Highest `seq` the phone has used.
    pub highest_seq: u64,
    /// Photos without a *stored* receipt on the phone.
    pub unsent: u64,
    /// Program version.
    pub app_version: Name,
    /// How often the system said that the screen was captured, since the phone enrolled; not said where it never was.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub screen_captures: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_none_yet(count: &u64) -> bool {
    *count == 0
}

/// Receipts for those of the photos that the gateway holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusAnswer {
    /// One per photo held.
    pub captures: Vec<CaptureState>,
    /// Where the phone stands: a `gauze-standing` by the gateway's receipt key; where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Jws>,
}
