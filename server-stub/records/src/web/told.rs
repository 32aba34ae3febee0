//! What sign-in tells the access log. It is written before the answer: what cannot be written is not done.

use gauze_people::Note;
use gauze_people::acting::{Factor, Network};
use gauze_people::log::{Event as Line, Happening, Outcome};
use gauze_people::person::PersonId;
use jiff::Timestamp;

/// What happened at the door, and what no role allows or forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// The provider knows the person; a second factor is still to come.
    Recognised,
    /// Signed in, or proven anew.
    SignedIn(Factor),
    /// A sign-in does not count; a stable code says why.
    SignInFailed(&'static str),
    /// A second factor is enrolled.
    Enrolled(Factor),
    /// A second factor was not proven or not enrolled; a stable code says why.
    FactorFailed(&'static str),
    /// A request was refused; a stable code says why.
    Refused(&'static str),
    /// A session ended, and by whom.
    Ended(EndedBy),
    /// A one-time code was made beside the pages, for this person; `replaces` what they have enrolled.
    CodeQueued { person: PersonId, replaces: bool },
    /// A one-time code is taken; `replaces` what was enrolled.
    CodeTaken { replaces: bool },
}

/// Who ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// The person.
    Person,
    /// The provider.
    Provider,
    /// The person, who lost their factor and enrols another.
    Enrolment,
}

impl EndedBy {
    fn word(self) -> &'static str {
        match self {
            Self::Person => "by_person",
            Self::Provider => "by_provider",
            Self::Enrolment => "by_enrolment",
        }
    }
}

impl Happened {
    fn kind(&self) -> (Happening, Outcome) {
        match self {
            Self::Recognised | Self::SignedIn(_) => (Happening::SignIn, Outcome::Done),
            Self::SignInFailed(_) => (Happening::SignIn, Outcome::Refused),
            Self::Enrolled(_) | Self::CodeQueued { .. } | Self::CodeTaken { .. } => {
                (Happening::FactorChange, Outcome::Done)
            }
            Self::FactorFailed(_) => (Happening::Factor, Outcome::Refused),
            Self::Refused(_) => (Happening::Request, Outcome::Refused),
            Self::Ended(_) => (Happening::SignOut, Outcome::Done),
        }
    }

    fn word(&self) -> Option<String> {
        match self {
            Self::Recognised => Some("recognised".to_owned()),
            Self::SignedIn(_) => None,
            Self::Enrolled(_) => Some("enrolled".to_owned()),
            Self::SignInFailed(code) | Self::FactorFailed(code) | Self::Refused(code) => {
                Some((*code).to_owned())
            }
            Self::Ended(by) => Some(by.word().to_owned()),
            Self::CodeQueued { person, replaces } => {
                Some(format!("{}_{}", if *replaces { "replace" } else { "code" }, person.0))
            }
            Self::CodeTaken { replaces } => {
                Some(if *replaces { "code_taken_replaces" } else { "code_taken" }.to_owned())
            }
        }
    }

    fn factor(&self) -> Option<Factor> {
        match self {
            Self::SignedIn(factor) | Self::Enrolled(factor) => Some(*factor),
            _ => None,
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Who did it, where that is known.
    pub(super) by: Option<PersonId>,
    /// Their session's reference.
    pub(super) session: Option<String>,
    /// From where; nowhere for what was done beside the pages.
    pub(super) network: Option<Network>,
    /// What.
    pub(super) what: Happened,
}

impl Event {
    /// As the access log takes it.
    pub(super) fn line(self, at: Timestamp) -> Line {
        let (what, outcome) = self.what.kind();
        // A word that does not fit is left out, never the line.
        let note = self.what.word().and_then(|word| Note::new(word).ok());
        let factor = self.what.factor();
        Line {
            who: self.by,
            session: self.session,
            factor,
            network: self.network,
            note,
            ..Line::of(what, outcome, at)
        }
    }
}
