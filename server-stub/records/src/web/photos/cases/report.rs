//! Anybody says that something went wrong, or nearly: what, whose, and when it was noticed.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::action::act;
use gauze_people::cases::Kind;
use gauze_people::context::Context;
use gauze_people::person::PersonId;
use gauze_people::subject::Subject;
use gauze_wire::{Digest, ReportId, Text, TextFault, clock_says, noticed};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::html;
use serde::Deserialize;

use super::words;
use crate::entropy::random;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::leave::running;
use crate::web::photos::Desk;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

const PAGE: &str = "/report";

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web::photos) struct Filled {
    /// Names the form: what is sent twice is one report.
    report_id: String,
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
    report_id: Option<ReportId>,
}

impl Meant {
    /// By this it is known again; nobody guesses it, because of the form's name in it.
    fn said(&self, by: &PersonId) -> Option<Digest> {
        let (id, kind, aware) = (self.report_id.as_ref()?, self.kind.word(), self.aware_at.as_second());
        Some(Digest::of(format!("{id}\n{}\n{kind}\n{aware}\n{}", by.0, self.words).as_bytes()))
    }
}

impl Filled {
    /// By the clocks of a zone.
    fn meant(&self, now: Timestamp, zone: &TimeZone) -> Result<Meant, String> {
        let of = |label: &'static str| move |fault: TextFault| words::fault(label, fault);
        let kind = Kind::read(&self.kind).ok_or(words::NO_KIND)?;
        let what: Text<2048> = Text::typed(&self.what).map_err(of(words::WHAT))?;
        let whose: Text<200> = Text::typed_line(&self.whose).map_err(of(words::WHOSE))?;
        let clock = || clock_says(now, zone);
        let aware_at = noticed(&self.day, &self.time, zone).ok_or_else(|| words::bad_day(&clock()))?;
        if aware_at > now {
            return Err(words::future(&clock()));
        }
        let words = format!("{}\n{}", whose.as_str(), what.as_str());
        Ok(Meant { kind, words, aware_at, report_id: self.report_id.parse().ok() })
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
        desk.cases().get(*number).is_some_and(|case| case.by.person() == Some(&signed.acting.person.id))
    };
    if let Some(number) = asked.number.filter(own) {
        let body = html! {
            p.done role="status" { (words::REPORTED) " " strong { (number) } "." }
            p.actions { a.button href=(PAGE) { (words::ANOTHER) } }
        };
        return layout::page(&Frame::signed(words::REPORT, &signed, PAGE), &body);
    }
    let day = TimeZone::system().to_datetime(desk.web.now()).date().to_string();
    // Without a name a report counts all the same.
    let report_id = random().map(|random| ReportId::make(&random).to_string()).unwrap_or_default();
    shown(&signed, &Filled { report_id, day, ..Filled::default() }, None)
}

/// The line is written first, and then it is thanked for.
pub(in crate::web::photos) async fn save(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    match value.meant(desk.web.now(), &TimeZone::system()) {
        Ok(meant) => desk.reported(&signed, meant).await.map_err(|refusal| {
            // What was noticed is told again, by another way if need be.
            refusal.keeping(&format!("{}\n{}", value.whose, value.what))
        }),
        Err(trouble) => Ok((StatusCode::BAD_REQUEST, shown(&signed, &value, Some(&trouble))).into_response()),
    }
}

impl Desk {
    async fn reported(&self, signed: &Signed, meant: Meant) -> Result<Response, Refusal> {
        let (desk, now) = (self.clone(), self.web.now());
        let said = meant.said(&signed.acting.person.id);
        let Meant { kind, words, aware_at, .. } = meant;
        let context = Context { reason: Some(desk.case_reason(&words)?), ..running(now) };
        let authorised = desk.web.allowed(signed, act::Report, &Subject::Hospital, &context).await?;
        let note = kind.note(aware_at, said.as_ref()).ok_or(Refusal::Broken("note"))?;
        // Whoever asked may go: what is in the log is known here too.
        let work = async move {
            // The same form, a moment before.
            let _deciding = desk.deciding().await;
            if let Some(number) = said.and_then(|said| desk.cases().said(None, &said)) {
                return Ok(number);
            }
            let logged = desk.write(authorised.noting(note)).await?;
            desk.cases_now().report(&logged, (kind, aware_at), said);
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
            input type="hidden" name="report_id" value=(filled.report_id);
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

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::*;

    fn filled(day: &str, time: &str) -> Filled {
        let text = str::to_owned;
        let (kind, what, whose) = (text("breach"), text("A sheet"), text("Ward 9"));
        Filled { kind, what, whose, day: text(day), time: text(time), ..Filled::default() }
    }

    #[test]
    fn a_time_is_read_by_the_servers_clock_which_the_refusal_names() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        for (hours, aware) in [(0, "11:00"), (9, "02:00"), (-5, "16:00")] {
            let zone = TimeZone::fixed(Offset::from_hours(hours).unwrap());
            let meant = filled("2026-11-23", "11:00").meant(now, &zone);
            match meant {
                Ok(meant) => assert_eq!(meant.aware_at.strftime("%H:%M").to_string(), aware),
                Err(told) => assert!(hours < 0 && told.contains("07:00 (UTC-05:00)"), "{told}"),
            }
            assert!(filled("2026-11-23", "").meant(now, &zone).is_ok(), "without a time the day counts");
            let unread = filled("2026-11-23", "25:00").meant(now, &zone).err().unwrap();
            assert!(unread.contains(&clock_says(now, &zone)), "{unread}");
        }
        let long = Filled { whose: "é".repeat(101), ..filled("2026-11-23", "") };
        let told = long.meant(now, &TimeZone::UTC).err().unwrap();
        assert!(told.contains(words::WHOSE) && told.contains("202 bytes of at most 200"), "{told}");
    }
}
