//! Who waits for a second factor, and the two people who speak for them.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use gauze_people::person::{Person, PersonId, Role};
use gauze_signin::factors::{Capacity, FactorError, Spoken};
use gauze_signin::sessions::{Level, Session};
use maud::html;
use serde::Deserialize;

use super::Web;
use super::form::OwnForm;
use super::layout::{self, Frame};
use super::refusal::Refusal;
use super::signed::Signed;
use super::told::Happened;
use super::words::waiting as told;

const PAGE: &str = "/people/waiting";

/// Who is meant.
#[derive(Deserialize)]
pub(super) struct Whom {
    person: PersonId,
}

/// As whom somebody may speak for another.
fn capacity(speaker: &Person, person: &Person) -> Option<Capacity> {
    if speaker.id == person.id {
        None
    } else if speaker.roles.contains(&Role::Administrator) {
        Some(Capacity::Administrator)
    } else if !speaker.leads.is_disjoint(&person.teams) {
        Some(Capacity::Lead)
    } else {
        None
    }
}

fn waits(session: &Session) -> bool {
    session.level == Level::OneFactor
}

pub(super) async fn page(State(web): State<Web>, signed: Signed) -> Result<Html<String>, Refusal> {
    let speaker = &signed.acting.person;
    if !speaker.roles.contains(&Role::Administrator) && speaker.leads.is_empty() {
        web.tell(&signed, Happened::Refused("not_allowed")).await?;
        return Err(Refusal::NotAllowed);
    }
    let mut shown = Vec::new();
    for session in web.sessions().all(web.now()).into_iter().filter(waits) {
        let person = web.roster().now(session.person.clone(), web.now()).await;
        let person = person.map_err(|_| Refusal::RolesUnknown)?;
        if let Some(as_whom) = capacity(speaker, &person) {
            let held = web.factors().held(&person.id).await.map_err(|_| Refusal::Broken("factors"))?;
            shown.push((session, held, as_whom));
        }
    }
    let body = html! {
        p { (told::LEAD) }
        @if shown.is_empty() { p { (told::NOBODY) } }
        ul.cards { @for (session, held, as_whom) in &shown { li {
            dl {
                dt { (told::WHO) } dd { (session.person.name) }
                dt { (told::ASKS_WITH) } dd { strong { (session.person.id.0.get(..8).unwrap_or_default()) } }
                dt { (told::SINCE) } dd { (layout::time(session.began_at)) }
            }
            @if held.is_none() && *as_whom == Capacity::Administrator {
                form method="post" action="/people/waiting/code" {
                    (signed.field())
                    input type="hidden" name="person" value=(session.person.id.0);
                    button type="submit" { (told::GIVE_CODE) }
                }
            } @else {
                p { (told::LOST) }
                form method="post" action="/people/waiting/lost" {
                    (signed.field())
                    input type="hidden" name="person" value=(session.person.id.0);
                    button.irreversible type="submit" { (told::SPEAK) }
                }
            }
        } } }
    };
    Ok(layout::page(&Frame::signed(told::TITLE, &signed, PAGE), &body))
}

/// The person who waits, and as whom the speaker speaks: only for whom the page shows.
async fn meant(web: &Web, who: &Signed, whom: &PersonId) -> Result<(Person, Capacity), Refusal> {
    let all = web.sessions().all(web.now());
    let session = all.into_iter().find(|session| waits(session) && session.person.id == *whom);
    let session = session.ok_or(Refusal::NoPage)?;
    let person = web.roster().now(session.person, web.now()).await.map_err(|_| Refusal::RolesUnknown)?;
    match capacity(&who.acting.person, &person) {
        Some(as_whom) => Ok((person, as_whom)),
        None => {
            web.tell(who, Happened::Refused("not_allowed")).await?;
            Err(Refusal::NotAllowed)
        }
    }
}

fn refused(error: &FactorError) -> Refusal {
    tracing::warn!(code = error.code(), %error, "no enrolment code was made");
    Refusal::Told {
        status: http::StatusCode::CONFLICT,
        code: error.code(),
        message: format!("{}. {}", super::door::capital(&error.to_string()), error.next_step()),
        next: (PAGE, told::TITLE),
    }
}

pub(super) async fn give_code(State(web): State<Web>, form: OwnForm<Whom>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    who.fresh_for(&web, PAGE)?;
    let (person, as_whom) = meant(&web, &who, &value.person).await?;
    if as_whom != Capacity::Administrator {
        web.tell(&who, Happened::Refused("not_allowed")).await?;
        return Err(Refusal::NotAllowed);
    }
    web.tell(&who, Happened::CodeMade(person.id.clone())).await?;
    let code = web.factors().make_code(&person.id, web.now()).await.map_err(|error| refused(&error))?;
    Ok(show(&who, &person, &code))
}

pub(super) async fn speak(State(web): State<Web>, form: OwnForm<Whom>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    who.fresh_for(&web, PAGE)?;
    let (person, as_whom) = meant(&web, &who, &value.person).await?;
    web.tell(&who, Happened::SpokeFor(person.id.clone())).await?;
    let by = (&who.acting.person.id, as_whom);
    match web.factors().speak_for(&person.id, by, web.now()).await.map_err(|error| refused(&error))? {
        Spoken::Code(code) => Ok(show(&who, &person, &code)),
        Spoken::Waiting => {
            let body = html! {
                p.done { (told::SPOKEN) }
                p { (told::OTHER) }
                p { a href=(PAGE) { (told::TITLE) } }
            };
            Ok(layout::page(&Frame::signed(told::TITLE, &who, PAGE), &body).into_response())
        }
    }
}

fn show(who: &Signed, person: &Person, code: &str) -> Response {
    let body = html! {
        p { (told::HAND_OVER) " " strong { (person.name) } "." }
        p.code { (code) }
        p.hint { (told::ONCE) }
        p { a href=(PAGE) { (told::TITLE) } }
    };
    layout::page(&Frame::signed(told::CODE_TITLE, who, PAGE), &body).into_response()
}
