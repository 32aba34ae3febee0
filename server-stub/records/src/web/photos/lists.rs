//! The work list of a team: newest first, what nobody has looked at, and what has no patient.

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::action::{Action, act};
use gauze_people::person::Team;
use gauze_people::subject::Subject;
use maud::{Markup, html};
use serde::Deserialize;

use super::gate::broken;
use super::{Desk, NO_TEAM, parts, words};
use crate::blind::Blind;
use crate::folk::Which;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Photos on one page.
const PAGE: u32 = 50;

/// What is asked of a list.
#[derive(Deserialize)]
pub(super) struct Asked {
    which: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn which(&self) -> Option<Which> {
        match self.which.as_deref() {
            None | Some("all") => Some(Which::All),
            Some("new") => Some(Which::New),
            Some("tray") => Some(Which::Tray),
            Some(_) => None,
        }
    }
}

fn word(which: Which) -> (&'static str, &'static str) {
    match which {
        Which::All => ("all", words::lists::ALL),
        Which::New => ("new", words::NEW),
        Which::Tray => ("tray", words::lists::TRAY),
    }
}

impl Desk {
    /// Teams whose list this person's roles open, as addresses with words.
    fn teams(&self, signed: &Signed) -> Vec<(String, String)> {
        let person = &signed.acting.person;
        let own = person.teams.union(&person.leads).map(|team| Some(team.0.clone()));
        own.chain([None])
            .filter(|team| self.may(signed, Action::List, &Subject::WorkList(team.clone().map(Team))))
            .map(|team| (team.clone().unwrap_or_else(|| NO_TEAM.to_owned()), self.team_word(team.as_deref())))
            .collect()
    }
}

/// To the first team's list.
pub(super) async fn start(State(desk): State<Desk>, signed: Signed) -> Response {
    match desk.teams(&signed).first() {
        Some((team, _)) => Redirect::to(&address(team, Which::All)).into_response(),
        None => {
            let frame = Frame::signed(words::lists::TITLE, &signed, "/photos");
            layout::page(&frame, &html! { p { (words::lists::NO_TEAMS) } }).into_response()
        }
    }
}

fn address(team: &str, which: Which) -> String {
    let team: String = url::form_urlencoded::byte_serialize(team.as_bytes()).collect();
    format!("/lists/{}?which={}", team.replace('+', "%20"), word(which).0)
}

/// One page of a team's list.
pub(super) async fn list(
    State(desk): State<Desk>,
    Path(team): Path<String>,
    Query(asked): Query<Asked>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let code = (team != NO_TEAM).then_some(team.as_str());
    let which = asked.which().ok_or(Refusal::Unreadable)?;
    let after =
        asked.after.as_deref().map(str::parse::<Blind>).transpose().map_err(|_| Refusal::Unreadable)?;
    let logged =
        desk.logged(&signed, act::List, &Subject::WorkList(code.map(|code| Team(code.to_owned())))).await?;
    if let Some(after) = &asked.after
        && desk.photo(&signed, after).await?.team.as_deref() != code
    {
        return Err(desk.nowhere(&signed).await);
    }
    let found =
        desk.folk.team(code, which, after.as_ref(), PAGE + 1).await.map_err(|error| broken(&error))?;
    let new = desk.folk.new_of(code).await.map_err(|error| broken(&error))?;
    drop(logged);
    let shown = &found[..found.len().min(PAGE as usize)];
    let more = (found.len() > shown.len()).then(|| shown.last().map(|last| last.handle)).flatten();
    let (now, team_word) = (desk.web.now(), desk.team_word(code));
    let body = html! {
        (desk.notice(&signed))
        (desk.chooser(&signed, &team, which, new))
        @if shown.is_empty() { p.note { (empty(which)) } }
        ul.cards { @for found in shown { li { (parts::card(found, &desk.taker(found)?, &team_word, true, now)) } } }
        @if let Some(last) = more {
            p.actions { a.button href={ (address(&team, which)) "&after=" (last) } { (words::OLDER) } }
        }
    };
    Ok(layout::page(&Frame::signed(words::lists::TITLE, &signed, "/photos"), &body))
}

fn empty(which: Which) -> &'static str {
    match which {
        Which::All => words::lists::EMPTY,
        Which::New => words::lists::EMPTY_NEW,
        Which::Tray => words::lists::EMPTY_TRAY,
    }
}

impl Desk {
    fn chooser(&self, signed: &Signed, team: &str, which: Which, new: u64) -> Markup {
        let count = if new >= 1000 { words::lists::MORE_THAN.to_owned() } else { new.to_string() };
        html! {
            nav.tabs aria-label=(words::lists::TEAMS) {
                @for (code, name) in self.teams(signed) {
                    a href=(address(&code, which)) aria-current=[(code == team).then_some("true")] { (name) }
                }
            }
            nav.tabs aria-label=(words::lists::WHICH) {
                @for kind in [Which::All, Which::New, Which::Tray] {
                    a href=(address(team, kind)) aria-current=[(kind == which).then_some("true")] {
                        (word(kind).1) @if kind == Which::New { " (" (count) ")" }
                    }
                }
            }
        }
    }
}
