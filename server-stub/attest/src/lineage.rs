//! Whether a phone's former key was its own: by that key's word, by the hardware's serial number, or by nothing but a claim.

use gauze_wire::{Enrolment, Succession};

use crate::EnrolmentDenied;

/// How well it is known that the key that an enrolment `follows` was this phone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lineage {
    /// The phone names no former key.
    First,
    /// The phone says so, and that is all: it counts for nothing that is another phone's.
    Claimed,
    /// The former key signed for this very enrolment.
    Signed,
    /// The hardware of both attested one serial number.
    SameSerial,
    /// An operator said so, in the log.
    Vouched,
}

impl Lineage {
    /// Its name, as it is kept and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Claimed => "claimed",
            Self::Signed => "signed",
            Self::SameSerial => "same_serial",
            Self::Vouched => "vouched",
        }
    }

    /// Whether the phone may sign for what the former key left.
    pub fn is_proven(self) -> bool {
        match self {
            Self::Signed | Self::SameSerial | Self::Vouched => true,
            Self::First | Self::Claimed => false,
        }
    }

    /// What an enrolment shows, `serial` being what this phone's hardware attested and `former_serial` what the former key's
    /// did. A former key's word that does not hold refuses the enrolment: nobody sends one by mistake.
    pub(crate) fn of(
        enrolment: &Enrolment,
        serial: Option<&str>,
        former_serial: Option<&str>,
    ) -> Result<Self, EnrolmentDenied> {
        let Some(follows) = &enrolment.follows else { return Ok(Self::First) };
        let Some(word) = &enrolment.former else {
            let same = serial.is_some() && serial == former_serial;
            return Ok(if same { Self::SameSerial } else { Self::Claimed });
        };
        let bound = (&enrolment.challenge, &enrolment.token);
        match Succession::verify(word, &follows.device_id, bound, &enrolment.tenant) {
            Ok(_) => Ok(Self::Signed),
            Err(_) => Err(gauze_wire::ProblemCode::SignatureInvalid.into()),
        }
    }
}

impl std::str::FromStr for Lineage {
    type Err = UnknownLineage;
    fn from_str(text: &str) -> Result<Self, UnknownLineage> {
        [Self::First, Self::Claimed, Self::Signed, Self::SameSerial, Self::Vouched]
            .into_iter()
            .find(|lineage| lineage.as_str() == text)
            .ok_or(UnknownLineage)
    }
}

/// A kept name that is none of [`Lineage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a lineage: the database was written by another version")]
pub struct UnknownLineage;
