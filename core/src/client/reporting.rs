//! Something went wrong: said on this phone, sealed at once, and kept until the hospital has it.
//!
//! Always: what was written is sealed as it is kept, and stands nowhere in clear; a receipt is checked before a report goes, and it
//! goes only where the hospital's own witness cosigned the log in which it stands. Nobody has to be signed in, and no network is needed.

use gauze_seal::age::seal_small;
use gauze_wire::{
    Bytes, CaptureId, Digest, Happened, Incident, Jws, ProblemCode, Report, ReportAnswer, ReportId,
    ReportRequest, Reported, Signed as _, Testimony, Text, TextFault,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Client, Enrolled, wipe::WipeFile};
use crate::auth::VaultSigner;
use crate::ports::{SealEntropy, VaultError};
use crate::queue::reach::Reach;
use crate::queue::{Hindrance, QueueReport, of_store, of_vault};
use crate::review::leaving_nothing;
use crate::store::{KeptReport, StoreError, Tells, Trouble, WaitingReport};

/// Reports that wait here at most, and notices that were read likewise.
const MOST: usize = 50;
/// A report that waits is tried again by itself after this long.
const AGAIN_MS: u64 = 60_000;
/// Clocks of a phone and of whoever reads from another clock may differ by this much.
const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// What stands for what is not known.
const NOT_KNOWN: &str = "Not known";

/// What somebody says that went wrong. No `Debug`: it may name a patient.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WentWrong {
    /// Whether it happened.
    pub kind: Happened,
    /// What: 1 to 2048 bytes of UTF-8.
    pub what: String,
    /// Whose photos or data: one line of at most 200 bytes of UTF-8; empty where that is not known.
    #[serde(default)]
    pub whose: String,
    /// The photo that it is about.
    #[serde(default)]
    pub photo: Option<CaptureId>,
    /// When somebody noticed; now where it is absent.
    #[serde(default)]
    pub noticed_at: Option<Timestamp>,
}

/// Why nothing was reported. What was written is to be kept on the screen.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The phone is not enrolled.
    #[error("this phone belongs to no hospital: say it by telephone")]
    NotEnrolled,
    /// It does not say what happened.
    #[error("nothing says what happened: write it down, and send it again")]
    WhatMissing,
    /// More than fits.
    #[error("what happened is longer than 2048 bytes: shorten it, and send it again")]
    WhatTooLong,
    /// More than fits, or several lines.
    #[error("whose data it is has more than one line or 200 bytes: shorten it, and send it again")]
    WhoseTooLong,
    /// Characters that nobody can see.
    #[error("the text holds characters that cannot be shown: type it anew, and send it again")]
    NotText,
    /// Nobody can have noticed it then.
    #[error("this time lies in the future: enter when it was noticed, and send it again")]
    NoticedLater,
    /// So many wait already.
    #[error("fifty reports wait on this phone: connect it to a network, and say this one by telephone")]
    TooMany,
    /// No random bytes to seal with.
    #[error("the phone gave no random numbers: restart it, and report it again")]
    Entropy,
    /// The storage did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReportError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotEnrolled => "not_enrolled",
            Self::WhatMissing => "what_missing",
            Self::WhatTooLong => "what_too_long",
            Self::WhoseTooLong => "whose_too_long",
            Self::NotText => "not_text",
            Self::NoticedLater => "noticed_later",
            Self::TooMany => "too_many_reports",
            Self::Entropy => "no_entropy",
            Self::Store(error) => error.code(),
        }
    }
}

impl Client {
    /// Keeps what went wrong, sealed to the hospital. Returns once it is durable; it goes with the next run of the queue.
    pub fn report(&self, said: &WentWrong) -> Result<WaitingReport, ReportError> {
        let enrolled = self.may_report(Tells::WentWrong)?;
        let kept = leaving_nothing(|| self.seal_report(&enrolled, said))?;
        self.store.keep_report(Tells::WentWrong, &kept)?;
        self.state().reports_ms = None;
        let written_at = Some(kept.written_at);
        Ok(WaitingReport { report_id: kept.report.report_id, written_at, sent: false, trouble: None })
    }

    /// What was reported here and the hospital does not have yet, oldest first.
    pub fn reports(&self) -> Vec<WaitingReport> {
        self.store.reports(Tells::WentWrong)
    }

    /// To whom this phone reports, where it still does and not too many wait.
    pub(super) fn may_report(&self, tells: Tells) -> Result<Enrolled, ReportError> {
        let wiped = self.state().wipe.as_ref().is_some_and(WipeFile::ends_capture);
        let enrolled = self.enrolled().filter(|_| !wiped).ok_or(ReportError::NotEnrolled)?;
        if self.store.reports(tells).len() < MOST { Ok(enrolled) } else { Err(ReportError::TooMany) }
    }

    /// A name for a report that is to be made.
    pub(super) fn report_id(&self) -> Result<ReportId, ReportError> {
        let mut random = [0; 16];
        self.ports.entropy.fill(&mut random).map_err(|_| ReportError::Entropy)?;
        Ok(ReportId::make(&random))
    }

    fn seal_report(&self, enrolled: &Enrolled, said: &WentWrong) -> Result<KeptReport, ReportError> {
        let written_at = self.time();
        let signed = self.signed_in();
        let report_id = self.report_id()?;
        let testimony = Testimony {
            v: 1,
            device_id: enrolled.identity.device_id.clone(),
            written_at,
            incident: incident(said, &report_id, written_at)?,
            photo: said.photo,
            clinician: signed.as_ref().map(|signed| signed.name.clone()),
            session: signed.map(|signed| signed.evidence),
        };
        let text = Zeroizing::new(testimony.to_text().map_err(|_| ReportError::NotText)?);
        self.sealed_report(enrolled, (report_id, written_at), &text)
    }

    /// A report as it is kept, of a text that the hospital alone reads.
    pub(super) fn sealed_report(
        &self,
        enrolled: &Enrolled,
        (report_id, written_at): (ReportId, Timestamp),
        text: &[u8],
    ) -> Result<KeptReport, ReportError> {
        let mut entropy = SealEntropy(&*self.ports.entropy);
        let sealed = seal_small(enrolled.trust.recipients(), &mut entropy, text);
        let sealed = sealed.map_err(|_| ReportError::Entropy)?;
        let report = Report {
            v: 1,
            typ: Report::TYP.to_owned(),
            tenant: enrolled.identity.tenant.clone(),
            device_id: enrolled.identity.device_id.clone(),
            report_id,
            sealed: Bytes::new(sealed).map_err(|_| ReportError::WhatTooLong)?,
        };
        Ok(KeptReport::new(report, written_at))
    }

    /// Sends what waits, and asks whether the hospital has what was sent. One that the gateway does not answer ends it.
    pub(super) async fn send_reports(&self, enrolled: &Enrolled, reach: &Reach, asked: bool) {
        let now_ms = self.ports.clock.monotonic_ms();
        {
            let mut state = self.state();
            if !asked && state.reports_ms.is_some_and(|not_before| now_ms < not_before) {
                return;
            }
            state.reports_ms = Some(now_ms.saturating_add(AGAIN_MS));
        }
        // Those that the gateway has come first: what it does not take of the others keeps no answer from them.
        let mut waiting = self.reports();
        waiting.sort_by_key(|report| !report.sent);
        if self.send_each(enrolled, reach, &waiting).await {
            self.send_reads(enrolled, reach).await;
        }
    }

    /// Sends these. Whether what comes behind them is worth a try.
    pub(super) async fn send_each(
        &self,
        enrolled: &Enrolled,
        reach: &Reach,
        waiting: &[WaitingReport],
    ) -> bool {
        let now_ms = self.ports.clock.monotonic_ms();
        for (at, report) in waiting.iter().enumerate() {
            let id = &report.report_id;
            match self.send_report(enrolled, reach, id).await {
                Ok(()) => self.store.tried_report(id, true, None),
                Err(Hindrance { trouble, least_ms }) => {
                    tracing::info!(code = trouble.code(), "a report waits");
                    self.store.tried_report(id, false, Some(trouble));
                    let least = now_ms.saturating_add(u64::try_from(least_ms).unwrap_or(0));
                    {
                        let mut state = self.state();
                        state.reports_ms = state.reports_ms.max(Some(least));
                    }
                    if ends_all(trouble) {
                        let behind =
                            waiting[at + 1..].iter().filter(|report| !report.sent && !trouble.passes());
                        behind.for_each(|it| self.store.tried_report(&it.report_id, false, Some(trouble)));
                        return false;
                    }
                }
            }
        }
        true
    }

    /// What waits, and when it is tried by itself: nothing of what time alone does not mend, and what the gateway has goes with any run.
    pub(super) fn counts_reports(&self, report: &mut QueueReport) {
        let (waiting, reads) = (self.reports(), self.store.reports(Tells::NoticeRead));
        report.reports = waiting.len() as u64;
        let goes = |waiting: &WaitingReport| !waiting.sent && waiting.trouble.is_none_or(Trouble::passes);
        let is_waited_for = waiting.iter().any(goes);
        if is_waited_for || reads.iter().any(goes) {
            let (now, now_ms) = (self.ports.clock.now(), self.ports.clock.monotonic_ms());
            let wait =
                self.state().reports_ms.map_or(AGAIN_MS, |not_before| not_before.saturating_sub(now_ms));
            let wait = if is_waited_for { wait } else { wait.max(self.reads_pause_ms()) };
            let next = now.as_millisecond().saturating_add(i64::try_from(wait).unwrap_or(i64::MAX));
            report.next_at_ms = Some(report.next_at_ms.map_or(next, |at| at.min(next)));
        }
    }

    /// From here on the gateway has it; where the hospital has it too, it is gone from here.
    async fn send_report(&self, enrolled: &Enrolled, reach: &Reach, id: &ReportId) -> Result<(), Hindrance> {
        let jws = self.signed_report(enrolled, id).await?;
        let request = ReportRequest { report: jws.clone() };
        let asking = enrolled.gateway.post_signed("reports", &request);
        let answer: ReportAnswer = reach.asks(asking).await?;
        let jws = match answer.report {
            Some(first) => self.said_first(enrolled, first, &jws).await?,
            None => jws,
        };
        let gateway = &enrolled.trust.gateway;
        let holds = |witnesses| {
            Reported::verify(&answer.receipt, &gateway.key, &jws, &gateway.log, witnesses).is_ok()
        };
        if holds(Some(enrolled.trust.bundle.witnesses.as_slice())) {
            return Ok(self.store.erase_report(id).map_err(|error| of_store(&error))?);
        }
        if holds(None) { Ok(()) } else { Err(Trouble::Receipt.into()) }
    }

    /// What is sent: signed once, by the key that this phone has now.
    async fn signed_report(&self, enrolled: &Enrolled, id: &ReportId) -> Result<Jws, Hindrance> {
        let device_id = &enrolled.identity.device_id;
        let before = self.store.signed_report(id).map_err(|error| of_store(&error))?;
        if let Some(jws) = before.filter(|jws| jws.kid() == device_id) {
            return Ok(jws);
        }
        let kept = self.store.kept_report(id).map_err(|error| of_store(&error))?;
        // Another hospital's is nobody's business here, as the gateway would say.
        if kept.report.tenant != enrolled.identity.tenant {
            return Err(Trouble::Gateway(ProblemCode::UnknownTenant).into());
        }
        let report = Report { device_id: device_id.clone(), ..kept.report };
        let vault = self.ports.vault.clone();
        let signing = tokio::task::spawn_blocking(move || {
            let signer = VaultSigner::new(&*vault)?;
            let jws = Jws::sign(&report, &signer).map_err(|_| signer.why())?;
            if *jws.kid() == report.device_id { Ok(jws) } else { Err(VaultError::Gone) }
        });
        let jws = signing.await.map_err(|_| Trouble::KeyUnavailable)?.map_err(of_vault)?;
        self.store.sign_report(id, &jws).map_err(|error| of_store(&error))?;
        Ok(jws)
    }

    /// The report by which the gateway has it, where this phone signed for it twice: hardware signs differently each time. It counts by its
    /// signature, and where it is of the same words.
    async fn said_first(&self, enrolled: &Enrolled, first: Jws, second: &Jws) -> Result<Jws, Trouble> {
        let said = second.payload_bytes().map(|bytes| Digest::of(&bytes)).map_err(|_| Trouble::Damaged)?;
        let (vault, tenant) = (self.ports.vault.clone(), enrolled.identity.tenant.clone());
        let judging = tokio::task::spawn_blocking(move || {
            let key = vault.device_key()?;
            let same = first.payload_bytes().is_ok_and(|bytes| Digest::of(&bytes) == said)
                && first.verify::<Report>(&key, &tenant).is_ok();
            Ok(same.then_some(first))
        });
        let first = judging.await.map_err(|_| Trouble::KeyUnavailable)?.map_err(of_vault)?;
        first.ok_or(Trouble::Receipt)
    }

    /// Lets go of all of them, as an order says.
    pub(super) fn destroy_reports(&self) -> Result<(), StoreError> {
        let (all, reads) = (self.store.all_reports()?, self.store.reports(Tells::NoticeRead));
        all.iter().chain(&reads).try_for_each(|waiting| self.store.erase_report(&waiting.report_id))
    }

    /// Whether something waits that this phone may still send: or nobody knows.
    pub(super) fn owes_reports(&self) -> bool {
        let ends = |trouble: Trouble| match trouble {
            Trouble::Damaged => true,
            // The next key takes it up.
            Trouble::Gateway(_) => !trouble.passes(),
            _ => false,
        };
        let waits = |report: &WaitingReport| !report.trouble.is_some_and(ends);
        self.store.all_reports().map_or(true, |reports| reports.iter().any(waits))
    }
}

/// Whether it is the same for all that the gateway does not have.
fn ends_all(trouble: Trouble) -> bool {
    matches!(
        trouble,
        Trouble::Offline
            | Trouble::Between(_)
            | Trouble::Certificate(_)
            | Trouble::Gateway(
                ProblemCode::TooManyRequests
                    | ProblemCode::StorageFull
                    | ProblemCode::StorageFailed
                    | ProblemCode::Unavailable
                    | ProblemCode::DeviceRefused
            )
    )
}

fn incident(said: &WentWrong, report_id: &ReportId, now: Timestamp) -> Result<Incident, ReportError> {
    let latest = now.saturating_add(SKEW).unwrap_or(now);
    let noticed_at = said.noticed_at.unwrap_or(now);
    if noticed_at > latest {
        return Err(ReportError::NoticedLater);
    }
    let what = Text::typed(&said.what).map_err(|fault| match fault {
        TextFault::Empty => ReportError::WhatMissing,
        TextFault::Long { .. } => ReportError::WhatTooLong,
        TextFault::Lines | TextFault::Control => ReportError::NotText,
    })?;
    let whose = match Text::typed_line(&said.whose) {
        Err(TextFault::Empty) => Text::new(NOT_KNOWN).map_err(|_| ReportError::NotText)?,
        Err(TextFault::Long { .. } | TextFault::Lines) => return Err(ReportError::WhoseTooLong),
        Err(TextFault::Control) => return Err(ReportError::NotText),
        Ok(whose) => whose,
    };
    Ok(Incident {
        v: 1,
        report_id: report_id.clone(),
        kind: said.kind,
        what,
        whose,
        phone: None,
        noticed_at: noticed_at.min(now),
    })
}
