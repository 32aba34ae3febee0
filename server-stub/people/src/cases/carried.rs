//! What the gateway carried: reports of its operators, each known again by what was sealed and by what it says, and those that came
//! beyond a day's measure, which are one case together.

use std::collections::{BTreeMap, BTreeSet};

use gauze_wire::Digest;
use jiff::{SignedDuration, Timestamp};

use super::{Cases, Kind, State};
use crate::context::Reason;
use crate::log::{Event, Happening, Outcome};
use crate::words::Note;

/// So many become a case each within a day.
pub const A_DAY: usize = 50;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A report that is a case of its own, as its line notes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Whether it happened.
    pub kind: Kind,
    /// When somebody became aware.
    pub aware_at: Timestamp,
    /// When it was made, by the gateway's clock.
    pub made_at: Timestamp,
    /// The hash of what was sealed.
    pub sealed: Digest,
    /// The hash of what that says, its random name included; nothing where it could not be opened.
    pub said: Option<Digest>,
}

/// Reports that came beyond the measure: those of a piece of the gateway's log that nobody knew before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// How many.
    pub count: u64,
    /// The first entry of the piece.
    pub from: u64,
    /// The entry behind its last.
    pub to: u64,
    /// The root of the gateway's log up to there: in another log that piece is another.
    pub root: Digest,
}

impl Carried {
    fn note(&self) -> Option<Note> {
        let (aware, made) = (self.aware_at.as_second(), self.made_at.as_second());
        let said = self.said.map(|said| format!("/{said}")).unwrap_or_default();
        Note::new(format!("{}/{aware}/{made}/{}{said}", self.kind.word(), self.sealed)).ok()
    }

    /// Read from a note.
    pub fn of(note: &str) -> Option<Self> {
        let mut parts = note.split('/');
        let kind = Kind::read(parts.next()?)?;
        let mut time = || Timestamp::from_second(parts.next()?.parse().ok()?).ok();
        let (aware_at, made_at) = (time()?, time()?);
        let sealed = parts.next()?.parse().ok()?;
        let said = parts.next().map(str::parse).transpose().ok()?;
        parts.next().is_none().then_some(Self { kind, aware_at, made_at, sealed, said })
    }

    /// The line by which it becomes a case; nothing where it cannot be written.
    pub fn event(&self, reason: Reason, at: Timestamp) -> Option<Event> {
        Some(event(self.note()?, reason, at))
    }
}

impl Crowd {
    fn note(&self) -> Option<Note> {
        Note::new(format!("many/{}/{}/{}/{}", self.count, self.from, self.to, self.root)).ok()
    }

    /// Read from a note.
    pub fn of(note: &str) -> Option<Self> {
        let mut parts = note.strip_prefix("many/")?.split('/');
        let mut number = || parts.next()?.parse().ok();
        let (count, from, to) = (number()?, number()?, number()?);
        let root = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { count, from, to, root })
    }

    /// The line by which they are known; nothing where it cannot be written.
    pub fn event(&self, reason: Reason, at: Timestamp) -> Option<Event> {
        Some(event(self.note()?, reason, at))
    }
}

fn event(note: Note, reason: Reason, at: Timestamp) -> Event {
    Event { reason: Some(reason), ..Event::of(Happening::OperatorReport, Outcome::Done, at).noting(note) }
}

/// What is a case already, or counted in one.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    sealed: BTreeSet<Digest>,
    said: BTreeMap<Digest, u64>,
    crowds: Vec<Crowd>,
}

impl Known {
    /// That this case says so; what was said first stays.
    pub(super) fn keep(&mut self, said: Option<Digest>, case: u64) {
        if let Some(said) = said {
            self.said.entry(said).or_insert(case);
        }
    }

    pub(super) fn said(&self, said: &Digest) -> Option<u64> {
        self.said.get(said).copied()
    }
}

impl Cases {
    /// Takes in a line about what the gateway carried.
    pub(super) fn see_carried(&mut self, line: u64, note: &str, at: Timestamp, reason: Option<Reason>) {
        if let Some(report) = Carried::of(note) {
            if self.known.sealed.insert(report.sealed) {
                self.known.keep(report.said, line);
                self.put(line, None, (report.kind, report.aware_at), at, reason);
                self.all.entry(line).and_modify(|case| case.made_at = Some(report.made_at));
            }
        } else if let Some(crowd) = Crowd::of(note) {
            self.known.crowds.push(crowd);
            let open = self.all.values_mut().rev().find(|case| {
                !case.crowds.is_empty() && case.state() != State::Closed && within_a_day(case.at, at)
            });
            match open {
                Some(case) => case.crowds.push((line, crowd)),
                None => {
                    self.put(line, None, (Kind::Breach, at), at, reason);
                    self.all.entry(line).and_modify(|case| case.crowds.push((line, crowd)));
                }
            }
        }
    }

    /// Takes in such a line once it is written.
    pub fn carried(&mut self, line: u64, event: &Event) {
        if let Some(note) = &event.note {
            self.see_carried(line, note.as_str(), event.at, event.reason.clone());
        }
    }

    /// Whether what was sealed so is a case.
    pub fn has_sealed(&self, sealed: &Digest) -> bool {
        self.known.sealed.contains(sealed)
    }

    /// What was counted of the entries from this one up to that one.
    pub fn crowds_of(&self, from: u64, to: u64) -> Vec<Crowd> {
        self.known.crowds.iter().filter(|crowd| crowd.from < to && from < crowd.to).copied().collect()
    }

    /// Whether so many of the gateway's reports became a case each within a day that the next is counted and no more.
    pub fn is_crowded(&self, now: Timestamp) -> bool {
        let lately =
            self.all.values().rev().filter(|case| case.made_at.is_some() && within_a_day(case.at, now));
        lately.take(A_DAY).count() == A_DAY
    }
}

/// A clock that was set back makes nothing older.
fn within_a_day(then: Timestamp, now: Timestamp) -> bool {
    now.duration_since(then) < DAY
}

#[cfg(test)]
mod tests {
    use super::super::{Step, Taken};
    use super::*;
    use crate::context::ReasonCode;
    use crate::person::PersonId;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap()
    }

    fn reason() -> Reason {
        Reason { code: ReasonCode::Other, sealed_words: None }
    }

    fn report(number: u64) -> Carried {
        let sealed = Digest::of(&number.to_be_bytes());
        Carried {
            kind: Kind::Breach,
            aware_at: at(0),
            made_at: at(1),
            sealed,
            said: Some(Digest::of(b"said")),
        }
    }

    #[test]
    fn what_a_line_notes_reads_as_it_was_written() {
        let short = Carried { said: None, kind: Kind::NearMiss, ..report(1) };
        for report in [report(1), short] {
            let note = report.note().unwrap();
            assert_eq!(Carried::of(note.as_str()), Some(report));
            assert_eq!(Crowd::of(note.as_str()), None);
            assert_eq!(Carried::of(&format!("{note}/more")), None);
        }
        let crowd = Crowd { count: 3, from: 7, to: u64::MAX, root: Digest::of(b"root") };
        let note = crowd.note().unwrap();
        assert_eq!((Crowd::of(note.as_str()), Carried::of(note.as_str())), (Some(crowd), None));
        for other in ["many/3/7", "many/3/7/9/x", "breach/0/0", "breach/0", ""] {
            assert!(Crowd::of(other).is_none() && Carried::of(other).is_none(), "{other}");
        }
    }

    #[test]
    fn beyond_a_days_measure_reports_are_counted_in_one_case_until_the_day_is_over_or_it_is_closed() {
        let mut cases = Cases::default();
        for number in 0..50 {
            assert!(!cases.is_crowded(at(0)), "{number}");
            cases.carried(number, &report(number).event(reason(), at(0)).unwrap());
        }
        assert!(cases.is_crowded(at(23)) && cases.is_crowded(at(-9)) && !cases.is_crowded(at(24)));
        let crowd = |from| Crowd { count: 2, from, to: from + 5, root: Digest::of(b"root") };
        let counted = |cases: &mut Cases, line, hour, case, crowds| {
            cases.carried(line, &crowd(line).event(reason(), at(hour)).unwrap());
            assert_eq!(cases.get(case).unwrap().crowds.len(), crowds, "{line}");
        };
        for (line, hour, case, crowds) in [(100, 1, 100, 1), (101, 20, 100, 2), (102, 26, 102, 1)] {
            counted(&mut cases, line, hour, case, crowds);
        }
        assert_eq!(cases.all.len(), 52);
        assert_eq!(cases.crowds_of(0, 100), []);
        assert_eq!(cases.crowds_of(104, 106), [crowd(100), crowd(101), crowd(102)]);
        assert_eq!(cases.crowds_of(106, 107), [crowd(102)]);
        let by = PersonId("officer".to_owned());
        cases.take(102, Taken { line: 200, by, at: at(27), step: Step::Close, reason: None });
        counted(&mut cases, 201, 28, 201, 1);
    }
}
