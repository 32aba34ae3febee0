//! What a photo shows and under which consent: site, wound, series, view, consent, fence.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Name, Text, WireError};

/// A side of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodySide {
    /// The patient's left.
    Left,
    /// The patient's right.
    Right,
    /// In the middle.
    Midline,
    /// Both sides.
    Both,
}

impl BodySide {
    /// The stable word: the JSON form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Midline => "midline",
            Self::Both => "both",
        }
    }
}

/// Where on the body. No `Debug`: the words may be free text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The code's system, a URI such as `http://snomed.info/sct`; with `code` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Name>,
    /// The code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Name>,
    /// In words: 1 to 256 bytes of UTF-8.
    pub words: Text<256>,
    /// Which side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<BodySide>,
}

impl Site {
    /// Checks what the types cannot: a code has a system.
    pub fn check(&self) -> Result<(), WireError> {
        if self.system.is_some() == self.code.is_some() {
            Ok(())
        } else {
            Err(WireError::Expected { field: "site", form: "a code with its system, or neither" })
        }
    }
}

/// How much a photo shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// The body part, so that one sees where the wound is.
    Context,
    /// Straight onto the wound, with its marker.
    Straight,
    /// Close up.
    Close,
}

impl Framing {
    /// The stable word: the JSON form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Straight => "straight",
            Self::Close => "close",
        }
    }
}

/// What a photo may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentScope {
    /// The patient's own care.
    Care,
    /// Teaching.
    Teaching,
    /// Publication.
    Publication,
}

/// A notice that was shown: when consent was asked for, or to staff before they use a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownNotice {
    /// Which notice.
    pub code: Name,
    /// Its version.
    pub version: u32,
}

/// Consent as it was given. No `Debug`: it holds free text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// For what: each at most once, in the order of their kinds; at least one.
    pub scopes: Vec<ConsentScope>,
    /// By whom, in words: `patient`, `mother`, `attorney`; 1 to 128 bytes of UTF-8.
    pub by: Text<128>,
    /// In which form, as the policy's list has it: code and words.
    pub form: Choice,
    /// The notice that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<ShownNotice>,
    /// When (RFC 3339, UTC).
    pub at: Timestamp,
    /// When it was withdrawn (RFC 3339, UTC), not before it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Timestamp>,
}

impl Consent {
    /// Checks what the types cannot.
    pub fn check(&self) -> Result<(), WireError> {
        if self.scopes.is_empty() || !self.scopes.is_sorted_by(|one, next| one < next) {
            let form = "at least one of care, teaching, publication, each once, in this order";
            return Err(WireError::Expected { field: "consent.scopes", form });
        }
        if self.withdrawn.is_some_and(|withdrawn| withdrawn < self.at) {
            let form = "a time that is not before the consent was given";
            return Err(WireError::Expected { field: "consent.withdrawn", form });
        }
        Ok(())
    }
}

/// One of a list that the hospital keeps: a code for programs, words for people. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The code.
    pub code: Name,
    /// The words: 1 to 128 bytes of UTF-8.
    pub words: Text<128>,
}

/// On which side of a fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceVerdict {
    /// Inside.
    Inside,
    /// Outside.
    Outside,
    /// The phone could not tell.
    Unknown,
}

/// Inside or outside a fence, never where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fence {
    /// Which fence.
    pub id: Name,
    /// On which side of it.
    pub verdict: FenceVerdict,
    /// How sure that is, in percent: 0 to 100.
    pub sure: u8,
}

impl Fence {
    /// Checks what the types cannot.
    pub fn check(&self) -> Result<(), WireError> {
        let form = "a percentage from 0 to 100";
        if self.sure <= 100 { Ok(()) } else { Err(WireError::Expected { field: "fence.sure", form }) }
    }
}
