//! Who has looked at a photo, or at a patient's photos: read from the access log itself.

use std::ops::ControlFlow;
use std::sync::PoisonError;

use axum::extract::{Path, State};
use axum::response::Html;
use gauze_people::acting::Network;
use gauze_people::action::{Action, act};
use gauze_people::links::Step;
use gauze_people::log::{Entry, Happening, Outcome, What};
use maud::{Markup, html};

use super::gate::{broken, patient as subject, reference};
use super::{Desk, parts, words};
use crate::blind::Blind;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Lines on a page.
const MOST: usize = 500;
/// What counts as a look.
const LOOKS: [Action; 10] = [
    Action::View,
    Action::Compare,
    Action::Proof,
    Action::Export,
    Action::CaseEvidence,
    Action::FindMark,
    Action::MakeLink,
    Action::Amend,
    Action::BreakGlass,
    Action::List,
];
/// And what else is told of a photo.
const LED_TO: [Happening; 2] = [Happening::Link, Happening::MarkSought];

pub(super) async fn of_photo(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    desk.logged(&signed, act::WhoLooked, &found.subject()).await?;
    let looks = desk.looks(found.capture_id.to_string()).await?;
    let named = desk.may(&signed, Action::View, &found.subject());
    let banner = named.then(|| parts::banner(found.label.patient.as_ref(), desk.web.now()));
    let frame = Frame { banner, ..Frame::signed(words::looks::PHOTO_TITLE, &signed, "/photos") };
    Ok(layout::page(&frame, &desk.table(looks).await?))
}

pub(super) async fn of_patient(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let Ok(patient) = address.parse::<Blind>() else { return Err(desk.nowhere(&signed).await) };
    let all = desk.folk.of_patient(&patient, 500).await.map_err(|error| broken(&error))?;
    if all.is_empty() {
        return Err(desk.nowhere(&signed).await);
    }
    let teams = desk.folk.teams_of(&patient).await.map_err(|error| broken(&error))?;
    desk.logged(&signed, act::WhoLooked, &subject(&patient, teams)).await?;
    let looks = desk.looks(reference(&patient).0).await?;
    let named = all.iter().find(|found| desk.may(&signed, Action::View, &found.subject()));
    let banner = named.map(|found| parts::banner(found.label.patient.as_ref(), desk.web.now()));
    let frame = Frame { banner, ..Frame::signed(words::looks::PATIENT_TITLE, &signed, "/search") };
    Ok(layout::page(&frame, &desk.table(looks).await?))
}

impl Desk {
    /// The newest lines about a photo or a patient, newest first.
    async fn looks(&self, about: String) -> Result<Vec<(u64, Entry)>, Refusal> {
        let (places, size) = (self.places(), self.log.size());
        let read = move || {
            let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
            places.catch_up(size)?;
            let mut newest = Vec::new();
            let read = places.newest(&about, |kept| {
                let entry = kept.entry.filter(|entry| match entry.what {
                    What::Action(action) => LOOKS.contains(&action),
                    What::Happening(happening) => LED_TO.contains(&happening),
                });
                newest.extend(entry.map(|entry| (kept.index, entry)));
                if newest.len() < MOST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            read.map(|()| newest)
        };
        let read = self.reading().work(read).await.map_err(|_| Refusal::Broken("looks"))?;
        read.map_err(|error| {
            tracing::error!(code = error.code(), %error, "the access log cannot be read");
            Refusal::Broken("log")
        })
    }

    async fn table(&self, looks: Vec<(u64, Entry)>) -> Result<Markup, Refusal> {
        let people = looks.iter().filter_map(|(_, entry)| Some(entry.who.as_ref()?.0.clone())).collect();
        let staff = self.folk.staff(people).await.map_err(|error| broken(&error))?;
        let name = |entry: &Entry| {
            let who = entry.who.as_ref().and_then(|who| staff.get(&who.0));
            let unnamed = match entry.what {
                What::Happening(Happening::Link) => words::looks::BY_LINK,
                What::Happening(_) | What::Action(_) => words::looks::UNNAMED,
            };
            who.map_or(unnamed, String::as_str).to_owned()
        };
        Ok(html! {
            p { (words::looks::LEAD) }
            @if looks.is_empty() { p.note { (words::looks::NOBODY) } }
            @if looks.len() == MOST { p.note { (words::looks::CUT) } }
            div.scroll {
                table {
                    thead { tr {
                        @for head in [words::looks::WHEN, words::looks::WHO, words::looks::WHAT, words::looks::FROM] {
                            th scope="col" { (head) }
                        }
                    } }
                    tbody { @for (line, entry) in &looks { tr id={ "line-" (line) } {
                        td { (layout::time(entry.at)) }
                        td { strong { (name(entry)) } }
                        td { (told(entry)) }
                        td { (place(entry.network)) }
                    } } }
                }
            }
        })
    }
}

/// What a line says was done.
pub(super) fn told(entry: &Entry) -> Markup {
    let told = match entry.what {
        What::Action(action) => words::action(action),
        What::Happening(Happening::MarkSought) => words::action(Action::FindMark),
        What::Happening(_) => entry.note.as_ref().and_then(Step::of).map_or("", words::step),
    };
    html! {
        (told)
        @if entry.outcome == Outcome::Refused { " " span.state.warning { (words::looks::REFUSED) } }
        @if entry.haste.is_some() { " " span.state.warning { (words::photo::IN_HASTE) } }
    }
}

/// Where it was done from.
pub(super) fn place(network: Option<Network>) -> &'static str {
    match network {
        Some(Network::Inside) => words::looks::INSIDE,
        Some(Network::Outside) => words::looks::OUTSIDE,
        None => words::NOT_KNOWN,
    }
}
