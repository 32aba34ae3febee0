//! What a phone signs about a photo: the manifest body, its void, its adoption.
//!
//! The body's bytes are written beside the sealed photo at capture and signed later, byte for byte. `prev` is the
//! SHA-256 of the previous body's exact bytes, so a gap or a swap shows. A void keeps the body it replaces, so the
//! chain stays whole; an adoption carries the body of a photo whose own key was lost.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Binding, CaptureId, DeviceId, Digest, Jws, Name, PublicKey, Shape, Signed, Tenant, WireError};

/// Above every `seq`: the first whole number that JSON readers may no longer tell from its neighbour (RFC 8259, section 6).
pub const SEQ_LIMIT: u64 = 1 << 53;

/// Largest sealed photo: 64 MiB of JPEG with its tar, age header and tags, rounded up.
pub const SEALED_LIMIT: u64 = 65 * 1024 * 1024;

/// The manifest body of one photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-photo`.
    pub typ: String,
    /// Whose photo.
    pub tenant: Tenant,
    /// Thumbprint of the capturing phone's device key.
    pub device_id: DeviceId,
    /// The photo.
    pub capture_id: CaptureId,
    /// Position in the phone's chain, from 1, below [`SEQ_LIMIT`].
    pub seq: u64,
    /// SHA-256 of the previous body's bytes; absent exactly at `seq` 1.
    pub prev: Option<Digest>,
    /// At `seq` 1 of a phone that was enrolled before: the chain it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
    /// SHA-256 of the sealed file.
    pub sha256: Digest,
    /// Length of the sealed file in bytes.
    pub size: u64,
    /// Key ids of the recipients it is sealed to: 16 hex digits each.
    pub recipients: Vec<Name>,
    /// Wall clock at capture (RFC 3339, UTC).
    pub captured_at: Timestamp,
    /// The clinician session at capture, if any.
    pub session_ref: Option<Name>,
    /// Fingerprint of the tenant root in force.
    pub root: Digest,
    /// Version of the trust bundle in force.
    pub bundle_version: u64,
    /// Version of the policy in force; 0 before the first.
    pub policy_version: u64,
    /// Version of the capturing program.
    pub app_version: Name,
}

/// The chain that a re-enrolled phone continues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follows {
    /// The old device id.
    pub device_id: DeviceId,
    /// The old chain's last `seq`, below [`SEQ_LIMIT`]; 0 if it had none.
    pub seq: u64,
    /// SHA-256 of the old chain's last body.
    pub head: Option<Digest>,
}

impl Signed for Body {
    const TYP: &'static str = "gauze-photo";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        let last = self.follows.as_ref().map_or(0, |follows| follows.seq);
        if self.seq >= SEQ_LIMIT || last >= SEQ_LIMIT {
            return Err(WireError::Field("seq"));
        }
        if self.seq == 0 || (self.seq == 1) != self.prev.is_none() {
            return Err(WireError::Field("prev"));
        }
        if self.follows.is_some() && self.seq != 1 {
            return Err(WireError::Field("follows"));
        }
        if self.size == 0 || self.size > SEALED_LIMIT {
            return Err(WireError::Field("size"));
        }
        if self.recipients.is_empty() || self.recipients.len() > 16 {
            return Err(WireError::Field("recipients"));
        }
        Ok(())
    }
}

/// Why an unsent photo was discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// The clinician discarded it.
    Discarded,
    /// The sealed file no longer matched its body; it is kept in quarantine.
    Damaged,
    /// A signed wipe order said so.
    Wiped,
}

/// A signed statement that an unsent photo will never come, carrying its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-void`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone that says so: the body's own, or the one that succeeds it.
    pub device_id: DeviceId,
    /// The photo: the body's own.
    pub capture_id: CaptureId,
    /// The replaced body's exact bytes, base64url.
    pub body: String,
    /// Why.
    pub reason: VoidReason,
    /// When (RFC 3339, UTC).
    pub voided_at: Timestamp,
    /// The clinician session that discarded it, if any.
    pub session_ref: Option<Name>,
}

impl Signed for Void {
    const TYP: &'static str = "gauze-void";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        let body = Carried::read(&self.body)?.body;
        let same = body.tenant == self.tenant && body.capture_id == self.capture_id;
        if same { Ok(()) } else { Err(WireError::Field("body")) }
    }
}

/// A photo left by a lost device key, sent by the same phone under its new one and shown as such.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-adoption`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The adopting phone's device id: not the body's.
    pub device_id: DeviceId,
    /// The photo: the body's own.
    pub capture_id: CaptureId,
    /// The photo's body, exact bytes, base64url.
    pub body: String,
    /// When (RFC 3339, UTC).
    pub adopted_at: Timestamp,
}

impl Signed for Adoption {
    const TYP: &'static str = "gauze-adoption";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        let body = Carried::read(&self.body)?.body;
        let fits = body.tenant == self.tenant
            && body.device_id != self.device_id
            && body.capture_id == self.capture_id;
        if fits { Ok(()) } else { Err(WireError::Field("body")) }
    }
}

/// A body together with the hash that the chain knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The body.
    pub body: Body,
    /// SHA-256 of its exact bytes: the next body's `prev`.
    pub hash: Digest,
}

impl Carried {
    /// Encodes a body's exact bytes for a void or an adoption.
    pub fn write(body: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(body)
    }

    fn read(text: &str) -> Result<Self, WireError> {
        Self::from_bytes(&BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| WireError::Malformed("body"))?)
    }

    /// Reads a body's exact bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > 16 * 1024 {
            return Err(WireError::TooLarge);
        }
        let body: Body = serde_json::from_slice(bytes).map_err(|_| WireError::Malformed(Body::TYP))?;
        body.holds()?;
        Ok(Self { body, hash: Digest::of(bytes) })
    }
}

/// Any manifest that a phone may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// A photo, signed by the key that took it.
    Photo(Carried),
    /// A photo that will not come.
    Void(Void, Carried),
    /// A photo signed for by the phone's next key.
    Adoption(Adoption, Carried),
}

impl Manifest {
    /// Reads a manifest whose signature `key` must have made.
    pub fn verify(jws: &Jws, key: &PublicKey, tenant: &Tenant) -> Result<Self, WireError> {
        Self::read(jws, Some((key, tenant)))
    }

    /// Reads a manifest without its signature judged: only to say which photo it is that cannot be believed.
    pub fn peek(jws: &Jws) -> Result<Self, WireError> {
        Self::read(jws, None)
    }

    fn read(jws: &Jws, by: Option<(&PublicKey, &Tenant)>) -> Result<Self, WireError> {
        fn payload<T: Signed>(jws: &Jws, by: Option<(&PublicKey, &Tenant)>) -> Result<T, WireError> {
            by.map_or_else(|| jws.peek(), |(key, tenant)| jws.verify(key, tenant))
        }
        let manifest = match jws.typ() {
            Void::TYP => {
                let void: Void = payload(jws, by)?;
                let carried = Carried::read(&void.body)?;
                Self::Void(void, carried)
            }
            Adoption::TYP => {
                let adoption: Adoption = payload(jws, by)?;
                let carried = Carried::read(&adoption.body)?;
                Self::Adoption(adoption, carried)
            }
            _ => {
                let body: Body = payload(jws, by)?;
                Self::Photo(Carried { body, hash: Digest::of(&jws.payload_bytes()?) })
            }
        };
        if manifest.device_id() == jws.kid() { Ok(manifest) } else { Err(WireError::Field("device_id")) }
    }

    /// The body it is about, whoever signed for it.
    pub fn carried(&self) -> &Carried {
        match self {
            Self::Photo(carried) | Self::Void(_, carried) | Self::Adoption(_, carried) => carried,
        }
    }

    /// The phone that sends it.
    pub fn device_id(&self) -> &DeviceId {
        match self {
            Self::Photo(carried) => &carried.body.device_id,
            Self::Void(void, _) => &void.device_id,
            Self::Adoption(adoption, _) => &adoption.device_id,
        }
    }

    /// Whether the key that took the photo signed it.
    pub fn is_own(&self) -> bool {
        *self.device_id() == self.carried().body.device_id
    }

    /// Whether bytes follow it.
    pub fn has_photo(&self) -> bool {
        match self {
            Self::Photo(_) | Self::Adoption(..) => true,
            Self::Void(..) => false,
        }
    }

    /// What a receipt for it must repeat. `jws` is the text it was read from.
    pub fn binding(&self, jws: &Jws) -> Binding {
        let body = &self.carried().body;
        Binding {
            tenant: body.tenant.clone(),
            device_id: self.device_id().clone(),
            capture_id: body.capture_id,
            manifest_sha256: jws.digest(),
            sha256: body.sha256,
            size: body.size,
        }
    }
}
