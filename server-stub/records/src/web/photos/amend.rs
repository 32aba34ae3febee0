//! Putting a record right: a form of one question, and a signed amendment.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::Sealed;
use gauze_people::action::{Action, act};
use gauze_people::context::{Reason, ReasonCode};
use gauze_wire::{BodySide, Established, Identifier, Patient, Site, Text};
use maud::{Markup, html};
use serde::Deserialize;

use super::gate::broken;
use super::search::{birth_date, date_fields};
use super::{Desk, parts, words};
use crate::amend::{Change, Refiled};
use crate::coded::Coded as _;
use crate::folk::{Amending, FolkError, Found, Opening};
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame, proof};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

const IDENTIFIERS: [(&str, Identifier); 6] = [
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
    what: String,
    family: String,
    given: String,
    day: String,
    month: String,
    year: String,
    nhs: String,
    chi: String,
    hc: String,
    local: String,
    site: String,
    side: String,
    notes: String,
    reason: String,
    compared_name: Option<String>,
    compared_dob: Option<String>,
    compared_nhs_number: Option<String>,
    compared_chi_number: Option<String>,
    compared_hc_number: Option<String>,
    compared_local_number: Option<String>,
}

impl Filled {
    fn compared(&self) -> Vec<Identifier> {
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
                let notes = Text::new(self.notes.trim()).map_err(|_| choose)?;
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
        let reason = self.reason.trim();
        let end = (0..=reason.len().min(256)).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or(0);
        Text::new(&reason[..end]).map_err(|_| words::amend::REASON)
    }
}

/// Which one thing is put right.
#[derive(Deserialize)]
pub(super) struct Asked {
    what: Option<String>,
}

pub(super) async fn form(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    Query(asked): Query<Asked>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    if !desk.may(&signed, Action::Amend, &found.subject()) {
        let reason = Reason { code: ReasonCode::Correction, sealed_words: None };
        drop(desk.allowed(&signed, act::Amend, &found.subject(), Some(reason)).await?);
    }
    desk.logged(&signed, act::View, &found.subject()).await?;
    let banner = Some(parts::banner(found.label.patient.as_ref(), desk.web.now()));
    let frame = Frame { banner, ..Frame::signed(words::amend::TITLE, &signed, "/photos") };
    let body = match asked.what.as_deref().and_then(|what| belonging(what, &found)) {
        Some((label, rest)) => {
            fields(&signed, &found, asked.what.as_deref().unwrap_or_default(), label, &rest)
        }
        None => chooser(&found),
    };
    Ok(layout::page(&frame, &body))
}

/// The line is written first, then the amendment, then the index follows it.
pub(super) async fn save(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    let change = value.change(&found).map_err(|message| unfit(message))?;
    let confirmed_by = value.compared();
    if confirmed_by.len() != 2 && (found.label.patient.is_some() || value.what == "patient") {
        return Err(unfit(words::amend::TWO));
    }
    let reason: Text<512> = Text::new(value.reason.trim()).map_err(|_| unfit(words::amend::REASON))?;
    let person = &signed.acting.person;
    let amending = |opening| {
        Some(Amending {
            by: Text::new(person.id.0.clone()).ok()?,
            by_name: Text::new(person.name.clone()).ok()?,
            opening,
            reason: reason.clone(),
            confirmed_by,
            change,
        })
    };
    let sealed = desk.folk.seal_words(&found, reason.as_str()).map_err(|error| broken(&error))?;
    let sealed_words = Sealed::new(BASE64_URL_SAFE_NO_PAD.encode(sealed)).map_err(|_| Refusal::Unreadable)?;
    let why = Reason { code: ReasonCode::Correction, sealed_words: Some(sealed_words) };
    let authorised = desk.allowed(&signed, act::Amend, &found.subject(), Some(why)).await?;
    let logged = desk.write(authorised).await?;
    let opening = Opening::of(&logged).ok_or(Refusal::Broken("opening"))?;
    let amending = amending(opening).ok_or(Refusal::Unreadable)?;
    match desk.folk.amend(&found, amending, &*desk.records, desk.web.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("/photos/{}/record", found.handle)).into_response()),
        Err(FolkError::Amend(error)) if error.code() != "disk" => Err(unfit(error.next_step())),
        Err(error) => Err(broken(&error)),
    }
}

fn unfit(message: &str) -> Refusal {
    Refusal::Told {
        status: StatusCode::BAD_REQUEST,
        code: "amendment_unfit",
        message: message.to_owned(),
        next: ("/photos", words::lists::TITLE),
    }
}

fn text(id: &str, label: &str, most: usize) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            input type="text" id=(id) name=(id) maxlength=(most) autocomplete="off" spellcheck="false";
        }
    }
}

/// What belongs to one kind of mistake: its words, and the fields to fill in.
fn belonging(what: &str, found: &Found) -> Option<(&'static str, Markup)> {
    match what {
        "patient" => Some((words::amend::PATIENT, patient_fields())),
        "nobody" if found.patient.is_some() => Some((words::amend::NOBODY, html! {})),
        "site" => Some((words::amend::SITE, site_fields())),
        "notes" => Some((words::amend::NOTES, notes_field())),
        _ => None,
    }
}

/// One question: what is wrong?
fn chooser(found: &Found) -> Markup {
    let ways = ["patient", "nobody", "site", "notes"];
    html! {
        p { (words::amend::LEAD) }
        h2 { (words::amend::WHAT) }
        nav.more aria-label=(words::amend::WHAT) {
            @for what in ways {
                @if let Some((label, _)) = belonging(what, found) {
                    a.button href={ "/photos/" (found.handle) "/amend?what=" (what) } { (label) }
                }
            }
        }
    }
}

fn patient_fields() -> Markup {
    html! {
        (text("family", words::amend::FAMILY, 128)) (text("given", words::amend::GIVEN, 128)) (date_fields())
        (text("nhs", words::NHS, 14)) (text("chi", words::CHI, 14)) (text("hc", words::HC, 14))
        (text("local", words::LOCAL, 64))
    }
}

fn site_fields() -> Markup {
    let sides = [
        ("", words::NOT_SAID),
        ("left", words::side(BodySide::Left)),
        ("right", words::side(BodySide::Right)),
        ("midline", words::side(BodySide::Midline)),
        ("both", words::side(BodySide::Both)),
    ];
    html! {
        (text("site", words::amend::NEW_SITE, 256))
        div.field {
            label for="side" { (words::amend::SIDE) }
            select id="side" name="side" { @for (value, word) in sides { option value=(value) { (word) } } }
        }
    }
}

fn notes_field() -> Markup {
    html! {
        div.field {
            label for="notes" { (words::amend::NEW_NOTES) }
            textarea id="notes" name="notes" rows="4" maxlength="4096" required {}
        }
    }
}

fn fields(signed: &Signed, found: &Found, what: &str, label: &str, rest: &Markup) -> Markup {
    html! {
        p { (words::amend::LEAD) }
        form method="post" action={ "/photos/" (found.handle) "/amend" } autocomplete="off" {
            (proof(signed))
            input type="hidden" name="what" value=(what);
            h2 { (label) }
            (rest)
            (compared())
            div.field {
                label for="reason" { (words::amend::REASON) }
                p.hint id="reason-hint" { (words::amend::REASON_HINT) }
                textarea id="reason" name="reason" rows="3" maxlength="512" required aria-describedby="reason-hint" {}
            }
            p.actions { button.main type="submit" { (words::amend::SAVE) } }
        }
    }
}

fn compared() -> Markup {
    html! {
        fieldset.ticks {
            legend { (words::amend::COMPARED) }
            p.hint { (words::amend::COMPARED_HINT) }
            @for (name, identifier) in IDENTIFIERS {
                label { input type="checkbox" name={ "compared_" (name) } value="yes"; " " (words::identifier(identifier)) }
            }
        }
    }
}
