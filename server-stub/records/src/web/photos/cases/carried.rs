//! Reports that operators made at the gateway, and phones sent there, become cases, each once; beside them it is noted who read a
//! notice, and neither waits for the other.
//!
//! The gateway's log is the queue, and the access log says what is a case: a pull that is repeated, a restart or a copy of either
//! makes no second case, and a copy from before it makes the case again. What is a case already is known by its hash and not opened
//! again. A gateway in wrong hands makes no more cases in a day than a day's measure of each teller: the rest is counted in one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use gauze_people::cases::{Carried, Crowd, Kind, Teller};
use gauze_people::context::Reason;
use gauze_people::log::Event;
use gauze_signin::phones::Said;
use gauze_wire::{DeviceId, Happened, Incident, ReportId, SignInRules};
use jiff::Timestamp;

use super::account::apart;
use super::{phones, words};
use crate::coded::Coded as _;
use crate::folk::{By, FolkError, KnownPhone, Report};
use crate::web::photos::{DeskParts, Inner};

/// Most that are opened before others have their turn.
const OPENED: usize = 32;

fn kind(incident: &Incident) -> Kind {
    match incident.kind {
        Happened::Breach => Kind::Breach,
        Happened::NearMiss => Kind::NearMiss,
    }
}

fn written(incident: &Incident, vouched: &str) -> String {
    apart((incident.whose.as_str(), incident.what.as_str()), vouched)
}

impl DeskParts {
    /// What it says, and when somebody became aware: never after it was made, nor later than now.
    fn said(&self, report: &Report, now: Timestamp) -> Result<(Carried, String), FolkError> {
        let carried = Carried {
            teller: report.teller(),
            kind: Kind::Breach,
            aware_at: now,
            made_at: None,
            sealed: report.sealed(),
            said: None,
            leaf: Some(report.leaf),
        };
        match &report.by {
            By::Operator { at, name } => Ok(self.by_operator(carried, report, (name, *at))),
            By::Phone { device_id, report_id, phone } => {
                self.by_phone(carried, report, report_id, (device_id, phone.as_deref()))
            }
        }
    }

    fn by_operator(
        &self,
        carried: Carried,
        report: &Report,
        (name, at): (&str, Timestamp),
    ) -> (Carried, String) {
        let carried = Carried { aware_at: carried.aware_at.min(at), made_at: Some(at), ..carried };
        match self.folk.incident(report) {
            Ok((incident, said)) => {
                let phone = incident.phone.as_ref().map(|phone| phone.as_str());
                let words = written(&incident, &words::carried_by(name, at, phone));
                let aware_at = incident.noticed_at.min(carried.aware_at);
                (Carried { kind: kind(&incident), aware_at, said: Some(said), ..carried }, words)
            }
            Err(why) => (carried, words::unopened(name, at, why)),
        }
    }

    fn by_phone(
        &self,
        carried: Carried,
        report: &Report,
        sent_as: &ReportId,
        (sender, phone): (&DeviceId, Option<&KnownPhone>),
    ) -> Result<(Carried, String), FolkError> {
        let (testimony, said) = match self.folk.testimony(report, sent_as) {
            Ok(opened) => opened,
            Err(why) => {
                let vouched = phones::vouched(sender, phone, None);
                let words = apart((words::NOT_KNOWN, &words::unopened_phone(why)), &vouched);
                return Ok((carried, words));
            }
        };
        let provider = self.web.provider();
        let judge = |said: &Said<'_>, rules: Option<&SignInRules>| provider.taker(said, rules);
        let taker = self.folk.witness((report.place, sender), &testimony, judge)?;
        let vouched = phones::vouched(sender, phone, Some((&testimony, &taker)));
        let (incident, written_at) = (&testimony.incident, testimony.written_at);
        let carried = Carried {
            kind: kind(incident),
            aware_at: incident.noticed_at.min(written_at).min(carried.aware_at),
            made_at: Some(written_at),
            said: Some(said),
            ..carried
        };
        Ok((carried, written(incident, &vouched)))
    }
}

/// Whether there was anything.
fn moved(place: &AtomicU64, next: Option<u64>) -> bool {
    if let Some(next) = next {
        place.store(next, Ordering::Relaxed);
    }
    next.is_some()
}

/// Makes a case of each report that has none, and notes who read a notice, as many as are taken in one turn. What cannot be written is
/// tried again. Whether more may wait.
pub(in crate::web::photos) async fn take(inner: &Inner, now: Timestamp) -> bool {
    // Whoever waits here finds what the one before has written.
    let _deciding = inner.deciding.lock().await;
    let parts = &inner.parts;
    let more = match parts.take_reports(inner.carried.load(Ordering::Relaxed), now).await {
        Ok(next) => moved(&inner.carried, next),
        Err(code) => {
            tracing::error!(
                code,
                "what the gateway carried as gone wrong is no case yet, and is tried again"
            );
            false
        }
    };
    let more_read = match parts.take_readings(inner.readings_noted.load(Ordering::Relaxed), now).await {
        Ok(next) => moved(&inner.readings_noted, next),
        Err(code) => {
            tracing::error!(code, "who read notices on phones has no line yet, and is tried again");
            false
        }
    };
    more || more_read
}

fn unread(error: &FolkError) -> &'static str {
    tracing::error!(code = error.code(), %error, "what the gateway carried as gone wrong cannot be read yet");
    error.code()
}

impl DeskParts {
    /// Where to go on; nothing where there was nothing.
    async fn take_reports(&self, from: u64, now: Timestamp) -> Result<Option<u64>, &'static str> {
        let found = self.folk.reports(from).await.map_err(|error| unread(&error))?;
        let Some((reports, mut next)) = found else { return Ok(None) };
        let counted = self.counted(from, next).await.map_err(|error| unread(&error))?;
        let is_known = |report: &Report| {
            let of = |crowd: &Crowd| {
                crowd.teller == report.teller() && (crowd.from..crowd.to).contains(&report.place)
            };
            let (teller, sealed) = (report.teller(), report.sealed());
            counted.iter().any(of) || self.cases().has_told(teller, &sealed, Some(&report.leaf))
        };
        // Of each teller: how many, and where the first stands.
        let mut beyond: BTreeMap<Teller, (u64, u64)> = BTreeMap::new();
        let mut opened = 0;
        for report in reports.iter().filter(|report| !is_known(report)) {
            let crowded = self.cases().is_crowded(report.teller(), now);
            if self.is_reading(report, crowded) {
                continue;
            }
            if crowded {
                beyond.entry(report.teller()).or_insert((0, report.place)).0 += 1;
            } else if opened == OPENED {
                next = report.place;
                break;
            } else {
                opened += 1;
                self.take_report(report, now).await?;
            }
        }
        for (teller, (count, from)) in beyond {
            self.count((teller, count), (from, next), now).await?;
        }
        Ok(Some(next))
    }

    /// Whether somebody read a notice: that is no case, and is noted beside. Of those that nobody vouches for many are counted unopened.
    fn is_reading(&self, report: &Report, crowded: bool) -> bool {
        let opens = !crowded || report.teller() == Teller::Phone;
        opens && self.folk.notice_read(report).is_some()
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
        let (said, words) = self.said(report, now).map_err(|error| unread(&error))?;
        // The same report under another seal, or the same seal twice.
        let known = self.cases().has_told(said.teller, &said.sealed, Some(&report.leaf))
            || said.said.is_some_and(|it| self.cases().said(Some(said.teller), &it).is_some());
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

    /// Those that are more than a day's measure, of these entries of the gateway's log.
    async fn count(
        &self,
        (teller, count): (Teller, u64),
        (from, to): (u64, u64),
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let root = self.folk.root_of(to).await.map_err(|error| unread(&error))?.ok_or("index_damaged")?;
        let crowd = Crowd { teller, count, from, to, root };
        let line = self.carry(&words::crowd(teller), |reason| crowd.event(reason, now)).await?;
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
