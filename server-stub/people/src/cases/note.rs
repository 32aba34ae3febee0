//! What stands in the notes of lines about cases.

use gauze_wire::{CaptureId, Digest};
use jiff::{SignedDuration, Timestamp};

use crate::words::Note;

/// What somebody says that went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody saw, changed or lost what they should not have.
    Breach,
    /// It was about to happen, and did not.
    NearMiss,
}

impl Kind {
    /// Its word in forms and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Breach => "breach",
            Self::NearMiss => "near_miss",
        }
    }

    /// The kind of a word.
    pub fn read(word: &str) -> Option<Self> {
        [Self::Breach, Self::NearMiss].into_iter().find(|kind| kind.word() == word)
    }

    /// The note of a report, with the hash of its form where that has a name of its own; nothing where it cannot be written.
    pub fn note(self, aware_at: Timestamp, said: Option<&Digest>) -> Option<Note> {
        let said = said.map(|said| format!("/{said}")).unwrap_or_default();
        Note::new(format!("{}/{}{said}", self.word(), aware_at.as_second())).ok()
    }

    pub(super) fn reported(note: &str) -> Option<((Self, Timestamp), Option<Digest>)> {
        let mut parts = note.split('/');
        let kind = Self::read(parts.next()?)?;
        let aware_at = Timestamp::from_second(parts.next()?.parse().ok()?).ok()?;
        let said = parts.next().map(str::parse).transpose().ok()?;
        parts.next().is_none().then_some(((kind, aware_at), said))
    }
}

/// Whether the regulator is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is.
    Reportable,
    /// It need not be.
    NotReportable,
}

impl Decision {
    /// Its word in forms and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reportable => "reportable",
            Self::NotReportable => "not_reportable",
        }
    }

    /// The decision of a word.
    pub fn read(word: &str) -> Option<Self> {
        [Self::Reportable, Self::NotReportable].into_iter().find(|it| it.word() == word)
    }
}

/// What was done about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody looks after it from now on.
    Own,
    /// Something is to be done; its number is that of its line.
    Task,
    /// The task of this line is done.
    Done(u64),
    /// Whether the regulator is told; a later decision takes the place of an earlier one and opens a closed case again.
    Decide(Decision),
    /// The regulator was told.
    Told,
    /// A photo is concerned.
    Photo(CaptureId),
    /// A phone is concerned: the SHA-256 that its id spells in letters of both cases, of which a note holds one.
    Phone(Digest),
    /// Nothing more is to be done.
    Close,
    /// Somebody read it.
    Read,
    /// The regulator's fields were filled in.
    Form,
    /// What proves it left as an archive: a line of its own action, whose note names the key where names left sealed to it.
    Evidence,
}

impl Step {
    /// The note of its line; nothing where it cannot be written.
    pub fn note(self, case: u64) -> Option<Note> {
        let text = match self {
            Self::Own => format!("own/{case}"),
            Self::Task => format!("task/{case}"),
            Self::Done(task) => format!("done/{case}/{task}"),
            Self::Decide(decision) => format!("decide/{case}/{}", decision.word()),
            Self::Told => format!("told/{case}"),
            Self::Photo(photo) => format!("photo/{case}/{photo}"),
            Self::Phone(phone) => format!("phone/{case}/{phone}"),
            Self::Close => format!("close/{case}"),
            Self::Read => format!("read/{case}"),
            Self::Form => format!("form/{case}"),
            Self::Evidence => format!("evidence/{case}"),
        };
        Note::new(text).ok()
    }

    /// A step and its case's number.
    pub fn of(note: &str) -> Option<(Self, u64)> {
        let mut parts = note.split('/');
        let (word, case) = (parts.next()?, parts.next()?.parse().ok()?);
        let more = parts.next();
        let step = match (word, more) {
            ("own", None) => Self::Own,
            ("task", None) => Self::Task,
            ("done", Some(task)) => Self::Done(task.parse().ok()?),
            ("decide", Some(decision)) => Self::Decide(Decision::read(decision)?),
            ("told", None) => Self::Told,
            ("photo", Some(photo)) => Self::Photo(photo.parse().ok()?),
            ("phone", Some(phone)) => Self::Phone(phone.parse().ok()?),
            ("close", None) => Self::Close,
            ("read", None) => Self::Read,
            ("form", None) => Self::Form,
            ("evidence", None) => Self::Evidence,
            ("evidence", Some("names")) => parts.next().map(|_| Self::Evidence)?,
            _ => return None,
        };
        parts.next().is_none().then_some((step, case))
    }
}

/// The note of the line under which what proves a case leaves with names, sealed to the key of this id.
pub fn naming(case: u64, key: &str) -> Option<Note> {
    Note::new(format!("evidence/{case}/names/{key}")).ok()
}

/// The note of the line about each photo whose patient is named there; it is a line of the photo and no step of the case.
pub fn named(case: u64, key: &str) -> Option<Note> {
    Note::new(format!("named/{case}/{key}")).ok()
}

/// What governance is reminded of while the clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reminder {
    /// Somebody reported it: told by mail, and its line is the report.
    Reported,
    /// A day is over.
    Day,
    /// Two days are over.
    TwoDays,
    /// Six hours are left.
    SixLeft,
    /// The time is over.
    Late,
}

impl Reminder {
    /// Those that have a line of their own, in their order.
    pub(super) const LINES: [Self; 4] = [Self::Day, Self::TwoDays, Self::SixLeft, Self::Late];
    const ALL: [Self; 5] = [Self::Reported, Self::Day, Self::TwoDays, Self::SixLeft, Self::Late];

    /// So long after somebody became aware of it.
    pub fn after(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::Reported => 0,
            Self::Day => 24,
            Self::TwoDays => 48,
            Self::SixLeft => 66,
            Self::Late => super::HOURS,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Day => "24h",
            Self::TwoDays => "48h",
            Self::SixLeft => "66h",
            Self::Late => "late",
        }
    }

    /// The note of its line, and of the line about its mail.
    pub fn note(self, case: u64) -> Option<Note> {
        Note::new(format!("case/{}/{case}", self.word())).ok()
    }

    /// A reminder and its case's number.
    pub fn of(note: &str) -> Option<(Self, u64)> {
        let (word, case) = note.strip_prefix("case/")?.split_once('/')?;
        let reminder = Self::ALL.into_iter().find(|it| it.word() == word)?;
        Some((reminder, case.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_as_it_was_written_and_those_of_before_as_they_were() {
        let phone = Digest::of(b"a key");
        let photo = "01930000-0000-7000-8000-000000000001";
        let steps = [
            (Step::Own, "own/7".to_owned()),
            (Step::Task, "task/7".to_owned()),
            (Step::Done(9), "done/7/9".to_owned()),
            (Step::Decide(Decision::NotReportable), "decide/7/not_reportable".to_owned()),
            (Step::Told, "told/7".to_owned()),
            (Step::Photo(photo.parse().unwrap()), format!("photo/7/{photo}")),
            (Step::Phone(phone), format!("phone/7/{phone}")),
            (Step::Close, "close/7".to_owned()),
            (Step::Read, "read/7".to_owned()),
            (Step::Form, "form/7".to_owned()),
            (Step::Evidence, "evidence/7".to_owned()),
        ];
        for (step, note) in steps {
            assert_eq!(step.note(7).unwrap().as_str(), note);
            assert_eq!(Step::of(&note), Some((step, 7)), "{note}");
        }
        for other in ["phone/7", "phone/7/x", &format!("phone/7/{phone}/x"), "phones/7", "photo/7"] {
            assert_eq!(Step::of(other), None, "{other}");
        }
    }
}
