//! Names of things, parsed once and then trusted.
//!
//! Always: a value of one of these types holds only the characters listed for it, so it may stand in a URL path or
//! a file name; [`Ward`] alone is for people's eyes. Nothing else from the wire may.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::{Deserialize, Serialize};

use crate::WireError;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $form:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WireError;
            fn from_str(text: &str) -> Result<Self, WireError> {
                let accepted: fn(&str) -> bool = $check;
                if accepted(text) { Ok(Self(text.to_owned())) } else { Err(WireError::Id($form)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = WireError;
            fn try_from(text: String) -> Result<Self, WireError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn is_base64url_43(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_base64url_22(text: &str) -> bool {
    text.len() == 22 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

text_id! {
    /// One organisation: 1 to 63 of `a-z 0-9 -`, beginning and ending with a letter or digit.
    Tenant, "tenant (a-z, 0-9 and hyphens, at most 63, the first and last no hyphen)", |text| {
        (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
    }
}

text_id! {
    /// A P-256 key's thumbprint (RFC 7638, SHA-256), base64url without padding: 43 characters. A phone's device key
    /// thumbprint is its device id.
    KeyId, "key id (43 letters, digits, - and _)", is_base64url_43
}

text_id! {
    /// An enrolment token's name: 22 base64url characters (127 random bits; older ones may begin with a hyphen).
    TokenId, "token id (22 letters, digits, - and _)", is_base64url_22
}

text_id! {
    /// Something that waits for the hospital's signature: 22 base64url characters (127 random bits; older ones may begin with a hyphen). A token that comes
    /// of it has the same name.
    ProposalId, "proposal id (22 letters, digits, - and _)", is_base64url_22
}

text_id! {
    /// One report of what went wrong, named before it is sent: 22 base64url characters (128 random bits).
    ReportId, "report id (22 letters, digits, - and _)", is_base64url_22
}

text_id! {
    /// One wound of one patient, named by the phone that saw it first: 22 base64url characters (128 random bits).
    WoundId, "wound id (22 letters, digits, - and _)", is_base64url_22
}

text_id! {
    /// The photos of one visit: 22 base64url characters (128 random bits).
    SeriesId, "series id (22 letters, digits, - and _)", is_base64url_22
}

text_id! {
    /// A technical name (version, model, serial, session): 1 to 128 visible ASCII characters or inner spaces.
    Name, "name (1 to 128 visible ASCII characters, spaces inside only)", |text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
            && text.trim() == text
    }
}

text_id! {
    /// Where a phone is used, in the hospital's own words: 1 to 64 bytes of one line that reads as it is written, blanks inside only.
    Ward, "ward (1 to 64 bytes of text in one line, spaces inside only, nothing that turns the direction of writing)", |text| {
        (1..=64).contains(&text.len()) && !text.chars().any(hides) && text.trim() == text
    }
}

/// Control characters, ends of lines, and what has text read otherwise than it stands there (Unicode's `Bidi_Control`): a phone could
/// show one ward as another.
pub fn hides(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// 22 characters of base64url, of which a person types the first as a command's argument: never a hyphen.
fn typed(mut random: [u8; 16]) -> String {
    random[0] &= 0x7f;
    BASE64_URL_SAFE_NO_PAD.encode(random)
}

impl TokenId {
    /// Builds an id from 16 random bytes; it begins with a letter.
    pub fn make(random: [u8; 16]) -> Self {
        Self(typed(random))
    }
}

impl ProposalId {
    /// Builds an id from 16 random bytes; it begins with a letter.
    pub fn make(random: [u8; 16]) -> Self {
        Self(typed(random))
    }
}

impl ReportId {
    /// Builds an id from 16 random bytes.
    pub fn make(random: &[u8; 16]) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(random))
    }
}

impl WoundId {
    /// Builds an id from 16 random bytes.
    pub fn make(random: &[u8; 16]) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(random))
    }
}

impl SeriesId {
    /// Builds an id from 16 random bytes.
    pub fn make(random: &[u8; 16]) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(random))
    }
}

/// The thumbprint of a phone's device key.
pub type DeviceId = KeyId;

/// One photo: a UUID version 7 (RFC 9562), hyphenated lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaptureId(uuid::Uuid);

impl CaptureId {
    /// Builds the id of a photo taken at `unix_ms` from ten random bytes.
    pub fn make(unix_ms: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, random).into_uuid())
    }
}

impl FromStr for CaptureId {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        let id = uuid::Uuid::try_parse(text)
            .map_err(|_| WireError::Id("capture id (a version 7 UUID in lower case)"))?;
        let canonical = id.get_version_num() == 7 && id.hyphenated().to_string() == text;
        if canonical {
            Ok(Self(id))
        } else {
            Err(WireError::Id("capture id (a version 7 UUID in lower case)"))
        }
    }
}

impl TryFrom<String> for CaptureId {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        text.parse()
    }
}

impl From<CaptureId> for String {
    fn from(id: CaptureId) -> String {
        id.to_string()
    }
}

impl fmt::Display for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_carries_a_path() {
        for bad in ["", "..", "a/b", "A", "-a", "a-", "a.b", "é"] {
            assert!(bad.parse::<Tenant>().is_err(), "{bad}");
        }
        assert!("../../../../../../../../../../../../../../../".parse::<KeyId>().is_err());
        assert!("nhs-lanarkshire".parse::<Tenant>().is_ok());
        assert!("Ward 9".parse::<Tenant>().unwrap_err().to_string().contains("a-z, 0-9 and hyphens"));
    }

    #[test]
    fn what_a_person_types_never_begins_like_an_option() {
        for first in 0..=255 {
            let mut random = [0xff; 16];
            random[0] = first;
            let id = TokenId::make(random);
            assert!(id.as_str().starts_with(|c: char| c.is_ascii_alphabetic()), "{id}");
            assert_eq!(id.as_str(), ProposalId::make(random).as_str());
            assert_eq!(id.as_str().parse::<TokenId>().unwrap(), id);
        }
    }

    #[test]
    fn a_capture_id_is_version_seven_and_canonical() {
        let id = CaptureId::make(1_700_000_000_000, &[7; 10]);
        assert_eq!(id.to_string().parse::<CaptureId>().unwrap(), id);
        assert!(id.to_string().to_uppercase().parse::<CaptureId>().is_err());
        assert!("936da01f-9abd-4d9d-80c7-02af85c822a8".parse::<CaptureId>().is_err());
    }
}
