//! Reports that operators made at the gateway become cases, each once.
//!
//! The gateway's log is the queue, and the access log says what is a case: a pull that is repeated, a restart or a copy of either
//! makes no second case, and a copy from before it makes the case again.

use std::sync::atomic::Ordering;

use gauze_people::cases::{Cases, Kind};
use gauze_wire::Happened;
use jiff::Timestamp;

use super::words;
use crate::coded::Coded as _;
use crate::folk::Carried;
use crate::web::photos::{DeskParts, Inner};

impl Carried {
    /// What it says, and when somebody became aware: never after it was made.
    fn said(&self) -> (Kind, Timestamp, String) {
        let Some(incident) = &self.incident else {
            let words = format!("{}\n{}", words::NOT_KNOWN, words::unopened(&self.operator));
            return (Kind::Breach, self.at, words);
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
            words::carried_by(&self.operator, phone)
        );
        (kind, incident.noticed_at.min(self.at), words)
    }
}

/// Makes a case of each report that has none. What cannot be written is tried again.
pub(in crate::web::photos) async fn take(inner: &Inner, now: Timestamp) {
    // Whoever waits here finds what the one before has written.
    let _deciding = inner.deciding.lock().await;
    loop {
        let from = inner.carried.load(Ordering::Relaxed);
        let (reports, next) = match inner.parts.folk.carried(from).await {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(code = error.code(), %error, "what the gateway's operators reported cannot be read yet");
                return;
            }
        };
        for report in reports {
            if let Err(code) = inner.parts.take_report(&report, now).await {
                tracing::error!(
                    code,
                    "what the gateway's operators reported is no case yet, and is tried again"
                );
                return;
            }
        }
        inner.carried.store(next, Ordering::Relaxed);
    }
}

impl DeskParts {
    async fn take_report(&self, report: &Carried, now: Timestamp) -> Result<(), &'static str> {
        if self.cases().has_carried(&report.sealed) {
            return Ok(());
        }
        let (kind, aware_at, words) = report.said();
        let reason = self.case_reason(&words).map_err(|refusal| refusal.code())?;
        let event = Cases::carried_event((kind, aware_at.min(now)), &report.sealed, reason, now);
        let event = event.ok_or("note")?;
        let line = self.log.note(&event).await.map_err(|error| error.code())?;
        self.cases_now().carried(line.index, &event);
        tracing::warn!(
            case = line.index,
            "something went wrong, as the gateway carried it: look at the page Cases"
        );
        Ok(())
    }
}
