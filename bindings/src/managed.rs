//! Managed configuration at the language border: values in as JSON, findings out in the form that each system shows.

use gauze_core::ManagedError;
use gauze_core::config::{
    Configured, Encoding, Finding, KeyedState, Severity, feedback_dictionary, keyed_states,
};
use serde_json::{Map, Value};

use crate::ClientError;

/// Which system's habits the values follow.
#[uniffi::remote(Enum)]
pub enum Encoding {
    /// Android managed configurations: the `Bundle` of `RestrictionsManager` as a JSON object.
    Android,
    /// AppConfig on Apple devices: `com.apple.configuration.managed` as a JSON object.
    AppConfig,
    /// Apple's ManagedApp framework: decoded by type.
    ManagedApp,
}

/// A keyed app state for `androidx.enterprise.feedback`.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ConfigurationState {
    /// At most 100 bytes.
    pub key: String,
    /// Whether it is `SEVERITY_ERROR`; otherwise `SEVERITY_INFO`.
    pub error: bool,
    /// At most 1000 bytes.
    pub message: String,
    /// The stable code; `ok` where nothing is wrong.
    pub data: String,
}

impl From<KeyedState> for ConfigurationState {
    fn from(state: KeyedState) -> Self {
        let KeyedState { key, error, message, data } = state;
        Self { key, error, message, data: data.to_owned() }
    }
}

/// How a managed configuration was taken.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ConfigurationReport {
    /// Whether it is in force now; before enrolment, whether it could be.
    pub accepted: bool,
    /// One for each setting, to send to the management system as they are: what was wrong before is taken back.
    pub states: Vec<ConfigurationState>,
    /// The dictionary for `com.apple.feedback.managed`, as JSON.
    pub feedback: String,
    /// What is wrong, a line for each, for a screen that IT looks at.
    pub problems: Vec<String>,
    /// Whom to ask when IT has to help.
    pub support_contact: Option<String>,
}

impl From<Configured> for ConfigurationReport {
    fn from(configured: Configured) -> Self {
        let Configured { accepted, findings, support_contact } = configured;
        Self {
            accepted,
            states: keyed_states(&findings).into_iter().map(Into::into).collect(),
            feedback: feedback_dictionary(&findings).to_string(),
            problems: findings.iter().map(line).collect(),
            support_contact: support_contact.map(|text| text.as_str().to_owned()),
        }
    }
}

fn line(finding: &Finding) -> String {
    let kind = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{}: {kind}: {}", finding.key, finding.message)
}

/// The values as a JSON object.
pub(crate) fn object(values: &str) -> Result<Map<String, Value>, ClientError> {
    let malformed = |error: serde_json::Error| ManagedError::Malformed(error.to_string());
    Ok(serde_json::from_str(values).map_err(malformed)?)
}
