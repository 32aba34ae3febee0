//! What an action is about. Nobody is named: patients are blind ids, people and photos are random ones.

use std::collections::BTreeSet;

use gauze_wire::CaptureId;
use serde::{Deserialize, Serialize};

use crate::line::EntryId;
use crate::person::{PersonId, Team};

/// A patient's blind id: a keyed hash that the index for people makes. Whoever lacks the key learns nothing from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PatientRef(pub String);

/// A filed photo as roles see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Which.
    pub id: CaptureId,
    /// Whose it is: the team of its record, as last amended.
    pub team: Option<Team>,
    /// Whom it shows, as last amended.
    pub patient: Option<PatientRef>,
    /// It was erased: nothing opens it.
    pub erased: bool,
    /// It is held for a court or an inquiry: nothing erases it.
    pub held: bool,
    /// The hospital's rules keep it no longer.
    pub due: bool,
    /// Who put in force the rules that keep it no longer.
    pub ruled_by: Option<PersonId>,
    /// Who asked for it to be erased.
    pub proposed_by: Option<PersonId>,
}

/// A patient as roles see one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// Who, blindly.
    pub id: PatientRef,
    /// Teams that hold a photo of them.
    pub teams: BTreeSet<Team>,
    /// Some photo of them names no team.
    pub no_team: bool,
}

/// A break-glass that is to be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The entry that opened it.
    pub entry: EntryId,
    /// Who opened it.
    pub by: PersonId,
    /// Whose photos.
    pub patient: PatientRef,
    /// Teams that hold a photo of that patient.
    pub teams: BTreeSet<Team>,
}

/// What an action is about. Each action takes some of these only (`policies/people.cedarschema`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A photo: view, compare, view without a mark, proof, who looked, export, link, amend, hold, propose erasure, erase.
    Photo(Photo),
    /// The work list of a team, or of photos without one: list.
    WorkList(Option<Team>),
    /// A patient: list, search, who looked, break-glass.
    Patient(Patient),
    /// Another person: roles, sessions, a lost factor.
    Person(PersonId),
    /// A break-glass: review.
    Opened(Opened),
    /// The hospital as a whole: a search that found nobody yet, the log, phones, settings, retention.
    Hospital,
}
