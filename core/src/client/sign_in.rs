//! Who has this phone in hand: a clinician signs in, hands it over, or photographs without.

use std::sync::Arc;

use gauze_wire::{SignInMode, SignInRules};

use super::{Client, Enrolled, Session};
use crate::auth::{Clinician, SignInError, SignInPage, Signed, begin_sign_in};
use crate::capture::CaptureError;
use crate::ports::Transport;
use crate::review::leaving_nothing;
use crate::store::Store;

/// Who was signed in when the app ended, where the phone still has the key that it was signed for.
pub(super) fn kept(store: &Store, enrolled: Option<&Enrolled>) -> Option<Signed> {
    let signed: Signed = store.session()?;
    let device_id = &enrolled?.identity.device_id;
    if signed.device_id == *device_id {
        return Some(signed);
    }
    store.keep_session(None::<&Signed>);
    None
}

impl Client {
    /// Whether the policy in force has clinicians sign in; nothing where it has not.
    pub fn sign_in_mode(&self) -> Option<SignInMode> {
        self.enrolled().and_then(|enrolled| Some(enrolled.trust.policy.sign_in.as_ref()?.mode))
    }

    /// Who is signed in now.
    pub fn clinician(&self) -> Option<Clinician> {
        self.signed_in().as_ref().map(Clinician::from)
    }

    /// Begins a sign-in: the shell opens the page in the system's browser. A sign-in that was begun before is given up.
    pub async fn begin_sign_in(&self) -> Result<SignInPage, SignInError> {
        let (enrolled, rules) = self.sign_in_rules()?;
        let transport = self.provider(&rules)?;
        let device = &enrolled.identity.device_id;
        let (begun, page) = begin_sign_in(&*transport, &*self.ports.entropy, device, &rules).await?;
        let mut state = self.state();
        // It may have been wiped or become another phone meanwhile.
        let same = state.enrolled.as_ref().is_some_and(|now| now.identity.device_id == *device);
        if !same || state.wipe.is_some() {
            return Err(SignInError::NotBegun);
        }
        state.signing_in = Some(Box::new(begun));
        Ok(page)
    }

    /// Ends it with the address that the browser came back to. Whoever was signed in before is signed out, and nothing of theirs is
    /// shown any more.
    pub async fn finish_sign_in(&self, callback: &str) -> Result<Clinician, SignInError> {
        let (_, rules) = self.sign_in_rules()?;
        let begun = self.state().signing_in.clone().ok_or(SignInError::NotBegun)?;
        let transport = self.provider(&rules)?;
        let now = self.time();
        let signed = begun.finish(&*transport, &*self.ports.entropy, callback, now).await?;
        let clinician = Clinician::from(&signed);
        leaving_nothing(|| {
            let mut state = self.state();
            // What happened meanwhile counts: a sign-out, a wipe, another enrolment, a newer sign-in.
            state.signing_in.take_if(|now| now.is(&begun)).ok_or(SignInError::NotBegun)?;
            self.hand_over_in(&mut state, Some(signed));
            Ok(clinician)
        })
    }

    /// Signs out and locks review. Photos that were taken go out all the same.
    pub fn sign_out(&self) {
        self.hand_over(None);
    }

    /// From now on it is another's phone, or nobody's.
    pub(super) fn hand_over(&self, to: Option<Signed>) {
        leaving_nothing(|| self.hand_over_in(&mut self.state(), to));
    }

    /// The same, in one with whatever was seen before: what is kept is what is in memory.
    fn hand_over_in(&self, state: &mut Session, to: Option<Signed>) {
        let same = match (&state.signed, &to) {
            (Some(before), Some(after)) => before.person == after.person,
            _ => false,
        };
        if !same {
            state.unlocked = None;
            state.recent.clear();
            state.notices_read.clear();
        }
        state.signing_in = None;
        self.store.keep_session(to.as_ref());
        state.signed = to;
    }

    /// Ends a shift that is over: who unlocked in it looks no further. A sign-in that waits for the browser goes on.
    pub(super) fn end_shift(&self) {
        let mut state = self.state();
        let now = Self::time_in(&state, &*self.ports.clock);
        if state.signed.as_ref().is_none_or(|signed| signed.counts(now)) {
            return;
        }
        leaving_nothing(|| {
            let waiting = state.signing_in.take();
            self.hand_over_in(&mut state, None);
            state.signing_in = waiting;
        });
    }

    /// The clinician for a photo that is taken now.
    pub(super) fn taken_by(&self) -> Result<Option<Signed>, CaptureError> {
        let signed = self.signed_in();
        match self.sign_in_mode() {
            Some(SignInMode::Required) if signed.is_none() => Err(CaptureError::SignInNeeded),
            Some(SignInMode::Required | SignInMode::Asked) => Ok(signed),
            None => Ok(None),
        }
    }

    /// Who is signed in, while it counts.
    pub(super) fn signed_in(&self) -> Option<Signed> {
        let now = self.time();
        self.state().signed.clone().filter(|signed| signed.counts(now))
    }

    /// Whether what one person took may be shown now: to them, or where nobody signs in.
    pub(super) fn may_see(&self, state: &Session, person: Option<&str>) -> bool {
        let Some(person) = person else { return !self.lacks_a_person(state) };
        self.present(state).is_some_and(|signed| signed.person.to_string() == person)
    }

    /// Whether the policy wants somebody signed in, and nobody is: then the phone shows nothing.
    pub(super) fn lacks_a_person(&self, state: &Session) -> bool {
        let rules = state.enrolled.as_ref().and_then(|enrolled| enrolled.trust.policy.sign_in.as_ref());
        let required = rules.is_some_and(|rules| rules.mode == SignInMode::Required);
        required && self.present(state).is_none()
    }

    fn present<'a>(&self, state: &'a Session) -> Option<&'a Signed> {
        let now = Self::time_in(state, &*self.ports.clock);
        state.signed.as_ref().filter(|signed| signed.counts(now))
    }

    fn sign_in_rules(&self) -> Result<(Enrolled, SignInRules), SignInError> {
        let enrolled = self.enrolled().ok_or(SignInError::NotEnrolled)?;
        let rules = enrolled.trust.policy.sign_in.as_deref().cloned().ok_or(SignInError::Off)?;
        Ok((enrolled, rules))
    }

    fn provider(&self, rules: &SignInRules) -> Result<Arc<dyn Transport>, SignInError> {
        let ca = rules.ca.as_ref().map(gauze_wire::Text::as_str);
        (self.ports.connect)(ca).map_err(|_| SignInError::Tls)
    }
}
