//! From what somebody asks for to the line that allows it, for every page.
//!
//! Always: what is refused stands in the log before it is answered; what is allowed is done only with the [`Logged`] that its
//! line made.

use gauze_people::action::{Act, Action};
use gauze_people::context::{Context, Purpose};
use gauze_people::log::{Event, Happening, LogFailure, Outcome};
use gauze_people::person::PersonId;
use gauze_people::subject::Subject;
use gauze_people::{Authorised, Logged, Note};
use jiff::Timestamp;

use super::Web;
use super::refusal::Refusal;
use super::signed::Signed;
use super::told::Happened;

/// Running the service, at this moment.
pub(super) fn running(at: Timestamp) -> Context {
    Context { purpose: Purpose::Administration, ..Context::care(at) }
}

/// Whom a page about people is opened for: nobody in particular.
fn anybody() -> Subject {
    Subject::Person(PersonId(String::new()))
}

impl Web {
    /// What a role allows, not yet written down; a refusal is.
    pub(crate) async fn allowed<A: Act>(
        &self,
        signed: &Signed,
        act: A,
        subject: &Subject,
        context: &Context,
    ) -> Result<Authorised<A>, Refusal> {
        match self.roles().authorise(&signed.acting, act, subject, context) {
            Ok(authorised) => Ok(authorised),
            Err(denied) => {
                let why = if denied.wants_another_place() { Refusal::NotHere } else { Refusal::NotAllowed };
                let refused = self.log().refuse(denied).await.map_err(|error| unwritten(&error))?;
                tracing::info!(line = refused.line.index, code = why.code(), "refused by role");
                Err(why)
            }
        }
    }

    /// Its line is written: now it may be done.
    pub(super) async fn append<A: Act>(&self, authorised: Authorised<A>) -> Result<Logged<A>, Refusal> {
        self.log().append(authorised).await.map_err(|error| unwritten(&error))
    }

    /// What somebody's role allows towards a person, not yet written down; a refusal is.
    pub(super) async fn allowed_towards<A: Act>(
        &self,
        signed: &Signed,
        act: A,
        person: &PersonId,
    ) -> Result<Authorised<A>, Refusal> {
        self.allowed(signed, act, &Subject::Person(person.clone()), &running(self.now())).await
    }

    /// Whether a role would allow it towards a person with a fresh proof: to show or to hide something, never to do it.
    pub(super) fn may_towards(&self, signed: &Signed, action: Action, person: &PersonId) -> bool {
        self.would(signed, action, &Subject::Person(person.clone()))
    }

    /// Opens a page about people to whom a role allows what is done there; the refusal is written down.
    pub(super) async fn opens(&self, signed: &Signed, action: Action) -> Result<(), Refusal> {
        self.opens_for(signed, action, &anybody()).await
    }

    /// As [`Web::opens`], for what is about `subject`.
    pub(super) async fn opens_for(
        &self,
        signed: &Signed,
        action: Action,
        subject: &Subject,
    ) -> Result<(), Refusal> {
        if self.would(signed, action, subject) {
            return Ok(());
        }
        self.tell(signed, Happened::Refused(Refusal::NotAllowed.code())).await?;
        Err(Refusal::NotAllowed)
    }

    /// An address or an id that leads nowhere: somebody tries them, or a page is old. The refusal is written down.
    pub(crate) async fn nowhere(&self, signed: &Signed) -> Refusal {
        let event = Event::of(Happening::Request, Outcome::Refused, self.now()).by(&signed.acting);
        let event = Event { note: Note::new(Refusal::NoPage.code()).ok(), ..event };
        match self.log().note(&event).await {
            Ok(_) => Refusal::NoPage,
            Err(error) => unwritten(&error),
        }
    }

    fn would(&self, signed: &Signed, action: Action, subject: &Subject) -> bool {
        let mut acting = signed.acting.clone();
        acting.factor_at = self.now();
        self.roles().decide(&acting, action, subject, &running(acting.factor_at)).outcome.is_ok()
    }
}

/// The log failed, and so nothing is done.
pub(super) fn unwritten(error: &LogFailure) -> Refusal {
    tracing::error!(code = error.code(), %error, "the access log cannot be written: nothing is shown");
    Refusal::LogFailed
}
