//! The register's words as a help desk reads them.

use gauze_attest::Lineage;
use gauze_wire::{Deed, Photos, Wanted};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::admin::{ActView, DeviceStory};
use crate::counted::counted;
pub use crate::db::short;
use crate::db::{Basis, Proposal, ProposalStatus, Registered, ToldStatus};

/// Before what nothing takes back.
pub const FINAL: &str = "This cannot be undone.";
/// Above what was decided about a phone.
pub const DECIDED: &str = "What was decided, newest first";
/// What a form asks for: each field's name, and what its page calls it, in the page's order.
pub type Asked = &'static [(&'static str, &'static str)];
/// What is asked for as a reason: the field, as most pages call it, and what becomes of it.
pub const REASON: (&str, &str) = ("Reason", "A few words that name no patient. They go into the log.");
/// The reason for a token.
pub const FOR: &str = "What is it for?";
/// The reason for another policy.
pub const WHY: &str = "Why";
/// The reason of a lost phone.
pub const HOW_LOST: &str = "How was it lost?";
/// Who acts: the field, and what becomes of it.
pub const OPERATOR: (&str, &str) = ("Your name", "It goes into the log.");
/// By what the phone is confirmed.
pub const CONFIRM: &str = "The first eight characters of the phone's id";
/// What a flag is called where it is taken away.
pub const FLAG: &str = "Flag";
/// Whether it happened.
pub const KIND: &str = "What was it?";
/// When it was noticed.
pub const DAY: &str = "When it was noticed";
pub const TIME: &str = "Time";
/// How long a token lives.
pub const HOURS: &str = "Hours the token lives once signed";
/// The one phone that a token is for.
pub const SERIAL: (&str, &str) = ("Serial number of the phone", "Then this phone alone can use the token.");
/// What an order to wipe decides about.
pub const SEALED: &str = "Sealed photos that are still on the phone";
/// When a phone last spoke to the gateway.
pub const HEARD: &str = "Last heard from";
/// What rests on the word of device management alone.
pub const STATED: &str = "(stated by device management)";
/// Of a phone whose serial number the hospital took off its list after it had enrolled.
pub const RETIRED: &str = "Its serial number was taken off the hospital's list";
/// The policy that is proposed.
pub const POLICY: &str = "The policy, as JSON";
/// Of phones that the policy says nothing about.
pub const NONE_ENROL: &str = "None enrol with hardware evidence: the policy says nothing about them.";
/// The button that asks for a token.
pub const REQUEST: &str = "Request a token";
/// What leads from one page of a list to the next.
pub const PAGES: &str = "Pages of the list";
/// The page that says so, and what leads to it.
pub const WENT_WRONG: &str = "Something went wrong";
/// Above a refusal.
pub const REFUSED: &str = "This did not work";

/// Everything by which people know a phone, on one line.
pub fn known_by(device: &Registered) -> Markup {
    html! {
        p {
            (status(device)) " Serial number: " strong { (or_unknown(device.told_serial().as_deref())) } ". Model: "
            (or_unknown(device.model.as_deref())) ". For: " (or_unknown(device.known_ward()))
            // Two words for one phone: the one that the gateway kept itself stands beside the other.
            @if let (Some(_), Some(asked_for)) = (&device.ward, &device.asked_for) {
                " " (STATED) ". Its token was asked for: " (asked_for)
            }
            "."
        }
    }
}

pub fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_string()) { (at.strftime("%d-%b-%Y %H:%M UTC").to_string()) } }
}

pub fn or_unknown(text: Option<&str>) -> &str {
    text.unwrap_or("Not known")
}

/// When the phone was last heard from.
pub fn heard(device: &Registered) -> Markup {
    html! { @if let Some(at) = device.heard_at { (time(at)) } @else { "Not known: it was never heard from" } }
}

/// A number that the phone itself said; not known where it was never heard from.
pub fn as_it_said(device: &Registered, number: u64) -> String {
    if device.heard_at.is_some() { number.to_string() } else { "Not known".to_owned() }
}

/// How often its screen was captured: of what was on it, nobody is told.
pub fn captured(device: &Registered) -> Markup {
    html! {
        @match (device.screen_captured_at, device.screen_captures) {
            (Some(at), 1) => { "Once, as it said at " (time(at)) }
            (Some(at), times) => { (times) " times, as it last said at " (time(at)) }
            (None, _) if device.heard_at.is_some() => "Never, as it said",
            (None, _) => "Not known",
        }
    }
}

/// The id that the phone has now.
pub fn replaced(device: &Registered) -> Markup {
    html! {
        @if let Some(next) = &device.replaced_by {
            @match next.basis {
                Basis::Proven => "Replaced by ",
                Basis::Claimed => "Another phone says that it replaces it: ",
                Basis::Serial => "Perhaps replaced by a later phone of its serial number: ",
            }
            a href={ "/devices/" (next.device_id) } { code { (short(&next.device_id)) } }
        }
    }
}

/// What a flag means.
fn flag(code: &str) -> String {
    match code {
        "lost" => "Lost".to_owned(),
        "former_claimed" => "Says that it was another phone before; nobody has compared it".to_owned(),
        "certificate_revoked" => "A certificate of its hardware key was revoked".to_owned(),
        other => format!("Flagged: {other}"),
    }
}

/// A word, its shape and its colour.
fn badge((class, mark, text): (&str, &str, &str)) -> Markup {
    html! { span class={ "badge " (class) } { span aria-hidden="true" { (mark) " " } (text) } }
}

/// What a status is called where phones are searched for.
pub fn status_name(status: ToldStatus) -> &'static str {
    match status {
        ToldStatus::Active => "Active",
        ToldStatus::Wiped => "Wiped",
        ToldStatus::Suspended => "Suspended",
        ToldStatus::Revoked => "Revoked",
    }
}

pub fn status(device: &Registered) -> Markup {
    let status = device.told_status();
    let (class, mark) = match status {
        ToldStatus::Active => ("ok", "✓"),
        ToldStatus::Wiped => ("warn", "!"),
        ToldStatus::Suspended => ("warn", "‖"),
        ToldStatus::Revoked => ("bad", "✕"),
    };
    badge((class, mark, status_name(status)))
}

/// Whether the hospital has a report.
pub fn handed_over(at: Option<Timestamp>) -> Markup {
    html! {
        @match at {
            Some(at) => { (badge(("ok", "✓", "Handed over"))) " " (time(at)) }
            None => (badge(("warn", "!", "Waits for the hospital"))),
        }
    }
}

/// Of a report whose entry says neither when it was made nor by whom.
pub fn damaged() -> Markup {
    html! {
        (badge(("bad", "✕", "Damaged")))
        " The gateway's database is damaged: restore it (operating.md), and report again what the hospital does not have."
    }
}

/// What ends, or is not renewed by itself.
#[derive(Clone, Copy)]
pub enum Due {
    Certificate,
    Bundle,
    Policy,
    Witness,
}

impl Due {
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "The gateway's certificate",
            Self::Bundle => "The list of keys (trust bundle)",
            Self::Policy => "The policy",
            Self::Witness => "The log's witness, inside the hospital",
        }
    }

    /// What it means, and who does what: as `docs/alarms.md` has it.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Certificate => {
                "Once it has ended, phones stop sending and keep their photos. Put the new certificate in place of the old file: no restart is needed."
            }
            Self::Bundle => {
                "Nothing stops on that day, but phones show their list of keys as old. Sign the next one inside the hospital and start the gateway with it."
            }
            Self::Policy => "No phone can enrol. Sign one inside the hospital and start the gateway with it.",
            Self::Witness => {
                "New entries of the log wait for it. Look whether gauze-records serve runs, and at its last line."
            }
        }
    }
}

/// How something stands that ends.
#[derive(Clone, Copy)]
pub enum Left {
    Good,
    Soon,
    Late,
    Ended,
    Missing,
    NotKnown,
}

impl Left {
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "Good",
            Self::Soon => "Ends soon",
            Self::Late => "Late",
            Self::Ended => "Ended",
            Self::Missing => "Missing",
            Self::NotKnown => "Not known",
        }
    }

    pub fn wants_somebody(self) -> bool {
        matches!(self, Self::Soon | Self::Late | Self::Ended | Self::Missing)
    }

    pub fn badge(self) -> Markup {
        let (class, mark) = match self {
            Self::Good => ("ok", "✓"),
            Self::Soon | Self::Late => ("warn", "!"),
            Self::Ended | Self::Missing => ("bad", "✕"),
            Self::NotKnown => return html! {},
        };
        badge((class, mark, self.word()))
    }
}

/// Of what is in force until another takes its place.
pub const NO_LAST_DAY: &str = "It has no last day.";

/// Of what waits and is dated tomorrow.
pub const NOT_KNOWN_HOW_LONG: &str =
    "How long its next entry has waited is not known: it is dated in the future.";
/// Above the same.
pub const CLOCK: &str = "The clock of the gateway's machine: Wrong now, or when something came.";
/// What is done about it.
pub const SET_CLOCK: &str = "Set the clock. Where it is right by now, it was ahead: look whether gauze-records serve runs, as no wait is counted until that date.";

/// How long it is until then, in whole days.
pub fn days_left(at: Timestamp, now: Timestamp) -> String {
    let days = at.duration_since(now).as_hours() / 24;
    match days {
        _ if at <= now => "which is past".to_owned(),
        0 => "within a day".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}

pub fn status_means(device: &Registered) -> &'static str {
    match device.told_status() {
        ToldStatus::Wiped => {
            "It was wiped: it takes no new photos, may send those that are still on it, and shows none."
        }
        ToldStatus::Active => "It may send photos, and show its own where the policy allows.",
        ToldStatus::Suspended => {
            "It takes no new photos, may send those it has, shows none, and cannot enrol again."
        }
        ToldStatus::Revoked => "It is shut out for good. To use it again, enrol it with a new token.",
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
    let mut told: Vec<String> = device.flags.iter().map(|code| flag(code)).collect();
    if let Some(code) = &device.attest_refused {
        told.push(format!("Evidence refused: {code}"));
    }
    let said_to_follow = device.replaced_by.as_ref().is_some_and(|next| next.basis != Basis::Serial);
    if device.unsent > 0 && !device.is_wiped() && !said_to_follow {
        told.push(format!("{} not sent", device.unsent));
    }
    if device.is_wiped() {
        told.push(wiped(device).to_owned());
    }
    if device.serial_retired {
        told.push(RETIRED.to_owned());
    }
    told
}

/// By what a phone was wiped: only an order destroys photos, and only where it says so.
pub fn wiped(device: &Registered) -> &'static str {
    match device.wiped_cause.as_deref() {
        Some("order") => "Wiped by the hospital's order",
        Some("offline") => {
            "Heard nothing from the gateway for too long, and destroyed what opens the photos on it; once it is heard again it shows those that it takes from then on"
        }
        Some("asked") => "Wiped on the phone by its user",
        Some(_) | None => "Wiped",
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
        _ if story.device.heard_at.is_none() => "Not known".to_owned(),
        0 => "None".to_owned(),
        1 => format!("1 (number {})", told.join(", ")),
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
        Wanted::Token { hours, .. } => {
            format!("a token that lives {}", counted(u64::from(*hours), "hour", "hours"))
        }
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
        Deed::Report { .. } => "said that something went wrong (sealed)".to_owned(),
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
