//! Suspend, resume, revoke: a page that says what will happen and asks who and why, and the form behind it.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{Html, Redirect};
use maud::html;
use serde::Deserialize;

use super::page::{field, page};
use super::refusal::Refusal;
use super::{Console, words};
use crate::acts::By;

/// What can be changed.
#[derive(Clone, Copy)]
pub enum Change {
    Suspend,
    Resume,
    Revoke,
}

impl Change {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "suspend" => Ok(Self::Suspend),
            "resume" => Ok(Self::Resume),
            "revoke" => Ok(Self::Revoke),
            _ => Err(Refusal::NoPage),
        }
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Suspend => (
                "Suspend",
                "From this second on the phone can still send photos that were taken, but it can neither show photos nor \
                 enrol again. You can undo this with Resume.",
            ),
            Self::Resume => ("Resume", "The phone may do everything again that the policy allows."),
            Self::Revoke => (
                "Revoke",
                "From this second on the phone can send nothing and show nothing, for good: this cannot be undone. To use \
                 the phone again it must be enrolled with a new token. If the phone is lost, go back and choose “This \
                 phone is lost”, which also asks for a wipe.",
            ),
        }
    }
}

/// Who acts, and why.
#[derive(Deserialize)]
pub struct Reasoned {
    proof: String,
    operator: String,
    reason: String,
}

pub async fn ask(
    State(console): State<Console>,
    Path((id, change)): Path<(String, String)>,
) -> Result<Html<String>, Refusal> {
    let (name, meaning) = Change::read(&change)?.told();
    let story = console.story(&id).await?;
    let device = &story.device;
    let body = html! {
        p { (words::status(device.status)) " " (words::or_unknown(device.model.as_deref())) ", serial number "
            (words::or_unknown(device.serial.as_deref())) }
        p.trouble { (meaning) }
        form method="post" {
            (console.signed_by())
            (field("reason", "Reason", "A few words that name no patient. They go into the log.", 500, "", true))
            p.actions {
                button type="submit" { (name) " this phone" }
                a.button href={ "/devices/" (device.device_id) } { "Change nothing" }
            }
        }
    };
    Ok(page(&format!("{name} phone {}", words::short(&device.device_id)), "/devices", &body))
}

pub async fn make(
    State(console): State<Console>,
    Path((id, change)): Path<(String, String)>,
    form: Result<Form<Reasoned>, FormRejection>,
) -> Result<Redirect, Refusal> {
    let (change, Form(form)) = (Change::read(&change)?, form?);
    console.wrote(&form.proof)?;
    let by = By::new(&form.operator, &form.reason)?;
    let id = console.admin.find(&id).await?;
    match change {
        Change::Suspend => console.admin.suspend(&id, &by).await?,
        Change::Resume => console.admin.resume(&id, &by).await?,
        Change::Revoke => console.admin.revoke(&id, &by).await?,
    };
    Ok(Redirect::to(&format!("/devices/{id}")))
}
