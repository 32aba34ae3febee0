//! Pixels of a picture, at a fraction of its size where that is enough, within bounds of memory and time.

use jpeg_decoder::{CodingProcess, Decoder, ImageInfo};

/// Pixels in memory at once, in bytes.
const DECODED: usize = 256 << 20;
/// A progressive picture is whole in memory before it is scaled: 16-bit coefficients of all components.
const COEFFICIENTS: u64 = 128 << 20;
/// Cameras and editors make some ten; each goes over all coefficients again.
const SCANS: usize = 100;

/// A picture's pixels.
pub(super) struct Decoded {
    /// Row by row, without padding, in the form that `info` says.
    pub(super) pixels: Vec<u8>,
    /// What they are, at the size that was decoded.
    pub(super) info: ImageInfo,
    /// The colour profile.
    pub(super) icc: Option<Vec<u8>>,
}

/// No decoder made pixels of it, or it would take too much memory or time.
#[derive(Debug)]
pub(super) struct NotDecoded;

/// Decodes at the smallest of 1/8, 1/4, 1/2 and the whole size that is no smaller than `at_least` (width, height in
/// pixels), by DCT scaling.
pub(super) fn decode(jpeg: &[u8], at_least: (u16, u16)) -> Result<Decoded, NotDecoded> {
    let mut decoder = Decoder::new(jpeg);
    decoder.set_max_decoding_buffer_size(DECODED);
    decoder.read_info().map_err(|_| NotDecoded)?;
    let frame = decoder.info().ok_or(NotDecoded)?;
    if frame.coding_process == CodingProcess::DctProgressive && is_too_costly(&frame, jpeg) {
        return Err(NotDecoded);
    }
    decoder.scale(at_least.0, at_least.1).map_err(|_| NotDecoded)?;
    let pixels = decoder.decode().map_err(|_| NotDecoded)?;
    let info = decoder.info().ok_or(NotDecoded)?;
    Ok(Decoded { pixels, info, icc: decoder.icc_profile() })
}

fn is_too_costly(frame: &ImageInfo, jpeg: &[u8]) -> bool {
    let components = frame.pixel_format.pixel_bytes() as u64;
    let coefficients = u64::from(frame.width) * u64::from(frame.height) * components * 2;
    // Within entropy-coded data 0xFF is always followed by 0 or a restart marker.
    let scans = memchr::memmem::find_iter(jpeg, &[0xFF, 0xDA]).take(SCANS + 1).count();
    coefficients > COEFFICIENTS || scans > SCANS
}

#[cfg(test)]
mod tests {
    use jpeg_decoder::PixelFormat;

    use super::*;

    /// Grey all over: in each of its scans the first coefficient of every block is one bit.
    fn progressive(side: u16, scans: usize) -> Vec<u8> {
        let [high, low] = side.to_be_bytes();
        let blocks = usize::from(side).div_ceil(8).pow(2);
        let head = [0xFF_u8, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0];
        let scan = [&head[..], &vec![0; blocks.div_ceil(8)]].concat();
        let frame = [0xFF, 0xC2, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0];
        // One code, of one bit: as the block before.
        let codes = [&[0xFF_u8, 0xC4, 0, 20, 0, 1][..], &[0; 16]].concat();
        let steps = [&[0xFF_u8, 0xDB, 0, 67, 0][..], &[1; 64]].concat();
        [&[0xFF_u8, 0xD8][..], &steps, &frame, &codes, &scan.repeat(scans), &[0xFF, 0xD9]].concat()
    }

    #[test]
    fn a_progressive_picture_that_would_fill_the_memory_or_take_minutes_is_not_decoded() {
        let decodes = |side, scans| decode(&progressive(side, scans), (512, 512)).is_ok();
        assert!(decodes(1000, 1) && decodes(64, SCANS));
        assert!(!decodes(12_000, 1));
        assert!(!decodes(64, SCANS + 1));
    }

    #[test]
    fn what_phones_and_editors_make_is_not_too_costly() {
        let of = |side| ImageInfo {
            width: side,
            height: side,
            pixel_format: PixelFormat::RGB24,
            coding_process: CodingProcess::DctProgressive,
        };
        let scans = [0xFF, 0xDA].repeat(SCANS);
        assert!(!is_too_costly(&of(4000), &scans));
        assert!(is_too_costly(&of(u16::MAX), &scans));
    }
}
