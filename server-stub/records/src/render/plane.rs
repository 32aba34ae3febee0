//! Upright pixels as luma and two chroma planes.

use gauze_mark::{Event, Luma, LumaMut, MarkKey, Strength, embed};
use gauze_people::Logged;
use gauze_people::action::act;
use zeroize::Zeroizing;

use super::RenderError;
use super::size::Shrink;

/// Full-range YCbCr as JFIF has it, one byte a sample, no subsampling, rows from the top.
pub(super) struct Planes {
    pub(super) width: u16,
    pub(super) height: u16,
    /// Upright size of the photo itself, by how much this is smaller, and by how much the finest that is made of it.
    pub(super) whole: (u16, u16),
    pub(super) shrink: Shrink,
    pub(super) finest: Shrink,
    pub(super) luma: Zeroizing<Vec<u8>>,
    /// Cb and Cr; none where the picture is grey.
    pub(super) chroma: Option<[Zeroizing<Vec<u8>>; 2]>,
    /// The ICC profile as it came.
    pub(super) icc: Option<Vec<u8>>,
}

/// A decoded picture before it is marked: it cannot be shown.
pub(crate) struct Unmarked(pub(super) Planes);

/// A picture that says in its luma whose view it is.
pub(crate) struct Marked(pub(super) Planes);

/// A picture without a mark, by the line of a view that has none. Nothing but [`Unmarked::bare`] makes one.
pub(crate) struct Bare(Planes);

impl Unmarked {
    /// Upright size of the photo itself.
    pub(crate) fn whole(&self) -> (u16, u16) {
        self.0.whole
    }

    /// Its luma, to be compared and not shown.
    pub(crate) fn compared(&self) -> Result<Luma<'_>, RenderError> {
        let (width, height) = (usize::from(self.0.width), usize::from(self.0.height));
        Luma::new(width, height, &self.0.luma).map_err(|_| RenderError::Kind)
    }

    /// Marks it; the same key, strength and event give the same bytes.
    pub(crate) fn mark(self, key: &MarkKey, strength: Strength, view: u64) -> Result<Marked, RenderError> {
        let event = Event::new(view).ok_or(RenderError::Event)?;
        let mut planes = self.0;
        let (width, height) = (usize::from(planes.width), usize::from(planes.height));
        let mut luma = LumaMut::new(width, height, &mut planes.luma).map_err(|_| RenderError::Kind)?;
        embed(&mut luma, key, event, strength);
        Ok(Marked(planes))
    }

    /// Leaves it without a mark: the view that this line stands for, and no other.
    pub(crate) fn bare(self, _line: &Logged<act::ViewUnmarked>) -> Bare {
        Bare(self.0)
    }
}

impl Bare {
    /// Width in pixels.
    pub(crate) fn width(&self) -> u16 {
        self.0.width
    }

    pub(super) fn planes(&self) -> &Planes {
        &self.0
    }
}

impl Marked {
    /// Width in pixels.
    pub(crate) fn width(&self) -> u16 {
        self.0.width
    }

    /// Height in pixels.
    pub(crate) fn height(&self) -> u16 {
        self.0.height
    }

    /// Upright size of the photo itself.
    pub(crate) fn whole(&self) -> (u16, u16) {
        self.0.whole
    }

    /// By how much it is smaller.
    pub(crate) fn shrink(&self) -> Shrink {
        self.0.shrink
    }

    /// By how much the finest is smaller that is made of it.
    pub(crate) fn finest(&self) -> Shrink {
        self.0.finest
    }

    /// Bytes that it holds in memory.
    pub(crate) fn bytes(&self) -> usize {
        let chroma = self.0.chroma.as_ref().map_or(0, |[cb, cr]| cb.len() + cr.len());
        self.0.luma.len() + chroma
    }
}
