//! What the header fields of a transfer say (IETF draft resumable uploads): where a part begins, how long it is, and
//! whether it ends the photo.
//!
//! Always: each is said in one way only; numbers have at most 15 digits (RFC 9651), so that no sum of them overflows.

use crate::WireError;

/// The media type of a `PATCH`.
pub const PARTIAL_UPLOAD: &str = "application/partial-upload";

const MALFORMED: WireError = WireError::Malformed("transfer header");

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
    /// Reads `Content-Type`, `Upload-Offset` and `Upload-Complete`; `length` is what [`announced`] read.
    pub fn parse(
        content_type: Option<&str>,
        offset: Option<&str>,
        complete: Option<&str>,
        length: Option<u64>,
    ) -> Result<Self, WireError> {
        if content_type != Some(PARTIAL_UPLOAD) {
            return Err(MALFORMED);
        }
        let complete = match complete {
            Some("?1") | None => true,
            Some("?0") => false,
            Some(_) => return Err(MALFORMED),
        };
        Ok(Self { offset: number(offset.ok_or(MALFORMED)?)?, length, complete })
    }

    /// Whether it can be a part of a photo of `size` bytes. One that begins past the end has its own answer, and is
    /// not measured.
    pub fn fits(&self, size: u64) -> bool {
        let end = self.length.map(|length| self.offset + length);
        end.is_none_or(|end| self.offset > size || end == size || (end < size && !self.complete))
    }
}

/// Reads `Content-Length`; nothing where there is none.
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
        Part::parse(Some(PARTIAL_UPLOAD), Some(offset), complete, length)
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
        assert!(Part::parse(None, Some("7"), None, None).is_err());
        assert!(Part::parse(Some("text/plain"), Some("7"), None, None).is_err());
        assert!(Part::parse(Some(PARTIAL_UPLOAD), None, None, None).is_err());
    }

    #[test]
    fn a_part_fits_only_where_its_end_does() {
        let fits = |offset, length, complete, size| Part { offset, length, complete }.fits(size);
        assert!(fits(3, Some(7), true, 10) && fits(3, None, true, 10) && fits(3, Some(2), false, 10));
        assert!(!fits(3, Some(8), true, 10) && !fits(3, Some(2), true, 10));
        assert!(fits(11, Some(1), true, 10), "a wrong offset has its own answer");
    }
}
