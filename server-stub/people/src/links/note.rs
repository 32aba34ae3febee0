//! What stands in the notes of lines about links: a link's terms, and the steps that followed.

use serde::{Serialize, Serializer};

use crate::action::act;
use crate::deed::Authorised;
use crate::log::Outcome;
use crate::words::Note;

/// What a link may be used for, and by what it is known. It stands in the note of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How many days it lives.
    pub days: u16,
    /// How often it is opened.
    pub views: u16,
    /// Whether the reader may keep a marked copy.
    pub copy: bool,
    /// The photo's name in addresses.
    pub photo: String,
    /// A keyed hash of the address.
    pub address: String,
    /// A keyed hash of address and code.
    pub code: String,
}

impl Terms {
    pub(super) fn note(&self) -> String {
        let copy = if self.copy { "copy" } else { "view" };
        format!("link/{}/{}/{copy}/{}/{}/{}", self.days, self.views, self.photo, self.address, self.code)
    }

    pub(super) fn read(note: &str) -> Option<Self> {
        let mut parts = note.strip_prefix("link/")?.split('/');
        let (days, views) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let copy = match parts.next()? {
            "copy" => true,
            "view" => false,
            _ => return None,
        };
        let mut name = || Some(parts.next()?.to_owned());
        let terms = Self { days, views, copy, photo: name()?, address: name()?, code: name()? };
        parts.next().is_none().then_some(terms)
    }
}

/// A link with its terms, before it is logged: they stand in its entry.
///
/// # Errors
/// Where a part is no word of the program's own.
pub fn making(
    authorised: Authorised<act::MakeLink>,
    terms: &Terms,
) -> Result<Authorised<act::MakeLink>, gauze_wire::WireError> {
    Ok(authorised.noting(Note::new(terms.note())?))
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// Its time is over.
    Over,
    /// Every view was spent.
    UsedUp,
    /// It was revoked.
    Revoked,
    /// Its code was guessed at too often.
    Locked,
}

/// One thing that was done with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its page was asked for, by a person or by a program that reads mail: nothing is shown by that.
    Asked,
    /// A wrong code was given.
    WrongCode,
    /// It was opened: one view.
    Opened,
    /// A marked copy was taken.
    Copied,
    /// It was revoked.
    Revoked,
    /// It opened nothing any more.
    Refused(Shut),
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl Step {
    const ALL: [Self; 9] = [
        Self::Asked,
        Self::WrongCode,
        Self::Opened,
        Self::Copied,
        Self::Revoked,
        Self::Refused(Shut::Over),
        Self::Refused(Shut::UsedUp),
        Self::Refused(Shut::Revoked),
        Self::Refused(Shut::Locked),
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::WrongCode => "wrong_code",
            Self::Opened => "opened",
            Self::Copied => "copied",
            Self::Revoked => "revoked",
            Self::Refused(Shut::Over) => "after_its_end",
            Self::Refused(Shut::UsedUp) => "used_up",
            Self::Refused(Shut::Revoked) => "after_revocation",
            Self::Refused(Shut::Locked) => "locked",
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Asked | Self::Opened | Self::Copied | Self::Revoked => Outcome::Done,
            Self::WrongCode | Self::Refused(_) => Outcome::Refused,
        }
    }

    /// The step of a line's note, and the number of its link.
    pub fn of_link(note: &Note) -> Option<(Self, u64)> {
        Self::read(note.as_str())
    }

    /// A step and its link's number, from a note.
    pub(super) fn read(note: &str) -> Option<(Self, u64)> {
        let (word, number) = note.split_once('/')?;
        let step = Self::ALL.into_iter().find(|step| step.word() == word)?;
        Some((step, number.parse().ok()?))
    }
}
