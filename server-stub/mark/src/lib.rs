//! The invisible mark: writes into the luma of a rendering whose view it was, and finds it again in a copy.
//!
//! A photo that a person sees can be photographed off the screen. The mark makes such a copy name the view that it came from:
//! a 40-bit event number of the access log, and a 24-bit check that only the tenant's key can make.
//!
//! What must always hold: nothing is named unless the keyed check agrees; masters are never marked (the caller hands in a
//! rendering); chroma is not touched; the same key, event and picture give the same bytes.
//!
//! How: a periodic, band-limited, keyed pattern is added to the luma, scaled to the picture's local activity (spread spectrum:
//! Cox et al. 1997; tiled: Honsinger and Kutter). Its scale follows the rendering's long edge, which counts as 2048 units. A
//! quarter of its frequencies is constant for a key and finds scale, rotation and position; the others carry the number in a
//! convolutional code, and a sequence that belongs to this event alone.
//!
//! `find` knows the key alone; [`Original`] also the picture that was marked, and what may have been written into it.
//!
//! No I/O, no clock, no randomness of its own.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod code;
mod comb;
mod embed;
mod field;
mod find;
mod finding;
mod gain;
mod informed;
mod key;
mod pattern;
mod place;
mod plane;
mod register;
mod spectrum;
mod spread;
mod verdict;

pub use embed::{Strength, embed};
pub use find::{Search, find};
pub use finding::Finding;
pub use informed::Original;
pub use key::{EVENT_BITS, Event, MarkKey};
pub use plane::{Luma, LumaMut, PlaneError};
pub use verdict::{Grounds, Verdict};
