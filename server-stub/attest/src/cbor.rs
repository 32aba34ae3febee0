//! Items of CBOR (RFC 8949), one after another: definite lengths, shortest heads, no tags, no floats.
//!
//! Always: what a reader yields lies inside what it was given; nesting is bounded by the caller's own code, and by
//! [`DEPTH`] where items are passed over.

/// Deepest nesting of an item that is passed over.
const DEPTH: usize = 8;

/// Something is not CBOR of this kind, or not of the expected shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotCbor;

/// One item, or the head of one that holds others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// A number from 0.
    Unsigned(u64),
    /// -1 minus this.
    Negative(u64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// As many items follow.
    Array(usize),
    /// As many pairs of items follow.
    Map(usize),
    /// True, false or null.
    Simple(u8),
}

/// Items one after another.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next item.
    pub fn next(&mut self) -> Result<Item<'a>, NotCbor> {
        let (&first, rest) = self.0.split_first().ok_or(NotCbor)?;
        self.0 = rest;
        let (major, short) = (first >> 5, first & 0x1f);
        if major == 7 {
            return if (20..=22).contains(&short) { Ok(Item::Simple(short)) } else { Err(NotCbor) };
        }
        let argument = self.argument(short)?;
        Ok(match major {
            0 => Item::Unsigned(argument),
            1 => Item::Negative(argument),
            2 => Item::Bytes(self.take(argument)?),
            3 => Item::Text(std::str::from_utf8(self.take(argument)?).map_err(|_| NotCbor)?),
            4 => Item::Array(self.count(argument)?),
            5 => Item::Map(self.count(argument)?),
            _ => return Err(NotCbor),
        })
    }

    fn argument(&mut self, short: u8) -> Result<u64, NotCbor> {
        let (length, least) = match short {
            0..=23 => return Ok(u64::from(short)),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(NotCbor),
        };
        let value = self.take(length)?.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
        if value < least { Err(NotCbor) } else { Ok(value) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], NotCbor> {
        let length = usize::try_from(length).map_err(|_| NotCbor)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(NotCbor)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A count of items, which must at least fit into what is left.
    fn count(&self, argument: u64) -> Result<usize, NotCbor> {
        usize::try_from(argument).ok().filter(|&count| count <= self.0.len()).ok_or(NotCbor)
    }

    /// The number of pairs of the next map.
    pub fn map(&mut self) -> Result<usize, NotCbor> {
        if let Item::Map(pairs) = self.next()? { Ok(pairs) } else { Err(NotCbor) }
    }

    /// The number of items of the next array.
    pub fn array(&mut self) -> Result<usize, NotCbor> {
        if let Item::Array(items) = self.next()? { Ok(items) } else { Err(NotCbor) }
    }

    /// The next text.
    pub fn text(&mut self) -> Result<&'a str, NotCbor> {
        if let Item::Text(text) = self.next()? { Ok(text) } else { Err(NotCbor) }
    }

    /// The next bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], NotCbor> {
        if let Item::Bytes(bytes) = self.next()? { Ok(bytes) } else { Err(NotCbor) }
    }

    /// The next item must be this one.
    pub fn expect(&mut self, item: Item<'_>) -> Result<(), NotCbor> {
        if self.next()? == item { Ok(()) } else { Err(NotCbor) }
    }

    /// Passes over one item with all that it holds.
    pub fn skip(&mut self) -> Result<(), NotCbor> {
        self.skip_within(DEPTH)
    }

    fn skip_within(&mut self, depth: usize) -> Result<(), NotCbor> {
        let inner = match self.next()? {
            Item::Array(items) => items,
            Item::Map(pairs) => pairs.saturating_mul(2),
            _ => return Ok(()),
        };
        let depth = depth.checked_sub(1).ok_or(NotCbor)?;
        (0..inner).try_for_each(|_| self.skip_within(depth))
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), NotCbor> {
        if self.0.is_empty() { Ok(()) } else { Err(NotCbor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_of_an_item_are_refused() {
        for bad in [
            &[0x18, 23][..],
            &[0x19, 0, 255],
            &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
            &[0x5f, 0x41, 0, 0xff],
            &[0x42, 0],
            &[0x61, 0xff],
            &[0x9a, 0xff, 0xff, 0xff, 0xff],
            &[0xc0, 0],
            &[0xf9, 0, 0],
            &[0xf8, 32],
            &[],
        ] {
            assert!(Reader(bad).next().is_err(), "{bad:02x?}");
        }
        assert_eq!(Reader(&[0x18, 24]).next(), Ok(Item::Unsigned(24)));
    }

    #[test]
    fn deep_nesting_is_not_followed() {
        let deep = [[0x81; 200].as_slice(), &[0]].concat();
        assert_eq!(Reader(&deep).skip(), Err(NotCbor));
        let mut flat = Reader(&[0x82, 0x81, 0, 0xa1, 1, 2, 3]);
        flat.skip().unwrap();
        assert_eq!(flat.0, [3]);
    }
}
