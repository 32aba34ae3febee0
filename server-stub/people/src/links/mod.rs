//! Links for somebody outside: opened so many times, until an instant, by whoever has its address and its code.
//!
//! The log is the only memory: a view that was spent, a code that was wrong and a link that was revoked are lines, so that a
//! restart gives nothing back. A view is [`Claimed`] in memory first and [`Spent`] once its line is written: whoever is cut off
//! between the two has lost a view, and nobody has gained one. A link's time never runs backward: the latest time of
//! any line since it was made counts.

mod note;

use std::collections::{BTreeMap, BTreeSet};

use gauze_wire::CaptureId;
use jiff::{SignedDuration, Timestamp};

use crate::acting::Network;
use crate::action::{Action, act};
use crate::context::Reason;
use crate::deed::Logged;
use crate::log::{About, AccessLog, Entry, Event, Happening, LogFailure, Outcome, What};
use crate::person::PersonId;
use crate::subject::Subject;
use crate::words::Note;

pub use note::{Shut, Step, Terms, making};

/// Wrong codes that end a link.
pub const WRONG_CODES: u32 = 5;
/// Steps of one link that are kept in memory, the newest of them.
const KEPT: usize = 100;
/// So far may a clock have run ahead when a link was made.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// A step of a link, as its maker reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub step: Step,
    /// From where.
    pub network: Option<Network>,
}

/// One link and what became of it.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its number: that of its line.
    pub number: u64,
    /// Who made it.
    pub by: PersonId,
    /// Of which photo.
    pub about: About,
    /// Why, and for whom: sealed.
    pub reason: Option<Reason>,
    /// When it was made.
    pub made_at: Timestamp,
    /// What it may be used for.
    pub terms: Terms,
    /// Views that were claimed or spent.
    pub opened: u32,
    /// Codes that were wrong.
    pub wrong: u32,
    /// The newest steps, in their order.
    pub told: Vec<Told>,
    revoked: bool,
    /// The latest time that it has seen.
    latest: Timestamp,
}

impl Link {
    /// When its time is over.
    pub fn ends(&self) -> Timestamp {
        self.made_at
            .saturating_add(SignedDuration::from_hours(24 * i64::from(self.terms.days)))
            .unwrap_or(Timestamp::MAX)
    }

    /// Why what was opened shows no more.
    pub fn stopped(&self, now: Timestamp) -> Option<Shut> {
        if self.revoked {
            Some(Shut::Revoked)
        } else if self.latest.max(now) >= self.ends()
            || now.saturating_add(AHEAD).is_ok_and(|now| now < self.made_at)
        {
            Some(Shut::Over)
        } else if self.wrong >= WRONG_CODES {
            Some(Shut::Locked)
        } else {
            None
        }
    }

    /// Why it cannot be opened again.
    pub fn shut(&self, now: Timestamp) -> Option<Shut> {
        let used_up = self.opened >= u32::from(self.terms.views);
        self.stopped(now).or(used_up.then_some(Shut::UsedUp))
    }

    /// A step of it, as the log takes it.
    pub fn event(&self, step: Step, at: Timestamp, network: Network) -> Event {
        let note = Note::new(format!("{}/{}", step.word(), self.number)).ok();
        let about = Some(self.about.clone());
        Event { note, about, network: Some(network), ..Event::of(Happening::Link, step.outcome(), at) }
    }

    fn photo(&self) -> Option<CaptureId> {
        self.about.id.as_ref()?.parse().ok()
    }

    fn tell(&mut self, told: Told) {
        if self.told.len() >= KEPT {
            self.told.remove(0);
        }
        self.told.push(told);
    }
}

/// A view that nobody else can have any more, and that has no line yet.
#[derive(Debug)]
#[must_use = "a view that was claimed is gone"]
pub struct Claimed {
    link: Link,
    photo: CaptureId,
    at: Timestamp,
}

impl Claimed {
    /// Writes its line: only then it opens anything.
    ///
    /// # Errors
    /// [`LogFailure`]: nothing may be shown, and the view is gone.
    pub async fn spend(
        self,
        log: &AccessLog,
        network: Network,
        session: String,
    ) -> Result<Spent, LogFailure> {
        let event = Event { session: Some(session), ..self.link.event(Step::Opened, self.at, network) };
        let line = log.note(&event).await?.index;
        Ok(Spent { photo: self.photo, line })
    }
}

/// A view of a link whose line is written: leave to open one photo.
#[derive(Debug)]
pub struct Spent {
    photo: CaptureId,
    line: u64,
}

impl Spent {
    /// Which photo.
    pub fn photo(&self) -> CaptureId {
        self.photo
    }

    /// The number of its line.
    pub fn line(&self) -> u64 {
        self.line
    }
}

/// All links, kept up to date entry by entry.
#[derive(Debug, Default)]
pub struct Links {
    all: BTreeMap<u64, Link>,
    by_address: BTreeMap<String, u64>,
    /// Those whose time may still run.
    running: BTreeSet<u64>,
}

impl Links {
    /// Takes in an entry, in the log's order.
    pub fn see(&mut self, number: u64, entry: &Entry) {
        self.tick(entry.at);
        let note = entry.note.as_ref().map(Note::as_str);
        match (entry.what, entry.outcome) {
            (What::Action(Action::MakeLink), Outcome::Done) => {
                let (Some(terms), Some(by), Some(about)) =
                    (note.and_then(Terms::read), &entry.who, &entry.about)
                else {
                    return;
                };
                self.put(number, (by.clone(), about.clone()), entry.reason.clone(), entry.at, terms);
            }
            (What::Happening(Happening::Link), _) => {
                let Some((step, number)) = note.and_then(Step::read) else { return };
                let Some(link) = self.all.get_mut(&number) else { return };
                match step {
                    Step::Opened => link.opened += 1,
                    Step::WrongCode => link.wrong += 1,
                    Step::Revoked => link.revoked = true,
                    Step::Asked | Step::Copied | Step::Refused(_) => {}
                }
                link.tell(Told { at: entry.at, step, network: entry.network });
            }
            _ => {}
        }
    }

    /// An entry was erased by law, and nobody knows what it was of: it may have been what ended any link that was there.
    pub fn erased(&mut self) {
        for number in &self.running {
            if let Some(link) = self.all.get_mut(number) {
                link.revoked = true;
            }
        }
    }

    /// Takes in what was just made, before the log is read again.
    pub fn made(&mut self, logged: &Logged<act::MakeLink>, terms: Terms) {
        let Subject::Photo(_) = logged.subject() else { return };
        let (by, about) = (logged.acting().person.id.clone(), About::of(logged.subject()));
        let context = logged.context();
        self.put(logged.line().index, (by, about), context.reason.clone(), context.at, terms);
    }

    fn put(
        &mut self,
        number: u64,
        of: (PersonId, About),
        reason: Option<Reason>,
        made_at: Timestamp,
        terms: Terms,
    ) {
        let (by, about) = of;
        self.by_address.insert(terms.address.clone(), number);
        self.running.insert(number);
        let link = Link {
            number,
            by,
            about,
            reason,
            made_at,
            terms,
            opened: 0,
            wrong: 0,
            told: Vec::new(),
            revoked: false,
            latest: made_at,
        };
        self.all.insert(number, link);
    }

    /// It is this late: no link will believe again that it is earlier.
    pub fn tick(&mut self, now: Timestamp) {
        let all = &mut self.all;
        self.running.retain(|number| {
            let Some(link) = all.get_mut(number) else { return false };
            link.latest = link.latest.max(now);
            link.latest < link.ends()
        });
    }

    /// The link at an address, by the keyed hash of it.
    pub fn at(&self, address: &str) -> Option<&Link> {
        self.get(*self.by_address.get(address)?)
    }

    /// The link of a number.
    pub fn get(&self, number: u64) -> Option<&Link> {
        self.all.get(&number)
    }

    /// All of them, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Link> {
        self.all.values().rev()
    }

    /// Judges a code, by its keyed hash, and claims a view where it is right. A wrong one is counted before this returns;
    /// nothing means that it was wrong.
    ///
    /// # Errors
    /// [`Shut`]: no code opens it.
    pub fn claim(&mut self, number: u64, code: &str, now: Timestamp) -> Result<Option<Claimed>, Shut> {
        self.tick(now);
        let link = self.all.get_mut(&number).ok_or(Shut::Over)?;
        if let Some(shut) = link.shut(now) {
            return Err(shut);
        }
        if link.terms.code != code {
            link.wrong += 1;
            return Ok(None);
        }
        let photo = link.photo().ok_or(Shut::Over)?;
        link.opened += 1;
        Ok(Some(Claimed { link: link.clone(), photo, at: now }))
    }

    /// Nothing opens by it any more, from now on.
    pub fn revoke(&mut self, number: u64) {
        if let Some(link) = self.all.get_mut(&number) {
            link.revoked = true;
        }
    }

    /// A step has its line.
    pub fn tell(&mut self, number: u64, told: Told) {
        if let Some(link) = self.all.get_mut(&number) {
            link.tell(told);
        }
    }
}
