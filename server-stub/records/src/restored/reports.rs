//! Reports of phones that only the log before knows: their phones have let go of them.

use std::collections::BTreeSet;

use gauze_people::cases::Teller;
use gauze_wire::{DeviceId, Digest, Report, ReportId, Signed as _};

use crate::index::{Index, IndexError};

const AT_ONCE: u32 = 200;

/// One, as the gateway logged it.
struct Logged {
    place: u64,
    teller: Teller,
    device_id: DeviceId,
    report_id: ReportId,
    sealed: Digest,
}

async fn logged(index: &Index) -> Result<Vec<Logged>, IndexError> {
    let (mut from, mut reports) = (0, Vec::new());
    loop {
        let places = index.reportable(from, AT_ONCE).await?;
        let Some(last) = places.last() else { return Ok(reports) };
        from = last.saturating_add(1);
        for place in places {
            let jws = index.leaf(place).await?.ok_or(IndexError::Damaged("leaf"))?;
            let Some(report) = (jws.typ() == Report::TYP).then(|| jws.peek::<Report>().ok()).flatten() else {
                continue;
            };
            let believed = index.noted(place).await?.is_some();
            reports.push(Logged {
                place,
                teller: if believed { Teller::Phone } else { Teller::Stranger },
                device_id: jws.kid().clone(),
                report_id: report.report_id,
                sealed: Digest::of(report.sealed.as_slice()),
            });
        }
    }
}

/// A remark for each report that the log does not have any more and that is not told here.
pub(super) async fn remarks(
    old: &Index,
    now: &Index,
    is_told: impl Fn((Teller, u64, &Digest)) -> bool,
) -> Result<Vec<String>, IndexError> {
    let name = |report: &Logged| (report.device_id.clone(), report.report_id.clone());
    let kept: BTreeSet<(DeviceId, ReportId)> = logged(now).await?.iter().map(name).collect();
    let lost = logged(old).await?.into_iter().filter(|report| {
        !kept.contains(&name(report)) && !is_told((report.teller, report.place, &report.sealed))
    });
    let line = |report: Logged| {
        format!(
            "# entry {} of the log before is a report of the phone {}, and is no case here: ask whoever has the phone, or read it as breach.md tells",
            report.place, report.device_id
        )
    };
    Ok(lost.map(line).collect())
}
