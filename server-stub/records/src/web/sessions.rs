//! Where a person, and an administrator, see sessions and end them.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use gauze_people::Note;
use gauze_people::action::{Action, act};
use gauze_signin::sessions::{Ending, Level, Session};
use maud::{Markup, html};
use serde::Deserialize;

use super::Web;
use super::form::OwnForm;
use super::layout::{self, Frame};
use super::refusal::Refusal;
use super::signed::Signed;
use super::words::{factor, sessions as words};

pub(super) const OWN: &str = "/sessions";
const PEOPLE: &str = "/people/sessions";

/// The sessions that are meant.
#[derive(Deserialize)]
pub(super) struct Which {
    /// One by its reference; all of them where it is empty.
    reference: String,
}

pub(super) async fn own(State(web): State<Web>, signed: Signed) -> Html<String> {
    let all = web.sessions().all(web.now());
    let theirs = all.iter().filter(|session| session.person.id == signed.acting.person.id);
    let body = html! {
        p { (words::LEAD) }
        ul.cards { @for session in theirs { (card(&signed, session, OWN)) } }
        form method="post" action="/second-factor/another" {
            (signed.field())
            div.actions { button type="submit" { (words::ANOTHER) } }
        }
        div.apart {
            p { (words::END_ALL_MEANS) }
            form method="post" action=(OWN) {
                (signed.field())
                input type="hidden" name="reference" value="";
                button.irreversible type="submit" { (words::END_ALL) }
            }
        }
    };
    layout::page(&Frame::signed(words::TITLE, &signed, OWN), &body)
}

pub(super) async fn end_own(State(web): State<Web>, form: OwnForm<Which>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    let mut theirs = web.sessions().all(web.now());
    theirs.retain(|session| {
        let meant = value.reference.is_empty() || session.reference == value.reference;
        session.person.id == who.acting.person.id && meant
    });
    if theirs.is_empty() {
        return Err(web.nowhere(&who).await);
    }
    for session in theirs {
        end(&web, &who, &session).await?;
    }
    Ok(Redirect::to(OWN).into_response())
}

/// Ends a session once a role allows it and its line says whose and which.
async fn end(web: &Web, who: &Signed, session: &Session) -> Result<(), Refusal> {
    let which = Note::new(&session.reference).map_err(|_| Refusal::Broken("note"))?;
    let allowed = web.allowed_towards(who, act::EndSession, &session.person.id).await?;
    let _logged = web.append(allowed.noting(which)).await?;
    web.sessions().end_all(Ending::One(&session.person.id, &session.reference));
    Ok(())
}

pub(super) async fn people(State(web): State<Web>, signed: Signed) -> Result<Html<String>, Refusal> {
    web.opens(&signed, Action::EndSession).await?;
    let mut all = web.sessions().all(web.now());
    all.retain(|session| web.may_towards(&signed, Action::EndSession, &session.person.id));
    let body = html! {
        p { (words::PEOPLE_LEAD) }
        @if all.is_empty() { p { (words::NOBODY) } }
        ul.cards { @for session in &all { (card(&signed, session, PEOPLE)) } }
    };
    Ok(layout::page(&Frame::signed(words::PEOPLE_TITLE, &signed, PEOPLE), &body))
}

pub(super) async fn end_one(State(web): State<Web>, form: OwnForm<Which>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    web.opens(&who, Action::EndSession).await?;
    who.fresh_for(&web, PEOPLE)?;
    let all = web.sessions().all(web.now());
    let meant = all.iter().find(|session| session.reference == value.reference);
    let Some(meant) = meant else { return Err(web.nowhere(&who).await) };
    end(&web, &who, meant).await?;
    Ok(Redirect::to(PEOPLE).into_response())
}

fn card(signed: &Signed, session: &Session, action: &str) -> Markup {
    let how = match session.level {
        Level::OneFactor => factor::NONE,
        Level::Signed { factor, .. } => layout::factor_word(factor),
    };
    let is_this = session.reference == signed.acting.session;
    html! {
        li {
            @if is_this { p { strong { (words::THIS) } } }
            dl {
                @if action == PEOPLE { dt { (words::WHO) } dd { (session.person.name) } }
                dt { (words::BROWSER) } dd { (session.browser) }
                dt { (words::BEGAN) } dd { (layout::time(session.began_at)) }
                dt { (words::USED) } dd { (layout::time(session.seen_at)) }
                dt { (words::HOW) } dd { (how) }
            }
            @if !is_this {
                form method="post" action=(action) {
                    (signed.field())
                    input type="hidden" name="reference" value=(session.reference);
                    button type="submit" { (words::END) }
                }
            }
        }
    }
}
