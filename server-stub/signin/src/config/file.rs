//! `people.json` as it is written. Unknown fields are refused: a misspelt one would silently not hold.

use std::collections::BTreeMap;

use gauze_people::person::{Role, Team};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) origin: String,
    pub(super) provider: ProviderFile,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, Role>,
    #[serde(default)]
    pub(super) teams: BTreeMap<String, TeamFile>,
    #[serde(default)]
    pub(super) sessions: SessionsFile,
    #[serde(default)]
    pub(super) factors: FactorsFile,
    #[serde(default)]
    pub(super) networks: Vec<String>,
    #[serde(default)]
    pub(super) links: LinksFile,
    #[serde(default)]
    pub(super) mark: MarkStrength,
}

/// How strongly the invisible mark is written into what is seen of photos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkStrength {
    /// As most hospitals have it.
    #[default]
    Usual,
    /// More weakly, for those who read skin: it survives less.
    Dermatology,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderFile {
    pub(super) issuer: String,
    pub(super) profile: Shipped,
    pub(super) client_id: String,
    pub(super) client: ClientFile,
    pub(super) ca: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) ask: Option<Ask>,
    pub(super) proves: Option<Vec<Proof>>,
    pub(super) claims: Option<ClaimsFile>,
    pub(super) require: Option<Vec<Proof>>,
    pub(super) logout: Option<bool>,
}

/// A provider whose ways are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shipped {
    /// Keycloak.
    Keycloak,
    /// NHS Care Identity Service 2.
    Cis2,
    /// Microsoft Entra ID.
    Entra,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum ClientFile {
    /// A file that holds the secret and nothing else.
    SecretFile(String),
    /// A PKCS#8 PEM of a P-256 key, and its id at the provider.
    PrivateKey { file: String, kid: String },
}

/// How the provider is asked for a second factor. It is asked, and never believed for having been asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Ask {
    /// `acr_values`, as the provider spells them.
    AcrValues(String),
    /// An authentication context of Entra, by the `claims` parameter.
    Acrs(String),
    /// Not at all.
    Nothing,
}

/// What in a token proves something; one of a list is enough.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Proof {
    /// `acr` is one of these.
    Acr(Vec<String>),
    /// `amr` names one of these.
    Amr(Vec<String>),
    /// `acrs` (Entra) names one of these.
    Acrs(Vec<String>),
    /// A claim is a whole number, or text that spells one, of at least this.
    AtLeast {
        /// Its path.
        claim: String,
        /// The smallest that counts.
        least: i64,
    },
}

/// Where claims are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In the ID token.
    IdToken,
    /// At the userinfo endpoint, whose `sub` must be the ID token's, and in the ID token where it says nothing.
    Userinfo,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimsFile {
    pub(super) source: Option<Source>,
    pub(super) person: Option<Vec<String>>,
    pub(super) name: Option<String>,
    pub(super) professional: Option<String>,
    pub(super) roles: Option<String>,
    pub(super) teams: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamFile {
    pub(super) team: Team,
    #[serde(default)]
    pub(super) leads: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SessionsFile {
    pub(super) idle_minutes: u32,
    pub(super) hours: u32,
}

impl Default for SessionsFile {
    fn default() -> Self {
        Self { idle_minutes: 15, hours: 12 }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FactorsFile {
    pub(super) totp: bool,
    pub(super) authorities: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LinksFile {
    pub(super) days: u16,
    pub(super) views: u16,
    pub(super) origin: Option<String>,
}

impl Default for LinksFile {
    fn default() -> Self {
        Self { days: 7, views: 5, origin: None }
    }
}
