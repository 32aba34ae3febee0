//! What operators say that went wrong: sealed before it is kept, and carried to the records side as an act.
//!
//! Always: what somebody wrote is in no file, log or table but sealed to the hospital; an act says that there is a report, by whom
//! and when. The records side makes a case of it once it has pulled (ADR 0069).

use gauze_listen::moment;
use gauze_wire::{Act, Deed, Happened, Incident, Jws, Text};
use jiff::Timestamp;

use super::{Admin, AdminError, By};
use crate::app::AppError;
use crate::sealed::seal;
use crate::tenant::Served;

/// Why the act says it was done: the rest is sealed.
const WHY: &str = "what they said is sealed";
/// Most reports on one page.
const REPORTS: u32 = 50;

/// What was entered. No `Debug`: it may name a patient.
pub struct ReportEntered<'a> {
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
    /// The time, where it is known.
    pub time: &'a str,
}

/// A report as the gateway knows it. What it says is not among it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportView {
    /// Its place in the log.
    pub log_index: u64,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub operator: String,
    /// When the records side had it.
    pub handed_over: Option<Timestamp>,
}

impl ReportEntered<'_> {
    fn incident(&self, now: Timestamp) -> Result<Incident, AdminError> {
        let one_line = |text: &str| !text.contains(['\n', '\r']);
        let line = |text: &str| Some(text.trim().to_owned()).filter(|text| one_line(text));
        // Browsers send CRLF.
        let what = Text::new(self.what.replace("\r\n", "\n").trim()).ok();
        let whose = line(self.whose).and_then(|text| Text::new(text).ok());
        let phone = match self.phone.trim() {
            "" => Some(None),
            phone => line(phone).and_then(|text| Text::new(text).ok()).map(Some),
        };
        let (Some(what), Some(whose), Some(phone)) = (what, whose, phone) else {
            return Err(AdminError::Report);
        };
        let noticed_at =
            moment(self.day, self.time).filter(|at| *at <= now).ok_or(AdminError::ReportTime)?;
        Ok(Incident { v: 1, kind: self.kind, what, whose, phone, noticed_at })
    }
}

impl Admin {
    /// Seals what went wrong to the hospital's keys as they are now, and logs it so. Returns its place in the log.
    pub async fn report(&self, entered: &ReportEntered<'_>, operator: &str) -> Result<u64, AdminError> {
        let by = By::new(operator, WHY)?;
        let incident = entered.incident(self.clock.now())?;
        // Since this began, the gateway may have been started with a bundle that names other keys.
        let files = Served::kept(&self.data, self.tenant()).ok_or(AdminError::NotServed)?;
        let served = Served::load(&files, &self.keys).map_err(AppError::Tenant)?;
        let text = incident.to_text().map_err(|_| AdminError::Report)?;
        let sealed = seal(&served.bundle, &text)?;
        let mut write = self.db.write().await?;
        let log_index = self.clerk().record(&mut write, &by, Deed::Report { sealed }).await?;
        write.commit().await?;
        Ok(log_index)
    }

    /// The newest reports, newest first.
    pub async fn reports(&self) -> Result<Vec<ReportView>, AdminError> {
        let reports = self.db.reports(self.tenant(), REPORTS).await?;
        let view = |(log_index, jws, handed_over): (u64, Jws, Option<Timestamp>)| {
            let act: Act = jws.peek().ok()?;
            Some(ReportView {
                log_index,
                at: act.at,
                operator: act.operator.as_str().to_owned(),
                handed_over,
            })
        };
        Ok(reports.into_iter().filter_map(view).collect())
    }
}
