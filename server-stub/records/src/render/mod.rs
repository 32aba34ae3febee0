//! Renderings: what a person sees of a photo, made anew for each view.
//!
//! Always: pixels leave here marked, or whole by the line of a view without a mark ([`Marked`] and [`Bare`] alone can be encoded, and
//! that line alone makes a [`Bare`]); the picture itself is never drawn over, the visible line stands in a band below it; it is
//! upright, and its colour profile goes along as it came; what was decoded lies in memory that wipes itself. No I/O, no clock, and
//! nothing about who may see it but that line.

mod band;
mod decode;
mod encode;
mod foreign;
mod plane;
mod size;

pub(crate) use band::{Band, written};
pub(crate) use decode::decode;
pub(crate) use encode::Area;
pub(crate) use foreign::compared;
pub(crate) use plane::{Bare, Marked, Unmarked};
pub(crate) use size::{Shrink, Wanted};

/// Which key the marks are made with: it rises when the tenant changes it.
pub const MARK_EPOCH: u32 = 1;

/// Why there is no rendering. The photo itself is untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The picture cannot be decoded.
    #[error("the picture cannot be decoded")]
    Decode,
    /// It is of a kind that the decoder does not know, or larger than there is room for.
    #[error("the picture is of a kind that cannot be shown here")]
    Kind,
    /// The view's number does not fit into a mark.
    #[error("the view's number does not fit into the mark")]
    Event,
    /// It could not be encoded.
    #[error("the rendering could not be encoded")]
    Encode,
}

impl RenderError {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Decode => "picture_damaged",
            Self::Kind => "picture_kind",
            Self::Event => "view_number",
            Self::Encode => "not_encoded",
        }
    }
}

#[cfg(test)]
mod tests;
