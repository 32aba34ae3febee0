//! Anybody says that something went wrong, or nearly: what, whose, and when it was noticed.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_listen::moment;
use gauze_people::action::act;
use gauze_people::cases::Kind;
use gauze_people::context::Context;
use gauze_people::subject::Subject;
use gauze_wire::Text;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::html;
use serde::Deserialize;

use super::words;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::leave::running;
use crate::web::photos::Desk;
use crate::web::photos::filled::lines;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

const PAGE: &str = "/report";

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web::photos) struct Filled {
    kind: String,
    what: String,
    whose: String,
    day: String,
    time: String,
}

/// A report as it was meant. No `Debug`: it may name a patient.
struct Meant {
    kind: Kind,
    words: String,
    aware_at: Timestamp,
}

impl Filled {
    fn meant(&self, now: Timestamp) -> Result<Meant, &'static str> {
        let whose: Option<Text<200>> = Text::new(self.whose.trim()).ok();
        let whose = whose.filter(|whose| !whose.as_str().contains(['\n', '\r']));
        let what: Option<Text<2048>> = Text::new(lines(&self.what)).ok();
        let (Some(kind), Some(whose), Some(what)) = (Kind::read(&self.kind), whose, what) else {
            return Err(words::MISSING);
        };
        let aware_at = moment(&self.day, &self.time).ok_or(words::BAD_DAY)?;
        if aware_at > now {
            return Err(words::FUTURE);
        }
        Ok(Meant { kind, words: format!("{}\n{}", whose.as_str(), what.as_str()), aware_at })
    }
}

#[derive(Deserialize)]
pub(in crate::web::photos) struct Asked {
    number: Option<u64>,
}

pub(in crate::web::photos) async fn form(
    State(desk): State<Desk>,
    Query(asked): Query<Asked>,
    signed: Signed,
) -> Html<String> {
    let own = |number: &u64| {
        desk.cases().get(*number).is_some_and(|case| case.by.as_ref() == Some(&signed.acting.person.id))
    };
    if let Some(number) = asked.number.filter(own) {
        let body = html! {
            p.done role="status" { (words::REPORTED) " " strong { (number) } "." }
            p.actions { a.button href=(PAGE) { (words::ANOTHER) } }
        };
        return layout::page(&Frame::signed(words::REPORT, &signed, PAGE), &body);
    }
    let now = desk.web.now().to_zoned_datetime(TimeZone::system());
    let day = now.strftime("%Y-%m-%d").to_string();
    shown(&signed, &Filled { day, ..Filled::default() }, None)
}

/// The line is written first, and then it is thanked for.
pub(in crate::web::photos) async fn save(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    match value.meant(desk.web.now()) {
        Ok(meant) => desk.reported(&signed, meant).await.map_err(|refusal| {
            // What was noticed is told again, by another way if need be.
            refusal.keeping(&format!("{}\n{}", value.whose, value.what))
        }),
        Err(trouble) => Ok((StatusCode::BAD_REQUEST, shown(&signed, &value, Some(trouble))).into_response()),
    }
}

impl Desk {
    async fn reported(&self, signed: &Signed, meant: Meant) -> Result<Response, Refusal> {
        let (desk, now) = (self.clone(), self.web.now());
        let Meant { kind, words, aware_at } = meant;
        let context = Context { reason: Some(desk.case_reason(&words)?), ..running(now) };
        let authorised = desk.web.allowed(signed, act::Report, &Subject::Hospital, &context).await?;
        let note = kind.note(aware_at).ok_or(Refusal::Broken("note"))?;
        // Whoever asked may go: what is in the log is known here too.
        let work = async move {
            let logged = desk.write(authorised.noting(note)).await?;
            desk.cases_now().report(&logged, kind, aware_at);
            let number = logged.line().index;
            tracing::warn!(case = number, "something went wrong: look at the page Cases");
            Ok::<_, Refusal>(number)
        };
        let number = tokio::spawn(work).await.map_err(|_| Refusal::Broken("cases"))??;
        Ok(Redirect::to(&format!("{PAGE}?number={number}")).into_response())
    }
}

fn shown(signed: &Signed, filled: &Filled, trouble: Option<&str>) -> Html<String> {
    let kind = |kind: Kind, label: &str| {
        html! {
            label {
                input type="radio" name="kind" value=(kind.word()) required checked[filled.kind == kind.word()];
                " " (label)
            }
        }
    };
    let body = html! {
        @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
        p { (words::REPORT_LEAD) }
        form method="post" action=(PAGE) autocomplete="off" {
            (signed.field())
            fieldset.ticks {
                legend { (words::WHICH) }
                (kind(Kind::Breach, words::BREACH))
                (kind(Kind::NearMiss, words::NEAR_MISS))
            }
            (Field::new("what", words::WHAT, 2048, &filled.what).hint(words::WHAT_HINT).area(5))
            (Field::new("whose", words::WHOSE, 200, &filled.whose).hint(words::WHOSE_HINT).line())
            (Field::new("day", words::DAY, 10, &filled.day).day())
            (Field::new("time", words::TIME, 5, &filled.time).hint(words::TIME_HINT).optional().numeric().line())
            p.actions { button.main type="submit" { (words::SEND) } }
        }
    };
    layout::page(&Frame::signed(words::REPORT, signed, PAGE), &body)
}
