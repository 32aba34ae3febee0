//! `people.json`: whose word counts, and what it says about a person.

mod file;
mod path;
mod profile;

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use gauze_people::person::{Role, Team};
use jiff::SignedDuration;
use url::Url;

pub use file::{Ask, MarkStrength, Proof, Shipped, Source};
pub use path::Path;

use crate::networks::Block;
use crate::sessions::Limits;
use file::{ClientFile, File};

/// Longest session that may be set, in hours.
const LONGEST_H: u32 = 12;
/// Longest idle time that may be set, in minutes.
const IDLE_MIN: u32 = 60;

/// Longest life of a link that may be set, in days.
const LINK_DAYS: u16 = 30;
/// Most views of a link that may be set.
const LINK_VIEWS: u16 = 50;

/// Why `people.json` does not count.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not what belongs there.
    #[error("people.json, {field}: {what}")]
    Field {
        /// The field's path: `provider.issuer`.
        field: String,
        /// What is wrong with it.
        what: String,
    },
}

impl ConfigError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "people_unreadable",
            Self::Field { .. } => "people_invalid",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Read { .. } => "Check the path and who may read it.",
            Self::Field { .. } => "Correct this field; docs/people.md says what belongs there.",
        }
    }

    pub(crate) fn field(field: &str, what: impl Into<String>) -> Self {
        Self::Field { field: field.to_owned(), what: what.into() }
    }
}

/// How this side proves itself to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Client {
    /// A file with the shared secret.
    Secret(PathBuf),
    /// `private_key_jwt` by ES256.
    Key {
        /// PKCS#8 PEM of a P-256 key.
        file: PathBuf,
        /// Its id at the provider.
        kid: String,
    },
}

/// Which claims say what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Where they are read.
    pub source: Source,
    /// What together names the person for ever.
    pub person: Vec<Path>,
    /// The name to show.
    pub name: Path,
    /// The professional's number.
    pub professional: Option<Path>,
    /// Values that [`People::roles`] turns into roles.
    pub roles: Path,
    /// Values that [`People::teams`] turns into teams.
    pub teams: Path,
}

/// The provider, and what its tokens must say.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// As discovery and every token spell it.
    pub issuer: String,
    /// This side's name there.
    pub client_id: String,
    /// How it proves itself.
    pub client: Client,
    /// Authorities of the provider's TLS, in place of the public ones.
    pub ca: Option<PathBuf>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// How a second factor is asked for.
    pub ask: Ask,
    /// What proves a second factor: one is enough; none means that ours is asked for.
    pub proves: Vec<Proof>,
    /// What must hold for anybody to come in: all of them.
    pub require: Vec<Proof>,
    /// Which claims say what.
    pub claims: Claims,
    /// Whether signing out here offers to sign out there.
    pub logout: bool,
}

/// A team that a claim's value stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Which.
    pub team: Team,
    /// Whether the person leads it.
    pub leads: bool,
}

/// The most that a link for somebody outside may be given, and where it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Days until it ends.
    pub days: u16,
    /// Views.
    pub views: u16,
    /// Under which address readers open links, where that is not the pages' own.
    pub origin: Option<Url>,
}

/// `people.json`, checked.
#[derive(Clone, Debug)]
pub struct People {
    /// Under which address people reach the pages: scheme, host and port, no path.
    pub origin: Url,
    /// Whose word counts.
    pub provider: ProviderConfig,
    /// What a claim's value makes of a person.
    pub roles: BTreeMap<String, Role>,
    /// Where a claim's value puts a person.
    pub teams: BTreeMap<String, Membership>,
    /// How long sessions live.
    pub limits: Limits,
    /// Whether one-time codes may be a second factor.
    pub totp: bool,
    /// PEM files of the makers of hardware keys, whose attestation an administrator's key must carry.
    pub authorities: Vec<PathBuf>,
    /// The hospital's own networks.
    pub networks: Vec<Block>,
    /// What links may be given.
    pub links: Links,
    /// How strongly photos are marked.
    pub mark: MarkStrength,
}

impl People {
    /// Reads a file; paths in it are relative to its directory.
    ///
    /// # Errors
    /// [`ConfigError`], with the field's path.
    pub fn load(path: &FilePath) -> Result<Self, ConfigError> {
        let bytes =
            std::fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&bytes, path.parent().unwrap_or(FilePath::new(".")))
    }

    /// Reads its bytes; `base` is where relative paths begin.
    ///
    /// # Errors
    /// [`ConfigError::Field`].
    pub fn parse(bytes: &[u8], base: &FilePath) -> Result<Self, ConfigError> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let file: File = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| ConfigError::field(&error.path().to_string(), error.inner().to_string()))?;
        reader.end().map_err(|error| ConfigError::field(".", error.to_string()))?;
        let provider = provider(&file, base)?;
        let teams = file
            .teams
            .into_iter()
            .map(|(value, team)| (value, Membership { team: team.team, leads: team.leads }))
            .collect();
        let networks = file.networks.iter().enumerate().map(|(index, text)| {
            text.parse()
                .map_err(|error| ConfigError::field(&format!("networks[{index}]"), format!("{error}")))
        });
        Ok(Self {
            origin: origin("origin", &file.origin)?,
            provider,
            roles: file.roles,
            teams,
            limits: limits(&file.sessions)?,
            totp: file.factors.totp,
            authorities: file.factors.authorities.iter().map(|path| base.join(path)).collect(),
            networks: networks.collect::<Result<_, _>>()?,
            links: links(&file.links)?,
            mark: file.mark,
        })
    }

    /// The origin as browsers write it: no slash at its end.
    pub fn origin_text(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    /// The origin under which readers open links.
    pub fn links_origin_text(&self) -> String {
        self.links.origin.as_ref().unwrap_or(&self.origin).origin().ascii_serialization()
    }

    /// Where the provider sends people back to.
    pub fn callback(&self) -> String {
        format!("{}/sign-in/back", self.origin_text())
    }
}

fn origin(field: &str, text: &str) -> Result<Url, ConfigError> {
    let told = |what: &str| ConfigError::field(field, what);
    let url = Url::parse(text).map_err(|error| told(&error.to_string()))?;
    if url.scheme() != "https" {
        return Err(told("it must begin with https://"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(told("only scheme, name and port belong here"));
    }
    if url.domain().is_none() {
        return Err(told("a name belongs here, not an address: passkeys are bound to names"));
    }
    Ok(url)
}

fn limits(file: &file::SessionsFile) -> Result<Limits, ConfigError> {
    if !(1..=IDLE_MIN).contains(&file.idle_minutes) {
        return Err(ConfigError::field("sessions.idle_minutes", format!("1 to {IDLE_MIN}")));
    }
    if !(1..=LONGEST_H).contains(&file.hours) {
        return Err(ConfigError::field("sessions.hours", format!("1 to {LONGEST_H}")));
    }
    Ok(Limits {
        idle: SignedDuration::from_mins(file.idle_minutes.into()),
        longest: SignedDuration::from_hours(file.hours.into()),
    })
}

fn links(file: &file::LinksFile) -> Result<Links, ConfigError> {
    if !(1..=LINK_DAYS).contains(&file.days) {
        return Err(ConfigError::field("links.days", format!("1 to {LINK_DAYS}")));
    }
    if !(1..=LINK_VIEWS).contains(&file.views) {
        return Err(ConfigError::field("links.views", format!("1 to {LINK_VIEWS}")));
    }
    let origin = file.origin.as_deref().map(|text| origin("links.origin", text)).transpose()?;
    Ok(Links { days: file.days, views: file.views, origin })
}

fn issuer(text: &str) -> Result<String, ConfigError> {
    let told = |what: &str| ConfigError::field("provider.issuer", what);
    let url = Url::parse(text).map_err(|error| told(&error.to_string()))?;
    if url.scheme() != "https" {
        return Err(told("it must begin with https://"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(told("no query and no fragment belong here"));
    }
    if text.contains("/common/") || text.contains("/organizations/") {
        return Err(told("name one tenant: under this address anybody's account would count"));
    }
    Ok(text.to_owned())
}

fn provider(file: &File, base: &FilePath) -> Result<ProviderConfig, ConfigError> {
    let given = &file.provider;
    let known = profile::of(given.profile);
    let client = match &given.client {
        ClientFile::SecretFile(path) => Client::Secret(base.join(path)),
        ClientFile::PrivateKey { file, kid } => Client::Key { file: base.join(file), kid: kid.clone() },
    };
    let mut scopes =
        given.scopes.clone().unwrap_or_else(|| known.scopes.iter().map(|s| (*s).into()).collect());
    if !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".into());
    }
    let proves = given.proves.clone().unwrap_or(known.proves);
    let require = given.require.clone().unwrap_or(known.require);
    for (field, proofs) in [("provider.proves", &proves), ("provider.require", &require)] {
        check_proofs(field, proofs)?;
    }
    Ok(ProviderConfig {
        issuer: issuer(&given.issuer)?,
        client_id: given.client_id.clone(),
        client,
        ca: given.ca.as_ref().map(|path| base.join(path)),
        scopes,
        ask: given.ask.clone().unwrap_or(known.ask),
        proves,
        require,
        claims: claims(given.claims.as_ref(), known.claims)?,
        logout: given.logout.unwrap_or(known.logout),
    })
}

fn check_proofs(field: &str, proofs: &[Proof]) -> Result<(), ConfigError> {
    for (index, proof) in proofs.iter().enumerate() {
        let field = format!("{field}[{index}]");
        match proof {
            Proof::Acr(values) | Proof::Amr(values) | Proof::Acrs(values) => {
                if values.is_empty() || values.iter().any(String::is_empty) {
                    return Err(ConfigError::field(&field, "name at least one value, and no empty one"));
                }
            }
            Proof::AtLeast { claim, .. } => drop(Path::parse(&format!("{field}.claim"), claim)?),
        }
    }
    Ok(())
}

fn claims(given: Option<&file::ClaimsFile>, known: Claims) -> Result<Claims, ConfigError> {
    let Some(given) = given else { return Ok(known) };
    let read = |name: &str, text: &Option<String>| match text {
        Some(text) => Path::parse(&format!("provider.claims.{name}"), text).map(Some),
        None => Ok(None),
    };
    let person = match &given.person {
        Some(paths) if paths.is_empty() => {
            return Err(ConfigError::field("provider.claims.person", "name at least one claim"));
        }
        Some(paths) => {
            let each = paths.iter().enumerate();
            each.map(|(index, text)| Path::parse(&format!("provider.claims.person[{index}]"), text))
                .collect::<Result<_, _>>()?
        }
        None => known.person,
    };
    if person.iter().any(|path| path.is_mutable()) {
        return Err(ConfigError::field(
            "provider.claims.person",
            "an e-mail address or a name to sign in with can be changed or given to somebody else: use `sub`, or `tid` and `oid`",
        ));
    }
    Ok(Claims {
        source: given.source.unwrap_or(known.source),
        person,
        name: read("name", &given.name)?.unwrap_or(known.name),
        professional: read("professional", &given.professional)?.or(known.professional),
        roles: read("roles", &given.roles)?.unwrap_or(known.roles),
        teams: read("teams", &given.teams)?.unwrap_or(known.teams),
    })
}

#[cfg(test)]
mod tests;
