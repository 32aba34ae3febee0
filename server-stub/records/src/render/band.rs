//! The visible line: who sees it, when and why, in a band outside the picture's own pixels.

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};
use unicode_normalization::UnicodeNormalization as _;

use super::RenderError;

/// Noto Sans, Latin letters alone (SIL Open Font License 1.1, `assets/noto-sans-OFL.txt`).
const FONT: &[u8] = include_bytes!("../../assets/noto-sans.ttf");
/// Black and white enough in daylight, and no brighter than a page.
const GROUND: u8 = 20;
const INK: u8 = 238;
/// The text is this share of the picture's width in height, within limits.
const SHARE: u16 = 48;
const SMALLEST: u16 = 12;
const LARGEST: u16 = 40;

/// A text in the letters that the font has, composed (NFC); nothing where it lacks one, which would be drawn as an empty box.
pub(crate) fn written(text: &str) -> Option<String> {
    let font = FontRef::try_from_slice(FONT).ok()?;
    let composed: String = text.nfc().collect();
    composed.chars().all(|letter| font.glyph_id(letter).0 != 0).then_some(composed)
}

/// A band as wide as its picture, in luma.
pub(crate) struct Band {
    width: usize,
    height: u16,
    luma: Vec<u8>,
}

impl Band {
    /// Draws `parts`, as [`written`] gives them, in lines as wide as the picture; none of them is cut while there is room for one
    /// word.
    pub(crate) fn draw(width: u16, parts: &[&str]) -> Result<Self, RenderError> {
        let font = FontRef::try_from_slice(FONT).map_err(|_| RenderError::Encode)?;
        let size = (width / SHARE).clamp(SMALLEST, LARGEST);
        let writer = Writer { font: &font, scale: PxScale::from(f32::from(size)) };
        let margin = f32::from(size) / 2.0;
        let lines = writer.wrap(parts, f32::from(width) - 2.0 * margin);
        let step = size + size / 4;
        let height = step * u16::try_from(lines.len()).map_err(|_| RenderError::Encode)? + size / 2;
        let mut band = Self {
            width: usize::from(width),
            height,
            luma: vec![GROUND; usize::from(width) * usize::from(height)],
        };
        let mut top = f32::from(size) / 4.0;
        for line in &lines {
            writer.write(&mut band, line, (margin, top));
            top += f32::from(step);
        }
        Ok(band)
    }

    pub(crate) fn height(&self) -> u16 {
        self.height
    }

    pub(super) fn row(&self, y: u16) -> &[u8] {
        let from = usize::from(y) * self.width;
        &self.luma[from..from + self.width]
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked against the band's edges"
    )]
    fn dot(&mut self, x: f32, y: f32, coverage: f32) {
        if x < 0.0 || y < 0.0 || x >= self.width as f32 || y >= f32::from(self.height) {
            return;
        }
        let at = y as usize * self.width + x as usize;
        let ink = f32::from(INK - GROUND) * coverage.clamp(0.0, 1.0);
        self.luma[at] = self.luma[at].max(GROUND + ink as u8);
    }
}

struct Writer<'a> {
    font: &'a FontRef<'a>,
    scale: PxScale,
}

impl Writer<'_> {
    fn length(&self, text: &str) -> f32 {
        let font = self.font.as_scaled(self.scale);
        text.chars().map(|letter| font.h_advance(font.glyph_id(letter))).sum()
    }

    /// Parts are kept whole where a line can hold them, else broken between words.
    fn wrap(&self, parts: &[&str], room: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for (part, text) in parts.iter().enumerate() {
            let whole = self.length(text) <= room;
            let words: Vec<&str> = if whole { vec![text] } else { text.split(' ').collect() };
            for (at, word) in words.into_iter().enumerate() {
                let joint = if part > 0 && at == 0 { "  ·  " } else { " " };
                let line = lines.last_mut().filter(|line| !line.is_empty());
                match line {
                    Some(line) if self.length(&format!("{line}{joint}{word}")) <= room => {
                        line.push_str(joint);
                        line.push_str(word);
                    }
                    Some(_) => lines.push(word.to_owned()),
                    None => lines = vec![word.to_owned()],
                }
            }
        }
        lines
    }

    fn write(&self, band: &mut Band, line: &str, (left, top): (f32, f32)) {
        let font = self.font.as_scaled(self.scale);
        let (mut x, y) = (left, top + font.ascent());
        for letter in line.chars() {
            let id = font.glyph_id(letter);
            if let Some(drawn) = self.font.outline_glyph(id.with_scale_and_position(self.scale, point(x, y)))
            {
                let bounds = drawn.px_bounds();
                drawn.draw(|dx, dy, coverage| {
                    band.dot(bounds.min.x + dx as f32, bounds.min.y + dy as f32, coverage);
                });
            }
            x += font.h_advance(id);
        }
    }
}
