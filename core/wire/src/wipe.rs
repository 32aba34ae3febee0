//! Wiping a phone: the order, signed inside the hospital, and the phone's own word that it was carried out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CaptureId, DeviceId, Digest, ProposalId, Shape, Signed, Tenant, WireError};

/// Most photos that a report names one by one.
const DESTROYED_LIMIT: usize = 2000;

/// What becomes of the sealed photos on a phone that is wiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Photos {
    /// They stay, and can still be sent: nobody outside the hospital can open them.
    Keep,
    /// They go; a signed void stands in each one's place.
    Destroy,
}

/// An order to wipe one phone. Signed by the policy key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WipeOrder {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-wipe`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// Names the order: the proposal it came from.
    pub order_id: ProposalId,
    /// The one phone it is for.
    pub device_id: DeviceId,
    /// What becomes of its sealed photos.
    pub photos: Photos,
    /// When it was signed (RFC 3339, UTC).
    pub issued_at: Timestamp,
}

impl Signed for WipeOrder {
    const TYP: &'static str = "gauze-wipe";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}

/// Why a phone was wiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WipeCause {
    /// The hospital ordered it.
    Order,
    /// It had not heard from the hospital for longer than policy allows.
    Offline,
    /// Its user or its device management asked for it.
    Asked,
}

impl WipeCause {
    /// Its name, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Offline => "offline",
            Self::Asked => "asked",
        }
    }
}

/// A phone's word that it was wiped. Signed by its device key, which goes last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wiped {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-wiped`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone.
    pub device_id: DeviceId,
    /// Why.
    pub cause: WipeCause,
    /// The order, where there was one.
    pub order_id: Option<ProposalId>,
    /// The phone's clock when it had been done (RFC 3339, UTC).
    pub at: Timestamp,
    /// Highest `seq` the phone had used.
    pub highest_seq: u64,
    /// SHA-256 of the body at that place; absent where nothing was ever captured.
    pub head: Option<Digest>,
    /// Sealed photos that stay and can still be sent.
    pub unsent: u64,
    /// Unsent photos that the order destroyed, at most 2000 of them named.
    pub destroyed: Vec<CaptureId>,
}

impl Wiped {
    /// As many of `ids` as a report names.
    pub fn named(ids: impl IntoIterator<Item = CaptureId>) -> Vec<CaptureId> {
        ids.into_iter().take(DESTROYED_LIMIT).collect()
    }
}

impl Signed for Wiped {
    const TYP: &'static str = "gauze-wiped";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        if (self.cause == WipeCause::Order) != self.order_id.is_some() {
            return Err(WireError::Field("order_id"));
        }
        if self.destroyed.len() > DESTROYED_LIMIT {
            return Err(WireError::Field("destroyed"));
        }
        Ok(())
    }
}
