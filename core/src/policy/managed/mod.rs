//! Managed configuration: neither secret nor authenticated. It points, and it may tighten; it does not prove.
//!
//! Always: one list of settings ([`SETTINGS`]) for every system; a setting can make the signed policy stricter and never
//! looser; the root's fingerprint counts once; what is wrong is said in the form that each system shows to administrators.

mod encoding;
mod feedback;
mod limits;
mod pem;
mod plain;
mod schema;

use gauze_wire::{Digest, Jws, Name, Tenant, Text, Ward};
use serde_json::{Map, Value};

pub use encoding::Encoding;
pub use feedback::{Finding, KeyedState, Severity, feedback_dictionary, keyed_states};
pub use limits::Limits;
pub use pem::certificates;
pub use schema::{Effect, Kind, Need, SCHEMA_VERSION, SETTINGS, Setting, setting};

use encoding::Read;
use plain::disguise;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManagedError {
    /// Not a JSON object.
    #[error("the managed configuration cannot be read ({0}): correct it in the device management")]
    Malformed(String),
    /// A setting is missing or wrong.
    #[error("{}: {}", .0.key, .0.message)]
    Setting(Finding),
}

impl ManagedError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "configuration_invalid",
            Self::Setting(finding) if finding.key == "gateway" => "gateway_invalid",
            Self::Setting(_) => "configuration_invalid",
        }
    }
}

/// What device management gives a phone. No `Debug`: a token is leave to enrol.
#[derive(Clone, PartialEq, Eq)]
pub struct Managed {
    /// The gateway's base URL.
    pub gateway: String,
    /// The tenant.
    pub tenant: Tenant,
    /// Fingerprint of the tenant root.
    pub root_sha256: Digest,
    /// Oldest trust bundle that may be used.
    pub min_bundle_version: u64,
    /// The enrolment token; needed to enrol, and not after.
    pub token: Option<Jws>,
    /// PEM of the certificate authorities that the gateway's certificate may come from; the public ones otherwise.
    pub ca: Option<String>,
    /// The phone's serial number, where the management system fills it in.
    pub serial: Option<Name>,
    /// Where it is used; told when it enrols.
    pub ward: Option<Ward>,
    /// What is stricter than the policy.
    pub limits: Limits,
    /// Whom to ask when IT has to help.
    pub support_contact: Option<Text<200>>,
}

/// A configuration, judged.
pub struct Judged {
    /// What it says; absent where a finding is an error.
    pub managed: Option<Managed>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

impl Managed {
    /// Judges the values that a management system gave. Warnings leave a value out; an error leaves all of them out.
    pub fn judge(encoding: Encoding, values: &Map<String, Value>) -> Judged {
        let mut reader = Reader { encoding, values, findings: unknown(values) };
        let managed = reader.managed();
        let refused = reader.findings.iter().any(|finding| finding.severity == Severity::Error);
        Judged { managed: managed.filter(|_| !refused), findings: reader.findings }
    }

    /// As [`Self::judge`], for whoever enrols: warnings do not keep a phone from its hospital, the first error does.
    pub fn from_values(encoding: Encoding, values: &Map<String, Value>) -> Result<Self, ManagedError> {
        let Judged { managed, findings } = Self::judge(encoding, values);
        let error = findings.into_iter().find(|finding| finding.severity == Severity::Error);
        match (managed, error) {
            (_, Some(finding)) => Err(ManagedError::Setting(finding)),
            (Some(managed), None) => Ok(managed),
            (None, None) => Err(ManagedError::Malformed("nothing in it".to_owned())),
        }
    }

    /// The values in a JSON object as people save it: a byte order mark is passed over.
    pub fn values_from_json(text: &str) -> Result<Map<String, Value>, ManagedError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let malformed = |why: String| Err(ManagedError::Malformed(why));
        match serde_json::from_str(text) {
            Ok(Value::Object(values)) => Ok(values),
            Ok(Value::Array(_)) => {
                malformed("it is a list: leave the one object in it, without [ and ]".to_owned())
            }
            Ok(_) => malformed("it is not an object: begin it with { and end it with }".to_owned()),
            Err(error) => malformed(match character_at(text, &error).and_then(disguise) {
                Some(what) => format!("it has {what}, put plain ones in their place: {error}"),
                None => error.to_string(),
            }),
        }
    }

    /// Reads `managed.json`.
    pub fn from_json(text: &str) -> Result<Self, ManagedError> {
        let values = Self::values_from_json(text)?;
        let Judged { managed, mut findings } = Self::judge(Encoding::ManagedApp, &values);
        // A file is written by hand: a name that is none of ours is a slip, and nobody would see a warning. What is missing
        // because of it says more than the slip.
        findings.sort_by_key(|finding| finding.severity == Severity::Warning);
        match (managed, findings.into_iter().next()) {
            (_, Some(finding)) => Err(ManagedError::Setting(finding)),
            (Some(managed), None) => Ok(managed),
            (None, None) => Err(ManagedError::Malformed("nothing in it".to_owned())),
        }
    }
}

/// The character at which reading ended. Its columns are bytes, from 1.
fn character_at<'a>(text: &'a str, error: &serde_json::Error) -> Option<&'a str> {
    let line = text.split('\n').nth(error.line().checked_sub(1)?)?;
    let rest = line.get(error.column().checked_sub(1)?..)?;
    rest.get(..rest.chars().next()?.len_utf8())
}

fn unknown(values: &Map<String, Value>) -> Vec<Finding> {
    let strange = values.keys().filter(|key| setting(key).is_none());
    let found = strange.map(|key| match disguise(key) {
        Some(what) => Finding::warning(
            key,
            "unknown_setting",
            format!(
                "this app has no such setting, and its name has {what} in it: enter it anew as plain text"
            ),
        ),
        None => Finding::warning(
            key,
            "unknown_setting",
            "this app has no such setting: check its name, or update the app",
        ),
    });
    found.collect()
}

struct Reader<'a> {
    encoding: Encoding,
    values: &'a Map<String, Value>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    /// Reads every setting, so that everything that is wrong is found at once.
    fn managed(&mut self) -> Option<Managed> {
        let gateway = self.parsed("gateway", "an https:// address without a path", gateway);
        let tenant =
            self.parsed("tenant", "lower-case letters, digits and hyphens", |text| text.parse().ok());
        let root = self.parsed("root_sha256", "64 hexadecimal digits", fingerprint);
        let min_bundle_version = self.integer("min_bundle_version");
        let token = self.parsed("token", "a token as it was signed", |text| Jws::parse(text).ok());
        let serial = self.parsed("serial", "a serial number", |text| text.parse().ok());
        let ward = self.parsed("ward", "a ward's name", |text| text.parse().ok());
        let ca = self.parsed("ca", "PEM certificates", pem::tidy);
        let support_contact = self.parsed("support_contact", "plain text", |text| Text::new(text).ok());
        let limits = Limits {
            review_hours: self.integer("review_hours"),
            max_unsent: self.integer("max_unsent"),
            offline_wipe_hours: self.integer("offline_wipe_hours"),
        };
        Some(Managed {
            gateway: gateway?,
            tenant: tenant?,
            root_sha256: root?,
            min_bundle_version: min_bundle_version.unwrap_or(1),
            token,
            ca,
            serial,
            ward,
            limits,
            support_contact,
        })
    }

    fn read(&mut self, key: &str) -> Option<Read> {
        let setting = setting(key)?;
        let read = match self.values.get(key) {
            Some(value) => self.encoding.read(setting, value),
            None => Ok(None),
        };
        match read {
            Ok(Some(read)) => return Some(read),
            Ok(None) if setting.need == Need::Required => {
                let message = format!("{} is not set: set it", setting.title);
                self.findings.push(Finding::error(key, "missing", message));
            }
            Ok(None) => {}
            Err(finding) => self.findings.push(finding),
        }
        None
    }

    fn parsed<T>(&mut self, key: &str, form: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Some(Read::Text(text)) = self.read(key) else { return None };
        let parsed = parse(&text);
        if parsed.is_none() {
            self.findings.push(match disguise(&text) {
                Some(what) => Finding::error(
                    key,
                    "malformed",
                    format!("must be {form}, and has {what} in it: enter it anew as plain text"),
                ),
                None => Finding::error(key, "malformed", format!("must be {form}: correct it")),
            });
        }
        parsed
    }

    fn integer<T: TryFrom<i64>>(&mut self, key: &str) -> Option<T> {
        match self.read(key) {
            Some(Read::Integer(number)) => T::try_from(number).ok(),
            Some(Read::Text(_)) | None => None,
        }
    }
}

fn gateway(text: &str) -> Option<String> {
    // Scheme and host are the same in capitals (RFC 3986, section 6.2.2.1), and there is no path.
    let address = text.trim_end_matches('/').to_ascii_lowercase();
    let host = address.strip_prefix("https://")?;
    let plain =
        !host.is_empty() && !host.contains(['/', '?', '#', '@', '\\']) && !host.contains(char::is_whitespace);
    (plain && disguise(host).is_none()).then(|| address.clone())
}

/// Fingerprints are copied from many places: with colons, with spaces, in capitals.
fn fingerprint(text: &str) -> Option<Digest> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ' | '\n' | '\t')).collect();
    digits.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests;
