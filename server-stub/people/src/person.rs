//! A person of the hospital as roles see them, whoever said so.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A person, for as long as the provider calls them the same: 26 characters of lower-case base32 over issuer and subject. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub String);

impl PersonId {
    /// An id as somebody typed it: 26 letters `a` to `z` and digits `2` to `7`.
    pub fn typed(text: &str) -> Option<Self> {
        let text = text.trim();
        let whole = text.len() == 26 && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        whole.then(|| Self(text.to_owned()))
    }

    /// Its first eight characters: what people read out to each other.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

/// A team as the signed policy spells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Team(pub String);

/// What a person is here. Several may hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes photos on a phone.
    Capturer,
    /// Sees the photos of their teams.
    Viewer,
    /// Leads a team: sees its photos, amends them, reviews what was done in haste.
    Lead,
    /// Reads the access log and no photo.
    Auditor,
    /// Looks after phones and sees no photo.
    It,
    /// Gives and takes roles and sees no photo.
    Administrator,
    /// Information governance: reads the log, reviews break-glass, sees no photo.
    Governance,
}

impl Role {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Capturer,
        Self::Viewer,
        Self::Lead,
        Self::Auditor,
        Self::It,
        Self::Administrator,
        Self::Governance,
    ];

    /// Its word in the policies, in the log and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Capturer => "capturer",
            Self::Viewer => "viewer",
            Self::Lead => "lead",
            Self::Auditor => "auditor",
            Self::It => "it",
            Self::Administrator => "administrator",
            Self::Governance => "governance",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A person, with the roles and teams that hold at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The name to show, as the provider gave it.
    pub name: String,
    /// The professional's number (GMC, NMC, UUID of CIS2), where one is known.
    pub professional: Option<String>,
    /// Roles that hold now.
    pub roles: BTreeSet<Role>,
    /// Teams whose photos the person may see as a viewer.
    pub teams: BTreeSet<Team>,
    /// Teams the person leads.
    pub leads: BTreeSet<Team>,
}
