//! The rules of how long photos are kept, and others in their place: checked strictly, logged, on disk, and then in force.

use std::path::Path;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::action::{Action, act};
use gauze_people::keeping::ruling;
use gauze_people::subject::Subject;
use gauze_wire::Digest;
use maud::html;
use serde::Deserialize;

use super::{PAGE, words};
use crate::disk::{self, DiskError, PUBLIC, TEXT};
use crate::keeping::{Retention, retention_file};
use crate::versions::Governing;
use crate::web::field::Field;
use crate::web::form::{OwnForm, WHOLE};
use crate::web::layout::{self, Frame};
use crate::web::leave::running;
use crate::web::photos::Desk;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

const HERE: &str = "/keeping/rules";
/// What stands in the field where there are none yet.
const BEGIN: &str = "{\n  \"v\": 1,\n  \"rules\": [\n    { \"patient\": false, \"keep\": { \"days\": 90 } }\n  ],\n  \
    \"otherwise\": { \"years\": 8, \"until_age\": 25 }\n}\n";

#[derive(Deserialize)]
pub(in crate::web::photos) struct Filled {
    text: String,
}

pub(in crate::web::photos) async fn page(
    State(desk): State<Desk>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    desk.keeps_rules(&signed).await?;
    let data = desk.data.clone();
    let text = tokio::task::spawn_blocking(move || disk::read_if_any(&retention_file(&data))).await;
    let text = text.map_err(|_| Refusal::Broken("retention"))?.map_err(|error| unread(&error))?;
    let text = text.map_or_else(|| BEGIN.to_owned(), |text| String::from_utf8_lossy(&text).into_owned());
    Ok(rules_page(&signed, &text, None))
}

pub(in crate::web::photos) async fn save(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled, Signed, WHOLE>,
) -> Result<Response, Refusal> {
    desk.put_rules(&signed, &value).await.map_err(|refusal| refusal.keeping(&value.text))
}

impl Desk {
    async fn put_rules(&self, signed: &Signed, value: &Filled) -> Result<Response, Refusal> {
        let desk = self.clone();
        desk.keeps_rules(signed).await?;
        // What a browser sends has other line ends than the file.
        let text = value.text.replace("\r\n", "\n");
        if let Err(error) = Retention::parse(&text) {
            let page = rules_page(signed, &text, Some(&format!("{} {error}.", words::RULES_REFUSED)));
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        }
        let rules = Digest::of(text.as_bytes());
        let note = ruling(&rules).ok_or(Refusal::Broken("note"))?;
        // Whoever asked may go: what is in the log is done.
        let signed = signed.clone();
        let work = async move {
            let _deciding = desk.deciding().await;
            let context = running(desk.web.now());
            let authorised = desk.web.allowed(&signed, act::Retention, &Subject::Hospital, &context).await?;
            let logged = desk.write(authorised.noting(note)).await?;
            desk.keepings_now().ruled(&logged, rules);
            let data = desk.data.clone();
            let written = tokio::task::spawn_blocking(move || put(&data, &text)).await;
            written.map_err(|_| Refusal::Broken("retention"))?.map_err(|error| unread(&error))?;
            desk.keep_version(Governing::Rules, context.at).await;
            Ok::<_, Refusal>(())
        };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("retention"))??;
        Ok(Redirect::to(PAGE).into_response())
    }
}

fn put(data: &Path, text: &str) -> Result<(), DiskError> {
    let path = retention_file(data);
    disk::make_dirs(disk::parent(&path))?;
    disk::replace(&path, text.as_bytes(), PUBLIC)
}

fn unread(error: &DiskError) -> Refusal {
    tracing::error!(code = error.code(), %error, "the rules of retention cannot be read or written");
    Refusal::Broken("retention")
}

impl Desk {
    /// Whoever may not is refused, and that is written; an old proof is renewed first.
    async fn keeps_rules(&self, signed: &Signed) -> Result<(), Refusal> {
        self.web.opens_for(signed, Action::Retention, &Subject::Hospital).await?;
        signed.fresh_for(&self.web, HERE)
    }
}

fn rules_page(signed: &Signed, text: &str, trouble: Option<&str>) -> Html<String> {
    let body = html! {
        @if let Some(trouble) = trouble { p.trouble.free role="alert" { (trouble) } }
        p { (words::RULES_LEAD) }
        form method="post" action=(HERE) autocomplete="off" {
            (signed.field())
            (Field::new("text", words::RULES_TEXT, TEXT, text).file(20))
            p.actions { button.main type="submit" { (words::RULES_SAVE) } " " a.button href=(PAGE) { (words::TITLE) } }
        }
    };
    layout::page(&Frame::signed(words::RULES, signed, PAGE), &body)
}
