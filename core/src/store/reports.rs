//! What this phone reported and the hospital does not have yet: what went wrong, and that somebody read a notice. Sealed files, of which
//! nothing here opens any.
//!
//! Always: a report is kept once its file is durable, and goes once a receipt that was checked says that the hospital has it, or a
//! wipe order says so. Its file goes first, so that what is left of a dead process is known by what is missing. One that is damaged stays
//! and says so.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use gauze_wire::{Jws, ProblemCode, Report, ReportId, Signed as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Trouble, read_small};
use crate::ports::{Disk, write_durably};

const SIGNED: &str = "jws";

/// What a report tells. Its file is named by it, and an app from before one of them leaves that one's files alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Something went wrong.
    WentWrong,
    /// Somebody read a notice.
    NoticeRead,
}

impl Tells {
    const ALL: [Self; 2] = [Self::WentWrong, Self::NoticeRead];

    /// How its file's name ends.
    fn ending(self) -> &'static str {
        match self {
            Self::WentWrong => "json",
            Self::NoticeRead => "read",
        }
    }
}

/// A report as it is kept. It opens nowhere but in the hospital.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptReport {
    v: u32,
    /// When it was written.
    pub written_at: Timestamp,
    /// What is signed and sent.
    pub report: Report,
}

impl KeptReport {
    /// A report that was just written.
    pub fn new(report: Report, written_at: Timestamp) -> Self {
        Self { v: 1, written_at, report }
    }

    fn read(bytes: &[u8], id: &ReportId) -> Option<Self> {
        let kept: Self = serde_json::from_slice(bytes).ok()?;
        (kept.v == 1 && kept.report.report_id == *id && kept.report.holds().is_ok()).then_some(kept)
    }
}

/// A report that waits, at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingReport {
    /// Its name.
    pub report_id: ReportId,
    /// When it was written; nothing where its file cannot be read.
    pub written_at: Option<Timestamp>,
    /// Whether the gateway has it, and the hospital has not said so yet. Known in this process alone.
    pub sent: bool,
    /// What stops it, if anything does.
    pub trouble: Option<Trouble>,
}

impl WaitingReport {
    /// What it waits for, and what to do, for the person who holds the phone.
    pub fn next_step(&self) -> String {
        match self.trouble {
            Some(Trouble::Gateway(ProblemCode::UnknownTenant)) => {
                "it was written for another hospital, and is not sent to this one: say it there by telephone".to_owned()
            }
            Some(Trouble::Gateway(ProblemCode::DeviceRefused)) => {
                "the hospital shut this phone out, and takes no more reports of it: say it by telephone, and ask IT".to_owned()
            }
            Some(trouble @ Trouble::Gateway(code)) if !trouble.passes() => {
                format!("the gateway does not take the report: {} It stays here; say it by telephone too", code.next_step())
            }
            Some(Trouble::Gateway(ProblemCode::TooManyRequests)) => {
                "this phone has reported as often as it may for now: it goes by itself later; what cannot wait, say by telephone"
                    .to_owned()
            }
            // What is said of photos holds for it too.
            Some(trouble) => trouble.next_step().replace("the photo", "the report").replace("photos wait", "reports wait"),
            None if self.sent => "sent; it stays here until the hospital says that it has it".to_owned(),
            None => "waits to be sent: connect the phone to a network".to_owned(),
        }
    }
}

/// A report that waits, and what it tells.
pub(super) struct Waiting {
    tells: Tells,
    report: WaitingReport,
}

/// Reads what waits. Removes what was never kept and what was being erased.
pub(super) fn recover(disk: &dyn Disk, dir: &Path) -> Result<BTreeMap<ReportId, Waiting>, StoreError> {
    let dir = dir.join("reports");
    let names = disk.list(&dir)?;
    let mut waiting = BTreeMap::new();
    let of = |tells: Tells| names.iter().filter_map(move |name| Some((tells, named(name, tells.ending())?)));
    for (tells, id) in Tells::ALL.into_iter().flat_map(of) {
        let (written_at, trouble) = match read_kept(disk, &file(&dir, &id, tells.ending()), &id) {
            Ok(kept) => (Some(kept.written_at), None),
            Err(StoreError::Damaged) => (None, Some(Trouble::Damaged)),
            Err(_) => (None, Some(Trouble::Storage)),
        };
        let report = WaitingReport { report_id: id.clone(), written_at, sent: false, trouble };
        waiting.insert(id, Waiting { tells, report });
    }
    for name in &names {
        let left = name.as_encoded_bytes().ends_with(b".new")
            || named(name, SIGNED).is_some_and(|id| !waiting.contains_key(&id));
        if left && disk.remove(&dir.join(name)).is_err() {
            tracing::warn!("what a dead process left of a report could not be removed");
        }
    }
    Ok(waiting)
}

fn named(name: &OsStr, kind: &str) -> Option<ReportId> {
    let (id, ending) = name.to_str()?.rsplit_once('.')?;
    id.parse().ok().filter(|_| ending == kind)
}

fn file(dir: &Path, id: &ReportId, kind: &str) -> PathBuf {
    dir.join(format!("{id}.{kind}"))
}

fn read_kept(disk: &dyn Disk, path: &Path, id: &ReportId) -> Result<KeptReport, StoreError> {
    let bytes = read_small(disk, path)?.ok_or(StoreError::Damaged)?;
    KeptReport::read(&bytes, id).ok_or(StoreError::Damaged)
}

impl Store {
    fn reports_dir(&self) -> PathBuf {
        self.dir.join("reports")
    }

    /// Keeps a report. From here on it is never lost; where this fails, nothing is kept.
    pub fn keep_report(&self, tells: Tells, kept: &KeptReport) -> Result<(), StoreError> {
        let mut state = self.state();
        let id = &kept.report.report_id;
        let bytes = serde_json::to_vec(kept).map_err(|_| StoreError::Damaged)?;
        let path = file(&self.reports_dir(), id, tells.ending());
        if let Err(error) = write_durably(&*self.disk, &path, &bytes) {
            // It may have its name already, and nobody was told that it is kept.
            let left = [path.with_added_extension("new"), path];
            state.leftovers.extend(left.into_iter().filter(|path| self.disk.remove(path).is_err()));
            return Err(error.into());
        }
        let written_at = Some(kept.written_at);
        let report = WaitingReport { report_id: id.clone(), written_at, sent: false, trouble: None };
        state.reports.insert(id.clone(), Waiting { tells, report });
        Ok(())
    }

    /// Those of what went wrong that wait, or why nobody knows of all of them.
    pub fn all_reports(&self) -> Result<Vec<WaitingReport>, StoreError> {
        let known = || Ok(self.reports(Tells::WentWrong));
        self.unread_reports.as_ref().map_or_else(known, |error| Err(error.again()))
    }

    /// Those that wait as far as they could be read, oldest first.
    pub fn reports(&self, tells: Tells) -> Vec<WaitingReport> {
        let state = self.state();
        let of = state.reports.values().filter(|waiting| waiting.tells == tells);
        let mut waiting: Vec<_> = of.map(|waiting| waiting.report.clone()).collect();
        waiting.sort_by_key(|report| report.written_at);
        waiting
    }

    /// A report that waits.
    pub fn kept_report(&self, id: &ReportId) -> Result<KeptReport, StoreError> {
        let tells = self.state().reports.get(id).map(|waiting| waiting.tells).ok_or(StoreError::Unknown)?;
        read_kept(&*self.disk, &file(&self.reports_dir(), id, tells.ending()), id)
    }

    /// What the phone signed for it, where it did. What does not read is signed for anew.
    pub fn signed_report(&self, id: &ReportId) -> Result<Option<Jws>, StoreError> {
        match read_small(&*self.disk, &file(&self.reports_dir(), id, SIGNED)) {
            Ok(bytes) => Ok(bytes.and_then(|bytes| Jws::parse(&String::from_utf8(bytes).ok()?).ok())),
            Err(StoreError::Damaged) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps what the phone signed for it, before it is sent.
    pub fn sign_report(&self, id: &ReportId, jws: &Jws) -> Result<(), StoreError> {
        let _state = self.state();
        Ok(write_durably(&*self.disk, &file(&self.reports_dir(), id, SIGNED), jws.as_str().as_bytes())?)
    }

    /// What became of an attempt.
    pub fn tried_report(&self, id: &ReportId, sent: bool, trouble: Option<Trouble>) {
        if let Some(Waiting { report, .. }) = self.state().reports.get_mut(id) {
            report.sent |= sent;
            report.trouble = trouble;
        }
    }

    /// Lets go of a report.
    pub fn erase_report(&self, id: &ReportId) -> Result<(), StoreError> {
        let mut state = self.state();
        let Some(tells) = state.reports.get(id).map(|waiting| waiting.tells) else { return Ok(()) };
        let dir = self.reports_dir();
        self.disk.remove(&file(&dir, id, tells.ending()))?;
        state.reports.remove(id);
        // What is left opens nothing and is told by its name; the next opening removes it.
        if self.disk.remove(&file(&dir, id, SIGNED)).is_err() {
            tracing::warn!("the signature of a report that is gone stays until the next start");
        }
        Ok(())
    }
}
