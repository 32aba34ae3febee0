//! Who has looked at a photo, or at a patient's photos: read from the access log itself, on a page or as a patient's own report.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::PoisonError;

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use gauze_people::acting::Network;
use gauze_people::action::{Action, act};
use gauze_people::governance::{Did, Looked, Whose, looked_at};
use gauze_people::log::Outcome;
use gauze_people::{Logged, Note};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::gate::{broken, patient as subject, reference};
use super::{Desk, parts, words};
use crate::blind::Blind;
use crate::folk::Found;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;
use crate::web::words::roles::role;

/// Lines on a page.
const MOST: usize = 500;
/// Of a line by which a patient's report was made.
const REPORT: &str = "report";

pub(super) async fn of_photo(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    desk.logged(&signed, act::WhoLooked, &found.subject()).await?;
    let looks = desk.looks(Whose::Photo(found.capture_id), MOST).await?;
    let named = desk.may(&signed, Action::View, &found.subject());
    let banner = named.then(|| parts::banner(found.label.patient.as_ref(), desk.web.now()));
    let frame = Frame { banner, ..Frame::signed(words::looks::PHOTO_TITLE, &signed, "/photos") };
    Ok(layout::page(&frame, &table(&looks)))
}

pub(super) async fn of_patient(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let Asked { patient, named, .. } = desk.asks_of(&signed, &address, None).await?;
    let looks = desk.looks(Whose::Patient(reference(&patient)), MOST).await?;
    let banner = named.map(|found| parts::banner(found.label.patient.as_ref(), desk.web.now()));
    let frame = Frame { banner, ..Frame::signed(words::looks::PATIENT_TITLE, &signed, "/search") };
    let body = html! {
        (table(&looks))
        p.hint { (words::looks::REPORT_MEANS) }
        p { a.button href={ "/patients/" (patient) "/looks/report" } { (words::looks::REPORT) } }
    };
    Ok(layout::page(&frame, &body))
}

/// The patient's own report: each line, the one by which it was made among them, as text that can be handed over.
pub(super) async fn report(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let note = Note::new(REPORT).map_err(|_| Refusal::Broken("note"))?;
    let Asked { patient, named, logged } = desk.asks_of(&signed, &address, Some(note)).await?;
    let looks = desk.looks(Whose::Patient(reference(&patient)), usize::MAX).await?;
    let about = match named.as_ref().and_then(|found| found.label.patient.as_ref()) {
        Some(patient) => {
            format!("{}, {} {}", parts::name(patient), words::BORN, parts::born(patient, desk.web.now()))
        }
        None => patient.to_string(),
    };
    let made = (&*signed.acting.person.name, logged.line().index, desk.web.now());
    let name = format!("attachment; filename=\"who-has-looked-{}.txt\"", logged.line().index);
    let text = written(&about, made, &looks);
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], text)
        .into_response())
}

/// A question about a patient, behind its line.
struct Asked {
    patient: Blind,
    /// A photo of theirs that this person may look at: then the patient's name is no secret to them.
    named: Option<Found>,
    logged: Logged<act::WhoLooked>,
}

/// Lines, newest first, and the names of the people in them.
struct Looks {
    lines: Vec<Looked>,
    staff: BTreeMap<String, String>,
    /// Whether there are older ones.
    cut: bool,
}

impl Looks {
    fn name(&self, looked: &Looked) -> String {
        match (&looked.who, looked.did) {
            (Some(who), _) => self
                .staff
                .get(&who.0)
                .cloned()
                .unwrap_or_else(|| format!("{} ({})", words::looks::UNNAMED, who.short())),
            (None, Did::Link(..)) => words::looks::BY_LINK.to_owned(),
            (None, Did::Action(_)) => words::looks::UNNAMED.to_owned(),
        }
    }
}

impl Desk {
    async fn asks_of(&self, signed: &Signed, address: &str, note: Option<Note>) -> Result<Asked, Refusal> {
        let Ok(patient) = address.parse::<Blind>() else { return Err(self.nowhere(signed).await) };
        let all = self.folk.of_patient(&patient, 500).await.map_err(|error| broken(&error))?;
        if all.is_empty() {
            return Err(self.nowhere(signed).await);
        }
        let teams = self.folk.teams_of(&patient).await.map_err(|error| broken(&error))?;
        let allowed = self.allowed(signed, act::WhoLooked, &subject(&patient, teams), None).await?;
        let allowed = match note {
            Some(note) => allowed.noting(note),
            None => allowed,
        };
        let logged = self.write(allowed).await?;
        let named = all.into_iter().find(|found| self.may(signed, Action::View, &found.subject()));
        Ok(Asked { patient, named, logged })
    }

    /// The newest lines, no more than `most`.
    async fn looks(&self, whose: Whose, most: usize) -> Result<Looks, Refusal> {
        let (places, size) = (self.places(), self.log.size());
        let read = move || {
            let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
            places.catch_up(size)?;
            let mut newest = Vec::new();
            let read = places.newest(&whose.reference(), |kept| {
                newest.extend(looked_at(&kept, &whose));
                if newest.len() <= most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
            read.map(|()| newest)
        };
        let read = self.reading().work(read).await.map_err(|_| Refusal::Broken("looks"))?;
        let mut lines = read.map_err(|error| {
            tracing::error!(code = error.code(), %error, "the access log cannot be read");
            Refusal::Broken("log")
        })?;
        let cut = lines.len() > most;
        lines.truncate(most);
        let people = lines.iter().filter_map(|looked| Some(looked.who.as_ref()?.0.clone())).collect();
        let staff = self.folk.staff(people).await.map_err(|error| broken(&error))?;
        Ok(Looks { lines, staff, cut })
    }
}

fn table(looks: &Looks) -> Markup {
    html! {
        p { (words::looks::LEAD) }
        @if looks.lines.is_empty() { p.note { (words::looks::NOBODY) } }
        @if looks.cut { p.note { (words::looks::CUT) } }
        div.scroll {
            table {
                thead { tr {
                    @for head in [words::looks::WHEN, words::looks::WHO, words::looks::WHAT, words::looks::FROM] {
                        th scope="col" { (head) }
                    }
                } }
                tbody { @for looked in &looks.lines { tr id={ "line-" (looked.index) } {
                    td { (layout::time(looked.at)) }
                    td { strong { (looks.name(looked)) } }
                    td { (told(looked)) }
                    td { (place(looked.network)) }
                } } }
            }
        }
    }
}

/// The report as text: about whom, by whom and by which line it was made, and each look.
fn written(about: &str, (by, line, now): (&str, u64, Timestamp), looks: &Looks) -> String {
    let time =
        |at: Timestamp| at.to_zoned_datetime(TimeZone::system()).strftime("%d-%b-%Y %H:%M").to_string();
    let mut text = format!(
        "{}\n\n{}: {about}\n{}: {}, {by}, {} {line}\n\n{}\n",
        words::looks::PATIENT_TITLE,
        words::looks::ABOUT,
        words::looks::MADE,
        time(now),
        words::looks::LINE,
        words::looks::REPORT_LEAD,
    );
    for looked in &looks.lines {
        let roles: Vec<_> = looked.roles.iter().map(|one| role(*one)).collect();
        let roles = if roles.is_empty() { String::new() } else { format!(" ({})", roles.join(", ")) };
        let mut told = vec![did(looked.did)];
        told.extend((looked.outcome == Outcome::Refused).then_some(words::looks::REFUSED));
        told.extend(looked.in_haste.then_some(words::looks::HASTE));
        told.extend(looked.purpose.map(words::looks::purpose));
        told.push(place(looked.network));
        let (when, who, told) = (time(looked.at), looks.name(looked), told.join(". "));
        let _infallible =
            write!(text, "\n{when}  {who}{roles}\n    {told}. {} {}.\n", words::looks::LINE, looked.index);
    }
    text
}

fn did(did: Did) -> &'static str {
    match did {
        Did::Action(action) => words::action(action),
        Did::Link(step, _) => words::step(step),
    }
}

/// What a line says was done.
pub(super) fn told(looked: &Looked) -> Markup {
    html! {
        (did(looked.did))
        @if looked.outcome == Outcome::Refused { " " span.state.warning { (words::looks::REFUSED) } }
        @if looked.in_haste { " " span.state.warning { (words::photo::IN_HASTE) } }
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
