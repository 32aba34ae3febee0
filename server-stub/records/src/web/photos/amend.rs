//! Putting a record right: a form of one question, and a signed amendment.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::action::act;
use gauze_people::context::{Reason, ReasonCode};
use gauze_wire::Text;
use serde::Deserialize;

use super::amend_form::{belonging, chooser, fields};
use super::filled::{Filled, lines};
use super::gate::broken;
use super::{Desk, parts, words};
use crate::folk::{Amending, FolkError, Found, Opening};
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Which one thing is put right.
#[derive(Deserialize)]
pub(super) struct Asked {
    what: Option<String>,
}

impl Desk {
    /// Whoever may put nothing right is refused, and that is written.
    async fn may_amend(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        self.admits(signed, act::Amend, &found.subject(), ReasonCode::Correction).await
    }

    /// The form, with what was typed and why it was refused. It shows the patient: that is a look.
    async fn amend_page(
        &self,
        signed: &Signed,
        found: &Found,
        filled: &Filled,
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        self.logged(signed, act::View, &found.subject()).await?;
        let banner = Some(parts::banner(found.label.patient.as_ref(), self.web.now()));
        let frame = Frame { banner, ..Frame::signed(words::amend::TITLE, signed, "/photos") };
        let body = match belonging(filled, found) {
            Some((label, rest)) => fields(signed, found, filled, trouble, label, &rest),
            None => chooser(found, trouble),
        };
        Ok(layout::page(&frame, &body))
    }
}

pub(super) async fn form(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    Query(asked): Query<Asked>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    desk.may_amend(&signed, &found).await?;
    let filled = Filled::about(asked.what.as_deref().unwrap_or_default());
    desk.amend_page(&signed, &found, &filled, None).await
}

/// What keeps an amendment from being written.
enum Unwritten {
    /// What was filled in: it stays in the form, with why.
    Unfit(&'static str),
    /// Something else.
    Refused(Refusal),
}

impl From<Refusal> for Unwritten {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(super) async fn save(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    let typed = || format!("{}\n{}", value.notes, value.reason);
    desk.saved(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&typed()))
}

impl Desk {
    async fn saved(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let found = self.photo(signed, address).await?;
        self.may_amend(signed, &found).await?;
        match self.put_right(signed, &found, value).await {
            Ok(()) => Ok(Redirect::to(&format!("/photos/{}/record", found.handle)).into_response()),
            Err(Unwritten::Unfit(trouble)) => {
                let page = self.amend_page(signed, &found, value, Some(trouble)).await?;
                Ok((StatusCode::BAD_REQUEST, page).into_response())
            }
            Err(Unwritten::Refused(refusal)) => Err(refusal),
        }
    }

    /// The line is written first, then the amendment, then the index follows it.
    async fn put_right(&self, signed: &Signed, found: &Found, value: &Filled) -> Result<(), Unwritten> {
        let change = value.change(found).map_err(Unwritten::Unfit)?;
        let confirmed_by = value.compared();
        if confirmed_by.len() != 2 && (found.label.patient.is_some() || value.what == "patient") {
            return Err(Unwritten::Unfit(words::amend::TWO));
        }
        let unreasoned = |_| Unwritten::Unfit(words::amend::REASON_MISSING);
        let reason: Text<512> = Text::new(lines(&value.reason)).map_err(unreasoned)?;
        let opening = self.amending(signed, found, reason.as_str()).await?;
        let person = &signed.acting.person;
        let amending = Amending {
            by: Text::new(person.id.0.clone()).map_err(|_| Refusal::Unreadable)?,
            by_name: Text::new(person.name.clone()).map_err(|_| Refusal::Unreadable)?,
            opening,
            reason,
            confirmed_by,
            change,
        };
        match self.folk.amend(found, amending, self.records.clone(), self.web.now()).await {
            Ok(()) => Ok(()),
            Err(error) => {
                match &error {
                    FolkError::Amend(cause) => Err(words::amend::unwritten(cause)
                        .map_or_else(|| broken(&error).into(), Unwritten::Unfit)),
                    _ => Err(broken(&error).into()),
                }
            }
        }
    }

    /// Leave to put something right, with the reason sealed in its line.
    async fn amending(&self, signed: &Signed, found: &Found, reason: &str) -> Result<Opening, Refusal> {
        let sealed = self.folk.seal_words(&found.handle, reason).map_err(|error| broken(&error))?;
        let why = Reason { code: ReasonCode::Correction, sealed_words: Some(sealed) };
        let authorised = self.allowed(signed, act::Amend, &found.subject(), Some(why)).await?;
        let logged = self.write(authorised).await?;
        Opening::of(&logged).ok_or(Refusal::Broken("opening"))
    }
}
