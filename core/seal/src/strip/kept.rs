//! What is kept of a picture, until it is known which tables are used.

use std::ops::Range;

use super::tables::Tables;
use super::{MAX_SEGMENTS, Part, StripError, Written};

/// Something that is kept.
pub(super) enum Item {
    /// Bytes of the file.
    Range(Range<usize>),
    /// A segment of tables: as it is, or without those that no scan uses.
    Tables { marker: u8, segment: Range<usize>, definitions: Range<usize> },
    /// A segment that was cut or made.
    Written(Written),
}

/// Everything that is kept behind SOI, in order.
#[derive(Default)]
pub(super) struct Kept {
    items: Vec<Item>,
    /// Where among the items the JFIF segment went.
    jfif: Option<usize>,
}

impl Kept {
    /// Keeps one thing more. A picture has some tens of them, one with restarts and bytes between them thousands.
    pub(super) fn push(&mut self, item: Item) -> Result<(), StripError> {
        if let (Some(Item::Range(last)), Item::Range(next)) = (self.items.last_mut(), &item)
            && last.end == next.start
        {
            last.end = next.end;
            return Ok(());
        }
        if self.items.len() >= MAX_SEGMENTS {
            return Err(StripError::Malformed);
        }
        self.items.push(item);
        Ok(())
    }

    pub(super) fn write(&mut self, segment: &[u8]) -> Result<(), StripError> {
        self.push(Item::Written(Written::new(segment)))
    }

    pub(super) fn jfif(&mut self, segment: &[u8]) -> Result<(), StripError> {
        self.jfif = Some(self.items.len());
        self.write(segment)
    }

    pub(super) fn has_jfif(&self) -> bool {
        self.jfif.is_some()
    }

    pub(super) fn jfif_first(&self) -> bool {
        self.jfif == Some(0)
    }

    /// The pieces, SOI first and alone; and whether tables were dropped.
    pub(super) fn into_parts<'a>(
        self,
        jpeg: &'a [u8],
        tables: &Tables,
    ) -> Result<(Vec<Part<'a>>, bool), StripError> {
        let mut parts = Parts { jpeg, parts: vec![Part::Kept(&jpeg[..2])], open: None };
        let mut dropped = false;
        for item in self.items {
            match item {
                Item::Range(range) => parts.keep(range),
                Item::Written(written) => parts.write(written),
                Item::Tables { marker, segment, definitions } => {
                    let all = tables.definitions(definitions);
                    let used = || all.iter().filter(|definition| definition.used);
                    if used().count() == all.len() && !all.is_empty() {
                        parts.keep(segment);
                        continue;
                    }
                    dropped = true;
                    let length: usize = used().map(|definition| definition.range.len()).sum();
                    if length > 0 {
                        let [high, low] =
                            u16::try_from(length + 2).map_err(|_| StripError::Malformed)?.to_be_bytes();
                        parts.write(Written::new(&[0xFF, marker, high, low]));
                        used().for_each(|definition| parts.keep(definition.range.clone()));
                    }
                }
            }
        }
        parts.close();
        Ok((parts.parts, dropped))
    }
}

struct Parts<'a> {
    jpeg: &'a [u8],
    parts: Vec<Part<'a>>,
    /// A kept range that may still grow: neighbours become one slice.
    open: Option<Range<usize>>,
}

impl Parts<'_> {
    fn keep(&mut self, range: Range<usize>) {
        match &mut self.open {
            Some(open) if open.end == range.start => open.end = range.end,
            Some(_) | None => {
                self.close();
                self.open = Some(range);
            }
        }
    }

    fn close(&mut self) {
        if let Some(range) = self.open.take() {
            self.parts.push(Part::Kept(&self.jpeg[range]));
        }
    }

    fn write(&mut self, written: Written) {
        self.close();
        self.parts.push(Part::Written(written));
    }
}
