//! SHA-256 digests: lower-case hex in JSON, RFC 9530 structured bytes in headers.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::WireError;

/// A SHA-256 value. JSON form: 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The `Content-Digest` field value (RFC 9530 section 2) for a body with this digest.
    pub fn content_digest(&self) -> String {
        format!("sha-256=:{}:", BASE64_STANDARD.encode(self.0))
    }

    /// Reads the `sha-256` member of a `Content-Digest` field; other algorithms beside it are ignored.
    pub fn from_content_digest(field: &str) -> Result<Self, WireError> {
        let members: sfv::Dictionary =
            sfv::Parser::new(field).parse().map_err(|_| WireError::Header("content-digest"))?;
        let Some(sfv::ListEntry::Item(item)) = members.get("sha-256") else {
            return Err(WireError::Header("content-digest"));
        };
        let bytes = item.bare_item.as_byte_sequence().ok_or(WireError::Header("content-digest"))?;
        Ok(Self(bytes.try_into().map_err(|_| WireError::Header("content-digest"))?))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 64 || !text.bytes().all(lower_hex) {
            return Err(WireError::Id("SHA-256 (64 lower-case hexadecimal digits)"));
        }
        let mut out = [0; 32];
        for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair)
                .map_err(|_| WireError::Id("SHA-256 (64 lower-case hexadecimal digits)"))?;
            *byte = u8::from_str_radix(pair, 16)
                .map_err(|_| WireError::Id("SHA-256 (64 lower-case hexadecimal digits)"))?;
        }
        Ok(Self(out))
    }
}

impl TryFrom<String> for Digest {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_text_forms_read_back() {
        let digest = Digest::of(b"gauze");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        assert_eq!(Digest::from_content_digest(&digest.content_digest()).unwrap(), digest);
        let both = format!("sha-512=:AAAA:, {}", digest.content_digest());
        assert_eq!(Digest::from_content_digest(&both).unwrap(), digest);
        assert!(Digest::from_content_digest("sha-256=:AAAA:").is_err());
        assert!(digest.to_string().to_uppercase().parse::<Digest>().is_err());
    }
}
