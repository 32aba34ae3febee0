//! What information governance looks for in the log, and what a patient may be told of it. Pure: entries in, findings out.
//!
//! A finding accuses nobody: a nurse may well be asked to photograph a cousin. It names the entries, and a person judges.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gauze_wire::CaptureId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::acting::Network;
use crate::action::Action;
use crate::context::Purpose;
use crate::links::Step;
use crate::log::{About, Entry, Happening, Kept, Kind, Outcome, What};
use crate::person::{PersonId, Role};
use crate::subject::PatientRef;

/// What the log itself cannot know: who is related to whom. The index for people answers, from what is sealed.
pub trait Relations {
    /// Whether the patient may be the person.
    fn own(&self, who: &PersonId, patient: &PatientRef) -> bool;
    /// Whether the person and the patient have the same family name.
    fn same_family_name(&self, who: &PersonId, patient: &PatientRef) -> bool;
    /// Whether the patient works here.
    fn colleague(&self, patient: &PatientRef) -> bool;
}

/// What is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Somebody looked at their own photos.
    OwnRecord,
    /// At those of somebody with the same family name.
    SameFamilyName,
    /// At those of somebody who works here.
    Colleague,
    /// At more patients within an hour than care explains.
    ManyPatients,
}

/// A finding, with its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Noticed {
    /// What.
    pub finding: Finding,
    /// Who looked.
    pub who: PersonId,
    /// At whom; several for [`Finding::ManyPatients`].
    pub patients: BTreeSet<PatientRef>,
    /// Numbers of the entries.
    pub entries: Vec<u64>,
    /// The last of them.
    pub last: Timestamp,
}

/// Whether an entry is of somebody who saw something of a patient.
fn look(entry: &Entry) -> Option<(&PersonId, &PatientRef)> {
    let looked = matches!(
        entry.what,
        What::Action(
            Action::View
                | Action::Compare
                | Action::ViewUnmarked
                | Action::List
                | Action::Proof
                | Action::Export
                | Action::MakeLink
        )
    );
    let patient = entry.about.as_ref()?.patient.as_ref()?;
    (looked && entry.outcome == Outcome::Done).then_some((entry.who.as_ref()?, patient))
}

/// Reads a log in its order and keeps what is out of the ordinary.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Different patients within an hour from which on it is a finding.
    many: usize,
    noticed: BTreeMap<(Finding, PersonId, Option<PatientRef>), Noticed>,
    /// The last hour of each person: number, time, patient.
    hours: BTreeMap<PersonId, VecDeque<(u64, Timestamp, PatientRef)>>,
}

impl Watch {
    /// Finds people who looked at `many` different patients within an hour, or more.
    pub fn new(many: usize) -> Self {
        Self { many, noticed: BTreeMap::new(), hours: BTreeMap::new() }
    }

    /// Takes in an entry.
    pub fn see(&mut self, index: u64, entry: &Entry, relations: &impl Relations) {
        let Some((who, patient)) = look(entry) else { return };
        let one = BTreeSet::from([patient.clone()]);
        let mut notice = |finding| {
            let key = (finding, who.clone(), Some(patient.clone()));
            self.keep(key, &one, &[index], entry.at);
        };
        let own = relations.own(who, patient);
        if own {
            notice(Finding::OwnRecord);
        } else if relations.same_family_name(who, patient) {
            notice(Finding::SameFamilyName);
        }
        if !own && relations.colleague(patient) {
            notice(Finding::Colleague);
        }
        self.count(index, entry.at, (who, patient));
    }

    fn count(&mut self, index: u64, at: Timestamp, (who, patient): (&PersonId, &PatientRef)) {
        let hour = self.hours.entry(who.clone()).or_default();
        hour.push_back((index, at, patient.clone()));
        while hour
            .front()
            .is_some_and(|(_, then, _)| at.duration_since(*then) > SignedDuration::from_hours(1))
        {
            hour.pop_front();
        }
        let patients: BTreeSet<PatientRef> = hour.iter().map(|(_, _, patient)| patient.clone()).collect();
        if patients.len() >= self.many {
            let entries: Vec<u64> = hour.iter().map(|(index, ..)| *index).collect();
            self.keep((Finding::ManyPatients, who.clone(), None), &patients, &entries, at);
        }
    }

    fn keep(
        &mut self,
        key: (Finding, PersonId, Option<PatientRef>),
        patients: &BTreeSet<PatientRef>,
        entries: &[u64],
        at: Timestamp,
    ) {
        let (finding, who) = (key.0, key.1.clone());
        let bare = || Noticed { finding, who, patients: BTreeSet::new(), entries: Vec::new(), last: at };
        let noticed = self.noticed.entry(key).or_insert_with(bare);
        noticed.patients.extend(patients.iter().cloned());
        // Windows of an hour overlap: an entry stands once.
        let newest = noticed.entries.last().copied();
        noticed.entries.extend(entries.iter().filter(|&&index| newest.is_none_or(|newest| index > newest)));
        noticed.last = at;
    }

    /// What was found, newest first.
    pub fn findings(&self) -> Vec<&Noticed> {
        let mut found: Vec<&Noticed> = self.noticed.values().collect();
        found.sort_by_key(|noticed| std::cmp::Reverse(noticed.last));
        found
    }
}

/// What was done with a patient's photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// Somebody of the hospital did this.
    Action(Action),
    /// Somebody did this with the link of this number: that of the line by which it was made.
    Link(Step, u64),
}

impl Did {
    /// Nothing where the entry is of neither a person nor a link.
    fn of(entry: &Entry) -> Option<Self> {
        match entry.what {
            What::Action(action) if entry.who.is_some() => Some(Self::Action(action)),
            What::Happening(Happening::MarkSought) => Some(Self::Action(Action::FindMark)),
            What::Happening(Happening::Link) => {
                let (step, link) = entry.note.as_ref().and_then(Step::of_link)?;
                Some(Self::Link(step, link))
            }
            What::Action(_) | What::Happening(_) => None,
        }
    }
}

/// One line of who has looked. People stand in it by their ids; who shows it puts the names in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The entry.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// Who; nobody of the hospital where a link was used: its own line names who made it, and seals for whom.
    pub who: Option<PersonId>,
    /// As what.
    pub roles: BTreeSet<Role>,
    /// What they did.
    pub did: Did,
    /// Whether they were let.
    pub outcome: Outcome,
    /// What for.
    pub purpose: Option<Purpose>,
    /// From where.
    pub network: Option<Network>,
    /// Whether it was done under break-glass.
    pub in_haste: bool,
}

impl Looked {
    /// The line that an entry makes, whomever it is about.
    pub fn of(index: u64, entry: &Entry) -> Option<Self> {
        Some(Self {
            index,
            at: entry.at,
            who: entry.who.clone(),
            roles: entry.roles.clone(),
            did: Did::of(entry)?,
            outcome: entry.outcome,
            purpose: entry.purpose,
            network: entry.network,
            in_haste: entry.haste.is_some(),
        })
    }
}

/// Whose photos, or which photo, somebody asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All of this patient.
    Patient(PatientRef),
    /// This one, whosever it is.
    Photo(CaptureId),
}

impl Whose {
    /// As the log names it.
    pub fn reference(&self) -> String {
        match self {
            Self::Patient(patient) => patient.0.clone(),
            Self::Photo(photo) => photo.to_string(),
        }
    }

    fn is(&self, about: &About) -> bool {
        match self {
            Self::Patient(patient) => about.patient.as_ref() == Some(patient),
            Self::Photo(photo) => {
                about.kind == Kind::Photo && about.id.as_deref() == Some(photo.to_string().as_str())
            }
        }
    }
}

/// The line that an entry makes of who has looked; nothing where it is about others. What was done with links is in it, and so are
/// refusals: that somebody tried is the patient's to know.
pub fn looked_at(kept: &Kept, whose: &Whose) -> Option<Looked> {
    let entry = kept.entry.as_ref()?;
    entry.about.as_ref().filter(|about| whose.is(about))?;
    Looked::of(kept.index, entry)
}
