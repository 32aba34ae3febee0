//! Breaking the glass: one patient is opened for four hours, with a reason; and the red line that says so while it lasts.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::Authorised;
use gauze_people::action::act;
use gauze_people::context::{BREAK_GLASS_MINUTES, Haste, Reason, ReasonCode};
use gauze_people::subject::Subject;
use gauze_wire::Text;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::filled::lines;
use super::gate::{broken, patient as of_patient};
use super::reason::reasons;
use super::{Desk, governance, words};
use crate::blind::Blind;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Why somebody may be in haste.
const CODES: [ReasonCode; 4] =
    [ReasonCode::Emergency, ReasonCode::Handover, ReasonCode::Consultation, ReasonCode::Other];

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Filled {
    code: Option<ReasonCode>,
    words: String,
}

/// The form names nobody: whoever asks may not know yet whose photos they are.
pub(super) async fn form(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let (patient, about) = desk.in_haste(&signed, &address).await?;
    desk.admits(&signed, act::BreakGlass, &about, ReasonCode::Other).await?;
    Ok(page(&signed, &patient, &Filled::default(), None))
}

/// The line is written first; what it opens is known to every request that comes after the answer.
pub(super) async fn open(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.open_glass(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&value.words))
}

impl Desk {
    async fn open_glass(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let (patient, about) = self.in_haste(signed, address).await?;
        let typed: Option<Text<512>> = Text::new(lines(&value.words)).ok();
        let (Some(code), Some(typed)) = (value.code.filter(|code| CODES.contains(code)), typed) else {
            let page = page(signed, &patient, value, Some(words::haste::MISSING));
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        };
        let sealed = self.folk.seal_words(&patient, typed.as_str()).map_err(|error| broken(&error))?;
        let reason = Reason { code, sealed_words: Some(sealed) };
        let authorised = self.allowed(signed, act::BreakGlass, &about, Some(reason)).await?;
        // Whoever asked may go: what is in the log is known here too.
        let desk = self.clone();
        let opening = tokio::spawn(async move { desk.opened(authorised).await });
        opening.await.map_err(|_| Refusal::Broken("haste"))??;
        Ok(Redirect::to(&format!("/patients/{patient}")).into_response())
    }

    /// The patient at an address, where the second factor was proven lately.
    async fn in_haste(&self, signed: &Signed, address: &str) -> Result<(Blind, Subject), Refusal> {
        let Ok(patient) = address.parse::<Blind>() else { return Err(self.nowhere(signed).await) };
        let teams = self.folk.teams_of(&patient).await.map_err(|error| broken(&error))?;
        if teams.is_empty() {
            return Err(self.nowhere(signed).await);
        }
        signed.fresh_for(&self.web, &format!("/patients/{patient}/haste"))?;
        Ok((patient, of_patient(&patient, teams)))
    }

    async fn opened(&self, authorised: Authorised<act::BreakGlass>) -> Result<(), Refusal> {
        let logged = self.write(authorised).await?;
        self.hastes_now().open(&logged);
        // For whoever is called by the hospital's own monitoring: it names nobody.
        let reference = governance::short(&logged.line().id);
        tracing::warn!(reference, "a break-glass waits for its review by a lead or by governance");
        Ok(())
    }
}

fn page(signed: &Signed, patient: &Blind, filled: &Filled, trouble: Option<&str>) -> Html<String> {
    let body = html! {
        @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
        p { (words::haste::LEAD) }
        p { (words::haste::SEEN) }
        form method="post" action={ "/patients/" (patient) "/haste" } autocomplete="off" {
            (signed.field())
            (reasons((words::haste::WHY, "code"), &CODES, filled.code, words::reason))
            (Field::new("words", words::haste::WORDS, 512, &filled.words).hint(words::haste::WORDS_HINT).area(3))
            p.actions {
                button.irreversible type="submit" { (words::haste::OPEN) }
                " " a.button href="/search" { (words::haste::BACK) }
            }
        }
    };
    layout::page(&Frame::signed(words::haste::TITLE, signed, "/search"), &body)
}

/// The red line of a page that is shown under a break-glass alone.
pub(super) fn red(haste: Option<&Haste>) -> Markup {
    let ends = haste.map(|haste| haste.opened_at + SignedDuration::from_mins(BREAK_GLASS_MINUTES));
    html! {
        @if let Some(ends) = ends {
            p.haste role="status" {
                (words::haste::UNTIL) " " (ends.to_zoned_datetime(TimeZone::system()).strftime("%H:%M").to_string()) "."
            }
        }
    }
}
