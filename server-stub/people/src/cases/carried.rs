//! What the gateway carried: reports of its operators and of phones, each known again by what was sealed and by what it says, and those
//! that came beyond a day's measure, which are one case together.
//!
//! Always: nobody's word takes another's place. What an operator or a phone that nobody believes sends hides no report of a believed
//! phone, neither by the same bytes nor by being many.

use std::collections::{BTreeMap, BTreeSet};

use gauze_wire::Digest;
use jiff::{SignedDuration, Timestamp};

use super::{Case, Cases, Kind, Reporter, State};
use crate::context::Reason;
use crate::log::{Entry, Event, Happening, Outcome, What};
use crate::words::Note;

/// So many of each teller become a case each within a day.
pub const A_DAY: usize = 50;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Before the note of what came from a phone that is not believed; behind it stands the hash of its entry in the gateway's log.
const UNKNOWN: &str = "unknown/";
/// In place of when it was made, where nobody knows that.
const NO_TIME: &str = "-";

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Teller {
    /// An operator's, in the gateway's console.
    Operator,
    /// That of somebody with a phone of the hospital.
    Phone,
    /// That of somebody with a phone that the hospital does not believe.
    Stranger,
}

impl Teller {
    fn happening(self) -> Happening {
        match self {
            Self::Operator => Happening::OperatorReport,
            Self::Phone | Self::Stranger => Happening::PhoneReport,
        }
    }

    fn prefix(self) -> &'static str {
        if self == Self::Stranger { UNKNOWN } else { "" }
    }

    /// The teller of a line, and the rest of its note.
    fn read(what: Happening, note: &str) -> Option<(Self, &str)> {
        match what {
            Happening::OperatorReport => Some((Self::Operator, note)),
            Happening::PhoneReport => {
                let stranger = note.strip_prefix(UNKNOWN).map(|rest| (Self::Stranger, rest));
                Some(stranger.unwrap_or((Self::Phone, note)))
            }
            _ => None,
        }
    }

    fn event(self, note: &str, reason: Reason, at: Timestamp) -> Option<Event> {
        let note = Note::new(format!("{}{note}", self.prefix())).ok()?;
        Some(Event { reason: Some(reason), ..Event::of(self.happening(), Outcome::Done, at).noting(note) })
    }
}

/// A report that is a case of its own, as its line notes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Whose word it is.
    pub teller: Teller,
    /// Whether it happened.
    pub kind: Kind,
    /// When somebody became aware.
    pub aware_at: Timestamp,
    /// When it was made, by the clock of the gateway or the phone; nothing where that could not be opened.
    pub made_at: Option<Timestamp>,
    /// The hash of what was sealed.
    pub sealed: Digest,
    /// The hash of what that says, its random name included; nothing where it could not be opened.
    pub said: Option<Digest>,
    /// The hash of its entry in the gateway's log: by this a report that nobody vouches for is known once its phone is believed. A line
    /// holds it of those alone.
    pub leaf: Option<Digest>,
}

/// Reports that came beyond the measure: those of a piece of the gateway's log that nobody knew before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Whose.
    pub teller: Teller,
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
    fn note(&self) -> String {
        let aware = self.aware_at.as_second();
        let made = self.made_at.map_or(NO_TIME.to_owned(), |at| at.as_second().to_string());
        let said = self.said.map(|said| format!("/{said}")).unwrap_or_default();
        let leaf = self.leaf.filter(|_| self.teller == Teller::Stranger);
        let leaf = leaf.map(|leaf| format!("{leaf}/")).unwrap_or_default();
        format!("{leaf}{}/{aware}/{made}/{}{said}", self.kind.word(), self.sealed)
    }

    /// Read from a line; nothing where that is of something else.
    pub fn of(entry: &Entry) -> Option<Self> {
        let What::Happening(what) = entry.what else { return None };
        let (teller, note) = Teller::read(what, entry.note.as_ref()?.as_str())?;
        Self::read(teller, note)
    }

    fn read(teller: Teller, note: &str) -> Option<Self> {
        let time = |text: &str| Timestamp::from_second(text.parse().ok()?).ok();
        let mut parts = note.split('/').peekable();
        let leaf = match teller {
            Teller::Stranger => {
                parts.next_if(|part| Kind::read(part).is_none()).map(str::parse).transpose().ok()?
            }
            Teller::Operator | Teller::Phone => None,
        };
        let kind = Kind::read(parts.next()?)?;
        let aware_at = time(parts.next()?)?;
        let made_at = match parts.next()? {
            NO_TIME => None,
            text => Some(time(text)?),
        };
        let sealed = parts.next()?.parse().ok()?;
        let said = parts.next().map(str::parse).transpose().ok()?;
        parts.next().is_none().then_some(Self { teller, kind, aware_at, made_at, sealed, said, leaf })
    }

    /// The line by which it becomes a case; nothing where it cannot be written.
    pub fn event(&self, reason: Reason, at: Timestamp) -> Option<Event> {
        self.teller.event(&self.note(), reason, at)
    }
}

impl Crowd {
    fn note(&self) -> String {
        format!("many/{}/{}/{}/{}", self.count, self.from, self.to, self.root)
    }

    fn read(teller: Teller, note: &str) -> Option<Self> {
        let mut parts = note.strip_prefix("many/")?.split('/');
        let mut number = || parts.next()?.parse().ok();
        let (count, from, to) = (number()?, number()?, number()?);
        let root = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { teller, count, from, to, root })
    }

    /// The line by which they are known; nothing where it cannot be written.
    pub fn event(&self, reason: Reason, at: Timestamp) -> Option<Event> {
        self.teller.event(&self.note(), reason, at)
    }
}

/// What is a case already, or counted in one.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    sealed: BTreeSet<(Teller, Digest)>,
    /// By whom: nobody carried what a person of the hospital said.
    said: BTreeMap<(Option<Teller>, Digest), u64>,
    /// The entries that were told as reports of phones that were not believed.
    leaves: BTreeSet<Digest>,
    crowds: Vec<Crowd>,
}

impl Known {
    /// That this case says so; what was said first stays.
    pub(super) fn keep(&mut self, teller: Option<Teller>, said: Option<Digest>, case: u64) {
        if let Some(said) = said {
            self.said.entry((teller, said)).or_insert(case);
        }
    }

    pub(super) fn said(&self, teller: Option<Teller>, said: &Digest) -> Option<u64> {
        self.said.get(&(teller, *said)).copied()
    }
}

impl Case {
    fn carried_by(&self, teller: Teller) -> bool {
        self.by == Reporter::Carried(teller)
    }
}

impl Cases {
    /// Takes in a line about what the gateway carried.
    pub(super) fn see_carried(
        &mut self,
        line: u64,
        (what, note): (Happening, &str),
        at: Timestamp,
        reason: Option<Reason>,
    ) {
        let Some((teller, note)) = Teller::read(what, note) else { return };
        let by = Reporter::Carried(teller);
        if let Some(report) = Carried::read(teller, note) {
            self.known.leaves.extend(report.leaf);
            if self.known.sealed.insert((teller, report.sealed)) {
                self.known.keep(Some(teller), report.said, line);
                self.put(line, by, (report.kind, report.aware_at), at, reason);
                self.all.entry(line).and_modify(|case| case.made_at = report.made_at);
            }
        } else if let Some(crowd) = Crowd::read(teller, note) {
            self.known.crowds.push(crowd);
            let open = self.all.values_mut().rev().find(|case| {
                let counts = case.carried_by(teller) && !case.crowds.is_empty();
                counts && case.state() != State::Closed && within_a_day(case.at, at)
            });
            match open {
                Some(case) => case.crowds.push((line, crowd)),
                None => {
                    self.put(line, by, (Kind::Breach, at), at, reason);
                    self.all.entry(line).and_modify(|case| case.crowds.push((line, crowd)));
                }
            }
        }
    }

    /// Takes in such a line once it is written.
    pub fn carried(&mut self, line: u64, event: &Event) {
        if let Some(note) = &event.note {
            self.see_carried(line, (event.what, note.as_str()), event.at, event.reason.clone());
        }
    }

    /// Whether what this teller had sealed so, in this entry of the gateway's log, is a case. What a believed phone sent is known too where
    /// another repeats it; and that very entry, where it was told before its phone was believed.
    pub fn has_told(&self, teller: Teller, sealed: &Digest, leaf: Option<&Digest>) -> bool {
        let has = |teller| self.known.sealed.contains(&(teller, *sealed));
        match teller {
            Teller::Operator => has(teller),
            Teller::Phone => has(teller) || leaf.is_some_and(|leaf| self.known.leaves.contains(leaf)),
            Teller::Stranger => has(teller) || has(Teller::Phone),
        }
    }

    /// What was counted of the entries from this one up to that one.
    pub fn crowds_of(&self, from: u64, to: u64) -> Vec<Crowd> {
        self.known.crowds.iter().filter(|crowd| crowd.from < to && from < crowd.to).copied().collect()
    }

    /// Whether so many reports of this teller became a case each within a day that the next is counted and no more.
    pub fn is_crowded(&self, teller: Teller, now: Timestamp) -> bool {
        let own = |case: &&Case| case.carried_by(teller) && case.crowds.is_empty();
        let lately = self.all.values().rev().filter(own).filter(|case| within_a_day(case.at, now));
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

    const TELLERS: [Teller; 3] = [Teller::Operator, Teller::Phone, Teller::Stranger];

    fn report(teller: Teller, number: u64) -> Carried {
        let sealed = Digest::of(&number.to_be_bytes());
        Carried {
            teller,
            kind: Kind::Breach,
            aware_at: at(0),
            made_at: Some(at(1)),
            sealed,
            said: Some(Digest::of(b"said")),
            leaf: (teller == Teller::Stranger).then(|| leaf(number)),
        }
    }

    fn leaf(number: u64) -> Digest {
        Digest::of(format!("leaf {number}").as_bytes())
    }

    #[test]
    fn what_a_line_notes_reads_as_it_was_written() {
        for teller in TELLERS {
            let own = report(teller, 1);
            let unopened = Carried { said: None, made_at: None, kind: Kind::NearMiss, ..own };
            for report in [own, unopened] {
                let note = report.note();
                assert_eq!(Carried::read(teller, &note), Some(report));
                assert_eq!(Crowd::read(teller, &note), None);
                assert_eq!(Carried::read(teller, &format!("{note}/more")), None);
                let event = report.event(reason(), at(0)).unwrap();
                assert_eq!(
                    Teller::read(event.what, event.note.unwrap().as_str()),
                    Some((teller, note.as_str()))
                );
            }
            let crowd = Crowd { teller, count: 3, from: 7, to: u64::MAX, root: Digest::of(b"root") };
            let note = crowd.note();
            assert_eq!((Crowd::read(teller, &note), Carried::read(teller, &note)), (Some(crowd), None));
            for other in ["many/3/7", "many/3/7/9/x", "breach/0/0", "breach/0", "breach/-/0/x", ""] {
                let read = (Crowd::read(teller, other), Carried::read(teller, other));
                assert_eq!(read, (None, None), "{other}");
            }
        }
    }

    #[test]
    fn nobodys_word_takes_anothers_place() {
        let mut cases = Cases::default();
        for (line, teller) in (0..).zip([Teller::Stranger, Teller::Operator, Teller::Phone]) {
            assert!(!cases.has_told(teller, &report(teller, 1).sealed, None), "{teller:?}");
            assert_eq!(cases.said(Some(teller), &Digest::of(b"said")), None, "{teller:?}");
            cases.carried(line, &report(teller, 1).event(reason(), at(0)).unwrap());
            assert_eq!(cases.said(Some(teller), &Digest::of(b"said")), Some(line));
        }
        assert_eq!((cases.all.len(), cases.said(None, &Digest::of(b"said"))), (3, None));
        // A stranger who repeats what a believed phone sent says nothing new.
        cases.carried(3, &report(Teller::Phone, 2).event(reason(), at(0)).unwrap());
        assert!(cases.has_told(Teller::Stranger, &report(Teller::Phone, 2).sealed, None));
        // Once its phone is believed, what a stranger's entry said is not told again; the same bytes in another entry are.
        cases.carried(4, &report(Teller::Stranger, 5).event(reason(), at(0)).unwrap());
        let again =
            |number| cases.has_told(Teller::Phone, &report(Teller::Phone, 5).sealed, Some(&leaf(number)));
        assert!(again(5) && !again(6));
        // Nor do many of one teller keep others out.
        for line in 10..60 {
            cases.carried(line, &report(Teller::Stranger, line).event(reason(), at(0)).unwrap());
        }
        let crowded = TELLERS.map(|teller| cases.is_crowded(teller, at(0)));
        assert_eq!(crowded, [false, false, true]);
    }

    #[test]
    fn beyond_a_days_measure_reports_are_counted_in_one_case_until_the_day_is_over_or_it_is_closed() {
        let (teller, mut cases) = (Teller::Phone, Cases::default());
        for number in 0..50 {
            assert!(!cases.is_crowded(teller, at(0)), "{number}");
            cases.carried(number, &report(teller, number).event(reason(), at(0)).unwrap());
        }
        let crowded = |hour| cases.is_crowded(teller, at(hour));
        assert!(crowded(23) && crowded(-9) && !crowded(24));
        let crowd = |from| Crowd { teller, count: 2, from, to: from + 5, root: Digest::of(b"root") };
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
