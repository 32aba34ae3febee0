//! Under which circumstances something is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::line::EntryId;
use crate::person::PersonId;
use crate::subject::PatientRef;
use crate::words::Sealed;

/// How long a proof of the second factor counts as fresh, in minutes.
pub const STEP_UP_MINUTES: i64 = 5;
/// How long a break-glass lasts, in minutes.
pub const BREAK_GLASS_MINUTES: i64 = 240;

/// Whole minutes since then.
pub(crate) fn minutes(since: Timestamp, now: Timestamp) -> i64 {
    // What lies in the future was not proven: a clock that went back opens nothing.
    if since > now { i64::MAX } else { now.duration_since(since).as_mins() }
}

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The patient's care.
    Care,
    /// Checking that care or conduct was right.
    Audit,
    /// Running the service.
    Administration,
    /// The patient asked.
    PatientRequest,
}

/// Why, from the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// Life or limb.
    Emergency,
    /// The patient was handed over from another team.
    Handover,
    /// Another team asked for advice.
    Consultation,
    /// A diagnosis is read from the picture.
    Diagnosis,
    /// The record is wrong.
    Correction,
    /// The patient asked for it.
    PatientRequest,
    /// A court, an inquiry or a complaint.
    Legal,
    /// The hospital's rules keep it no longer.
    RetentionOver,
    /// Teaching.
    Teaching,
    /// Publication.
    Publication,
    /// Something else, which the words say.
    Other,
}

/// Why something out of the ordinary is done. The words may name a patient, so they are kept sealed: what stands here is
/// what the index for people sealed them to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// From the list.
    pub code: ReasonCode,
    /// In words, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_words: Option<Sealed>,
}

/// A break-glass of this person that has not ended, found by [`crate::haste::Hastes::open_for`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Haste {
    /// The entry that opened it.
    pub entry: EntryId,
    /// Who opened it.
    pub by: PersonId,
    /// For whom.
    pub patient: PatientRef,
    /// When.
    pub opened_at: Timestamp,
}

/// The circumstances of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Now.
    pub at: Timestamp,
    /// What it is for.
    pub purpose: Purpose,
    /// Why, where the action asks for a reason.
    pub reason: Option<Reason>,
    /// The break-glass under which it is asked, if any.
    pub haste: Option<Haste>,
}

impl Context {
    /// An ordinary request in the course of care.
    pub fn care(at: Timestamp) -> Self {
        Self { at, purpose: Purpose::Care, reason: None, haste: None }
    }
}
