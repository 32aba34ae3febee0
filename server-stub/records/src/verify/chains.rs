//! The chains of all phones, rebuilt in memory from the signed bodies.

use std::collections::{BTreeMap, HashMap};

use gauze_wire::{CaptureId, Carried, DeviceId, Digest};

use super::Gap;
use crate::chain::{Neighbours, is_broken};

struct Known {
    hash: Digest,
    prev: Option<Digest>,
    capture_id: CaptureId,
}

/// Bodies by phone, place, and whether the phone itself signed it.
#[derive(Default)]
pub(super) struct Chains {
    bodies: BTreeMap<(DeviceId, u64, bool), Known>,
    captures: HashMap<(DeviceId, CaptureId), Vec<(u64, bool)>>,
}

impl Chains {
    fn place(&self, device: &DeviceId, seq: u64, own: bool) -> Option<&Known> {
        let at = |own| self.bodies.get(&(device.clone(), seq, own));
        at(true).or_else(|| if own { None } else { at(false) })
    }

    /// Whether the body contradicts what came before it in the log.
    pub(super) fn is_broken(&self, carried: &Carried, own: bool) -> bool {
        let body = &carried.body;
        let device = &body.device_id;
        let followed =
            body.follows.as_ref().and_then(|follows| self.place(&follows.device_id, follows.seq, false));
        let captures = self.captures.get(&(device.clone(), body.capture_id)).map_or(&[][..], Vec::as_slice);
        let elsewhere = captures.iter().find(|(seq, by_own)| *seq != body.seq && *by_own >= own);
        let known = Neighbours {
            same: self.place(device, body.seq, own).map(|at| at.hash),
            previous: self.place(device, body.seq - 1, own).map(|at| at.hash),
            next_prev: body
                .seq
                .checked_add(1)
                .and_then(|seq| self.place(device, seq, own))
                .and_then(|at| at.prev),
            same_capture: elsewhere.and_then(|(seq, own)| self.place(device, *seq, *own)).map(|at| at.hash),
            followed: followed.map(|at| at.hash),
        };
        is_broken(carried, &known)
    }

    /// Gives the body its place.
    pub(super) fn add(&mut self, carried: &Carried, own: bool) {
        let body = &carried.body;
        let known = Known { hash: carried.hash, prev: body.prev, capture_id: body.capture_id };
        self.captures.entry((body.device_id.clone(), known.capture_id)).or_default().push((body.seq, own));
        self.bodies.entry((body.device_id.clone(), body.seq, own)).or_insert(known);
    }

    /// Places below the highest known one of each phone that nothing holds.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut last: Option<(&DeviceId, u64)> = None;
        for (device, seq, _) in self.bodies.keys() {
            let before = match last {
                Some((known, seq)) if known == device => seq,
                Some(_) | None => 0,
            };
            if seq - before > 1 {
                gaps.push(Gap { device_id: device.clone(), first: before + 1, last: seq - 1 });
            }
            last = Some((device, *seq));
        }
        gaps
    }
}
