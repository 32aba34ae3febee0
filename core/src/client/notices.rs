//! Notices to staff: whoever uses this phone reads each of them once, and the hospital hears who did.
//!
//! Always: it hears of whoever is signed in, by a sealed report with what their provider signed, and of nobody else. That somebody read a
//! notice counts over restarts and sign-ins once that report is durable, and until the phone changes hands where there is none.

use gauze_wire::{Digest, NoticeRead, ShownNotice};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Client, Enrolled, ReportError};
use crate::auth::Signed;
use crate::queue::reach::Reach;
use crate::review::leaving_nothing;
use crate::store::{KeptReport, Tells, WaitingReport};

/// Of so many it is known who read them here; those that were read first are shown again.
const REMEMBERED: usize = 500;
/// So many go to the gateway within a day: half of a phone's share of reports, so that what goes wrong finds room.
const A_DAY: usize = 10;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadHere {
    v: u32,
    /// The oldest first.
    marks: Vec<Digest>,
}

/// What a person's reading of a version is known by. What they read on the phone that this was before does not count for this one.
fn mark(signed: &Signed, notice: &ShownNotice) -> Digest {
    let (device, person) = (&signed.device_id, &signed.person);
    let of = format!("gauze-notice-read/v1\0{device}\0{person}\0{}\0{}", notice.code, notice.version);
    Digest::of(of.as_bytes())
}

impl Client {
    /// Whether whoever has the phone in hand has read this version of a notice on it.
    pub fn has_read(&self, notice: &ShownNotice) -> bool {
        let now = self.state().notices_read.contains(notice);
        now || self.signed_in().is_some_and(|signed| self.read_here().contains(&mark(&signed, notice)))
    }

    /// Takes in that whoever has the phone in hand has read it. Where somebody is signed in the hospital hears of it with the next run of
    /// the queue. What cannot be kept counts until the phone changes hands, and is asked for again.
    pub fn read_notice(&self, notice: &ShownNotice) {
        self.state().notices_read.push(notice.clone());
        let Some(signed) = self.taken_by().ok().flatten() else { return };
        let mark = mark(&signed, notice);
        if self.read_here().contains(&mark) {
            return;
        }
        match self.tell_read(signed, notice) {
            Ok(()) => self.remember(mark),
            Err(error) => tracing::warn!(
                code = error.code(),
                "that a notice was read could not be kept for the hospital: it is shown again"
            ),
        }
    }

    fn read_here(&self) -> Vec<Digest> {
        let kept: Option<ReadHere> = self.store.notices_read();
        kept.filter(|kept| kept.v == 1).map_or_else(Vec::new, |kept| kept.marks)
    }

    fn remember(&self, mark: Digest) {
        // One at a time: none is written over.
        let _state = self.state();
        let mut marks = self.read_here();
        marks.push(mark);
        marks.drain(..marks.len().saturating_sub(REMEMBERED));
        self.store.keep_notices_read(&ReadHere { v: 1, marks });
    }

    fn tell_read(&self, signed: Signed, notice: &ShownNotice) -> Result<(), ReportError> {
        let enrolled = self.may_report(Tells::NoticeRead)?;
        let kept = leaving_nothing(|| self.seal_read(&enrolled, signed, notice))?;
        self.store.keep_report(Tells::NoticeRead, &kept)?;
        self.state().reports_ms = None;
        Ok(())
    }

    fn seal_read(
        &self,
        enrolled: &Enrolled,
        signed: Signed,
        notice: &ShownNotice,
    ) -> Result<KeptReport, ReportError> {
        let (report_id, read_at) = (self.report_id()?, self.time());
        let read = NoticeRead {
            v: NoticeRead::VERSION,
            report_id: report_id.clone(),
            device_id: signed.device_id,
            read_at,
            notice: notice.clone(),
            session: signed.evidence,
        };
        let text = Zeroizing::new(read.to_text().map_err(|_| ReportError::NotText)?);
        self.sealed_report(enrolled, (report_id, read_at), &text)
    }

    /// Sends what waits of them, behind what went wrong.
    pub(super) async fn send_reads(&self, enrolled: &Enrolled, reach: &Reach) {
        for read in self.reads_to_send() {
            if !self.send_each(enrolled, reach, std::slice::from_ref(&read)).await {
                return;
            }
            let mut waiting = self.store.reports(Tells::NoticeRead).into_iter();
            let still = waiting.find(|waiting| waiting.report_id == read.report_id);
            if !read.sent && still.is_none_or(|still| still.sent) {
                let now_ms = self.ports.clock.monotonic_ms();
                self.state().reads_told.push(now_ms);
            }
        }
    }

    /// Those that the gateway has, and of the others as many as may still go today.
    fn reads_to_send(&self) -> Vec<WaitingReport> {
        let now_ms = self.ports.clock.monotonic_ms();
        let most = {
            let mut state = self.state();
            state.reads_told.retain(|told| now_ms.saturating_sub(*told) < DAY_MS);
            A_DAY.saturating_sub(state.reads_told.len())
        };
        let waiting = self.store.reports(Tells::NoticeRead).into_iter();
        let (sent, others): (Vec<_>, Vec<_>) = waiting.partition(|read| read.sent);
        sent.into_iter().chain(others.into_iter().take(most)).collect()
    }

    /// How long until one more may go.
    pub(super) fn reads_pause_ms(&self) -> u64 {
        let now_ms = self.ports.clock.monotonic_ms();
        let state = self.state();
        let oldest = state.reads_told.first().filter(|_| state.reads_told.len() >= A_DAY);
        oldest.map_or(0, |told| told.saturating_add(DAY_MS).saturating_sub(now_ms))
    }

    /// Lets go of those that wait: this phone has another key now, and what was signed for the one before proves nothing under it.
    pub(super) fn forget_reads(&self) {
        for read in self.store.reports(Tells::NoticeRead) {
            if let Err(error) = self.store.erase_report(&read.report_id) {
                tracing::warn!(
                    code = error.code(),
                    "that a notice was read stays on this phone, and proves nothing"
                );
            }
        }
    }
}
