//! One case: what became of it in plain words, what is to be done, what was decided, and the forms for each step.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::cases::{Case, Decision, State as How, Step, Taken};
use gauze_wire::{CaptureId, DeviceId, Digest, Text};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::list::clock;
use super::{Account, Names, PAGE, name, reporter, words};
use crate::folk::{phone_of, thumbprint};
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::Desk;
use crate::web::photos::filled::lines;
use crate::web::photos::gate::broken;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web::photos) struct Filled {
    step: String,
    words: String,
    who: String,
    task: Option<u64>,
    decision: String,
    photo: String,
    phone: String,
}

impl Filled {
    fn typed(&self) -> String {
        format!("{}\n{}", self.who, self.words)
    }

    /// What was written with one step.
    fn with(&self, step: &str) -> &str {
        if self.step == step { &self.words } else { "" }
    }

    /// The step, and what is sealed with it.
    fn step(&self) -> Result<(Step, Option<String>), &'static str> {
        let missing = words::STEP_MISSING;
        let typed = || {
            let text: Result<Text<1024>, _> = Text::new(lines(&self.words));
            text.map(|text| text.as_str().to_owned()).map_err(|_| missing)
        };
        match self.step.as_str() {
            "own" => Ok((Step::Own, None)),
            "task" => {
                let who: Text<100> = Text::new(self.who.trim()).map_err(|_| missing)?;
                let one_line = !who.as_str().contains(['\n', '\r']);
                let words = format!("{}\n{}", who.as_str(), typed()?);
                if one_line { Ok((Step::Task, Some(words))) } else { Err(missing) }
            }
            "done" => Ok((Step::Done(self.task.ok_or(missing)?), None)),
            "decide" => {
                let decision = Decision::read(&self.decision).ok_or(missing)?;
                Ok((Step::Decide(decision), Some(typed()?)))
            }
            "told" => Ok((Step::Told, Some(typed()?))),
            "photo" => {
                let photo: CaptureId = self.photo.trim().parse().map_err(|_| words::NO_PHOTO)?;
                Ok((Step::Photo(photo), None))
            }
            "phone" => {
                let phone: Option<DeviceId> = self.phone.trim().parse().ok();
                let phone = phone.as_ref().and_then(thumbprint).ok_or(words::NO_PHONE)?;
                Ok((Step::Phone(phone), None))
            }
            "close" => Ok((Step::Close, Some(typed()?))),
            _ => Err(missing),
        }
    }
}

/// Reading a case is a line: what was written may name anybody.
pub(in crate::web::photos) async fn page(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    desk.looks_after_cases(&signed).await?;
    let case = desk.case(&signed, &address).await?;
    desk.take_step(&signed, case.number, Step::Read, None).await?;
    desk.case_page(&signed, &case, &Filled::default(), None).await
}

pub(in crate::web::photos) async fn act(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.acts(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&value.typed()))
}

type Meant = Result<(Step, Option<String>), &'static str>;

impl Desk {
    async fn acts(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        self.looks_after_cases(signed).await?;
        let case = self.case(signed, address).await?;
        let meant = match value.step() {
            Ok((Step::Photo(photo), _)) => self.known_photo(photo).await?,
            Ok((Step::Phone(phone), _)) => self.known_phone(phone).await?,
            meant => meant,
        };
        let (step, written) = match meant {
            Ok(meant) => meant,
            Err(trouble) => {
                self.take_step(signed, case.number, Step::Read, None).await?;
                let page = self.case_page(signed, &case, value, Some(trouble)).await?;
                return Ok((StatusCode::BAD_REQUEST, page).into_response());
            }
        };
        let reason = written.map(|words| self.case_reason(&words)).transpose()?;
        self.take_step(signed, case.number, step, reason).await?;
        Ok(Redirect::to(&format!("{PAGE}/{}", case.number)).into_response())
    }

    async fn known_photo(&self, photo: CaptureId) -> Result<Meant, Refusal> {
        let found = self.folk.by_reference(&photo).await.map_err(|error| broken(&error))?;
        Ok(found.map(|_| (Step::Photo(photo), None)).ok_or(words::NO_PHOTO))
    }

    async fn known_phone(&self, phone: Digest) -> Result<Meant, Refusal> {
        let Ok(id) = phone_of(&phone) else { return Ok(Err(words::NO_PHONE)) };
        let known = self.folk.is_believed(&id).await.map_err(|error| broken(&error))?;
        Ok(if known { Ok((Step::Phone(phone), None)) } else { Err(words::NO_PHONE) })
    }

    async fn case_page(
        &self,
        signed: &Signed,
        case: &Case,
        filled: &Filled,
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        let names = self.case_names(std::iter::once(case)).await?;
        let now = self.web.now();
        let closed = case.state() == How::Closed;
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            (self.head(case, &names, now))
            (self.tasks(signed, case, filled))
            (photos(signed, case, filled))
            (phones(signed, case, filled))
            (self.story(case, &names))
            @if !closed && case.owner().is_none() {
                (form(signed, case, ("own", words::OWN, words::OWN_LEAD, words::OWN), &html! {}))
            }
            @if case.owner().is_some() { (decide(signed, case, filled)) }
            @if !closed && case.decision().is_some() {
                (form(signed, case, ("told", words::TELL, words::TELL_LEAD, words::SAVE_TOLD), &area("told", words::HOW, filled)))
            }
            @if !closed && case.owner().is_some() {
                div.apart {
                    (form(signed, case, ("close", words::CLOSE, words::CLOSE_LEAD, words::CLOSE), &area("close", words::OUTCOME, filled)))
                }
            }
            p.actions {
                a.button href={ (PAGE) "/" (case.number) "/form" } { (words::TO_FORM) }
                a.button href={ (PAGE) "/" (case.number) "/evidence" } { (words::EVIDENCE) }
                a.button href=(PAGE) { (words::TO_LIST) }
            }
        };
        let title = format!("{} {}", words::CASE, case.number);
        Ok(layout::page(&Frame::signed(&title, signed, PAGE), &body))
    }

    fn head(&self, case: &Case, names: &Names, now: Timestamp) -> Markup {
        let Account { whose, what, vouched } = self.case_account(case);
        html! {
            p { (clock(case, now)) }
            dl {
                dt { (words::HOW_FAR) } dd { (words::state(case.state())) }
                dt { (words::OWNER) } dd { (case.owner().map_or(words::NOBODY, |owner| name(owner, names))) }
                dt { (words::WHICH) } dd { (words::kind(case.kind)) }
                dt { (words::WHAT) } dd.free { (what) }
                dt { (words::WHOSE) } dd.free { (whose) }
                @if let Some(vouched) = vouched { dt { (words::VOUCHED) } dd.free { (vouched) } }
                dt { (words::AWARE) } dd { (layout::time(case.aware_at)) }
                @if let Some(made) = words::made(case) {
                    dt { (words::WAS_REPORTED) } dd { (made) ", " (words::BY) " " (reporter(case, names)) }
                    dt { (words::REACHED) } dd { (layout::time(case.at)) }
                } @else {
                    dt { (words::WAS_REPORTED) } dd { (layout::time(case.at)) " " (words::BY) " " (reporter(case, names)) }
                }
                @if !case.crowds.is_empty() {
                    dt { (words::counted_of(&case.by)) } dd { (case.crowds.iter().map(|(_, crowd)| crowd.count).sum::<u64>()) }
                }
            }
        }
    }

    fn tasks(&self, signed: &Signed, case: &Case, filled: &Filled) -> Markup {
        let fields = html! {
            (Field::new("who", words::WHO, 100, &filled.who).line())
            (area("task", words::TASK, filled))
        };
        html! {
            section aria-labelledby="tasks" {
                h2 id="tasks" { (words::TASKS) }
                @if case.tasks().is_empty() { p.note { (words::NO_TASKS) } }
                ul.cards { @for (task, done) in case.tasks() {
                    @let (who, what) = self.case_pair(task.reason.as_ref());
                    li {
                        h3 { (who) }
                        p.free { (what) }
                        @match done {
                            Some(done) => p { span.state.good { (words::DONE) } " " (layout::time(done.at)) },
                            None => {
                                p { span.state.warning { (words::OPEN) } }
                                @if case.state() != How::Closed {
                                    form method="post" action={ (PAGE) "/" (case.number) } {
                                        (signed.field())
                                        input type="hidden" name="step" value="done";
                                        input type="hidden" name="task" value=(task.line);
                                        button type="submit" { (words::IS_DONE) }
                                    }
                                }
                            }
                        }
                    }
                } }
                @if case.state() != How::Closed {
                    details open[filled.step == "task"] { summary { (words::ADD_TASK) } (bare(signed, case, "task", words::ADD_TASK, &fields)) }
                }
            }
        }
    }

    /// Report, steps and reminders, by their time.
    fn story(&self, case: &Case, names: &Names) -> Markup {
        let mut told: Vec<(Timestamp, Markup)> = vec![(
            case.at,
            html! {
                h3 { (words::WAS_REPORTED) }
                @if let Some(made) = words::made(case) { p { (made) ". " (words::REACHED) ":" } }
                p { (layout::time(case.at)) ", " (reporter(case, names)) ", " (words::LINE) " " (case.number) }
                @for (line, crowd) in &case.crowds { p { (words::counted(crowd)) ", " (words::LINE) " " (line) } }
            },
        )];
        for (reminder, at) in &case.reminded {
            told.push((*at, html! { h3 { (words::reminder(*reminder)) } p { (layout::time(*at)) } }));
        }
        told.extend(case.steps.iter().map(|taken| (taken.at, self.told(taken, names))));
        told.sort_by_key(|(at, _)| *at);
        html! {
            section aria-labelledby="story" {
                h2 id="story" { (words::STORY) }
                ol.timeline { @for (_, one) in &told { li { (one) } } }
            }
        }
    }

    fn told(&self, taken: &Taken, names: &Names) -> Markup {
        html! {
            h3 { (words::step(taken.step)) }
            p { (layout::time(taken.at)) ", " (name(&taken.by, names)) ", " (words::LINE) " " (taken.line) }
            @if let Step::Photo(photo) = taken.step { p { code { (photo) } } }
            @if let Step::Phone(phone) = taken.step { p { code { (id(&phone)) } } }
            @if let Some(written) = self.case_words(taken.reason.as_ref()) { p.free { (written) } }
        }
    }
}

fn photos(signed: &Signed, case: &Case, filled: &Filled) -> Markup {
    let field = Field::new("photo", words::REFERENCE, 36, &filled.photo).line();
    html! {
        section aria-labelledby="photos" {
            h2 id="photos" { (words::PHOTOS) }
            @if case.photos().is_empty() { p.note { (words::NO_PHOTOS) } }
            ul { @for photo in case.photos() { li { code { (photo) } } } }
            @if case.state() != How::Closed {
                details open[filled.step == "photo"] { summary { (words::ADD_PHOTO) } (bare(signed, case, "photo", words::ADD_PHOTO, &field)) }
            }
        }
    }
}

/// A phone's id as people read it elsewhere.
fn id(phone: &Digest) -> String {
    phone_of(phone).map_or_else(|_| phone.to_string(), |id| id.to_string())
}

fn phones(signed: &Signed, case: &Case, filled: &Filled) -> Markup {
    let field = Field::new("phone", words::PHONE_ID, 43, &filled.phone).hint(words::PHONE_HINT).line();
    html! {
        section aria-labelledby="phones" {
            h2 id="phones" { (words::PHONES) }
            @if case.phones().is_empty() { p.note { (words::NO_PHONES) } }
            ul { @for phone in case.phones() { li { code { (id(&phone)) } } } }
            @if case.state() != How::Closed {
                details open[filled.step == "phone"] { summary { (words::ADD_PHONE) } (bare(signed, case, "phone", words::ADD_PHONE, &field)) }
            }
        }
    }
}

fn decide(signed: &Signed, case: &Case, filled: &Filled) -> Markup {
    let choice = |decision: Decision, label: &str| {
        html! {
            label {
                input type="radio" name="decision" value=(decision.word()) required checked[filled.decision == decision.word()];
                " " (label)
            }
        }
    };
    let fields = html! {
        fieldset.ticks {
            legend { (words::DECIDE) }
            (choice(Decision::Reportable, words::REPORTABLE))
            (choice(Decision::NotReportable, words::NOT_REPORTABLE))
        }
        (area("decide", words::WHY, filled))
    };
    form(signed, case, ("decide", words::DECIDE, words::DECIDE_LEAD, words::SAVE_DECISION), &fields)
}

/// What is written with a step, with what was typed there before.
fn area(step: &str, label: &str, filled: &Filled) -> Markup {
    Field::new("words", label, 1024, filled.with(step)).id(&format!("{step}-words")).area(3)
}

fn bare(signed: &Signed, case: &Case, step: &str, button: &str, fields: &Markup) -> Markup {
    html! {
        form method="post" action={ (PAGE) "/" (case.number) } autocomplete="off" {
            (signed.field())
            input type="hidden" name="step" value=(step);
            (fields)
            p.actions { button.main[matches!(step, "own" | "decide")] type="submit" { (button) } }
        }
    }
}

/// A step with its heading, what it means, its fields and its button.
fn form(signed: &Signed, case: &Case, told: (&str, &str, &str, &str), fields: &Markup) -> Markup {
    let (step, title, lead, button) = told;
    html! {
        section aria-labelledby=(step) {
            h2 id=(step) { (title) }
            p { (lead) }
            (bare(signed, case, step, button, fields))
        }
    }
}
