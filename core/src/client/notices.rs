//! Notices to staff: whoever uses this phone reads each of them once, and the hospital hears who did.
//!
//! Always: it hears of whoever is signed in, by a sealed report with what their provider signed, and of nobody else. That somebody read a
//! notice counts over restarts and sign-ins once that report is durable, and until the phone changes hands where there is none.

use gauze_wire::{Digest, NoticeRead, ReportId, ShownNotice};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Client, Enrolled, ReportError};
use crate::auth::Signed;
use crate::queue::reach::Reach;
use crate::review::leaving_nothing;
use crate::store::{KeptReport, Store, Tells, WaitingReport};

/// Of so many it is known who read them here; those that were read first are shown again.
const REMEMBERED: usize = 500;
/// So many go to the gateway within a day: half of a phone's share of reports, so that what goes wrong finds room.
const A_DAY: usize = 10;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Who read which notices on this phone, and which of those words the gateway has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadHere {
    v: u32,
    /// The oldest first.
    marks: Vec<Digest>,
    /// What went to the gateway within a day, or waits for the hospital. A row from before this was kept has none.
    #[serde(default)]
    told: Vec<Told>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    report_id: ReportId,
    /// Wall clock in milliseconds since 1970: a day holds over restarts.
    at_ms: i64,
}

impl Told {
    /// Whether it counts for today. One from a day that has not come was told by a wrong clock.
    fn counts(&self, now_ms: i64) -> bool {
        now_ms.abs_diff(self.at_ms) < DAY_MS
    }
}

impl ReadHere {
    /// As it was kept. What the gateway has is known again.
    pub(super) fn load(store: &Store) -> Self {
        let kept: Option<Self> = store.notices_read();
        let kept = kept.filter(|kept| kept.v == 1);
        let here = kept.unwrap_or_else(|| Self { v: 1, marks: Vec::new(), told: Vec::new() });
        for told in &here.told {
            store.tried_report(&told.report_id, true, None);
        }
        here
    }
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
        self.end_shift();
        let mark = self.signed_in().map(|signed| mark(&signed, notice));
        let state = self.state();
        state.notices_read.contains(notice) || mark.is_some_and(|mark| state.read_here.marks.contains(&mark))
    }

    /// Takes in that whoever has the phone in hand has read it. Where somebody is signed in the hospital hears of it when the queue
    /// next sends reports. What cannot be kept counts until the phone changes hands, and is asked for again.
    pub fn read_notice(&self, notice: &ShownNotice) {
        self.end_shift();
        self.state().notices_read.push(notice.clone());
        let Some(signed) = self.taken_by().ok().flatten() else { return };
        let mark = mark(&signed, notice);
        if self.state().read_here.marks.contains(&mark) {
            return;
        }
        match self.tell_read(signed, notice) {
            Ok(()) => self.note(|here| {
                here.marks.push(mark);
                here.marks.drain(..here.marks.len().saturating_sub(REMEMBERED));
            }),
            Err(error) => tracing::warn!(
                code = error.code(),
                "that a notice was read could not be kept for the hospital: it is shown again"
            ),
        }
    }

    /// Takes in what changed, and keeps it. Where a wipe took the index its key, it holds until this process ends.
    fn note(&self, change: impl FnOnce(&mut ReadHere)) {
        // One at a time: none is written over.
        let mut state = self.state();
        change(&mut state.read_here);
        self.store.keep_notices_read(&state.read_here);
    }

    fn tell_read(&self, signed: Signed, notice: &ShownNotice) -> Result<(), ReportError> {
        let enrolled = self.may_report(Tells::NoticeRead)?;
        let kept = leaving_nothing(|| self.seal_read(&enrolled, signed, notice))?;
        Ok(self.store.keep_report(Tells::NoticeRead, &kept)?)
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
                self.note_told(read.report_id);
            }
        }
    }

    fn note_told(&self, report_id: ReportId) {
        let at_ms = self.ports.clock.now().as_millisecond();
        let waiting = self.store.reports(Tells::NoticeRead);
        let waits = |told: &Told| waiting.iter().any(|read| read.report_id == told.report_id);
        self.note(|here| {
            here.told.retain(|told| told.counts(at_ms) || waits(told));
            here.told.push(Told { report_id, at_ms });
        });
    }

    /// Those that the gateway has, and of the others as many as may still go today. What time alone does not mend takes no place of
    /// what would go.
    fn reads_to_send(&self) -> Vec<WaitingReport> {
        let waiting = self.store.reports(Tells::NoticeRead).into_iter();
        let (mut reads, mut others): (Vec<_>, Vec<_>) = waiting.partition(|read| read.sent);
        others.sort_by_key(|read| read.trouble.is_some_and(|trouble| !trouble.passes()));
        others.truncate(A_DAY.saturating_sub(self.told_today().len()));
        reads.append(&mut others);
        reads
    }

    /// When those went that count for today.
    fn told_today(&self) -> Vec<i64> {
        let now_ms = self.ports.clock.now().as_millisecond();
        let state = self.state();
        let today = state.read_here.told.iter().filter(|told| told.counts(now_ms));
        today.map(|told| told.at_ms).collect()
    }

    /// How long until one more may go.
    pub(super) fn reads_pause_ms(&self) -> u64 {
        let told = self.told_today();
        let Some(oldest) = told.iter().min().filter(|_| told.len() >= A_DAY) else { return 0 };
        let now_ms = self.ports.clock.now().as_millisecond();
        u64::try_from(oldest.saturating_add_unsigned(DAY_MS).saturating_sub(now_ms)).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_from_before_it_was_kept_when_they_were_told_still_opens() {
        let mark = Digest::of(b"somebody read it");
        let before = serde_json::json!({ "v": 1, "marks": [mark] }).to_string();
        let here: ReadHere = serde_json::from_str(&before).unwrap();
        assert_eq!((here.marks, here.told.len()), (vec![mark], 0));
    }
}
