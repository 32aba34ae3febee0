//! Notices to staff on phones: what the signed policy has them show, and who read it there, as far as that is proven.

use std::sync::PoisonError;

use gauze_signin::phones::{Said, Taker};
use gauze_wire::{DeviceId, NoticeChoice, NoticeRead, ShownNotice, SignInRules};

use super::{By, Folk, FolkError, Report};

/// The code of what phones show to whoever uses them.
const STAFF: &str = "staff";

impl Folk {
    /// That somebody read a notice, where a phone's report says so.
    pub(crate) fn notice_read(&self, report: &Report) -> Option<NoticeRead> {
        let By::Phone { report_id, .. } = &report.by else { return None };
        let (read, _) = self.opened(report, NoticeRead::read).ok()?;
        // What was sealed under another name is not what this phone signed for.
        (read.report_id == *report_id).then_some(read)
    }

    /// Who read it, as `judge` finds by the rules that were in force when that came.
    pub(crate) fn reader(
        &self,
        (place, sender): (u64, &DeviceId),
        read: &NoticeRead,
        judge: impl Fn(&Said<'_>, Option<&SignInRules>) -> Taker,
    ) -> Result<Taker, FolkError> {
        // Whoever sends what another phone wrote has not signed in on it.
        let said = Said { device: sender, at: read.read_at, name: None, session: Some(&read.session) };
        self.judged(place, &said, judge)
    }

    /// Whether a policy that was in force at this place of the log had phones show this to whoever uses them. A version before that is
    /// one that phones showed by an older policy.
    pub(crate) fn was_shown(&self, place: u64, shown: &ShownNotice) -> Result<bool, FolkError> {
        let rules = self.history.lock().unwrap_or_else(PoisonError::into_inner).at(place)?;
        let mut notices = rules.iter().flat_map(|rules| &rules.lists().notices);
        let covers = |notice: &NoticeChoice| notice.code == shown.code && shown.version <= notice.version;
        Ok(shown.code.as_str() == STAFF && notices.any(covers))
    }

    /// What phones show to whoever uses them, by the policy in force.
    pub(crate) fn staff_notices(&self) -> Result<Vec<NoticeChoice>, FolkError> {
        let rules = self.history.lock().unwrap_or_else(PoisonError::into_inner).at(u64::MAX)?;
        let notices = rules.iter().flat_map(|rules| &rules.lists().notices);
        Ok(notices.filter(|notice| notice.code.as_str() == STAFF).cloned().collect())
    }
}
