//! The keys of the index for people, derived from the tenant identity.
//!
//! Always: they are nowhere but in memory, and wiped when the last holder lets go of them; without them the index holds
//! random bytes and codes of the hospital's lists.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use gauze_seal::age::Identity;
use gauze_wire::{CaptureId, DeviceId};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::LabelError;
use super::name::Blind;
use crate::entropy::random;

const NONCE: usize = 24;
/// Labels are filled up to a multiple of this, so that their length tells little.
const BLOCK: usize = 256;

/// What the index for people is read and written with.
pub(crate) struct FolkKeys {
    terms: Zeroizing<[u8; 32]>,
    handles: Zeroizing<[u8; 32]>,
    labels: XChaCha20Poly1305,
    mark: Zeroizing<[u8; 32]>,
}

impl FolkKeys {
    /// HKDF-SHA-256 (RFC 5869) of the identity's text; each purpose has its own `info`.
    pub(crate) fn of(identity: &Identity) -> Self {
        let text = identity.to_secret_text();
        let extracted = Hkdf::<Sha256>::new(Some(b"gauze-folk/v1"), text.trim().as_bytes());
        let derive = |purpose: &str| {
            let mut key = Zeroizing::new([0; 32]);
            #[expect(clippy::expect_used, reason = "HKDF gives up to 8160 bytes")]
            extracted.expand(purpose.as_bytes(), &mut *key).expect("32 bytes can be derived");
            key
        };
        Self {
            terms: derive("blind terms"),
            handles: derive("handles"),
            labels: XChaCha20Poly1305::new(&(*derive("labels")).into()),
            mark: derive("mark"),
        }
    }

    /// What the mark of this tenant's renderings is made with.
    pub(crate) fn mark(&self) -> &[u8; 32] {
        &self.mark
    }

    /// Tells two tenants' or two identities' indexes apart, and nothing else.
    pub(crate) fn fingerprint(&self) -> Blind {
        blind(&self.terms, "fingerprint", &[])
    }

    /// The blind index of one term; `kind` keeps kinds apart.
    pub(crate) fn term(&self, kind: &str, value: &str) -> Blind {
        blind(&self.terms, kind, value.as_bytes())
    }

    /// What stands for a photo in addresses and in the access log.
    pub(crate) fn handle(&self, device: &DeviceId, capture: &CaptureId) -> Blind {
        blind(&self.handles, device.as_str(), capture.to_string().as_bytes())
    }

    /// Seals a label for one photo.
    pub(crate) fn seal(&self, handle: &Blind, label: &[u8]) -> Result<Vec<u8>, LabelError> {
        let mut padded = Zeroizing::new(label.to_vec());
        padded.push(b'\n');
        let whole = padded.len().next_multiple_of(BLOCK);
        padded.resize(whole, b' ');
        let nonce = XNonce::from(random::<NONCE>().map_err(|_| LabelError::Entropy)?);
        let payload = Payload { msg: &padded, aad: handle.as_bytes() };
        let sealed = self.labels.encrypt(&nonce, payload).map_err(|_| LabelError::Damaged)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a label of this photo; the filling stays behind it.
    pub(crate) fn open(&self, handle: &Blind, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, LabelError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(LabelError::Damaged)?;
        let payload = Payload { msg: sealed, aad: handle.as_bytes() };
        let opened = self.labels.decrypt(&XNonce::from(*nonce), payload).map_err(|_| LabelError::Damaged)?;
        Ok(Zeroizing::new(opened))
    }
}

fn blind(key: &[u8; 32], kind: &str, value: &[u8]) -> Blind {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of each length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(value);
    let tag: [u8; 32] = mac.finalize().into_bytes().into();
    let mut short = [0; 16];
    short.copy_from_slice(&tag[..16]);
    Blind(short)
}
