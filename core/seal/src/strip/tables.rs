//! The tables that scans use: which definition is in force where, and which is never used.
//!
//! What must hold: a segment of tables is exactly as long as its tables; a definition that no scan uses before it is
//! replaced is not kept, because whatever it holds is no part of the picture.

use std::ops::Range;

use super::StripError;
use super::frame::{Frame, Scan};

const QUANTISATION: usize = 0;
const DC: usize = 4;
const AC: usize = 8;
const RESTART: usize = 12;
const SLOTS: usize = 13;

/// A definition: where it stands in the file, and whether a scan used it.
pub(super) struct Definition {
    pub(super) range: Range<usize>,
    pub(super) used: bool,
}

/// All definitions so far, and what is in force.
#[derive(Default)]
pub(super) struct Tables {
    definitions: Vec<Definition>,
    slots: [Option<usize>; SLOTS],
    /// Units between two restart markers; 0 is no restarts.
    pub(super) restart: u16,
    /// Components whose quantisation table is settled: that of their first scan counts.
    settled: Vec<bool>,
}

impl Tables {
    /// Reads the payload of a DHT, DQT or DRI segment that begins at `at`. Returns which definitions it holds.
    pub(super) fn read(&mut self, marker: u8, payload: &[u8], at: usize) -> Result<Range<usize>, StripError> {
        let first = self.definitions.len();
        let mut done = 0;
        while done < payload.len() {
            let rest = &payload[done..];
            let (slot, length) = match marker {
                0xC4 => huffman(rest)?,
                0xDB => quantisation(rest)?,
                _ => {
                    let interval = <[u8; 2]>::try_from(payload).map_err(|_| StripError::Malformed)?;
                    self.restart = u16::from_be_bytes(interval);
                    (RESTART, 2)
                }
            };
            if length > rest.len() {
                return Err(StripError::Malformed);
            }
            self.slots[slot] = Some(self.definitions.len());
            let range = at + done..at + done + length;
            self.definitions.push(Definition { range, used: false });
            done += length;
        }
        if first == self.definitions.len() && marker == 0xDD {
            return Err(StripError::Malformed);
        }
        Ok(first..self.definitions.len())
    }

    /// Marks what a scan uses.
    pub(super) fn use_for(&mut self, frame: &Frame, scan: &Scan) -> Result<(), StripError> {
        let (dc, ac) = scan.reads(frame);
        self.settled.resize(frame.components.len(), false);
        self.mark(RESTART);
        for selected in &scan.selected {
            if !std::mem::replace(&mut self.settled[selected.component], true) {
                let slot = usize::from(frame.components[selected.component].quantisation);
                // No decoder draws a picture without its quantisation.
                self.mark(QUANTISATION + slot).ok_or(StripError::Malformed)?;
            }
            // Without Huffman tables, decoders take those of T.81, annex K.
            if dc && selected.dc < 4 {
                self.mark(DC + usize::from(selected.dc));
            }
            if ac && selected.ac < 4 {
                self.mark(AC + usize::from(selected.ac));
            }
        }
        Ok(())
    }

    fn mark(&mut self, slot: usize) -> Option<()> {
        let definition = self.definitions.get_mut(self.slots[slot]?)?;
        definition.used = true;
        Some(())
    }

    /// What the first coefficients are multiplied with, by the quantisation table in a slot.
    pub(super) fn first_step(&self, jpeg: &[u8], slot: u8) -> Option<u16> {
        let definition = self.definitions.get((*self.slots[..DC].get(usize::from(slot))?)?)?;
        match *jpeg.get(definition.range.clone())? {
            [head, high, low, ..] if head >> 4 == 1 => Some(u16::from_be_bytes([high, low])),
            [_, step, ..] => Some(step.into()),
            _ => None,
        }
    }

    /// Where the DC table in a slot stands in the file.
    pub(super) fn dc(&self, slot: u8) -> Option<Range<usize>> {
        self.huffman(DC, slot)
    }

    /// Where the AC table in a slot stands in the file.
    pub(super) fn ac(&self, slot: u8) -> Option<Range<usize>> {
        self.huffman(AC, slot)
    }

    fn huffman(&self, class: usize, slot: u8) -> Option<Range<usize>> {
        let slot = usize::from(slot);
        let definition = self.slots.get(class + slot).filter(|_| slot < 4)?;
        Some(self.definitions[(*definition)?].range.clone())
    }

    pub(super) fn definitions(&self, which: Range<usize>) -> &[Definition] {
        &self.definitions[which]
    }
}

/// The slot and the length of a Huffman table: class and slot, sixteen counts, the symbols.
fn huffman(table: &[u8]) -> Result<(usize, usize), StripError> {
    let (head, _) = table.split_first_chunk::<17>().ok_or(StripError::Malformed)?;
    let symbols: usize = head[1..].iter().map(|&count| usize::from(count)).sum();
    let class = match head[0] >> 4 {
        0 => DC,
        1 => AC,
        _ => return Err(StripError::Malformed),
    };
    let slot = usize::from(head[0] & 15);
    if symbols > 256 || slot > 3 {
        return Err(StripError::Malformed);
    }
    Ok((class + slot, 17 + symbols))
}

/// The slot and the length of a quantisation table of 64 values of one or two bytes.
fn quantisation(table: &[u8]) -> Result<(usize, usize), StripError> {
    let head = *table.first().ok_or(StripError::Malformed)?;
    let slot = usize::from(head & 15);
    match head >> 4 {
        0 if slot < 4 => Ok((QUANTISATION + slot, 65)),
        1 if slot < 4 => Ok((QUANTISATION + slot, 129)),
        _ => Err(StripError::Malformed),
    }
}
