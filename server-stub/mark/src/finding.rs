//! What is read without the original.

use crate::key::Event;

/// A mark that was read, and its check agreed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Whose view it was.
    pub event: Event,
    /// How far the place stood out from chance, in standard deviations of the other places.
    pub score: f32,
    /// Pixels for each unit.
    pub scale: f32,
    /// Rotation, clockwise.
    pub degrees: f32,
    /// The picture is mirrored.
    pub mirrored: bool,
}
