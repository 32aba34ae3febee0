//! From marked planes to a JPEG: all of it with its band, or one tile. Of planes without a mark all of it alone.

use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};

use super::RenderError;
use super::band::Band;
use super::plane::{Bare, Marked, Planes};

/// Of a whole view, and of a tile in which every pixel is looked at.
const VIEW: u8 = 88;
const TILE: u8 = 92;
const GREY: u8 = 128;

/// A part of a rendering, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    x: u16,
    y: u16,
    width: u16,
    height: u16,
}

impl Area {
    /// Edge of a tile in pixels.
    pub(crate) const TILE: u16 = 512;

    /// The tile in this column and row; nothing where the rendering has no such tile.
    pub(crate) fn tile(of: &Marked, column: u16, row: u16) -> Option<Self> {
        let cut = |at: u16, edge: u16| {
            let from = at.checked_mul(Self::TILE).filter(|from| *from < edge)?;
            Some((from, Self::TILE.min(edge - from)))
        };
        let ((x, width), (y, height)) = (cut(column, of.width())?, cut(row, of.height())?);
        Some(Self { x, y, width, height })
    }
}

impl Marked {
    /// The whole rendering with its band below.
    pub(crate) fn view(&self, band: &Band) -> Result<Vec<u8>, RenderError> {
        whole(&self.0, band)
    }

    /// One tile.
    pub(crate) fn tile(&self, area: Area) -> Result<Vec<u8>, RenderError> {
        jpeg(&Buffer { planes: &self.0, area, band: None }, TILE, SamplingFactor::F_1_1)
    }
}

impl Bare {
    /// All of it with its band below: it has no tiles.
    pub(crate) fn view(&self, band: &Band) -> Result<Vec<u8>, RenderError> {
        whole(self.planes(), band)
    }
}

fn whole(planes: &Planes, band: &Band) -> Result<Vec<u8>, RenderError> {
    let area = Area { x: 0, y: 0, width: planes.width, height: planes.height };
    jpeg(&Buffer { planes, area, band: Some(band) }, VIEW, SamplingFactor::F_2_2)
}

fn jpeg(buffer: &Buffer<'_>, quality: u8, sampling: SamplingFactor) -> Result<Vec<u8>, RenderError> {
    let mut out = Vec::with_capacity(buffer.planes.luma.len() / 4);
    let mut encoder = Encoder::new(&mut out, quality);
    encoder.set_sampling_factor(sampling);
    if let Some(icc) = &buffer.planes.icc {
        encoder.add_icc_profile(icc).map_err(|_| RenderError::Encode)?;
    }
    encoder.encode_image(buffer).map_err(|_| RenderError::Encode)?;
    Ok(out)
}

struct Buffer<'a> {
    planes: &'a Planes,
    area: Area,
    band: Option<&'a Band>,
}

impl ImageBuffer for &Buffer<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.planes.chroma.is_some() { JpegColorType::Ycbcr } else { JpegColorType::Luma }
    }

    fn width(&self) -> u16 {
        self.area.width
    }

    fn height(&self) -> u16 {
        self.area.height + self.band.map_or(0, Band::height)
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let width = usize::from(self.area.width);
        let [luma, blue, red, _] = buffers;
        if let (Some(line), Some(band)) = (y.checked_sub(self.area.height), self.band) {
            luma.extend_from_slice(band.row(line));
            if self.planes.chroma.is_some() {
                blue.resize(blue.len() + width, GREY);
                red.resize(red.len() + width, GREY);
            }
            return;
        }
        let from = usize::from(self.area.y + y) * usize::from(self.planes.width) + usize::from(self.area.x);
        let row = from..from + width;
        luma.extend_from_slice(&self.planes.luma[row.clone()]);
        if let Some([cb, cr]) = &self.planes.chroma {
            blue.extend_from_slice(&cb[row.clone()]);
            red.extend_from_slice(&cr[row]);
        }
    }
}
