//! Eight-bit luma as rows in somebody else's memory.

/// Why memory is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaneError {
    /// One of the edges is 0 or longer than 65,535 pixels.
    #[error("a picture has edges of 1 to 65535 pixels")]
    Edges,
    /// There are fewer or more bytes than width times height.
    #[error("the luma has another number of bytes than width times height")]
    Length,
}

/// Luma (Y of YCbCr, full range), one byte a pixel, rows from the top without gaps.
#[derive(Clone, Copy)]
pub struct Luma<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Luma<'a> {
    /// # Errors
    /// Where edges and length do not agree.
    pub fn new(width: usize, height: usize, bytes: &'a [u8]) -> Result<Self, PlaneError> {
        measured(width, height, bytes.len()).map(|()| Self { width, height, bytes })
    }

    /// Half as wide and high, and its bytes.
    pub(crate) fn halved(&self) -> (usize, usize, Vec<u8>) {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut bytes = Vec::with_capacity(width * height);
        for pair in self.bytes.chunks_exact(2 * self.width).take(height) {
            let (upper, lower) = pair.split_at(self.width);
            bytes.extend(upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(upper, lower)| {
                let sum: u16 = upper.iter().chain(lower).map(|value| u16::from(*value)).sum();
                #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
                let mean = ((sum + 2) / 4) as u8;
                mean
            }));
        }
        (width, height, bytes)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &'a [u8]> {
        self.bytes.chunks_exact(self.width)
    }
}

/// Luma that is written to: as [`Luma`].
pub struct LumaMut<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) bytes: &'a mut [u8],
}

impl<'a> LumaMut<'a> {
    /// # Errors
    /// Where edges and length do not agree.
    pub fn new(width: usize, height: usize, bytes: &'a mut [u8]) -> Result<Self, PlaneError> {
        measured(width, height, bytes.len()).map(|()| Self { width, height, bytes })
    }

    pub(crate) fn as_luma(&self) -> Luma<'_> {
        Luma { width: self.width, height: self.height, bytes: self.bytes }
    }
}

fn measured(width: usize, height: usize, length: usize) -> Result<(), PlaneError> {
    let edge = 1..=usize::from(u16::MAX);
    if !edge.contains(&width) || !edge.contains(&height) {
        return Err(PlaneError::Edges);
    }
    if width * height == length { Ok(()) } else { Err(PlaneError::Length) }
}
