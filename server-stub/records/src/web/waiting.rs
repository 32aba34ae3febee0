//! Who waits for a second factor, and the two people who speak for them.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use gauze_people::action::{Action, act};
use gauze_people::person::{Person, PersonId, Role};
use gauze_people::{Logged, Note};
use gauze_signin::factors::{Capacity, FactorError, Held, Spoken};
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

/// As whom somebody may speak for another, where their role allows it.
fn capacity(speaker: &Person, person: &Person) -> Option<Capacity> {
    let leads = speaker.roles.contains(&Role::Lead) && !speaker.leads.is_disjoint(&person.teams);
    if speaker.id == person.id {
        None
    } else if speaker.roles.contains(&Role::Administrator) {
        Some(Capacity::Administrator)
    } else {
        leads.then_some(Capacity::Lead)
    }
}

fn waits(session: &Session) -> bool {
    session.level == Level::OneFactor
}

pub(super) async fn page(State(web): State<Web>, signed: Signed) -> Result<Html<String>, Refusal> {
    web.opens(&signed, Action::Reenrol).await?;
    let mut shown = Vec::new();
    for session in web.sessions().all(web.now()).into_iter().filter(waits) {
        let person = web.roster().now(session.person.clone(), web.now()).await;
        let person = person.map_err(|_| Refusal::RolesUnknown)?;
        let may = web.may_towards(&signed, Action::Reenrol, &person.id);
        if let Some(as_whom) = capacity(&signed.acting.person, &person).filter(|_| may) {
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
                dt { (told::ASKS_WITH) } dd { strong { (session.person.id.short()) } }
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

/// Whether somebody may do it for who has these factors.
type Fits = fn(Capacity, Held) -> Result<(), Refusal>;

/// The person who waits and as whom the speaker speaks, allowed by a role and in the log.
struct Meant {
    person: Person,
    as_whom: Capacity,
    logged: Logged<act::Reenrol>,
}

/// The line is written for whom the page shows, and for what `fits`; all else is refused.
async fn meant(
    web: &Web,
    who: &Signed,
    whom: &PersonId,
    (fits, word): (Fits, &str),
) -> Result<Meant, Refusal> {
    let all = web.sessions().all(web.now());
    let session = all.into_iter().find(|session| waits(session) && session.person.id == *whom);
    let Some(session) = session else { return Err(web.nowhere(who).await) };
    let person = web.roster().now(session.person, web.now()).await.map_err(|_| Refusal::RolesUnknown)?;
    let allowed = web.allowed_towards(who, act::Reenrol, &person.id).await?;
    let held = web.factors().held(&person.id).await.map_err(|error| refused(&error))?;
    let as_whom = capacity(&who.acting.person, &person).ok_or(Refusal::NotAllowed);
    match as_whom.and_then(|as_whom| fits(as_whom, held).map(|()| as_whom)) {
        Ok(as_whom) => {
            let word = Note::new(word).map_err(|_| Refusal::Broken("note"))?;
            Ok(Meant { person, as_whom, logged: web.append(allowed.noting(word)).await? })
        }
        Err(refusal) => {
            web.tell(who, Happened::Refused(refusal.code())).await?;
            Err(refusal)
        }
    }
}

/// A first code is an administrator's alone to give, to somebody who has no factor.
fn first(as_whom: Capacity, held: Held) -> Result<(), Refusal> {
    match as_whom {
        Capacity::Administrator if held.is_none() => Ok(()),
        Capacity::Administrator => Err(refused(&FactorError::NotTwo)),
        Capacity::Lead => Err(Refusal::NotAllowed),
    }
}

fn refused(error: &FactorError) -> Refusal {
    tracing::warn!(code = error.code(), %error, "no enrolment code was made");
    let (status, code, next) = (http::StatusCode::CONFLICT, error.code(), (PAGE, told::TITLE));
    let message = super::words::errors::factor(error).to_owned();
    match error {
        FactorError::NotTwo => Refusal::Told { status, code, message, next },
        _ => Refusal::Spent { status, code, message, next },
    }
}

pub(super) async fn give_code(State(web): State<Web>, form: OwnForm<Whom>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    who.fresh_for(&web, PAGE)?;
    let Meant { person, .. } = meant(&web, &who, &value.person, (first, "code")).await?;
    let code = web.factors().make_code(&person.id, web.now()).await.map_err(|error| refused(&error))?;
    Ok(show(&who, &person, &code))
}

pub(super) async fn speak(State(web): State<Web>, form: OwnForm<Whom>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    who.fresh_for(&web, PAGE)?;
    let meant = meant(&web, &who, &value.person, (|_, _| Ok(()), "spoke")).await?;
    let Meant { person, as_whom, logged } = meant;
    let by = (&logged.acting().person.id, as_whom);
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
