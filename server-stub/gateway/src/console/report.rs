//! Something went wrong: an operator says so, it is sealed at once, and the page says when the hospital had it.
//!
//! Always: what was entered is shown again only to whoever entered it and only where it was refused; once it is kept, no page here
//! can show it.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::response::{Html, Redirect};
use gauze_wire::{Happened, ReportId, clock_says};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{field, page};
use super::refusal::PageRefusal;
use super::{Console, words};
use crate::admin::{PHONE, ReportEntered, ReportView, WHAT, WHOSE};

/// The address of the page.
pub const PAGE: &str = "/report";

/// What the form asks for.
pub const ASKED: words::Asked = &[
    ("operator", words::OPERATOR.0),
    ("kind", words::KIND),
    ("what", WHAT),
    ("whose", WHOSE),
    ("phone", PHONE),
    ("day", words::DAY),
    ("time", words::TIME),
];

/// Whose page leads here, and what was just kept.
#[derive(Deserialize)]
pub struct Asked {
    phone: Option<String>,
    kept: Option<u64>,
}

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize)]
pub struct Filled {
    proof: String,
    operator: String,
    report_id: ReportId,
    kind: Happened,
    what: String,
    whose: String,
    phone: String,
    day: String,
    time: String,
}

pub async fn ask(
    State(console): State<Console>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, PageRefusal> {
    let Query(asked) = asked.map_err(|_| PageRefusal::Unreadable(None))?;
    let phone = match &asked.phone {
        Some(id) => {
            let device = console.story(id).await?.device;
            format!("{} {}", words::or_unknown(device.known_serial()), device.device_id)
        }
        None => String::new(),
    };
    let reports = console.admin.reports().await?;
    let today = console.admin.zone().to_datetime(console.admin.now()).date().to_string();
    let (report_id, clock) = (console.admin.report_id()?, console.clock());
    let kept = asked.kept.filter(|kept| reports.iter().any(|report| report.log_index == *kept));
    let body = html! {
        @if let Some(kept) = kept {
            p.note role="status" {
                strong { "It is sealed and kept, as entry " (kept) " of the log. " }
                "The hospital makes a case of it once it has it. Below you see when that was."
            }
        }
        p { "Say it at once, and as far as you know it. You accuse nobody, and nobody is blamed for a report." }
        p.note {
            "What you write is sealed as soon as you send it. It opens inside the hospital alone: nobody reads it here again, "
            "you included. Your name and the time stand in the log."
        }
        form method="post" action=(PAGE) {
            (console.signed_by())
            input type="hidden" name="report_id" value=(report_id);
            @for (name, value) in [("kind", "breach"), ("what", ""), ("whose", ""), ("phone", &phone), ("day", &today), ("time", "")] {
                (entry(name, value, &clock))
            }
            button.main type="submit" { "Report it" }
        }
        (meanwhile())
        (made(&reports))
    };
    Ok(page(words::WENT_WRONG, PAGE, &body))
}

impl Console {
    /// What the clock says by which times are typed here.
    pub(super) fn clock(&self) -> String {
        clock_says(self.admin.now(), self.admin.zone())
    }
}

/// A field of the form as it is filled in; nothing where it has no such field.
pub fn entry(name: &str, value: &str, clock: &str) -> Markup {
    match name {
        "kind" => html! {
            fieldset {
                legend { (words::KIND) }
                (kind("breach", "It happened: somebody saw, changed or lost what they should not have", value))
                (kind("near_miss", "It nearly happened", value))
            }
        },
        "what" => html! {
            div.field {
                label for="what" { (WHAT) }
                p.hint id="what-hint" { "What you saw, where, and what was done since." }
                textarea.free id="what" name="what" rows="6" maxlength="2048" required aria-describedby="what-hint" { "\n" (value) }
            }
        },
        "whose" => field(name, WHOSE, "A ward, a number of patients, or “Not known”.", 200, value, true),
        "phone" => field(name, PHONE, "Its serial number or id, where one is known.", 128, value, false),
        "day" => html! {
            div.field {
                label for="day" { (words::DAY) }
                input type="date" id="day" name="day" value=(value) required;
            }
        },
        "time" => {
            let hint = format!(
                "24 hours, such as 14:05, by the gateway's clock, which says {clock}. Without it the whole day counts."
            );
            field(name, words::TIME, &hint, 5, value, false)
        }
        _ => html! {},
    }
}

fn kind(kind: &str, label: &str, chosen: &str) -> Markup {
    html! {
        div.tick {
            input type="radio" id=(kind) name="kind" value=(kind) required checked[kind == chosen];
            label for=(kind) { (label) }
        }
    }
}

fn meanwhile() -> Markup {
    html! {
        h2 { "Meanwhile, also at night" }
        ul {
            li { "This page rings nobody. Where people may come to harm, or much has got out, telephone information governance or the manager on call now." }
            li { "Where a phone is lost or in wrong hands, " a href="/devices" { "shut it out" } " first. That works within a second, at any hour." }
            li { "The hospital's 72 hours run from when it was noticed, at nights and weekends too." }
            li { "A report that still waits after an hour has not reached the hospital: telephone, and look whether gauze-records serve runs. It is handed over by itself once that runs." }
        }
    }
}

fn made(reports: &[ReportView]) -> Markup {
    html! {
        h2 { "Reported here, newest first" }
        @if reports.is_empty() { p { "Nothing yet." } } @else {
            ul { @for report in reports {
                li {
                    @match &report.made {
                        Some((at, operator)) => { (words::time(*at)) ", by " (operator) ". " }
                        None => { (words::damaged()) " " }
                    }
                    (words::handed_over(report.handed_over))
                    span.hint { " (log entry " (report.log_index) ")" }
                }
            } }
        }
    }
}

/// The way to this page from a phone's.
pub fn about(device: &gauze_wire::DeviceId) -> Markup {
    html! { a.button href={ (PAGE) "?phone=" (device) } { (words::WENT_WRONG) "…" } }
}

pub async fn make(
    State(console): State<Console>,
    form: Result<Form<Filled>, FormRejection>,
) -> Result<Redirect, PageRefusal> {
    let Form(form) = form.map_err(|error| PageRefusal::unread(&error.body_text(), ASKED))?;
    console.wrote(&form.proof)?;
    let Filled { report_id, kind, what, whose, phone, day, time, .. } = &form;
    let entered = ReportEntered { report_id, kind: *kind, what, whose, phone, day, time };
    let kept = console.admin.report(&entered, &form.operator).await?;
    Ok(Redirect::to(&format!("{PAGE}?kept={kept}")))
}
