//! Text that may stand in an entry: the program's own words, and what was sealed.

use std::fmt;

use gauze_wire::WireError;
use serde::{Deserialize, Serialize};

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $limit:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// Where it is empty, too long, or of other characters.
            pub fn new(text: impl Into<String>) -> Result<Self, WireError> {
                let text = text.into();
                let fits: fn(u8) -> bool = $fits;
                let good = (1..=$limit).contains(&text.len()) && text.bytes().all(fits);
                if good { Ok(Self(text)) } else { Err(WireError::Field(stringify!($name))) }
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = WireError;
            fn try_from(text: String) -> Result<Self, WireError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

bounded! {
    /// A word, number or hash of the program's own: 1 to 256 lower-case letters, digits and `_ - . : /`. No space and no
    /// capital, so that nobody's name gets in by mistake.
    Note, 256, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.:/".contains(&b)
}

bounded! {
    /// What a person typed, sealed by the index for people, in base64url: 1 to 8192 characters.
    Sealed, 8192, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}
