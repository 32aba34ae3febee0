//! A small picture for the review list, made from memory and never from or to a plaintext file.

use gauze_seal::strip::Stripped;
use zeroize::Zeroizing;

use super::small::Small;
use crate::store::StoreError;

const QUALITY: u8 = 80;

/// Why there is no preview. The photo itself is not touched by it.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// Local review is off, or has ended for this photo.
    #[error("this photo cannot be reviewed on this phone")]
    NotReviewable,
    /// The bytes are not those that were captured.
    #[error("these are not the bytes of that photo")]
    OtherPhoto,
    /// The phone is locked and no longer remembers the photo: unlock it.
    #[error("unlock the phone to make the preview")]
    Locked,
    /// The decoder did not manage it.
    #[error("the photo has no preview: its picture cannot be decoded")]
    Decoder,
    /// No random bytes to seal with.
    #[error("no random numbers: try again")]
    Entropy,
    /// The storage did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PreviewError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotReviewable => "review_off",
            Self::OtherPhoto => "other_photo",
            Self::Locked => "locked",
            Self::Decoder => "no_preview",
            Self::Entropy => "no_entropy",
            Self::Store(error) => error.code(),
        }
    }
}

/// Draws it small, turns it upright, encodes it. `photo` is what was kept of `jpeg`.
pub fn make_preview(jpeg: &[u8], photo: &Stripped<'_>) -> Result<Zeroizing<Vec<u8>>, PreviewError> {
    let mut small = Small::drawn(jpeg, photo).ok_or(PreviewError::Decoder)?;
    small.shrink();
    small.turn(photo.orientation());
    small.encode(QUALITY).ok_or(PreviewError::Decoder)
}

#[cfg(test)]
mod tests {
    use gauze_seal::strip::{orientation_segment, strip};
    use jpeg_decoder::Decoder;
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

    use super::*;

    /// What is red to the right and green to the bottom of a picture of so many pixels.
    fn colour((x, y): (u32, u32), (width, height): (u32, u32)) -> [u8; 3] {
        let part = |at: u32, side: u32| u8::try_from((2 * at + 1) * 120 / side).unwrap();
        [part(x, width), part(y, height), 60]
    }

    fn picture(size: (u16, u16), orientation: u8, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
        let (width, height) = (u32::from(size.0), u32::from(size.1));
        let pixels: Vec<u8> =
            (0..width * height).flat_map(|n| colour((n % width, n / width), (width, height))).collect();
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, 92);
        encoder.add_app_segment(1, orientation_segment(orientation)[4..].to_vec()).unwrap();
        set(&mut encoder);
        encoder.encode(&pixels, size.0, size.1, ColorType::Rgb).unwrap();
        out
    }

    /// The preview's size, and by how much it differs at most from what the picture shows upright.
    fn previewed(jpeg: &[u8]) -> ((u32, u32), u8) {
        let photo = strip(jpeg).unwrap();
        let preview = make_preview(jpeg, &photo).unwrap();
        let mut decoder = Decoder::new(preview.as_slice());
        let pixels = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        let (width, height) = (u32::from(info.width), u32::from(info.height));
        let mut most = 0;
        for (n, seen) in (0..).zip(pixels.chunks_exact(3)) {
            let (x, y) = (n % width, n / width);
            let expected = match photo.orientation() {
                // To be turned to the right.
                6 => colour((y, width - 1 - x), (height, width)),
                _ => colour((x, y), (width, height)),
            };
            most =
                seen.iter().zip(expected).map(|(seen, expected)| seen.abs_diff(expected)).fold(most, u8::max);
        }
        ((width, height), most)
    }

    #[test]
    fn a_large_picture_is_drawn_by_its_blocks_upright_and_in_its_colours() {
        let halved = picture((3200, 2400), 1, |encoder| encoder.set_sampling_factor(SamplingFactor::R_4_2_0));
        let progressive = picture((3200, 2400), 6, |encoder| encoder.set_progressive(true));
        let restarting = picture((4400, 1000), 1, |encoder| encoder.set_restart_interval(7));
        let vast = picture((6000, 4000), 1, |encoder| encoder.set_progressive(true));
        let begun_twice = [&halved[..2], &halved].concat();
        for (jpeg, size) in [
            (halved, (400, 300)),
            (begun_twice, (400, 300)),
            (progressive, (300, 400)),
            (restarting, (512, 116)),
            (vast, (512, 341)),
        ] {
            assert!(Small::from_blocks(&jpeg, &strip(&jpeg).unwrap()).is_some());
            let (seen, most) = previewed(&jpeg);
            assert_eq!(seen, size);
            assert!(most < 8, "{size:?}: {most}");
        }
    }

    #[test]
    fn a_small_picture_and_one_that_is_not_all_there_are_decoded() {
        let small = picture((1600, 1200), 1, |_| {});
        assert!(Small::from_blocks(&small, &strip(&small).unwrap()).is_none());
        let (size, most) = previewed(&small);
        assert_eq!(size, (512, 384));
        assert!(most < 8, "{most}");
        let large = picture((3200, 2400), 1, |_| {});
        let kept = strip(&large).unwrap();
        let cut = [&large[..large.len() / 2], &[0xFF, 0xD9]].concat();
        assert!(Small::from_blocks(&cut, &kept).is_none());
        assert!(make_preview(&cut, &kept).is_ok(), "the half that is there");
    }
}
