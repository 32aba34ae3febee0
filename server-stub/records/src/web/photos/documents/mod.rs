//! Documents, reminders, and who has not read which notice, for governance; changing them.

mod phones;
mod read;
mod words;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::Note;
use gauze_people::action::{Action, act};
use gauze_people::log::{Outcome, read_newest};
use gauze_people::person::PersonId;
use gauze_people::subject::Subject;
use gauze_wire::Digest;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::gate::broken;
use super::{Desk, Inner};
use crate::disk::{self, DiskError, PUBLIC, TEXT};
use crate::documents::{Document, InForce, Register, StaffNotice, Standing, register_file, today};
use crate::versions::Governing;
use crate::web::field::Field;
use crate::web::form::{OwnForm, WHOLE};
use crate::web::layout::{self, Frame};
use crate::web::leave::running;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

pub(super) use read::{gate, page as unread, read};

const PAGE: &str = "/documents";
const EDIT: &str = "/documents/register";
/// Whoever did anything since then is asked after.
const BACK: SignedDuration = SignedDuration::from_hours(90 * 24);
/// What stands in the field where there is nothing yet.
const BEGIN: &str = "{\n  \"v\": 1,\n  \"documents\": [],\n  \"notices\": []\n}\n";

/// A notice, those who were to read it, and where that is not everybody who was here lately, who they are.
struct Asked {
    notice: StaffNotice,
    people: BTreeSet<PersonId>,
    hint: Option<&'static str>,
}

/// Says in the program's log how many documents are to be reviewed, where that is another number or another day.
pub(super) async fn watch(inner: &Arc<Inner>, now: Timestamp) {
    let inner = inner.clone();
    let look = move || {
        let register = inner.shelf.in_force(&inner.parts.data).register;
        Standing::of(&register, today(now)).tell(&inner.reviewed);
    };
    if tokio::task::spawn_blocking(look).await.is_err() {
        tracing::error!("the register of documents was not looked at");
    }
}

pub(super) async fn page(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    desk.web.opens_for(&signed, Action::Documents, &Subject::Hospital).await?;
    let InForce { register, trouble } = desk.register().await?;
    // What phones have sent by now counts.
    super::cases::take_carried(&desk.0, desk.web.now()).await;
    let unread = desk.unread_by(&desk.asked_of_readers(&register).await?).await?;
    let today = today(desk.web.now());
    let reminders = register.reminders(today);
    let body = html! {
        @if let Some(trouble) = &trouble { p.trouble.free role="alert" { (words::UNREADABLE) " " (trouble) "." } }
        p { (words::LEAD) }
        p.actions { a.button.main href=(EDIT) { (words::CHANGE) } }
        section aria-labelledby="due" {
            h2 id="due" { (words::DUE) }
            p.hint { (words::BY_MAIL) }
            @if reminders.is_empty() { p.note { (words::NOT_DUE) } }
            ul.cards { @for notice in &reminders { li {
                h3 { (notice.subject) }
                p.free { (words::MAIL) " " strong { (notice.to) } ":" }
                p.free { (notice.text) }
            } } }
        }
        section aria-labelledby="notices" {
            h2 id="notices" { (words::NOTICES) }
            @if unread.is_empty() { p.note { (words::NO_NOTICES) } }
            @if !register.notices.is_empty() { p.hint { (words::WHO) } }
            ul.cards { @for notice in &unread { li { (notice) } } }
        }
        section aria-labelledby="documents" {
            h2 id="documents" { (words::DOCUMENTS) }
            @if register.documents.is_empty() { p.note { (words::NO_DOCUMENTS) } }
            ul.cards { @for document in &register.documents { li { (card(document, today)) } } }
        }
    };
    Ok(layout::page(&Frame::signed(words::TITLE, &signed, PAGE), &body))
}

fn card(document: &Document, today: Date) -> Markup {
    html! {
        h3 { (document.title.as_str()) }
        dl {
            dt { (words::OWNER) } dd { (document.owner.as_str()) }
            dt { (words::VERSION) } dd { (document.version.as_str()) }
            dt { (words::REVIEW) } dd {
                (document.review_by.strftime("%d-%b-%Y").to_string())
                @if document.days_left(today) < 0 { " " span.state.danger { (words::LATE) } }
            }
            dt { (words::WHERE) } dd.free { (document.link.as_str()) }
            dt { (words::HASH) } dd.free { code { (document.sha256) } }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Filled {
    text: String,
}

pub(super) async fn form(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    desk.keeps_documents(&signed).await?;
    let data = desk.data.clone();
    let text = tokio::task::spawn_blocking(move || disk::read_if_any(&register_file(&data))).await;
    let text = text.map_err(|_| Refusal::Broken("documents"))?.map_err(|error| unread_file(&error))?;
    let text = text.map_or_else(|| BEGIN.to_owned(), |text| String::from_utf8_lossy(&text).into_owned());
    let trouble = desk.register().await?.trouble;
    Ok(edit(&signed, &text, trouble.as_deref()))
}

pub(super) async fn save(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled, Signed, WHOLE>,
) -> Result<Response, Refusal> {
    desk.put_register(&signed, &value).await.map_err(|refusal| refusal.keeping(&value.text))
}

impl Desk {
    async fn put_register(&self, signed: &Signed, value: &Filled) -> Result<Response, Refusal> {
        let desk = self.clone();
        desk.keeps_documents(signed).await?;
        // What a browser sends has other line ends than the file.
        let text = value.text.replace("\r\n", "\n");
        if let Err(error) = Register::parse(&text) {
            let page = edit(signed, &text, Some(&format!("{} {error}.", words::REFUSED)));
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        }
        let note = Note::new(format!("register:{}", Digest::of(text.as_bytes())));
        let note = note.map_err(|_| Refusal::Broken("note"))?;
        // Whoever asked may go: what is in the log is done.
        let signed = signed.clone();
        let work = async move {
            let _deciding = desk.deciding().await;
            let context = running(desk.web.now());
            let authorised = desk.web.allowed(&signed, act::Documents, &Subject::Hospital, &context).await?;
            desk.write(authorised.noting(note)).await?;
            let data = desk.data.clone();
            let written = tokio::task::spawn_blocking(move || put(&data, &text)).await;
            written.map_err(|_| Refusal::Broken("documents"))?.map_err(|error| unread_file(&error))?;
            desk.keep_version(Governing::Documents, context.at).await;
            Ok::<_, Refusal>(())
        };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("documents"))??;
        Ok(Redirect::to(PAGE).into_response())
    }
}

fn put(data: &Path, text: &str) -> Result<(), DiskError> {
    let path = register_file(data);
    disk::make_dirs(disk::parent(&path))?;
    disk::replace(&path, text.as_bytes(), PUBLIC)
}

fn unread_file(error: &DiskError) -> Refusal {
    tracing::error!(code = error.code(), %error, "the register of documents cannot be read or written");
    Refusal::Broken("documents")
}

fn edit(signed: &Signed, text: &str, trouble: Option<&str>) -> Html<String> {
    let body = html! {
        @if let Some(trouble) = trouble { p.trouble.free role="alert" { (trouble) } }
        p { (words::EDIT_LEAD) }
        form method="post" action=(EDIT) autocomplete="off" {
            (signed.field())
            (Field::new("text", words::TEXT, TEXT, text).file(24))
            p.actions { button.main type="submit" { (words::SAVE) } " " a.button href=(PAGE) { (words::TITLE) } }
        }
    };
    layout::page(&Frame::signed(words::CHANGE, signed, PAGE), &body)
}

impl Desk {
    /// Whoever may not is refused, and that is written; an old proof is renewed first.
    async fn keeps_documents(&self, signed: &Signed) -> Result<(), Refusal> {
        self.web.opens_for(signed, Action::Documents, &Subject::Hospital).await?;
        signed.fresh_for(&self.web, EDIT)
    }

    /// The register in force, read anew where its file is another one.
    pub(super) async fn register(&self) -> Result<InForce, Refusal> {
        let desk = self.clone();
        let read = tokio::task::spawn_blocking(move || desk.shelf().in_force(&desk.data)).await;
        read.map_err(|_| Refusal::Broken("documents"))
    }

    /// Each notice with those who were to read it: of the register whoever was here lately, of what phones show whoever reads there.
    async fn asked_of_readers(&self, register: &Register) -> Result<Vec<Asked>, Refusal> {
        let mut asked = Vec::new();
        // The log is read once for all of them.
        if !register.notices.is_empty() {
            let people = self.here_since(self.web.now().checked_sub(BACK).unwrap_or(Timestamp::MIN)).await?;
            let of =
                |notice: &StaffNotice| Asked { notice: notice.clone(), people: people.clone(), hint: None };
            asked.extend(register.notices.iter().map(of));
        }
        asked.extend(self.asked_on_phones()?);
        Ok(asked)
    }

    /// Whoever did anything here since then.
    async fn here_since(&self, since: Timestamp) -> Result<BTreeSet<PersonId>, Refusal> {
        let root = self.log_root.clone();
        let read = move || {
            let mut people = BTreeSet::new();
            let read = read_newest(&root, |kept| match kept.entry {
                Some(entry) if entry.at < since => ControlFlow::Break(()),
                Some(entry) => {
                    let is_here = entry.outcome == Outcome::Done && !phones::is_of_a_phone(&entry);
                    people.extend(entry.who.filter(|_| is_here));
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Continue(()),
            });
            read.map(|()| people)
        };
        let read = self.reading().work(read).await.map_err(|_| Refusal::Broken("documents"))?;
        read.map_err(|error| {
            tracing::error!(code = error.code(), %error, "the access log cannot be read");
            Refusal::Broken("log")
        })
    }

    /// Of each notice who was to read it and has not, as it now is.
    async fn unread_by(&self, asked: &[Asked]) -> Result<Vec<Markup>, Refusal> {
        let missing: Vec<BTreeSet<String>> = {
            let acknowledged = self.acknowledged();
            let has = |who: &PersonId, notice: &StaffNotice| {
                notice.note().is_some_and(|note| acknowledged.when(who, &note).is_some())
            };
            let missing = |Asked { notice, people, .. }: &Asked| {
                people.iter().filter(|who| !has(who, notice)).map(|who| who.0.clone()).collect()
            };
            asked.iter().map(missing).collect()
        };
        let all = missing.iter().flatten().cloned().collect();
        let names = self.folk.staff(all).await.map_err(|error| broken(&error))?;
        let card = |(Asked { notice, people, hint }, missing): (&Asked, &BTreeSet<String>)| {
            html! {
                h3 { (notice.title.as_str()) ", " (words::VERSION) " " (notice.version) }
                @if let Some(hint) = hint { p.hint { (hint) } }
                @if people.is_empty() { p.note { (words::NOBODY_YET) } }
                @else if missing.is_empty() { p { span.state.good { (words::ALL_READ) } } }
                ul { @for id in missing { li.free { (names.get(id).map_or(id.as_str(), String::as_str)) } } }
            }
        };
        Ok(asked.iter().zip(&missing).map(card).collect())
    }
}
