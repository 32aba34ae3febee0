//! Short human text with a length limit and no control characters.

use serde::{Deserialize, Serialize};

use crate::WireError;

/// Text of 1 to `MAX` bytes of UTF-8 without control characters (line feed and tab allowed). No `Debug`: it may name
/// a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

/// Why what somebody typed into a field cannot be kept, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing stands there.
    #[error("is empty: fill it in")]
    Empty,
    /// More than fits in.
    #[error(
        "is too long, {has} bytes of at most {most}: shorten it (a letter with an accent takes two bytes, a curly quote three)"
    )]
    Long {
        /// Its bytes.
        has: usize,
        /// Those that fit in.
        most: usize,
    },
    /// More than one line, in a field of one.
    #[error("has more than one line: write it in one")]
    Lines,
    /// Something that is no text.
    #[error("holds characters that nobody can see: type it anew instead of pasting it")]
    Control,
}

impl<const MAX: usize> Text<MAX> {
    /// Checks and keeps `text`.
    pub fn new(text: impl Into<String>) -> Result<Self, WireError> {
        let text = text.into();
        match fault::<MAX>(&text) {
            None => Ok(Self(text)),
            Some(_) => Err(WireError::Field("text")),
        }
    }

    /// Keeps what was typed into a field of several lines, without what is blank around it. Browsers end a line with two characters.
    ///
    /// # Errors
    /// [`TextFault`]: why it cannot be kept.
    pub fn typed(typed: &str) -> Result<Self, TextFault> {
        let text = typed.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
        fault::<MAX>(&text).map_or(Ok(Self(text)), Err)
    }

    /// The same of a field of one line.
    ///
    /// # Errors
    /// [`TextFault`]: why it cannot be kept.
    pub fn typed_line(typed: &str) -> Result<Self, TextFault> {
        let text = Self::typed(typed)?;
        if text.0.contains('\n') { Err(TextFault::Lines) } else { Ok(text) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn fault<const MAX: usize>(text: &str) -> Option<TextFault> {
    let is_clean = |c: char| !c.is_control() || c == '\n' || c == '\t';
    match text.len() {
        0 => Some(TextFault::Empty),
        has if has > MAX => Some(TextFault::Long { has, most: MAX }),
        _ if !text.chars().all(is_clean) => Some(TextFault::Control),
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_as_it_was_meant_or_told_by_its_fault() {
        let kept = |text: Result<Text<8>, TextFault>| text.map(|text| text.as_str().to_owned());
        assert_eq!(kept(Text::typed(" a\r\nb\rc \r\n")), Ok("a\nb\nc".to_owned()));
        assert_eq!(kept(Text::typed_line(" a b\r\n")), Ok("a b".to_owned()));
        for (typed, fault) in [
            (" \r\n", TextFault::Empty),
            ("déjà lu.", TextFault::Long { has: 10, most: 8 }),
            ("a\u{7f}b", TextFault::Control),
        ] {
            assert_eq!(kept(Text::typed(typed)), Err(fault), "{typed}");
            assert_eq!(kept(Text::typed_line(typed)), Err(fault), "{typed}");
        }
        assert_eq!(kept(Text::typed_line("a\r\nb")), Err(TextFault::Lines));
    }
}
