//! What sign-in tells the access log. It is written before the answer: what cannot be written is not done.

use gauze_people::acting::{Factor, Network};
use gauze_people::person::PersonId;

use super::roster::Soon;

/// What happened at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The provider knows the person; a second factor is still to come.
    Recognised,
    /// Signed in, or proven anew.
    SignedIn(Factor),
    /// A second factor was enrolled.
    Enrolled(Factor),
    /// A second factor was not proven; a stable code says why.
    FactorFailed(&'static str),
    /// A sign-in or a form was refused; a stable code says why.
    Refused(&'static str),
    /// A session ended, and by whom.
    Ended(EndedBy),
    /// A one-time code was made for somebody who enrols.
    CodeMade(PersonId),
    /// Somebody spoke for a person who lost their factor.
    SpokeFor(PersonId),
}

/// Who ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// The person.
    Person,
    /// An administrator.
    Administrator,
    /// The provider.
    Provider,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it, where that is known.
    pub by: Option<PersonId>,
    /// Their session's reference.
    pub session: Option<String>,
    /// From where.
    pub network: Network,
    /// What.
    pub what: Happened,
}

/// The access log cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access log cannot be written")]
pub struct LogFailed;

/// Writes lines that are durable when it answers.
pub trait Log: Send + Sync {
    /// Writes one.
    fn write(&self, event: Event) -> Soon<'_, Result<(), LogFailed>>;
}

/// Lines in the program's own log, for as long as there is no access log to write them to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traced;

impl Log for Traced {
    fn write(&self, event: Event) -> Soon<'_, Result<(), LogFailed>> {
        tracing::info!(by = ?event.by, session = ?event.session, network = ?event.network, what = ?event.what, "access");
        Box::pin(std::future::ready(Ok(())))
    }
}
