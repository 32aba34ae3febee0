//! What went wrong, or nearly: reported by anybody, looked after by governance, with 72 hours from when somebody knew.
//!
//! The log is the only memory: a report, each step, each reminder and each mail about one is a line, so that a restart forgets
//! no case and no clock. A reminder is [`Cases::claim`]ed in memory before its line is written, so that it is written once. A
//! case's time never runs backward: the latest time of any line since its report counts. No line of a case is erased by law.

mod carried;
mod note;

use std::collections::{BTreeMap, BTreeSet};

use gauze_wire::{CaptureId, Digest};
use jiff::{SignedDuration, Timestamp};

use crate::action::{Act, Action, act};
use crate::context::Reason;
use crate::deed::Logged;
use crate::log::{Entry, Event, Happening, Outcome, What};
use crate::person::PersonId;
use crate::words::Note;

use carried::Known;
pub use carried::{A_DAY, Carried, Crowd, Teller};
pub use note::{Decision, Kind, Reminder, Step, named, naming};

/// How long the hospital may take to tell the regulator, in hours.
pub const HOURS: i64 = 72;

/// A step that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The number of its line.
    pub line: u64,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub step: Step,
    /// In words, sealed.
    pub reason: Option<Reason>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody looks after it yet.
    Reported,
    /// Somebody does.
    Owned,
    /// It is decided whether the regulator is told.
    Decided(Decision),
    /// The regulator was told.
    Told,
    /// Nothing more is to be done.
    Closed,
}

/// Who reported a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// A person of the hospital, who was signed in.
    Person(PersonId),
    /// Nobody of them: the gateway carried it.
    Carried(Teller),
}

impl Reporter {
    /// The person.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Carried(_) => None,
        }
    }
}

/// Why a step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// There is no such case.
    NoCase,
    /// It is closed.
    Closed,
    /// Nobody looks after it.
    Unowned,
    /// It is not decided whether the regulator is told.
    Undecided,
    /// The regulator is to be told, and was not.
    Untold,
    /// There is no such task, or it is done.
    NoTask,
}

/// One case and what became of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number: that of its report's line.
    pub number: u64,
    /// What its reporter says it is.
    pub kind: Kind,
    /// Who reported it.
    pub by: Reporter,
    /// When it was reported.
    pub at: Timestamp,
    /// When it was reported by the clock of the gateway or the phone, where the gateway carried it and that is known.
    pub made_at: Option<Timestamp>,
    /// Where it is reports that came beyond a day's measure: the line of each piece of them.
    pub crowds: Vec<(u64, Crowd)>,
    /// When somebody became aware of it: never after the report.
    pub aware_at: Timestamp,
    /// What and whose, sealed.
    pub reason: Option<Reason>,
    /// What was done, in its order.
    pub steps: Vec<Taken>,
    /// Reminders that have a line, and when.
    pub reminded: BTreeMap<Reminder, Timestamp>,
    claimed: BTreeSet<Reminder>,
    mailed: BTreeSet<Reminder>,
    latest: Timestamp,
}

impl Case {
    /// Who looks after it.
    pub fn owner(&self) -> Option<&PersonId> {
        self.steps.iter().rev().find(|taken| taken.step == Step::Own).map(|taken| &taken.by)
    }

    /// What holds of whether the regulator is told.
    pub fn decision(&self) -> Option<Decision> {
        self.steps.iter().rev().find_map(|taken| match taken.step {
            Step::Decide(decision) => Some(decision),
            _ => None,
        })
    }

    fn told(&self) -> bool {
        self.steps.iter().any(|taken| taken.step == Step::Told)
    }

    /// How far it is.
    pub fn state(&self) -> State {
        let last = self.steps.iter().rev().find(|taken| matches!(taken.step, Step::Decide(_) | Step::Close));
        match (last.map(|taken| taken.step), self.decision()) {
            (Some(Step::Close), _) => State::Closed,
            (_, Some(_)) if self.told() => State::Told,
            (_, Some(decision)) => State::Decided(decision),
            (_, None) if self.owner().is_some() => State::Owned,
            (_, None) => State::Reported,
        }
    }

    /// Whether it counts as something that nearly happened.
    pub fn near_miss(&self) -> bool {
        self.kind == Kind::NearMiss && self.decision() != Some(Decision::Reportable)
    }

    /// By when the regulator is told.
    pub fn due(&self) -> Timestamp {
        self.over(Reminder::Late)
    }

    fn over(&self, reminder: Reminder) -> Timestamp {
        self.aware_at.saturating_add(reminder.after()).unwrap_or(Timestamp::MAX)
    }

    /// Whether its clock runs: until the regulator is told, or need not be.
    pub fn runs(&self) -> bool {
        let stopped = self.told() || self.decision() == Some(Decision::NotReportable);
        !self.near_miss() && !stopped && self.state() != State::Closed
    }

    /// What is left of its time; less than nothing where it is late.
    pub fn left(&self, now: Timestamp) -> SignedDuration {
        self.due().duration_since(self.latest.max(now))
    }

    /// Whether its time ran out.
    pub fn late(&self, now: Timestamp) -> bool {
        self.runs() && self.left(now) <= SignedDuration::ZERO
    }

    /// What is to be done, and the step that did it.
    pub fn tasks(&self) -> Vec<(&Taken, Option<&Taken>)> {
        let tasks = self.steps.iter().filter(|taken| taken.step == Step::Task);
        tasks.map(|task| (task, self.steps.iter().find(|it| it.step == Step::Done(task.line)))).collect()
    }

    /// Photos that are concerned.
    pub fn photos(&self) -> BTreeSet<CaptureId> {
        let photo = |taken: &Taken| match taken.step {
            Step::Photo(photo) => Some(photo),
            _ => None,
        };
        self.steps.iter().filter_map(photo).collect()
    }

    /// Phones that are concerned.
    pub fn phones(&self) -> BTreeSet<Digest> {
        let phone = |taken: &Taken| match taken.step {
            Step::Phone(phone) => Some(phone),
            _ => None,
        };
        self.steps.iter().filter_map(phone).collect()
    }

    /// Whether a step may be taken now.
    ///
    /// # Errors
    /// [`Unfit`]: what comes first.
    pub fn fits(&self, step: Step) -> Result<(), Unfit> {
        let reads = matches!(step, Step::Read | Step::Form | Step::Evidence);
        if self.state() == State::Closed && !reads && !matches!(step, Step::Decide(_)) {
            return Err(Unfit::Closed);
        }
        match step {
            Step::Done(line) => {
                let open = |(task, done): &(&Taken, Option<&Taken>)| task.line == line && done.is_none();
                if self.tasks().iter().any(open) { Ok(()) } else { Err(Unfit::NoTask) }
            }
            Step::Decide(_) if self.owner().is_none() => Err(Unfit::Unowned),
            Step::Told if self.decision().is_none() => Err(Unfit::Undecided),
            Step::Close if self.decision() == Some(Decision::Reportable) && !self.told() => {
                Err(Unfit::Untold)
            }
            Step::Close if self.decision().is_none() && !self.near_miss() => Err(Unfit::Undecided),
            _ => Ok(()),
        }
    }

    /// Whether that is to be told by mail: of reminders that have a line the newest alone, and none once the clock has stopped.
    pub fn unmailed(&self, reminder: Reminder) -> bool {
        let due = match reminder {
            Reminder::Reported => self.state() != State::Closed,
            Reminder::Day | Reminder::TwoDays | Reminder::SixLeft | Reminder::Late => {
                self.runs() && self.reminded.keys().next_back() == Some(&reminder)
            }
        };
        due && !self.mailed.contains(&reminder)
    }

    /// The line of a reminder.
    pub fn event(&self, reminder: Reminder, at: Timestamp) -> Event {
        Event { note: reminder.note(self.number), ..Event::of(Happening::CaseReminder, Outcome::Done, at) }
    }

    /// The line of a mail that was sent about it.
    pub fn mailed(&self, reminder: Reminder, at: Timestamp) -> Event {
        Event { note: reminder.note(self.number), ..Event::of(Happening::Mail, Outcome::Done, at) }
    }
}

/// All cases, kept up to date entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    all: BTreeMap<u64, Case>,
    /// Which reports they were made of.
    known: Known,
}

impl Cases {
    /// Takes in an entry, in the log's order.
    pub fn see(&mut self, number: u64, entry: &Entry) {
        self.tick(entry.at);
        let (Some(note), Outcome::Done) = (entry.note.as_ref().map(Note::as_str), entry.outcome) else {
            return;
        };
        match (entry.what, &entry.who) {
            (What::Action(Action::Report), Some(by)) => {
                if let Some((report, said)) = Kind::reported(note) {
                    self.put(number, Reporter::Person(by.clone()), report, entry.at, entry.reason.clone());
                    self.known.keep(None, said, number);
                }
            }
            (What::Happening(what @ (Happening::OperatorReport | Happening::PhoneReport)), _) => {
                self.see_carried(number, (what, note), entry.at, entry.reason.clone());
            }
            (What::Action(Action::Case | Action::CaseEvidence), Some(by)) => {
                let Some((step, case)) = Step::of(note) else { return };
                let (by, at, reason) = (by.clone(), entry.at, entry.reason.clone());
                self.take(case, Taken { line: number, by, at, step, reason });
            }
            (What::Happening(what @ (Happening::CaseReminder | Happening::Mail)), _) => {
                let Some((reminder, case)) = Reminder::of(note) else { return };
                if what == Happening::Mail {
                    self.mailed(case, reminder)
                } else {
                    self.reminded(case, reminder, entry.at)
                }
            }
            _ => {}
        }
    }

    fn put(
        &mut self,
        number: u64,
        by: Reporter,
        (kind, aware_at): (Kind, Timestamp),
        at: Timestamp,
        reason: Option<Reason>,
    ) {
        let case = Case {
            number,
            kind,
            by,
            at,
            made_at: None,
            crowds: Vec::new(),
            aware_at: aware_at.min(at),
            reason,
            steps: Vec::new(),
            reminded: BTreeMap::new(),
            claimed: BTreeSet::new(),
            mailed: BTreeSet::new(),
            latest: at,
        };
        self.all.insert(number, case);
    }

    fn take(&mut self, case: u64, taken: Taken) {
        // Who read it stands in the log, and changes nothing.
        if matches!(taken.step, Step::Read | Step::Form) {
            return;
        }
        if let Some(case) = self.all.get_mut(&case) {
            case.steps.push(taken);
        }
    }

    /// Takes in what was just reported, before the log is read again.
    pub fn report(&mut self, logged: &Logged<act::Report>, report: (Kind, Timestamp), said: Option<Digest>) {
        let (context, by) = (logged.context(), logged.acting().person.id.clone());
        let number = logged.line().index;
        self.put(number, Reporter::Person(by), report, context.at, context.reason.clone());
        self.known.keep(None, said, number);
    }

    /// The case of the report by which this teller, or a person of the hospital, says this, whatever it was sealed to.
    pub fn said(&self, teller: Option<Teller>, said: &Digest) -> Option<u64> {
        self.known.said(teller, said)
    }

    /// The same of a step.
    pub fn step<A: Act>(&mut self, logged: &Logged<A>, case: u64, step: Step) {
        let (context, by) = (logged.context(), logged.acting().person.id.clone());
        let (line, at, reason) = (logged.line().index, context.at, context.reason.clone());
        self.take(case, Taken { line, by, at, step, reason });
    }

    /// It is this late: no case will believe again that it is earlier.
    pub fn tick(&mut self, now: Timestamp) {
        for case in self.all.values_mut().filter(|case| case.state() != State::Closed) {
            case.latest = case.latest.max(now);
        }
    }

    /// Reminders that are due, have no line, and that nobody else writes: each is given to one caller alone, who writes its line and
    /// says [`Cases::reminded`], or [`Cases::unclaim`].
    pub fn claim(&mut self, now: Timestamp) -> Vec<(Reminder, Case)> {
        self.tick(now);
        let mut due = Vec::new();
        for case in self.all.values_mut().filter(|case| case.runs()) {
            for reminder in Reminder::LINES {
                let over = case.over(reminder) <= case.latest;
                if over && !case.reminded.contains_key(&reminder) && case.claimed.insert(reminder) {
                    due.push((reminder, case.clone()));
                }
            }
        }
        due
    }

    /// Its line could not be written: somebody tries again.
    pub fn unclaim(&mut self, case: u64, reminder: Reminder) {
        if let Some(case) = self.all.get_mut(&case) {
            case.claimed.remove(&reminder);
        }
    }

    /// A reminder has its line.
    pub fn reminded(&mut self, case: u64, reminder: Reminder, at: Timestamp) {
        if let Some(case) = self.all.get_mut(&case) {
            case.claimed.remove(&reminder);
            case.reminded.entry(reminder).or_insert(at);
        }
    }

    /// What is to be told by mail and was not, and of which case.
    pub fn unmailed(&self) -> Vec<(Reminder, u64)> {
        let waiting = self.all.values().flat_map(|case| {
            let all = std::iter::once(Reminder::Reported).chain(Reminder::LINES);
            all.filter(|reminder| case.unmailed(*reminder)).map(|reminder| (reminder, case.number))
        });
        waiting.collect()
    }

    /// That was just told, and has its line.
    pub fn mailed(&mut self, case: u64, reminder: Reminder) {
        if let Some(case) = self.all.get_mut(&case) {
            case.mailed.insert(reminder);
        }
    }

    /// The case of a number.
    pub fn get(&self, number: u64) -> Option<&Case> {
        self.all.get(&number)
    }

    /// Those that are not closed: those whose clock runs first, by when they are due.
    pub fn open(&self) -> Vec<&Case> {
        let mut open: Vec<&Case> = self.all.values().filter(|case| case.state() != State::Closed).collect();
        open.sort_by_key(|case| (!case.runs(), case.due()));
        open
    }

    /// Those that are, newest first.
    pub fn closed(&self) -> impl Iterator<Item = &Case> {
        self.all.values().rev().filter(|case| case.state() == State::Closed)
    }

    /// Those that nearly happened.
    pub fn near_misses(&self) -> impl Iterator<Item = &Case> {
        self.all.values().filter(|case| case.near_miss())
    }
}
