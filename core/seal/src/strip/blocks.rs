//! Counting blocks: where the data of a scan really end (ITU-T T.81, annexes F.2 and G.2).
//!
//! What must hold: time is linear in the data; memory is eight bytes a block, for progressive pictures alone, and two where
//! blocks are drawn; what cannot be followed is said to be so, never guessed.
//!
//! How: codes are read for their lengths, nothing but the first coefficient is decoded. A progressive refinement needs to know
//! which coefficients are not zero, and only that is kept; where the picture is drawn small, so are the first ones.

use std::ops::Range;

use zeroize::Zeroizing;

use super::bits::{Bits, Codes, Runs, Short};
use super::frame::{Frame, Scan};
use super::tables::Tables;

/// The data between two markers of a scan.
pub(super) struct Interval {
    /// Without the marker behind it.
    pub(super) data: Range<usize>,
}

/// What is known of each block of each component.
#[derive(Default)]
pub(super) struct History {
    /// What is not zero.
    nonzero: Vec<Vec<u64>>,
    /// The DC coefficients, of components that are drawn.
    drawn: Vec<Zeroizing<Vec<i16>>>,
}

/// One component within a scan.
struct Reader {
    component: usize,
    dc: Option<Codes>,
    ac: Option<Codes>,
    runs: Option<Runs>,
    across: u32,
    down: u32,
    /// Blocks in a row of the component, as far as interleaved scans go.
    stride: u32,
    /// The DC coefficient of the block before.
    before: i32,
}

/// A scan that is being followed.
pub(super) struct Counter<'a> {
    jpeg: &'a [u8],
    readers: Vec<Reader>,
    kind: Kind,
    first: u32,
    last: u32,
    now: u8,
    /// Units in a row, and rows.
    units: (u32, u32),
    interval: u32,
    eob_run: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequential,
    DcFirst,
    DcRefined,
    AcFirst,
    AcRefined,
}

impl<'a> Counter<'a> {
    /// `None` where the scan's head does not say what can be followed.
    pub(super) fn new(jpeg: &'a [u8], frame: &Frame, scan: &Scan, tables: &Tables) -> Option<Self> {
        let kind = match (frame.progressive, scan.first, scan.before) {
            (false, ..) => Kind::Sequential,
            (true, 0, 0) => Kind::DcFirst,
            (true, 0, _) => Kind::DcRefined,
            (true, _, 0) => Kind::AcFirst,
            (true, ..) => Kind::AcRefined,
        };
        let alone = scan.selected.len() == 1;
        let band = scan.first <= scan.last && scan.last < 64 && (scan.first != 0 || scan.last == 0);
        if frame.progressive && (!band || (scan.first != 0 && !alone)) {
            return None;
        }
        let (dc, ac) = scan.reads(frame);
        let codes = |range: Option<Range<usize>>| Codes::new(&jpeg[range?]);
        let runs = |range: Option<Range<usize>>| Runs::new(&jpeg[range?]);
        let mut readers = Vec::with_capacity(scan.selected.len());
        for selected in &scan.selected {
            let component = &frame.components[selected.component];
            let reader = Reader {
                component: selected.component,
                dc: if dc { Some(codes(tables.dc(selected.dc))?) } else { None },
                ac: if ac && frame.progressive { Some(codes(tables.ac(selected.ac))?) } else { None },
                runs: if frame.progressive { None } else { Some(runs(tables.ac(selected.ac))?) },
                across: if alone { 1 } else { u32::from(component.across) },
                down: if alone { 1 } else { u32::from(component.down) },
                stride: frame.units().0 * u32::from(component.across),
                before: 0,
            };
            readers.push(reader);
        }
        let units =
            if alone { frame.blocks(&frame.components[scan.selected[0].component]) } else { frame.units() };
        let (first, last) = (u32::from(scan.first), u32::from(scan.last));
        let interval = u32::from(tables.restart);
        Some(Self { jpeg, readers, kind, first, last, now: scan.now, units, interval, eob_run: 0 })
    }

    /// Units of the whole scan.
    fn total(&self) -> u32 {
        self.units.0 * self.units.1
    }

    /// How many intervals the scan has.
    pub(super) fn intervals(&self) -> usize {
        if self.interval == 0 { 1 } else { self.total().div_ceil(self.interval) as usize }
    }

    /// Whether one interval can be followed without those before it.
    pub(super) fn is_independent(&self) -> bool {
        self.kind == Kind::Sequential
    }

    /// Where the last block of an interval ends. `None` where it does not hold all its blocks.
    pub(super) fn end(&mut self, number: usize, interval: &Interval, history: &mut History) -> Option<usize> {
        let length = if self.interval == 0 { self.total() } else { self.interval };
        let from = u32::try_from(number).ok()?.checked_mul(length)?;
        let to = from.checked_add(length)?.min(self.total());
        self.eob_run = 0;
        self.readers.iter_mut().for_each(|reader| reader.before = 0);
        let mut bits = Bits::new(&self.jpeg[interval.data.clone()]);
        self.units(&mut bits, from..to, history).ok()?;
        Some(interval.data.start + bits.end())
    }

    fn units(&mut self, bits: &mut Bits<'_>, units: Range<u32>, history: &mut History) -> Result<(), Short> {
        for unit in units {
            let (row, column) = (unit / self.units.0, unit % self.units.0);
            for at in 0..self.readers.len() {
                let (across, down) = (self.readers[at].across, self.readers[at].down);
                for block in 0..across * down {
                    let (down_at, across_at) =
                        (row * down + block / across, column * across + block % across);
                    let place = (down_at * self.readers[at].stride + across_at) as usize;
                    if self.kind == Kind::Sequential {
                        self.readers[at].sequential(bits, place, history)?;
                    } else {
                        self.progressive(bits, at, place, history)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn progressive(
        &mut self,
        bits: &mut Bits<'_>,
        reader: usize,
        place: usize,
        history: &mut History,
    ) -> Result<(), Short> {
        let reader = &mut self.readers[reader];
        match self.kind {
            Kind::DcFirst => {
                let value = reader.dc(bits)?;
                history.draw(reader.component, place, |drawn| *drawn = value << self.now)
            }
            Kind::DcRefined => {
                let bit = bits.number(1)?.cast_signed();
                history.draw(reader.component, place, |drawn| *drawn |= bit << self.now)
            }
            Kind::Sequential | Kind::AcFirst | Kind::AcRefined => {
                let block =
                    history.nonzero.get_mut(reader.component).and_then(|blocks| blocks.get_mut(place));
                let block = block.ok_or(Short)?;
                let ac = reader.ac.as_ref().ok_or(Short)?;
                let band = self.first..self.last + 1;
                if self.kind == Kind::AcRefined {
                    refine(bits, ac, band, block, &mut self.eob_run)
                } else {
                    first_time(bits, ac, band, block, &mut self.eob_run)
                }
            }
        }
    }
}

impl Reader {
    /// The next block's DC coefficient.
    #[inline]
    fn dc(&mut self, bits: &mut Bits<'_>) -> Result<i32, Short> {
        let dc = self.dc.as_ref().ok_or(Short)?;
        self.before = self.before.wrapping_add(bits.difference(dc)?);
        Ok(self.before)
    }

    #[inline]
    fn sequential(&mut self, bits: &mut Bits<'_>, place: usize, history: &mut History) -> Result<(), Short> {
        let value = self.dc(bits)?;
        history.draw(self.component, place, |drawn| *drawn = value)?;
        bits.rest_of_block(self.runs.as_ref().ok_or(Short)?)
    }
}

impl History {
    /// For all blocks of one component of a progressive frame.
    pub(super) fn make(&mut self, frame: &Frame, component: usize) {
        self.nonzero.resize(frame.components.len(), Vec::new());
        if self.nonzero[component].is_empty() {
            self.nonzero[component] = vec![0; frame.all_blocks(component)];
        }
    }

    /// Draws all blocks of one component from here on.
    pub(super) fn begin_drawing(&mut self, frame: &Frame, component: usize) {
        self.drawn.resize(frame.components.len(), Zeroizing::default());
        if self.drawn[component].is_empty() {
            self.drawn[component] = vec![0; frame.all_blocks(component)].into();
        }
    }

    /// The DC coefficients of each component that was drawn.
    pub(super) fn drawn(self) -> Vec<Zeroizing<Vec<i16>>> {
        self.drawn
    }

    /// Draws one block, where its component is drawn.
    #[inline]
    fn draw(&mut self, component: usize, place: usize, change: impl FnOnce(&mut i32)) -> Result<(), Short> {
        let Some(drawn) = self.drawn.get_mut(component).filter(|drawn| !drawn.is_empty()) else {
            return Ok(());
        };
        let drawn = drawn.get_mut(place).ok_or(Short)?;
        let mut value = i32::from(*drawn);
        change(&mut value);
        // A sample of 8 bits has no larger coefficient.
        *drawn = i16::try_from(value).map_err(|_| Short)?;
        Ok(())
    }
}

/// The length of a run of blocks that end here.
fn run(bits: &mut Bits<'_>, size: u8) -> Result<u32, Short> {
    Ok((1 << size) + bits.number(u32::from(size))?)
}

/// G.1.2.2: the first scan of a band.
fn first_time(
    bits: &mut Bits<'_>,
    ac: &Codes,
    band: Range<u32>,
    block: &mut u64,
    eob_run: &mut u32,
) -> Result<(), Short> {
    if *eob_run > 0 {
        *eob_run -= 1;
        return Ok(());
    }
    let mut at = band.start;
    while at < band.end {
        let symbol = bits.symbol(ac, |symbol| u32::from(symbol & 15))?;
        match (symbol >> 4, symbol & 15) {
            (15, 0) => at += 16,
            (size, 0) => {
                *eob_run = run(bits, size)? - 1;
                return Ok(());
            }
            (zeros, _) => {
                at += u32::from(zeros);
                *block |= 1_u64.checked_shl(at).unwrap_or(0);
                at += 1;
            }
        }
    }
    Ok(())
}

/// G.1.2.3: a later scan of a band.
fn refine(
    bits: &mut Bits<'_>,
    ac: &Codes,
    band: Range<u32>,
    block: &mut u64,
    eob_run: &mut u32,
) -> Result<(), Short> {
    let mut at = band.start;
    while *eob_run == 0 && at < band.end {
        let symbol = bits.symbol(ac, |_| 0)?;
        let (mut zeros, size) = (symbol >> 4, symbol & 15);
        if size != 0 {
            bits.number(1)?;
        } else if zeros != 15 {
            *eob_run = run(bits, zeros)?;
            break;
        }
        while at < band.end {
            if *block >> at & 1 == 1 {
                bits.number(1)?;
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            at += 1;
        }
        if size != 0 && at < 64 {
            *block |= 1 << at;
        }
        at += 1;
    }
    if *eob_run > 0 {
        for at in at..band.end {
            if *block >> at & 1 == 1 {
                bits.number(1)?;
            }
        }
        *eob_run -= 1;
    }
    Ok(())
}
