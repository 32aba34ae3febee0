//! What a frame and its scans say: sizes, components, and which blocks a scan holds (ITU-T T.81, B.2.2, B.2.3, A.2).

use super::{MAX_PIXELS, MAX_SIDE, StripError, TooLarge, Unsupported};

/// A component of the picture.
#[derive(Clone, Copy)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors, 1 to 4.
    pub(super) across: u16,
    pub(super) down: u16,
    /// The slot of its quantisation table.
    pub(super) quantisation: u8,
}

/// A start of frame.
pub(super) struct Frame {
    /// Pixels across, as stored.
    pub(super) width: u16,
    /// Pixels down, as stored.
    pub(super) height: u16,
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
}

impl Frame {
    pub(super) fn read(payload: &[u8], progressive: bool) -> Result<Self, StripError> {
        let (fixed, components) = payload.split_first_chunk::<6>().ok_or(StripError::Malformed)?;
        let [precision, h0, h1, w0, w1, count] = *fixed;
        let height = u16::from_be_bytes([h0, h1]);
        let width = u16::from_be_bytes([w0, w1]);
        if count == 0 || width == 0 || components.len() != 3 * usize::from(count) {
            return Err(StripError::Malformed);
        }
        if count > 4 {
            return Err(StripError::Unsupported(Unsupported::Coding));
        }
        if precision != 8 {
            return Err(StripError::Unsupported(Unsupported::Precision));
        }
        if height == 0 {
            return Err(StripError::Unsupported(Unsupported::HeightMissing));
        }
        if width > MAX_SIDE || height > MAX_SIDE || u32::from(width) * u32::from(height) > MAX_PIXELS {
            return Err(StripError::TooLarge(TooLarge::Pixels));
        }
        let components = components.as_chunks::<3>().0.iter().map(|&[id, sampling, quantisation]| {
            let (across, down) = (u16::from(sampling >> 4), u16::from(sampling & 15));
            let fits = (1..=4).contains(&across) && (1..=4).contains(&down) && quantisation < 4;
            fits.then_some(Component { id, across, down, quantisation }).ok_or(StripError::Malformed)
        });
        let components = components.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { width, height, progressive, components })
    }

    pub(super) fn pixels(&self) -> u32 {
        u32::from(self.width) * u32::from(self.height)
    }

    /// The largest sampling factors, across and down.
    pub(super) fn most(&self) -> (u32, u32) {
        let most = |side: fn(&Component) -> u16| self.components.iter().map(side).max().unwrap_or(1).into();
        (most(|component| component.across), most(|component| component.down))
    }

    /// Units of an interleaved scan, across and down.
    pub(super) fn units(&self) -> (u32, u32) {
        let (across, down) = self.most();
        (u32::from(self.width).div_ceil(across * 8), u32::from(self.height).div_ceil(down * 8))
    }

    /// Blocks of one component, as far as interleaved scans go.
    pub(super) fn all_blocks(&self, component: usize) -> usize {
        let (across, down) = self.units();
        let Component { across: own, down: own_down, .. } = self.components[component];
        (across * u32::from(own) * down * u32::from(own_down)) as usize
    }

    /// Blocks of one component that a scan of it alone holds, across and down.
    pub(super) fn blocks(&self, component: &Component) -> (u32, u32) {
        let most = self.most();
        let part = |pixels: u16, own: u16, most: u32| {
            (u32::from(pixels) * u32::from(own)).div_ceil(most).div_ceil(8)
        };
        (part(self.width, component.across, most.0), part(self.height, component.down, most.1))
    }
}

/// One component's part in a scan.
#[derive(Clone, Copy)]
pub(super) struct Selected {
    /// Which of the frame's components.
    pub(super) component: usize,
    /// The slots of its Huffman tables.
    pub(super) dc: u8,
    pub(super) ac: u8,
}

/// The head of a scan.
pub(super) struct Scan {
    pub(super) selected: Vec<Selected>,
    /// The first and the last coefficient, in zigzag order.
    pub(super) first: u8,
    pub(super) last: u8,
    /// The bit positions before and now: approximation of a progressive picture.
    pub(super) before: u8,
    pub(super) now: u8,
}

impl Scan {
    pub(super) fn read(payload: &[u8], frame: &Frame) -> Result<Self, StripError> {
        let count = payload.first().map_or(0, |&count| usize::from(count));
        if !(1..=4).contains(&count) || payload.len() != 4 + 2 * count {
            return Err(StripError::Malformed);
        }
        let (selectors, rest) = payload[1..].split_at(2 * count);
        let selected = selectors.as_chunks::<2>().0.iter().map(|&[id, tables]| {
            let component = frame.components.iter().position(|component| component.id == id);
            let component = component.ok_or(StripError::Malformed)?;
            Ok(Selected { component, dc: tables >> 4, ac: tables & 15 })
        });
        let selected = selected.collect::<Result<Vec<_>, StripError>>()?;
        Ok(Self { selected, first: rest[0], last: rest[1], before: rest[2] >> 4, now: rest[2] & 15 })
    }

    /// Whether it reads the DC tables, and the AC tables.
    pub(super) fn reads(&self, frame: &Frame) -> (bool, bool) {
        if frame.progressive { (self.first == 0 && self.before == 0, self.first != 0) } else { (true, true) }
    }
}
