//! The list of phones: search, and a page at a time, whatever their number.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use gauze_wire::DeviceId;
use maud::{Markup, html};
use serde::Deserialize;

use super::page::page;
use super::refusal::PageRefusal;
use super::{Console, dates, words};
use crate::db::{DeviceCounts, DevicePage, DeviceSearch, Registered, Sort, ToldStatus};

/// Longest text to search for.
const TEXT: usize = 100;
const PAGE: u32 = 50;

/// What a search form says; an empty field says nothing.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
    status: String,
    sort: String,
    flagged: String,
    unsent: String,
    current: String,
    after: String,
}

/// What the search asks for.
const ASKED: [(&str, &str); 3] =
    [("q", "Serial number, model, ward or id"), ("status", "Status"), ("sort", "Order")];

/// The orders of the list, by their names in an address.
const SORTS: [(&str, &str, Sort); 4] = [
    ("serial", "Serial number", Sort::Serial),
    ("ward", "Ward", Sort::Ward),
    ("heard", "Silent longest first", Sort::Heard),
    ("unsent", "Most photos not sent first", Sort::Unsent),
];

impl Search {
    fn read(&self) -> Result<DeviceSearch, PageRefusal> {
        let q = self.q.trim();
        let status = Some(self.status.as_str()).filter(|status| !status.is_empty());
        let after = Some(self.after.as_str()).filter(|after| !after.is_empty());
        let sort = match self.sort.as_str() {
            "" => Some(Sort::Serial),
            name => SORTS.iter().find(|(known, ..)| *known == name).map(|(.., sort)| *sort),
        };
        let [(_, text), (_, state), (_, order)] = ASKED;
        let unlike = |label| PageRefusal::Unreadable(Some(label));
        if q.len() > TEXT {
            return Err(unlike(text));
        }
        Ok(DeviceSearch {
            text: (!q.is_empty()).then(|| q.to_owned()),
            status: status.map(str::parse::<ToldStatus>).transpose().map_err(|_| unlike(state))?,
            flagged: !self.flagged.is_empty(),
            unsent: !self.unsent.is_empty(),
            current: !self.current.is_empty(),
            sort: sort.ok_or_else(|| unlike(order))?,
            after: after
                .map(str::parse::<DeviceId>)
                .transpose()
                .map_err(|_| PageRefusal::Unreadable(None))?,
            limit: Some(PAGE),
        })
    }

    /// The fields as they stand, but for where the page begins.
    fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("q", &self.q),
            ("status", &self.status),
            ("sort", &self.sort),
            ("flagged", &self.flagged),
            ("unsent", &self.unsent),
            ("current", &self.current),
        ]
    }
}

pub async fn list(
    State(console): State<Console>,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Html<String>, PageRefusal> {
    let Query(search) = search.map_err(|error| PageRefusal::unread(&error.body_text(), &ASKED))?;
    let found = console.admin.devices(&search.read()?).await?;
    let counts = console.admin.counts().await?;
    let ends = console.admin.dates().await?;
    let now = console.admin.now();
    let none_yet = counts == DeviceCounts::default();
    let body = html! {
        (dates::warnings(&ends, now))
        @if none_yet {
            p role="status" { "No phone has enrolled yet. " a href="/tokens" { (words::REQUEST) } " to enrol the first." }
        } @else {
            p {
                "Phones of " (console.admin.tenant().as_str()) ": " (counts.active) " active, "
                @if counts.wiped > 0 { (counts.wiped) " wiped, " }
                (counts.suspended) " suspended, " (counts.revoked) " revoked."
            }
            (form(&search))
            @if found.devices.is_empty() {
                p role="status" {
                    "No phone matches. A search finds what a serial number, a model or an id begins with, and any word of what the phone is for."
                }
            } @else {
                (table(&found.devices))
                (more(&search, &found))
            }
        }
        (dates::section(&ends, now))
    };
    Ok(page("Phones", "/devices", &body))
}

fn form(search: &Search) -> Markup {
    let [(_, text), (_, state), (_, order)] = ASKED;
    let chosen = |name: &str| name == search.sort || search.sort.is_empty() && name == "serial";
    let ticks = [
        ("flagged", "Only with trouble flagged", &search.flagged),
        ("unsent", "Only with photos not sent", &search.unsent),
        ("current", "Leave out replaced phones", &search.current),
    ];
    html! {
        form.search role="search" method="get" action="/devices" {
            div.field {
                label for="q" { (text) }
                input type="search" id="q" name="q" value=(search.q) maxlength=(TEXT) autocomplete="off";
            }
            div.field {
                label for="status" { (state) }
                select id="status" name="status" {
                    option value="" selected[search.status.is_empty()] { "Any" }
                    @for status in ToldStatus::ALL {
                        option value=(status.as_str()) selected[status.as_str() == search.status] { (words::status_name(status)) }
                    }
                }
            }
            div.field {
                label for="sort" { (order) }
                select id="sort" name="sort" {
                    @for (value, text, _) in SORTS { option value=(value) selected[chosen(value)] { (text) } }
                }
            }
            @for (name, text, value) in ticks {
                div.tick {
                    input type="checkbox" id=(name) name=(name) value="1" checked[!value.is_empty()];
                    label for=(name) { (text) }
                }
            }
            button.main type="submit" { "Search" }
        }
    }
}

const COLUMNS: [&str; 6] = ["Serial number", "Model", "For", "Status", words::HEARD, "Trouble"];

fn table(devices: &[Registered]) -> Markup {
    html! {
        table.cards aria-label="Phones" {
            thead { tr { @for name in COLUMNS { th scope="col" { (name) } } } }
            tbody { @for device in devices { (row(device)) } }
        }
    }
}

fn row(device: &Registered) -> Markup {
    let trouble = words::trouble(device);
    let [_, model, ward, status, heard, said] = COLUMNS;
    html! {
        tr {
            th scope="row" {
                a href={ "/devices/" (device.device_id) } { (words::or_unknown(device.told_serial().as_deref())) }
                span.hint { " " code { (words::short(&device.device_id)) } }
            }
            td data-label=(model) { (words::or_unknown(device.model.as_deref())) }
            td data-label=(ward) { (words::or_unknown(device.known_ward())) }
            td data-label=(status) { (words::status(device)) " " (words::replaced(device)) }
            td data-label=(heard) { @if let Some(at) = device.heard_at { (words::time(at)) } @else { "Not known" } }
            td data-label=(said) { @if trouble.is_empty() { "None" } @else { (trouble.join(". ")) } }
        }
    }
}

fn more(search: &Search, found: &DevicePage) -> Markup {
    html! {
        nav.pages aria-label=(words::PAGES) {
            @for (text, after) in [
                ("First page", (!search.after.is_empty()).then(String::new)),
                ("Next page", found.next.as_ref().map(ToString::to_string)),
            ] {
                @if let Some(after) = after {
                    form method="get" action="/devices" {
                        @for (name, value) in search.fields() { input type="hidden" name=(name) value=(value); }
                        input type="hidden" name="after" value=(after);
                        button type="submit" { (text) }
                    }
                }
            }
        }
    }
}
