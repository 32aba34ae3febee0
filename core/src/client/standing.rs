//! Hearing from the hospital: where this phone stands, what is ordered, when it shows its evidence again.
//!
//! Always: what is denied ends review at once and never touches a photo; a standing or an order that does not hold changes
//! nothing.

use std::sync::PoisonError;

use gauze_wire::{
    ChallengeAnswer, DeviceId, Holding, Jws, Reattestation, ReviewDenied, Signed as _, Standing,
    StatusAnswer, StatusQuery,
};

use super::wipe::WipeFile;
use super::{Client, Enrolled, Session};
use crate::auth::{CallError, Contact, VaultSigner};
use crate::ports::VaultError;
use crate::queue::reach::Reach;
use crate::review::ReviewError;
use crate::store::StoreError;

/// The gateway is asked again after this long.
const ASK_EVERY_MS: u64 = 60_000;
/// Evidence is shown again at most this often.
const SHOW_EVERY_MS: u64 = 3_600_000;

impl Client {
    /// The code of why this phone may not show photos; nothing where it may.
    pub(super) fn review_denied(&self) -> Option<&'static str> {
        let state = self.state();
        let denied = self.denied(&state).map(ReviewDenied::code);
        let silent = state.wipe.is_some().then(|| ReviewError::Silent.code());
        denied.or(silent).or_else(|| state.withheld.as_ref().map(StoreError::code))
    }

    /// Whether photos may be shown on this phone now: where it knows who it is, and what was said of it.
    pub(super) fn may_show(&self, state: &Session) -> Result<(), ReviewError> {
        if let Some(denied) = self.denied(state) {
            return Err(ReviewError::Denied(denied));
        }
        if state.wipe.is_some() {
            return Err(ReviewError::Silent);
        }
        if let Some(unread) = &state.withheld {
            return Err(unread.again().into());
        }
        if state.enrolled.is_some() { Ok(()) } else { Err(ReviewError::Off) }
    }

    pub(super) fn denied(&self, session: &Session) -> Option<ReviewDenied> {
        if session.wipe.as_ref().is_some_and(WipeFile::ends_capture) {
            return Some(ReviewDenied::Wiped);
        }
        let life = session.enrolled.as_ref().map(|enrolled| enrolled.trust.policy.life());
        let grace = life.map_or(0, |life| life.attest_grace_hours);
        session.contact.as_ref().and_then(|contact| contact.review_denied(grace, &*self.ports.clock))
    }

    /// Whether this phone was wiped or revoked, so that it may enrol again although it has its key.
    pub(super) fn is_shut_out(&self) -> bool {
        let state = self.state();
        state.wipe.is_some() || state.contact.as_ref().is_some_and(Contact::is_revoked)
    }

    /// Reads when the hospital was last heard; a phone that never kept it counts from now. Where it cannot be read now, nothing is
    /// shown, and what was said stays as it was kept.
    pub(super) fn load_contact(&self) -> Result<(), StoreError> {
        if self.enrolled().is_none() {
            return Ok(());
        }
        let (disk, dir, clock) = (&*self.ports.disk, &self.config.dir, &*self.ports.clock);
        let (mut contact, mut news) = match Contact::load(disk, dir) {
            Ok(Some(contact)) => (contact, false),
            Ok(None) => (Contact::begin(clock), true),
            Err(unread) => {
                let mut state = self.state();
                state.contact = Some(Contact::begin(clock));
                (state.withheld, state.contact_unread) = (Some(unread.again()), true);
                return Err(unread);
            }
        };
        news |= contact.tick(clock);
        self.state().contact = Some(contact);
        if news { self.keep_contact() } else { Ok(()) }
    }

    /// The system said that the screen was captured while the app was on it: a screenshot, or a recording that began. It is counted,
    /// and the hospital hears of it with the next word; of what was on the screen nothing is kept. A phone that belongs to no
    /// hospital has nobody to tell.
    pub fn screen_captured(&self) -> Result<(), StoreError> {
        {
            let mut state = self.state();
            state.asked_ms = None;
            let Some(contact) = state.contact.as_mut() else { return Ok(()) };
            contact.captured();
        }
        self.keep_contact()
    }

    /// Keeps what was heard, as it is by now: of two that keep it at once neither writes over what the other has heard.
    pub(super) fn keep_contact(&self) -> Result<(), StoreError> {
        let _alone = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let contact = {
            let state = self.state();
            state.contact.clone().filter(|_| !state.contact_unread)
        };
        contact.map_or(Ok(()), |contact| contact.save(&*self.ports.disk, &self.config.dir))
    }

    /// Counts silence, and wipes where it has lasted too long.
    pub(super) fn mind_silence(&self) -> Result<(), StoreError> {
        let clock = &*self.ports.clock;
        let due = self.state().contact.as_mut().is_some_and(|contact| contact.tick(clock));
        if due {
            self.keep_contact()?;
        }
        self.wipe_if_silent()
    }

    /// Says what this phone holds, hears where it stands, and does what is asked of it. What fails is tried again later.
    pub(super) async fn touch(&self, enrolled: &Enrolled, reach: &Reach) {
        let now_ms = self.ports.clock.monotonic_ms();
        let asked_ms = self.state().asked_ms;
        let due = asked_ms.is_none_or(|asked| now_ms.saturating_sub(asked) >= ASK_EVERY_MS);
        if due && !self.is_gone(enrolled) {
            // A silence ends with the first word after the hospital was told of it: both in one run.
            self.report_wipe(enrolled, reach).await;
            match self.ask_standing(enrolled, reach).await {
                Ok(standing) => {
                    self.state().asked_ms = Some(now_ms);
                    self.take_in(enrolled, standing).await;
                }
                Err(error) => {
                    tracing::info!(code = error.code(), "nothing was heard of this phone's standing")
                }
            }
        }
        if let Err(error) = self.mind_silence() {
            tracing::warn!(code = error.code(), "the silence could not be kept");
        }
        self.report_wipe(enrolled, reach).await;
        self.begin_review().await;
        self.go_on_wiping(self.owes_wiping());
    }

    /// Whether the phone that is spoken of is no longer this one.
    fn is_gone(&self, enrolled: &Enrolled) -> bool {
        let device_id = |enrolled: Enrolled| enrolled.identity.device_id;
        self.enrolled().map(device_id).as_ref() != Some(&enrolled.identity.device_id)
    }

    async fn ask_standing(&self, enrolled: &Enrolled, reach: &Reach) -> Result<Option<Standing>, CallError> {
        let holding = Holding {
            highest_seq: self.store.head(&enrolled.identity.device_id).map_or(0, |head| head.seq),
            unsent: self.store.unsent(),
            app_version: self.config.app_version.clone(),
            screen_captures: self.state().contact.as_ref().map_or(0, Contact::screen_captures),
        };
        let query = StatusQuery { captures: Vec::new(), holding: Some(holding) };
        let answer: StatusAnswer = reach.asks(enrolled.gateway.post_signed("status", &query)).await?;
        Ok(answer.standing.and_then(|jws| believed(enrolled, &jws)))
    }

    async fn take_in(&self, enrolled: &Enrolled, standing: Option<Standing>) {
        let Some(standing) = standing else {
            tracing::warn!("the gateway's word on this phone did not hold");
            return;
        };
        if let Err(error) = self.believe(enrolled, &standing) {
            tracing::warn!(code = error.code(), "what was heard could not be kept");
        }
        if standing.attest_by.is_some_and(|by| by <= standing.at) && standing.wipe.is_none() {
            self.show_again(enrolled).await;
        }
    }

    fn believe(&self, enrolled: &Enrolled, standing: &Standing) -> Result<(), StoreError> {
        let heard = {
            let mut state = self.state();
            let clock = &*self.ports.clock;
            let contact = state.contact.get_or_insert_with(|| Contact::begin(clock));
            contact.hear(standing, clock)
        };
        if !heard {
            tracing::warn!("an old word on this phone was said again; it changes nothing");
            return Ok(());
        }
        if standing.review_denied.is_some() {
            self.state().unlocked = None;
        }
        self.keep_contact()?;
        match &standing.wipe {
            Some(order) => self.obey_order(enrolled, order),
            None if standing.review_denied.is_none() => self.end_silence(),
            None => Ok(()),
        }
    }

    /// Shows the evidence for the device key again, over a new challenge. A refusal is told by the next standing.
    async fn show_again(&self, enrolled: &Enrolled) {
        let now_ms = self.ports.clock.monotonic_ms();
        {
            let mut state = self.state();
            if state.shown_ms.is_some_and(|shown| now_ms.saturating_sub(shown) < SHOW_EVERY_MS) {
                return;
            }
            state.shown_ms = Some(now_ms);
        }
        match self.reattest(enrolled).await {
            Ok(Some(standing)) => {
                if let Err(error) = self.believe(enrolled, &standing) {
                    tracing::warn!(code = error.code(), "what was heard could not be kept");
                }
            }
            Ok(None) => tracing::warn!("the gateway's word on this phone did not hold"),
            Err(error) => tracing::warn!(code = error.code(), "the evidence shown again was not taken"),
        }
    }

    async fn reattest(&self, enrolled: &Enrolled) -> Result<Option<Standing>, CallError> {
        let gateway = &enrolled.gateway;
        let answer: ChallengeAnswer = gateway.post("challenges", "application/json", Vec::new()).await?;
        let (vault, attestor) = (self.ports.vault.clone(), self.ports.attestor.clone());
        let (tenant, device_id): (_, DeviceId) =
            (enrolled.identity.tenant.clone(), enrolled.identity.device_id.clone());
        let (app_version, at) = (self.config.app_version.clone(), gateway.time_told());
        let making = tokio::task::spawn_blocking(move || {
            let signer = VaultSigner::new(&*vault)?;
            let attestation = attestor.attest_again(&answer.challenge, &vault.device_key()?)?;
            let evidence = Reattestation {
                v: attestation.reattestation_version(),
                typ: Reattestation::TYP.to_owned(),
                tenant,
                device_id,
                challenge: answer.challenge,
                attestation,
                app_version,
                at,
            };
            Jws::sign(&evidence, &signer).map_err(|_| signer.why())
        });
        let jws = making.await.map_err(|_| VaultError::Unavailable)??;
        let body = jws.as_str().as_bytes().to_vec();
        let answer: StatusAnswer = gateway.post("attestations", "application/jose", body).await?;
        Ok(answer.standing.and_then(|jws| believed(enrolled, &jws)))
    }
}

/// A standing by the gateway's key, for this very phone.
fn believed(enrolled: &Enrolled, jws: &Jws) -> Option<Standing> {
    let (identity, gateway) = (&enrolled.identity, &enrolled.trust.gateway);
    let standing = jws.verify::<Standing>(&gateway.key, &identity.tenant).ok()?;
    (standing.device_id == identity.device_id).then_some(standing)
}
