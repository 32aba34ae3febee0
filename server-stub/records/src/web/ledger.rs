//! The door's lines in the access log, and the roles of the records side's own list.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_people::Note;
use gauze_people::log::{AccessLog, Event as Line, Happening, Outcome};
use gauze_people::person::Person;
use gauze_people::roles::Claimed;
use jiff::Timestamp;

use super::roster::{RolesUnknown, Roster, Soon};
use super::told::{EndedBy, Event, Happened, Log, LogFailed};
use crate::access::grants;
use crate::clock::Clock;

/// Writes what happens at the door into the access log.
pub struct Ledger {
    log: Arc<AccessLog>,
    clock: Arc<dyn Clock>,
}

impl Ledger {
    /// Over the one writer of the log.
    pub fn new(log: Arc<AccessLog>, clock: Arc<dyn Clock>) -> Self {
        Self { log, clock }
    }

    fn line(&self, event: Event) -> Line {
        let (what, outcome, word) = match &event.what {
            Happened::Recognised => (Happening::SignIn, Outcome::Done, Some("recognised".to_owned())),
            Happened::SignedIn(_) => (Happening::SignIn, Outcome::Done, None),
            Happened::Enrolled(_) => (Happening::FactorChange, Outcome::Done, Some("enrolled".to_owned())),
            Happened::FactorFailed(code) => (Happening::Factor, Outcome::Refused, Some((*code).to_owned())),
            Happened::Refused(code) => (Happening::SignIn, Outcome::Refused, Some((*code).to_owned())),
            Happened::Ended(by) => (Happening::SignOut, Outcome::Done, Some(ended(*by).to_owned())),
            Happened::CodeMade(person) => {
                (Happening::FactorChange, Outcome::Done, Some(format!("code_{}", person.0)))
            }
            Happened::SpokeFor(person) => {
                (Happening::FactorChange, Outcome::Done, Some(format!("spoke_{}", person.0)))
            }
        };
        let factor = match event.what {
            Happened::SignedIn(factor) | Happened::Enrolled(factor) => Some(factor),
            _ => None,
        };
        // A word that does not fit is left out, never the line.
        let note = word.and_then(|word| Note::new(word).ok());
        let line = Line::of(what, outcome, self.clock.now());
        Line { who: event.by, session: event.session, factor, network: Some(event.network), note, ..line }
    }
}

fn ended(by: EndedBy) -> &'static str {
    match by {
        EndedBy::Person => "by_person",
        EndedBy::Administrator => "by_administrator",
        EndedBy::Provider => "by_provider",
    }
}

impl Log for Ledger {
    fn write(&self, event: Event) -> Soon<'_, Result<(), LogFailed>> {
        let line = self.line(event);
        Box::pin(async move {
            let written = self.log.note(&line).await;
            written.map(drop).map_err(|error| {
                tracing::error!(code = error.code(), %error, "the access log cannot be written: nothing is shown");
                LogFailed
            })
        })
    }
}

/// What the provider's claims say, and what `people/roles.json` adds, as it is at each request.
pub struct Listed {
    data: PathBuf,
}

impl Listed {
    /// The list under this data directory.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }
}

impl Roster for Listed {
    fn now(&self, claimed: Person, at: Timestamp) -> Soon<'_, Result<Person, RolesUnknown>> {
        let held = grants(&self.data).map(|grants| {
            let claims = Claimed {
                roles: claimed.roles.clone(),
                teams: claimed.teams.clone(),
                leads: claimed.leads.clone(),
            };
            grants.person(&claimed, &claims, at)
        });
        let held = held.map_err(|error| {
            tracing::error!(%error, "the list of roles cannot be read: nobody is let in");
            RolesUnknown
        });
        Box::pin(std::future::ready(held))
    }
}
