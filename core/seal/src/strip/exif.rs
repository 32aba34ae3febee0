//! The one thing read from EXIF, and the one segment written: orientation.
//!
//! What must hold: hostile offsets lead nowhere; nothing is followed but the first directory; what is written
//! holds one tag and nothing else.

/// What an EXIF segment says that matters.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) orientation: u8,
    pub(super) has_gps: bool,
}

/// Bytes of the segment that is written.
pub(super) const LENGTH: usize = 36;

const ORIENTATION: u16 = 0x0112;
const GPS_DIRECTORY: u16 = 0x8825;

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

struct Tiff<'a> {
    bytes: &'a [u8],
    order: Order,
}

impl Tiff<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk::<2>()?;
        Some(match self.order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk::<4>()?;
        Some(match self.order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }

    /// The value of a directory entry that holds one whole number, whichever width and sign its writer chose: negative
    /// ones come out as large ones, which no orientation is.
    fn number(&self, entry: usize) -> Option<u32> {
        let (kind, count) = (self.u16(entry + 2)?, self.u32(entry + 4)?);
        match (kind, count) {
            (1 | 6, 1) => self.bytes.get(entry + 8).copied().map(u32::from),
            (3 | 8, 1) => self.u16(entry + 8).map(u32::from),
            (4 | 9, 1) => self.u32(entry + 8),
            _ => None,
        }
    }
}

/// Reads the payload of an APP1 segment that begins `Exif\0`. `None` when its first directory is unreachable.
pub(super) fn read(payload: &[u8]) -> Option<Found> {
    // Six bytes of name; some writers put something other than zero in the last.
    let bytes = payload.get(6..)?;
    let order = match bytes.get(..4)? {
        b"II*\0" => Order::Little,
        b"MM\0*" => Order::Big,
        _ => return None,
    };
    let tiff = Tiff { bytes, order };
    let directory = usize::try_from(tiff.u32(4)?).ok()?;
    if directory >= bytes.len() {
        return None;
    }
    let count = usize::from(tiff.u16(directory)?);
    let mut orientation = None;
    let mut has_gps = false;
    for index in 0..count {
        let entry = directory + 2 + 12 * index;
        // A directory that runs past the end is read as far as it goes.
        let Some(tag) = tiff.u16(entry) else { break };
        if tag == ORIENTATION && orientation.is_none() {
            orientation = tiff.number(entry).and_then(|value| u8::try_from(value).ok());
        }
        has_gps |= tag == GPS_DIRECTORY;
    }
    let orientation = orientation.filter(|value| (1..=8).contains(value)).unwrap_or(1);
    Some(Found { orientation, has_gps })
}

/// An APP1 segment of EXIF, marker and all, that holds the orientation (1 to 8) and nothing else.
pub fn orientation_segment(orientation: u8) -> [u8; LENGTH] {
    let mut segment = *b"\xFF\xE1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    segment[29] = orientation;
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_fills_its_length() {
        for orientation in 2..=8 {
            let segment = orientation_segment(orientation);
            assert_eq!(usize::from(u16::from_be_bytes([segment[2], segment[3]])), LENGTH - 2);
            let found = read(&segment[4..]).unwrap();
            assert_eq!((found.orientation, found.has_gps), (orientation, false));
        }
    }

    #[test]
    fn hostile_offsets_lead_nowhere() {
        for offset in [0_u32, 1, 7, 8, 9, 26, 27, 0x7FFF_FFFF, u32::MAX - 1, u32::MAX] {
            let mut segment = orientation_segment(6);
            segment[14..18].copy_from_slice(&offset.to_be_bytes());
            let _ = read(&segment[4..]);
        }
        for length in 0..LENGTH - 4 {
            let _ = read(&orientation_segment(6)[4..4 + length]);
        }
    }
}
