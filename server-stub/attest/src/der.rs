//! Tokens of strict DER (X.690), over the `der` crate's headers: minimal lengths, no indefinite ones, high tag
//! numbers as key descriptions use them.
//!
//! Always: what a reader yields lies inside what it was given, and whoever reads a structure to its end says so with
//! [`Reader::end`].

use der::{Decode as _, Header, Reader as _, SliceReader, Tag, TagNumber};

/// Something is not DER, or not of the expected shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotDer;

/// One element: its tag, its content and all of its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub tag: Tag,
    pub content: &'a [u8],
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// A reader over the content.
    pub fn inside(&self) -> Reader<'a> {
        Reader(self.content)
    }

    /// The content as an INTEGER or ENUMERATED that is not negative, in its shortest form.
    pub fn number(&self) -> Result<u64, NotDer> {
        let bytes = unsigned(self.content)?;
        if bytes.len() > 8 {
            return Err(NotDer);
        }
        Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

/// The magnitude of an INTEGER's content that is not negative and in its shortest form.
pub(crate) fn unsigned(content: &[u8]) -> Result<&[u8], NotDer> {
    match content {
        [] => Err(NotDer),
        [0] => Ok(content),
        [0, rest @ ..] if rest[0] & 0x80 != 0 => Ok(rest),
        [0, ..] => Err(NotDer),
        [first, ..] if first & 0x80 != 0 => Err(NotDer),
        _ => Ok(content),
    }
}

/// Elements one after another.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element, whatever it is.
    pub fn next(&mut self) -> Result<Element<'a>, NotDer> {
        let mut reader = SliceReader::new(self.0).map_err(|_| NotDer)?;
        let header = Header::decode(&mut reader).map_err(|_| NotDer)?;
        let content = reader.read_slice(header.length()).map_err(|_| NotDer)?;
        let used = usize::try_from(reader.position()).map_err(|_| NotDer)?;
        let (whole, rest) = self.0.split_at_checked(used).ok_or(NotDer)?;
        self.0 = rest;
        Ok(Element { tag: header.tag(), content, whole })
    }

    /// The next element, which must have this tag.
    pub fn expect(&mut self, tag: Tag) -> Result<Element<'a>, NotDer> {
        let element = self.next()?;
        if element.tag == tag { Ok(element) } else { Err(NotDer) }
    }

    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Element<'a>>, NotDer> {
        let mut ahead = *self;
        if self.0.is_empty() {
            return Ok(None);
        }
        let element = ahead.next()?;
        if element.tag != tag {
            return Ok(None);
        }
        *self = ahead;
        Ok(Some(element))
    }

    /// The elements of the next SEQUENCE.
    pub fn sequence(&mut self) -> Result<Self, NotDer> {
        Ok(self.expect(Tag::Sequence)?.inside())
    }

    /// The next INTEGER, not negative.
    pub fn integer(&mut self) -> Result<u64, NotDer> {
        self.expect(Tag::Integer)?.number()
    }

    /// The next ENUMERATED.
    pub fn enumerated(&mut self) -> Result<u64, NotDer> {
        self.expect(Tag::Enumerated)?.number()
    }

    /// The next OCTET STRING.
    pub fn octets(&mut self) -> Result<&'a [u8], NotDer> {
        Ok(self.expect(Tag::OctetString)?.content)
    }

    /// The next BIT STRING, which must be whole octets.
    pub fn bits(&mut self) -> Result<&'a [u8], NotDer> {
        match self.expect(Tag::BitString)?.content {
            [0, bits @ ..] => Ok(bits),
            _ => Err(NotDer),
        }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), NotDer> {
        if self.0.is_empty() { Ok(()) } else { Err(NotDer) }
    }
}

/// An explicit context tag.
pub(crate) fn context(number: u32) -> Tag {
    TagNumber(number).context_specific(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_der_is_refused() {
        for bad in [
            &[0x30][..],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 1, 0],
            &[0x04, 2, 0],
            &[0x24, 0],
            &[0xbf, 0x1e, 0],
            &[0xbf, 0x80, 0x81, 0],
        ] {
            assert!(Reader(bad).next().is_err(), "{bad:02x?}");
        }
        for bad in [&[0x02, 0][..], &[0x02, 2, 0, 1], &[0x02, 1, 0x80], &[0x02, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]]
        {
            assert!(Reader(bad).integer().is_err(), "{bad:02x?}");
        }
        assert_eq!(Reader(&[0x02, 2, 0, 0x80]).integer(), Ok(128));
        let high = Reader(&[0xbf, 0x85, 0x45, 2, 5, 0]).next().unwrap();
        assert_eq!((high.tag, high.content), (context(709), &[5, 0][..]));
    }
}
