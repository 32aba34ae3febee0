//! All cases: what is due first on top, what is late before everything, and how often something nearly happened.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Html;
use gauze_people::cases::Case;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::{Names, PAGE, hours, name, words};
use crate::web::layout::{self, Frame};
use crate::web::photos::{Desk, leaks};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Closed cases that are shown.
const SHOWN: usize = 50;

pub(in crate::web::photos) async fn page(
    State(desk): State<Desk>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    desk.looks_after_cases(&signed).await?;
    let now = desk.web.now();
    let (open, closed, misses) = {
        let cases = desk.cases();
        let open: Vec<Case> = cases.open().into_iter().cloned().collect();
        let closed: Vec<Case> = cases.closed().take(SHOWN).cloned().collect();
        (open, closed, by_month(cases.near_misses()))
    };
    let names = desk.case_names(open.iter().chain(&closed)).await?;
    let (running, resting): (Vec<&Case>, Vec<&Case>) = open.iter().partition(|case| case.runs());
    let body = html! {
        p { (words::LEAD) }
        p.actions { a.button href=(leaks::PAGE) { (leaks::TITLE) } }
        section aria-labelledby="running" {
            h2 id="running" { (words::RUNNING) }
            @if running.is_empty() { p.note { (words::NOT_RUNNING) } }
            ul.cards { @for case in &running { li { (card(case, &names, now)) } } }
        }
        @if !resting.is_empty() {
            section aria-labelledby="resting" {
                h2 id="resting" { (words::RESTING) }
                ul.cards { @for case in &resting { li { (card(case, &names, now)) } } }
            }
        }
        section aria-labelledby="misses" {
            h2 id="misses" { (words::MISSES) }
            @if misses.is_empty() { p.note { (words::NO_MISSES) } } @else {
                dl { @for (month, count) in misses.iter().rev() { dt { (month.1) } dd { (count) } } }
            }
        }
        section aria-labelledby="closed" {
            h2 id="closed" { (words::CLOSED) }
            @if closed.is_empty() { p.note { (words::NOT_CLOSED) } }
            ul.cards { @for case in &closed { li { (card(case, &names, now)) } } }
        }
    };
    Ok(layout::page(&Frame::signed(words::TITLE, &signed, PAGE), &body))
}

/// How often something nearly happened, by the month in which it was noticed.
fn by_month<'a>(misses: impl Iterator<Item = &'a Case>) -> BTreeMap<(String, String), usize> {
    let mut months = BTreeMap::new();
    for case in misses {
        let day = case.aware_at.to_zoned_datetime(TimeZone::system());
        let month = (day.strftime("%Y-%m").to_string(), day.strftime("%b-%Y").to_string());
        *months.entry(month).or_default() += 1;
    }
    months
}

/// Its clock: late, or how much is left.
pub(super) fn clock(case: &Case, now: Timestamp) -> Markup {
    html! {
        @if case.late(now) {
            span.state.danger { (words::LATE) } " " (words::DUE) " " (layout::time(case.due()))
        } @else if case.runs() {
            span.state.warning { (hours(case.left(now))) " " (words::LEFT) } " " (words::DUE) " " (layout::time(case.due()))
        }
    }
}

fn card(case: &Case, names: &Names, now: Timestamp) -> Markup {
    let tasks = case.tasks().iter().filter(|(_, done)| done.is_none()).count();
    html! {
        h3 { a href={ (PAGE) "/" (case.number) } { (words::CASE) " " (case.number) ": " (words::kind(case.kind)) } }
        p { (clock(case, now)) }
        @if case.runs() {
            @if let Some((reminder, at)) = case.reminded.last_key_value() {
                p role="status" { strong { (words::reminder(*reminder)) } ". " (words::REMINDED) " " (layout::time(*at)) }
            }
        }
        dl {
            dt { (words::HOW_FAR) } dd { (words::state(case.state())) }
            dt { (words::OWNER) } dd { (case.owner().map_or(words::NOBODY, |owner| name(owner, names))) }
            dt { (words::AWARE) } dd { (layout::time(case.aware_at)) }
            @if tasks > 0 { dt { (words::TASKS_OPEN) } dd { (tasks) } }
        }
    }
}
