//! What was found wrong with a configuration, in the form in which each system shows it to administrators.

use serde_json::{Value, json};

use super::schema::SETTINGS;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration is not used until it is corrected; what was in force stays.
    Error,
    /// The value is left out; the rest is used.
    Warning,
}

/// One thing that is wrong with a configuration. Never repeats the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The setting, as the management system named it; cut to 100 bytes.
    pub key: String,
    /// How much it matters.
    pub severity: Severity,
    /// A stable code.
    pub code: &'static str,
    /// What is wrong and what to do, for administrators.
    pub message: String,
}

/// Android takes no longer key.
const MOST_KEY: usize = 100;
/// Android takes no longer message.
const MOST_MESSAGE: usize = 1000;

impl Finding {
    pub(crate) fn error(key: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { key: cut(key, MOST_KEY), severity: Severity::Error, code, message: message.into() }
    }

    pub(crate) fn warning(key: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(key, code, message) }
    }
}

/// A keyed app state, as `androidx.enterprise.feedback` sends it to the management system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedState {
    /// At most 100 bytes.
    pub key: String,
    /// Whether it is `SEVERITY_ERROR`; otherwise `SEVERITY_INFO`, the only other one.
    pub error: bool,
    /// At most 1000 bytes.
    pub message: String,
    /// The stable code, for programs; `ok` where nothing is wrong.
    pub data: &'static str,
}

/// One state a setting, so that what was wrong before is taken back, and one for each key that is none of ours.
pub fn keyed_states(findings: &[Finding]) -> Vec<KeyedState> {
    let state = |finding: &Finding| KeyedState {
        key: finding.key.clone(),
        error: finding.severity == Severity::Error,
        message: cut(&finding.message, MOST_MESSAGE),
        data: finding.code,
    };
    let clear = SETTINGS.iter().filter(|setting| findings.iter().all(|found| found.key != setting.key));
    let clear = clear.map(|setting| KeyedState {
        key: setting.key.to_owned(),
        error: false,
        message: "in order".to_owned(),
        data: "ok",
    });
    findings.iter().map(state).chain(clear).collect()
}

/// The dictionary for `com.apple.feedback.managed` (AppConfig, and Apple's `ManagedApplicationFeedback` command).
pub fn feedback_dictionary(findings: &[Finding]) -> Value {
    let of = |severity| -> Value {
        let found = findings.iter().filter(|found| found.severity == severity);
        found.map(|found| json!({ "key": found.key, "code": found.code, "message": found.message })).collect()
    };
    let accepted = findings.iter().all(|found| found.severity == Severity::Warning);
    json!({
        "configuration": if accepted { "accepted" } else { "refused" },
        "errors": of(Severity::Error),
        "warnings": of(Severity::Warning),
    })
}

fn cut(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
