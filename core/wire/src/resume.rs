//! What the header fields of a transfer say (IETF draft resumable uploads): where a part begins, how long it is, and
//! whether it ends the photo. Systems that resume by themselves name the version of the draft that they speak.
//!
//! Always: each is said in one way only; numbers have at most 15 digits (RFC 9651), so that no sum of them overflows.

use crate::WireError;

/// The media type of a `PATCH`.
pub const PARTIAL_UPLOAD: &str = "application/partial-upload";

/// The field by which a version of the draft is named.
pub const INTEROP_VERSION: &str = "upload-draft-interop-version";

const MALFORMED: WireError = WireError::Malformed("transfer header");

/// A version of the draft, of those that iOS 17, 18.0, 18.1 and 26 speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interop {
    /// It says `Upload-Incomplete`, and gives the parts no media type.
    V3 = 3,
    /// It gives the parts no media type.
    V5 = 5,
    /// The first with limits and problem types.
    V6 = 6,
    /// The last that was seen.
    V8 = 8,
}

impl Interop {
    /// Every version that is spoken.
    pub const ALL: [Self; 4] = [Self::V3, Self::V5, Self::V6, Self::V8];

    /// The version that `text` names, if it is spoken here. Another is answered as if none had been named.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.number().to_string() == text)
    }

    /// As it is named.
    pub fn number(self) -> u64 {
        self as u64
    }
}

/// The field that says whether a photo ends, as a version calls it.
pub fn completeness(version: Option<Interop>) -> &'static str {
    if version == Some(Interop::V3) { "upload-incomplete" } else { "upload-complete" }
}

/// What that field says; nothing where it is not there.
pub fn complete(version: Option<Interop>, said: Option<&str>) -> Result<Option<bool>, WireError> {
    let incomplete = version == Some(Interop::V3);
    match said {
        None => Ok(None),
        Some("?1") => Ok(Some(!incomplete)),
        Some("?0") => Ok(Some(incomplete)),
        Some(_) => Err(MALFORMED),
    }
}

/// How that field says it.
pub fn say_complete(version: Option<Interop>, complete: bool) -> &'static str {
    if complete == (version != Some(Interop::V3)) { "?1" } else { "?0" }
}

/// One part of a photo, as its `PATCH` announces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// How many bytes will come, where that is said.
    pub length: Option<u64>,
    /// Whether the photo ends with it. Said nothing, it does.
    pub complete: bool,
}

impl Part {
    /// Reads `Content-Type`, `Upload-Offset` and the field of [`completeness`] as `version` means them; `length` is what
    /// [`announced`] read.
    pub fn parse(
        version: Option<Interop>,
        content_type: Option<&str>,
        offset: Option<&str>,
        said: Option<&str>,
        length: Option<u64>,
    ) -> Result<Self, WireError> {
        let typed = version.is_none_or(|version| version >= Interop::V6);
        if typed && content_type != Some(PARTIAL_UPLOAD) {
            return Err(MALFORMED);
        }
        let complete = complete(version, said)?.unwrap_or(true);
        Ok(Self { offset: number(offset.ok_or(MALFORMED)?)?, length, complete })
    }

    /// Whether it can be a part of a photo of `size` bytes. One that begins past the end has its own answer, and is
    /// not measured.
    pub fn fits(&self, size: u64) -> bool {
        let end = self.length.map(|length| self.offset + length);
        end.is_none_or(|end| self.offset > size || end == size || (end < size && !self.complete))
    }
}

/// Reads `Content-Length` or `Upload-Length`; nothing where there is none.
pub fn announced(content_length: Option<&str>) -> Result<Option<u64>, WireError> {
    content_length.map(number).transpose()
}

fn number(text: &str) -> Result<u64, WireError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if !plain || text.len() > 15 {
        return Err(MALFORMED);
    }
    text.parse().map_err(|_| MALFORMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(offset: &str, complete: Option<&str>, length: Option<u64>) -> Result<Part, WireError> {
        Part::parse(None, Some(PARTIAL_UPLOAD), Some(offset), complete, length)
    }

    #[test]
    fn numbers_are_plain_and_bounded() {
        for good in ["0", "7", "999999999999999"] {
            assert_eq!(number(good).map(|n| n.to_string()).ok().as_deref(), Some(good));
        }
        for bad in
            ["", "+5", "-1", "05", "1e3", " 1", "1 ", "1000000000000000", "18446744073709551616", "1, 2"]
        {
            assert!(number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_part_says_what_it_is_in_one_way_only() {
        let whole = Part { offset: 7, length: None, complete: true };
        assert_eq!(part("7", None, None).ok(), Some(whole));
        assert_eq!(part("7", Some("?1"), None).ok(), Some(whole));
        assert_eq!(part("7", Some("?0"), None).ok(), Some(Part { complete: false, ..whole }));
        assert!(part("7", Some("1"), None).is_err() && part("", None, None).is_err());
        assert!(Part::parse(None, None, Some("7"), None, None).is_err());
        assert!(Part::parse(None, Some("text/plain"), Some("7"), None, None).is_err());
        assert!(Part::parse(None, Some(PARTIAL_UPLOAD), None, None, None).is_err());
    }

    #[test]
    fn each_version_says_in_its_own_words_whether_a_photo_ends() {
        for version in Interop::ALL.map(Some).into_iter().chain([None]) {
            for ends in [true, false] {
                let said = say_complete(version, ends);
                assert_eq!(complete(version, Some(said)).ok(), Some(Some(ends)), "{version:?}");
            }
            assert!(complete(version, Some("1")).is_err() && complete(version, None).ok() == Some(None));
        }
        assert_eq!(
            (completeness(Some(Interop::V3)), say_complete(Some(Interop::V3), true)),
            ("upload-incomplete", "?0")
        );
        assert_eq!((completeness(None), say_complete(None, true)), ("upload-complete", "?1"));
        let untyped = |version| Part::parse(Some(version), None, Some("7"), None, None).is_ok();
        assert_eq!(Interop::ALL.map(untyped), [true, true, false, false]);
        for strange in ["", "03", "4", "7", "9", "3, 6"] {
            assert_eq!(Interop::parse(strange), None, "{strange}");
        }
        assert_eq!(
            Interop::ALL.map(|version| Interop::parse(&version.number().to_string())),
            Interop::ALL.map(Some)
        );
    }

    #[test]
    fn a_part_fits_only_where_its_end_does() {
        let fits = |offset, length, complete, size| Part { offset, length, complete }.fits(size);
        assert!(fits(3, Some(7), true, 10) && fits(3, None, true, 10) && fits(3, Some(2), false, 10));
        assert!(!fits(3, Some(8), true, 10) && !fits(3, Some(2), true, 10));
        assert!(fits(11, Some(1), true, 10), "a wrong offset has its own answer");
    }
}
