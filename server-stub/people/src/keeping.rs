//! What is kept for a court, what somebody asks to erase, what was erased, and whose the rules are.
//!
//! The log is the only memory of it but of what was erased. A line but of a wish is never erased by law:
//! whoever blanks one would end a hold, take away what proves an erasure, or erase alone by rules of their own.

use std::collections::BTreeMap;

use gauze_wire::{CaptureId, Digest, FilingRefusal};
use jiff::Timestamp;

use crate::action::{Action, act};
use crate::context::{Reason, ReasonCode};
use crate::deed::Logged;
use crate::line::EntryId;
use crate::log::{Entry, Happening, Outcome, What};
use crate::person::PersonId;
use crate::subject::Subject;
use crate::words::{Note, Sealed};

/// What a line says that changes what is kept; its word is its note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is held from now on, or no longer.
    Hold(bool),
    /// Somebody asks for it to be erased, or takes that back.
    Ask(bool),
}

impl Step {
    /// The note of its line; nothing where it cannot be written.
    pub fn note(self) -> Option<Note> {
        let word = match self {
            Self::Hold(true) => "set",
            Self::Hold(false) => "lifted",
            Self::Ask(true) => "asked",
            Self::Ask(false) => "withdrawn",
        };
        Note::new(word).ok()
    }

    fn read(action: Action, note: &str) -> Option<Self> {
        match (action, note) {
            (Action::Hold, "set") => Some(Self::Hold(true)),
            (Action::Hold, "lifted") => Some(Self::Hold(false)),
            (Action::ProposeErasure, "asked") => Some(Self::Ask(true)),
            (Action::ProposeErasure, "withdrawn") => Some(Self::Ask(false)),
            _ => None,
        }
    }
}

/// A hold, or a wish that a photo be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Whose.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// On which ground, with the words sealed.
    pub reason: Option<Reason>,
    /// The number of its line.
    pub line: u64,
}

/// A line under which one photo is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasing {
    /// By whom.
    pub by: PersonId,
    /// Who had asked for it, where that is the ground.
    pub asked_by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
    /// On which ground.
    pub ground: ReasonCode,
    /// Why, in words: what its own line says of it, sealed.
    pub words: Option<Sealed>,
    /// The sealed file that goes.
    pub sha256: Digest,
    /// The rules of retention by which it was judged.
    pub rules: Option<Digest>,
    /// Why it had been refused, where it was never filed.
    pub refused: Option<FilingRefusal>,
    /// The number of its line.
    pub line: u64,
    /// Its id.
    pub entry: EntryId,
}

/// All of it, kept up to date entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Keepings {
    held: BTreeMap<CaptureId, Wish>,
    asked: BTreeMap<CaptureId, Wish>,
    erasing: BTreeMap<u64, (CaptureId, Erasing)>,
    /// Who put which rules in force last.
    ruled: BTreeMap<Digest, PersonId>,
}

fn about(entry: &Entry) -> Option<CaptureId> {
    entry.about.as_ref()?.id.as_ref()?.parse().ok()
}

/// The note of a line under which a photo is erased: its sealed file, and the rules by which that was judged.
pub fn noted(sha256: &Digest, rules: Option<&Digest>) -> Option<Note> {
    let rules = rules.map(|rules| format!("/{rules}")).unwrap_or_default();
    Note::new(format!("{sha256}{rules}")).ok()
}

/// The note of a line under which a photo is erased that was refused for this and never filed, as this person asked.
pub fn noted_refused(sha256: &Digest, cause: FilingRefusal, asked_by: &PersonId) -> Option<Note> {
    Note::new(format!("{sha256}/refused:{}/asked:{}", cause.code(), asked_by.0)).ok()
}

/// What such a line says: the file, the rules it was judged by, and of a photo that was refused why and who asked.
#[derive(Default)]
struct Noted {
    rules: Option<Digest>,
    refused: Option<FilingRefusal>,
    asked_by: Option<PersonId>,
}

fn digests(note: &Note) -> Option<(Digest, Noted)> {
    let mut parts = note.as_str().split('/');
    let sha256 = parts.next()?.parse().ok()?;
    let said = match (parts.next(), parts.next()) {
        (None, _) => Noted::default(),
        (Some(rules), None) => Noted { rules: Some(rules.parse().ok()?), ..Noted::default() },
        (Some(refused), Some(asked)) => {
            let cause = refused.strip_prefix("refused:")?;
            let refused = FilingRefusal::ALL.into_iter().find(|known| known.code() == cause);
            let asked_by = Some(PersonId(asked.strip_prefix("asked:")?.to_owned()));
            Noted { refused: Some(refused?), asked_by, rules: None }
        }
    };
    parts.next().is_none().then_some((sha256, said))
}

/// What a line notes under which rules of retention are put in force.
pub fn ruling(rules: &Digest) -> Option<Note> {
    Note::new(format!("rules:{rules}")).ok()
}

impl Keepings {
    /// Takes in an entry, in the log's order.
    pub fn see(&mut self, number: u64, entry: &Entry) {
        let (Some(by), Some(note), Outcome::Done) = (&entry.who, &entry.note, entry.outcome) else { return };
        if entry.what == What::Action(Action::Retention) {
            let rules = note.as_str().strip_prefix("rules:").and_then(|rules| rules.parse().ok());
            self.ruled.extend(rules.map(|rules| (rules, by.clone())));
        }
        let Some(photo) = about(entry) else { return };
        let wish = || Wish { by: by.clone(), at: entry.at, reason: entry.reason.clone(), line: number };
        match entry.what {
            What::Action(action @ (Action::Hold | Action::ProposeErasure)) => {
                if let Some(step) = Step::read(action, note.as_str()) {
                    self.take(photo, step, wish());
                }
            }
            What::Action(Action::Erase) | What::Happening(Happening::PhotoErased) => {
                let Some((sha256, Noted { rules, refused, asked_by })) = digests(note) else { return };
                let why = entry.reason.clone();
                let why = why.unwrap_or(Reason { code: ReasonCode::RetentionOver, sealed_words: None });
                let Reason { code: ground, sealed_words: words } = why;
                let (at, entry) = (entry.at, entry.id.clone());
                let (by, line) = (by.clone(), number);
                let erasing =
                    Erasing { by, asked_by, at, ground, words, sha256, rules, refused, line, entry };
                self.erase(photo, erasing);
            }
            _ => {}
        }
    }

    fn take(&mut self, photo: CaptureId, step: Step, wish: Wish) {
        match step {
            // The first hold stays the one that is shown until it is lifted.
            Step::Hold(true) => drop(self.held.entry(photo).or_insert(wish)),
            Step::Hold(false) => drop(self.held.remove(&photo)),
            Step::Ask(true) => drop(self.asked.insert(photo, wish)),
            Step::Ask(false) => drop(self.asked.remove(&photo)),
        }
    }

    fn erase(&mut self, photo: CaptureId, erasing: Erasing) {
        let wish = self.asked.remove(&photo);
        let wished = wish.filter(|_| erasing.ground != ReasonCode::RetentionOver).map(|wish| wish.by);
        let asked_by = erasing.asked_by.clone().or(wished);
        self.erasing.insert(erasing.line, (photo, Erasing { asked_by, ..erasing }));
    }

    /// Takes in what was just written, before the log is read again.
    pub fn held(&mut self, logged: &Logged<act::Hold>, on: bool) {
        if let Some((photo, wish)) = wish_of(logged) {
            self.take(photo, Step::Hold(on), wish);
        }
    }

    /// The same of a wish that a photo be erased.
    pub fn asked(&mut self, logged: &Logged<act::ProposeErasure>, on: bool) {
        if let Some((photo, wish)) = wish_of(logged) {
            self.take(photo, Step::Ask(on), wish);
        }
    }

    /// The same of an erasure; what it says.
    pub fn erased(
        &mut self,
        logged: &Logged<act::Erase>,
        (sha256, rules): (Digest, Option<Digest>),
    ) -> Option<Erasing> {
        let (photo, Wish { by, at, reason, line }) = wish_of(logged)?;
        let Reason { code: ground, sealed_words: words } = reason?;
        let (asked_by, refused, entry) = (None, None, logged.line().id.clone());
        self.erase(photo, Erasing { by, asked_by, at, ground, words, sha256, rules, refused, line, entry });
        self.erasing.get(&line).map(|(_, erasing)| erasing.clone())
    }

    /// The same of rules that are put in force.
    pub fn ruled(&mut self, logged: &Logged<act::Retention>, rules: Digest) {
        self.ruled.insert(rules, logged.acting().person.id.clone());
    }

    /// Who put these rules in force, the last time; nobody where no line says so.
    pub fn ruled_by(&self, rules: &Digest) -> Option<&PersonId> {
        self.ruled.get(rules)
    }

    /// Why a photo is held.
    pub fn hold(&self, photo: &CaptureId) -> Option<&Wish> {
        self.held.get(photo)
    }

    /// Who asks for it to be erased.
    pub fn wish(&self, photo: &CaptureId) -> Option<&Wish> {
        self.asked.get(photo)
    }

    /// All that is held, the oldest first.
    pub fn holds(&self) -> Vec<(CaptureId, Wish)> {
        by_age(&self.held)
    }

    /// All that somebody asks to erase, the oldest first.
    pub fn wishes(&self) -> Vec<(CaptureId, Wish)> {
        by_age(&self.asked)
    }

    /// All erasures, the newest first: also those that were cut off behind their line.
    pub fn erasures(&self) -> impl Iterator<Item = &(CaptureId, Erasing)> {
        self.erasing.values().rev()
    }
}

fn by_age(all: &BTreeMap<CaptureId, Wish>) -> Vec<(CaptureId, Wish)> {
    let mut all: Vec<_> = all.iter().map(|(photo, wish)| (*photo, wish.clone())).collect();
    all.sort_by_key(|(_, wish)| wish.line);
    all
}

fn wish_of<A: crate::action::Act>(logged: &Logged<A>) -> Option<(CaptureId, Wish)> {
    let Subject::Photo(photo) = logged.subject() else { return None };
    let (context, line) = (logged.context(), logged.line().index);
    let by = logged.acting().person.id.clone();
    Some((photo.id, Wish { by, at: context.at, reason: context.reason.clone(), line }))
}
