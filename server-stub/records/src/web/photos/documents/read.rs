//! Notices that somebody has not read: before their first photo, and again after each change.
//!
//! Always: no page about photos answers whoever has a notice to read; that it was read is a line before it counts.

use axum::extract::{FromRequestParts as _, Query, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::log::{Event, Happening, Outcome};
use maud::html;
use serde::Deserialize;

use super::words;
use crate::documents::StaffNotice;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::Desk;
use crate::web::photos::gate::unwritten;
use crate::web::refusal::Refusal;
use crate::web::signed::{Signed, local, with_next};

const PAGE: &str = "/notices";

#[derive(Deserialize)]
pub(in crate::web::photos) struct Asked {
    next: Option<String>,
}

impl Desk {
    /// What somebody has not read as it now is. A register that cannot be read keeps nobody from their photos: its own page says so.
    async fn unread(&self, signed: &Signed) -> Result<Vec<StaffNotice>, Refusal> {
        let register = self.register().await?.register;
        let acknowledged = self.acknowledged();
        let who = &signed.acting.person.id;
        let read =
            |notice: &StaffNotice| notice.note().is_some_and(|note| acknowledged.when(who, &note).is_some());
        Ok(register.notices.iter().filter(|notice| !read(notice)).cloned().collect())
    }
}

/// Stands before every page about photos.
pub(in crate::web::photos) async fn gate(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if parts.uri.path() != PAGE
        && let Ok(signed) = Signed::from_request_parts(&mut parts, &desk).await
    {
        match desk.unread(&signed).await {
            Ok(unread) if unread.is_empty() => {}
            Ok(_) if parts.method == Method::GET => {
                let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
                return Redirect::to(&with_next(PAGE, asked)).into_response();
            }
            // What was typed in that form is not kept.
            Ok(_) => return read_first().keeping("").into_response(),
            Err(refusal) => return refusal.into_response(),
        }
    }
    next.run(Request::from_parts(parts, body)).await
}

fn read_first() -> Refusal {
    Refusal::Told {
        status: StatusCode::FORBIDDEN,
        code: "notice_unread",
        message: words::READ_FIRST.to_owned(),
        next: (PAGE, words::TO_READ),
    }
}

/// One at a time, the first first.
pub(in crate::web::photos) async fn page(
    State(desk): State<Desk>,
    Query(asked): Query<Asked>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let next = local(asked.next.as_deref());
    let Some(notice) = desk.unread(&signed).await?.into_iter().next() else {
        if next != "/" {
            return Ok(Redirect::to(next).into_response());
        }
        let body = html! { p.note { (words::NOTHING) } };
        return Ok(layout::page(&Frame::signed(words::READ_TITLE, &signed, PAGE), &body).into_response());
    };
    Ok(shown(&signed, &notice, next).into_response())
}

fn shown(signed: &Signed, notice: &StaffNotice, next: &str) -> Html<String> {
    let body = html! {
        p { (words::READ_LEAD) }
        section aria-labelledby="notice" {
            h2 id="notice" { (notice.title.as_str()) }
            p.free { (notice.words.as_str()) }
            p.hint { (words::VERSION) " " (notice.version) }
        }
        form method="post" action=(PAGE) {
            (signed.field())
            input type="hidden" name="code" value=(notice.code);
            input type="hidden" name="version" value=(notice.version);
            input type="hidden" name="next" value=(next);
            p.actions { button.main type="submit" { (words::READ) } }
        }
    };
    layout::page(&Frame::signed(words::READ_TITLE, signed, PAGE), &body)
}

#[derive(Deserialize)]
pub(in crate::web::photos) struct Said {
    code: String,
    version: u32,
    next: String,
}

/// The version that was shown counts, and no other.
pub(in crate::web::photos) async fn read(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Said>,
) -> Result<Redirect, Refusal> {
    let next = with_next(PAGE, local(Some(&value.next)));
    let unread = desk.unread(&signed).await?;
    let of = |notice: &&StaffNotice| notice.code == value.code && notice.version == value.version;
    let Some(note) = unread.iter().find(of).and_then(StaffNotice::note) else {
        return Ok(Redirect::to(&next));
    };
    let at = desk.web.now();
    let person = &signed.acting.person;
    let named = desk.folk.name_staff(&person.id.0, &person.name).await;
    named.map_err(|error| crate::web::photos::gate::broken(&error))?;
    let event = Event::of(Happening::NoticeRead, Outcome::Done, at).by(&signed.acting).noting(note.clone());
    desk.log.note(&event).await.map_err(|error| unwritten(&error))?;
    desk.acknowledged_now().note(&person.id, &note, at);
    Ok(Redirect::to(&next))
}
