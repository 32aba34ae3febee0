//! The list of phones: search, and a page at a time, whatever their number.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use gauze_wire::{DeviceId, DeviceStatus};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::page;
use super::refusal::PageRefusal;
use super::{Console, words};
use crate::db::{DevicePage, DeviceSearch, Registered};

/// Longest text to search for.
const TEXT: usize = 100;
const PAGE: u32 = 50;

/// What a search form says; an empty field says nothing.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
    status: String,
    flagged: String,
    after: String,
}

impl Search {
    fn read(&self) -> Result<DeviceSearch, PageRefusal> {
        let q = self.q.trim();
        let status = Some(self.status.as_str()).filter(|status| !status.is_empty());
        let after = Some(self.after.as_str()).filter(|after| !after.is_empty());
        if q.len() > TEXT {
            return Err(PageRefusal::Unreadable);
        }
        Ok(DeviceSearch {
            text: (!q.is_empty()).then(|| q.to_owned()),
            status: status
                .map(str::parse::<DeviceStatus>)
                .transpose()
                .map_err(|_| PageRefusal::Unreadable)?,
            flagged: !self.flagged.is_empty(),
            after: after.map(str::parse::<DeviceId>).transpose().map_err(|_| PageRefusal::Unreadable)?,
            limit: Some(PAGE),
        })
    }
}

pub async fn list(
    State(console): State<Console>,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Html<String>, PageRefusal> {
    let Query(search) = search?;
    let found = console.admin.devices(&search.read()?).await?;
    let counts = console.admin.counts().await?;
    let body = html! {
        p {
            "Phones of " (console.admin.tenant().as_str()) ": " (counts.active) " active, " (counts.suspended) " suspended, "
            (counts.revoked) " revoked."
        }
        (form(&search))
        @if found.devices.is_empty() {
            p role="status" { "No phone matches. A search finds what an id, a serial number or a model begins with." }
        } @else {
            (table(&found.devices))
            (more(&search, &found))
        }
    };
    Ok(page("Phones", "/devices", &body))
}

fn form(search: &Search) -> Markup {
    html! {
        form.search role="search" method="get" action="/devices" {
            div.field {
                label for="q" { "Id, serial number or model" }
                input type="search" id="q" name="q" value=(search.q) maxlength=(TEXT) autocomplete="off";
            }
            div.field {
                label for="status" { "Status" }
                select id="status" name="status" {
                    @for (value, text) in
                        [("", "Any"), ("active", "Active"), ("suspended", "Suspended"), ("revoked", "Revoked")] {
                        option value=(value) selected[value == search.status] { (text) }
                    }
                }
            }
            div.tick {
                input type="checkbox" id="flagged" name="flagged" value="1" checked[!search.flagged.is_empty()];
                label for="flagged" { "Only with trouble flagged" }
            }
            button type="submit" { "Search" }
        }
    }
}

fn table(devices: &[Registered]) -> Markup {
    html! {
        div.scroll role="region" aria-label="Phones" tabindex="0" {
            table {
                thead { tr {
                    @for name in ["Phone", "Status", "Model", "Serial number", "Last heard from", "Trouble"] {
                        th scope="col" { (name) }
                    }
                } }
                tbody { @for device in devices { (row(device)) } }
            }
        }
    }
}

fn row(device: &Registered) -> Markup {
    let trouble = words::trouble(device);
    html! {
        tr {
            th scope="row" {
                a href={ "/devices/" (device.device_id) } { code { (words::short(&device.device_id)) } }
            }
            td { (words::status(device.status)) }
            td { (words::or_unknown(device.model.as_deref())) }
            td { (words::or_unknown(device.serial.as_deref())) }
            td { @if let Some(at) = device.heard_at { (words::time(at)) } @else { "never" } }
            td { @if trouble.is_empty() { "none" } @else { (trouble.join(", ")) } }
        }
    }
}

fn more(search: &Search, found: &DevicePage) -> Markup {
    html! {
        nav.pages aria-label="Pages of the list" {
            @for (text, after) in [
                ("First page", (!search.after.is_empty()).then(String::new)),
                ("Next page", found.next.as_ref().map(ToString::to_string)),
            ] {
                @if let Some(after) = after {
                    form method="get" action="/devices" {
                        input type="hidden" name="q" value=(search.q);
                        input type="hidden" name="status" value=(search.status);
                        input type="hidden" name="flagged" value=(search.flagged);
                        input type="hidden" name="after" value=(after);
                        button type="submit" { (text) }
                    }
                }
            }
        }
    }
}
