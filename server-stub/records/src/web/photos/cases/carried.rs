//! Reports that operators made at the gateway become cases, each once.
//!
//! The gateway's log is the queue, and the access log says what is a case: a pull that is repeated, a restart or a copy of either
//! makes no second case, and a copy from before it makes the case again. What is a case already is known by its hash and not opened
//! again. A gateway in wrong hands makes no more cases in a day than a day's measure: the rest is counted in one.

use std::sync::atomic::Ordering;

use gauze_people::cases::{Carried, Crowd, Kind};
use gauze_people::context::Reason;
use gauze_people::log::Event;
use gauze_wire::Happened;
use jiff::Timestamp;

use super::words;
use crate::coded::Coded as _;
use crate::folk::{FolkError, Opened, Report};
use crate::web::photos::{DeskParts, Inner};

/// Most that are opened before others have their turn.
const OPENED: usize = 32;

impl Report {
    /// What it says, and when somebody became aware: never after it was made, nor later than now.
    fn said(&self, opened: &Opened, now: Timestamp) -> (Carried, String) {
        let report = Carried {
            kind: Kind::Breach,
            aware_at: self.at.min(now),
            made_at: self.at,
            sealed: self.sealed(),
            said: None,
        };
        let unopened =
            |why| format!("{}\n{}", words::NOT_KNOWN, words::unopened(&self.operator, self.at, why));
        let (incident, said) = match opened {
            Opened::Said(incident, said) => (incident, *said),
            Opened::NoKey => return (report, unopened(words::NO_KEY)),
            Opened::Damaged => return (report, unopened(words::NO_CAUSE)),
            Opened::Unread => return (report, unopened(words::UNREAD)),
        };
        let kind = match incident.kind {
            Happened::Breach => Kind::Breach,
            Happened::NearMiss => Kind::NearMiss,
        };
        let phone = incident.phone.as_ref().map(|phone| phone.as_str());
        let words = format!(
            "{}\n{}\n\n{}",
            incident.whose.as_str(),
            incident.what.as_str(),
            words::carried_by(&self.operator, self.at, phone)
        );
        let aware_at = incident.noticed_at.min(report.aware_at);
        (Carried { kind, aware_at, said: Some(said), ..report }, words)
    }
}

/// Makes a case of each report that has none, as many as are opened in one turn. What cannot be written is tried again. Whether more
/// may wait.
pub(in crate::web::photos) async fn take(inner: &Inner, now: Timestamp) -> bool {
    // Whoever waits here finds what the one before has written.
    let _deciding = inner.deciding.lock().await;
    let from = inner.carried.load(Ordering::Relaxed);
    match inner.parts.take_reports(from, now).await {
        Ok(Taken { next, more }) => {
            inner.carried.store(next, Ordering::Relaxed);
            more
        }
        Err(code) => {
            tracing::error!(code, "what the gateway's operators reported is no case yet, and is tried again");
            false
        }
    }
}

/// How far one turn came.
struct Taken {
    next: u64,
    more: bool,
}

fn unread(error: &FolkError) -> &'static str {
    tracing::error!(code = error.code(), %error, "what the gateway's operators reported cannot be read yet");
    error.code()
}

impl DeskParts {
    async fn take_reports(&self, from: u64, now: Timestamp) -> Result<Taken, &'static str> {
        let found = self.folk.reports(from).await.map_err(|error| unread(&error))?;
        let Some((reports, next)) = found else { return Ok(Taken { next: from, more: false }) };
        let counted = self.counted(from, next).await.map_err(|error| unread(&error))?;
        let is_known = |report: &Report| {
            let counted = counted.iter().any(|crowd| (crowd.from..crowd.to).contains(&report.place));
            counted || self.cases().has_sealed(&report.sealed())
        };
        let new: Vec<Report> = reports.into_iter().filter(|report| !is_known(report)).collect();
        for (opened, report) in new.iter().enumerate() {
            if self.cases().is_crowded(now) {
                self.count(&new[opened..], next, now).await?;
                break;
            }
            if opened == OPENED {
                return Ok(Taken { next: report.place, more: true });
            }
            self.take_report(report, now).await?;
        }
        Ok(Taken { next, more: true })
    }

    /// What was counted of these entries, as far as this log is the one that was counted in.
    async fn counted(&self, from: u64, to: u64) -> Result<Vec<Crowd>, FolkError> {
        let counted = self.cases().crowds_of(from, to);
        let mut holds = Vec::new();
        for crowd in counted {
            if self.folk.root_of(crowd.to).await? == Some(crowd.root) {
                holds.push(crowd);
            }
        }
        Ok(holds)
    }

    async fn take_report(&self, report: &Report, now: Timestamp) -> Result<(), &'static str> {
        let opened = self.folk.opened(report);
        let (said, words) = report.said(&opened, now);
        // The same report under another seal, or the same seal twice.
        let known = self.cases().has_sealed(&said.sealed)
            || said.said.is_some_and(|it| self.cases().said(&it).is_some());
        if known {
            return Ok(());
        }
        let line = self.carry(&words, |reason| said.event(reason, now)).await?;
        tracing::warn!(
            case = line,
            "something went wrong, as the gateway carried it: look at the page Cases"
        );
        Ok(())
    }

    /// Those that are more than a day's measure, up to this place of the gateway's log.
    async fn count(&self, more: &[Report], to: u64, now: Timestamp) -> Result<(), &'static str> {
        let Some(first) = more.first() else { return Ok(()) };
        let root = self.folk.root_of(to).await.map_err(|error| unread(&error))?.ok_or("index_damaged")?;
        let count = u64::try_from(more.len()).unwrap_or(u64::MAX);
        let crowd = Crowd { count, from: first.place, to, root };
        let line = self.carry(&words::crowd(), |reason| crowd.event(reason, now)).await?;
        tracing::error!(
            code = "reports_crowded",
            count,
            line,
            "the gateway carries more reports than a day's measure, and they are counted in one case: look at the page Cases"
        );
        Ok(())
    }

    /// Writes a line with words sealed in it, and takes it in.
    async fn carry(
        &self,
        words: &str,
        event: impl FnOnce(Reason) -> Option<Event>,
    ) -> Result<u64, &'static str> {
        let reason = self.case_reason(words).map_err(|refusal| refusal.code())?;
        let event = event(reason).ok_or("note")?;
        let line = self.log.note(&event).await.map_err(|error| error.code())?;
        self.cases_now().carried(line.index, &event);
        Ok(line.index)
    }
}
