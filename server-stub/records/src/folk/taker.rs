//! Who took a photo, as far as its record proves it.

use std::sync::PoisonError;

use gauze_signin::phones::{Doubt, Said, Taker};
use gauze_wire::SignInRules;

use super::{Folk, FolkError, Found};

impl Folk {
    /// Who took a photo, as `judge` finds by the rules that were in force when it came: where two versions were, either proves it.
    ///
    /// # Errors
    /// Where it cannot be read what was in force.
    pub(crate) fn taker(
        &self,
        found: &Found,
        judge: impl Fn(&Said<'_>, Option<&SignInRules>) -> Taker,
    ) -> Result<Taker, FolkError> {
        let name = found.label.clinician.as_ref().map(|name| name.as_str());
        let Some(session) = &found.label.session else {
            return Ok(match name {
                Some(name) => Taker::Claimed { name: Some(name.to_owned()), doubt: Doubt::NoToken },
                None => Taker::Nobody,
            });
        };
        let said =
            Said { device: &session.device_id, at: found.taken, name, session: Some(&session.evidence) };
        self.judged(found.log_index.unsigned_abs(), &said, judge)
    }

    /// By the rules that were in force at a place of the log: where two versions were, either proves it.
    pub(super) fn judged(
        &self,
        place: u64,
        said: &Said<'_>,
        judge: impl Fn(&Said<'_>, Option<&SignInRules>) -> Taker,
    ) -> Result<Taker, FolkError> {
        let rules = self.history.lock().unwrap_or_else(PoisonError::into_inner).at(place)?;
        let mut judged = rules.iter().map(|rules| judge(said, rules.sign_in()));
        let first = judged.next().unwrap_or_else(|| judge(said, None));
        let proven = |taker: &Taker| matches!(taker, Taker::Proven(_));
        Ok(if proven(&first) { first } else { judged.find(proven).unwrap_or(first) })
    }
}
