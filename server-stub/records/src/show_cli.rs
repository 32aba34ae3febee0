//! `gauze-records list` and `verify`: what is here, and whether it is as it was signed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use gauze_listen::table;
use gauze_records::keys::KeyDir;
use gauze_records::verify::{Verdict, VerifyReport, verify};
use gauze_records::{
    Gist, IndexError, Listed, ListedAct, ListedDevice, ListedReport, list, list_acts, list_devices,
    list_reports,
};
use gauze_wire::{Deed, DeviceId, Wanted};
use jiff::Timestamp;
use serde::Serialize;

use crate::{Refused, complain, say, show};

const NOT_KNOWN: &str = "not known";

/// What was listed, as JSON or a line each: `row` is given what people call the phones.
pub(crate) async fn show_rows<T: Serialize, const COLUMNS: usize>(
    json: bool,
    data: &Path,
    listed: &[T],
    (headings, none): ([&str; COLUMNS], &str),
    row: impl Fn(&T, &Called) -> [String; COLUMNS],
) -> Result<(), IndexError> {
    if json {
        show(json, &listed, String::new);
        return Ok(());
    }
    let phones = called(data).await?;
    let rows: Vec<_> = listed.iter().map(|one| row(one, &phones)).collect();
    say(table(headings, &rows, none).trim_end());
    Ok(())
}

#[tokio::main]
pub(crate) async fn show_list(json: bool, data: &Path) -> Result<(), Refused> {
    let headings = [
        "STATE", "TAKEN", "PHONE", "SEQ", "KIND", "CHAIN", "BYTES", "PHOTO", "PHONE ID", "SHA-256", "REMARK",
    ];
    let row = |photo: &Listed, phones: &Called| {
        let remarks = [
            photo.cause.map(|cause| cause.code().to_owned()),
            photo.gist.as_ref().map(Gist::line),
            photo.erased.then(|| "erased".to_owned()),
        ];
        [
            photo.status.as_str().to_owned(),
            time(photo.captured_at),
            // One that is not believed has no name that counts.
            phones.get(&photo.device_id).cloned().unwrap_or_else(|| NOT_KNOWN.to_owned()),
            photo.seq.to_string(),
            photo.kind.as_str().to_owned(),
            photo.chain.as_str().to_owned(),
            photo.size.to_string(),
            photo.capture_id.to_string(),
            photo.device_id.to_string(),
            photo.sha256.to_string(),
            remarks.into_iter().flatten().collect::<Vec<_>>().join(" "),
        ]
    };
    Ok(show_rows(json, data, &list(data).await?, (headings, "No photo has come yet."), row).await?)
}

#[tokio::main]
pub(crate) async fn show_devices(json: bool, data: &Path) -> Result<(), Refused> {
    let headings = ["STATE", "SERIAL", "MODEL", "WARD", "ENTRY", "PHONE ID"];
    let known = |text: Option<String>| text.unwrap_or_else(|| NOT_KNOWN.to_owned());
    let row = |device: &ListedDevice, _: &Called| {
        [
            state(device),
            known(device.told_serial()),
            device.model.clone().into(),
            known(device.ward.clone().map(String::from)),
            device.log_index.to_string(),
            device.device_id.to_string(),
        ]
    };
    Ok(show_rows(json, data, &list_devices(data).await?, (headings, "No phone is believed yet."), row)
        .await?)
}

/// What it may do, and whether it is still that phone at all.
fn state(device: &ListedDevice) -> String {
    let status = device.status.as_str();
    let Some(next) = &device.replaced_by else { return status.to_owned() };
    let how = if next.proven { "replaced by" } else { "perhaps replaced by" };
    format!("{status}, {how} {}", next.device_id.as_str().split_at(8).0)
}

#[tokio::main]
pub(crate) async fn show_acts(json: bool, data: &Path) -> Result<(), Refused> {
    let headings = ["ENTRY", "WHEN", "WHAT", "BY", "WHY", "ABOUT"];
    let row = |act: &ListedAct, phones: &Called| {
        [
            act.log_index.to_string(),
            time(act.at),
            act.deed.name().to_owned(),
            act.operator.clone(),
            act.reason.clone(),
            about(&act.deed, phones),
        ]
    };
    Ok(show_rows(json, data, &list_acts(data).await?, (headings, "Nothing was decided yet."), row).await?)
}

/// What people call the phones that are believed.
pub(crate) type Called = BTreeMap<DeviceId, String>;

pub(crate) async fn called(data: &Path) -> Result<Called, IndexError> {
    let phones = list_devices(data).await?;
    Ok(phones.into_iter().map(|phone| (phone.device_id.clone(), phone.name())).collect())
}

/// What people call a phone, and behind that its id.
fn named(id: &DeviceId, phones: &Called) -> String {
    phones.get(id).map_or_else(|| id.to_string(), |name| format!("{name} {id}"))
}

/// What is asked for, and for which phone.
pub(crate) fn asked_for(wanted: &Wanted, phones: &Called) -> String {
    match wanted {
        Wanted::Token { serial, .. } => {
            serial.as_ref().map_or("any phone", |serial| serial.as_str()).to_owned()
        }
        Wanted::Policy { .. } => "all phones".to_owned(),
        Wanted::Wipe { device_id, .. } => {
            phones.get(device_id).cloned().unwrap_or_else(|| device_id.to_string())
        }
    }
}

#[tokio::main]
pub(crate) async fn show_reports(json: bool, data: &Path) -> Result<(), Refused> {
    let headings = ["ENTRY", "BELIEVED", "PHONE", "REPORT"];
    let row = |report: &ListedReport, phones: &Called| {
        [
            report.log_index.to_string(),
            if report.believed { "yes" } else { "no" }.to_owned(),
            named(&report.device_id, phones),
            report.report_id.to_string(),
        ]
    };
    let none = "No phone reported anything yet.";
    Ok(show_rows(json, data, &list_reports(data).await?, (headings, none), row).await?)
}

/// The phone or the proposal that an act is about, with what else it says.
fn about(deed: &Deed, phones: &Called) -> String {
    match deed {
        Deed::Suspend { device_id } | Deed::Resume { device_id } | Deed::Revoke { device_id } => {
            named(device_id, phones)
        }
        Deed::Succeed { device_id, former } => {
            format!("{} after {}", named(device_id, phones), named(former, phones))
        }
        Deed::Flag { device_id, code } | Deed::Unflag { device_id, code } => {
            format!("{code}: {}", named(device_id, phones))
        }
        Deed::Propose { proposal_id, wanted } => {
            format!("{} for {} {proposal_id}", wanted.kind(), asked_for(wanted, phones))
        }
        Deed::Report { .. } => "sealed; it becomes a case".to_owned(),
        Deed::Settle { proposal_id, signed } => {
            format!("{} {proposal_id}", if signed.is_some() { "signed" } else { "refused" })
        }
    }
}

/// To the second, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[tokio::main]
pub(crate) async fn check(json: bool, data: &Path, keys: Option<&Path>) -> Result<ExitCode, Refused> {
    let report = verify(data, keys.map(KeyDir::new).as_ref()).await?;
    show(json, &report, || checked(&report));
    if report.ok {
        return Ok(ExitCode::SUCCESS);
    }
    complain(&verdict(&report));
    Ok(ExitCode::from(1))
}

/// What is wrong, and the next step, on one line.
fn verdict(report: &VerifyReport) -> String {
    let count = report.findings.len();
    match (report.verdict, report.other_root) {
        (Verdict::OtherRoot, Some(root)) => format!(
            "other_root: this directory is whole, under the root {root}, and that is not the one in --keys. Give the keys of the \
             hospital whose directory it is; if these are its keys, everything here was replaced: keep it, and find out by whom."
        ),
        (Verdict::FilesUnknown, _) => format!(
            "files_unknown: nothing that was signed has changed or is missing, but {count} sealed files are in no log entry. After a \
             restore, pull, then run `gauze-records restored`; otherwise find out who put them there."
        ),
        (Verdict::Clean | Verdict::OtherRoot | Verdict::Changed, _) => format!(
            "verify_failed: {count} things are not as they were signed. Stop the puller, keep the directory as it is and find \
             out who changed it."
        ),
    }
}

fn checked(report: &VerifyReport) -> String {
    let mut text = format!(
        "{} log entries, {} manifests, {} files and {} receipts checked{}; {} gaps, {} findings",
        report.log_size,
        report.manifests,
        report.files,
        report.receipts,
        if report.pinned { "" } else { " (root not pinned: give --keys)" },
        report.gaps.len(),
        report.findings.len()
    );
    for gap in &report.gaps {
        text.push_str(&format!("\ngap {} {}-{}", gap.device_id, gap.first, gap.last));
    }
    for finding in &report.findings {
        text.push_str(&format!("\n{} {}", finding.code, finding.at));
    }
    text
}
