//! The policies in force, and others in their place: checked strictly, logged, on disk, and only then in force.

use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::Note;
use gauze_people::action::{Action, act};
use gauze_people::roles::{PolicySet, SHIPPED};
use gauze_people::subject::Subject;
use maud::html;
use serde::Deserialize;

use super::Desk;
use crate::access::{AccessError, policies_file};
use crate::coded::Coded as _;
use crate::disk::{self, PUBLIC, TEXT};
use crate::versions::Governing;
use crate::web::field::Field;
use crate::web::form::{OwnForm, WHOLE};
use crate::web::layout::{self, Frame};
use crate::web::leave::running;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;
use crate::web::words::policies as told;

const PAGE: &str = "/people/policies";

#[derive(Deserialize)]
pub(super) struct Filled {
    text: String,
}

pub(super) async fn page(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    desk.sets(&signed).await?;
    let data = desk.data.clone();
    let text = tokio::task::spawn_blocking(move || in_force(&data)).await;
    let text = text.map_err(|_| Refusal::Broken("policies"))?.map_err(|error| broken(&error))?;
    Ok(desk.policies_page(&signed, &text, None))
}

pub(super) async fn save(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled, Signed, WHOLE>,
) -> Result<Response, Refusal> {
    desk.put_policies(&signed, &value).await.map_err(|refusal| refusal.keeping(&value.text))
}

impl Desk {
    async fn put_policies(&self, signed: &Signed, value: &Filled) -> Result<Response, Refusal> {
        let desk = self.clone();
        desk.sets(signed).await?;
        // What a browser sends has other line ends than the file.
        let text = value.text.replace("\r\n", "\n");
        let set = match PolicySet::parse(&text) {
            Ok(set) => set,
            Err(error) => {
                let trouble = format!("{} {error}", told::REFUSED);
                let page = desk.policies_page(signed, &text, Some(&trouble));
                return Ok((StatusCode::BAD_REQUEST, page).into_response());
            }
        };
        // Who puts them in force can put others in their place: nobody locks everybody out.
        let again = set.decide(&signed.acting, Action::Setting, &Subject::Hospital, &running(desk.web.now()));
        if again.outcome.is_err() {
            let page = desk.policies_page(signed, &text, Some(told::LOCKS_OUT));
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        }
        let note = Note::new(format!("policies:{}", set.digest())).map_err(|_| Refusal::Broken("note"))?;
        // Whoever asked may go: what is in the log is done.
        let signed = signed.clone();
        let work = async move {
            let _deciding = desk.deciding().await;
            let context = running(desk.web.now());
            let authorised = desk.web.allowed(&signed, act::Setting, &Subject::Hospital, &context).await?;
            let logged = desk.write(authorised.noting(note)).await?;
            let data = desk.data.clone();
            let written = tokio::task::spawn_blocking(move || put(&data, &text)).await;
            written.map_err(|_| Refusal::Broken("policies"))?.map_err(|error| broken(&error))?;
            desk.roles.replace(&logged, set);
            desk.keep_version(Governing::Policies, context.at).await;
            Ok::<_, Refusal>(())
        };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("policies"))??;
        Ok(Redirect::to(PAGE).into_response())
    }
}

fn in_force(data: &Path) -> Result<String, AccessError> {
    let path = policies_file(data);
    let Some(bytes) = disk::read_if_any(&path)? else { return Ok(SHIPPED.to_owned()) };
    String::from_utf8(bytes).map_err(|error| AccessError::Malformed { path, cause: error.to_string() })
}

fn put(data: &Path, text: &str) -> Result<(), AccessError> {
    let path = policies_file(data);
    disk::make_dirs(disk::parent(&path))?;
    Ok(disk::replace(&path, text.as_bytes(), PUBLIC)?)
}

fn broken(error: &AccessError) -> Refusal {
    tracing::error!(code = error.code(), %error, "the policies cannot be read or written");
    Refusal::Broken("policies")
}

impl Desk {
    /// Whoever may set nothing is refused, and that is written; an old proof is renewed first.
    async fn sets(&self, signed: &Signed) -> Result<(), Refusal> {
        self.web.opens_for(signed, Action::Setting, &Subject::Hospital).await?;
        signed.fresh_for(&self.web, PAGE)
    }

    fn policies_page(&self, signed: &Signed, text: &str, trouble: Option<&str>) -> Html<String> {
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble.free role="alert" { (trouble) } }
            p { (told::LEAD) }
            p.hint { (told::IN_FORCE) " " code { (self.roles.policy_set()) } }
            form method="post" action=(PAGE) autocomplete="off" {
                (signed.field())
                (Field::new("text", told::TEXT, TEXT, text).file(24))
                p.actions { button.irreversible type="submit" { (told::SAVE) } }
            }
        };
        layout::page(&Frame::signed(told::TITLE, signed, PAGE), &body)
    }
}
