//! Putting a record right: a form of one question, and a signed amendment.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::Sealed;
use gauze_people::action::{Action, act};
use gauze_people::context::{Reason, ReasonCode};
use gauze_wire::{BodySide, Established, Identifier, Patient, Site, Text};
use serde::Deserialize;

use super::amend_form::{belonging, chooser, fields};
use super::gate::broken;
use super::search::birth_date;
use super::{Desk, parts, words};
use crate::amend::{AmendError, Change, Refiled};
use crate::coded::Coded as _;
use crate::folk::{Amending, FolkError, Found, Opening};
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

pub(super) const IDENTIFIERS: [(&str, Identifier); 6] = [
    ("name", Identifier::Name),
    ("dob", Identifier::Dob),
    ("nhs_number", Identifier::NhsNumber),
    ("chi_number", Identifier::ChiNumber),
    ("hc_number", Identifier::HcNumber),
    ("local_number", Identifier::LocalNumber),
];

/// What was filled in. No `Debug`: it names a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Filled {
    pub(super) what: String,
    pub(super) family: String,
    pub(super) given: String,
    pub(super) day: String,
    pub(super) month: String,
    pub(super) year: String,
    pub(super) nhs: String,
    pub(super) chi: String,
    pub(super) hc: String,
    pub(super) local: String,
    pub(super) site: String,
    pub(super) side: String,
    pub(super) notes: String,
    pub(super) reason: String,
    compared_name: Option<String>,
    compared_dob: Option<String>,
    compared_nhs_number: Option<String>,
    compared_chi_number: Option<String>,
    compared_hc_number: Option<String>,
    compared_local_number: Option<String>,
}

impl Filled {
    /// Nothing filled in yet of one kind of mistake.
    pub(super) fn about(what: &str) -> Self {
        Self { what: what.to_owned(), ..Self::default() }
    }

    pub(super) fn compared(&self) -> Vec<Identifier> {
        let ticks = [
            &self.compared_name,
            &self.compared_dob,
            &self.compared_nhs_number,
            &self.compared_chi_number,
            &self.compared_hc_number,
            &self.compared_local_number,
        ];
        let ticked = IDENTIFIERS.iter().zip(ticks).filter(|(_, tick)| tick.is_some());
        ticked.map(|((_, identifier), _)| *identifier).collect()
    }

    fn change(&self, found: &Found) -> Result<Change, &'static str> {
        let choose = words::amend::CHOOSE;
        match self.what.as_str() {
            "patient" => {
                let patient = Some(Refiled::To(Box::new(self.patient()?)));
                Ok(Change { patient, ..Change::default() })
            }
            "nobody" => Ok(Change { patient: Some(Refiled::Nobody), ..Change::default() }),
            "site" => {
                let words = Text::new(self.site.trim()).map_err(|_| choose)?;
                let side = match self.side.as_str() {
                    "left" => Some(BodySide::Left),
                    "right" => Some(BodySide::Right),
                    "midline" => Some(BodySide::Midline),
                    "both" => Some(BodySide::Both),
                    _ => None,
                };
                let before = found.label.site.as_ref().filter(|before| before.words == words);
                let (system, code) = before.map_or((None, None), |it| (it.system.clone(), it.code.clone()));
                Ok(Change { site: Some(Site { system, code, words, side }), ..Change::default() })
            }
            "notes" => {
                let notes = Text::new(lines(&self.notes)).map_err(|_| choose)?;
                Ok(Change { notes: Some(notes), ..Change::default() })
            }
            _ => Err(choose),
        }
    }

    fn patient(&self) -> Result<Patient, &'static str> {
        let choose = words::amend::CHOOSE;
        let (wrong, some) = (words::amend::NUMBER_WRONG, |text: &str| !text.trim().is_empty());
        let number = |text: &String| some(text).then(|| text.trim().to_owned());
        Ok(Patient {
            nhs_number: number(&self.nhs)
                .map(|it| gauze_wire::NhsNumber::entered(&it))
                .transpose()
                .map_err(|_| wrong)?,
            chi_number: number(&self.chi)
                .map(|it| gauze_wire::ChiNumber::entered(&it))
                .transpose()
                .map_err(|_| wrong)?,
            hc_number: number(&self.hc)
                .map(|it| gauze_wire::HcNumber::entered(&it))
                .transpose()
                .map_err(|_| wrong)?,
            local_number: number(&self.local).map(Text::new).transpose().map_err(|_| wrong)?,
            family: Text::new(self.family.trim()).map_err(|_| choose)?,
            given: Text::new(self.given.trim()).map_err(|_| choose)?,
            dob: birth_date(&self.day, &self.month, &self.year).ok_or(words::search::NO_DATE)?,
            established: Established::Typed { reason: self.shortened()? },
            confirmed_by: self.compared(),
        })
    }

    /// The reason, as far as a record holds one.
    fn shortened(&self) -> Result<Text<256>, &'static str> {
        let reason = lines(&self.reason);
        let end = (0..=reason.len().min(256)).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or(0);
        Text::new(&reason[..end]).map_err(|_| words::amend::REASON)
    }
}

/// What was typed in a field of several lines. Browsers end a line with two characters, records with one.
pub(super) fn lines(typed: &str) -> String {
    typed.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// Which one thing is put right.
#[derive(Deserialize)]
pub(super) struct Asked {
    what: Option<String>,
}

impl Desk {
    /// Whoever may put nothing right is refused, and that is written.
    async fn may_amend(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        if !self.may(signed, Action::Amend, &found.subject()) {
            let reason = Reason { code: ReasonCode::Correction, sealed_words: None };
            drop(self.allowed(signed, act::Amend, &found.subject(), Some(reason)).await?);
        }
        Ok(())
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
    let found = desk.photo(&signed, &address).await?;
    desk.may_amend(&signed, &found).await?;
    match desk.put_right(&signed, &found, &value).await {
        Ok(()) => Ok(Redirect::to(&format!("/photos/{}/record", found.handle)).into_response()),
        Err(Unwritten::Unfit(trouble)) => {
            let page = desk.amend_page(&signed, &found, &value, Some(trouble)).await?;
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(Unwritten::Refused(refusal)) => Err(refusal),
    }
}

impl Desk {
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
            Err(FolkError::Amend(error)) if !matches!(error, AmendError::Disk(_)) => {
                Err(Unwritten::Unfit(error.next_step()))
            }
            Err(error) => Err(broken(&error).into()),
        }
    }

    /// Leave to put something right, with the reason sealed in its line.
    async fn amending(&self, signed: &Signed, found: &Found, reason: &str) -> Result<Opening, Refusal> {
        let sealed = self.folk.seal_words(&found.handle, reason).map_err(|error| broken(&error))?;
        let sealed = Sealed::new(BASE64_URL_SAFE_NO_PAD.encode(sealed)).map_err(|_| Refusal::Unreadable)?;
        let why = Reason { code: ReasonCode::Correction, sealed_words: Some(sealed) };
        let authorised = self.allowed(signed, act::Amend, &found.subject(), Some(why)).await?;
        let logged = self.write(authorised).await?;
        Opening::of(&logged).ok_or(Refusal::Broken("opening"))
    }
}
