//! Suspend, resume, revoke, unflag, wipe: a page that says what will happen and asks who and why, and the form behind it.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{Html, Redirect};
use gauze_wire::{Name, Photos};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{field, page};
use super::refusal::PageRefusal;
use super::{Console, lost, words};
use crate::acts::By;

/// What can be changed.
#[derive(Clone, Copy)]
pub enum Change {
    Suspend,
    Resume,
    Revoke,
    Succeed,
    Unflag,
    Wipe,
}

impl Change {
    fn read(text: &str) -> Result<Self, PageRefusal> {
        match text {
            "suspend" => Ok(Self::Suspend),
            "resume" => Ok(Self::Resume),
            "revoke" => Ok(Self::Revoke),
            "succeed" => Ok(Self::Succeed),
            "unflag" => Ok(Self::Unflag),
            "wipe" => Ok(Self::Wipe),
            _ => Err(PageRefusal::NoPage),
        }
    }

    /// Whether nothing takes it back.
    fn is_final(self) -> bool {
        matches!(self, Self::Revoke | Self::Succeed | Self::Wipe)
    }

    /// What the button says, and what it means.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Suspend => (
                "Suspend this phone",
                "Once the phone hears of it, it takes no new photos: the ward needs another phone. It sends the photos it has, shows \
                 none, and cannot enrol again. You can undo this with Resume.",
            ),
            Self::Resume => {
                ("Resume this phone", "The phone may do everything again that the policy allows.")
            }
            Self::Revoke => (
                "Revoke this phone",
                "From this second on the phone can send nothing and show nothing, for good. To use the phone again it must be \
                 enrolled with a new token. If the phone is lost, go back and choose “This \
                 phone is lost”, which also asks for a wipe.",
            ),
            Self::Succeed => (
                "It is the same phone",
                "From this second on this phone's photos also close the gaps that the phone before it left. Compare the phone \
                 itself first: its serial number, and the person who carries it.",
            ),
            Self::Unflag => (
                "Take the flag away",
                "You have looked at the phone, and it is in order. The log keeps that the flag was there.",
            ),
            Self::Wipe => (
                "Ask for a wipe",
                "The hospital is asked to sign an order to wipe this phone. Nothing happens before it has; then the phone obeys \
                 when it is next online.",
            ),
        }
    }
}

/// What the form under this address does, where nothing takes it back: its button, and what that means.
pub fn ending(path: &str) -> Option<(&'static str, &'static str)> {
    match path.rsplit('/').next()? {
        "lost" => Some(lost::TOLD),
        change => Change::read(change).ok().filter(|change| change.is_final()).map(Change::told),
    }
}

/// What the form of this change asks for.
pub fn asked(change: &str) -> words::Asked {
    match change {
        "lost" => lost::ASKED,
        "unflag" => &[("operator", words::OPERATOR.0), ("code", words::FLAG), ("reason", words::REASON.0)],
        "wipe" => &[("operator", words::OPERATOR.0), ("photos", words::SEALED), ("reason", words::REASON.0)],
        _ => &[("operator", words::OPERATOR.0), ("reason", words::REASON.0)],
    }
}

/// Who acts, and why.
#[derive(Deserialize)]
pub struct Reasoned {
    proof: String,
    operator: String,
    reason: String,
    #[serde(default)]
    code: Option<Name>,
    #[serde(default)]
    photos: Option<Photos>,
}

pub async fn ask(
    State(console): State<Console>,
    Path((id, change)): Path<(String, String)>,
) -> Result<Html<String>, PageRefusal> {
    let change = Change::read(&change)?;
    let (name, meaning) = change.told();
    let story = console.story(&id).await?;
    let device = &story.device;
    let body = html! {
        (words::known_by(device))
        @if change.is_final() { div.final { p { strong { (words::FINAL) } } p { (meaning) } } } @else { p.note { (meaning) } }
        form method="post" {
            (console.signed_by())
            @match change {
                Change::Unflag => (flags(&device.flags)),
                Change::Wipe => (lost::photos()),
                Change::Suspend | Change::Resume | Change::Revoke | Change::Succeed => {}
            }
            (field("reason", words::REASON.0, words::REASON.1, 500, "", true))
            p.actions {
                button.danger[change.is_final()].main[!change.is_final()] type="submit" { (name) }
                a.button href={ "/devices/" (device.device_id) } { "Change nothing" }
            }
        }
    };
    Ok(page(&format!("{name}: {}", device.name()), "/devices", &body))
}

fn flags(flags: &[String]) -> Markup {
    html! {
        div.field {
            label for="code" { (words::FLAG) }
            select id="code" name="code" { @for flag in flags { option value=(flag) { (flag) } } }
        }
    }
}

pub async fn make(
    State(console): State<Console>,
    Path((id, change)): Path<(String, String)>,
    form: Result<Form<Reasoned>, FormRejection>,
) -> Result<Redirect, PageRefusal> {
    let form = form.map_err(|error| PageRefusal::unread(&error.body_text(), asked(&change)));
    let (change, Form(form)) = (Change::read(&change)?, form?);
    console.wrote(&form.proof)?;
    let by = By::new(&form.operator, &form.reason)?;
    let id = console.admin.find(&id).await?;
    match change {
        Change::Suspend => console.admin.suspend(&id, &by).await?,
        Change::Resume => console.admin.resume(&id, &by).await?,
        Change::Revoke => console.admin.revoke(&id, &by).await?,
        Change::Succeed => {
            let former = console.story(id.as_str()).await?.device.follows.ok_or(PageRefusal::NoPage)?;
            console.admin.succeed(&id, &former, &by).await?
        }
        Change::Unflag => {
            let code = form.code.ok_or_else(|| PageRefusal::Unreadable(Some(words::FLAG)))?;
            console.admin.unflag(&id, &code, &by).await?
        }
        Change::Wipe => {
            let photos = form.photos.ok_or_else(|| PageRefusal::Unreadable(Some(words::SEALED)))?;
            console.admin.wipe(&id, photos, &by).await.map(|_| true)?
        }
    };
    Ok(Redirect::to(&format!("/devices/{id}")))
}
