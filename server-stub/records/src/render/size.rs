//! How much smaller than the original.

/// A power of two by which both edges are divided: the levels of the zoom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Shrink(u8);

impl Shrink {
    /// The original's own pixels.
    pub(crate) const NONE: Self = Self(0);
    const MOST: u8 = 3;

    /// 0 to 3: full, half, a quarter, an eighth.
    pub(crate) fn new(exponent: u8) -> Option<Self> {
        (exponent <= Self::MOST).then_some(Self(exponent))
    }

    /// The exponent.
    pub(crate) fn exponent(self) -> u8 {
        self.0
    }

    /// An edge of the original at this size.
    pub(crate) fn of(self, edge: u16) -> u16 {
        edge.div_ceil(1 << self.0)
    }

    /// The finest at which a picture of so many bytes a pixel takes no more than `most`.
    pub(super) fn finest((width, height): (u16, u16), bytes_a_pixel: usize, most: usize) -> Self {
        let fits = |shrink: &Self| {
            usize::from(shrink.of(width)) * usize::from(shrink.of(height)) * bytes_a_pixel <= most
        };
        (0..Self::MOST).map(Self).find(fits).unwrap_or(Self(Self::MOST))
    }

    /// The smallest that still fills `screen` pixels with a long edge of `long`.
    pub(super) fn filling(long: u16, screen: u16) -> Self {
        let fills = |exponent: &u8| Self(*exponent).of(long) >= screen;
        Self((0..=Self::MOST).rev().find(fills).unwrap_or(0))
    }
}

/// Which size is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This level.
    Level(Shrink),
    /// What fills a screen whose longer edge has so many pixels.
    Screen(u16),
}

impl Wanted {
    /// The level, for a photo of this size.
    pub(crate) fn of(self, (width, height): (u16, u16)) -> Shrink {
        match self {
            Self::Level(shrink) => shrink,
            Self::Screen(edge) => Shrink::filling(width.max(height), edge),
        }
    }
}
