//! What a person can do. Each is one action of the Cedar schema and one word in the access log.

use serde::{Deserialize, Serialize};

/// Every action that a role may allow. A route does exactly one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The work list of a team.
    List,
    /// A search for one patient.
    Search,
    /// One photo on the screen.
    View,
    /// Two photos beside each other.
    Compare,
    /// Receipts, log place and attestation of a photo.
    Proof,
    /// Who has looked at a photo or a patient.
    WhoLooked,
    /// A photo leaves as a file.
    Export,
    /// A link for somebody outside.
    MakeLink,
    /// Wrong patient, site or text is corrected.
    Amend,
    /// One patient is opened in haste, with a reason.
    BreakGlass,
    /// A break-glass of somebody else is judged.
    ReviewBreakGlass,
    /// The access log is read.
    ReadLog,
    /// Phones are looked after.
    Phones,
    /// Roles are given or taken.
    ChangeRole,
    /// Another person's sessions are seen or ended.
    EndSession,
    /// A person who lost a factor is enrolled again.
    Reenrol,
    /// A setting, key or policy is changed.
    Setting,
    /// A photo is erased.
    Erase,
}
