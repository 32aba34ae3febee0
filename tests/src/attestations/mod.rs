//! Attestations of phones that do not exist, under roots of our own: what Android and Apple would write, field by
//! field, so that each field can be wrong.
//!
//! Always: a [`Maker`] stands for one vendor with its root; what it makes is right unless it was told otherwise.

mod android;
mod apple;
pub mod der;

pub use android::{Forgery, KeyDescription, Maker, Names, PhoneKey, public};
pub use apple::AppleMaker;
