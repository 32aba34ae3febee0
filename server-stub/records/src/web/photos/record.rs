//! The record: as it stands, what was put right by whom and why, and as the phone sealed it.

use axum::extract::{Path, State};
use axum::response::Html;
use gauze_people::action::act;
use gauze_wire::{Consent, Established, Identifier, Patient, Record};
use maud::{Markup, html};

use super::gate::broken;
use super::haste::red;
use super::{Desk, parts, words};
use crate::amend::{Amendment, Refiled};
use crate::folk::Opening;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

pub(super) async fn page(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    let logged = desk.logged(&signed, act::View, &found.subject()).await?;
    let opening = Opening::of(&logged).ok_or(Refusal::Broken("opening"))?;
    let history = desk.folk.history(&found, &opening).await.map_err(|error| broken(&error))?;
    let body = html! {
        section aria-labelledby="now" { h2 id="now" { (words::record::NOW) } (told(&history.now)) }
        section aria-labelledby="amendments" {
            h2 id="amendments" { (words::record::AMENDMENTS) }
            @if history.amendments.is_empty() { p { (words::record::NONE) } }
            ol.cards { @for amendment in &history.amendments { li { (amended(amendment)) } } }
        }
        @if !history.amendments.is_empty() {
            section aria-labelledby="first" { h2 id="first" { (words::record::FIRST) } (told(&history.original)) }
        }
        p { a href={ "/photos/" (found.handle) } { (words::photo::TITLE) } }
    };
    let patient = parts::banner(history.now.patient.as_ref(), desk.web.now());
    let banner = Some(html! { (red(logged.context().haste.as_ref())) (patient) });
    let frame = Frame { banner, ..Frame::signed(words::record::TITLE, &signed, "/photos") };
    Ok(layout::page(&frame, &body))
}

fn told(record: &Record) -> Markup {
    html! {
        dl {
            dt { (words::record::PATIENT) } dd { (whom(record.patient.as_ref())) }
            @if let Some(patient) = &record.patient {
                dt { (words::record::ESTABLISHED) } dd { (established(&patient.established)) }
                dt { (words::record::COMPARED) } dd { (compared(&patient.confirmed_by)) }
            }
            dt { (words::photo::SITE) } dd { (parts::site(record.site.as_ref())) }
            dt { (words::record::WOUND) } dd { (record.wound.as_ref().map_or(words::NOT_SAID.to_owned(), ToString::to_string)) }
            dt { (words::record::SERIES) } dd { (record.series.as_ref().map_or(words::NOT_SAID.to_owned(), ToString::to_string)) }
            dt { (words::photo::FRAMING) } dd { (record.view.map_or(words::NOT_SAID, words::framing)) }
            dt { (words::TAKEN) } dd { (layout::time(record.captured_at)) }
            dt { (words::record::NOTES) } dd.free { (record.notes.as_ref().map_or(words::NOT_SAID, |notes| notes.as_str())) }
            dt { (words::record::CONSENT) } dd { (consent(record.consent.as_ref())) }
            dt { (words::record::FENCE) } dd { (record.fence.as_ref().map_or(words::NOT_SAID, |fence| words::fence(fence.verdict))) }
        }
    }
}

fn whom(patient: Option<&Patient>) -> Markup {
    match patient {
        Some(patient) => html! {
            (parts::name(patient)) ", " (words::BORN) " " (patient.dob.date().strftime("%d-%b-%Y").to_string())
            @for (label, number) in parts::numbers(patient) { ", " (label) " " (number) }
        },
        None => html! { (words::NO_PATIENT) },
    }
}

fn established(how: &Established) -> Markup {
    match how {
        Established::Wristband => html! { (words::record::WRISTBAND) },
        Established::Worklist => html! { (words::record::WORKLIST) },
        Established::Typed { reason } => html! { (words::record::TYPED) " " (reason.as_str()) },
    }
}

fn compared(identifiers: &[Identifier]) -> String {
    match identifiers {
        [] => words::NOT_SAID.to_owned(),
        some => some.iter().map(|identifier| words::identifier(*identifier)).collect::<Vec<_>>().join(", "),
    }
}

pub(super) fn consent(consent: Option<&Consent>) -> Markup {
    let Some(consent) = consent else { return html! { (words::NOT_SAID) } };
    let scopes: Vec<&str> = consent.scopes.iter().map(|scope| words::scope(*scope)).collect();
    html! {
        (consent.form.words.as_str()) ": " (scopes.join(", ")) ", " (consent.by.as_str()) ", " (layout::time(consent.at))
        @if let Some(at) = consent.withdrawn { " " strong.danger { (words::record::WITHDRAWN) " " (layout::time(at)) } }
    }
}

fn amended(amendment: &Amendment) -> Markup {
    let change = &amendment.change;
    html! {
        dl {
            dt { (words::record::WHEN) } dd { (layout::time(amendment.at)) }
            dt { (words::record::BY) } dd { (amendment.by_name.as_str()) }
            dt { (words::record::WHY) } dd.free { (amendment.reason.as_str()) }
            dt { (words::record::CHANGED) } dd {
                @match &change.patient {
                    Some(Refiled::Nobody) => { p { (words::record::TO_NOBODY) } }
                    Some(Refiled::To(patient)) => { p { (words::record::TO_PATIENT) " " (whom(Some(patient))) } }
                    None => {}
                }
                @if let Some(site) = &change.site { p { (words::photo::SITE) ": " (parts::site(Some(site))) } }
                @if let Some(notes) = &change.notes { p.free { (words::record::NOTES) ": " (notes.as_str()) } }
            }
            dt { (words::record::COMPARED) } dd { (compared(&amendment.confirmed_by)) }
            dt { (words::record::LINE) } dd { (amendment.line) }
        }
    }
}
