//! Answers as people read them; `--json` gives the same values to programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use gauze_gateway::admin::{
    ActView, DeviceStory, InventoryView, LostReport, PolicyView, TokenView, after_lost,
};
use gauze_gateway::{Basis, DevicePage, Proposal, ProposalStatus, Registered, ToldStatus, short};
use gauze_listen::table;
use gauze_wire::{Deed, DeviceId, ManagedConfiguration, ProposalId, System, Wanted};
use jiff::Timestamp;
use serde::Serialize;

/// As JSON where asked for, else as text. That nobody reads it any more is no reason to fail.
pub fn show(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) {
    let out = match serde_json::to_string(value) {
        Ok(line) if json => line + "\n",
        Ok(_) | Err(_) => text(),
    };
    let _ = std::io::stdout().lock().write_all(out.as_bytes());
}

fn or_dash<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".to_owned(), T::to_string)
}

/// To the second, in UTC.
fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "not known".to_owned(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn unknown(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "not known".to_owned())
}

/// What a phone said itself: not known where it was never heard from.
fn said(device: &Registered, number: u64) -> String {
    if device.heard_at.is_some() { number.to_string() } else { "not known".to_owned() }
}

/// What it may do, and whether it is still that phone at all.
fn state(device: &Registered) -> String {
    let status = device.told_status();
    let mut state = vec![status.as_str().to_owned()];
    state.extend((device.is_wiped() && status != ToldStatus::Wiped).then(|| "wiped".to_owned()));
    state.extend(device.replaced_by.as_ref().map(|next| {
        let how = if next.basis == Basis::Proven { "replaced by" } else { "perhaps replaced by" };
        format!("{how} {}", short(&next.device_id))
    }));
    state.extend(device.serial_retired.then(|| "serial retired".to_owned()));
    state.extend(device.flags.iter().cloned());
    state.join(", ")
}

fn devices(devices: &[Registered]) -> String {
    let rows: Vec<_> = devices
        .iter()
        .map(|device| {
            [
                unknown(device.told_serial().as_ref()),
                unknown(device.model.as_ref()),
                unknown(device.known_ward().map(str::to_owned).as_ref()),
                state(device),
                time(device.heard_at),
                said(device, device.unsent),
                device.device_id.to_string(),
            ]
        })
        .collect();
    let headings = ["SERIAL", "MODEL", "FOR", "STATE", "LAST HEARD", "NOT SENT", "ID"];
    table(headings, &rows, "No phone matches.")
}

pub fn page(page: &DevicePage) -> String {
    let mut text = devices(&page.devices);
    if let Some(next) = &page.next {
        let _ = writeln!(text, "more: --after={next}");
    }
    text
}

/// By what people know phones, for those that acts are about.
type Called = BTreeMap<DeviceId, String>;

/// What people call it, and behind that the id that commands take.
fn named(id: &DeviceId, called: &Called) -> String {
    called.get(id).map_or_else(|| id.to_string(), |name| format!("{name} {id}"))
}

pub fn story(story: &DeviceStory, called: &Called) -> String {
    let device = &story.device;
    let known = device.told_serial().unwrap_or_else(|| "serial number not known".to_owned());
    let known = [known, unknown(device.model.as_ref()), short(&device.device_id).to_owned()].join(", ");
    let mut text = format!("phone       {known}\nstatus      {}\n", device.told_status().as_str());
    let denied = story.review_denied.map_or("allowed", |denied| denied.code());
    let rows = [
        ("review", Some(denied.to_owned())),
        ("platform", device.platform.clone()),
        ("app", device.app_version.clone()),
        ("key", device.level.clone()),
        ("os", device.os_version.clone()),
        ("patch", device.patch_level.clone()),
        ("boot", device.boot_state.clone()),
        ("ward", device.ward.clone()),
        ("for", device.asked_for.clone()),
        ("enrolled", device.enrolled_at.map(|at| time(Some(at)))),
        ("token", device.token_id.clone()),
        (
            "follows",
            device.follows.as_ref().map(|former| {
                format!("{}, {}: {former}", short(former), device.lineage.as_str())
            }),
        ),
        (
            "replaced by",
            device.replaced_by.as_ref().map(|next| {
                let says = match next.basis {
                    Basis::Proven => "",
                    Basis::Claimed => ", as that phone says",
                    Basis::Serial => " perhaps, a later phone of its serial number",
                };
                format!("{}{says}: {}", short(&next.device_id), next.device_id)
            }),
        ),
        ("attested", device.attested_at.map(|at| time(Some(at)))),
        ("refused", device.attest_refused.clone()),
        ("heard", Some(time(device.heard_at))),
        (
            "captured",
            device
                .screen_captured_at
                .map(|at| format!("{} ({} in all)", time(Some(at)), device.screen_captures)),
        ),
        ("flags", Some(device.flags.join(" ")).filter(|flags| !flags.is_empty())),
        (
            "retired",
            device.serial_retired.then(|| {
                "its serial number was taken off the hospital's list, and it is still let in: suspend it, or report it lost".to_owned()
            }),
        ),
        (
            "wiped",
            device
                .wiped_at
                .map(|at| format!("{} ({})", time(Some(at)), or_dash(device.wiped_cause.as_ref()))),
        ),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<11} {value}");
        }
    }
    let (highest, unsent) = (said(device, device.highest_seq), said(device, device.unsent));
    let _ = writeln!(text, "{:<11} {highest}, unsent {unsent}", "highest");
    text.push_str(&gaps(device, &story.gaps, story.missing));
    let _ = writeln!(text, "{:<11} {}\n", "id", device.device_id);
    text.push_str(&acts(&story.acts, called));
    text
}

fn gaps(device: &Registered, gaps: &[gauze_gateway::admin::Gap], missing: u64) -> String {
    if device.heard_at.is_none() {
        return format!("{:<11} not known: it was never heard from\n", "missing");
    }
    let ranges: Vec<String> = gaps
        .iter()
        .map(|gap| {
            if gap.first == gap.last { gap.first.to_string() } else { format!("{}-{}", gap.first, gap.last) }
        })
        .collect();
    let shown = if ranges.is_empty() { "none".to_owned() } else { ranges.join(" ") };
    format!("{:<11} {missing} ({shown})\n", "missing")
}

pub fn acts(acts: &[ActView], called: &Called) -> String {
    let rows: Vec<_> = acts
        .iter()
        .map(|act| {
            let about = match &act.deed {
                Deed::Suspend { device_id } | Deed::Resume { device_id } | Deed::Revoke { device_id } => {
                    named(device_id, called)
                }
                Deed::Propose { wanted: Wanted::Wipe { device_id, .. }, .. } => {
                    format!("wipe of {}", named(device_id, called))
                }
                Deed::Succeed { device_id, former } => {
                    format!("{} after {}", named(device_id, called), named(former, called))
                }
                Deed::Flag { device_id, code } | Deed::Unflag { device_id, code } => {
                    format!("{code}: {}", named(device_id, called))
                }
                Deed::Propose { proposal_id, wanted: Wanted::Token { serial, .. } } => {
                    let serial = serial.as_ref().map_or("any phone", |serial| serial.as_str());
                    format!("token for {serial} {proposal_id}")
                }
                Deed::Propose { proposal_id, wanted: Wanted::Policy { .. } } => {
                    format!("policy {proposal_id}")
                }
                Deed::Report { .. } => "sealed to the hospital".to_owned(),
                Deed::Settle { proposal_id, signed } => {
                    format!("{} {proposal_id}", if signed.is_some() { "signed" } else { "refused" })
                }
            };
            let (entry, at, name) =
                (act.log_index.to_string(), time(Some(act.at)), act.deed.name().to_owned());
            [entry, at, name, act.operator.clone(), act.reason.clone(), about]
        })
        .collect();
    table(["ENTRY", "WHEN", "WHAT", "BY", "WHY", "ABOUT"], &rows, "Nothing was decided yet.")
}

pub fn proposed(proposal: &Proposal) -> String {
    let id = &proposal.proposal_id;
    format!("{} {}: {id}\n{}", proposal.wanted.kind(), proposal.status.as_str(), decided_inside(id))
}

/// The command lies with the people who decide.
fn decided_inside(id: &ProposalId) -> String {
    format!(
        "Next: inside the hospital, after its next pull, `gauze-records proposals show {id} --data records` with its own data directory, \
         then approve or refuse it.\n"
    )
}

pub fn tokens(tokens: &[TokenView]) -> String {
    let rows: Vec<_> = tokens.iter().map(row).collect();
    table(["FOR", "SERIAL", "STATE", "BY", "TOKEN"], &rows, "No token was asked for yet.")
}

fn row(token: &TokenView) -> [String; 5] {
    let serial = match &token.proposal.wanted {
        Wanted::Token { serial, .. } => serial.as_ref(),
        Wanted::Policy { .. } | Wanted::Wipe { .. } => None,
    };
    let state = match (&token.used_by, token.proposal.status) {
        (Some(device), _) => format!("used by {}", short(device)),
        (None, ProposalStatus::Approved) => format!("until {}", time(token.expires_at)),
        (None, status) => status.as_str().to_owned(),
    };
    let Proposal { proposal_id, operator, reason, .. } = &token.proposal;
    let serial = serial.map_or_else(|| "any".to_owned(), ToString::to_string);
    [reason.clone(), serial, state, operator.clone(), proposal_id.to_string()]
}

pub fn token(token: &TokenView, system: Option<System>) -> String {
    let pasted = token.managed.as_ref().map(|managed| paste("this phone", managed, system));
    let Proposal { status, proposal_id, .. } = &token.proposal;
    let next = if *status == ProposalStatus::Waiting { decided_inside(proposal_id) } else { String::new() };
    tokens(std::slice::from_ref(token)) + &next + &pasted.unwrap_or_default()
}

pub fn inventory(view: &InventoryView, system: Option<System>) -> String {
    let InventoryView { version, count, used, managed, .. } = view;
    let end = view.expires_at.map_or_else(|| "-".to_owned(), |at| time(Some(at)));
    let text = format!("inventory {version}: {used} of {count} phones enrolled, token until {end}\n");
    match managed {
        Some(managed) => text + &paste("every phone of the inventory", managed, system),
        None => text + "No token for it: sign one with `gauze-records token inventory … --out FILE`.\n",
    }
}

/// What to paste, and where.
fn paste(whom: &str, managed: &ManagedConfiguration, system: Option<System>) -> String {
    let mut text = match system {
        Some(system) => {
            let heading =
                format!("Managed configuration for {whom}, {}.\n{}\n", system.title(), system.place());
            heading + &managed.to_paste(system)
        }
        None => {
            let values = serde_json::to_string_pretty(managed).unwrap_or_default();
            let systems = System::ALL.map(System::as_str).join(", ");
            format!("Managed configuration for {whom}:\n{values}\nAs a system wants it: --for {systems}\n")
        }
    };
    if let Some(told) = system.and_then(|system| managed.lacks_serial(system)) {
        let _ = writeln!(text, "{told}");
    }
    if managed.ca.is_none() {
        text.push_str("If the gateway's certificate is from an authority of your own, add that with --ca FILE: no phone connects without.\n");
    }
    text
}

pub fn policy(view: &PolicyView, place: &str) -> String {
    let mut text = serde_json::to_string_pretty(&view.policy).unwrap_or_default();
    text.push('\n');
    if view.signed.is_none() {
        let _ = writeln!(
            text,
            "No policy was signed yet: the strictest holds, and no phone can enrol. Next: `gauze-gateway admin policy propose {place} \
             --in FILE --operator \"your name\" --reason \"the first policy\"`, or `gauze-records sign-policy` inside the hospital."
        );
    }
    for proposal in &view.proposals {
        let Proposal { proposal_id, status, operator, reason, .. } = proposal;
        let _ = writeln!(text, "{} asked by {operator}: {reason} ({proposal_id})", status.as_str());
    }
    text
}

pub fn lost(report: &LostReport, place: &str) -> String {
    let device = &report.device;
    let mut text = devices(std::slice::from_ref(device));
    text.push('\n');
    let revoked = if report.revoked_now { "revoked now" } else { "was revoked before" };
    let _ = writeln!(
        text,
        "shut out    {revoked}: it gets no ticket, shows no photo, and its open uploads are dead"
    );
    let _ = writeln!(text, "wipe order  {}: {}", report.wipe.status.as_str(), report.wipe.proposal_id);
    let _ = writeln!(text, "last heard  {}", time(device.heard_at));
    let _ = writeln!(text, "highest     {}", said(device, report.highest_seq));
    let _ = writeln!(text, "unsent      {}", said(device, report.unsent));
    text.push_str(&gaps(device, &report.gaps, report.missing));
    text.push_str(
        "What is missing may be on the phone, sealed: it opens for nobody outside the hospital.\nNext:\n",
    );
    for (told, command) in after_lost((Some(&report.wipe), device, report.missing), place) {
        let _ = writeln!(text, "- {told}");
        if let Some(command) = command {
            let _ = writeln!(text, "    {command}");
        }
    }
    text
}
