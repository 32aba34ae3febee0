//! What an entry holds.

use std::collections::BTreeSet;

use gauze_wire::{Digest, Shape, Signed, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::failure::LogFailure;
use crate::acting::{Acting, Factor, Network};
use crate::action::Action;
use crate::context::{Purpose, Reason};
use crate::deed::{Deed, DeniedCause};
use crate::line::EntryId;
use crate::person::{PersonId, Role, Team};
use crate::subject::{PatientRef, Subject};
use crate::words::Note;

macro_rules! happenings {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What happens beside the actions that roles allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Happening {
            $($(#[$doc])* $name,)*
        }

        impl Happening {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

happenings! {
    /// Somebody signed in, or was refused.
    SignIn,
    /// A second factor was proven or failed.
    Factor,
    /// A second factor was enrolled, locked or removed.
    FactorChange,
    /// A session ended, by whom it says.
    SignOut,
    /// A request that was refused before a role was asked: a forged form, an unknown link.
    Request,
    /// A link was asked for, opened, copied from, refused or revoked; `note` says which of them and the link's number.
    Link,
    /// Leads and governance were told by mail of a break-glass, of a case, or of a document whose review is due; `note` says what.
    Mail,
    /// An operator said at the gateway that something went wrong; `note` is whether it happened, when somebody noticed and when it was
    /// said, and the SHA-256 of what the gateway carried; or how many did beyond a day's measure, and where.
    OperatorReport,
    /// A phone said that something went wrong; `note` as of an operator's.
    PhoneReport,
    /// Governance is reminded of a case whose time runs; `note` is how much of it is over and the case's number.
    CaseReminder,
    /// The service started or stopped.
    Service,
    /// A notice to the hospital's people was read; `note` is its code and version.
    NoticeRead,
    /// A photo whose time was over was erased by a command of whoever runs the machine; `who` is whom the command named.
    PhotoErased,
    /// A command of whoever runs the machine looked for whose view a picture was; `who` is whom the command named.
    MarkSought,
    /// An entry of this log was erased by law: `note` is its number.
    EntryErased,
    /// Bytes behind the last whole entry were set aside: a write that nobody was told of.
    TornTail,
}

/// What an entry is of: one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum What {
    /// An action that a role allows.
    Action(Action),
    /// Something else.
    Happening(Happening),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was allowed, or it succeeded.
    Done,
    /// It was refused, or it failed.
    Refused,
}

/// What kind of thing it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A photo.
    Photo,
    /// A work list.
    WorkList,
    /// A patient.
    Patient,
    /// A person of the hospital.
    Person,
    /// A break-glass.
    Opened,
    /// The hospital as a whole.
    Hospital,
}

/// What it was about. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its kind.
    pub kind: Kind,
    /// Its id, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The patient, blindly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientRef>,
    /// The teams that hold it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub teams: BTreeSet<Team>,
}

impl About {
    /// Of what an action is about.
    pub fn of(subject: &Subject) -> Self {
        let about = |kind, id: Option<String>| Self { kind, id, patient: None, teams: BTreeSet::new() };
        match subject {
            Subject::Photo(photo) => Self {
                patient: photo.patient.clone(),
                teams: photo.team.iter().cloned().collect(),
                ..about(Kind::Photo, Some(photo.id.to_string()))
            },
            Subject::WorkList(team) => {
                Self { teams: team.iter().cloned().collect(), ..about(Kind::WorkList, None) }
            }
            Subject::Patient(patient) => Self {
                patient: Some(patient.id.clone()),
                teams: patient.teams.clone(),
                ..about(Kind::Patient, None)
            },
            Subject::Person(person) => about(Kind::Person, Some(person.0.clone())),
            Subject::Opened(opened) => Self {
                patient: Some(opened.patient.clone()),
                teams: opened.teams.clone(),
                ..about(Kind::Opened, Some(opened.entry.as_str().to_owned()))
            },
            Subject::Hospital => about(Kind::Hospital, None),
        }
    }
}

/// One entry, `typ` `gauze-access`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Format version: 1.
    pub v: u32,
    /// Always `gauze-access`.
    pub typ: String,
    /// Whose log.
    pub tenant: Tenant,
    /// Its own id.
    pub id: EntryId,
    /// When, by the records side's clock.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// How it ended.
    pub outcome: Outcome,
    /// Who; absent where nobody was known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<PersonId>,
    /// The roles they had at that moment.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// The session's reference, never the cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// How the second factor was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Factor>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// What about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// Why, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The break-glass under which it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub haste: Option<EntryId>,
    /// The policies that decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The hash of the policy set in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<Digest>,
    /// A word or number of the program's own: a cause, a verdict, a hash. Never what a person typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

impl Signed for Entry {
    const TYP: &'static str = "gauze-access";

    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}

/// Something that happened and that no role allows or forbids.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
    /// How it ended.
    pub outcome: Outcome,
    /// Who, as far as known; with their session, factor and roles where they are signed in.
    pub who: Option<PersonId>,
    /// Their session's reference.
    pub session: Option<String>,
    /// How the second factor was proven.
    pub factor: Option<Factor>,
    /// From where.
    pub network: Option<Network>,
    /// What about, where it is about a photo.
    pub about: Option<About>,
    /// What somebody wrote, sealed.
    pub reason: Option<Reason>,
    /// A word of the program's own: which factor failed, why a token does not count.
    pub note: Option<Note>,
}

impl Event {
    /// Something that nobody signed in did.
    pub fn of(what: Happening, outcome: Outcome, at: Timestamp) -> Self {
        Self {
            at,
            what,
            outcome,
            who: None,
            session: None,
            factor: None,
            network: None,
            about: None,
            reason: None,
            note: None,
        }
    }

    /// The same, by this person.
    #[must_use]
    pub fn by(self, acting: &Acting) -> Self {
        Self {
            who: Some(acting.person.id.clone()),
            session: Some(acting.session.clone()),
            factor: Some(acting.factor),
            network: Some(acting.network),
            ..self
        }
    }

    /// The same, with a word.
    #[must_use]
    pub fn noting(self, note: Note) -> Self {
        Self { note: Some(note), ..self }
    }
}

impl Entry {
    fn bare(tenant: &Tenant, at: Timestamp, what: What, outcome: Outcome) -> Result<Self, LogFailure> {
        Ok(Self {
            v: 1,
            typ: Self::TYP.to_owned(),
            tenant: tenant.clone(),
            id: EntryId::random().map_err(|error| LogFailure::Entry(error.to_string()))?,
            at,
            what,
            outcome,
            who: None,
            roles: BTreeSet::new(),
            session: None,
            factor: None,
            network: None,
            about: None,
            purpose: None,
            reason: None,
            haste: None,
            policies: Vec::new(),
            policy_set: None,
            note: None,
        })
    }

    pub(super) fn of_deed(tenant: &Tenant, deed: &Deed, outcome: Outcome) -> Result<Self, LogFailure> {
        let context = &deed.context;
        Ok(Self {
            who: Some(deed.acting.person.id.clone()),
            roles: deed.acting.person.roles.clone(),
            session: Some(deed.acting.session.clone()),
            factor: Some(deed.acting.factor),
            network: Some(deed.acting.network),
            about: Some(About::of(&deed.subject)),
            purpose: Some(context.purpose),
            reason: context.reason.clone(),
            haste: context.haste.as_ref().map(|haste| haste.entry.clone()),
            policies: deed.policies.clone(),
            policy_set: Some(deed.policy_set),
            note: deed.note.clone(),
            ..Self::bare(tenant, context.at, What::Action(deed.action), outcome)?
        })
    }

    pub(super) fn of_refusal(tenant: &Tenant, deed: &Deed, cause: &DeniedCause) -> Result<Self, LogFailure> {
        let word = match cause {
            DeniedCause::NoPermit => "no_permit",
            DeniedCause::Forbidden(_) => "forbidden",
            DeniedCause::Misfit(_) => "misfit",
        };
        let note = Note::new(word).map_err(|error| LogFailure::Entry(error.to_string()))?;
        Ok(Self { note: Some(note), ..Self::of_deed(tenant, deed, Outcome::Refused)? })
    }

    pub(super) fn of_event(tenant: &Tenant, event: &Event) -> Result<Self, LogFailure> {
        Ok(Self {
            who: event.who.clone(),
            session: event.session.clone(),
            factor: event.factor,
            network: event.network,
            about: event.about.clone(),
            reason: event.reason.clone(),
            note: event.note.clone(),
            ..Self::bare(tenant, event.at, What::Happening(event.what), event.outcome)?
        })
    }
}

/// The number of the entry that this one says was erased.
pub(super) fn erased_by(entry: &Entry) -> Option<u64> {
    let note = entry.note.as_ref().filter(|_| entry.what == What::Happening(Happening::EntryErased))?;
    note.as_str().parse().ok()
}
