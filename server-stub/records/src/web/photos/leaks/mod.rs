//! Pictures that got out, for governance: whose view each was, by the line of the log that its mark names.
//!
//! Always: the question is a line before anything is searched, and what was found is one before it is shown; a picture lies in memory
//! until it is answered and nowhere else; nobody is named but by the keyed check or the weights' rule.

mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gauze_people::action::{Action, act};
use gauze_people::context::{Context, Purpose};
use gauze_people::governance::Looked;
use gauze_people::log::{Entry, What};
use gauze_people::subject::Subject;
use gauze_people::{Logged, Note};
use gauze_wire::{CaptureId, Digest};
use maud::{Markup, html};

use super::gate::broken;
use super::{Desk, looks};
use crate::coded::Coded as _;
use crate::folk::{Found, Opening};
use crate::leak::{LeakError, Trace, Tracer, View, answered, asked};
use crate::web::field::Field;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;
use crate::web::upload::Upload;

pub(super) use words::TITLE;

pub(super) const PAGE: &str = "/leaks";
/// Most pictures of one form: `words::PICTURES_HINT` says so.
const PICTURES: usize = 5;
/// Most bytes of them together.
const BYTES: usize = 48 << 20;
/// Longest name of a file that is shown again.
const NAME: usize = 80;

/// A picture and what it says; nothing where it is no picture that is read here.
struct Answer {
    name: String,
    trace: Option<Trace>,
    /// The number of the line that says so.
    line: u64,
}

/// What stands on the page beside lines of the log.
#[derive(Default)]
struct Known {
    names: BTreeMap<String, String>,
    /// Photos that are here.
    photos: BTreeMap<String, Found>,
}

pub(super) async fn form(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    desk.web.opens_for(&signed, Action::FindMark, &Subject::Hospital).await?;
    signed.fresh_for(&desk.web, PAGE)?;
    Ok(asking(&signed, "", None))
}

pub(super) async fn find(
    State(desk): State<Desk>,
    signed: Signed,
    request: Request,
) -> Result<Response, Refusal> {
    desk.web.opens_for(&signed, Action::FindMark, &Subject::Hospital).await?;
    let refused =
        |typed: &str, status, trouble| Ok((status, asking(&signed, typed, Some(trouble))).into_response());
    let Some(upload) = Upload::read(&desk.web, &signed, request, BYTES).await? else {
        return refused("", StatusCode::PAYLOAD_TOO_LARGE, words::TOO_MUCH);
    };
    signed.fresh_for(&desk.web, PAGE)?;
    let typed = upload.text("photo").trim();
    let pictures: Vec<_> = upload.files("picture").collect();
    let trouble = match pictures.len() {
        0 => Some(words::NO_PICTURE),
        1..=PICTURES => None,
        _ => Some(words::TOO_MANY),
    };
    if let Some(trouble) = trouble {
        return refused(typed, StatusCode::BAD_REQUEST, trouble);
    }
    let original = match (typed, typed.parse::<CaptureId>()) {
        ("", _) => None,
        (_, Ok(id)) => desk.folk.by_reference(&id).await.map_err(|error| broken(&error))?,
        (_, Err(_)) => None,
    };
    if original.is_none() && !typed.is_empty() {
        return refused(typed, StatusCode::BAD_REQUEST, words::NO_PHOTO);
    }
    // What is found counts as asked for at this moment: a search may outlast the proof that it began with.
    let context = Context { purpose: Purpose::Audit, ..Context::care(desk.web.now()) };
    let against = original.is_some();
    let tracer = desk.search(&signed, original, pictures.len(), &context).await?;
    let (mut answers, mut stopped) = (Vec::new(), None);
    for (name, bytes) in pictures {
        match desk.traced(&signed, &tracer, (name, bytes), &context).await {
            Ok(answer) => answers.push(answer),
            Err(refusal) if answers.is_empty() => return Err(refusal),
            Err(refusal) => {
                stopped = Some(refusal);
                break;
            }
        }
    }
    let status = stopped.as_ref().map_or(StatusCode::OK, Refusal::status);
    Ok((status, desk.answer(&signed, &answers, (against, stopped.as_ref())).await?).into_response())
}

fn failed(error: &LeakError) -> Refusal {
    tracing::error!(code = error.code(), %error, "no mark can be looked for");
    Refusal::Broken("leaks")
}

impl Desk {
    /// What a picture says, once that is a line.
    async fn traced(
        &self,
        signed: &Signed,
        tracer: &Arc<Tracer>,
        (name, bytes): (&str, &Bytes),
        context: &Context,
    ) -> Result<Answer, Refusal> {
        let (tracer, bytes) = (tracer.clone(), bytes.clone());
        let traced = move || (Digest::of(&bytes), tracer.trace_of(Path::new(""), &bytes));
        let (sha256, traced) = self.searching().work(traced).await.map_err(|_| Refusal::Broken("leaks"))?;
        let trace = match traced {
            Ok(trace) => Some(trace),
            Err(LeakError::Picture { .. }) => None,
            Err(error) => return Err(failed(&error)),
        };
        let note = answered(&sha256, trace.as_ref()).ok_or(Refusal::Broken("note"))?;
        let logged = self.sought(signed, &Subject::Hospital, (note, context)).await?;
        // Browsers write a quotation mark so (HTML, 4.10.21.8).
        let name = name.replace("%22", "\"").chars().take(NAME).collect();
        Ok(Answer { name, trace, line: logged.line().index })
    }

    /// A line of a search.
    async fn sought(
        &self,
        signed: &Signed,
        subject: &Subject,
        (note, context): (Note, &Context),
    ) -> Result<Logged<act::FindMark>, Refusal> {
        let authorised = self.web.allowed(signed, act::FindMark, subject, context).await?;
        self.write(authorised.noting(note)).await
    }

    /// Writes the line under which a search begins, and reads what it takes: of an original the line is about that photo.
    async fn search(
        &self,
        signed: &Signed,
        original: Option<Found>,
        pictures: usize,
        context: &Context,
    ) -> Result<Arc<Tracer>, Refusal> {
        let subject = original.as_ref().map_or(Subject::Hospital, Found::subject);
        let note = asked(pictures).ok_or(Refusal::Broken("note"))?;
        let logged = self.sought(signed, &subject, (note, context)).await?;
        let opens = match original.as_ref().zip(Opening::of(&logged)) {
            Some((found, opening)) => {
                let open = self.folk.picture(found, &opening).await.map_err(|error| broken(&error))?;
                Some((open, found.capture_id))
            }
            None => None,
        };
        let (identities, log) = (self.folk.identities(), self.log_root.clone());
        let make = move || match opens {
            None => Tracer::of(&identities, log, None).map_err(|error| failed(&error)),
            Some((open, id)) => {
                let (picture, orientation) = open().map_err(|error| broken(&error))?;
                Tracer::of(&identities, log, Some((&picture, orientation, id)))
                    .map_err(|error| failed(&error))
            }
        };
        let tracer = self.searching().work(make).await.map_err(|_| Refusal::Broken("leaks"))?;
        tracer.map(Arc::new)
    }

    /// With whether an original was there to lay the pictures on, and what stopped the search before the last of them.
    async fn answer(
        &self,
        signed: &Signed,
        answers: &[Answer],
        (against, stopped): (bool, Option<&Refusal>),
    ) -> Result<Html<String>, Refusal> {
        let known = self.known_of(answers).await?;
        let body = html! {
            @if let Some(refusal) = stopped { p.trouble role="alert" { (words::STOPPED) " " (refusal.message()) } }
            p { (words::PROVES) }
            ul.cards { @for (at, answer) in answers.iter().enumerate() { li { (card(at + 1, answer, &known, against)) } } }
            p.actions { a.button.main href=(PAGE) { (words::AGAIN) } }
        };
        Ok(layout::page(&Frame::signed(TITLE, signed, PAGE), &body))
    }

    /// Names of people and photos that the lines are about.
    async fn known_of(&self, answers: &[Answer]) -> Result<Known, Refusal> {
        let traces = answers.iter().filter_map(|answer| answer.trace.as_ref());
        let entries: Vec<&Entry> =
            traces.flat_map(|trace| &trace.views).filter_map(|view| view.entry.as_ref()).collect();
        let people = entries.iter().filter_map(|entry| Some(entry.who.as_ref()?.0.clone())).collect();
        let names = self.folk.staff(people).await.map_err(|error| broken(&error))?;
        let mut photos = BTreeMap::new();
        for id in entries.iter().filter_map(|entry| entry.about.as_ref()?.id.clone()) {
            let Ok(capture) = id.parse() else { continue };
            let found = self.folk.by_reference(&capture).await.map_err(|error| broken(&error))?;
            photos.extend(found.map(|found| (id, found)));
        }
        Ok(Known { names, photos })
    }
}

fn asking(signed: &Signed, photo: &str, trouble: Option<&str>) -> Html<String> {
    let body = html! {
        @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
        p { (words::LEAD) }
        p { (words::KEPT) }
        form method="post" action=(PAGE) enctype="multipart/form-data" autocomplete="off" {
            (signed.field())
            (Field::new("picture", words::PICTURES, 0, "").hint(words::PICTURES_HINT).files("image/jpeg"))
            (Field::new("photo", words::PHOTO, 64, photo).hint(words::PHOTO_HINT).optional().line())
            p.actions { button.main type="submit" { (words::SEARCH) } }
            p.hint { (words::TAKES) }
        }
    };
    layout::page(&Frame::signed(TITLE, signed, PAGE), &body)
}

fn card(number: usize, answer: &Answer, known: &Known, against: bool) -> Markup {
    html! {
        h2 { (words::PICTURE) " " (number) }
        p.hint.free { (answer.name) }
        @match &answer.trace {
            None => { p { span.state.warning { (words::UNREAD) } } p { (words::UNREAD_MEANS) } }
            Some(trace) if trace.views.is_empty() => {
                p { span.state { (words::NOBODY) } }
                p { (words::NOBODY_MEANS) }
                p { (match (trace.weighed.is_some(), against) {
                    (true, _) => words::LARGER,
                    (false, true) => words::OFF,
                    (false, false) => words::WITH_ORIGINAL,
                }) }
            }
            Some(trace) => {
                @if trace.views.len() > 1 { p { (words::AVERAGED) } }
                @for view in &trace.views { (shown(view, trace, known)) }
            }
        }
        dl {
            @if let Some(trace) = &answer.trace { dt { (words::MEASURED) } dd { (measured(trace)) } }
            dt { (words::WRITTEN) } dd { (words::LINE) " " (answer.line) }
        }
    }
}

/// A line of the log that a picture was shown by.
fn shown(view: &View, trace: &Trace, known: &Known) -> Markup {
    let sure = if view.by == "check" {
        words::BY_CHECK.to_owned()
    } else {
        words::by_weight(trace.weighed.as_ref())
    };
    let id = view.entry.as_ref().and_then(|entry| entry.about.as_ref()?.id.as_deref());
    let photo = id.and_then(|id| known.photos.get(id));
    html! {
        dl {
            @if let Some(entry) = &view.entry {
                dt { (words::SHOWN_TO) } dd { strong { (who(entry, known)) } }
                dt { (words::WHEN) } dd { (layout::time(entry.at)) }
                @if let Some(looked) = Looked::of(view.line, entry) {
                    dt { (words::WHAT) } dd { (looks::told(&looked)) }
                }
                @if let Some(id) = id { dt { (words::PHOTO_OF) } dd.free { code { (id) } } }
            }
            dt { (words::SHOWN_BY) }
            dd {
                @if let Some(found) = photo {
                    a href={ "/photos/" (found.handle) "/looks#line-" (view.line) } { (words::LINE) " " (view.line) }
                } @else { (words::LINE) " " (view.line) }
                @if view.entry.is_none() { ". " (words::NO_LINE) }
            }
            dt { (words::SURE) } dd { (sure) }
        }
    }
}

fn who<'a>(entry: &'a Entry, known: &'a Known) -> &'a str {
    match (&entry.who, entry.what) {
        (Some(who), _) => known.names.get(&who.0).map_or(who.short(), String::as_str),
        (None, What::Happening(_)) => words::BY_LINK,
        (None, What::Action(_)) => crate::web::words::NOT_KNOWN,
    }
}

/// How the picture was read, in numbers.
fn measured(trace: &Trace) -> String {
    match (&trace.place, &trace.weighed) {
        (Some(place), _) => words::place(place),
        (None, Some(weighed)) => words::weighed(weighed),
        (None, None) => words::NO_MARK.to_owned(),
    }
}
