//! The data of scans: where they end, and what stands in them behind the last block.
//!
//! What must hold: what a decoder reads is kept, byte for byte; where the blocks cannot be followed, all is kept.

use std::ops::Range;

use memchr::memchr_iter;

use super::blocks::{Counter, History, Interval};
use super::eighth::Drawn;
use super::frame::{Frame, Scan};
use super::tables::Tables;

/// Data that are always followed, in bytes: a millisecond of a phone's time or two.
const ALWAYS: usize = 256 * 1024;

/// So many scans of a sequential picture are followed: cameras make one, and each component stands in one (T.81, A.2).
const FOLLOWED: usize = 64;

/// How far the data of scans are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Thoroughness {
    /// What costs a capture next to nothing: small pictures, and the last interval of pictures with restarts.
    Quick,
    /// Every block.
    Full,
    /// Every block's first coefficient, which is drawn.
    Drawn,
}

/// What was found of one scan.
pub(super) struct Counted {
    /// The data that are kept, in order.
    pub(super) kept: Vec<Range<usize>>,
    /// Whether something was not kept.
    pub(super) cut: bool,
    /// Whether all blocks were seen.
    pub(super) complete: bool,
}

/// How far the picture has come.
#[derive(Default)]
pub(super) struct Progress {
    began: bool,
    /// For each component and coefficient, the bit positions that are still to come, plus one; 0 before its first scan.
    known: Vec<[u8; 64]>,
    history: History,
    /// A scan could not be followed: later refinements cannot be either.
    lost: bool,
    /// Scans of a sequential picture that were followed.
    followed: usize,
    /// What the first coefficients of components that are drawn are multiplied with.
    steps: Vec<Option<u16>>,
}

impl Progress {
    /// Whether there was a scan.
    pub(super) fn began(&self) -> bool {
        self.began
    }

    /// Whether every block is there to the last bit.
    pub(super) fn is_whole(&self, frame: &Frame) -> bool {
        let last = if frame.progressive { 64 } else { 1 };
        self.known.len() == frame.components.len()
            && self.known.iter().all(|known| known[..last].iter().all(|&left| left == 1))
    }

    /// Takes one scan's data in.
    pub(super) fn take(
        &mut self,
        jpeg: &[u8],
        frame: &Frame,
        scan: &Scan,
        tables: &Tables,
        data: &Range<usize>,
        thoroughness: Thoroughness,
    ) -> Counted {
        self.began = true;
        self.known.resize(frame.components.len(), [0; 64]);
        let everything = Counted { kept: vec![data.clone()], cut: false, complete: false };
        if thoroughness == Thoroughness::Drawn {
            if frame.progressive && scan.first > 0 {
                return everything;
            }
            self.begin_drawing(jpeg, frame, scan, tables);
        }
        let counted = self.count(jpeg, frame, scan, tables, data, thoroughness);
        if counted.as_ref().is_none_or(|counted| !counted.complete) {
            self.lost |= frame.progressive;
        } else {
            self.note(scan, frame);
        }
        counted.unwrap_or(everything)
    }

    /// The quantisation of a component's first scan counts.
    fn begin_drawing(&mut self, jpeg: &[u8], frame: &Frame, scan: &Scan, tables: &Tables) {
        self.steps.resize(frame.components.len(), None);
        for selected in &scan.selected {
            let step = tables.first_step(jpeg, frame.components[selected.component].quantisation);
            self.steps[selected.component] = self.steps[selected.component].or(step);
            self.history.begin_drawing(frame, selected.component);
        }
    }

    /// What was drawn of each component, where all of it was.
    pub(super) fn drawn(self) -> Option<Vec<Drawn>> {
        if !self.known.iter().all(|known| known[0] == 1) {
            return None;
        }
        let drawn = self.history.drawn().into_iter().zip(self.steps);
        drawn.map(|(coefficients, step)| Some(Drawn { coefficients, step: step? })).collect()
    }

    fn count(
        &mut self,
        jpeg: &[u8],
        frame: &Frame,
        scan: &Scan,
        tables: &Tables,
        data: &Range<usize>,
        thoroughness: Thoroughness,
    ) -> Option<Counted> {
        if !frame.progressive {
            self.followed += 1;
        }
        let follows = !self.lost && self.followed <= FOLLOWED;
        let mut counter = follows.then(|| Counter::new(jpeg, frame, scan, tables)).flatten()?;
        if frame.progressive && scan.first > 0 {
            // Its DC scan has spent a bit on each block: memory stays in proportion to the data.
            let component = scan.selected.first()?.component;
            self.known[component].first().filter(|&&left| left > 0)?;
            self.history.make(frame, component);
        }
        let intervals = intervals(jpeg, data, tables.restart != 0);
        if thoroughness == Thoroughness::Quick && data.len() > ALWAYS {
            let last = counter.intervals().checked_sub(1).filter(|_| tables.restart != 0)?;
            if !counter.is_independent() {
                return None;
            }
            let counted = follow(&mut counter, &intervals, last, data, &mut self.history)?;
            // Stripped again, the picture would be followed whole if the rest is small: so it is now.
            if counted.kept.iter().map(Range::len).sum::<usize>() > ALWAYS {
                return Some(Counted { complete: false, ..counted });
            }
        }
        follow(&mut counter, &intervals, 0, data, &mut self.history)
    }

    fn note(&mut self, scan: &Scan, frame: &Frame) {
        let band = if frame.progressive { scan.first..=scan.last.min(63) } else { 0..=0 };
        let left = if frame.progressive { scan.now + 1 } else { 1 };
        for selected in &scan.selected {
            for at in band.clone() {
                let known = &mut self.known[selected.component][usize::from(at)];
                // What refines bits that never came shows nothing (T.81, G.1.1.1.2).
                if !frame.progressive || scan.before == 0 || *known == scan.before + 1 {
                    *known = left;
                }
            }
        }
    }
}

/// Follows the intervals from `first` on. `None` where one lacks blocks, or itself.
fn follow(
    counter: &mut Counter<'_>,
    intervals: &[Interval],
    first: usize,
    data: &Range<usize>,
    history: &mut History,
) -> Option<Counted> {
    let last = counter.intervals().checked_sub(1)?;
    let mut kept = Vec::new();
    let mut from = data.start;
    let mut cut = false;
    for number in first..=last {
        let interval = intervals.get(number)?;
        let end = counter.end(number, interval, history)?;
        if number == last {
            kept.push(from..end);
            cut |= end < data.end;
        } else if end < interval.data.end {
            kept.push(from..end);
            from = interval.data.end;
            cut = true;
        }
    }
    Some(Counted { kept, cut, complete: true })
}

/// The data between restart markers; without restarts, what stands before the first of them.
fn intervals(jpeg: &[u8], data: &Range<usize>, restarts: bool) -> Vec<Interval> {
    let mut intervals = Vec::new();
    let mut from = data.start;
    for found in memchr_iter(0xFF, &jpeg[data.clone()]) {
        let at = data.start + found;
        if matches!(jpeg.get(at + 1), Some(0xD0..=0xD7)) {
            intervals.push(Interval { data: from..at });
            from = at + 2;
            if !restarts {
                return intervals;
            }
        }
    }
    intervals.push(Interval { data: from..data.end });
    intervals
}

/// Where entropy-coded data end: at a marker that does not belong to them, or with the file.
pub(super) fn data_end(jpeg: &[u8], from: usize) -> usize {
    let rest = &jpeg[from..];
    // Where fill bytes before a marker begin.
    let mut fill: Option<usize> = None;
    for found in memchr_iter(0xFF, rest) {
        let first = fill.take().unwrap_or(found);
        match rest.get(found + 1) {
            None => return from + first,
            Some(0xFF) => fill = Some(first),
            // A stuffed byte or a restart: still inside.
            Some(0x00 | 0xD0..=0xD7) => {}
            Some(_) => return from + first,
        }
    }
    jpeg.len()
}
