//! One phone's story: what it may do, what it showed, what it last said, what was decided.

use axum::extract::{Path, State};
use axum::response::Html;
use gauze_attest::Lineage;
use gauze_wire::DeviceStatus;
use maud::{Markup, html};

use super::page::page;
use super::refusal::PageRefusal;
use super::{Console, report, words};
use crate::admin::DeviceStory;
use crate::db::{Basis, Registered};

impl Console {
    /// The story of the phone that an address names, by its id or the beginning of one.
    pub(super) async fn story(&self, id: &str) -> Result<DeviceStory, PageRefusal> {
        Ok(self.admin.device(&self.admin.find(id).await?).await?)
    }
}

pub async fn show(
    State(console): State<Console>,
    Path(id): Path<String>,
) -> Result<Html<String>, PageRefusal> {
    let story = console.story(&id).await?;
    let device = &story.device;
    let body = html! {
        (words::known_by(device))
        p { (words::status_means(device)) }
        @if let Some(next) = &device.replaced_by {
            p.note { (words::replaced(device)) "." @if next.basis != Basis::Serial { " What it sends now comes under that name." } }
        }
        @if let Some(denied) = story.review_denied {
            p.trouble { strong { "It may not show photos (" (denied.code()) "). " } (denied.next_step()) }
        }
        @if device.serial_retired {
            p.trouble { strong { (words::RETIRED) "." } " It is still let in. "
                a href={ "/devices/" (device.device_id) "/suspend" } { "Suspend it" } ", or "
                a href={ "/devices/" (device.device_id) "/lost" } { "report it lost" } "." }
        }
        (trouble(device))
        (actions(device))
        (said(&story))
        (enrolled(device))
        (evidence(device))
        h2 { (words::DECIDED) }
        (words::acts(&story.acts))
    };
    Ok(page(&format!("Phone {}", device.name()), "/devices", &body))
}

fn trouble(device: &Registered) -> Markup {
    let mut told = words::trouble(device);
    // It stands above, with what to do.
    told.retain(|line| line != words::RETIRED);
    html! {
        @if !told.is_empty() {
            h2 { "Trouble" }
            ul { @for line in told { li { (line) } } }
        }
    }
}

fn actions(device: &Registered) -> Markup {
    let address = format!("/devices/{}", device.device_id);
    let offered: &[(&str, &str)] = match device.status {
        DeviceStatus::Active => &[("suspend", "Suspend…")],
        DeviceStatus::Suspended => &[("resume", "Resume…")],
        DeviceStatus::Revoked => &[],
    };
    html! {
        h2 { "What you can do" }
        p.actions {
            @for (name, text) in offered { a.button href={ (address) "/" (name) } { (text) } }
            @if !device.flags.is_empty() { a.button href={ (address) "/unflag" } { "Take a flag away…" } }
            (report::about(&device.device_id))
        }
        div.final {
            p { strong { "What cannot be undone" } }
            p.actions {
                a.button.danger href={ (address) "/lost" } {
                    @if device.flags.iter().any(|flag| flag == "lost") { "Lost-phone report" } @else { "This phone is lost…" }
                }
                @if device.status != DeviceStatus::Revoked { a.button.danger href={ (address) "/revoke" } { "Revoke…" } }
                @if device.lineage == Lineage::Claimed {
                    a.button.danger href={ (address) "/succeed" } { "It is the same phone…" }
                }
                a.button.danger href={ (address) "/wipe" } { "Ask for a wipe…" }
            }
        }
    }
}

/// What it last said: also what a lost phone's report is made of.
pub fn said(story: &DeviceStory) -> Markup {
    let device = &story.device;
    html! {
        h2 { "What it last said" }
        dl {
            dt { (words::HEARD) } dd { (words::heard(device)) }
            dt { "Photos taken" } dd { (words::as_it_said(device, device.highest_seq)) }
            dt { "Not sent, as it said" } dd { (words::as_it_said(device, device.unsent)) }
            dt { "Screen captured" } dd { (words::captured(device)) }
            dt { "Never arrived" } dd { (words::missing(story)) }
            @if let Some(at) = device.wiped_at { dt { "Wiped" } dd { (words::time(at)) ". " (words::wiped(device)) "." } }
        }
    }
}

fn enrolled(device: &Registered) -> Markup {
    html! {
        h2 { "Enrolment" }
        dl {
            dt { "Id" } dd { code.long { (device.device_id) } }
            @if let Some(at) = device.enrolled_at { dt { "Enrolled" } dd { (words::time(at)) } }
            dt { "Platform" } dd { (words::or_unknown(device.platform.as_deref())) }
            dt { "Model" } dd { (words::or_unknown(device.model.as_deref())) }
            dt { "Serial number" } dd {
                (words::or_unknown(device.known_serial()))
                @match (&device.attested_serial, &device.serial) {
                    (Some(_), _) => " (attested by its hardware)",
                    (None, Some(_)) => { " " (words::STATED) }
                    (None, None) => {}
                }
            }
            @if let Some(ward) = &device.ward { dt { "Ward" } dd { (ward) " " (words::STATED) } }
            dt { "App version" } dd { (words::or_unknown(device.app_version.as_deref())) }
            @if let Some(token) = &device.token_id {
                dt { "Token" } dd {
                    @if device.asked_for.is_some() { a href={ "/tokens/" (token) } { code { (token) } } }
                    @else { code { (token) } " (made inside the hospital, without being asked for here)" }
                }
                dt { "For" } dd { (words::or_unknown(device.asked_for.as_deref())) }
            }
            @if let Some(before) = &device.follows {
                dt { "Its id before" } dd {
                    a href={ "/devices/" (before) } { code { (words::short(before)) } } " " (words::lineage(device.lineage))
                }
            }
        }
    }
}

fn evidence(device: &Registered) -> Markup {
    html! {
        h2 { "What its hardware showed" }
        dl {
            dt { "Key is kept in" } dd { (words::or_unknown(device.level.as_deref())) }
            dt { "System version" } dd { (words::or_unknown(device.os_version.as_deref())) }
            dt { "Patch level" } dd { (words::or_unknown(device.patch_level.as_deref())) }
            dt { "Verified boot" } dd { (words::or_unknown(device.boot_state.as_deref())) }
            @if let Some(at) = device.attested_at { dt { "Evidence last held" } dd { (words::time(at)) } }
        }
    }
}
