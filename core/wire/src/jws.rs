//! Signed objects: JWS compact serialisation (RFC 7515), ES256 only, one fixed header shape.
//!
//! Always: header is exactly `{"alg":"ES256","kid":THUMBPRINT,"typ":TYP}`; the payload is spelled in one way and repeats `typ` and names its
//! `tenant`; both are checked, so that no signature counts as another kind or for another tenant.

use std::ops::RangeInclusive;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Digest, KeyId, PublicKey, Signer, Tenant, WireError};

/// Longest compact JWS that is read: 256 KiB.
pub const JWS_LIMIT: usize = 256 * 1024;

/// What every signed payload begins with.
pub struct Shape<'a> {
    /// Format version.
    pub v: u32,
    /// The kind.
    pub typ: &'a str,
    /// Whose it is.
    pub tenant: &'a Tenant,
}

/// A payload that is signed. `TYP` stands in header and payload.
pub trait Signed: Serialize + DeserializeOwned {
    /// The value of `typ`, unique to this kind.
    const TYP: &'static str;
    /// The versions that are read.
    const VERSIONS: RangeInclusive<u32> = 1..=1;
    /// What the payload begins with.
    fn shape(&self) -> Shape<'_>;
    /// What neither serde nor the shape can say: lengths, ranges, agreement between fields.
    fn check(&self) -> Result<(), WireError> {
        Ok(())
    }
    /// Checks kind, version and limits: nothing is signed or believed without.
    fn holds(&self) -> Result<(), WireError> {
        let Shape { v, typ, .. } = self.shape();
        if typ != Self::TYP {
            return Err(WireError::WrongType { expected: Self::TYP, found: typ.to_owned() });
        }
        if !Self::VERSIONS.contains(&v) {
            return Err(WireError::Field("v"));
        }
        self.check()
    }
}

/// A compact JWS whose signature has not been judged. Its text is kept byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Jws {
    text: String,
    header: Header,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: KeyId,
    typ: String,
}

impl Jws {
    /// Reads the text's outer form; checks no signature.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        if text.len() > JWS_LIMIT {
            return Err(WireError::TooLarge);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(WireError::Malformed("jws"));
        };
        let json = decode(header)?;
        let header: Header = serde_json::from_slice(&json).map_err(|_| WireError::Malformed("jws header"))?;
        if header.alg != "ES256" {
            return Err(WireError::Algorithm);
        }
        if !is_canonical(&header, &json) {
            return Err(WireError::Malformed("jws header"));
        }
        Ok(Self { text: text.to_owned(), header })
    }

    /// Signs `payload` bytes that were written down before (a manifest body).
    pub fn sign_bytes(typ: &str, payload: &[u8], key: &dyn Signer) -> Result<Self, WireError> {
        let header = Header { alg: "ES256".to_owned(), kid: key.public_key().key_id(), typ: typ.to_owned() };
        let header_json = serde_json::to_vec(&header).map_err(|_| WireError::Malformed("jws header"))?;
        let mut text = BASE64_URL_SAFE_NO_PAD.encode(header_json);
        text.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(payload, &mut text);
        let signature = key.sign(text.as_bytes())?;
        text.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        if text.len() > JWS_LIMIT {
            return Err(WireError::TooLarge);
        }
        Ok(Self { text, header })
    }

    /// Signs a payload.
    pub fn sign<T: Signed>(payload: &T, key: &dyn Signer) -> Result<Self, WireError> {
        payload.holds()?;
        let bytes = serde_json::to_vec(payload).map_err(|_| WireError::Malformed("payload"))?;
        Self::sign_bytes(T::TYP, &bytes, key)
    }

    /// The key that the header names.
    pub fn kid(&self) -> &KeyId {
        &self.header.kid
    }

    /// The kind that the header names.
    pub fn typ(&self) -> &str {
        &self.header.typ
    }

    /// The compact text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the compact text: what logs and receipts bind.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// The payload's exact bytes, unverified.
    pub fn payload_bytes(&self) -> Result<Vec<u8>, WireError> {
        decode(self.text.split('.').nth(1).unwrap_or_default())
    }

    /// The payload without its signature judged: only to find out which key to judge it by.
    pub fn peek<T: Signed>(&self) -> Result<T, WireError> {
        if self.header.typ != T::TYP {
            return Err(WireError::WrongType { expected: T::TYP, found: self.header.typ.clone() });
        }
        let json = self.payload_bytes()?;
        let payload: T = serde_json::from_slice(&json).map_err(|_| WireError::Malformed(T::TYP))?;
        payload.holds()?;
        if is_canonical(&payload, &json) { Ok(payload) } else { Err(WireError::Malformed(T::TYP)) }
    }

    /// The payload, after kind, tenant, key id and signature have been checked.
    pub fn verify<T: Signed>(&self, key: &PublicKey, tenant: &Tenant) -> Result<T, WireError> {
        let payload: T = self.peek()?;
        if self.header.kid != key.key_id() {
            return Err(WireError::UnknownKey);
        }
        let (signed, signature) = self.text.rsplit_once('.').ok_or(WireError::Malformed("jws"))?;
        key.verify(signed.as_bytes(), &decode(signature)?)?;
        if payload.shape().tenant != tenant {
            return Err(WireError::WrongTenant);
        }
        Ok(payload)
    }

    /// As [`Jws::verify`], by whichever of `keys` the header names.
    pub fn verify_by<T: Signed>(&self, keys: &[PublicKey], tenant: &Tenant) -> Result<T, WireError> {
        let key = keys.iter().find(|key| key.key_id() == self.header.kid).ok_or(WireError::UnknownKey)?;
        self.verify(key, tenant)
    }
}

/// Whether JSON is spelled as this crate writes it: fields in their order, no white space, nothing left out and nothing said twice.
/// So what is signed has one length, and no room for anything that is not read.
fn is_canonical(read: &impl Serialize, json: &[u8]) -> bool {
    serde_json::to_vec(read).is_ok_and(|written| written == json)
}

fn decode(part: &str) -> Result<Vec<u8>, WireError> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| WireError::Malformed("base64url"))
}

impl TryFrom<String> for Jws {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        Self::parse(&text)
    }
}

impl From<Jws> for String {
    fn from(jws: Jws) -> String {
        jws.text
    }
}
