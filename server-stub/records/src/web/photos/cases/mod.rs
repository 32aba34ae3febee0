//! What went wrong, or nearly: anybody reports it, governance looks after it, and 72 hours run.
//!
//! Always: a report is a line before it is thanked for; what a person wrote stands sealed in it; a step is judged and written
//! while no other can be; each reminder has one line, whoever looks and however often the service is restarted.

mod account;
mod carried;
mod concerned;
mod evidence;
mod files;
mod form;
mod list;
mod one;
mod phones;
mod report;
mod then;
mod told;
mod words;

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

use axum::http::StatusCode;
use gauze_people::action::{Action, act};
use gauze_people::cases::{Case, Cases, Reminder, Reporter, Step, Teller, Unfit};
use gauze_people::context::{Reason, ReasonCode};
use gauze_people::person::PersonId;
use gauze_people::subject::Subject;
use jiff::Timestamp;

use super::gate::broken;
use super::{Desk, DeskParts, Inner};
use crate::web::leave::running;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;
use account::{Account, pair};

pub(super) use carried::take as take_carried;
pub(super) use evidence::{form as evidence_form, take as evidence};
pub(super) use form::page as regulator;
pub(super) use list::page as list;
pub(super) use one::{act, page};
pub(super) use report::{form as report_form, save as report};

const PAGE: &str = "/cases";

type Names = std::collections::BTreeMap<String, String>;

impl DeskParts {
    fn cases(&self) -> RwLockReadGuard<'_, Cases> {
        self.cases.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn cases_now(&self) -> RwLockWriteGuard<'_, Cases> {
        self.cases.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What somebody wrote, sealed.
    fn case_reason(&self, words: &str) -> Result<Reason, Refusal> {
        let sealed = self.folk.seal_words(&self.folk.cases(), words).map_err(|error| broken(&error))?;
        Ok(Reason { code: ReasonCode::Other, sealed_words: Some(sealed) })
    }
}

/// Writes the line of each reminder that is due and has none. What cannot be written is tried again.
pub(super) async fn remind(inner: &Inner, now: Timestamp) {
    // Whoever waits here finds what the one before has written.
    let _deciding = inner.deciding.lock().await;
    let desk = &inner.parts;
    let due = desk.cases_now().claim(now);
    for (reminder, case) in due {
        match desk.log.note(&case.event(reminder, now)).await {
            Ok(_) => {
                desk.cases_now().reminded(case.number, reminder, now);
                if reminder == Reminder::Late {
                    tracing::error!(
                        code = "case_late",
                        case = case.number,
                        "72 hours are over: look at the page Cases"
                    );
                } else {
                    tracing::warn!(case = case.number, due = %case.due(), "a case waits: look at the page Cases");
                }
            }
            Err(error) => {
                desk.cases_now().unclaim(case.number, reminder);
                tracing::error!(code = error.code(), %error, case = case.number, "a reminder has no line yet");
            }
        }
    }
}

fn unfit(unfit: Unfit) -> Refusal {
    Refusal::Told {
        status: StatusCode::CONFLICT,
        code: "case_step",
        message: words::unfit(unfit).to_owned(),
        next: (PAGE, words::TO_LIST),
    }
}

impl Desk {
    /// Whoever may not look after cases is refused, and that is written.
    async fn looks_after_cases(&self, signed: &Signed) -> Result<(), Refusal> {
        self.web.opens_for(signed, Action::Case, &Subject::Hospital).await?;
        take_carried(&self.0, self.web.now()).await;
        remind(&self.0, self.web.now()).await;
        Ok(())
    }

    /// The case at an address; one that leads nowhere is written down and refused.
    async fn case(&self, signed: &Signed, address: &str) -> Result<Case, Refusal> {
        let found = address.parse().ok().and_then(|number| self.cases().get(number).cloned());
        // One value has one spelling.
        match found.filter(|case| case.number.to_string() == address) {
            Some(case) => Ok(case),
            None => Err(self.nowhere(signed).await),
        }
    }

    /// What somebody wrote; nothing where there is nothing, or another identity sealed it.
    fn case_words(&self, reason: Option<&Reason>) -> Option<String> {
        let sealed = reason?.sealed_words.as_ref()?;
        self.folk.open_words(&self.folk.cases(), sealed)
    }

    /// Two fields of which the first has one line.
    fn case_pair(&self, reason: Option<&Reason>) -> (String, String) {
        self.case_words(reason).map_or_else(|| pair(words::SEALED), |words| pair(&words))
    }

    /// What was reported.
    fn case_account(&self, case: &Case) -> Account {
        let words = self.case_words(case.reason.as_ref());
        Account::read(words.as_deref().unwrap_or(words::SEALED))
    }

    /// Takes a step of a case once its line is written.
    async fn take_step(
        &self,
        signed: &Signed,
        number: u64,
        step: Step,
        reason: Option<Reason>,
    ) -> Result<(), Refusal> {
        let (desk, signed) = (self.clone(), signed.clone());
        // Whoever asked may go: what is in the log is done.
        let work = async move {
            let _deciding = desk.deciding().await;
            let fits = desk.cases().get(number).map_or(Err(Unfit::NoCase), |case| case.fits(step));
            fits.map_err(unfit)?;
            let context = gauze_people::context::Context { reason, ..running(desk.web.now()) };
            let authorised = desk.web.allowed(&signed, act::Case, &Subject::Hospital, &context).await?;
            let note = step.note(number).ok_or(Refusal::Broken("note"))?;
            let logged = desk.write(authorised.noting(note)).await?;
            desk.cases_now().step(&logged, number, step);
            Ok(())
        };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("cases"))?
    }

    /// What the people of these cases are called.
    async fn case_names<'a>(&self, cases: impl Iterator<Item = &'a Case>) -> Result<Names, Refusal> {
        let people = cases.flat_map(|case| {
            let steps = case.steps.iter().map(|taken| taken.by.0.clone());
            steps.chain(case.by.person().map(|by| by.0.clone()))
        });
        let people: BTreeSet<String> = people.collect();
        self.folk.staff(people).await.map_err(|error| broken(&error))
    }
}

fn name<'a>(who: &'a PersonId, names: &'a Names) -> &'a str {
    names.get(&who.0).map_or(who.short(), String::as_str)
}

/// Who reported it: a person of the hospital, or an operator or a phone whose word the gateway carried.
fn reporter<'a>(case: &'a Case, names: &'a Names) -> &'a str {
    match &case.by {
        Reporter::Person(by) => name(by, names),
        Reporter::Carried(Teller::Operator) => words::AN_OPERATOR,
        Reporter::Carried(Teller::Phone) => words::A_PHONE,
        Reporter::Carried(Teller::Stranger) => words::A_STRANGER,
    }
}

/// So much of the clock, in words.
fn hours(left: jiff::SignedDuration) -> String {
    match (left.as_hours(), left.as_mins() % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
