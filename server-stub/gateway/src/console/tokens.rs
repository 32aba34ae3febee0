//! Tokens: ask the hospital for one, see where each stands, and give a signed one to a phone.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, Redirect};
use gauze_wire::{ManagedConfiguration, Name, ProposalId, System, Wanted};
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Deserialize;

use super::page::{field, page};
use super::refusal::PageRefusal;
use super::{Console, words};
use crate::acts::By;
use crate::admin::{AdminError, TokenView};
use crate::counted::counted;
use crate::db::ProposalStatus;

/// Tokens in the list.
const LIST: u32 = 50;

/// What the form asks for.
pub const ASKED: words::Asked = &[
    ("operator", words::OPERATOR.0),
    ("reason", words::FOR),
    ("serial", words::SERIAL.0),
    ("hours", words::HOURS),
];

/// What a token is asked for with.
#[derive(Deserialize)]
pub struct Wish {
    proof: String,
    operator: String,
    reason: String,
    serial: String,
    hours: u32,
}

/// Where a page of the list begins.
#[derive(Deserialize)]
pub struct Older {
    before: Option<u64>,
}

pub async fn list(
    State(console): State<Console>,
    older: Result<Query<Older>, QueryRejection>,
) -> Result<Html<String>, PageRefusal> {
    let Query(Older { before }) = older.map_err(|_| PageRefusal::Unreadable(None))?;
    let tokens = console.admin.tokens(before, LIST).await?;
    let now = console.admin.now();
    let body = html! {
        p { "A token lets one phone enrol, once. You ask for it here; the hospital's own side signs it. For many phones at once, see the "
            a href="/inventory" { "inventory" } "." }
        h2 { (words::REQUEST) }
        form method="post" {
            (console.signed_by())
            (field("reason", words::FOR, "For example the ward. Name no patient.", 500, "", true))
            (field("serial", words::SERIAL.0, words::SERIAL.1, 128, "", false))
            div.field {
                label for="hours" { (words::HOURS) }
                input type="number" id="hours" name="hours" min="1" max="24" value="24" required;
            }
            button.main type="submit" { (words::REQUEST) }
        }
        h2 { "Requested so far, newest first" }
        @if tokens.is_empty() { p { "None yet." } } @else { (table(&tokens, now)) }
        nav.pages aria-label=(words::PAGES) {
            @if before.is_some() { a.button href="/tokens" { "Newest" } }
            @if let Some(last) = tokens.last().filter(|_| tokens.len() == LIST as usize) {
                a.button href={ "/tokens?before=" (last.proposal.log_index) } { "Older" }
            }
        }
    };
    Ok(page("Tokens", "/tokens", &body))
}

/// Where a token stands, for people.
fn stands(token: &TokenView, now: Timestamp) -> &'static str {
    match token.proposal.status {
        _ if token.used_by.is_some() => "Used",
        ProposalStatus::Approved if token.expires_at.is_some_and(|end| end <= now) => "Expired",
        ProposalStatus::Waiting | ProposalStatus::Approved | ProposalStatus::Refused => {
            words::proposal_status(&token.proposal)
        }
    }
}

const COLUMNS: [&str; 6] = ["For", "Serial number", "Where it stands", "Asked for by", "When", "Token"];

fn table(tokens: &[TokenView], now: Timestamp) -> Markup {
    let [_, serial, state, by, when, name] = COLUMNS;
    html! {
        table.cards aria-label="Tokens" {
            thead { tr { @for name in COLUMNS { th scope="col" { (name) } } } }
            tbody {
                @for token in tokens {
                    @let asked = &token.proposal;
                    tr {
                        th scope="row" { a href={ "/tokens/" (asked.proposal_id) } { (asked.reason) } }
                        td data-label=(serial) { (serial_of(token)) }
                        td data-label=(state) { (stands(token, now)) }
                        td data-label=(by) { (asked.operator) }
                        td data-label=(when) { (words::time(asked.at)) }
                        td data-label=(name) { code { (asked.proposal_id) } }
                    }
                }
            }
        }
    }
}

/// The one phone that a token is for.
fn serial_of(token: &TokenView) -> &str {
    match &token.proposal.wanted {
        Wanted::Token { serial: Some(serial), .. } => serial.as_str(),
        Wanted::Token { .. } | Wanted::Policy { .. } | Wanted::Wipe { .. } => "Any phone",
    }
}

pub async fn request(
    State(console): State<Console>,
    form: Result<Form<Wish>, FormRejection>,
) -> Result<Redirect, PageRefusal> {
    let Form(form) = form.map_err(|error| PageRefusal::unread(&error.body_text(), ASKED))?;
    console.wrote(&form.proof)?;
    let by = By::new(&form.operator, &form.reason)?;
    let serial = Some(form.serial.trim()).filter(|serial| !serial.is_empty());
    let unlike = |_| PageRefusal::Unreadable(Some(words::SERIAL.0));
    let serial = serial.map(str::parse::<Name>).transpose().map_err(unlike)?;
    let proposal = console.admin.request_token(form.hours, serial, &by).await?;
    Ok(Redirect::to(&format!("/tokens/{}", proposal.proposal_id)))
}

pub async fn show(
    State(console): State<Console>,
    Path(id): Path<String>,
) -> Result<Html<String>, PageRefusal> {
    let id: ProposalId = id.parse().map_err(|_| PageRefusal::NoPage)?;
    let token = match console.admin.token(&id).await {
        Err(AdminError::UnknownProposal) => return unasked(&console, &id).await,
        found => found?,
    };
    let now = console.admin.now();
    let (asked, live) = (&token.proposal, token.expires_at.is_some_and(|end| end > now));
    let body = html! {
        p role="status" { strong { (stands(&token, now)) "." } }
        dl {
            dt { "Asked for by" } dd { (asked.operator) ", " (words::time(asked.at)) ", log entry " (asked.log_index) }
            dt { "For" } dd { (asked.reason) }
            @if let Wanted::Token { hours, serial } = &asked.wanted {
                dt { "Lives" } dd { (counted(u64::from(*hours), "hour", "hours")) " once signed" }
                dt { "Serial number" } dd { (serial.as_ref().map_or("any phone", Name::as_str)) }
            }
            @if let (Some(who), Some(why)) = (&asked.decided_by, &asked.decided_why) {
                dt { "Decided by" } dd { (who) ": " (why) }
            }
            @if let Some(end) = token.expires_at { dt { "Ends" } dd { (words::time(end)) } }
            @if let Some(device) = &token.used_by {
                dt { "Used by" } dd { a href={ "/devices/" (device) } { "phone " code { (words::short(device)) } } }
            }
        }
        @match (&token.managed, live) {
            (Some(managed), true) => (enrol(managed)),
            _ if asked.status == ProposalStatus::Waiting => p {
                "Inside the hospital, " code { "gauze-records proposals list" } " shows it. Open this page again once it is signed."
            },
            _ => p { "There is nothing to enrol with here. " a href="/tokens" { "Request another token" } "." },
        }
    };
    Ok(page(&format!("Token for {}", asked.reason), "/tokens", &body))
}

/// A token that nobody asked for here: of the inventory, or signed inside with `gauze-records token`.
async fn unasked(console: &Console, id: &ProposalId) -> Result<Html<String>, PageRefusal> {
    let inventory = console.admin.inventory().await?;
    let of_inventory =
        inventory.is_some_and(|view| view.token_id.is_some_and(|token| token.as_str() == id.as_str()));
    let used = console.admin.enrolled_with(id).await?;
    if used == 0 && !of_inventory {
        return Err(PageRefusal::NoPage);
    }
    let body = html! {
        p { "This token was signed inside the hospital, with " code { "gauze-records token" } ", and not requested here." }
        dl { dt { "Phones enrolled with it" } dd { (used) } }
        @if of_inventory { p { "It is the token of the " a href="/inventory" { "inventory" } "." } }
    };
    Ok(page("Token", "/tokens", &body))
}

/// The token for every phone of the hospital's list.
pub async fn inventory(State(console): State<Console>) -> Result<Html<String>, PageRefusal> {
    let Some(view) = console.admin.inventory().await? else {
        let body = html! {
            p { "The hospital has signed no list of phones yet. Inside, " code { "gauze-records token inventory" }
                " makes one from the table that your device management exports." }
        };
        return Ok(page("Inventory", "/tokens", &body));
    };
    let live = view.expires_at.is_some_and(|end| end > console.admin.now());
    let body = html! {
        p role="status" { strong { (view.used) " of " (view.count) " phones enrolled." } }
        dl {
            dt { "List" } dd { "version " (view.version) ", " (view.count) " serial numbers" }
            @if let Some(end) = view.expires_at { dt { "Token ends" } dd { (words::time(end)) } }
        }
        @match &view.managed {
            Some(managed) if live => {
                h2 { "Enrol the phones of the list" }
                p { "One text for all of them: each phone of the list enrols with it once, by its serial number." }
                (paste(managed))
            },
            _ => p { "There is no token for the list now. Inside, " code { "gauze-records token inventory --out FILE" } " signs one." },
        }
    };
    Ok(page("Inventory", "/tokens", &body))
}

/// The managed configuration of one phone, to scan and to paste.
fn enrol(managed: &ManagedConfiguration) -> Markup {
    let text = serde_json::to_string(managed).unwrap_or_default();
    html! {
        h2 { "Enrol a phone with it" }
        p.trouble { "Whoever sees this can enrol one phone until the token ends. Show it to nobody else." }
        @if let Some(drawing) = qr(&text) {
            div.qr role="img" aria-label="QR code of the managed configuration below" { (drawing) }
            p.hint { "Scan it with the Gauze app's own enrolment screen, not with the camera." }
        }
        (paste(managed))
    }
}

/// The text for each system, and where it goes.
fn paste(managed: &ManagedConfiguration) -> Markup {
    html! {
        h2 { "Paste into device management" }
        @if managed.ca.is_none() {
            p.trouble { "If the gateway's certificate comes from an authority of your own, start the console with " code { "--ca FILE" }
                ": without it no phone connects." }
        }
        @for system in System::ALL {
            details {
                summary { (system.title()) }
                p { (system.place()) }
                label for=(system.as_str()) { "Text to paste" }
                textarea id=(system.as_str()) rows="12" readonly { (managed.to_paste(system)) }
                @if let Some(told) = managed.lacks_serial(system) { p.hint { (told) } }
            }
        }
        details {
            summary { "The bare values, as JSON" }
            label for="managed" { "Managed configuration" }
            textarea id="managed" rows="10" readonly { (serde_json::to_string(managed).unwrap_or_default()) }
        }
        p.hint { "Paste it into the app's managed configuration. Do not put it into Android's own provisioning code." }
    }
}

/// A drawing of `text`; none where it is too long for one.
fn qr(text: &str) -> Option<PreEscaped<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let drawing = code.render::<svg::Color<'_>>().min_dimensions(320, 320).build();
    drawing.find("<svg").map(|begin| PreEscaped(drawing[begin..].to_owned()))
}
