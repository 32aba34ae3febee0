//! `gauze-records list` and `verify`: what is here, and whether it is as it was signed.

use std::path::Path;
use std::process::ExitCode;

use gauze_records::keys::KeyDir;
use gauze_records::verify::{Verdict, VerifyReport, verify};
use gauze_records::{Gist, list, list_acts, list_devices};

use crate::{Refused, complain, say, show};

#[tokio::main]
pub(crate) async fn show_list(json: bool, data: &Path) -> Result<(), Refused> {
    let listed = list(data).await?;
    if json {
        show(json, &listed, String::new);
        return Ok(());
    }
    for photo in listed {
        let cause = photo.cause.map_or("", gauze_wire::FilingRefusal::code);
        let gist = photo.gist.as_ref().map_or_else(String::new, Gist::line);
        say(&format!(
            "{} {} {:>6} {} {:<8} {:<7} {:<7} {:>9} {} {cause}{gist}",
            photo.capture_id,
            photo.device_id,
            photo.seq,
            photo.captured_at,
            photo.kind.as_str(),
            photo.status.as_str(),
            photo.chain.as_str(),
            photo.size,
            photo.sha256,
        ));
    }
    Ok(())
}

#[tokio::main]
pub(crate) async fn show_devices(json: bool, data: &Path) -> Result<(), Refused> {
    let listed = list_devices(data).await?;
    if json {
        show(json, &listed, String::new);
        return Ok(());
    }
    for device in listed {
        say(&format!("{} {:<9} {}", device.device_id, device.status.as_str(), device.log_index));
    }
    Ok(())
}

#[tokio::main]
pub(crate) async fn show_acts(json: bool, data: &Path) -> Result<(), Refused> {
    let listed = list_acts(data).await?;
    if json {
        show(json, &listed, String::new);
        return Ok(());
    }
    for act in listed {
        let deed = serde_json::to_string(&act.deed).unwrap_or_default();
        say(&format!("{:>6} {} {deed} by {}: {}", act.log_index, act.at, act.operator, act.reason));
    }
    Ok(())
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
