//! What the policy's fences allow where this phone is.

use gauze_wire::{Choice, Fence, FenceMode, Policy};

use super::Client;
use crate::capture::CaptureError;
use crate::policy::{Fix, Place};
use crate::review::ReviewError;

impl Client {
    /// Whether the policy in force has fences that a phone judges: the shell then asks its system for positions, and for no others.
    pub fn wants_position(&self) -> bool {
        self.enrolled()
            .is_some_and(|enrolled| enrolled.trust.policy.fences.iter().any(|fence| !fence.areas.is_empty()))
    }

    /// Takes in where the phone is. It is held in memory until a newer one comes, and is written nowhere.
    pub fn located(&self, fix: Fix) {
        let now_ms = self.ports.clock.monotonic_ms();
        self.state().whereabouts.take_in(fix, now_ms);
    }

    /// On which side of the policy's fences the phone is now, for a photo of `team`.
    pub fn place(&self, team: Option<&Choice>) -> Place {
        self.enrolled().map_or(Place { fence: None, outside: None }, |enrolled| {
            self.judge_place(&enrolled.trust.policy, team)
        })
    }

    fn judge_place(&self, policy: &Policy, team: Option<&Choice>) -> Place {
        let (now, now_ms) = (self.time(), self.ports.clock.monotonic_ms());
        self.state().whereabouts.judge(policy, team.map(|team| &team.code), now, now_ms)
    }

    /// What the record of a photo that is taken here says.
    pub(super) fn may_take_here(
        &self,
        policy: &Policy,
        team: Option<&Choice>,
    ) -> Result<Option<Fence>, CaptureError> {
        let place = self.judge_place(policy, team);
        match place.outside {
            Some(outside) if outside.mode == FenceMode::BlockCapture => {
                Err(CaptureError::Outside(outside.words))
            }
            Some(_) | None => Ok(place.fence),
        }
    }

    /// Whether photos may be looked at here.
    pub(super) fn may_look_here(&self) -> Result<(), ReviewError> {
        let Some(enrolled) = self.enrolled() else { return Ok(()) };
        let (now, now_ms) = (self.time(), self.ports.clock.monotonic_ms());
        let elsewhere = self.state().whereabouts.looked_at_elsewhere(&enrolled.trust.policy, now, now_ms);
        elsewhere.map_or(Ok(()), |words| Err(ReviewError::Outside(words)))
    }
}
