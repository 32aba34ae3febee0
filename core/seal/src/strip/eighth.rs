//! A picture at an eighth of its size: each block is the pixel that its first coefficient says (ITU-T T.81, A.3.3).
//!
//! What must hold: as for counting blocks, and what a decoder that scales would draw is drawn. Of most bits only the length
//! is looked at, and of a progressive picture most scans are passed over, so that it takes less time than any decoder does.

use zeroize::Zeroizing;

use super::frame::{Component, Frame};

/// A picture at an eighth of its size, rounded up. Its pixels are wiped on drop.
pub struct Eighth {
    /// Pixels across, as stored; orientation is not applied.
    pub width: u32,
    /// Pixels down, as stored.
    pub height: u32,
    /// Whether there are three bytes a pixel (Y, Cb, Cr as in JFIF), or one.
    pub coloured: bool,
    /// Row by row, without padding.
    pub pixels: Zeroizing<Vec<u8>>,
}

/// What was drawn of one component.
pub(super) struct Drawn {
    pub(super) coefficients: Zeroizing<Vec<i16>>,
    /// What each is to be multiplied with.
    pub(super) step: u16,
}

impl Eighth {
    /// `None` where the components are not those of a grey or an ordinary coloured picture.
    pub(super) fn of(frame: &Frame, drawn: &[Drawn], adobe: Option<u8>) -> Option<Self> {
        let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        let coloured = match ids.as_slice() {
            [_] => false,
            // With other names, and with Adobe's other transforms, decoders do not agree on what they are.
            [0, 1, 2] | [1, 2, 3] if matches!(adobe, None | Some(1)) => true,
            _ => return None,
        };
        let [width, height] = [frame.width, frame.height].map(|side| u32::from(side).div_ceil(8));
        let mut pixels = Zeroizing::new(vec![0; width as usize * height as usize * ids.len()]);
        for (channel, (component, drawn)) in frame.components.iter().zip(drawn).enumerate() {
            let plane = Plane::new(frame, component, drawn);
            plane.spread(&mut pixels, (channel, ids.len()), (width, height));
        }
        Some(Self { width, height, coloured, pixels })
    }
}

/// The samples of one component.
struct Plane {
    samples: Zeroizing<Vec<u8>>,
    stride: usize,
    across: Fit,
    down: Fit,
}

/// How a component lies on the picture, in one direction.
#[derive(Clone, Copy)]
struct Fit {
    /// Samples of it, and pixels, that span the same.
    own: u32,
    most: u32,
    held: u32,
}

/// Between which two samples a pixel lies, and how much of 256 parts the second has.
struct Between {
    one: usize,
    other: usize,
    share: u32,
}

impl Plane {
    fn new(frame: &Frame, component: &Component, drawn: &Drawn) -> Self {
        let step = i32::from(drawn.step);
        let sample = |&coefficient: &i16| {
            let mean = ((i32::from(coefficient) * step + 4) >> 3) + 128;
            u8::try_from(mean.clamp(0, 255)).unwrap_or_default()
        };
        let most = frame.most();
        let held = frame.blocks(component);
        Self {
            samples: Zeroizing::new(drawn.coefficients.iter().map(sample).collect()),
            stride: (frame.units().0 * u32::from(component.across)) as usize,
            across: Fit { own: component.across.into(), most: most.0, held: held.0 },
            down: Fit { own: component.down.into(), most: most.1, held: held.1 },
        }
    }

    /// Lays it on the picture, as one channel of several.
    fn spread(&self, pixels: &mut [u8], (channel, channels): (usize, usize), (width, height): (u32, u32)) {
        let columns = self.across.places(width);
        let rows = pixels.chunks_exact_mut(width as usize * channels);
        for (row, at) in rows.zip(self.down.places(height)) {
            let [one, other] = [at.one, at.other].map(|row| &self.samples[row * self.stride..]);
            for (pixel, column) in row.iter_mut().skip(channel).step_by(channels).zip(&columns) {
                let [one, other] =
                    [one, other].map(|row| column.mix([row[column.one], row[column.other]].map(u32::from)));
                // Both are 256 times as large, and so is what they are mixed to.
                *pixel = u8::try_from((at.mix([one, other]) + (1 << 15)) >> 16).unwrap_or(u8::MAX);
            }
        }
    }
}

impl Fit {
    /// Where each of so many pixels lies: by its middle.
    fn places(self, pixels: u32) -> Vec<Between> {
        let whole = 2 * self.most;
        let place = |pixel: u32| {
            let at = ((2 * pixel + 1) * self.own).saturating_sub(self.most);
            let last = self.held.saturating_sub(1);
            let [one, other] = [at / whole, at / whole + 1].map(|sample| sample.min(last) as usize);
            Between { one, other, share: at % whole * 256 / whole }
        };
        (0..pixels).map(place).collect()
    }
}

impl Between {
    #[inline]
    fn mix(&self, [one, other]: [u32; 2]) -> u32 {
        one * (256 - self.share) + other * self.share
    }
}
