//! The register's words as a help desk reads them.

use gauze_attest::Lineage;
use gauze_wire::{Deed, DeviceId, DeviceStatus, Photos, Wanted};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::admin::{ActView, DeviceStory};
use crate::db::{Proposal, ProposalStatus, Registered};

/// Characters of an id that people compare and type.
const SHORT: usize = 8;

pub fn short(id: &DeviceId) -> &str {
    id.as_str().get(..SHORT).unwrap_or(id.as_str())
}

pub fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_string()) { (at.strftime("%Y-%m-%d %H:%M UTC").to_string()) } }
}

pub fn or_unknown(text: Option<&str>) -> &str {
    text.unwrap_or("not known")
}

pub fn status(status: DeviceStatus) -> Markup {
    let (class, mark, text) = match status {
        DeviceStatus::Active => ("ok", "✓", "Active"),
        DeviceStatus::Suspended => ("warn", "‖", "Suspended"),
        DeviceStatus::Revoked => ("bad", "✕", "Revoked"),
    };
    html! { span class={ "badge " (class) } { span aria-hidden="true" { (mark) " " } (text) } }
}

pub fn status_means(status: DeviceStatus) -> &'static str {
    match status {
        DeviceStatus::Active => "It may send photos, and show its own where the policy allows.",
        DeviceStatus::Suspended => "It may send photos, but neither show them nor enrol again.",
        DeviceStatus::Revoked => "It is shut out for good. To use it again, enrol it with a new token.",
    }
}

/// What it rests on that a phone had another id before.
pub fn lineage(lineage: Lineage) -> &'static str {
    match lineage {
        Lineage::First => "",
        Lineage::Claimed => {
            "(as the phone says, and nothing shows it: nothing of the other phone's was changed)"
        }
        Lineage::Signed => "(its former key signed for it)",
        Lineage::SameSerial => "(its hardware attested the same serial number)",
        Lineage::Vouched => "(an operator said so)",
    }
}

/// What speaks against a phone, in text.
pub fn trouble(device: &Registered) -> Vec<String> {
    let mut told: Vec<String> = device.flags.iter().map(|flag| format!("flag: {flag}")).collect();
    if let Some(code) = &device.attest_refused {
        told.push(format!("evidence refused: {code}"));
    }
    if device.unsent > 0 {
        told.push(format!("{} not sent", device.unsent));
    }
    if device.wiped_at.is_some() {
        told.push(wiped(device).to_owned());
    }
    told
}

/// By what a phone was wiped: only an order destroys photos, and only where it says so.
pub fn wiped(device: &Registered) -> &'static str {
    match device.wiped_cause.as_deref() {
        Some("order") => "wiped by the hospital's order",
        Some("offline") => {
            "locked itself after too long without hearing from the gateway; it goes on taking and sending photos"
        }
        Some("asked") => "wiped on the phone by its user",
        Some(_) | None => "wiped",
    }
}

/// How many photos never came, and which.
pub fn missing(story: &DeviceStory) -> String {
    let told: Vec<String> = story
        .gaps
        .iter()
        .map(|gap| match gap.first == gap.last {
            true => gap.first.to_string(),
            false => format!("{} to {}", gap.first, gap.last),
        })
        .collect();
    match story.missing {
        0 => "none".to_owned(),
        missing => format!("{missing} (numbers {})", told.join(", ")),
    }
}

pub fn proposal_status(proposal: &Proposal) -> &'static str {
    match proposal.status {
        ProposalStatus::Waiting => "Requested: waits for the hospital's signature",
        ProposalStatus::Approved => "Signed by the hospital",
        ProposalStatus::Refused => "Refused by the hospital",
    }
}

fn wanted(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Token { hours, .. } => format!("a token that lives {hours} hours"),
        Wanted::Policy { .. } => "a new policy".to_owned(),
        Wanted::Wipe { photos: Photos::Keep, .. } => {
            "an order to wipe it, keeping its sealed photos".to_owned()
        }
        Wanted::Wipe { photos: Photos::Destroy, .. } => {
            "an order to wipe it and destroy its sealed photos".to_owned()
        }
    }
}

/// The same names as the log's, with what they are about.
fn deed(deed: &Deed) -> String {
    match deed {
        Deed::Flag { code, .. } => format!("flagged: {code}"),
        Deed::Unflag { code, .. } => format!("flag taken away: {code}"),
        Deed::Settle { signed: Some(_), .. } => "signed by the hospital".to_owned(),
        Deed::Settle { signed: None, .. } => "refused by the hospital".to_owned(),
        Deed::Propose { wanted: asked, .. } => format!("asked the hospital to sign {}", wanted(asked)),
        Deed::Suspend { .. } => "suspended".to_owned(),
        Deed::Resume { .. } => "resumed".to_owned(),
        Deed::Revoke { .. } => "revoked".to_owned(),
        Deed::Succeed { former, .. } => format!("vouched for as the phone that was {}", short(former)),
    }
}

pub fn acts(acts: &[ActView]) -> Markup {
    html! {
        @if acts.is_empty() { p { "Nothing was decided about it yet." } } @else {
            ol.acts {
                @for act in acts {
                    li {
                        (time(act.at)) ": " strong { (deed(&act.deed)) } " by " (act.operator) ". Reason: " (act.reason)
                        span.hint { " (log entry " (act.log_index) ")" }
                    }
                }
            }
        }
    }
}
