//! Reports of phones that only the log before knows: their phones have let go of them.

use std::collections::BTreeSet;

use gauze_people::cases::Teller;
use gauze_wire::{DeviceId, Digest, ReportId};

use crate::list::ListedReport;

/// Whose word it is, its place in the log before, the hash of what was sealed, and that of its entry.
pub(super) type Told<'a> = (Teller, u64, &'a Digest, Option<&'a Digest>);

fn name(report: &ListedReport) -> (DeviceId, ReportId) {
    (report.device_id.clone(), report.report_id.clone())
}

/// A remark for each report that the log does not have any more and that is not told here.
pub(super) fn remarks(
    old: Vec<ListedReport>,
    now: &[ListedReport],
    is_told: impl Fn(Told<'_>) -> bool,
) -> Vec<String> {
    let kept: BTreeSet<_> = now.iter().map(name).collect();
    let lost = old.into_iter().filter(|report| {
        let teller = if report.believed { Teller::Phone } else { Teller::Stranger };
        let sealed = Digest::of(report.sealed.as_slice());
        !kept.contains(&name(report)) && !is_told((teller, report.log_index, &sealed, Some(&report.leaf)))
    });
    let line = |report: ListedReport| {
        format!(
            "# entry {} of the log before is a report of the phone {}, and is no case here: ask whoever has the phone, or read it as breach.md tells",
            report.log_index, report.device_id
        )
    };
    lost.map(line).collect()
}
