//! Notices that phones show to staff: who read one there, and who has not.
//!
//! Always: a line is written for nobody but whom the provider vouches for, on a phone that this hospital believes, and of nothing but
//! what the signed policy has phones show; one that is there already, of a phone or of the viewer, is not written again.

use gauze_people::acknowledged::noted;
use gauze_people::cases::Teller;
use gauze_people::log::{Entry, Event, Happening, Outcome, What};
use gauze_signin::phones::{Proven, Said, Taker};
use gauze_wire::{NoticeChoice, NoticeRead, SignInRules, Text};
use jiff::Timestamp;

use super::{Asked, words};
use crate::coded::Coded as _;
use crate::documents::StaffNotice;
use crate::folk::{By, FolkError, Report};
use crate::web::photos::gate::broken;
use crate::web::photos::{Desk, DeskParts};
use crate::web::refusal::Refusal;

/// Most that are noted before others have their turn.
const NOTED: usize = 32;

/// Whether it says no more of somebody than that they read a notice on a phone: they were never here.
pub(super) fn is_of_a_phone(entry: &Entry) -> bool {
    entry.session.is_none() && entry.what == What::Happening(Happening::NoticeRead)
}

fn unread(error: &FolkError) -> &'static str {
    tracing::error!(code = error.code(), %error, "who read a notice on a phone is not noted yet, and is tried again");
    error.code()
}

impl DeskParts {
    /// Notes who read a notice on a phone, of what the gateway carried from this place of its log on, as many as in one turn. Where to go
    /// on; nothing where there was nothing.
    pub(in crate::web::photos) async fn take_readings(
        &self,
        from: u64,
        now: Timestamp,
    ) -> Result<Option<u64>, &'static str> {
        let found = self.folk.reports(from).await.map_err(|error| unread(&error))?;
        let Some((reports, next)) = found else { return Ok(None) };
        let mut left = NOTED;
        for report in reports.iter().filter(|report| report.teller() == Teller::Phone) {
            let Some(read) = self.folk.notice_read(report) else { continue };
            if left == 0 {
                return Ok(Some(report.place));
            }
            left -= 1;
            self.take_read(report, &read, now).await?;
        }
        Ok(Some(next))
    }

    /// Notes it as the viewer does, where it is proven by whom.
    async fn take_read(
        &self,
        report: &Report,
        read: &NoticeRead,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let Some(Proven { person, name, .. }) = self.reader(report, read).map_err(|error| unread(&error))?
        else {
            tracing::info!(place = report.place, "a notice was read on a phone, and nothing proves by whom");
            return Ok(());
        };
        if !self.folk.was_shown(report.place, &read.notice).map_err(|error| unread(&error))? {
            tracing::warn!(
                place = report.place,
                "a phone says that somebody read a notice which no policy had phones show by then, and it is not noted: look at which app is on that phone"
            );
            return Ok(());
        }
        let Some(note) = noted(read.notice.code.as_str(), read.notice.version) else { return Ok(()) };
        if self.acknowledged().when(&person, &note).is_some() {
            return Ok(());
        }
        self.folk.name_staff(&person.0, &name).await.map_err(|error| unread(&error))?;
        let event = Event::of(Happening::NoticeRead, Outcome::Done, now).noting(note.clone());
        let event = Event { who: Some(person.clone()), ..event };
        self.log.note(&event).await.map_err(|error| error.code())?;
        self.acknowledged_now().note(&person, &note, now);
        Ok(())
    }

    fn reader(&self, report: &Report, read: &NoticeRead) -> Result<Option<Proven>, FolkError> {
        let By::Phone { device_id, phone: Some(_), .. } = &report.by else { return Ok(None) };
        let provider = self.web.provider();
        let judge = |said: &Said<'_>, rules: Option<&SignInRules>| provider.taker(said, rules);
        Ok(match self.folk.reader((report.place, device_id), read, judge)? {
            Taker::Proven(proven) => Some(proven),
            Taker::Claimed { .. } | Taker::Nobody => None,
        })
    }
}

impl Desk {
    /// What phones show to staff, with whoever read some version of it, there or here.
    pub(super) fn asked_on_phones(&self) -> Result<Vec<Asked>, Refusal> {
        let notices = self.folk.staff_notices().map_err(|error| broken(&error))?;
        notices.iter().map(|notice| self.asked_on_phone(notice)).collect()
    }

    fn asked_on_phone(&self, notice: &NoticeChoice) -> Result<Asked, Refusal> {
        let broken = |_| Refusal::Broken("documents");
        let people = self.acknowledged().readers(notice.code.as_str()).cloned().collect();
        let notice = StaffNotice {
            code: notice.code.to_string(),
            version: notice.version,
            title: Text::new(words::ON_PHONES).map_err(broken)?,
            words: Text::new(notice.words.as_str()).map_err(broken)?,
        };
        Ok(Asked { notice, people, hint: Some(words::WHO_ON_PHONES) })
    }
}
