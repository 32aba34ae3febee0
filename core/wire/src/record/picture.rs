//! What is measured of the picture itself. Whole numbers only, so that one value has one spelling.

use serde::{Deserialize, Serialize};

use crate::WireError;

/// The marker that lies beside a wound, as it was found in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundMarker {
    /// Scale in its plane: nanometres a pixel, 1 to 10,000,000.
    pub scale_nm: u32,
    /// Between its plane and the sensor's: thousandths of a degree, 0 to 90,000.
    pub tilt_mdeg: u32,
}

/// How fit a picture is for measuring: as the phone judged of the picture itself, and of the marker just before it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fitness {
    /// 0 (blurred) to 1000 (sharp).
    pub sharpness: u16,
    /// -1000 (black) to 1000 (burnt out); 0 is right.
    pub exposure: i16,
    /// The marker; absent where none was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<FoundMarker>,
}

impl Fitness {
    /// Checks what the types cannot.
    pub fn check(&self) -> Result<(), WireError> {
        let limits = [
            ("fitness.sharpness", self.sharpness <= 1000, "0 to 1000"),
            ("fitness.exposure", self.exposure.unsigned_abs() <= 1000, "-1000 to 1000"),
            (
                "fitness.marker.scale_nm",
                self.marker.is_none_or(|marker| (1..=10_000_000).contains(&marker.scale_nm)),
                "1 to 10,000,000 nanometres a pixel",
            ),
            (
                "fitness.marker.tilt_mdeg",
                self.marker.is_none_or(|marker| marker.tilt_mdeg <= 90_000),
                "0 to 90,000 thousandths of a degree",
            ),
        ];
        match limits.into_iter().find(|(_, holds, _)| !holds) {
            Some((field, _, form)) => Err(WireError::Expected { field, form }),
            None => Ok(()),
        }
    }
}

/// One form of a picture: how large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rendering {
    /// Width in pixels, 1 to 65,535.
    pub width: u32,
    /// Height in pixels, 1 to 65,535.
    pub height: u32,
    /// Length in bytes, 1 to 1 GiB.
    pub bytes: u64,
}

impl Rendering {
    fn holds(&self) -> bool {
        let sides = 1..=u32::from(u16::MAX);
        sides.contains(&self.width) && sides.contains(&self.height) && (1..=1 << 30).contains(&self.bytes)
    }
}

/// Checks that a reduced picture is told with its original, and is not the larger one of the two.
pub(super) fn check_renderings(
    original: Option<&Rendering>,
    reduced: Option<&Rendering>,
) -> Result<(), WireError> {
    let holds = match (original, reduced) {
        (None, None) => true,
        (Some(original), None) => original.holds(),
        (Some(original), Some(reduced)) => {
            original.holds()
                && reduced.holds()
                && reduced.width <= original.width
                && reduced.height <= original.height
        }
        (None, Some(_)) => false,
    };
    let form = "width, height and bytes of both, the reduced one no larger, or of the original alone";
    if holds { Ok(()) } else { Err(WireError::Expected { field: "reduced", form }) }
}
