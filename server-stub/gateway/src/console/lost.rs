//! The lost phone: what will happen and what it held, a confirmation that names the phone, and the report.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{Html, Redirect};
use gauze_wire::{Deed, Photos, Wanted};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{field, page};
use super::refusal::PageRefusal;
use super::{Console, report, story, words};
use crate::acts::By;
use crate::admin::{DeviceStory, after_lost};

/// What the button says, and what it means in short.
pub const TOLD: (&str, &str) = (
    "Shut this phone out",
    "The phone is shut out for good within a second and flagged as lost, and the hospital is asked to sign an order to wipe it.",
);

/// What the form asks for.
pub const ASKED: words::Asked = &[
    ("operator", words::OPERATOR.0),
    ("reason", words::HOW_LOST),
    ("photos", words::SEALED),
    ("confirm", words::CONFIRM),
];

/// The confirmation.
#[derive(Deserialize)]
pub struct Confirmed {
    proof: String,
    operator: String,
    reason: String,
    photos: Photos,
    confirm: String,
}

pub async fn ask(
    State(console): State<Console>,
    Path(id): Path<String>,
) -> Result<Html<String>, PageRefusal> {
    let story = console.story(&id).await?;
    let name = story.device.name();
    if story.device.flags.iter().any(|flag| flag == "lost") {
        let body = told(&console, &story).await?;
        return Ok(page(&format!("Report: lost phone {name}"), "/devices", &body));
    }
    let body = html! {
        (words::known_by(&story.device))
        (story::said(&story))
        div.final {
            h2 { "What will happen" }
            ol {
                li { "The phone is shut out for good within a second: it can send nothing, and open uploads end." }
                li { "It shows no photo from when it next hears from the gateway, and in any case when its hours are over." }
                li { "It is flagged as lost, so that it stands out in the list." }
                li { "The hospital is asked to sign an order to wipe it. The phone obeys when it is next online." }
            }
            p { strong { (words::FINAL) } " Photos that are still on it are sealed: they open for nobody outside the hospital." }
            p { "Once it is shut out, its report leads you to say what went wrong." }
            p { "Not sure that it is lost? " a href={ "/devices/" (story.device.device_id) "/suspend" } { "Suspend it" } " instead: it takes no new photos and shows none, and that can be undone." }
        }
        (form(&console, &story))
    };
    Ok(page(&format!("Phone {name} is lost"), "/devices", &body))
}

fn form(console: &Console, story: &DeviceStory) -> Markup {
    let id = &story.device.device_id;
    html! {
        form method="post" {
            (console.signed_by())
            (field("reason", words::HOW_LOST, words::REASON.1, 500, "", true))
            (photos())
            (field("confirm", words::CONFIRM,
                &format!("Type {} to confirm, in capital and small letters as it is shown here.", words::short(id)), 8, "", true))
            p.actions {
                button.danger type="submit" { (TOLD.0) }
                a.button href={ "/devices/" (id) } { "Change nothing" }
            }
        }
    }
}

/// What an order to wipe does with sealed photos.
pub fn photos() -> Markup {
    html! {
        fieldset {
            legend { (words::SEALED) }
            div.tick {
                input type="radio" id="keep" name="photos" value="keep" checked;
                label for="keep" { "Keep them: they are still there if the phone is found" }
            }
            div.tick {
                input type="radio" id="destroy" name="photos" value="destroy";
                label for="destroy" { "Destroy them: photos that were not sent are lost for good" }
            }
        }
    }
}

pub async fn make(
    State(console): State<Console>,
    Path(id): Path<String>,
    form: Result<Form<Confirmed>, FormRejection>,
) -> Result<Redirect, PageRefusal> {
    let Form(form) = form.map_err(|error| PageRefusal::unread(&error.body_text(), ASKED))?;
    console.wrote(&form.proof)?;
    let by = By::new(&form.operator, &form.reason)?;
    let id = console.admin.find(&id).await?;
    if form.confirm.trim() != words::short(&id) {
        return Err(PageRefusal::NotConfirmed);
    }
    console.admin.lost(&id, form.photos, &by).await?;
    Ok(Redirect::to(&format!("/devices/{id}/lost")))
}

async fn told(console: &Console, story: &DeviceStory) -> Result<Markup, PageRefusal> {
    let asked = story.acts.iter().find_map(|act| match &act.deed {
        Deed::Propose { proposal_id, wanted: Wanted::Wipe { .. } } => Some(proposal_id),
        _ => None,
    });
    let wipe = match asked {
        Some(id) => Some(console.admin.proposal(id).await?),
        None => None,
    };
    // Whoever reads it on a page need not know where the data lies: as the manual has it.
    let place = format!("--data gateway --tenant {}", console.admin.tenant());
    Ok(html! {
        (words::known_by(&story.device))
        p role="status" { "It is shut out: it gets no upload address, its open uploads are dead, and it shows no photo." }
        h2 { "Wipe order" }
        @match &wipe {
            Some(wipe) => {
                p { (words::proposal_status(wipe)) ". Asked for by " (wipe.operator) ", " (words::time(wipe.at)) "." }
                dl { dt { "Proposal" } dd { code.long { (wipe.proposal_id) } } }
            },
            None => p { "None was asked for." },
        }
        (story::said(story))
        p { "What never arrived may be on the phone, sealed: it opens for nobody outside the hospital." }
        h2 { "What to do next" }
        ol {
            @for (told, command) in after_lost((wipe.as_ref(), &story.device, story.missing), &place) {
                li { (told) @if let Some(command) = command { " " code { (command) } } }
            }
        }
        h2 { (words::DECIDED) }
        (words::acts(&story.acts))
        p.actions {
            (report::about(&story.device.device_id))
            a.button href={ "/devices/" (story.device.device_id) } { "Back to the phone" }
        }
    })
}
