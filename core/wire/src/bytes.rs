//! Bytes inside JSON: standard base64 with padding (RFC 4648 section 4), at most `MAX` of them.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};

use crate::WireError;

/// Up to `MAX` bytes. JSON form: standard base64 with padding, in its one canonical spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Bytes<MAX> {
    /// Keeps `bytes`, if they are not too many.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, WireError> {
        let bytes = bytes.into();
        if bytes.len() > MAX { Err(WireError::TooLarge) } else { Ok(Self(bytes)) }
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Bytes<MAX> {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        Self::new(BASE64_STANDARD.decode(text).map_err(|_| WireError::Malformed("base64"))?)
    }
}

impl<const MAX: usize> From<Bytes<MAX>> for String {
    fn from(bytes: Bytes<MAX>) -> String {
        BASE64_STANDARD.encode(bytes.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_back_and_have_one_spelling() {
        let bytes = Bytes::<4>::new([1, 2, 3, 4]).unwrap();
        let json = serde_json::to_string(&bytes).unwrap();
        assert_eq!(serde_json::from_str::<Bytes<4>>(&json).unwrap(), bytes);
        for other in [r#""AQIDBA""#, r#""AQIDBB==""#, r#""AQIDBAU=""#] {
            assert!(serde_json::from_str::<Bytes<4>>(other).is_err(), "{other}");
        }
    }
}
