//! What operators say that went wrong: sealed before it is kept, and carried to the records side as an act.
//!
//! Always: what somebody wrote is in no file, log or table but sealed to the hospital; an act says that there is a report, by whom
//! and when. The records side makes a case of it once it has pulled (ADR 0069).

use gauze_wire::{Deed, Digest, Happened, Incident, ReportId, Text, TextFault, clock_says, noticed};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Admin, AdminError, By};
use crate::app::AppError;
use crate::db::Db;
pub use crate::db::ReportView;
use crate::sealed::{SealError, seal};
use crate::tenant::Served;

/// Why the act says it was done: the rest is sealed.
const WHY: &str = "what they said is sealed";
/// Most reports on one page.
const REPORTS: u32 = 50;

/// The fields in which somebody writes, as the form calls them.
pub const WHAT: &str = "What happened";
pub const WHOSE: &str = "Whose photos or data";
pub const PHONE: &str = "Which phone";

/// What was entered. No `Debug`: it may name a patient.
pub struct ReportEntered<'a> {
    /// Names it: the same form sent twice is one report.
    pub report_id: &'a ReportId,
    /// Whether it happened.
    pub kind: Happened,
    /// What.
    pub what: &'a str,
    /// Whose photos or data.
    pub whose: &'a str,
    /// The phone, where one is known.
    pub phone: &'a str,
    /// The day on which it was noticed.
    pub day: &'a str,
    /// The time by this machine's clock, where it is known.
    pub time: &'a str,
}

impl ReportEntered<'_> {
    fn incident(&self, now: Timestamp, zone: &TimeZone) -> Result<Incident, AdminError> {
        let of = |field: &'static str| move |fault: TextFault| AdminError::Report { field, fault };
        let what = Text::typed(self.what).map_err(of(WHAT))?;
        let whose = Text::typed_line(self.whose).map_err(of(WHOSE))?;
        let phone = match Text::typed_line(self.phone) {
            Err(TextFault::Empty) => None,
            phone => Some(phone.map_err(of(PHONE))?),
        };
        let noticed_at = noticed(self.day, self.time, zone).filter(|at| *at <= now);
        let noticed_at = noticed_at.ok_or_else(|| AdminError::ReportTime { clock: clock_says(now, zone) })?;
        Ok(Incident {
            v: 1,
            report_id: self.report_id.clone(),
            kind: self.kind,
            what,
            whose,
            phone,
            noticed_at,
        })
    }
}

impl Admin {
    /// The name of a report that is to be made.
    pub fn report_id(&self) -> Result<ReportId, AdminError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| SealError::Entropy)?;
        Ok(ReportId::make(&random))
    }

    /// Seals what went wrong to the hospital's keys as they are now, and logs it so, once. Returns its place in the log.
    pub async fn report(&self, entered: &ReportEntered<'_>, operator: &str) -> Result<u64, AdminError> {
        let by = By::new(operator, WHY)?;
        let incident = entered.incident(self.now(), &self.zone)?;
        // Since this began, the gateway may have been started with a bundle that names other keys.
        let files = Served::kept(&self.data, self.tenant())
            .ok_or_else(|| AdminError::not_served(&self.data, self.tenant()))?;
        let served = Served::load(&self.data, &files, &self.keys).map_err(AppError::Tenant)?;
        let text = incident.to_text().map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let (said, sealed) = (Digest::of(&text), seal(&served.bundle, &text)?);
        let mut write = self.db.write().await?;
        if let Some(log_index) = Db::reported_at(&mut write, self.tenant(), &said).await? {
            return Ok(log_index);
        }
        let log_index = self.clerk().record(&mut write, &by, Deed::Report { sealed }).await?;
        Db::note_reported(&mut write, self.tenant(), log_index, &said).await?;
        write.commit().await?;
        Ok(log_index)
    }

    /// The newest reports, newest first.
    pub async fn reports(&self) -> Result<Vec<ReportView>, AdminError> {
        Ok(self.db.reports(self.tenant(), REPORTS).await?)
    }
}
