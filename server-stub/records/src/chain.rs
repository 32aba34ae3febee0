//! Whether a body fits the chain of the phone that took it. Pure.
//!
//! Always: a body that a phone signed itself is judged against its own signed bodies alone, so that nobody who
//! adopts a photo can push out the phone's own; two bodies never hold one place; a missing neighbour is a gap,
//! not a fault, because photos arrive in any order.

use gauze_wire::{Carried, Digest};

/// What is known of the places around a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Neighbours {
    /// Hash of a body that holds the same place.
    pub(crate) same: Option<Digest>,
    /// Hash of the body one place before.
    pub(crate) previous: Option<Digest>,
    /// What the body one place after names as its predecessor.
    pub(crate) next_prev: Option<Digest>,
    /// Hash of a body with the same capture id at another place.
    pub(crate) same_capture: Option<Digest>,
    /// Hash of the body that `follows` speaks of.
    pub(crate) followed: Option<Digest>,
}

/// Whether `carried` contradicts what is known.
pub(crate) fn is_broken(carried: &Carried, known: &Neighbours) -> bool {
    let differs = |known: &Option<Digest>, named: Option<Digest>| known.is_some() && *known != named;
    let body = &carried.body;
    let follows_head = body.follows.as_ref().and_then(|follows| follows.head);
    differs(&known.same, Some(carried.hash))
        || known.same_capture.is_some()
        || (body.seq > 1 && differs(&known.previous, body.prev))
        || differs(&known.next_prev, Some(carried.hash))
        || (body.follows.is_some() && differs(&known.followed, follows_head))
}
