//! From what somebody asks for to the line that allows it.
//!
//! Always: what is refused stands in the log before it is answered; what is allowed is done only with the [`Logged`] that its
//! line made.

use std::collections::BTreeSet;

use gauze_people::acting::Acting;
use gauze_people::action::{Act, Action};
use gauze_people::context::{Context, Purpose, Reason, ReasonCode};
use gauze_people::person::Team;
use gauze_people::subject::{Patient, PatientRef, Photo, Subject};
use gauze_people::{Authorised, Logged};

use super::Desk;
use crate::blind::Blind;
use crate::coded::Coded as _;
use crate::folk::{FolkError, Found};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

impl Found {
    /// The photo as roles see it.
    pub(super) fn subject(&self) -> Subject {
        Subject::Photo(Photo {
            id: self.capture_id,
            team: self.team.clone().map(Team),
            patient: self.patient.as_ref().map(reference),
            erased: false,
            held: self.held,
            due: false,
            proposed_by: None,
            ruled_by: None,
        })
    }
}

/// A patient in the access log.
pub(super) fn reference(patient: &Blind) -> PatientRef {
    PatientRef(patient.to_string())
}

/// Whose photos it is about.
fn whose(subject: &Subject) -> Option<&PatientRef> {
    match subject {
        Subject::Photo(photo) => photo.patient.as_ref(),
        Subject::Patient(patient) => Some(&patient.id),
        Subject::WorkList(_) | Subject::Person(_) | Subject::Opened(_) | Subject::Hospital => None,
    }
}

/// A patient with the teams that hold photos of theirs.
pub(super) fn patient(patient: &Blind, teams: impl IntoIterator<Item = Option<String>>) -> Subject {
    let mut about = Patient { id: reference(patient), teams: BTreeSet::new(), no_team: false };
    for team in teams {
        match team {
            Some(team) => drop(about.teams.insert(Team(team))),
            None => about.no_team = true,
        }
    }
    Subject::Patient(about)
}

impl Desk {
    /// The circumstances: a break-glass counts where no role allows it without one.
    fn context(&self, signed: &Signed, action: Action, subject: &Subject, reason: Option<Reason>) -> Context {
        let at = self.web.now();
        let audits = matches!(action, Action::ReviewBreakGlass | Action::ReadLog);
        let runs = matches!(
            action,
            Action::Hold | Action::ProposeErasure | Action::Erase | Action::CaseEvidence | Action::Phones
        );
        let purpose = match (audits, runs) {
            (true, _) => Purpose::Audit,
            (false, true) => Purpose::Administration,
            (false, false) => Purpose::Care,
        };
        let plain = Context { at, purpose, reason, haste: None };
        let Some(patient) = whose(subject) else { return plain };
        let haste = self.hastes().open_for(&signed.acting.person.id, patient, at);
        if haste.is_none() || self.roles.decide(&signed.acting, action, subject, &plain).outcome.is_ok() {
            return plain;
        }
        let hasty = Context { haste, ..plain.clone() };
        let helps = self.roles.decide(&signed.acting, action, subject, &hasty).outcome.is_ok();
        if helps { hasty } else { plain }
    }

    /// Whether a role allows it: to show or to hide something, never to do it.
    pub(super) fn may(&self, signed: &Signed, action: Action, subject: &Subject) -> bool {
        let reason = Some(Reason { code: ReasonCode::Correction, sealed_words: None });
        self.roles
            .decide(&signed.acting, action, subject, &self.context(signed, action, subject, reason))
            .outcome
            .is_ok()
    }

    /// As [`Desk::may`], with a fresh proof of the second factor.
    pub(super) fn may_fresh(&self, signed: &Signed, action: Action, subject: &Subject) -> bool {
        let mut fresh = signed.clone();
        fresh.acting.factor_at = self.web.now();
        self.may(&fresh, action, subject)
    }

    /// Opens a page to whom a role allows what is done there, with a fresh proof; the refusal is written down, as of this code.
    pub(super) async fn admits<A: Act>(
        &self,
        signed: &Signed,
        act: A,
        subject: &Subject,
        code: ReasonCode,
    ) -> Result<(), Refusal> {
        if self.may_fresh(signed, A::ACTION, subject) {
            return Ok(());
        }
        let reason = Some(Reason { code, sealed_words: None });
        self.allowed(signed, act, subject, reason).await.map(drop)
    }

    /// What a role allows, not yet written down; a refusal is.
    pub(super) async fn allowed<A: Act>(
        &self,
        signed: &Signed,
        act: A,
        subject: &Subject,
        reason: Option<Reason>,
    ) -> Result<Authorised<A>, Refusal> {
        let context = self.context(signed, A::ACTION, subject, reason);
        let allowed = self.web.allowed(signed, act, subject, &context).await;
        if allowed.is_err() {
            self.names(&signed.acting).await?;
        }
        allowed
    }

    /// Whoever a line of the log is of has a name where it is read.
    async fn names(&self, acting: &Acting) -> Result<(), Refusal> {
        let person = &acting.person;
        self.folk.name_staff(&person.id.0, &person.name).await.map_err(|error| broken(&error))
    }

    /// Its line is written: now it may be done.
    pub(super) async fn write<A: Act>(&self, authorised: Authorised<A>) -> Result<Logged<A>, Refusal> {
        self.names(authorised.acting()).await?;
        let logged = self.log.append(authorised).await.map_err(|error| unwritten(&error))?;
        if logged.context().haste.is_some() {
            self.hastes_now().used(&logged);
        }
        Ok(logged)
    }

    /// Allowed and written.
    pub(super) async fn logged<A: Act>(
        &self,
        signed: &Signed,
        act: A,
        subject: &Subject,
    ) -> Result<Logged<A>, Refusal> {
        let authorised = self.allowed(signed, act, subject, None).await?;
        self.write(authorised).await
    }

    /// The photo at an address; one that leads nowhere is written down and refused.
    pub(super) async fn photo(&self, signed: &Signed, address: &str) -> Result<Found, Refusal> {
        let found = match address.parse::<Blind>() {
            Ok(handle) => self.folk.photo(&handle).await.map_err(|error| broken(&error))?,
            Err(_) => None,
        };
        match found {
            Some(found) => {
                let held = self.keepings().hold(&found.capture_id).is_some();
                Ok(Found { held, ..found })
            }
            None => Err(self.nowhere(signed).await),
        }
    }

    /// As [`Web::nowhere`](crate::web::Web::nowhere).
    pub(super) async fn nowhere(&self, signed: &Signed) -> Refusal {
        self.web.nowhere(signed).await
    }
}

pub(super) fn unwritten(error: &gauze_people::log::LogFailure) -> Refusal {
    tracing::error!(code = error.code(), %error, "the access log cannot be written: nothing is shown");
    Refusal::LogFailed
}

/// The index or a file failed.
pub(super) fn broken(error: &FolkError) -> Refusal {
    tracing::error!(code = error.code(), %error, "the index for people failed");
    Refusal::Broken("folk")
}
