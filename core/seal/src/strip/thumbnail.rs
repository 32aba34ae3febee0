//! Where the picture goes on behind an EXIF segment whose length ends inside its thumbnail.
//!
//! A walk takes the rest of such a thumbnail for segments of the picture: for the picture itself, or for a fault.

use memchr::memmem;

use super::exif::{self, Found};

const SOI: &[u8] = &[0xFF, 0xD8];
const EOI: &[u8] = &[0xFF, 0xD9];

/// Behind the end of a thumbnail that begins in an EXIF segment and does not end there, among the application segments
/// at the file's beginning; and what could be read of that EXIF. Chance bytes may look like one: the caller tries.
pub(super) fn behind_one_cut(jpeg: &[u8]) -> Option<(usize, Option<Found>)> {
    let mut at = 2;
    loop {
        let (head, _) = jpeg.get(at..)?.split_first_chunk::<4>()?;
        let [0xFF, marker @ 0xE0..=0xEF, high, low] = *head else { return None };
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        let payload = jpeg.get(at + 4..end)?;
        if marker == 0xE1 && payload.starts_with(b"Exif\0") {
            // The length may end between the two bytes of a marker.
            let with_next = jpeg.get(at + 4..=end)?;
            let begins = memmem::rfind(with_next, SOI);
            if begins.is_some_and(|begins| memmem::find(&payload[begins.min(payload.len())..], EOI).is_none())
            {
                let ends = end - 1 + memmem::find(&jpeg[end - 1..], EOI)?;
                return Some((ends + EOI.len(), exif::read(payload)));
            }
        }
        at = end;
    }
}
