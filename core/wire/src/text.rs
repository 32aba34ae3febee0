//! Short human text with a length limit and no control characters.

use serde::{Deserialize, Serialize};

use crate::WireError;

/// Text of 1 to `MAX` bytes of UTF-8 without control characters (line feed and tab allowed). No `Debug`: it may name
/// a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// Checks and keeps `text`.
    pub fn new(text: impl Into<String>) -> Result<Self, WireError> {
        let text = text.into();
        let clean = text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t');
        if text.is_empty() || text.len() > MAX || !clean {
            return Err(WireError::Field("text"));
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = WireError;
    fn try_from(text: String) -> Result<Self, WireError> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> String {
        text.0
    }
}
