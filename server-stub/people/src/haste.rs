//! Break-glass: opened at once, for one patient and four hours, and judged by somebody else within 72 hours.
//!
//! The log is the only memory: what is open and what waits for its review is read from entries, so that a restart forgets
//! nothing and a review cannot be lost apart from its entry.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::action::{Act, Action, act};
use crate::context::{BREAK_GLASS_MINUTES, Haste, Reason};
use crate::deed::{Authorised, Logged};
use crate::log::{About, Entry, EntryId, Event, Happening, Kind, Outcome, What};
use crate::person::{PersonId, Team};
use crate::subject::{Opened, PatientRef, Subject};
use crate::words::Note;

/// How long a review may take, in hours.
pub const REVIEW_HOURS: i64 = 72;

/// What a review found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was right.
    Justified,
    /// It was not.
    NotJustified,
    /// Somebody looks into it further. It counts as reviewed, and stays in the list of what is looked into.
    Investigate,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Justified => "justified",
            Self::NotJustified => "not_justified",
            Self::Investigate => "investigate",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Justified, Self::NotJustified, Self::Investigate].into_iter().find(|it| it.word() == word)
    }
}

/// What leads and governance are told of a break-glass by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It was opened.
    Opened,
    /// Nobody reviewed it in time.
    Late,
}

impl Notice {
    fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Late => "late",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Opened, Self::Late].into_iter().find(|it| it.word() == word)
    }
}

/// One break-glass and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Its entry.
    pub entry: EntryId,
    /// Who.
    pub by: PersonId,
    /// For whom.
    pub patient: PatientRef,
    /// Teams that hold a photo of that patient.
    pub teams: BTreeSet<Team>,
    /// Why.
    pub reason: Option<Reason>,
    /// When.
    pub opened_at: Timestamp,
    /// What was looked at under it: numbers of entries are in the log, here only how many.
    pub looks: u32,
    /// The last review, by somebody else.
    pub review: Option<Review>,
    /// What was told of it by mail.
    pub notices: BTreeSet<Notice>,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// What it found.
    pub verdict: Verdict,
}

impl Broken {
    /// Until when it is to be reviewed.
    pub fn due(&self) -> Timestamp {
        self.opened_at + SignedDuration::from_hours(REVIEW_HOURS)
    }

    /// True where nobody reviewed it in time.
    pub fn late(&self, now: Timestamp) -> bool {
        self.review.is_none() && now > self.due()
    }

    /// Until when it shows photos.
    pub fn ends(&self) -> Timestamp {
        self.opened_at + SignedDuration::from_mins(BREAK_GLASS_MINUTES)
    }

    /// Whether that is to be told by mail: that it was opened also where it was judged meanwhile, for as long again as a review may
    /// take; that it is late only while it is.
    pub fn untold(&self, notice: Notice, now: Timestamp) -> bool {
        let judged_long_ago = self
            .review
            .as_ref()
            .is_some_and(|review| now > review.at + SignedDuration::from_hours(REVIEW_HOURS));
        let due = match notice {
            Notice::Opened => !judged_long_ago,
            Notice::Late => self.late(now),
        };
        due && !self.notices.contains(&notice)
    }

    /// The line of a mail that was sent about it.
    pub fn told(&self, notice: Notice, at: Timestamp) -> Event {
        let about = About {
            kind: Kind::Opened,
            id: Some(self.entry.as_str().to_owned()),
            patient: None,
            teams: self.teams.clone(),
        };
        let note = Note::new(notice.word()).ok();
        Event { about: Some(about), note, ..Event::of(Happening::Mail, Outcome::Done, at) }
    }

    /// What is asked of roles before it is reviewed.
    pub fn subject(&self) -> Subject {
        Subject::Opened(Opened {
            entry: self.entry.clone(),
            by: self.by.clone(),
            patient: self.patient.clone(),
            teams: self.teams.clone(),
        })
    }

    /// As requests under it carry it.
    pub fn haste(&self) -> Haste {
        Haste {
            entry: self.entry.clone(),
            by: self.by.clone(),
            patient: self.patient.clone(),
            opened_at: self.opened_at,
        }
    }
}

/// A review with its verdict, before it is logged: the verdict stands in the entry.
pub fn reviewing(
    authorised: Authorised<act::ReviewBreakGlass>,
    verdict: Verdict,
) -> Authorised<act::ReviewBreakGlass> {
    // A verdict's word fits a note.
    match Note::new(verdict.word()) {
        Ok(note) => authorised.noting(note),
        Err(_) => authorised,
    }
}

/// All that was opened in haste, kept up to date entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Hastes {
    all: BTreeMap<EntryId, Broken>,
    /// Of which it was said that it is late.
    said_late: BTreeSet<EntryId>,
}

impl Hastes {
    /// Takes in an entry, in the log's order.
    pub fn see(&mut self, entry: &Entry) {
        match (entry.what, entry.outcome) {
            (What::Action(Action::BreakGlass), Outcome::Done) => self.opened(entry),
            (What::Action(Action::ReviewBreakGlass), Outcome::Done) => self.reviewed(entry),
            (What::Happening(Happening::Mail), Outcome::Done) => self.mailed(entry),
            _ => {
                let under = entry.haste.as_ref().and_then(|id| self.all.get_mut(id));
                if let Some(broken) = under.filter(|_| entry.outcome == Outcome::Done) {
                    broken.looks += 1;
                }
            }
        }
    }

    fn mailed(&mut self, entry: &Entry) {
        let id = entry.about.as_ref().and_then(|about| about.id.as_deref());
        let notice = entry.note.as_ref().and_then(|note| Notice::read(note.as_str()));
        let of = self.all.values_mut().find(|broken| Some(broken.entry.as_str()) == id);
        if let (Some(broken), Some(notice)) = (of, notice) {
            broken.notices.insert(notice);
        }
    }

    /// What is to be told by mail and was not, oldest first.
    pub fn untold(&self, now: Timestamp) -> Vec<(Notice, EntryId)> {
        let mut all: Vec<&Broken> = self.all.values().collect();
        all.sort_by_key(|broken| broken.opened_at);
        let of = |broken: &Broken| {
            let due = [Notice::Opened, Notice::Late].into_iter().filter(|notice| broken.untold(*notice, now));
            due.map(|notice| (notice, broken.entry.clone())).collect::<Vec<_>>()
        };
        all.into_iter().flat_map(of).collect()
    }

    /// That was just told, and has its line.
    pub fn told(&mut self, entry: &EntryId, notice: Notice) {
        if let Some(broken) = self.all.get_mut(entry) {
            broken.notices.insert(notice);
        }
    }

    /// Takes in what was just opened, before the log is read again.
    pub fn open(&mut self, logged: &Logged<act::BreakGlass>) -> Option<Haste> {
        let Subject::Patient(patient) = logged.subject() else { return None };
        let broken = Broken {
            entry: logged.line().id.clone(),
            by: logged.acting().person.id.clone(),
            patient: patient.id.clone(),
            teams: patient.teams.clone(),
            reason: logged.context().reason.clone(),
            opened_at: logged.context().at,
            looks: 0,
            review: None,
            notices: BTreeSet::new(),
        };
        let haste = broken.haste();
        self.all.insert(broken.entry.clone(), broken);
        Some(haste)
    }

    /// Takes in a look that was just allowed under one of them.
    pub fn used<A: Act>(&mut self, logged: &Logged<A>) {
        let under = logged.context().haste.as_ref().and_then(|haste| self.all.get_mut(&haste.entry));
        if let Some(broken) = under {
            broken.looks += 1;
        }
    }

    /// Takes in a review that was just written.
    pub fn review(&mut self, logged: &Logged<act::ReviewBreakGlass>, verdict: Verdict) {
        let Subject::Opened(opened) = logged.subject() else { return };
        let by = logged.acting().person.id.clone();
        if let Some(broken) = self.all.get_mut(&opened.entry).filter(|broken| broken.by != by) {
            broken.review = Some(Review { by, at: logged.context().at, verdict });
        }
    }

    fn opened(&mut self, entry: &Entry) {
        let (Some(by), Some(About { patient: Some(patient), teams, .. })) = (&entry.who, &entry.about) else {
            return;
        };
        let broken = Broken {
            entry: entry.id.clone(),
            by: by.clone(),
            patient: patient.clone(),
            teams: teams.clone(),
            reason: entry.reason.clone(),
            opened_at: entry.at,
            looks: 0,
            review: None,
            notices: BTreeSet::new(),
        };
        self.all.insert(entry.id.clone(), broken);
    }

    fn reviewed(&mut self, entry: &Entry) {
        let id = entry.about.as_ref().and_then(|about| EntryId::try_from(about.id.clone()?).ok());
        let verdict = entry.note.as_ref().and_then(|note| Verdict::read(note.as_str()));
        let (Some(broken), Some(by), Some(verdict)) =
            (id.and_then(|id| self.all.get_mut(&id)), &entry.who, verdict)
        else {
            return;
        };
        // The policies forbid it; a hospital's log is read all the same as if they had not.
        if broken.by != *by {
            broken.review = Some(Review { by: by.clone(), at: entry.at, verdict });
        }
    }

    /// What this person may still look at of this patient, under which break-glass.
    pub fn open_for(&self, who: &PersonId, patient: &PatientRef, now: Timestamp) -> Option<Haste> {
        let theirs = self.all.values().filter(|it| it.by == *who && it.patient == *patient);
        let open = theirs.filter(|it| it.opened_at <= now && now < it.ends());
        open.max_by_key(|it| it.opened_at).map(Broken::haste)
    }

    /// One of them.
    pub fn get(&self, entry: &EntryId) -> Option<&Broken> {
        self.all.get(entry)
    }

    /// What waits for its review, the oldest first, so that what is late is first of all.
    pub fn unreviewed(&self) -> Vec<&Broken> {
        let mut waiting: Vec<&Broken> = self.all.values().filter(|it| it.review.is_none()).collect();
        waiting.sort_by_key(|it| it.opened_at);
        waiting
    }

    /// What became late since this was asked last, the oldest first; after a start, all that is late.
    pub fn newly_late(&mut self, now: Timestamp) -> Vec<EntryId> {
        let late = self.unreviewed().into_iter().filter(|it| it.late(now)).map(|it| it.entry.clone());
        let late: Vec<EntryId> = late.collect();
        late.into_iter().filter(|entry| self.said_late.insert(entry.clone())).collect()
    }

    /// What somebody looks into further.
    pub fn investigated(&self) -> impl Iterator<Item = &Broken> {
        let open = |it: &&Broken| it.review.as_ref().is_some_and(|r| r.verdict == Verdict::Investigate);
        self.all.values().filter(open)
    }
}
